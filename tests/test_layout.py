"""The structure of the package: who imports whom, what loads when, how long a file may be."""

from __future__ import annotations

import ast
import fnmatch
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "archcalc"
FILES = sorted(PACKAGE.rglob("*.py"))

# Each room and the rooms it may import from. A line here is a decision: add one only with a reason.
MAY_IMPORT = {
    # Below all that prints or writes: what of a text gets out.
    "characters": set(),
    "errors": {"characters"},
    "files": {"errors"},
    # What formulas are made with and written with; dims hands them whole numbers no more than letters.
    "algebra": set(),
    "relations": {"algebra"},
    "notation": set(),
    "dims": {"algebra", "notation", "relations"},
    "counting": {"dims", "errors"},
    # Ends of windows, which are numbers or have letters.
    "intervals": {"dims"},
    "window": {"dims", "intervals"},
    "layers": {"counting", "dims", "intervals", "window"},
    # What a figure is and what a verdict on it is, in between that a spec can hold the one and a profile the other.
    # How people write numbers is one thing, whoever reads them.
    "units": {"errors"},
    "printed": {"dims", "errors", "units"},
    "published": {"dims", "errors", "printed", "units"},
    # The methods that a notebook calls, which data has, though what they give is a matter of formats, loaded when called.
    "shown": {"errors"},
    # Which of any nodes put out token numbers, so that a graph can refuse to compute with them.
    "tokens": {"errors"},
    # Patterns of names, by which specs say how files and frameworks call layers.
    "wildcards": set(),
    "graph": {"dims", "errors", "layers", "published", "relations", "shown", "tokens", "wildcards"},
    "storage": {"dims", "graph", "layers"},
    # How receptive fields are found: where places lie, what they see, how much that is, and so layer by layer.
    "digits": {"dims", "intervals"},
    "edges": {"intervals", "window"},
    "strand": {"digits", "dims", "edges", "intervals", "window"},
    "spans": {"dims", "intervals", "strand", "window"},
    "reach": {"digits", "dims", "intervals", "layers", "spans", "strand", "window"},
    "field": {"dims", "intervals", "reach", "spans"},
    "step": {"dims", "field", "graph", "intervals", "layers", "reach", "window"},
    "receptive": {"field", "graph", "layers", "reach", "spans", "step"},
    "influence": {"dims", "graph", "layers", "window"},
    "boxes": {"dims", "errors", "field", "graph", "influence", "receptive"},
    "rows": {"counting", "dims", "errors", "field", "graph", "layers", "published", "receptive", "shown", "symbolic"},
    "folding": {"rows"},
    "engine": {"counting", "dims", "errors", "graph", "layers", "rows", "storage", "symbolic"},
    # The conventions by name, since a figure can be of one.
    "spec": {
        "characters",
        "counting",
        "dims",
        "errors",
        "files",
        "graph",
        "layers",
        "notation",
        "published",
        "wildcards",
    },
    # The search loads siblings by name, builds variants of graphs, and profiles all of them.
    "diagnosis": {
        "counting",
        "dims",
        "engine",
        "errors",
        "files",
        "graph",
        "layers",
        "printed",
        "published",
        "rows",
        "spec",
        "symbolic",
    },
    "accounts": {"counting", "dims", "rows"},
    "trace": {"dims"},
    "working": {"counting", "dims", "engine", "errors", "graph", "layers", "rows", "shown", "trace"},
    # What a page says, and how it is written: text escaped, numbers and formulas spelled, templates filled in.
    "document": set(),
    "markup": {"dims", "document", "notation"},
    # A page has charts and diagrams, and a layer one colour in both.
    "colours": set(),
    "families": {"layers"},
    "charts": {"boxes", "colours", "errors", "families", "files", "graph", "memory", "rows"},
    # A worksheet's cells are read as printed figures are, its lines redone by the engine with a slip in them, and those that
    # stand for several layers held against what a folded table has.
    "grading": {"counting", "dims", "engine", "errors", "files", "folding", "graph", "layers", "printed", "rows"},
    "formats": {
        *("accounts", "boxes", "changes", "characters", "comparison", "counting", "dims", "document", "errors"),
        *("field", "folding", "goal", "grading", "graph", "intervals", "markup", "measures", "memory", "notation"),
        *("periodic", "printed", "published", "receptive", "rows"),
        *("signs", "solve", "stacks", "symbolic", "window", "working"),
    },
    # A picture is drawn from rows as a table is, with what repeats folded likewise; LaTeX is escaped as in tables.
    "diagrams": {"characters", "colours", "dims", "families", "folding", "markup", "notation", "rows"},
    "memory": {"dims", "errors", "graph", "layers", "rows", "storage", "units"},
    # A page brings together all there is to say of a network, or of a kind of layer.
    "report": {
        *("accounts", "characters", "charts", "diagrams", "dims", "document", "engine", "errors", "files", "folding"),
        *("formats", "graph", "layers", "markup", "memory", "rows", "spec", "working"),
    },
    "symbolic": {"algebra", "dims"},
    "signs": {"algebra", "dims", "relations", "symbolic"},
    "periodic": set(),
    "holding": {"algebra", "periodic", "signs"},
    "measures": {"errors", "field", "layers", "rows"},
    "goal": {"dims", "errors", "measures", "rows", "spec", "units"},
    "solve": {"dims", "errors", "goal", "holding", "measures", "periodic", "rows", "symbolic"},
    "comparison": {"dims", "errors", "graph", "measures", "rows", "shown", "signs", "symbolic"},
    # Networks by their names, as on the command line, for whoever works in Python.
    "interactive": {"comparison", "dims", "engine", "errors", "graph", "measures", "rows", "spec", "working"},
    "matching": {"rows"},
    "changes": {"dims", "graph", "layers", "matching", "rows"},
    "reference": {"counting", "dims", "errors", "graph", "layers", "memory", "storage", "wildcards"},
    # What overwrites its input is chosen where memory is asked for, and a run is told it as the plan is.
    "verify": {
        *("dims", "engine", "errors", "field", "graph", "influence", "memory", "reach", "receptive", "reference"),
        *("rows", "spans", "spec", "storage"),
    },
    "stacks": {"dims", "errors", "intervals", "window"},
    "cli": {
        *("accounts", "boxes", "changes", "characters", "charts", "comparison", "counting", "diagnosis"),
        *("diagrams", "dims", "engine", "errors", "field", "files", "formats", "goal", "grading", "graph"),
        "measures",
        *("memory", "published", "receptive", "reference", "report", "rows", "solve", "spec", "stacks", "storage"),
        *("symbolic", "verify", "working"),
    },
    "__main__": {"cli"},
    "__init__": {"counting", "dims", "engine", "errors", "formats", "graph", "interactive", "rows", "spec"},
}

