"""The Python files of the package, without those of the packages that the page is built with."""

from __future__ import annotations

from pathlib import Path

import archcalc

PACKAGE = Path(archcalc.__file__).parent
# npm puts what it installs beside the sources of the page, some of it in Python.
SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if "node_modules" not in path.parts)
