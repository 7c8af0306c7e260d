"""The program of an archive: the part of its schema that is read, by torch's own names."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from archcalc.errors import SpecError

# The schema's major version, which changes where older readers would go wrong.
MAJOR = 8


class Name(msgspec.Struct, frozen=True):
    """The name of a tensor."""

    name: str


class Formula(msgspec.Struct, frozen=True):
    """A size that depends on letters."""

    expr_str: str


class Size(msgspec.Struct, frozen=True):
    """A size: a whole number or a formula."""

    as_int: int | None = None
    as_expr: Formula | None = None


class Tensor(msgspec.Struct, frozen=True):
    """The shape of a tensor."""

    sizes: tuple[Size, ...]


class Scalar(msgspec.Struct, frozen=True):
    """A whole number, or the name of one that a size gives."""

    as_name: str | None = None
    as_int: int | None = None


class Optional(msgspec.Struct, frozen=True):
    """A tensor or nothing, as stands in a list of both."""

    as_tensor: Name | None = None


class Argument(msgspec.Struct, frozen=True):
    """A value that an operator takes or gives, of which one field is set."""

    as_none: bool | None = None
    as_tensor: Name | None = None
    as_tensors: tuple[Name, ...] | None = None
    as_optional_tensor: Optional | None = None
    as_optional_tensors: tuple[Optional, ...] | None = None
    as_int: int | None = None
    as_ints: tuple[int, ...] | None = None
    # Those that JSON has no number for are words.
    as_float: float | str | None = None
    as_floats: tuple[float | str, ...] | None = None
    as_bool: bool | None = None
    as_bools: tuple[bool, ...] | None = None
    as_string: str | None = None
    as_sym_int: Scalar | None = None
    as_sym_ints: tuple[Scalar, ...] | None = None
    as_graph: Any = None


Plain: TypeAlias = int | float | bool | str | tuple[Any, ...] | None


class NamedArgument(msgspec.Struct, frozen=True):
    """An argument under its name in the operator's signature."""

    name: str
    arg: Argument


class Operation(msgspec.Struct, frozen=True):
    """A use of an operator."""

    target: str
    inputs: tuple[NamedArgument, ...]
    outputs: tuple[Argument, ...]
    metadata: dict[str, Any] = {}
    name: str | None = None


class Operations(msgspec.Struct, frozen=True):
    """The operators in order, with all tensors by name."""

    inputs: tuple[Argument, ...]
    outputs: tuple[Argument, ...]
    nodes: tuple[Operation, ...]
    tensor_values: dict[str, Tensor]
    sym_int_values: dict[str, Size] = {}


class Parameter(msgspec.Struct, frozen=True):
    """A trained array."""

    arg: Name
    parameter_name: str


class Buffer(msgspec.Struct, frozen=True):
    """An array that is kept and not trained."""

    arg: Name
    buffer_name: str


class Constant(msgspec.Struct, frozen=True):
    """An array that stood in the code."""

    arg: Name
    tensor_constant_name: str


class UserInput(msgspec.Struct, frozen=True):
    """An input of the network."""

    arg: Argument


class InputSpec(msgspec.Struct, frozen=True):
    """The nature of an input of the program, of which one field is set."""

    parameter: Parameter | None = None
    buffer: Buffer | None = None
    tensor_constant: Constant | None = None
    user_input: UserInput | None = None


class UserOutput(msgspec.Struct, frozen=True):
    """An output of the network."""

    arg: Argument


class OutputSpec(msgspec.Struct, frozen=True):
    """The nature of an output of the program; those that are no outputs of the network are left out."""

    user_output: UserOutput | None = None


class Signature(msgspec.Struct, frozen=True):
    """The nature of each input and output of the program."""

    input_specs: tuple[InputSpec, ...]
    output_specs: tuple[OutputSpec, ...]


class Module(msgspec.Struct, frozen=True):
    """The operators, and the nature of their inputs and outputs."""

    graph: Operations
    signature: Signature


class Version(msgspec.Struct, frozen=True):
    """A version of the schema."""

    major: int
    minor: int = 0


class Program(msgspec.Struct, frozen=True):
    """An exported program."""

    graph_module: Module
    schema_version: Version


class _Versioned(msgspec.Struct, frozen=True):
    schema_version: Version


def decoded(text: bytes, name: str) -> Program:
    """The program in a text; raises SpecError for another major version, or what is no program."""
    try:
        version = msgspec.json.decode(text, type=_Versioned).schema_version
        if version.major != MAJOR:
            fact = f"{name}: the schema of the program has the major version {version.major}, and {MAJOR} is read"
            raise SpecError(fact, None, f"export it with a torch whose schema is {MAJOR}, such as 2.13")
        return msgspec.json.decode(text, type=Program)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SpecError(f"{name}: the program in it cannot be read: {error}", None, "export the model again") from None


class Device(msgspec.Struct, frozen=True):
    """Where an array lay; those on "meta" have no values that could be the same."""

    type: str


class Layout(msgspec.Struct, frozen=True):
    """How an array lies in its file."""

    sizes: tuple[Size, ...]
    device: Device
    storage_offset: Size


class Array(msgspec.Struct, frozen=True):
    """An array of the archive."""

    path_name: str
    tensor_meta: Layout


class Arrays(msgspec.Struct, frozen=True):
    """The arrays of the archive by name."""

    config: dict[str, Array]


def tied(text: bytes) -> dict[str, str]:
    """For each trained array the first name of those that mean the same values; nothing where the list is not understood.

    >>> tied(b"")
    {}
    """
    try:
        arrays = msgspec.json.decode(text, type=Arrays).config if text else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    first: dict[tuple[object, ...], str] = {}
    names = {}
    for name, array in arrays.items():
        meta = array.tensor_meta
        apart = name if meta.device.type == "meta" else ""
        names[name] = first.setdefault((array.path_name, meta.sizes, meta.storage_offset, apart), name)
    return names
