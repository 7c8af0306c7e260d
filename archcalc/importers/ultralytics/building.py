"""The network in a model file row by row, after the rules of `parse_model` of ultralytics."""

from __future__ import annotations

import math

from archcalc.errors import SpecError, nearest
from archcalc.importers.ultralytics.arguments import activation, called, whole
from archcalc.importers.ultralytics.heads import Branch, Head, detect, prototypes
from archcalc.importers.ultralytics.published import ways
from archcalc.importers.ultralytics.rows import File, Row, Value
from archcalc.importers.ultralytics.scope import MODULES, Net, Scope, channels_of
from archcalc.layers.conv import Conv2d
from archcalc.layers.merge import Add, Concat
from archcalc.layers.rearrange import Input, Slice
from archcalc.layers.resize import Resize
from archcalc.network.graph import Graph
from archcalc.network.wildcards import fits
from archcalc.symbols.dims import Shape

# Modules whose first argument is what they put out, as many channels as the width says.
_SCALED = {
    *("Classify", "Conv", "ConvTranspose", "GhostConv", "Bottleneck", "GhostBottleneck", "SPP", "SPPF", "C2fPSA"),
    *("C2PSA", "DWConv", "Focus", "BottleneckCSP", "C1", "C2", "C2f", "C3k2", "RepNCSPELAN4", "ELAN1", "ADown"),
    *("AConv", "SPPELAN", "C3", "C3Ghost", "nn.ConvTranspose2d", "DWConvTranspose2d", "C3x", "RepC3", "PSA"),
    *("SCDown", "C2fCIB", "A2C2f"),
}
# Modules that are told whatever they need, or need no channels.
_TOLD = {"nn.Upsample", "nn.MaxPool2d", "nn.ZeroPad2d", "nn.Identity", "nn.BatchNorm2d", "nn.Conv2d", "ResNetLayer"}
# Of these the repetitions are an argument.
_REPEATING = {
    *("BottleneckCSP", "C1", "C2", "C2f", "C3k2", "C3", "C3Ghost", "C3x", "RepC3", "C2fPSA", "C2fCIB", "C2PSA"),
    "A2C2f",
}
_DETECTORS = {"Detect", "v10Detect", "Segment", "Pose", "OBB", "OBB26"}
# Heads of YOLO11 and later have convolutions of each channel.
_MODERN = {"C3k2", "A2C2f", "C2fCIB"}


