"""Reader of prototxt files, as a network that is used: layers of the phase of training are left out."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

from archcalc.errors import Source, SpecError, nearest
from archcalc.importers.caffe import filters, joins, pointwise, pooling, shapes
from archcalc.importers.caffe.net import Declared, Step, auxiliary, declared, steps
from archcalc.importers.caffe.rows import Rows
from archcalc.importers.caffe.text import Message, parsed
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder, Graph
from archcalc.network.limits import MAX_LAYERS
from archcalc.network.model import Model, Resizable
from archcalc.symbols.shape import NamedShape

# What becomes of a layer, by its type without case and underscores; several blobs where it puts out several.
_KINDS: dict[str, Callable[..., int | list[int]]] = {
    "convolution": filters.convolution,
    **dict.fromkeys(("convolutiondepthwise", "depthwiseconvolution"), filters.depthwise),
    "deconvolution": filters.deconvolution,
    "innerproduct": filters.inner_product,
    "embed": filters.embed,
    **dict.fromkeys(("batchnorm", "bn"), filters.batch_norm),
    "mvn": filters.mvn,
    "scale": filters.scale,
    "bias": filters.bias,
    "normalize": filters.normalize,
    **dict.fromkeys(("lstm", "rnn"), filters.recurrent),
    **dict.fromkeys(pointwise.FUNCTIONS, pointwise.function),
    "relu": pointwise.relu,
    "prelu": pointwise.prelu,
    "elu": pointwise.elu,
    "clip": pointwise.clip,
    "power": pointwise.power,
    "dropout": pointwise.dropout,
    "softmax": pointwise.softmax,
    "lrn": pointwise.lrn,
    **dict.fromkeys(("exp", "log", "threshold"), pointwise.same),
    "identity": pointwise.nothing,
    "pooling": pooling.pooling,
    "upsample": pooling.upsample,
    "interp": pooling.interp,
    "concat": joins.concat,
    "eltwise": joins.eltwise,
    "slice": joins.slices,
    "split": joins.split,
    "axpy": joins.axpy,
    "crop": joins.crop,
    "flatten": shapes.flatten,
    "reshape": shapes.reshape,
    "permute": shapes.permute,
    "shufflechannel": shapes.shuffle,
    "tile": shapes.tile,
    "argmax": shapes.argmax,
    "reduction": shapes.reduction,
    "priorbox": shapes.prior_box,
    "detectionoutput": shapes.detections,
    "roipooling": shapes.roi_pooling,
    "psroipooling": shapes.scored_pooling,
    **dict.fromkeys(("proposal", "python"), shapes.proposal),
}


def read(source: Source) -> Model:
    """The network of a prototxt file."""
    net = parsed(source.lenient)
    used, left = steps(net)
    inputs = declared(net, used, left)
    if not inputs:
        raise SpecError("a network without an input", net.place, 'add input: "data", or a layer of data')
    own = {one.blob: one.shape for one in inputs}
    return Resizable(own, lambda given: _Network(source, net, used, left).graph(inputs, given))


class _Network:
    """The graph of a file as it is built: which blob is the output of which row."""

    def __init__(self, source: Source, net: Message, used: list[Step], left: list[Step]) -> None:
        self._name = net.text("name") or source.stem
        self._used = used
        self._builder = Builder(MAX_LAYERS)
        # The rows that put out the blobs; none for labels and what is made of them.
        self._blobs: dict[str, int | None] = {
            top: None for step in (*left, *used) if step.gives_data for top in step.tops
        }
        self._owners: dict[str, int] = {}
        self._unread: dict[int, None] = {}

    def graph(self, inputs: list[Declared], given: Mapping[str, NamedShape | None]) -> Graph:
        """The graph on inputs of the given shapes."""
        for one in inputs:
            shape = given[one.blob]
            if shape is None:
                fact = f"the file does not say the shape of '{one.blob[:60]}'"
                raise SpecError(fact, one.place, "give it, such as --input 3x224x224")
            name = self._builder.free_name(one.blob)
            axes = shape.axes if shape.axes and all(shape.axes) else None
            # A blob of one value for each sample, such as a label.
            known = len(shape) > 0
            self._blobs[one.blob] = (
                self._builder.add(name, Input(tuple(shape), axes), place=one.place) if known else None
            )
        minor = auxiliary(self._used)
        for number, step in enumerate(self._used):
            if not step.gives_data:
                self._add(step, minor=number in minor)
        return self._builder.graph(self._name, named_outputs=tuple(self._unread))

    def _add(self, step: Step, *, minor: bool) -> None:
        bottoms: list[int | None] = [] if step.is_measure else [self._read(step, blob) for blob in step.bottoms]
        inputs = [x for x in bottoms if x is not None]
        if step.is_measure or (step.bottoms and not inputs):
            self._blobs.update(dict.fromkeys(step.tops))
            if step.type == "silence":
                self._unread = {x: None for x in self._unread if x not in map(self._blobs.get, step.bottoms)}
            return
        if step.type not in _KINDS:
            known = nearest(step.type, [*_KINDS]) or "its output cannot be known"
            raise step.error(f"no layer of type '{step.message.text('type')[:60]}' is known", known)
        make = _KINDS[step.type]
        _check_number(step, make, len(inputs))
        before = len(self._builder.nodes)
        found = make(Rows(self._builder, step, self._owners, auxiliary=minor), *inputs)
        outputs = found if isinstance(found, list) else [found]
        self._blobs.update(dict.fromkeys(step.tops))
        self._blobs.update(zip(step.tops, outputs, strict=False))
        for x in inputs:
            if x not in outputs:
                self._unread.pop(x, None)
        if not minor:
            self._unread.update(dict.fromkeys(x for x in outputs if x >= before))

    def _read(self, step: Step, blob: str) -> int | None:
        if blob not in self._blobs:
            remedy = nearest(blob, [*self._blobs]) or "a layer before it must have it as its top"
            raise step.error(f"no blob '{blob[:60]}' before it", remedy)
        return self._blobs[blob]


def _check_number(step: Step, make: Callable[..., object], count: int) -> None:
    """Refuse a layer with fewer or more blobs than its type reads."""
    parameters = [*inspect.signature(make).parameters.values()][1:]
    least = sum(one.kind is not one.VAR_POSITIONAL for one in parameters)
    if count < max(1, least) or (count > least and least == len(parameters)):
        raise step.error(f"a {step.message.text('type')} does not read {count} blobs")
