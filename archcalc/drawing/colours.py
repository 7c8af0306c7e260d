"""The colours of text and lines in pictures on a light ground."""

from __future__ import annotations

INK = "#1b1f24"
# Of what is said beside the rest: arrows and the shapes that go along them.
SOFT = "#57606a"
# Of boxes around others.
FRAME = "#8891a0"
