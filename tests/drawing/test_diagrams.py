"""Pictures of networks: all of a network is in them, nothing overlaps, and no name in a spec can do harm."""

from __future__ import annotations

import random
import re
import subprocess
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

import archcalc
from archcalc.cli import main
from archcalc.drawing.diagrams import DIAGRAMS, draw
from archcalc.drawing.diagrams.layout import layout
from archcalc.drawing.diagrams.mermaid import to_mermaid
from archcalc.drawing.diagrams.node_sizes import Boxes
from archcalc.drawing.diagrams.outline import Box, Edge, Frame, Outline, outline
from archcalc.drawing.diagrams.svg import to_svg
from archcalc.drawing.diagrams.tikz import to_tikz
from archcalc.drawing.diagrams.volumes import Volumes, volumes
from archcalc.errors import Source
from archcalc.language import bundled, parse
from archcalc.profiling.folding import folded, unfolded
from tests.programs import program

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


MERMAID = re.compile(
    r"%%\{init: \{'flowchart': \{'wrappingWidth': 400\}\}\}%%|flowchart TD|  class(Def)? [\w,]+ .*| *end| *subgraph g\d+\[\"[^\"\[\]{}<>|`]*\"\]"
    r"|\s+n\d+\(?\[\"(<b>[^\"\[\]{}<>|`]*</b>|<br/>|[^\"\[\]{}<>|`])*\"\]\)?"
    r"|  n\d+ -->\|\"[^\"\[\]{}<>|`]*\"\| n\d+"
)
PROFILES = {name: archcalc.profile(archcalc.load(name)) for name in bundled()}
EVIL = hostile()


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


def crosses(rect, start, end) -> bool:
    """Whether a level or upright line, or the box between two points, runs through the inside of a box."""
    (left, top, right, bottom), edge = rect, 0.4
    (x, far), (y, low) = (sorted(pair) for pair in zip(start, end, strict=True))
    return x < right - edge and far > left + edge and y < bottom - edge and low > top + edge


def check_layout(drawn, look):
    sheet = layout(drawn, look)
    assert set(sheet.nodes) == {node.id for node in drawn.nodes}
    boxes = [*sheet.nodes.items()]
    for place, (_, one) in enumerate(boxes):
        assert not any(crosses(one, other[:2], other[2:]) for _, other in boxes[place + 1 :])
    for wire in sheet.wires:
        for start, end in zip(wire.points, wire.points[1:], strict=False):
            assert min(abs(start[0] - end[0]), abs(start[1] - end[1])) < 0.02
            assert not any(crosses(box, start, end) for _, box in boxes)
    return sheet


def any_network(seed: int) -> Outline:
    """A network that no one would build, with boxes around some of its nodes."""
    chance = random.Random(seed)  # noqa: S311 - drawings, not secrets
    nodes = [
        Box(f"n{n}", "", ("x" * chance.randint(1, 30),) * chance.randint(1, 3), "conv", "conv2d", (), (3, 4, 4), 0,
             chance.random() < 0.2, (f"r{n}",))
        for n in range(chance.randint(2, 14))
    ]  # fmt: skip
    edges = [
        Edge(f"n{start}", f"n{end}", "3×4×4")
        for end in range(1, len(nodes))
        for start in sorted(
            {chance.randint(max(0, end - 4), end - 1) for _ in range(chance.choice([0, 1, 1, 1, 2, 3]))}
        )
    ]

    def boxed(items, depth):
        parts, start = [], 0
        while start < len(items):
            often = chance.randint(1, 4)
            inside = items[start : start + often]
            if chance.random() < 0.5 and 1 < len(inside) < len(items) and depth < 3:
                name = f"g{depth}_{inside[0].id}"
                parts.append(Frame(name, "block", "a … b", chance.choice([1, 7]), boxed(inside, depth + 1)))
            else:
                parts += inside
            start += often
        return tuple(parts)

    return Outline("title", "summary", boxed(nodes, 0), tuple(edges))


