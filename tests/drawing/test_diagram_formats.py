"""Mermaid, Graphviz, SVG and TikZ are what their readers take, and no name in a spec can do harm."""

from __future__ import annotations

import re
import subprocess
from xml.etree import ElementTree as ET

import pytest

import archcalc
from archcalc.document.paper import WIDTHS
from archcalc.drawing.diagrams import draw
from archcalc.drawing.diagrams.layout import layout
from archcalc.drawing.diagrams.mermaid import to_mermaid
from archcalc.drawing.diagrams.outline import outline
from archcalc.drawing.diagrams.svg import to_svg
from archcalc.drawing.diagrams.tikz import to_tikz
from archcalc.drawing.diagrams.volumes import Volumes, volumes
from archcalc.errors import SpecError
from tests.drawing.drawn import EVIL, profiled
from tests.programs import program
from tests.zoo import SOME

MERMAID = re.compile(
    r"%%\{init: \{'flowchart': \{'wrappingWidth': 400\}\}\}%%|flowchart TD|  class(Def)? [\w,]+ .*| *end| *subgraph g\d+\[\"[^\"\[\]{}<>|`]*\"\]"
    r"|\s+n\d+\(?\[\"(<b>[^\"\[\]{}<>|`]*</b>|<br/>|[^\"\[\]{}<>|`])*\"\]\)?"
    r"|  n\d+ -->\|\"[^\"\[\]{}<>|`]*\"\| n\d+"
)


def read(svg: str) -> ET.Element:
    """The tree of an SVG."""
    return ET.fromstring(svg)  # noqa: S314 - of our own making


