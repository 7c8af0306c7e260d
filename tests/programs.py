"""Programs that tests hold our output against, where they are installed."""

from __future__ import annotations

import os
import shutil

import pytest


def program(*names: str) -> str:
    """The path of the first of these programs; without any the test is skipped, or fails where CI has to have it."""
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        reason = f"needs {names[0]}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return path