# What is loaded by its name when it is called for, against the table or in a circle, and why.
BY_NAME = {
    ("archcalc.shown", "archcalc.formats.notebook"): "data shows itself by a method, and formats are made from data",
    ("archcalc.rows", "archcalc.formats.frames"): "to_pandas is a method, and the frame is made from rows",
    ("archcalc.comparison", "archcalc.formats.frames"): "to_pandas is a method, and the frame is made from comparisons",
    ("archcalc.formats", "archcalc.formats.*"): "one format is loaded of many, and some are made with others",
}

# What may be imported inside a function: slow and not needed by every command, or an extra.
LAZY = {"sympy", "numpy", "matplotlib", "difflib", "safetensors", "PIL", "jinja2", "tabulate", "pandas"}


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imports(node: ast.AST) -> list[str]:
    """The full names of the modules that an import statement loads."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return []


def project_imports(path: Path) -> set[str]:
    found = {name for node in ast.walk(ast.parse(path.read_text())) for name in imports(node)}
    return {name for name in found if name.split(".")[0] == "archcalc"}


def loads_by_name(path: Path) -> set[str]:
    """What a file gives to import_module: a name, or the constant head of one with a star after it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {"import_module", "__import__"}:
            match node.args[0]:
                case ast.Constant(value=str(name)):
                    found.add(name)
                case ast.JoinedStr(values=[ast.Constant(value=str(head)), *_]):
                    found.add(f"{head}*")
                case _:
                    pytest.fail(f"{path}:{node.lineno} loads a module that nobody can tell from the text")
    return found


