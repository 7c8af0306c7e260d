"""The structure of the package and of its tests: who imports whom, what loads when, how long a file may be."""

from __future__ import annotations

import ast
import fnmatch
import re
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.sources import PACKAGE
from tests.sources import SOURCES as FILES

TESTS = Path(__file__).parent
TEST_FILES = sorted(TESTS.rglob("*.py"))

# What every room may import: the errors that users see, and numbers and letters.
EVERYWHERE = {"errors", "symbols"}
# Each room, lowest first, and the rooms it may import from beside those. A line here is a decision: add one only with a reason.
MAY_IMPORT: dict[str, set[str]] = {
    # Which characters of a text get out, whoever prints it.
    "characters": set(),
    "errors": {"characters"},
    # A number with its unit is read here, and what is none is refused.
    "symbols": {"errors"},
    "files": set(),
    # A kind of layer says all there is to say of it.
    "layers": set(),
    # A network as data, with the figures published of it.
    "network": {"layers"},
    # What an operation is worth, once a layer has said what it does.
    "conventions": {"layers"},
    # A spec may state a figure of a convention.
    "language": {"characters", "conventions", "files", "layers", "network"},
    # What reads files of any sort, the spec language among them, each in a file of its own.
    "importers": {"language", "layers", "network"},
    # What writes files for other programs; code has classes where a spec has blocks, and comments that are texts of a spec.
    "exporters": {"characters", "language", "layers", "network"},
    "receptive_field": {"layers", "network"},
    "profiling": {"conventions", "layers", "network", "receptive_field"},
    # A goal is an expression of the language.
    "comparison": {"language", "layers", "network", "profiling"},
    "memory_plan": {"layers", "network", "profiling"},
    # What a device is, read as a spec is, and the time that a network's work and bytes take there at least.
    "devices": {"language", "layers", "memory_plan", "network", "profiling"},
    # A network that writes token by token: the plan of memory has the bytes of its weights and of the outputs of a pass, a device the
    # time that these take at least.
    "serving": {"devices", "layers", "memory_plan", "network", "profiling"},
    # A step of training holds what its plan of memory keeps, by layer and by recipe.
    "training": {"layers", "memory_plan", "network", "profiling"},
    # Devices share a network by a plan, which is written as a spec is; what each holds follows from its own part.
    "parallel": {"language", "layers", "memory_plan", "network", "profiling", "training"},
    # A sweep is of whatever an importer reads; a run on numbers that stand for many answers for all of them.
    "sweeping": {
        *("comparison", "conventions", "devices", "files", "importers", "language", "layers", "memory_plan"),
        *("network", "profiling", "serving"),
    },
    # A worksheet's lines are profiled again with a slip in them.
    "grading": {"conventions", "files", "layers", "network", "profiling"},
    # The search loads siblings by name, builds variants of graphs, and profiles all of them.
    "diagnosis": {"conventions", "files", "importers", "language", "layers", "network", "profiling"},
    # A run keeps and drops arrays as the plan of memory says.
    "reference": {"layers", "memory_plan", "network"},
    "verification": {
        *("importers", "layers", "memory_plan", "network", "profiling", "receptive_field", "reference", "serving"),
    },
    # What a page says, and how it is written: text escaped, numbers and formulas spelled, templates filled in.
    "document": set(),
    # A diagram's text is escaped as a page's is.
    "drawing": {
        *("characters", "devices", "document", "files", "layers", "memory_plan", "network", "profiling"),
        "receptive_field",
    },
    # Whatever is printed is made here from data of all sorts; the page of a network begins with its diagram.
    "formats": {
        *("characters", "comparison", "conventions", "devices", "document", "drawing", "grading"),
        *("layers", "memory_plan", "network", "parallel", "profiling", "receptive_field", "serving"),
        *("sweeping", "training", "verification"),
    },
    # A page brings together all there is to say of a network, or of a kind of layer.
    "report": {
        *("characters", "conventions", "document", "drawing", "files", "formats", "language", "layers", "memory_plan"),
        *("network", "profiling"),
    },
    # The commands for whoever works in Python: each gives data that shows itself as its command prints it.
    "functions": {
        *("comparison", "devices", "diagnosis", "document", "drawing", "formats", "importers", "language"),
        *("memory_plan", "network", "parallel", "profiling", "receptive_field", "reference", "serving", "sweeping"),
        *("training", "verification"),
    },
    # The page of a browser: its engine answers with what commands print and with parts of reports, and its folder holds the list of
    # networks, the schema and the style of pages.
    "live": {
        *("comparison", "conventions", "diagnosis", "document", "drawing", "exporters", "files", "formats", "grading"),
        *("importers", "language", "memory_plan", "network", "profiling", "receptive_field", "report"),
    },
    # Tests of others hold what they have against specs, and draw specs at random.
    "testing": {"comparison", "functions", "network", "profiling"},
    # The package's face ties data to what it shows.
    "__init__": {"conventions", "drawing", "formats", "functions", "importers", "network", "profiling"},
    "cli": {
        *("characters", "comparison", "conventions", "devices", "diagnosis", "document", "drawing", "exporters"),
        *("files", "formats", "grading", "importers", "language", "memory_plan", "network", "parallel", "profiling"),
        *("live", "receptive_field", "reference", "report", "serving", "sweeping", "training", "verification"),
    },
    "__main__": {"cli"},
}

