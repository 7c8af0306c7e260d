"""The networks that are drawn: the bundled ones of the tests, and one whose names mean harm."""

from __future__ import annotations

from functools import cache

from msgspec.structs import replace

import archcalc
from archcalc.errors import Source
from archcalc.language import parse

TITLE = '</svg><script>alert(1)</script> "]; click n1 "javascript:x" \\write18{x} %% x'
NAMES = (
    '"]; click n1 "javascript:alert(1)"',
    "%% x",
    "end",
    "\\write18{x}$&^_#~\\input{/etc/passwd}",
    '</svg><script>alert(2)</script><a href="javascript:x">',
    "#quot;&lt;&#60; `**bold**` $$x$$ <br> 🦊 ḫ 中",
    'style x:y#z; \\N \\" |a|b {c} [d] (e) --> n1 ]',
    "1. list",
    "two\nlines\x00 \x1b \u202e",
)


def hostile() -> archcalc.Profile:
    """A network whose names are what a format could take for its own; some of them no spec may have."""
    layers = "".join(f"  - conv2d: {{out: {n}, kernel: 1}}\n" for n in range(4, 4 + len(NAMES)))
    plain = parse(Source("s.yaml", f"name: s\ninput: {{channels: 3, height: 8, width: 8}}\nlayers:\n{layers}"))
    nodes = [plain.nodes[0], *(replace(n, name=name) for n, name in zip(plain.nodes[1:], NAMES, strict=True))]
    return archcalc.profile(replace(plain, name="evil", title=TITLE, nodes=tuple(nodes)))


EVIL = hostile()


@cache
def profiled(name: str) -> archcalc.Profile:
    """The profile of a bundled network, or of the hostile one."""
    return EVIL if name == EVIL.graph.name else archcalc.profile(archcalc.load(name))
