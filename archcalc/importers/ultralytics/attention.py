"""Attention of ultralytics, over the places of an image."""

from __future__ import annotations

from archcalc.errors import SpecError
from archcalc.importers.ultralytics.scope import Geometry, Scope, channels_of, cv, module, plain_cv, share_of
from archcalc.layers.linear import Scale
from archcalc.layers.matmul import MatMul
from archcalc.layers.merge import Add, Concat
from archcalc.layers.rearrange import Permute, Reshape, Slice, Split
from archcalc.layers.softmax import Softmax
from archcalc.symbols.dims import quotient, size

_IMAGE = ("channels", "height", "width")


def attention(s: Scope, x: int, heads: int, ratio: float = 0.5) -> int:
    """Attention between all places, whose keys are narrower than its values (YOLOv10)."""
    channels, height, width = s.shape(x)
    c = channels_of(s, x)
    if heads < 1 or c % heads:
        raise SpecError(f"{heads} heads do not divide {c} channels", s.place)
    head = c // heads
    key = share_of(head, ratio)
    qkv = plain_cv(s, "qkv", x, c + 2 * key * heads)
    names = ("heads", "values", "places")
    split = s.add("heads", Reshape((heads, 2 * key + head, height * width), names), qkv)
    bounds = {"q": (0, key), "k": (key, 2 * key), "v": (2 * key, 2 * key + head)}
    q, k, v = (s.add(name, Slice(start=a, stop=b, axis=1), split) for name, (a, b) in bounds.items())
    scores = s.add("softmax", Softmax(axis=2), s.add("scores", MatMul(transpose="first", scale=True), q, k))
    y = s.add("mixed", MatMul(transpose="second"), v, scores)
    image = Reshape((channels, height, width), _IMAGE)
    places = plain_cv(s, "pe", s.add("values", image, v), c, Geometry(3, 1, None, c))
    return plain_cv(s, "proj", s.add("add", Add(), s.add("image", image, y), places), c)


def psa_block(s: Scope, x: int, heads: int) -> int:
    """Attention and two convolutions by 1×1, each with a residual connection."""
    c = channels_of(s, x)
    x = s.add("add", Add(), x, attention(s.inside("attn", "Attention"), x, heads))
    y = plain_cv(s, "ffn/1", cv(s, "ffn/0", x, 2 * c), c)
    return s.add("add_2", Add(), x, y)


def _halved(s: Scope, x: int, out: int, e: float) -> tuple[int, int, int]:
    """The channels of a half of the first convolution, and both halves."""
    if channels_of(s, x) != out:
        raise SpecError(f"must put out the {channels_of(s, x)} channels that it reads, not {out}", s.place)
    half = share_of(out, e)
    both = cv(s, "cv1", x, 2 * half)
    first, second = (s.add(f"half{part}", Split(parts=2, part=part), both) for part in (0, 1))
    return half, first, second


@module("PSA")
def psa(s: Scope, x: int, out: int, e: float = 0.5) -> int:
    """Attention over a half of the channels."""
    half, first, second = _halved(s, x, out, e)
    second = psa_block(s, second, max(half // 64, 1))
    return cv(s, "cv2", s.add("concat", Concat(), first, second), out)


@module("C2PSA")
def c2psa(s: Scope, x: int, out: int, n: int = 1, e: float = 0.5) -> int:
    """Blocks of attention over a half of the channels."""
    half, first, second = _halved(s, x, out, e)
    for i in range(n):
        second = psa_block(s.inside(f"m/{i}", "PSABlock"), second, max(half // 64, 1))
    return cv(s, "cv2", s.add("concat", Concat(), first, second), out)


@module("C2fPSA")
def c2fpsa(s: Scope, x: int, out: int, n: int = 1, e: float = 0.5) -> int:
    """Blocks of attention over a half of the channels, with all that they put out side by side."""
    half, first, second = _halved(s, x, out, e)
    y = [first, second]
    for i in range(n):
        y.append(psa_block(s.inside(f"m/{i}", "PSABlock"), y[-1], max(half // 64, 1)))
    return cv(s, "cv2", s.add("concat", Concat(), *y), out)


def area_attention(s: Scope, x: int, heads: int, area: int) -> int:
    """Attention inside each of some areas, which are runs of rows (YOLO12)."""
    channels, height, width = s.shape(x)
    c = channels_of(s, x)
    head = c // heads
    each = quotient(height * width, area)
    names = ("heads", "values", "areas", "places")
    split = s.add("heads", Reshape((heads, 3 * head, area, each), names), plain_cv(s, "qkv", x, 3 * c))
    parts = [s.add(name, Slice(start=i * head, stop=(i + 1) * head, axis=1), split) for i, name in enumerate("qkv")]
    q, k, v = (s.add(f"{name}/areas", Permute((2, 0, 1, 3)), part) for name, part in zip("qkv", parts, strict=True))
    scores = s.add("softmax", Softmax(axis=3), s.add("scores", MatMul(transpose="first", scale=True), q, k))
    y = s.add("joined", Permute((1, 2, 0, 3)), s.add("mixed", MatMul(transpose="second"), v, scores))
    image = Reshape((channels, height, width), _IMAGE)
    places = plain_cv(s, "pe", s.add("values", image, parts[2]), c, Geometry(7, 1, 3, c))
    return plain_cv(s, "proj", s.add("add", Add(), s.add("image", image, y), places), c)


def area_block(s: Scope, x: int, heads: int, ratio: float, area: int) -> int:
    """Attention in areas and two convolutions by 1×1, each with a residual connection."""
    c = channels_of(s, x)
    x = s.add("add", Add(), x, area_attention(s.inside("attn", "AAttn"), x, heads, area))
    y = plain_cv(s, "mlp/1", cv(s, "mlp/0", x, share_of(c, ratio)), c)
    return s.add("add_2", Add(), x, y)


def scaled_residual(s: Scope, x: int, y: int) -> int:
    """A residual connection around a branch with a trained factor for each channel."""
    if size(s.shape(x)[:1]) != size(s.shape(y)[:1]):
        raise SpecError("a residual connection must be between equal channels", s.place)
    return s.add("add", Add(), x, s.add("gamma", Scale(axis=0), y))