@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("name", bundled())
def test_every_row_is_in_exactly_one_node(name, fold):
    """The nodes' rows are those of the network, each once, and each node's last row gives what leaves it."""
    rows = {row.name: row for row in PROFILES[name].rows}
    nodes = outline(PROFILES[name], fold=fold).nodes
    found = [row for node in nodes for row in node.rows]

    assert sorted(found) == sorted(rows)
    assert all(rows[node.rows[-1]].output == node.output for node in nodes)
    assert all(node.params <= sum(rows[row].params for row in node.rows) for node in nodes)


@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("name", bundled())
def test_every_input_of_a_layer_is_an_arrow_or_inside_a_node(name, fold):
    """Of a line that joined the one before it the only input is inside the node."""
    lines = (folded if fold else unfolded)(PROFILES[name].rows)
    drawn = outline(PROFILES[name], fold=fold)
    joined = len(lines) - len(drawn.nodes)

    assert len(drawn.edges) == sum(len(line.row.sources) for line in lines) - joined


@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("name", bundled())
def test_boxes_do_not_overlap_and_lines_go_around_them(name, fold):
    """In the flow chart and in the picture of volumes alike."""
    drawn = outline(PROFILES[name], fold=fold)
    solid = volumes(drawn)

    check_layout(drawn, Boxes())
    check_layout(solid, Volumes(solid))


@pytest.mark.parametrize("seeds", [range(start, start + 100) for start in range(0, 400, 100)], ids=str)
def test_any_network_is_laid_out_with_nothing_in_the_way(seeds):
    """Also one that is no nest of series and branches, with boxes that lines enter and leave anywhere."""
    for seed in seeds:
        check_layout(any_network(seed), Boxes())


def flat(size: int, arrows: list[tuple[int, int]]) -> Outline:
    """A network of nodes without boxes."""
    nodes = [
        Box(f"n{n}", "", ("x",), "conv", "conv2d", (), (3,), 0, auxiliary=False, rows=(f"r{n}",)) for n in range(size)
    ]
    return Outline("", "", tuple(nodes), tuple(Edge(f"n{a}", f"n{b}", "3") for a, b in arrows))


def test_a_network_that_is_no_nest_of_branches_is_laid_out_in_layers():
    """Two nodes that both take from both of two others stand below them."""
    drawn = flat(6, [(0, 1), (0, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 5), (4, 5)])
    tops = [check_layout(drawn, Boxes()).nodes[f"n{n}"][1] for n in range(6)]

    assert tops[0] < tops[1] == tops[2] < tops[3] == tops[4] < tops[5]


@pytest.mark.parametrize(
    "arrows",
    [
        [*((n, n + 1) for n in range(121)), *((n, 121 - n) for n in range(59))],
        [(start, end) for end in range(30) for start in range(end)],
        [*((0, n) for n in range(1, 121)), *((n, 121) for n in range(1, 121))],
    ],
    ids=["nested", "dense", "wide"],
)
def test_extreme_networks_are_laid_out_too(arrows):
    """Sixty skips within each other, thirty layers that take from all before them, a hundred and twenty branches."""
    drawn = flat(1 + max(end for _, end in arrows), arrows)
    sheet = check_layout(drawn, Boxes())

    assert all(sheet.nodes[edge.start][3] < sheet.nodes[edge.end][1] for edge in drawn.edges)


def test_a_drawing_of_vgg16_fills_a_page():
    """Its proportions are about those of paper, whatever the network's length."""
    sheet = layout(outline(PROFILES["vgg16"]), Boxes())

    assert 1 < sheet.height / (sheet.right - sheet.left) < 2.2


