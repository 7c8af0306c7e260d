"""A JSON Schema of the spec language, generated from the layer classes, for completion and checks in an editor."""

from __future__ import annotations

from typing import Any

import msgspec

from archcalc.language.assertions import STATED
from archcalc.language.experts import EXPERTS
from archcalc.language.figures import KEYS
from archcalc.layers import Layer
from archcalc.layers.fields import takes_list, types_of
from archcalc.network.calls import CALLS
from archcalc.network.dtypes import DTYPES
from archcalc.network.figures import PUBLISHED
from archcalc.symbols.shape import PLACES, VALUES

_EXPRESSION = {"type": "string", "description": "an expression, or the name of a value"}
_SIZE = {"anyOf": [{"type": "integer"}, _EXPRESSION]}
_SHAPE = {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "array", "items": _SIZE}]}
_ITEMS = {"type": "array", "items": {"$ref": "#/$defs/item"}}

_BESIDE: dict[str, Any] = {
    "name": {
        "type": ["string", "integer"],
        "description": "the layer's name; {index} and other values may stand in it",
    },
    "from": {
        "type": ["string", "integer", "array"],
        "description": "the layer, or layers, whose output is taken; the one before by default",
    },
    "if": {"type": ["boolean", "string"], "description": "a condition under which the item is there"},
    "else": {
        "anyOf": [{"$ref": "#/$defs/item"}, _ITEMS],
        "description": "what is there where the condition of `if` fails",
    },
    "repeat": {**_SIZE, "description": "how many times; index counts from 0"},
    "share": {"type": ["string", "integer"], "description": "the earlier layer or block whose weights are used"},
    "auxiliary": {"type": ["boolean", "string"], "description": "a head used in training only"},
    "note": {"type": "string"},
    "source": {"type": "string"},
    "input": {**_SHAPE, "description": "checked: the shape that comes in"},
    "channels": {**_SIZE, "description": "checked: the channels that come in"},
    "output": {**_SHAPE, "description": "checked: the shape that goes out"},
    **{measure: {**_SIZE, "description": f"checked: the {measure}"} for measure in sorted(STATED)},
}

_INPUT: dict[str, Any] = {
    "type": "object",
    "properties": dict.fromkeys((*VALUES, *PLACES), _SIZE),
    "additionalProperties": {**_SIZE, "description": "an axis of the spec's own"},
}
_BRANCH = {"anyOf": [_ITEMS, {"type": ["string", "integer", "null"]}]}
_FOR = {"type": "string", "description": "a name for each entry of a list: width in widths"}
_LOOP = {
    "type": "object",
    "required": ["for", "do"],
    "additionalProperties": False,
    "properties": {"for": _FOR, "do": {"anyOf": [_ITEMS, {"$ref": "#/$defs/item"}]}},
}
_NAMED = {
    "anyOf": [_SIZE, {"type": "array", "items": {"type": ["string", "integer"]}}],
    "description": "an axis by its name",
}

_SAID = {"anyOf": [{"type": "boolean"}, _EXPRESSION]}
_EXPERTS: dict[str, Any] = {
    "type": "object",
    "description": "a mixture of experts: a router, and for each token the layers of the experts chosen for it",
    "required": ["count", "chosen", "expert"],
    "properties": {
        **_BESIDE,
        "count": {**_SIZE, "description": "the experts in all"},
        "chosen": {**_SIZE, "description": "the experts of each token"},
        "expert": {**_ITEMS, "description": "the layers of one expert"},
        "shared": {"anyOf": [_SIZE, _ITEMS], "description": "the experts that see every token, or the layers of one"},
        "router": {
            "anyOf": [_ITEMS, {"type": "string"}],
            "description": "the layers that score the experts, or a function after a linear one, softmax by default",
        },
        "capacity": {
            "anyOf": [{"type": "number", "exclusiveMinimum": 0}, _EXPRESSION],
            "description": "the slots of an expert over its even share of the tokens; none is dropless",
        },
        "normalise": {**_SAID, "description": "whether the chosen scores are divided by their sum, true by default"},
        "bias": {**_SAID, "description": "whether the choice sees a trained offset for each expert"},
    },
    "additionalProperties": False,
}

_PRINTED = {"type": ["string", "number"]}
_SEVERAL = {"anyOf": [_PRINTED, {"type": "array", "items": _PRINTED}]}
_FIGURE: dict[str, Any] = {
    **dict.fromkeys(KEYS, _PRINTED),
    "of": {
        **_SEVERAL,
        "description": f"what it is of: {', '.join(PUBLISHED)}, of the network or of its layer",
    },
    "value": {**_SEVERAL, "description": "as printed: 138M, 93MB, 55x55x96, 74 %"},
    "set": {"type": "object", "description": "the params of the network that the figure is of"},
    "irreproducible": {"type": "string", "description": "why no count is expected to give it"},
}