def clean(text: str) -> str:
    """Text without what cannot be seen."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())


def typeset(text: str, folder) -> bytes:
    """The PDF of a document."""
    (folder / "a.tex").write_text(text, encoding="utf-8")
    # Objects are not compressed, so that what they say of pages can be read.
    plain = r"\pdfcompresslevel=0 \pdfobjcompresslevel=0 \input{a.tex}"
    command = [
        program("pdflatex"),
        "-no-shell-escape",
        "-interaction=nonstopmode",
        "-halt-on-error",
        "-jobname=a",
        plain,
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "Overfull" not in done.stdout
    return (folder / "a.pdf").read_bytes()


@pytest.mark.parametrize("name", [*SOME, "evil"])
def test_mermaid_has_only_lines_of_its_own(name):
    """Every label is within quotes, and nothing in it ends them."""
    for line in to_mermaid(outline(profiled(name))).splitlines():
        assert MERMAID.fullmatch(line), line


def test_graphviz_draws_every_network():
    """It reads the nodes and arrows that the outlines have, and no others."""
    outlines = [outline(profile) for profile in [*map(profiled, SOME), EVIL]]
    drawn = "".join(draw(profile, "dot") for profile in [*map(profiled, SOME), EVIL])
    # Placing hundreds of nodes takes Graphviz long; reading them does not.
    canon = subprocess.run([program("dot"), "-Tcanon"], input=drawn, capture_output=True, text=True, check=True).stdout

    found = re.findall(r"^\s*(n\d+)\s+\[", canon, re.MULTILINE)

    assert sorted(found) == sorted(node.id for one in outlines for node in one.nodes)
    assert canon.count(" -> ") == sum(len(one.edges) for one in outlines)


@pytest.mark.parametrize("profile", [profiled("googlenet"), profiled("unet"), EVIL], ids=lambda p: p.graph.name)
def test_graphviz_makes_an_svg_with_every_node(profile):
    """Each of them is there, and what a spec says is text."""
    svg = subprocess.run(
        [program("dot"), "-Tsvg"], input=draw(profile, "dot"), capture_output=True, text=True, check=True
    ).stdout

    assert len(re.findall(r'<g id="node\d+" class="node">', svg)) == len(outline(profile).nodes)
    assert "<script" not in svg
    assert "<a " not in svg


@pytest.mark.parametrize("name", [*SOME, "evil"])
def test_svg_is_xml_with_only_elements_of_its_own(name):
    """A picture stands alone: no script, no link, nothing from elsewhere; and it names all rows."""
    profile = profiled(name)
    text = to_svg(outline(profile))
    root = read(text)
    rows = [row for element in root.iter() for row in element.get("data-rows", "").split()]

    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        *["svg", "title", "desc", "style", "g", "rect", "path", "text"]
    }
    assert not re.search(r"href|url\(|@import|\son\w+=", re.sub(r">[^<]*<|\"[^\"]*\"", "", text))
    assert len(rows) == len(profile.rows)
    assert root.get("role") == "img"
    assert root[0].text == " ".join((profile.graph.title or profile.graph.name).split())


def test_svg_nodes_are_links_where_an_address_is_given():
    """Every node then goes to the place that its address says."""
    drawn = outline(EVIL)
    root = read(to_svg(drawn, link=lambda node: f'#{node.rows[0]}"><script>'))
    links = [element for element in root.iter() if element.tag.endswith("}a")]

    assert [link.get("href") for link in links] == [f'#{clean(node.rows[0])}"><script>' for node in drawn.nodes]


def test_a_hostile_name_is_readable_in_an_svg():
    """It is text, with every character that it has in the spec."""
    texts = [element.text for element in read(to_svg(outline(EVIL))).iter() if element.tag.endswith("}text")]

    assert '</svg><script>alert(2)</script><a href="javascript:x">' in texts
    assert "#quot;&lt;&#60; `**bold**` $$x$$ <br> 🦊 ḫ 中" in texts


def test_the_volumes_of_every_network_can_be_set_within_a_document(tmp_path):
    """One after the other on the pages of a document that has TikZ."""
    drawn = {name: profiled(name) for name in SOME if name != "stable_diffusion_unet"}
    with pytest.raises(SpecError, match="nothing wider than 16,383 pt"):
        to_tikz(outline(profiled("stable_diffusion_unet")))
    for name, profile in drawn.items():
        (tmp_path / f"{name}.tex").write_text(to_tikz(outline(profile)))
    pictures = "\n".join(rf"\setbox0=\hbox{{\input{{{name}.tex}}}}\copy0\newpage" for name in ["vgg16"]) + "\n".join(
        rf"\setbox0=\hbox{{\input{{{name}.tex}}}}" for name in drawn
    )
    pdf = typeset(
        rf"\documentclass{{article}}\usepackage{{tikz}}\hfuzz=\maxdimen\begin{{document}}{pictures}\end{{document}}",
        tmp_path,
    )

    assert pdf.startswith(b"%PDF")


@pytest.mark.parametrize("profile", [profiled("squeezenet1_0"), profiled("resnet18")], ids=lambda p: p.graph.name)
def test_volumes_are_a_document_of_one_page_of_their_size(profile, tmp_path):
    """The page is as large as the layout of a network with branches, and 4 points around it."""
    drawn = to_tikz(outline(profile))
    boxes = re.findall(rb"/MediaBox \[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", typeset(drawn, tmp_path))
    solid = volumes(outline(profile))
    sheet = layout(solid, Volumes(solid))
    # A point of TeX is a 72.27th of an inch, one of PDF a 72nd; what is laid out downwards is drawn to the right.
    [(width, height)] = [[float(n) * 72.27 / 72 - 8 for n in box] for box in boxes]

    assert width == pytest.approx(sheet.height, abs=8)
    assert height == pytest.approx(sheet.right - sheet.left, abs=8)


def test_learned_values_that_join_are_no_slabs():
    """ViT-B/16 in a column is its input, patches, their row of 196 with a class token, 12 encoders, the token, and the head."""
    text = draw(profiled("vit_b_16"), "tikz", width=WIDTHS["column"])
    families = re.findall(r"\\volume(?:\{[\d.-]+\}){5}\{(\w+)\}", text)

    assert families == ["other", "conv", "merge", *["linear"] * 12, "other", "linear"]
    assert {"{197}", "{768}", "{encoder}"} <= set(re.findall(r"\{[^{}]*\}", text))


def test_a_hostile_name_is_set_as_text(tmp_path):
    """A name that looks like a command of LaTeX is none."""
    drawn = to_tikz(outline(EVIL))

    assert r"\write18{x}" not in drawn
    assert r"\input{/etc" not in drawn
    assert typeset(drawn, tmp_path)


def test_volumes_of_letters_are_set(tmp_path):
    """Roundings and powers among them."""
    vgg = archcalc.profile(archcalc.load("vgg16-fcn", input_shape=(3, archcalc.symbol("H"), archcalc.symbol("W"))))

    assert typeset(to_tikz(outline(vgg)), tmp_path)