# What may be imported inside a function: slow and not needed by every command, or an extra.
LAZY = {
    *("html", "sympy", "numpy", "matplotlib", "difflib", "safetensors", "PIL", "jinja2", "tabulate", "pandas"),
    *("cairosvg", "torch", "moocore", "distributed", "pyarrow", "pyarrow.compute", "pyarrow.csv", "pyarrow.parquet"),
}


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


def allowed(room: str) -> set[str]:
    """The rooms that a room may import from, itself among them."""
    return MAY_IMPORT[room] | {room} | (EVERYWHERE if room not in {"characters", *EVERYWHERE} else set())


IMPORTED = {(module_of(path), name) for path in FILES for name in project_imports(path)}


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_file_imports_only_from_rooms_below_it(path):
    """Every import of the project's own modules, and every one loaded by its name, is one that the table allows."""
    module = module_of(path)
    loads = {name for importer, name in IMPORTED | LOADED if importer == module}

    assert {name for name in loads if room_of(name) not in allowed(room_of(module))} == set()


def test_no_arrow_runs_up():
    """Each room imports from rooms that stand before it in the table, and each line of the table is made use of."""
    order = list(MAY_IMPORT)
    used = {(room_of(module), room_of(name)) for module, name in IMPORTED | LOADED}

    assert {room_of(module_of(path)) for path in FILES} == set(order)
    assert [(room, one) for room in order for one in MAY_IMPORT[room] if order.index(one) >= order.index(room)] == []
    assert [(room, one) for room in order for one in MAY_IMPORT[room] if (room, one) not in used] == []


def test_there_are_few_rooms():
    """So many that a picture of them can be read."""
    assert len(MAY_IMPORT) <= 34


def test_modules_import_each_other_without_cycles():
    """There is an order in which every module comes after those it imports or loads by name."""
    # A registry loads the reader or writer of a format, which registered itself there, when a file asks for it.
    asked_for = {(f"archcalc.{room}.registry", f"archcalc.{room}.*") for room in ("importers", "exporters")}

    assert without_circle((IMPORTED | LOADED) - asked_for)


def test_what_is_loaded_by_name_is_seen():
    """A name, the head of one, and both of the ways to call the function."""
    assert {("archcalc.formats", "archcalc.formats.notebook"), ("archcalc.cli", "archcalc.cli.commands.*")} <= LOADED
    circle = {("archcalc.files", "archcalc.formats.notebook"), ("archcalc.formats.notebook", "archcalc.files")}
    assert not without_circle(circle)


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_only_slow_libraries_are_imported_inside_functions(path):
    """An import below the top of a file is of a library that most commands never need."""
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    inside = {name for function in functions for node in ast.walk(function) for name in imports(node)}

    assert inside <= LAZY


@pytest.mark.parametrize("path", [*FILES, *TEST_FILES], ids=module_of)
def test_a_file_is_at_most_300_lines(path):
    """A longer file is asking to be split by idea."""
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize("path", TEST_FILES, ids=module_of)
def test_tests_share_what_stands_beside_them(path):
    """No file imports from one of tests, nor from a conftest: what several share has a module that is named for it."""
    found = [ast.unparse(node) for node in ast.walk(ast.parse(path.read_text())) if imports(node)]

    assert [line for line in found if re.search(r"\btests\b.*\b(test_|conftest)", line)] == []


def test_no_file_is_named_for_leftovers():
    """A name such as utils says nothing of what belongs there."""
    assert not {path.stem for path in (*FILES, *TEST_FILES)} & {"utils", "helpers", "common", "core", "misc"}


def test_only_the_standard_library_and_the_declared_dependencies_are_imported():
    """What is imported is what pyproject.toml declares."""
    extras = {
        "cairosvg",
        "distributed",
        "hypothesis",
        "matplotlib",
        "moocore",
        "pandas",
        "PIL",
        "pyarrow",
        "safetensors",
    }
    # Asked for a module of its own by whoever has it.
    extras |= {"torch"}
    declared = extras | {
        *("click", "tabulate", "yaml", "msgspec", "numpy", "sympy", "threadpoolctl", "jinja2", "markupsafe"),
        "archcalc",
    }
    found = {
        name.split(".")[0] for path in FILES for node in ast.walk(ast.parse(path.read_text())) for name in imports(node)
    }

    assert found - set(sys.stdlib_module_names) <= declared


def questions(source: str) -> list[tuple[int, str]]:
    """The docstrings in a source that begin as a question does, each with its line."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, documented)]
    found = [(node.body[0].lineno, docstring) for node in nodes if (docstring := ast.get_docstring(node))]
    return sorted((line, text.splitlines()[0]) for line, text in found if re.match(r"(What|Whether)\b", text))


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_docstring_names_the_thing(path):
    """A function is documented by the noun that it returns, and a predicate by when it is true."""
    assert questions(path.read_text()) == []


def test_a_docstring_that_begins_as_a_question_is_seen():
    """What and Whether are found in modules, classes and functions, and nowhere but at the beginning."""
    source = '"""What it costs."""\nclass A:\n """Whatever."""\n def b(self):\n  """Whether it is so."""\n'
    assert questions(source) == [(1, "What it costs."), (5, "Whether it is so.")]
