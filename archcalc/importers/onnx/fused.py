"""Operators that together are one layer: activations, norms, and biases that exporters write out in arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from archcalc.importers.onnx.masks import Looks
from archcalc.importers.onnx.model import Array, Operator
from archcalc.importers.onnx.wiring import Fusion, Wiring, made

# Samples, groups, and all values of a group.
_GROUPS_RANK = 3


def gated(wiring: Wiring, seed: int) -> Fusion | None:
    """x times a function of x: GELU, SiLU, Mish, hard swish; the last one's function alone is hard sigmoid."""
    op = wiring.operators[seed]
    at, gone, x, factors = seed, {seed}, "", 0
    while (found := wiring.reader(at, "Mul", "Add", "Div")) is not None and found not in gone:
        other = wiring.other(found, wiring.output(at))
        if wiring.number(other):
            factors += wiring.operators[found].kind != "Add"
            at, gone = found, gone | {found}
            if x:
                break
            continue
        if x or wiring.operators[found].kind != "Mul":
            break
        maker = wiring.makers.get(other)
        scaled = (
            maker is not None
            and wiring.operators[maker].kind in {"Mul", "Div"}
            and wiring.cone(op.inputs[0], other) is None
        )
        if scaled and maker is not None:
            x = next((name for name in wiring.operators[maker].inputs if not wiring.number(name)), "")
            gone |= {maker}
            factors += 1
        else:
            x = other
        at, gone = found, gone | {found}
        if factors or op.kind in {"Sigmoid", "HardSigmoid"} or not x:
            break
    cone = wiring.cone(op.inputs[0], x) if x else None
    if cone is None:
        return _hard_sigmoid(wiring, seed)
    kinds = {wiring.operators[one].kind for one in cone}
    kind = {"Sigmoid": "Silu", "HardSigmoid": "HardSwish", "Erf": "Gelu", "Tanh": "", "Clip": "HardSwish"}[op.kind]
    settings = {}
    if op.kind == "Tanh":
        kind = "Mish" if kinds == {"Softplus"} else "Gelu" if len(cone) >= 3 else ""
        settings = {"approximate": "tanh"} if kind == "Gelu" else {}
    if op.kind in {"Sigmoid", "HardSigmoid"} and cone and kinds != {"Mul"}:
        return None
    if op.kind == "Clip" and (kinds != {"Add"} or not factors):
        return None
    return made(wiring, gone | cone, at, kind, x, named=seed, **settings) if kind else None


def _hard_sigmoid(wiring: Wiring, seed: int) -> Fusion | None:
    op = wiring.operators[seed]
    before, after = wiring.makers.get(op.inputs[0]), wiring.reader(seed, "Div", "Mul")
    if op.kind != "Clip" or before is None or after is None or wiring.operators[before].kind != "Add":
        return None
    if not wiring.number(wiring.other(after, wiring.output(seed))):
        return None
    x = [name for name in wiring.operators[before].inputs if not wiring.number(name)]
    return made(wiring, {before, seed, after}, after, "HardSigmoid", x[0], named=seed) if len(x) == 1 else None


def _rooted(wiring: Wiring, seed: int, x: str) -> list[int]:
    """The operators from a mean of squares of x to x over its root, in order; none where there is something else."""
    found: list[int] = []
    at: int | None = seed
    for kinds in (("Add",), ("Sqrt",), ("Div", "Reciprocal")):
        at = None if at is None else wiring.reader(at, *kinds)
        if at is None:
            return []
        found.append(at)
    root = wiring.operators[found[-1]]
    if root.kind == "Reciprocal" or wiring.number(root.inputs[0]):
        at = wiring.reader(found[-1], "Mul")
        if at is None:
            return []
        found.append(at)
    return found if x in wiring.operators[found[-1]].inputs else []


def _centre(wiring: Wiring, x: str) -> tuple[int, int, str] | None:
    """The difference that x is of a value and its mean, that mean, and the value; None if it is none."""
    at = wiring.makers.get(x)
    if at is None or wiring.operators[at].kind != "Sub":
        return None
    value, mean = wiring.operators[at].inputs[:2]
    middle = wiring.makers.get(mean)
    if middle is None or wiring.operators[middle].kind != "ReduceMean" or wiring.operators[middle].inputs[0] != value:
        return None
    return at, middle, value


