"""Reader of cfg files; sizes are those that the programs print, of AlexeyAB's where the two differ."""

from __future__ import annotations

from collections.abc import Callable

from archcalc.errors import Source, SpecError, nearest
from archcalc.importers.darknet import filters, joins, places, recurrent
from archcalc.importers.darknet.sections import Section, sections
from archcalc.importers.darknet.writer import Writer
from archcalc.layers.rearrange import Input
from archcalc.network.figures import Way
from archcalc.network.graph import Graph
from archcalc.network.model import Model, Resizable
from archcalc.symbols.shape import NamedShape

_KINDS: dict[str, Callable[[Writer, Section], int]] = {
    **dict.fromkeys(("convolutional", "conv"), filters.convolutional),
    **dict.fromkeys(("deconvolutional", "deconv"), filters.deconvolutional),
    **dict.fromkeys(("connected", "conn"), filters.connected),
    "local": filters.local,
    "implicit": filters.implicit,
    **dict.fromkeys(("maxpool", "max"), places.maxpool),
    **dict.fromkeys(("local_avgpool", "local_avg"), places.local_avgpool),
    **dict.fromkeys(("avgpool", "avg"), places.avgpool),
    "upsample": places.upsample,
    **dict.fromkeys(("reorg", "reorg3d"), places.reorg),
    "crop": places.crop,
    "dropout": places.dropout,
    **dict.fromkeys(("normalization", "lrn"), places.lrn),
    "batchnorm": places.batchnorm,
    "activation": places.activation,
    **dict.fromkeys(("softmax", "soft"), places.softmax),
    **dict.fromkeys(("yolo", "Gaussian_yolo", "region", "detection", "iseg"), places.head),
    **dict.fromkeys(("cost", "contrastive", "empty", "silence"), places.nothing),
    "route": joins.route,
    "shortcut": joins.shortcut,
    **dict.fromkeys(("scale_channels", "sam"), joins.scaled),
    "rnn": recurrent.rnn,
    "gru": recurrent.gru,
    "lstm": recurrent.lstm,
    "crnn": recurrent.crnn,
    "conv_lstm": recurrent.conv_lstm,
    "history": recurrent.history,
}

# What AlexeyAB's program prints while it reads the file, and what the command `ops` of pjreddie's and of his own says.
_WAYS = tuple(map(Way, ("darknet", "darknet-ops", "darknet-ops-ungrouped")))


def read(source: Source) -> Model:
    """The network of a cfg file."""
    first, *layers = sections(source.lenient)
    own = _input(first)
    return Resizable({"input": own}, lambda shapes: _graph(source, first, layers, shapes["input"] or own))


def _input(net: Section) -> NamedShape:
    """The shape that the first section gives."""
    sizes = [net.whole(key, 0, least=0) for key in ("channels", "height", "width")]
    if all(sizes):
        return NamedShape(tuple(sizes), ("channels", "height", "width"))
    inputs = net.whole("inputs", 0, least=0)
    if not inputs:
        raise net.error("it gives no input", "", "write width=, height= and channels=, or inputs=")
    return NamedShape((inputs,), ("features",))


def _graph(source: Source, net: Section, layers: list[Section], shape: NamedShape) -> Graph:
    writer = Writer()
    writer.builder.add("input", Input(tuple(shape), shape.axes), place=net.place)
    for section in layers:
        if section.kind not in _KINDS:
            remedy = nearest(section.kind, [*_KINDS]) or "darknet's programs have no such section"
            raise SpecError(f"no section [{section.kind[:60]}]", section.place, remedy)
        writer.ends.append(_KINDS[section.kind](writer, section))
    return writer.builder.graph(source.stem, named_outputs=tuple(writer.heads), ways=_WAYS)