class Building:
    """A network row by row."""

    def __init__(self, file: File, classes: int) -> None:
        self.file = file
        self.classes = classes
        self.net = Net(activation(file.settings.get("activation")))
        self.words: dict[str, Value] = {
            "nc": classes,
            "scale": file.scale,
            "depth": file.depth,
            "width": file.width,
            "reg_max": file.settings.get("reg_max", 16),
            "kpt_shape": file.settings.get("kpt_shape", 1.0),
            "end2end": file.settings.get("end2end"),
        }
        # For each row its node, or several where others take parts.
        self.made: list[list[int]] = []
        self.outputs: list[int] = []

    def graph(self, name: str, inputs: dict[str, Shape]) -> Graph:
        """The graph of all rows."""
        classifies = any(row.module == "Classify" for row in self.file.rows)
        side = 224 if classifies else 640
        channels = self.file.whole("channels", self.file.whole("ch", 3))
        builder = self.net.builder
        image = builder.add("input", Input(inputs.get("input", (channels, side, side))))
        last = [image]
        for number, row in enumerate(self.file.rows):
            try:
                last = self._row(number, row, last)
            except SpecError as error:
                said = f"row {number} ({row.module[:60]}): {error.fact}"
                raise SpecError(said, error.place or row.place, *error.notes) from None
            self.made.append(last)
        ends = tuple(self.outputs or last)
        return builder.graph(
            name,
            named_outputs=() if ends == (len(builder.nodes) - 1,) else ends,
            call_styles=self._called_as_functions(),
            ways=ways(channels, side, classifies=classifies),
        )

    def _called_as_functions(self) -> tuple[tuple[str, str], ...]:
        """The layers that ultralytics calls as functions, which its counter of modules does not see."""
        # The mean before a classifier is a module, those of YOLOv9 are not.
        means = () if self.net.uses["Classify"] else ("*/pool",)
        names = [node.name for node in self.net.builder.nodes]
        patterns = ("*/softmax", "*/sigmoid", "*/resize*", *means)
        return tuple((one, "function") for one in patterns if any(fits(name, one) for name in names))

    def _row(self, number: int, row: Row, last: list[int]) -> list[int]:
        reads = [self._read(number, one, last) for one in row.reads]
        args = [self.words[arg] if isinstance(arg, str) and arg in self.words else arg for arg in row.args]
        n = max(round(row.repeats * self.file.depth), 1) if row.repeats > 1 else row.repeats
        self.net.uses[row.module] += 1
        scope = Scope(self.net, str(number), (f"{row.module}:{self.net.uses[row.module]}",), row.place)
        if row.module == "Concat":
            if args not in ([], [1]):
                raise SpecError("joins channels alone, which its argument 1 says")
            found = scope.add("", Concat(), *(one[0] for one in reads)) if len(reads) > 1 else reads[0][0]
            return [found]
        if row.module in _DETECTORS:
            self.outputs += self._detected(scope, row.module, reads, args)
            return self.outputs[-1:]
        if row.module == "CBFuse":
            return self._fused(scope, reads, args)
        if row.module not in {*_SCALED, *_TOLD, "CBLinear"}:
            known = [*MODULES, *_DETECTORS, "Concat"]
            raise SpecError("the module is not known", None, nearest(row.module, known), "its size cannot be told")
        if len(reads) != 1:
            raise SpecError(f"reads one row, not {len(reads)}")
        (one,) = reads
        if row.module == "CBLinear":
            return self._linears(scope, one, args)
        if row.module in _SCALED:
            return self._scaled(scope, row, one, args, n)
        return [self._repeated(scope, row.module, one[0], args, n)]

    def _read(self, number: int, at: int, last: list[int]) -> list[int]:
        if at == -1:
            return last
        place = at if at >= 0 else number + at
        if not 0 <= place < number:
            raise SpecError(f"reads row {at}, and before it there are {number}")
        return self.made[place]

    def _scaled(self, scope: Scope, row: Row, one: list[int], args: list[Value], n: int) -> list[int]:
        """A module whose channels and repetitions the scale sets."""
        name = row.module
        if not args or isinstance(args[0], bool) or not isinstance(args[0], (int, float)):
            raise SpecError("its first argument must be the number of channels that it puts out")
        out, *rest = args
        out = self._channels(out) if name != "Classify" else out  # type: ignore[arg-type]
        if name in _REPEATING:
            rest.insert(0, n)
            n = 1
        if name == "C3k2" and self.file.scale in {"m", "l", "x"}:
            rest[1:2] = [True]
        if name == "A2C2f" and self.file.scale in {"l", "x"}:
            rest += [True, 1.2]
        if name in _MODERN:
            self.net.legacy = False
        node = self._repeated(scope, name, one[0], [out, *rest], n)
        return [node]

    def _channels(self, out: float) -> int:
        """As many channels as the width says, divisible by 8."""
        return math.ceil(min(out, self.file.max_channels) * self.file.width / 8) * 8

    def _repeated(self, scope: Scope, name: str, x: int, args: list[Value], n: int) -> int:
        for i in range(n):
            inner = scope.inside(str(i), name) if n > 1 else scope
            x = called(MODULES[name], inner, x, args)
        return x

    def _detected(self, scope: Scope, name: str, reads: list[list[int]], args: list[Value]) -> list[int]:
        xs = [one[0] for one in reads]
        classes, *rest = [*args] or [self.classes]
        if isinstance(classes, bool) or not isinstance(classes, int) or not 1 <= classes <= 10**9:
            raise SpecError(f"classes must be a whole number of at least 1, not {str(classes)[:60]}")
        first = channels_of(scope, xs[0])
        bins = 16 if name == "v10Detect" else self.file.whole("reg_max", 16)
        if name == "v10Detect":
            self.net.legacy = False
        end_to_end = name == "v10Detect" or self.file.settings.get("end2end") is True
        more: tuple[Branch, ...] = ()
        ends = []
        if name == "Segment":
            masks, width = whole(rest, 0, 32), self._channels(whole(rest, 1, 256))
            more = (Branch("cv4", max(first // 4, masks), masks),)
            ends = [prototypes(scope.inside("proto", "Proto"), xs[0], width, masks)]
        elif name == "Pose":
            shape = rest[0] if rest else [17, 3]
            points = math.prod(whole(shape if isinstance(shape, list) else [], i, 0) for i in (0, 1))
            more = (Branch("cv4", max(first // 4, points), points),)
        elif name in {"OBB", "OBB26"}:
            angles = whole(rest, 0, 1)
            more = (Branch("cv4", max(first // 4, angles), angles),)
        return [*ends, *detect(scope, xs, Head(classes, bins, more, end_to_end))]

    def _linears(self, scope: Scope, one: list[int], args: list[Value]) -> list[int]:
        """One convolution by 1×1 whose maps are taken in parts (YOLOv9)."""
        parts = args[0] if args and isinstance(args[0], list) else []
        sizes = [whole(parts, i, 0) for i in range(len(parts))]
        if not sizes or len(args) > 1:
            raise SpecError("takes the channels of its parts")
        maps = scope.add("conv", Conv2d(out=sum(sizes), kernel=1), one[0])
        if len(sizes) == 1:
            return [maps]
        starts = [sum(sizes[:i]) for i in range(len(sizes))]
        return [
            scope.add(f"part{i}", Slice(start=start, stop=start + size), maps)
            for i, (start, size) in enumerate(zip(starts, sizes, strict=True))
        ]

    def _fused(self, scope: Scope, reads: list[list[int]], args: list[Value]) -> list[int]:
        """The sum of parts of other rows, each made as large as the last row read (YOLOv9)."""
        chosen = args[0] if args and isinstance(args[0], list) else []
        *others, last = reads
        if len(chosen) < len(others) or not others:
            raise SpecError("takes one part of each row but the last")
        resized = []
        for i, one in enumerate(others):
            part = chosen[i]
            if isinstance(part, bool) or not isinstance(part, int) or not 0 <= part < len(one):
                raise SpecError(f"row {i} of those that it reads has no part {str(part)[:20]}")
            resized.append(scope.add(f"resize{i}", Resize(), one[part], last[0]))
        return [scope.add("add", Add(), *resized, last[0])]