def normed(wiring: Wiring, seed: int) -> Fusion | None:
    """Layer normalisation, or that by the root mean square, from the mean of squares on."""
    square = wiring.makers.get(wiring.operators[seed].inputs[0])
    if square is None or wiring.operators[square].kind not in {"Pow", "Mul"}:
        return None
    x, *exponent = wiring.operators[square].inputs[:2]
    doubled = exponent == [x] or (
        wiring.operators[square].kind == "Pow" and bool(exponent) and wiring.number(exponent[0])
    )
    following = _rooted(wiring, seed, x) if doubled else []
    if not following:
        return None
    gone, at, kind = {square, seed, *following}, following[-1], "RMSNormalization"
    if (centre := _centre(wiring, x)) is not None:
        gone, x, kind = gone | {*centre[:2]}, centre[2], "LayerNormalization"
    arrays: list[str] = []
    for wanted in ("Mul", "Add") if kind == "LayerNormalization" else ("Mul",):
        found = wiring.reader(at, wanted)
        other = "" if found is None else wiring.other(found, wiring.output(at))
        if found is None or other not in wiring.fixed or wiring.number(other):
            break
        at, gone, arrays = found, gone | {found}, [*arrays, other]
    axes = wiring.operators[seed].wholes("axes") or wiring.content(wiring.operators[seed].given(1))
    return made(wiring, gone, at, kind, x, *arrays, named=seed, axes=axes) if axes else None


def _one_each(wiring: Wiring, op: Operator, bias: str) -> bool:
    """True for an array with one number for each filter of a convolution, and for each output of a product."""
    weight, array = wiring.arrays.get(op.inputs[1]), wiring.arrays.get(bias)
    if op.kind == "Mul":
        return not wiring.number(bias) and not any(map(wiring.number, op.inputs))
    if op.kind == "MatMul":
        return not wiring.number(bias) or weight is None or weight.shape[-1:] == (1,)
    if weight is None or array is None:
        return False
    filters, places = weight.shape[0 if op.kind == "Conv" else 1 : 2], len(weight.shape) - 2
    own = (*filters[:1], *(1,) * places)
    return array.shape[-places - 1 :] == own and set(array.shape[: -places - 1]) <= {1}


def biased(wiring: Wiring, seed: int) -> Fusion | None:
    """A product or a factor with what is added to it at once: a dense layer, a convolution, or a trained scale."""
    op = wiring.operators[seed]
    added = wiring.reader(seed, "Add")
    weights = [name for name in op.inputs if name in wiring.fixed]
    if added is None or len(op.inputs) != 2 or len(weights) != 1:
        return None
    bias = wiring.other(added, wiring.output(seed))
    if (
        bias not in wiring.fixed
        or not _one_each(wiring, op, bias)
        or (op.kind.startswith("Conv") and op.inputs[1] != weights[0])
    ):
        return None
    x = next(name for name in op.inputs if name not in weights)
    order = (x, weights[0]) if op.kind == "Mul" else op.inputs
    kind = "Affine" if op.kind == "Mul" else op.kind
    return made(wiring, {seed, added}, added, kind, *order, bias, named=seed, **op.attributes)


def grouped(wiring: Wiring, seed: int) -> Fusion | None:
    """Group normalisation: that of instances, whose channels are the groups, and then factors and offsets of channels."""
    op = wiring.operators[seed]
    before, after = wiring.makers.get(op.inputs[0]), wiring.reader(seed, "Reshape")
    if before is None or after is None or wiring.operators[before].kind != "Reshape":
        return None
    x, wanted = wiring.operators[before].inputs[:2]
    shape = wiring.content(wanted)
    if shape is None or len(shape) != _GROUPS_RANK or shape[0] not in {0, 1} or shape[2] != -1:
        return None
    gone, at, arrays = {before, seed, after}, after, list[str]()
    for kind in ("Mul", "Add"):
        found = wiring.reader(at, kind)
        other = "" if found is None else wiring.other(found, wiring.output(at))
        if found is None or other not in wiring.fixed or wiring.number(other):
            break
        at, gone, arrays = found, gone | {found}, [*arrays, other]
    settings = {"num_groups": shape[1], "epsilon": op.number("epsilon", 1e-5)}
    back = wiring.operators[after].given(1)
    return made(wiring, gone, at, "GroupNormalization", x, *[*arrays, "", ""][:2], back, named=seed, **settings)


def lengthened(wiring: Wiring, seed: int) -> Fusion | None:
    """Weight norm: an array of the file over its lengths, times other ones; or values over their lengths."""
    weight = wiring.operators[seed].inputs[0]
    if weight not in wiring.fixed:
        return _over_length(wiring, seed, weight)
    over = wiring.reader(seed, "Div")
    times = None if over is None else wiring.reader(over, "Mul")
    if over is None or times is None:
        return None
    lengths = wiring.operators[over].inputs[0]
    if lengths not in wiring.fixed or wiring.other(times, wiring.output(over)) != weight:
        return None
    return made(wiring, {seed, over, times}, times, "WeightNorm", weight, lengths, named=times)


