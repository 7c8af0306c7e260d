"""LaTeX as it is compiled once, and what must not be in its log."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.programs import program

# Points by which a line may stick out before anyone sees it.
SLIGHT = 1.0


def compiled(text: str, folder: Path) -> str:
    """What LaTeX says of a document; the test fails where it does not compile or a line sticks out of the page."""
    (folder / "page.tex").write_text(text)
    latex = [program("pdflatex"), "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "page.tex"]
    done = subprocess.run(latex, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
    out = done.stdout.replace("\n", "")

    assert done.returncode == 0, "\n".join(line for line in done.stdout.splitlines() if line.startswith(("!", "l.")))
    assert [line for line in re.findall(r"Overfull \\hbox \(([\d.]+)pt", out) if float(line) > SLIGHT] == []
    assert "Missing character" not in out
    return out
