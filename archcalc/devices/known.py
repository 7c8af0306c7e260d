"""The devices that come with archcalc, one in each file, and those in files of others."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from archcalc.devices.device import Device
from archcalc.devices.read import parse
from archcalc.errors import Source, SpecError, nearest
from archcalc.language.tree import MAX_CHARACTERS

FOLDER = Path(__file__).parent
_SUFFIXES = {".yaml", ".yml"}


@cache
def names() -> tuple[str, ...]:
    """The names of the devices that come with archcalc.

    >>> "h100-sxm" in names()
    True
    """
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def device(name: str) -> Device:
    """The device of a name, or in the file of a path; raises SpecError if there is none.

    >>> int(device("a100-40gb").bandwidth)
    1555000000000
    """
    if name in names():
        return parse(Source(f"devices/{name}.yaml", (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")))
    if "/" not in name and Path(name).suffix not in _SUFFIXES:
        several = [one for one in names() if name and one.startswith(f"{name}-")]
        remedy = f"there are {' and '.join(several)}" if several else nearest(name, list(names()))
        raise SpecError(f"no device or file named '{name[:60]}'", None, remedy, "archcalc devices lists them")
    try:
        with Path(name).open("rb") as file:
            content = file.read(4 * MAX_CHARACTERS + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise SpecError(f"{name[:200]}: {reason[0].lower()}{reason[1:]}") from None
    return parse(Source(name, content))


def every() -> list[Device]:
    """The devices that come with archcalc, by name."""
    return list(map(device, names()))