def test_a_long_network_is_drawn_whole():
    """Not folded, every node of ResNet-152's 517 layers is in its picture."""
    drawn = outline(PROFILES["resnet152"], fold=False)

    assert sum(len(node.rows) for node in drawn.nodes) == 517
    assert to_svg(drawn).count("data-rows") == len(drawn.nodes)


def test_skips_within_each_other_make_a_u():
    """U-Net goes down on the left and up on the right, each skip running level to the box that takes it."""
    drawn = outline(PROFILES["unet"])
    sheet = check_layout(drawn, Boxes())
    places = {node.rows[0]: sheet.nodes[node.id] for node in drawn.nodes}
    down = [places[f"down{n}/conv2d"] for n in range(1, 6)]
    up = [places[f"up{n}/conv2d"] for n in range(1, 5)]

    assert sorted(box[1] for box in down) == [box[1] for box in down]
    assert sorted(box[1] for box in up) == [box[1] for box in up]
    assert max(box[2] for box in down) < min(box[0] for box in up)
    assert sheet.height / (sheet.right - sheet.left) < 3.2


def test_blocks_that_repeat_are_drawn_once_with_how_often():
    """ResNet-152's third stage is its first unit and 35 more."""
    drawn = outline(PROFILES["resnet152"])
    times = [part.times for stage in drawn.parts if isinstance(stage, Frame) for part in stage.parts]

    assert 35 in times
    assert len(drawn.nodes) == len(outline(PROFILES["resnet50"]).nodes)
    assert "bottleneck × 35" in to_mermaid(drawn)


def test_a_node_says_its_layer_as_people_write_it():
    """Kernel, channels and stride of the convolution, and what follows it in the same node."""
    nodes = {node.rows[0]: node for node in outline(PROFILES["resnet50"]).nodes}

    assert nodes["conv1/conv2d"].lines == ("conv2d 7×7, 64, stride 2", "batchnorm2d", "relu")
    assert nodes["conv1/conv2d"].shape == "64×112×112"


@pytest.mark.parametrize("form", DIAGRAMS)
@pytest.mark.parametrize("name", bundled())
def test_every_network_is_drawn_in_every_format(name, form):
    """What is drawn twice is the same to the byte."""
    drawn = draw(PROFILES[name], form)

    assert drawn == draw(PROFILES[name], form)
    assert drawn.endswith("\n")


@pytest.mark.parametrize("name", [*bundled(), "evil"])
def test_mermaid_has_only_lines_of_its_own(name):
    """Every label is within quotes, and nothing in it ends them."""
    for line in to_mermaid(outline(PROFILES.get(name, EVIL))).splitlines():
        assert MERMAID.fullmatch(line), line


def test_graphviz_draws_every_network():
    """It reads the nodes and arrows that the outlines have, and no others."""
    outlines = [outline(profile) for profile in [*PROFILES.values(), EVIL]]
    drawn = "".join(draw(profile, "dot") for profile in [*PROFILES.values(), EVIL])
    # Placing hundreds of nodes takes Graphviz long; reading them does not.
    canon = subprocess.run([program("dot"), "-Tcanon"], input=drawn, capture_output=True, text=True, check=True).stdout

    found = re.findall(r"^\s*(n\d+)\s+\[", canon, re.MULTILINE)

    assert sorted(found) == sorted(node.id for one in outlines for node in one.nodes)
    assert canon.count(" -> ") == sum(len(one.edges) for one in outlines)


@pytest.mark.parametrize("profile", [PROFILES["googlenet"], PROFILES["unet"], EVIL], ids=lambda p: p.graph.name)
def test_graphviz_makes_an_svg_with_every_node(profile):
    """Each of them is there, and what a spec says is text."""
    svg = subprocess.run(
        [program("dot"), "-Tsvg"], input=draw(profile, "dot"), capture_output=True, text=True, check=True
    ).stdout

    assert len(re.findall(r'<g id="node\d+" class="node">', svg)) == len(outline(profile).nodes)
    assert "<script" not in svg
    assert "<a " not in svg