def _over_length(wiring: Wiring, seed: int, x: str) -> Fusion | None:
    """Values over their lengths along one axis, which are held above a number and may be repeated first."""
    axes = wiring.operators[seed].wholes("axes") or wiring.content(wiring.operators[seed].given(1))
    held = wiring.reader(seed, "Max", "Clip")
    spread = wiring.reader(seed if held is None else held, "Expand")
    before = [at for at in (seed, held, spread) if at is not None]
    over = wiring.reader(before[-1], "Div")
    bounds = () if held is None else wiring.operators[held].inputs[1:]
    if over is None or wiring.operators[over].inputs[0] != x or axes is None or len(axes) != 1:
        return None
    if not all(wiring.number(name) or not name for name in bounds):
        return None
    return made(wiring, {*before, over}, over, "LpNormalization", x, named=seed, axis=axes[0], p=2)


def turned(wiring: Wiring, seed: int) -> Fusion | None:
    """A dense layer along another axis than the last: a product between two orders of the axes."""
    op = wiring.operators[seed]
    before, after = wiring.makers.get(op.inputs[0]), wiring.reader(seed, "Transpose")
    if before is None or after is None or wiring.operators[before].kind != "Transpose" or len(op.inputs) < 2:
        return None
    there, back = (wiring.operators[at].wholes("perm") or () for at in (before, after))
    inverse = tuple(sorted(range(len(there)), key=there.__getitem__))
    if op.inputs[1] not in wiring.fixed or not there or inverse != back:
        return None
    x = wiring.operators[before].inputs[0]
    return made(wiring, {before, seed, after}, after, "MatMul", x, *op.inputs[1:], named=seed, along=there[-1])


def masked(wiring: Wiring, seed: int) -> Fusion | None:
    """The sum before a softmax of scores and an array that only hides some of them."""
    at = wiring.makers.get(wiring.operators[seed].inputs[0])
    if at is None or wiring.operators[at].kind != "Add" or wiring.reader(at, "Softmax") != seed:
        return None
    found = [name for name in wiring.operators[at].inputs if name in wiring.arrays]
    hidden = wiring.looks.hides(wiring.arrays[found[0]]) if len(found) == 1 else None
    if hidden is None or len(wiring.operators[at].inputs) != 2:
        return None
    inputs = (wiring.other(at, found[0]), found[0])
    whole = replace(wiring.operators[at], kind="Masked", domain="", inputs=inputs, attributes={"hides": hidden})
    return Fusion({at}, whole)


_SEEDS = {
    "Softmax": masked,
    **dict.fromkeys(("Sigmoid", "HardSigmoid", "Erf", "Tanh", "Clip"), gated),
    "ReduceMean": normed,
    "InstanceNormalization": grouped,
    "ReduceL2": lengthened,
    **dict.fromkeys(("MatMul", "Conv", "ConvTranspose", "Mul"), biased),
}


_TOGETHER = (
    # Norms take factors and sums with them, so they come before biases.
    ("ReduceMean", "ReduceL2", "InstanceNormalization"),
    ("Softmax",),
    ("Sigmoid", "HardSigmoid", "Erf", "Tanh", "Clip"),
    ("MatMul", "Conv", "ConvTranspose", "Mul"),
)
# Around those already found, with their biases.
_AROUND = {"MatMul": turned}


def fused(operators: Sequence[Operator], arrays: dict[str, Array], ends: Iterable[str], looks: Looks) -> list[Operator]:
    """The operators, those that together are one layer as one."""
    found = list(operators)
    for seeds, order in ((_SEEDS, _TOGETHER), (_AROUND, (("MatMul",),))):
        wiring = Wiring(found, arrays, ends, looks)
        gone: set[int] = set()
        together: dict[int, Operator] = {}
        for kinds in order:
            for at, op in enumerate(found):
                if op.kind in kinds and at not in gone and op.inputs and op.outputs:
                    fusion = seeds[op.kind](wiring, at)
                    if fusion is not None and not fusion.gone & gone:
                        gone |= fusion.gone
                        together[max(fusion.gone)] = fusion.made
        found = [together.get(at, op) for at, op in enumerate(found) if at in together or at not in gone]
    return found