# A dtype, or a narrow one with the values that share a scale and a zero.
_DTYPE = {"enum": list(DTYPES)}
_FORMAT: dict[str, Any] = {
    "anyOf": [
        _DTYPE,
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "propertyNames": _DTYPE,
            "additionalProperties": {
                "type": "object",
                "required": ["group"],
                "properties": {"group": _SIZE, "scale": _DTYPE, "zero": _DTYPE},
                "additionalProperties": False,
            },
        },
    ]
}
_PARAMETERS: dict[str, Any] = {
    "dtype": {
        "anyOf": [_DTYPE, {"type": "object", "additionalProperties": _FORMAT}],
        "description": "the dtypes of weights: one for all, or by patterns of names, of which the last holds",
    },
    "frozen": {
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": ["string", "integer"]}}],
        "description": "patterns of the names of layers that are not trained, or after 'not ' are",
    },
    "adapt": {
        "anyOf": [*_SIZE["anyOf"], {"type": "object", "additionalProperties": _SIZE}],
        "description": "the ranks of adapters beside layers, by patterns of their names",
    },
}


def schema() -> dict[str, Any]:
    """The schema of a whole spec."""
    kinds = {name: cls for name, cls in Layer.kinds.items() if name != "input"}
    _, components = msgspec.json.schema_components(kinds.values())
    layers = {name: _layer(cls, components[cls.__name__]) for name, cls in kinds.items()}
    text = {"type": "string"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "archcalc spec",
        "type": "object",
        "required": ["layers"],
        "oneOf": [{"required": ["input"]}, {"required": ["inputs"]}],
        "additionalProperties": False,
        "properties": {
            "name": {"type": ["string", "integer"]},
            "title": text,
            "source": text,
            "note": {"anyOf": [text, {"type": "array", "items": text}]},
            "family": text,
            "task": text,
            "input": _INPUT,
            "inputs": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": _INPUT,
                "description": "several inputs by name, which layers take by from",
            },
            "outputs": {
                "type": "array",
                "minItems": 1,
                "items": {"type": ["string", "integer"]},
                "description": "the layers whose outputs are the network's; the last layer by default",
            },
            "params": {"type": "object", "description": "values that --set can replace"},
            "variants": {
                "type": "object",
                "additionalProperties": {"type": ["object", "null"]},
                "description": "networks of one family: the params, and parts such as title, that each has of its own",
            },
            "blocks": {
                "type": "object",
                "additionalProperties": _ITEMS,
                "description": "reusable lists of layers: stage(out, depth=2)",
            },
            "layers": _ITEMS,
            "totals": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"output": _SHAPE, **dict.fromkeys(sorted(STATED), _SIZE)},
            },
            "weights": {
                "type": "object",
                "additionalProperties": {"type": ["string", "integer"]},
                "description": "how files of trained weights call the layers: patterns with *, and what they become",
            },
            "calls": {
                "type": "object",
                "additionalProperties": {"enum": list(CALLS)},
                "description": "how the reference implementation calls its layers: patterns of their names with *",
            },
            **_PARAMETERS,
            "figures": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["of", "value"],
                    "properties": _FIGURE,
                    "additionalProperties": False,
                },
            },
        },
        "$defs": {
            "item": {
                "anyOf": [
                    {"enum": sorted(kinds), "description": "a layer without settings"},
                    {"type": "string", "description": "a block without arguments"},
                    _LOOP,
                    {
                        "type": "object",
                        "minProperties": 1,
                        "maxProperties": 1,
                        "properties": {name: {"$ref": f"#/$defs/{name}"} for name in sorted([*kinds, EXPERTS])},
                        "propertyNames": {"not": {"enum": ["for", "do"]}},
                        "additionalProperties": {"description": "a call of a block with its arguments"},
                    },
                ],
            },
            **layers,
            EXPERTS: _EXPERTS,
        },
    }


def _layer(cls: type[Layer], component: dict[str, Any]) -> dict[str, Any]:
    """The schema of a layer: settings in braces, its first one bare, or nothing if all have defaults."""
    types = types_of(cls)
    fields = {name: _open(field, types[name]) for name, field in component["properties"].items()}
    merges = cls.arity[1] == float("inf")
    forms: list[dict[str, Any]] = [
        {
            "type": "object",
            "properties": {**_BESIDE, **fields, **({"for": _FOR} if merges else {})},
            # Sizes under the names of their axes stand for a shape.
            "required": [] if cls.names_axes else component.get("required", []),
            # Branches stand beside the settings of a merge, and axes beside those of a kind that names them.
            "additionalProperties": _BRANCH if merges else _NAMED if cls.names_axes else False,
        },
    ]
    if merges:
        forms.append({"type": "array", "description": "branches without names"})
    elif fields:
        forms.append(next(iter(fields.values())))
    if not component.get("required"):
        forms.append({"type": "null"})
    # Read by completion, which offers a kind under these names too.
    called = {"x-called": list(cls.called)} if cls.called else {}
    return {"description": component.get("description", ""), **called, "anyOf": forms}


def _open(field: dict[str, Any], of: Any) -> dict[str, Any]:
    """A field's schema that also allows an expression."""
    field = {key: value for key, value in field.items() if key != "default"}
    lists = [{"type": "array", "items": {}}] if takes_list(of) else []
    return {"anyOf": [field, _EXPRESSION, *lists]}