@pytest.mark.parametrize("name", [*bundled(), "evil"])
def test_svg_is_xml_with_only_elements_of_its_own(name):
    """A picture stands alone: no script, no link, nothing from elsewhere; and it names all rows."""
    profile = PROFILES.get(name, EVIL)
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
    for name, profile in PROFILES.items():
        (tmp_path / f"{name}.tex").write_text(to_tikz(outline(profile)))
    pictures = "\n".join(rf"\setbox0=\hbox{{\input{{{name}.tex}}}}\copy0\newpage" for name in ["vgg16"]) + "\n".join(
        rf"\setbox0=\hbox{{\input{{{name}.tex}}}}" for name in PROFILES
    )
    pdf = typeset(
        rf"\documentclass{{article}}\usepackage{{tikz}}\hfuzz=\maxdimen\begin{{document}}{pictures}\end{{document}}",
        tmp_path,
    )

    assert pdf.startswith(b"%PDF")


@pytest.mark.parametrize("profile", [PROFILES["vgg16"], PROFILES["unet"], EVIL], ids=lambda p: p.graph.name)
def test_volumes_are_a_document_of_one_page_of_their_size(profile, tmp_path):
    """A name that looks like a command of LaTeX is set as text; the page is as large as the layout, and 4 points around it."""
    drawn = to_tikz(outline(profile))
    boxes = re.findall(rb"/MediaBox \[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", typeset(drawn, tmp_path))
    solid = volumes(outline(profile))
    sheet = layout(solid, Volumes(solid))
    # A point of TeX is a 72.27th of an inch, one of PDF a 72nd; what is laid out downwards is drawn to the right.
    [(width, height)] = [[float(n) * 72.27 / 72 - 8 for n in box] for box in boxes]

    assert width == pytest.approx(sheet.height, abs=8)
    assert height == pytest.approx(sheet.right - sheet.left, abs=8)
    assert r"\write18{x}" not in drawn
    assert r"\input{/etc" not in drawn


@pytest.mark.parametrize("form", DIAGRAMS)
def test_sizes_may_be_letters(form):
    """Shapes and settings are then formulas, also within a page's proportions."""
    spec = "name: s\ninput: {channels: C, height: H, width: W}\nlayers:\n  - conv2d: {out: 4*channels, kernel: 3, stride: 2}\n"
    drawn = draw(archcalc.profile(parse(Source("s.yaml", spec + "  - relu\n  - globalavgpool\n"))), form)

    assert "4C" in drawn


def test_volumes_of_letters_are_set(tmp_path):
    """Roundings and powers among them."""
    vgg = archcalc.profile(archcalc.load("vgg16-fcn", input_shape=(3, archcalc.symbol("H"), archcalc.symbol("W"))))

    assert typeset(to_tikz(outline(vgg)), tmp_path)


def test_the_file_name_chooses_the_format(tmp_path):
    """Unless --format says another; Mermaid goes to standard output."""
    run = CliRunner().invoke
    path = tmp_path / "a.svg"

    assert run(main, ["diagram", "lenet5"]).output == draw(PROFILES["lenet5"], "mermaid")
    assert run(main, ["diagram", "lenet5", "-o", str(path)]).exit_code == 0
    assert path.read_text() == draw(PROFILES["lenet5"], "svg")
    assert run(main, ["diagram", "lenet5", "--format", "dot", "-o", str(path)]).exit_code == 0
    assert path.read_text() == draw(PROFILES["lenet5"], "dot")
    assert run(main, ["diagram", "resnet18", "--no-fold"]).output == draw(PROFILES["resnet18"], "mermaid", fold=False)
    assert "ends in none of .mmd" in run(main, ["diagram", "lenet5", "-o", str(tmp_path / "a.png")]).output
    assert "cannot be written" in run(main, ["diagram", "lenet5", "-o", str(tmp_path / "no" / "a.svg")]).output