MODULES = {module_of(path) for path in FILES}
LOADED = {(module_of(path), name) for path in FILES for name in loads_by_name(path)}


def without_circle(edges: set[tuple[str, str]]) -> bool:
    """Whether there is an order in which every module comes after those that it loads."""
    graph: dict[str, set[str]] = {module: set() for module in MODULES}
    for module, name in edges:
        graph[module] |= set(fnmatch.filter(MODULES, name)) - {module}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError:
        return False
    return True


def from_below(edges: set[tuple[str, str]]) -> bool:
    """Whether the table allows every module what it loads."""
    return all(room_of(name) in MAY_IMPORT[room_of(module)] | {room_of(module)} for module, name in edges)


IMPORTED = {(module_of(path), name) for path in FILES for name in project_imports(path)}


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_file_imports_only_from_rooms_below_it(path):
    """Every import of the project's own modules is one that the table allows, or is loaded by name for a reason."""
    module = module_of(path)

    assert {e for e in IMPORTED | (LOADED - BY_NAME.keys()) if e[0] == module and not from_below({e})} == set()


def test_modules_import_each_other_without_cycles():
    """There is an order in which every module comes after those it imports."""
    assert without_circle(IMPORTED | (LOADED - BY_NAME.keys()))


@pytest.mark.parametrize("edge", BY_NAME, ids=" ".join)
def test_a_module_that_is_loaded_by_name_could_not_be_imported(edge):
    """Each exception is made use of, and is one."""
    assert edge in LOADED
    assert not (from_below({edge}) and without_circle(IMPORTED | {edge}))


def test_what_is_loaded_by_name_is_seen():
    """A name, the head of one, and both of the ways to call the function."""
    assert {("archcalc.shown", "archcalc.formats.notebook"), ("archcalc.cli", "archcalc.cli.*")} <= LOADED
    assert not without_circle(
        {("archcalc.shown", "archcalc.formats.notebook"), ("archcalc.formats.notebook", "archcalc.shown")}
    )
    assert not from_below({("archcalc.dims", "archcalc.formats.notebook")})


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_only_slow_libraries_are_imported_inside_functions(path):
    """An import below the top of a file is of a library that most commands never need."""
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    inside = {name for function in functions for node in ast.walk(function) for name in imports(node)}

    assert inside <= LAZY


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_file_is_at_most_300_lines(path):
    """A longer file is asking to be split by idea."""
    assert len(path.read_text().splitlines()) <= 300


def test_no_file_is_named_for_leftovers():
    """A name such as utils says nothing of what belongs there."""
    assert not {path.stem for path in FILES} & {"utils", "helpers", "common", "core", "misc"}


def test_only_the_standard_library_and_the_declared_dependencies_are_imported():
    """What is imported is what pyproject.toml declares."""
    extras = {"matplotlib", "pandas", "PIL", "safetensors"}
    declared = extras | {
        "click",
        "tabulate",
        "yaml",
        "msgspec",
        "numpy",
        "sympy",
        "threadpoolctl",
        "jinja2",
        "markupsafe",
        "archcalc",
    }
    found = {
        name.split(".")[0] for path in FILES for node in ast.walk(ast.parse(path.read_text())) for name in imports(node)
    }

    assert found - set(sys.stdlib_module_names) <= declared
