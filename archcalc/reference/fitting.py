"""The steps that make a photo as large as a network's input: it is resized, and cut from the centre."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from archcalc.errors import SpecError

# Nothing, the shorter side, or the height and the width.
Sides: TypeAlias = tuple[int, ...]
_Size: TypeAlias = tuple[int, int]

# The preprocessing that the networks trained on ImageNet were published with: 256 for 224, and in that ratio 342 for 299.
_RESIZED, _CUT = 256, 224
# The pixels of a picture that Pillow takes for a bomb, which a long one would reach when made wide.
_MAX_PIXELS = 178_956_970


class Asked(NamedTuple):
    """The sides that a picture is to be resized to, and those to be cut from its centre; none for the usual ones."""

    resize: Sides = ()
    crop: Sides = ()


USUAL = Asked()


class Fit(NamedTuple):
    """The height and width that a picture is resized to, and those that are cut from its centre; None for no change."""

    resized: _Size | None = None
    cut: _Size | None = None

    def box(self, high: int, wide: int) -> tuple[int, int, int, int]:
        """The left, upper, right and lower edges of what is cut.

        >>> Fit(cut=(224, 224)).box(256, 341)
        (58, 16, 282, 240)
        """
        rows, columns = self.cut or (high, wide)
        # Of half a pixel the even neighbour, as torchvision rounds.
        top, left = round((high - rows) / 2), round((wide - columns) / 2)
        return left, top, left + columns, top + rows

    def __str__(self) -> str:
        said = [f"resized to {_text(self.resized)}"] if self.resized else []
        said += [f"{_text(self.cut)} cut from its centre"] if self.cut else []
        return ", ".join(said)


def fit(image: _Size, wanted: tuple[Any, Any], asked: Asked = USUAL) -> Fit:
    """The steps for an image of this height and width, as asked for, or by default for a square input of another size.

    By default its shorter side becomes 256/224 of the input's, and as much as the input is cut from the centre. An image
    of the input's own size stays as it is. Raises SpecError for a cut that is larger than the image.

    >>> fit((375, 500), (224, 224))
    Fit(resized=(256, 341), cut=(224, 224))
    >>> fit((375, 500), (299, 299)).resized, fit((224, 224), (224, 224)), fit((60, 100), (32, 64))
    ((342, 456), Fit(resized=None, cut=None), Fit(resized=None, cut=None))
    """
    resize, crop = asked
    whole = all(isinstance(side, int) for side in wanted)
    usual = whole and wanted[0] == wanted[1] and image != wanted
    if not (resize or crop or usual):
        return Fit()
    if not resize and not crop:
        resize = (round(wanted[0] * _RESIZED / _CUT),)
    resized = _scaled(image, resize) if resize else None
    cut = (crop[0], crop[-1]) if crop else wanted if whole else None
    high, wide = resized or image
    if cut and (cut[0] > high or cut[1] > wide):
        fact = f"an image of {_text((high, wide))} is smaller than the {_text(cut)} to be cut from it"
        raise SpecError(fact, None, "give a larger --resize, or a smaller --crop")
    return Fit(resized if resized != image else None, cut if cut != (high, wide) else None)


def _scaled(image: _Size, resize: Sides) -> _Size:
    """The size of an image whose shorter side, or whose height and width, are made these."""
    if len(resize) == 2:
        return resize[0], resize[1]
    [side], (high, wide) = resize, image
    found = (side, side * wide // high) if high <= wide else (side * high // wide, side)
    if found[0] * found[1] > _MAX_PIXELS:
        fact = f"an image of {_text(image)} would be {_text(found)}, more than {_MAX_PIXELS:,} pixels"
        raise SpecError(fact, None, "give --resize with a height and a width, such as 224x224")
    return found


def _text(size: _Size) -> str:
    return "×".join(map(str, size))
