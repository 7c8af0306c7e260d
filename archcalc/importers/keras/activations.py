"""Activation functions, and layers that do nothing at inference."""

from __future__ import annotations

from collections.abc import Callable

from archcalc.errors import SpecError
from archcalc.importers.keras.settings import Settings
from archcalc.importers.keras.site import Site, translates
from archcalc.importers.keras.tensors import Tensor
from archcalc.layers.activation import (
    ELU,
    GELU,
    SELU,
    Dropout,
    HardSigmoid,
    HardSwish,
    HardTanh,
    LeakyReLU,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softplus,
    StochasticDepth,
    Tanh,
)
from archcalc.layers.base import Layer
from archcalc.layers.softmax import Softmax
from archcalc.layers.unknown import Unknown
from archcalc.symbols.dims import size

_FUNCTIONS: dict[str, Callable[[], Layer]] = {
    "relu": ReLU,
    "relu6": ReLU6,
    # The slope where none is set in Keras.
    "leaky_relu": lambda: LeakyReLU(slope=0.2),
    "elu": ELU,
    "selu": SELU,
    "gelu": GELU,
    "silu": SiLU,
    "swish": SiLU,
    "mish": Mish,
    "sigmoid": Sigmoid,
    "hard_sigmoid": HardSigmoid,
    "hard_silu": HardSwish,
    "hard_swish": HardSwish,
    "tanh": Tanh,
    "hard_tanh": HardTanh,
    "softplus": Softplus,
}
_NOTHING = (None, "linear", "")


def activated(site: Site, x: Tensor, *, part: bool = True) -> Tensor:
    """A tensor after the activation function in a layer's settings, which is a part of the layer's call or all of it."""
    found = site.settings.find("activation")
    if isinstance(found, dict):
        # Keras 3 writes a function of a module, or a layer with settings of its own.
        config, kind = found.get("config"), found.get("class_name")
        if isinstance(config, dict) and isinstance(kind, str) and kind in _LAYERS:
            layer = _LAYERS[kind](Settings(config, site.settings.where))
            return site.each(layer, x, part=layer.kind if part else "")
        found = config if isinstance(config, str) else kind
    if found in _NOTHING:
        return x
    if not isinstance(found, str):
        raise site.settings.wrong("activation", "the name of a function")
    if found == "softmax":
        return site.each(Softmax(axis=site.left_open(x, -1)), x, part="softmax" if part else "")
    made = _FUNCTIONS.get(found)
    if made is None:
        return unknown_function(site, x, found, part=found if part else "")
    layer = made()
    return site.each(layer, x, part=layer.kind if part else "")


def unknown_function(site: Site, x: Tensor, operator: str, parameters: int = 0, part: str = "") -> Tensor:
    """A tensor after a function of which only the shape is known, which is that of its input."""
    ours = site.assembly.builder.shape(x.position)
    return site.each(Unknown(operator[:80] or "function", tuple(ours), parameters), x, part=part)


@translates("Activation")
def activation(site: Site) -> Tensor:
    """The function of an Activation layer."""
    return activated(site, site.input, part=False)


def relu(settings: Settings) -> Layer:
    """The kind of a ReLU, which may be bounded, leaky or moved."""
    top = settings.find("max_value")
    slope = settings.number("negative_slope", default=0.0)
    threshold = settings.number("threshold", default=0.0)
    if threshold == 0 and top is None:
        return ReLU() if slope == 0 else LeakyReLU(slope=slope)
    if threshold == 0 and slope == 0:
        most = settings.number("max_value", default=6.0)
        return ReLU6() if most == 6 else HardTanh(min=0.0, max=most)
    raise SpecError(f"{settings.where}: a ReLU with threshold={threshold:g} and negative_slope={slope:g} is not read")


_LAYERS: dict[str, Callable[[Settings], Layer]] = {
    "ReLU": relu,
    "LeakyReLU": lambda settings: LeakyReLU(slope=settings.number("negative_slope", "alpha", default=0.3)),
    "ELU": lambda settings: ELU(alpha=settings.number("alpha", default=1.0)),
    "Dropout": lambda settings: Dropout(rate=settings.number("rate", "p", default=0.5)),
    "StochasticDepth": lambda settings: StochasticDepth(
        rate=settings.number("drop_path_rate", "rate", "survival_probability", default=0.5)
    ),
}


@translates("ReLU", "LeakyReLU", "ELU", "StochasticDepth")
def function(site: Site) -> Tensor:
    """A function with settings of its own."""
    return site.each(_LAYERS[site.kind](site.settings), site.input)


@translates("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout", "GaussianDropout")
def dropout(site: Site) -> Tensor:
    """A dropout."""
    return site.each(_LAYERS["Dropout"](site.settings), site.input)


@translates("Softmax")
def softmax(site: Site) -> Tensor:
    """A softmax along one axis."""
    x = site.input
    stated = site.settings.find("axis")
    if isinstance(stated, list) and len(stated) == 1:
        stated = stated[0]
    return site.each(Softmax(axis=site.left_open(x, site.axis(x, -1 if stated is None else stated))), x)


@translates("ThresholdedReLU", "UnitNormalization", "ParametricSoftplus")
def unknown(site: Site) -> Tensor:
    """A function of which no kind is known, without trained values."""
    return unknown_function(site, site.input, site.kind)


@translates("PReLU")
def prelu(site: Site) -> Tensor:
    """A PReLU, with a slope for each value along all axes but those that share it."""
    x = site.input
    shared = site.settings.find("shared_axes") or []
    if not isinstance(shared, list):
        raise site.settings.wrong("shared_axes", "a list of axes")
    own = sorted(set(range(len(x.order))) - {site.axis(x, one, "shared_axes") for one in shared})
    if len(own) == len(x.order):
        return site.each(PReLU(elementwise=True), x)
    if not own:
        return site.each(PReLU(), x)
    if len(own) == 1 and x.order[own[0]] == 0:
        return site.each(PReLU(per_channel=True), x)
    slopes = size(tuple(site.shape(x)[axis] for axis in own))
    if not isinstance(slopes, int):
        raise SpecError(f"{site.settings.where}: slopes along an axis that is left open")
    return unknown_function(site, x, "PReLU", slopes)


@translates(
    "GaussianNoise",
    "ActivityRegularization",
    "Masking",
    "Identity",
    "RandomFlip",
    "RandomRotation",
    "RandomZoom",
    "RandomContrast",
    "RandomBrightness",
    "RandomTranslation",
)
def nothing(site: Site) -> Tensor:
    """The input, of which nothing is made at inference."""
    return site.input
