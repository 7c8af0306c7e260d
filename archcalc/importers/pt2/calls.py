"""A use of an operator, with its arguments and the layer's name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from archcalc.errors import SpecError
from archcalc.importers.pt2.program import Argument, Operation, Plain, Scalar
from archcalc.importers.pt2.values import Value
from archcalc.symbols.dims import Dim, Shape

# Modules of one operator; the name of such a one is the layer's.
_LEAVES = ("torch.nn.modules.", "torch.nn.qat.", "torchvision.ops.misc.FrozenBatchNorm2d")
_COMPOUND = ("container.", "transformer.", "activation.MultiheadAttention", "rnn.")


class Call(msgspec.Struct, frozen=True):
    """A use of an operator: its name without overload, arguments by name, and the shapes of what it puts out."""

    operator: str
    node: str
    arguments: Mapping[str, Any]
    outputs: tuple[tuple[str, Shape], ...]
    # Those that no operator reads.
    unread: frozenset[str] = frozenset()
    # The layer's name where one operator is all that a module does, and else that of the module around it.
    path: str = ""
    alone: bool = False
    blocks: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """The operator's own name."""
        return self.operator.partition(".")[2]

    @property
    def full(self) -> Shape:
        """The shape of its only output, with the batch; raises SpecError if the file states none."""
        if not self.outputs:
            raise self.error("the file states no shape of what it puts out")
        return self.outputs[0][1]

    def error(self, fact: str, *notes: str) -> SpecError:
        """A mistake in it."""
        return SpecError(f"{self.node} ({self.operator}): {fact}", None, *notes)

    def given(self, *names: str) -> Any:
        """The argument under the first of some names that it has; None without."""
        return next((self.arguments[name] for name in names if self.arguments.get(name) is not None), None)

    def tensor(self, *names: str) -> Value:
        """A tensor among the arguments; raises SpecError if there is none."""
        found = self.given(*names)
        if not isinstance(found, Value):
            raise self.error(f"{names[0]} is no tensor")
        return found

    def maybe(self, *names: str) -> Value | None:
        """A tensor that may be left out."""
        found = self.given(*names)
        return found if isinstance(found, Value) else None

    def whole(self, name: str, default: int) -> int:
        """A whole number among the arguments."""
        found = self.arguments.get(name)
        if found is None:
            return default
        if isinstance(found, bool) or not isinstance(found, int):
            raise self.error(f"{name} must be a whole number")
        return found

    def number(self, name: str, default: float) -> float:
        """A number among the arguments."""
        found = self.arguments.get(name)
        if found is None:
            return default
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            raise self.error(f"{name} must be a number")
        return found

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false among the arguments."""
        found = self.arguments.get(name)
        return default if found is None else bool(found)

    def sizes(self, name: str, default: tuple[Dim, ...] = ()) -> tuple[Dim, ...]:
        """A list of whole numbers, or one that stands for such a list."""
        found = self.arguments.get(name)
        found = default if found is None else found if isinstance(found, tuple) else (found,)
        if any(isinstance(n, (bool, float, str, Value)) or n is None for n in found):
            raise self.error(f"{name} must be a list of whole numbers")
        return found

    @property
    def tensors(self) -> list[Value]:
        """All tensors among the arguments."""
        found: list[Value] = []
        for argument in self.arguments.values():
            found += [
                each for each in (argument if isinstance(argument, tuple) else (argument,)) if isinstance(each, Value)
            ]
        return found


class Naming:
    """The names of layers, and the calls of modules around them, from the stacks of modules in a program."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()
        self._calls: dict[str, str] = {}

    def of(self, operation: Operation) -> tuple[str, bool, tuple[str, ...]]:
        """The path of the module that an operator stands in, true if it is that module's all, and the calls around."""
        frames = _stack(operation)
        if not frames:
            return "", False, ()
        _, path, of = frames[-1]
        alone = of.startswith(_LEAVES) and not any(word in of for word in _COMPOUND)
        around = frames[:-1] if alone else frames
        return path.replace(".", "/"), alone, tuple(self._call(key, of) for key, _, of in around)

    def _call(self, key: str, module: str) -> str:
        """The call of a module, numbered among those of its class."""
        if key not in self._calls:
            word = module.rpartition(".")[2][:60] or "module"
            self._count[word] += 1
            self._calls[key] = f"{word}:{self._count[word]}"
        return self._calls[key]


def _stack(operation: Operation) -> list[tuple[str, str, str]]:
    """The modules that an operator stands in, outermost first, each with its key, its path and its class."""
    text = str(operation.metadata.get("nn_module_stack", ""))
    return [frame for frame in map(_frame, text.split(";")) if frame[1]]


def _frame(text: str) -> tuple[str, str, str]:
    """The key, the path and the class of a module in a stack; those of no real module have no path."""
    key, _, rest = text.partition(",")
    path, _, module = rest.rpartition(",")
    path = path.removeprefix("L['self'].").removeprefix("L['self']")
    return key, "" if path.startswith("_empty_nn_module_stack") else path, module


def plain(argument: Argument, sizes: Mapping[str, Dim]) -> Plain | Dim:
    """An argument that holds no tensor; None for what is not read."""
    for found in (argument.as_int, argument.as_bool, argument.as_string, argument.as_ints, argument.as_bools):
        if found is not None:
            return found
    if argument.as_float is not None:
        return _number(argument.as_float)
    if argument.as_floats is not None:
        return tuple(map(_number, argument.as_floats))
    if argument.as_sym_int is not None:
        return _size(argument.as_sym_int, sizes)
    return None if argument.as_sym_ints is None else tuple(_size(each, sizes) for each in argument.as_sym_ints)


def _size(written: Scalar, sizes: Mapping[str, Dim]) -> Dim | None:
    """A whole number, or the size under a name; None where it is not understood."""
    return written.as_int if written.as_name is None else sizes.get(written.as_name)


def _number(written: float | str) -> float | None:
    """A number; None for a word that is none."""
    try:
        return float(written)
    except ValueError:
        return None
