"""The families of model types, each a spec with the model types as variants."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from archcalc.errors import Source, SpecError, nearest
from archcalc.language.document import SpecDocument, read
from archcalc.language.sources import networks
from archcalc.language.tree import ListNode, MapNode, Scalar, Tree

_FOLDER = Path(__file__).parent
_FAMILIES = _FOLDER / "families"
# The settings of layers that a family leaves open where the param that they name has no value.
_OPTIONAL = ("kv_heads", "key", "value", "window", "positions", "base", "qk_norm", "softcap", "query_latent")


@cache
def model_types() -> dict[str, tuple[Path, str]]:
    """The file of each model type that is known, and the variant in it, which is empty if it has none."""
    return {variant or path.stem: (path, variant) for path, variant in networks(_FAMILIES).values()}


def family_of(model_type: str) -> SpecDocument:
    """The spec of a model type, with the blocks and params that all families share; raises SpecError for an unknown one."""
    known = model_types()
    if model_type not in known:
        near = nearest(model_type, [*known])
        raise SpecError(
            f"no model type '{model_type[:60]}' is known", None, near, f"known are {', '.join(sorted(known))}"
        )
    own, shared = _read(*known[model_type]), _read(_FOLDER / "shared.yaml")
    params = MapNode(shared.params.items | own.params.items, shared.params.keys | own.params.keys, own.params.place)
    return msgspec.structs.replace(own, blocks=shared.blocks | own.blocks, params=params)


def _read(path: Path, variant: str = "") -> SpecDocument:
    return read(Source(path.relative_to(_FOLDER).as_posix(), path.read_text(encoding="utf-8"), variant))


def openable(document: SpecDocument) -> set[str]:
    """The params that stand for a setting which may be left open, and for nothing else."""
    found: set[str] = set()
    for tree in (document.layers, *(block.body for block in document.blocks.values())):
        _name_open(tree, found)
    return found


def _name_open(tree: Tree, found: set[str]) -> None:
    if isinstance(tree, ListNode):
        for item in tree.items:
            _name_open(item, found)
    elif isinstance(tree, MapNode):
        for key, value in tree.items.items():
            if isinstance(value, Scalar) and key in _OPTIONAL and value.text.isidentifier() and not value.quoted:
                found.add(value.text)
            _name_open(value, found)


def left_open(document: SpecDocument, names: set[str]) -> SpecDocument:
    """The spec without the settings that name one of these params, and without the params."""
    params = document.params
    items = {name: tree for name, tree in params.items.items() if name not in names}
    keys = {name: key for name, key in params.keys.items() if name not in names}
    blocks = {
        name: msgspec.structs.replace(block, body=_without(block.body, names))
        for name, block in document.blocks.items()
    }
    layers = _without(document.layers, names)
    return msgspec.structs.replace(document, params=MapNode(items, keys, params.place), blocks=blocks, layers=layers)


def _without(tree: Tree, names: set[str]) -> Tree:
    if isinstance(tree, ListNode):
        return ListNode([_without(item, names) for item in tree.items], tree.place)
    if not isinstance(tree, MapNode):
        return tree
    items = {
        key: _without(value, names)
        for key, value in tree.items.items()
        if not (key in _OPTIONAL and isinstance(value, Scalar) and not value.quoted and value.text in names)
    }
    return MapNode(items, {key: tree.keys[key] for key in items}, tree.place)
