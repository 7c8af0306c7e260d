"""A stranger's copy of the package, to which a test adds a file or a record, and command lines run with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import archcalc


def copied(folder: Path) -> Path:
    """A copy of the package in a folder."""
    ignored = shutil.ignore_patterns("__pycache__", "node_modules")
    return Path(shutil.copytree(Path(archcalc.__file__).parent, folder / "archcalc", ignore=ignored))


def printed(package: Path, folder: Path, *arguments: str, codes: tuple[int, ...] = (0, 1)) -> str:
    """What a command line of a copy prints on both streams, run in a folder, as it ends with one of some exit codes."""
    command = [sys.executable, "-m", "archcalc", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(package.parent)}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode in codes, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr
