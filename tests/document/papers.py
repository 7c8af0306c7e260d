"""Documents of the classes that papers, theses and slides have, which read in what is printed."""

from __future__ import annotations

import re

from click.testing import CliRunner

from archcalc.cli import main

# IEEE's columns are of 252 points; the class article makes narrower ones.
COLUMNS = r"\documentclass[twocolumn]{article}\setlength{\textwidth}{516pt}\setlength{\columnsep}{12pt}"
CLASSES = {
    "page": r"\documentclass{article}",
    "200pt": r"\documentclass[twocolumn]{article}",
    "column": COLUMNS,
    "both": COLUMNS,
    "slide": r"\documentclass{beamer}",
}


def printed(*arguments: str) -> str:
    done = CliRunner().invoke(main, [*arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def document(width: str, files: dict[str, str], around: str = "{}") -> str:
    """A document of the class that has a width, which reads the files in."""
    packages = sorted({name for text in files.values() for name in needed(text)})
    if width == "slide":
        around = rf"\begin{{{{frame}}}}[allowframebreaks]{{{{Costs}}}}{around}\end{{{{frame}}}}"
    inside = "\n\n".join(around.format(rf"\input{{{name}}}") for name in files)
    loaded = "".join(rf"\usepackage{{{name}}}" for name in ("lmodern", *packages))
    return rf"{CLASSES[width]}\usepackage[T1]{{fontenc}}{loaded}\setlength{{\parindent}}{{0pt}}\begin{{document}}{inside}\end{{document}}"


def needed(text: str) -> list[str]:
    """The packages that the comment on top of a file names."""
    found = re.search(r"^%.*\\usepackage\{([^}]*)\}", text, re.MULTILINE)
    return found[1].split(",") if found else []


def again(out: str) -> bool:
    """True if a log asks for another run, except for the outline of slides, for which beamer always does."""
    return bool(re.search(r"Rerun (?!to get outlines)|have changed", out))
