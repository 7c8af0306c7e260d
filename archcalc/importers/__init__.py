"""Importers of networks from files of any sort, each chosen by the content of the file.

Each file or folder of this folder is an importer, loaded for the first file that is not bundled. It recognises files by
their first bytes or their name, and builds a graph from one with a `Builder`:

    def recognises(head: bytes, name: str) -> bool:
        return head.startswith(b"NET1")

    def read(source: Source) -> Graph:
        builder = Builder()
        last = builder.add("input", Input(...))
        ...
        return builder.graph(source.stem)

    register("net1", recognises, read)  # of archcalc.importers.registry

A file that declares params gives a `Model` in place of a graph. In a folder `NAME/` only the first two lines above and
`register("NAME", recognises)` stand in `__init__.py`; `read` is in `NAME/reader.py`, which is loaded for such a file alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from archcalc.errors import Source, SpecError, nearest
from archcalc.importers.registry import HEAD, Importer, registered
from archcalc.language.load import is_spec, read_spec
from archcalc.language.sources import MAX_BYTES, is_bundled, is_standard_input, mapped, opened, whole
from archcalc.network.graph import Graph
from archcalc.network.model import NO_PARAMS, InputShape, Model, Params, Settled
from archcalc.symbols.dims import Dim

_FILES = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*"))


# No text has these among its first bytes, unless it is in UTF-16, which is said of it elsewhere.
_BINARY = re.compile(rb"(?!\xff\xfe|\xfe\xff)(?:[\x80-\xbf\xf8-\xff]|.{0,3}[\x00-\x08\x0e-\x1f\x7f])", re.DOTALL)
_SPEC = Importer("spec", is_spec, read_spec, MAX_BYTES, variants=True)


def importer_of(head: bytes, name: str) -> Importer:
    """The importer of a file with these first bytes: the one for specs if no other recognises it."""
    if not (is_bundled(name) and is_spec(head, name)):
        # A bundled network needs none of the others. A line such as `name: net` begins files of several sorts.
        for module in _FILES:
            import_module(f"archcalc.importers.{module}")
        for importer in (*registered.values(), _line()):
            if importer.recognises(head, name):
                return importer
    return _SPEC


def _line() -> Importer:
    shorthand = import_module("archcalc.language.shorthand")
    return Importer("line", shorthand.recognises, shorthand.read_line, MAX_BYTES)


def source_of(spec: str) -> Source:
    """The source of a bundled name, a path, `-` for standard input (`stdin@small` for a variant in it), or a line."""
    if _is_line(spec):
        return Source("line", spec)
    with opened(spec) as (name, variant, read_on):
        head = read_on(HEAD)
        importer = importer_of(head, name)
        if variant and not importer.variants:
            raise SpecError(f"{name} has no variant '{variant[:60]}'", None, "a file of its sort holds one network")
        # A pipe is read once, and what it holds is in no file.
        if importer.mapped and not is_standard_input(spec) and Path(name).is_file():
            return Source(name, mapped(name))
        content = head + read_on(importer.max_bytes + 1 - len(head))
    if importer is _SPEC:
        text = whole(name, content)
        if _BINARY.match(head) and b"\0" in head:
            read = ", ".join(sorted(registered))
            raise SpecError(f"{name}: neither a spec nor a file of a program that is known", None, f"these are {read}")
        return Source(name, text, variant)
    if len(content) > importer.max_bytes:
        raise SpecError(f"{name}: the file holds more than {importer.max_bytes:,} bytes")
    return Source(name, content, variant)


def _is_line(spec: str) -> bool:
    # Most networks have other names, and need not load the reader of lines.
    likely = any(word in spec.lower() for word in ("conv", "pool", "fc"))
    return likely and bool(import_module("archcalc.language.shorthand").is_line(spec))


def model_of(source: Source) -> Model:
    """The network in a file or a line, its params and its input still open."""
    found = importer_of(source.data[:HEAD], source.name).read(source)
    return Settled(found) if isinstance(found, Graph) else found


def parse(source: Source, params: Params = NO_PARAMS, *, input_shape: InputShape | None = None) -> Graph:
    """The graph of the network in a file or a line."""
    return model_of(source).graph(params, input_shape)


def load(
    spec: str, params: Params = NO_PARAMS, /, *, input_shape: InputShape | None = None, **named: Dim | str
) -> Graph:
    """The graph of a network, with declared params set and the input's shape replaced; raises SpecError.

    `spec` is a bundled name, the path of a file of any sort that is read, or a network on one line. Params are set by
    name or, whatever they are called, by a mapping. Of several inputs those that change are in a mapping by name.
    Numbers that a spec states are checked only in the spec as written.

    >>> load("vgg16").nodes[-1].shape, load("3 x conv3-C").nodes[-1].shape
    ((1000,), (C, H, W))
    >>> load("vgg16", classes=10).nodes[-1].shape, load("vgg16", {"classes": 10}).nodes[-1].shape
    ((10,), (10,))
    """
    return parse(source_of(spec), {**params, **named}, input_shape=input_shape)


def graphs(models: Sequence[Model], params: Params, *, input_shape: InputShape | None = None) -> list[Graph]:
    """The graphs of several networks, each with those of the params that it declares.

    Raises SpecError for a param that none of them declares.
    """
    declared = [model.params(input_shape) for model in models]
    known = sorted({name for each in declared for name in each})
    for name in params:
        if name not in known:
            whose = "the spec has no" if len(models) == 1 else "none of the specs has a"
            remedy = nearest(name, known) or (f"declared are {', '.join(known)}" if known else "")
            raise SpecError(f"{whose} param '{name}'", None, remedy)
    return [
        model.graph({name: params[name] for name in params if name in own}, input_shape)
        for model, own in zip(models, declared, strict=True)
    ]
