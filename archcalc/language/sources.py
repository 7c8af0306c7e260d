"""The sources of specs: bundled networks by name, variants of a file, paths, and standard input."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from mmap import ACCESS_READ, mmap
from pathlib import Path

from archcalc.errors import Source, SpecError, nearest
from archcalc.files import standard_input
from archcalc.language.tree import MAX_CHARACTERS

MAX_BYTES = 4 * MAX_CHARACTERS
_PACKAGE = Path(__file__).parent.parent
# Installed, the specs lie inside the package; in a checkout they stand beside it.
SPECS = _PACKAGE / "specs" if (_PACKAGE / "specs").is_dir() else _PACKAGE.parent / "specs"
_STDIN = "stdin@"
_SUFFIXES = {".yaml", ".yml"}
# The variants of a bundled file, which are written one below the other.
_VARIANTS = re.compile(r"^variants:\n((?:(?: .*)?\n)+)", re.MULTILINE)
_VARIANT = re.compile(r"^  ([\w.-]+):", re.MULTILINE)
_NAME = re.compile(r"^name: ([\w.-]+)$", re.MULTILINE)


def full_name(family: str, variant: str) -> str:
    """The name of a network that is a variant of a family.

    A family without a name leaves its variants theirs.

    >>> full_name("vgg", "vgg13"), full_name("mine", "small"), full_name("mine", ""), full_name("", "mc3_18")
    ('vgg13', 'mine@small', 'mine', 'mc3_18')
    """
    return variant if variant.startswith(family) else f"{family}@{variant}" if variant else family


def short_name(source: Source) -> str:
    """The name by which a spec may be called again, but for the ending of its file.

    >>> short_name(Source("specs/vgg.yaml", "name: vgg", "vgg13")), short_name(Source("nets/mine.yaml", "", "small"))
    ('vgg13', 'nets/mine@small')
    """
    stem = source.name.removesuffix(".yaml")
    if source.name.startswith("specs/"):
        stem = stem.removeprefix("specs/")
        return full_name(_family(source.text) if source.variant else stem, source.variant)
    return full_name(stem, source.variant)


def _family(text: str) -> str:
    """The name of the family in a bundled file, which may be another than the file's own, or none."""
    stated = _NAME.search(text)
    return stated[1] if stated else ""


def is_standard_input(spec: str) -> bool:
    """True of `-`, and of `stdin@small`, which names a variant of what is read.

    >>> [is_standard_input(spec) for spec in ("-", "stdin@small", "./stdin@small", "vgg16")]
    [True, True, False, False]
    """
    return spec == "-" or spec.startswith(_STDIN)


def bundled() -> list[str]:
    """The names of the networks that come with archcalc."""
    return sorted(networks(SPECS))


@cache
def networks(folder: Path) -> dict[str, tuple[Path, str]]:
    """The networks in the specs of a folder by name, each with its file and its variant, which may be empty."""
    found = {}
    for path in folder.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        for variant in _variants_in(text) or [""]:
            found[full_name(_family(text) if variant else path.stem, variant)] = (path, variant)
    return found


@cache
def _variants(path: Path) -> list[str]:
    """The variants in a bundled file."""
    return _variants_in(path.read_text(encoding="utf-8"))


def _variants_in(text: str) -> list[str]:
    """The variants in the text of a bundled file, found without reading all of it as YAML."""
    part = _VARIANTS.search(text)
    return _VARIANT.findall(part[1]) if part else []


