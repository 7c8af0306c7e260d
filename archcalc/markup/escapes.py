"""How text that comes from elsewhere is made harmless in each format."""

from __future__ import annotations

import re
import unicodedata
from html import escape

_GREEK = {
    chr(0x3B1 + i): name
    for i, name in enumerate(
        [
            "alpha",
            "beta",
            "gamma",
            "delta",
            "varepsilon",
            "zeta",
            "eta",
            "theta",
            "iota",
            "kappa",
            "lambda",
            "mu",
            "nu",
            "xi",
            "omicron",
            "pi",
            "rho",
            "varsigma",
            "sigma",
            "tau",
            "upsilon",
            "varphi",
            "chi",
            "psi",
            "omega",
        ]
    )
    if name != "omicron"
} | {"Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega"}
_SIGNS = {
    "×": "times",
    "→": "to",
    "·": "cdot",
    "≥": "geq",
    "≤": "leq",
    "≈": "approx",
    "∞": "infty",
    "±": "pm",
    "⌊": "lfloor",
    "⌋": "rfloor",
    "⌈": "lceil",
    "⌉": "rceil",
    "≠": "neq",
    "∏": "prod",
    "√": "surd",
    "∑": "sum",
}
_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ˣ", "0123456789-x", strict=True))
_TEX = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "'": r"\textquotesingle{}",
    "−": r"\(-\)",
    "…": r"\dots{}",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "‘": r"\textquoteleft{}",
    "’": r"\textquoteright{}",
    "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
    **{character: rf"\(\{name}\)" for character, name in (_GREEK | _SIGNS).items()},
    **{character: rf"\textsuperscript{{{digit}}}" for character, digit in _SUPERSCRIPTS.items()},
}


def escape_html(text: str) -> str:
    """Text for HTML, in elements and in attributes.

    >>> escape_html('<a href="x">')
    '&lt;a href=&quot;x&quot;&gt;'
    """
    return escape("".join(filter(_shows, text)))


def escape_markdown(text: str) -> str:
    r"""Text for markdown: no character of it starts a link, emphasis, a cell, a heading, a formula or HTML.

    >>> escape_markdown("a|b <script> *x*")
    'a\\|b &lt;script&gt; \\*x\\*'
    """
    plain = escape(" ".join("".join(filter(_shows, text)).split()), quote=False)
    marks = r"[\\`*\[\]|~$]|(?<!\w)_|_(?!\w)|^[#+-](?=\s)|(?<=^\d)[.)](?=\s)"
    return re.sub(marks, lambda found: f"\\{found[0]}", plain)


def escape_tex(text: str) -> str:
    r"""Text for LaTeX; a character that its fonts do not have is named by its number.

    >>> escape_tex("conv_1 & 64×64"), escape_tex("\N{CJK UNIFIED IDEOGRAPH-5C42}")
    ('conv\\_1 \\& 64\\(\\times\\)64', '\\texttt{U+5C42}')
    """
    plain = unicodedata.normalize("NFC", " ".join(text.split()))
    # After the end of a row either would be taken for an argument of it.
    guard = "{}" if plain.startswith(("[", "*")) else ""
    # Two hyphens in a row would become a dash.
    return guard + "".join(map(_tex, plain)).replace("--", "-{}-").replace("-{}--", "-{}-{}-")


def _tex(character: str) -> str:
    if character in _TEX:
        return _TEX[character]
    # The letters of Latin-1 and Latin Extended-A are in the fonts that the T1 encoding names.
    if character.isascii() or (character.isalpha() and ord(character) < 0x180):
        return character if character.isprintable() else ""
    return rf"\texttt{{U+{ord(character):04X}}}"


def _shows(character: str) -> bool:
    """Whether a character may stand in a text: not one that controls a terminal, or turns the direction of what follows."""
    return character in "\t\n" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
