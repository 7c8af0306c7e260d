"""A plan in a file: YAML with the settings of a plan by name, each of which keeps its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from archcalc.errors import Place, Source, SpecError, nearest
from archcalc.language.tree import ListNode, MapNode, Scalar, Tree, list_of, mapping_of, parse, plain, unknown
from archcalc.memory_plan.optimizers import OPTIMIZERS
from archcalc.parallel.plan import INFERENCE, MAX_DEVICES, WAYS, Plan, Settings
from archcalc.training.asked import ATTENTION, LOSSES, RECOMPUTED
from archcalc.training.recipes import RECIPES

# Each pattern is matched against the name of every layer.
_MAX_PATTERNS = 100
_MAX_STAGES = 10_000
_EXAMPLE = "such as data: 8"


def plan_of(source: Source | None, given: Mapping[str, Any]) -> Plan:
    r"""The plan in a file, if there is one, with settings that are given in place of its own, None for those that are not.

    >>> plan_of(Source("plan.yaml", "tensor: 4\nsequence: true"), {"data": 2}).devices
    8
    """
    settings: dict[str, Any] = {}
    places: dict[str, Place] = {}
    if source is not None:
        if not source.text.strip():
            raise SpecError(f"{source.name}: the file is empty", None, f"a plan has settings by name, {_EXAMPLE}")
        tree = mapping_of(parse(source), "a plan", "{data: 8, zero: 1}")
        for key, value in tree.items.items():
            if key not in _READERS:
                raise unknown("a plan", tree.keys[key], list(_READERS), f"it has {', '.join(_READERS)}")
            settings[key] = _READERS[key](value, key)
            places[key] = value.place
            if key == "split" and isinstance(value, MapNode):
                places |= {f"split/{pattern}": scalar.place for pattern, scalar in value.keys.items()}
    for key, value in given.items():
        if value is not None:
            settings[key] = value
            places.pop(key, None)
    plan = Plan(**settings, places=places)
    plan.require_fitting()
    return plan


def given(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that are given as values, checked; raises SpecError for one that no plan has, or that it cannot be."""
    for key, value in settings.items():
        if key not in _READERS:
            raise SpecError(
                f"a plan has no '{key[:60]}'", None, nearest(key, list(_READERS)), f"it has {', '.join(_READERS)}"
            )
        if key in _BOUNDS and value is not None:
            least, most = _BOUNDS[key]
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
                raise SpecError(f"{key} must be {_from(least, most)}, not {str(value)[:60]}")
    try:
        found: dict[str, Any] = dict(msgspec.convert({k: v for k, v in settings.items() if v is not None}, Settings))
    except msgspec.ValidationError as error:
        raise SpecError(f"a setting of a plan has another value than it may: {error}") from None
    return found | ({"split": tuple(found["split"].items())} if "split" in found else {})


def _from(least: int, most: int) -> str:
    return f"a whole number from {least} to {most:,}"


def _count(tree: Tree, key: str) -> int:
    least, most = _BOUNDS[key]
    return _whole(tree, key, least, most)


def _whole(tree: Tree, key: str, least: int, most: int) -> int:
    text = tree.text.replace("_", "") if isinstance(tree, Scalar) and not tree.quoted else ""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and least <= int(text) <= most):
        said = f", not {plain(tree)[:60]}" if isinstance(tree, Scalar) else ""
        raise SpecError(f"'{key}' must be {_from(least, most)}{said}", tree.place)
    return int(text)


def _truth(tree: Tree, key: str) -> bool:
    if not isinstance(tree, Scalar) or tree.text not in {"true", "false"}:
        raise SpecError(f"'{key}' must be true or false", tree.place)
    return tree.text == "true"


def _word(known: tuple[str, ...]) -> Callable[[Tree, str], str]:
    def read_word(tree: Tree, key: str) -> str:
        if not isinstance(tree, Scalar) or tree.text not in known:
            said = f"'{plain(tree)[:60]}'" if isinstance(tree, Scalar) else "a list or mapping"
            remedy = nearest(tree.text, list(known)) if isinstance(tree, Scalar) else ""
            raise SpecError(f"{said} is no {key}", tree.place, remedy, f"there are {', '.join(known)}")
        return tree.text

    return read_word


def _name(tree: Tree, key: str) -> str:
    if not isinstance(tree, Scalar) or not tree.text.strip():
        raise SpecError(f"'{key}' must be a name", tree.place)
    return plain(tree)


def _stages(tree: Tree, key: str) -> tuple[int, ...]:
    found: ListNode = list_of(tree, f"'{key}'")
    if not 0 < len(found.items) <= _MAX_STAGES:
        raise SpecError(f"'{key}' has {len(found.items):,} numbers; it has 1 to {_MAX_STAGES:,}", found.place)
    return tuple(_whole(item, key, 1, MAX_DEVICES) for item in found.items)


def _split(tree: Tree, key: str) -> tuple[tuple[str, Any], ...]:
    found = mapping_of(tree, f"'{key}'", 'split: {"*/feed/linear": row}')
    if len(found.items) > _MAX_PATTERNS:
        raise SpecError(f"{len(found.items):,} patterns; '{key}' has at most {_MAX_PATTERNS}", found.place)
    way = _word(WAYS)
    return tuple((pattern, way(value, "way to split")) for pattern, value in found.items.items())


_BOUNDS = {
    **dict.fromkeys(("data", "tensor", "context", "pipeline", "experts", "microbatches"), (1, MAX_DEVICES)),
    "zero": (0, 3),
    "pad_vocabulary": (1, MAX_DEVICES),
}
_READERS: dict[str, Callable[[Tree, str], Any]] = {
    "data": _count,
    "zero": _count,
    "tensor": _count,
    "sequence": _truth,
    "context": _count,
    "pipeline": _count,
    "stages": _stages,
    "experts": _count,
    "microbatches": _count,
    "recipe": _word((*RECIPES, INFERENCE)),
    "optimizer": _word(tuple(OPTIMIZERS)),
    "attention": _word(ATTENTION),
    "attention_dropout": _truth,
    "recompute": _word(RECOMPUTED),
    "blocks": _name,
    "loss": _word(LOSSES),
    "pad_vocabulary": _count,
    "split": _split,
}