def located(spec: str) -> tuple[Path, str]:
    """The file that a name or a path stands for, and the variant in it; raises SpecError for a name that clashes.

    >>> [(path.name, variant) for path, variant in map(located, ["vgg13", "alexnet", "mine.yaml@small"])]
    [('vgg.yaml', 'vgg13'), ('alexnet.yaml', ''), ('mine.yaml', 'small')]
    """
    name, at, variant = spec.rpartition("@")
    if not at or Path(spec).is_file():
        name, variant = spec, ""
    if "/" in name or Path(name).suffix in _SUFFIXES:
        return Path(name), variant
    files = {path.stem: path for path in SPECS.glob("*.yaml")}
    if name in files:
        # A variant may have the name of its file, and is then what the name stands for.
        return files[name], variant or (name if name in _variants(files[name]) else "")
    if not variant:
        # Most variants begin with the name of their file, and the others need not be looked at.
        likely = [stem for stem in files if name.startswith(stem) and name in _variants(files[stem])]
        families = likely or [stem for stem in files if name in _variants(files[stem])]
        if len(families) > 1:
            several = [f"{stem}@{name}" for stem in sorted(families)]
            fact = f"'{name}' is a variant of {' and of '.join(sorted(families))}"
            raise SpecError(fact, None, f"write {' or '.join(several)}")
        if families:
            return files[families[0]], name
    return Path(name), variant


def without_others(source: Source) -> str:
    """The text of a bundled file without what is said of its other variants, which takes longer to read than the rest."""
    text = source.text
    part = _VARIANTS.search(text) if source.variant and source.name.startswith("specs/") else None
    if part is None:
        return text
    lines, here = part[1].split("\n"), False
    for at, line in enumerate(lines):
        if name := _VARIANT.match(line):
            here = name[1] == source.variant
        elif not here:
            # Every line stays where it is.
            lines[at] = ""
    return text[: part.start(1)] + "\n".join(lines) + text[part.end(1) :]


def source_of(spec: str) -> Source:
    """The text of a spec: a bundled name, a path, or `-` for standard input, each perhaps with @ and a variant."""
    with opened(spec) as (name, variant, read_on):
        return Source(name, whole(name, read_on(MAX_BYTES + 1)), variant)


@contextmanager
def opened(spec: str) -> Iterator[tuple[str, str, Callable[[int], bytes]]]:
    """The name, the variant and the read function of a bundled network, of a path, or of standard input."""
    if is_standard_input(spec):
        yield "<stdin>", spec.removeprefix(_STDIN) if spec != "-" else "", standard_input
        return
    path, variant = located(spec)
    try:
        with path.open("rb") as file:
            yield str(path) if path.parent != SPECS else f"specs/{path.name}", variant, file.read
    except IsADirectoryError:
        raise SpecError(f"{path}: is a directory, not a spec") from None
    except (OSError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        if path.suffix or "/" in spec:
            reason = getattr(error, "strerror", None) or "not a path"
            said = str(path) if variant else spec
            raise SpecError(f"{said[:200]}: {reason[0].lower()}{reason[1:]}") from None
        raise SpecError(
            f"no network or file named '{spec[:60]}'", None, nearest(spec, bundled()), "archcalc list names all"
        ) from None


def is_bundled(name: str) -> bool:
    """True if a source of this name may be a bundled network.

    >>> is_bundled("specs/vgg.yaml"), is_bundled("specs/yolo.cfg")
    (True, False)
    """
    return name.startswith("specs/") and name.endswith(".yaml")


def mapped(name: str) -> mmap:
    """The content of a file, of which only what is looked at is read into memory."""
    with Path(name).open("rb") as file:
        return mmap(file.fileno(), 0, access=ACCESS_READ)


def whole(name: str, raw: bytes) -> bytes:
    """The bytes of a spec; raises SpecError if there are more than any spec has."""
    if len(raw) > MAX_BYTES:
        raise SpecError(f"{name}: the file holds more than {MAX_BYTES:,} bytes", None, "a spec is a page of text")
    return raw


def read_text(path: str) -> Source:
    """The text of a file beside a spec, such as that of a plan or of a space; raises SpecError where it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return Source(path, whole(path, file.read(MAX_BYTES + 1)))
    except (OSError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        reason = getattr(error, "strerror", None) or "not a path"
        raise SpecError(f"{path[:200]}: {reason[0].lower()}{reason[1:]}") from None
