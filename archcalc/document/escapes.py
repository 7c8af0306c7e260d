"""Escapes that make text from elsewhere harmless in each format."""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby

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
SIGNS = {
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
    # A path may break after each of its parts, but rather breaks between two.
    "/": r"/\penalty50{}",
    ">": r"\textgreater{}\allowbreak{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "'": r"\textquotesingle{}",
    "−": r"\(-\)",
    "…": r"\dots{}",
    "█": r"\rule{0.5em}{1.2ex}",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "‘": r"\textquoteleft{}",
    "’": r"\textquoteright{}",
    "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
    **{character: rf"\(\{name}\)" for character, name in (_GREEK | SIGNS).items()},
    # A shape may break between its sizes, where nothing else does.
    "×": r"\(\times\)\penalty500{}",
    **{character: rf"\textsuperscript{{{digit}}}" for character, digit in _SUPERSCRIPTS.items()},
}
_SIGNS_ALONE = {
    "\\": r"\backslash{}",
    "^": r"{\wedge}",
    "~": r"{\sim}",
    "<": "{<}",
    ">": "{>}",
    "|": "{|}",
    "−": "{-}",
    "…": r"{\dots}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
    **{character: rf"{{\{name}}}" for character, name in (_GREEK | SIGNS).items()},
    **{character: rf"{{}}^{{{digit}}}" for character, digit in _SUPERSCRIPTS.items()},
}


_MARKS = re.compile(
    r"[\\`*\[\]|~$]"
    # An underscore inside a word means nothing; beside a space or another underscore it may.
    r"|(?<![^\W_])_|_(?![^\W_])"
    # Marks at the beginning of a line, and at the end of a heading.
    r"|^[#+=-](?=[\s#+=-]|$)|(?<=^\d)[.)](?=\s|$)|(?<=^\d\d)[.)](?=\s|$)|(?<=^\d\d\d)[.)](?=\s|$)|(?<=\s)#+$"
    r"|:(?=//)|(?<=www)\.",
    re.IGNORECASE,
)
_MENTIONS = r"(?<=@)(?=\w)|(?<![\w&])(?<=#)(?=\d)|(?<=[\s(]#)(?=\d)"


def _entities(text: str, *, quote: bool = True) -> str:
    # A terminal needs no table of entities, which is long.
    from html import escape  # noqa: PLC0415

    return escape(text, quote=quote)


def escape_html(text: str) -> str:
    """Text escaped for HTML, in elements and in attributes.

    >>> escape_html('<a href="x">')
    '&lt;a href=&quot;x&quot;&gt;'
    """
    return _entities("".join(filter(_shows, text)))


def escape_markdown(text: str) -> str:
    r"""Text escaped for markdown: it starts no link, emphasis, cell, heading, list, rule, formula or HTML.

    GitHub also links addresses, whose colons and dots are escaped, and names after @ and numbers after #, which are
    separated by a word joiner, a character without width.

    >>> escape_markdown("a|b <script> *x*"), escape_markdown("1. __init__ www.x.y #")
    ('a\\|b &lt;script&gt; \\*x\\*', '1\\. \\_\\_init\\_\\_ www\\.x.y \\#')
    """
    plain = _entities(" ".join("".join(filter(_shows, text)).split()), quote=False)
    escaped = _MARKS.sub(lambda found: f"\\{found[0]}", plain)
    return re.sub(_MENTIONS, "\N{WORD JOINER}", escaped)


def escape_tex(text: str) -> str:
    r"""Text escaped for LaTeX; a character that its fonts lack becomes its code point.

    >>> escape_tex("conv_1 & 64×64"), escape_tex("\N{CJK UNIFIED IDEOGRAPH-5C42}")
    ('conv\\_1 \\& 64\\(\\times\\)\\penalty500{}64', '\\texttt{U+5C42}')
    """
    plain = unicodedata.normalize("NFC", " ".join(text.split()))
    # After the end of a row, LaTeX takes either for an argument of \\.
    guard = "{}" if plain.startswith(("[", "*")) else ""
    # Two hyphens in a row would become a dash, and two commas a quotation mark.
    return guard + re.sub(r"([-,])(?=\1)", r"\1{}", "".join(map(_tex, plain)))


def escape_mathematics(text: str) -> str:
    r"""Text escaped inside a formula, for LaTeX and for MathJax, which knows no escapes inside \text.

    >>> escape_mathematics("conv_1 & 64×64")
    '\\text{conv}\\_\\text{1 }\\&\\text{ 64}{\\times}\\text{64}'
    """
    plain = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(
        # Two hyphens in a row would become a dash.
        re.sub(r"-(?=-)", r"-}\\text{", "".join(run)).join((r"\text{", "}")) if worded else "".join(map(_sign, run))
        for worded, run in groupby(plain, _worded)
    )


def _worded(character: str) -> bool:
    r"""True if a character means itself inside \text, beside others."""
    return _lettered(character) or character in " 0123456789!()*+,./:;=?@[]-"


def _lettered(character: str) -> bool:
    """True if a character is a letter of Latin-1 or Latin Extended-A that fonts with the T1 encoding have."""
    return character.isalpha() and ord(character) < 0x180 and character not in "ĦħĸĿŀŉŦŧſ"


def _sign(character: str) -> str:
    if character in _SIGNS_ALONE:
        return _SIGNS_ALONE[character]
    if character.isascii():
        return rf"\text{{{character}}}" if character.isprintable() else ""
    return rf"\text{{U+{ord(character):04X}}}"


def _tex(character: str) -> str:
    if character in _TEX:
        return _TEX[character]
    if character.isascii() or _lettered(character):
        return character if character.isprintable() else ""
    return rf"\texttt{{U+{ord(character):04X}}}"


def _shows(character: str) -> bool:
    """True if a character may be in a text, unlike one that controls a terminal or the direction of text."""
    return character in "\t\n" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
