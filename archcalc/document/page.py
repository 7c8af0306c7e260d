"""The parts of an HTML page: its style sheet, its script, and the policy that forbids it to load anything."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from markupsafe import Markup

_TEMPLATES = Path(__file__).parent / "templates"


def stylesheet() -> Markup:
    """The style sheet of a page."""
    return Markup((_TEMPLATES / "page.css").read_text("utf-8"))  # noqa: S704 - a file of ours


def script() -> Markup:
    """The script of a page: sorting, the working of a cell on hover, and rows linked to the diagram."""
    return Markup((_TEMPLATES / "page.js").read_text("utf-8"))  # noqa: S704 - a file of ours


def content_security_policy() -> Markup:
    """The content security policy of a page: its own style, the one script by its checksum, and no requests.

    >>> content_security_policy().split("; ")[0]
    Markup("default-src 'none'")
    """
    digest = base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()
    return Markup(  # noqa: S704 - made of nothing from elsewhere
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
