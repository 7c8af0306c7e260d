"""Heads of detectors: boxes, classes and perhaps more at each place of several resolutions."""

from __future__ import annotations

from math import gcd
from typing import NamedTuple

from archcalc.importers.ultralytics.scope import THREE, Geometry, Scope, channels_of, cv
from archcalc.layers.activation import Sigmoid
from archcalc.layers.conv import Conv2d
from archcalc.layers.conv_transpose import ConvTranspose2d
from archcalc.layers.merge import Concat
from archcalc.layers.rearrange import Flatten, Permute, Reshape
from archcalc.layers.softmax import Softmax


class Branch(NamedTuple):
    """One sort of values of each place: the name of the part, its hidden channels, and how many values there are."""

    part: str
    hidden: int
    out: int


class Head(NamedTuple):
    """A head: the number of classes, the bins of a distance, more branches, and true for one that needs no suppression."""

    classes: int
    bins: int
    more: tuple[Branch, ...] = ()
    end_to_end: bool = False


def detect(s: Scope, xs: list[int], head: Head) -> list[int]:
    """The outputs of a head; one that needs no suppression has all branches twice, a copy of them for training."""
    first = channels_of(s, xs[0])
    boxes = Branch("cv2", max(16, first // 4, 4 * head.bins), 4 * head.bins)
    classes = Branch("cv3", max(first, min(head.classes, 100)), head.classes)
    branches = [boxes, classes, *head.more]
    copies = ["", "one2one_"] if head.end_to_end else [""]
    made = [
        [
            _everywhere(s, xs, branch._replace(part=f"{copy}{branch.part}"), plain=branch.part != "cv3")
            for branch in branches
        ]
        for copy in copies
    ]
    decoded, scores, *others = made[-1]
    if head.bins > 1:
        decoded = _distances(s, decoded, head.bins)
    scores = s.add("sigmoid", Sigmoid(), scores)
    trained = [one for copy in made[:-1] for one in copy]
    return [*trained, s.add("out", Concat(axis=0), decoded, scores, *others)]


def _everywhere(s: Scope, xs: list[int], branch: Branch, *, plain: bool) -> int:
    """The values of a branch at all places of all resolutions."""
    found = []
    for i, x in enumerate(xs):
        part = f"{branch.part}/{i}"
        if plain or s.net.legacy:
            y = cv(s, f"{part}/1", cv(s, f"{part}/0", x, branch.hidden, THREE), branch.hidden, THREE)
        else:
            y = _depthwise(s, part, x, branch.hidden)
        y = s.add(f"{part}/2", Conv2d(out=branch.out, kernel=1), y)
        found.append(s.add(f"{part}/flatten", Flatten(axes=(1, 2), into="tokens"), y))
    return s.add(f"{branch.part}/concat", Concat(axis=1), *found) if len(found) > 1 else found[0]


def _depthwise(s: Scope, part: str, x: int, hidden: int) -> int:
    """Two convolutions of each channel, each with one by 1×1 behind it (since YOLOv10)."""
    channels = channels_of(s, x)
    x = cv(s, f"{part}/0/0", x, channels, Geometry(3, 1, None, gcd(channels, channels)))
    x = cv(s, f"{part}/0/1", x, hidden)
    return cv(s, f"{part}/1/1", cv(s, f"{part}/1/0", x, hidden, Geometry(3, 1, None, hidden)), hidden)


def _distances(s: Scope, boxes: int, bins: int) -> int:
    """The four distances of each box, each the mean of its bins by their chances; the bins are fixed weights."""
    places = s.shape(boxes)[1]
    dfl = s.inside("dfl", "DFL")
    x = dfl.add("bins", Reshape((4, bins, places), ("sides", "distances", "places")), boxes)
    x = dfl.add("softmax", Softmax(axis=0), dfl.add("permute", Permute((1, 0, 2)), x))
    x = dfl.add("image", Reshape((bins, 4, places), ("channels", "height", "width")), x)
    x = dfl.add("conv", Conv2d(out=1, kernel=1, bias=False), x)
    return dfl.add("boxes", Reshape((4, places), ("channels", "tokens")), x)


def prototypes(s: Scope, x: int, hidden: int, out: int) -> int:
    """Masks of which each object is a mixture."""
    x = cv(s, "cv1", x, hidden, THREE)
    x = s.add("upsample", ConvTranspose2d(out=hidden, kernel=2, stride=2), x)
    return cv(s, "cv3", cv(s, "cv2", x, hidden, THREE), out)
