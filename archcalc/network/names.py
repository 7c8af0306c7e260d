"""The rules for names of layers."""

from __future__ import annotations

from archcalc.errors import Place, SpecError

_MAX_CHARACTERS = 100
_MAX_WHOLE = 1_000


def check_name(full: str, place: Place | None = None, given: str | None = None) -> None:
    """Raise SpecError for a name that is unprintable, or too long to be repeated in every row.

    `given` is the part of a full name that was written there, if enclosing blocks give the rest.
    """
    name = full if given is None else given
    if 0 < len(full) <= _MAX_CHARACTERS and name.isprintable() and "{" not in name and "}" not in name and name.strip():
        return
    # A full name may be given, as in a spec that was written out.
    longest = max(map(len, name.split("/")))
    if not name.strip() or not name.isprintable() or {"{", "}"} & set(name) or longest > _MAX_CHARACTERS:
        raise SpecError(f"a name is 1 to {_MAX_CHARACTERS} printable characters, and none of them {{ or }}", place)
    if len(full) > _MAX_WHOLE:
        raise SpecError(f"a name of more than {_MAX_WHOLE:,} characters, with the blocks around it", place)


def suitable(name: str) -> str:
    r"""A valid name near to one that may be invalid.

    >>> suitable("a{0}/b:0"), suitable("\n")
    ('a_0_/b:0', '_')
    """
    sound = "".join("_" if c in "{}" or not c.isprintable() else c for c in name).strip()
    # Room is left for a number.
    return "/".join(part[: _MAX_CHARACTERS - 10] for part in sound[: _MAX_WHOLE - 10].split("/")) or "layer"
