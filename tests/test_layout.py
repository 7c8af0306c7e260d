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
MAY_IMPORT: dict[str, set[str]] = {
    "symbols": set(),
    "characters": set(),
    "document": {"symbols"},
    "layers": {"symbols"},
    "errors": {"characters"},
    "conventions": {"errors", "layers", "symbols"},
    "display": {"errors"},
    "files": {"errors"},
    "network": {"display", "errors", "layers", "symbols"},
    "language": {"characters", "conventions", "errors", "files", "layers", "network", "symbols"},
    "receptive_field": {"errors", "layers", "network", "symbols"},
    "profiling": {"conventions", "display", "errors", "layers", "network", "receptive_field", "symbols"},
    "comparison": {"display", "errors", "language", "layers", "network", "profiling", "symbols"},
    "diagnosis": {"conventions", "errors", "files", "language", "layers", "network", "profiling", "symbols"},
    "grading": {"conventions", "errors", "files", "layers", "network", "profiling", "symbols"},
    "memory": {"errors", "layers", "network", "profiling", "symbols"},
    "api": {"comparison", "errors", "network", "profiling", "symbols"},
    "drawing": {"characters", "document", "errors", "files", "layers", "memory", "network", "profiling", "receptive_field", "symbols"},
    "formats": {"characters", "comparison", "conventions", "document", "errors", "grading", "layers", "memory", "network", "profiling", "receptive_field", "symbols"},
    "reference": {"errors", "layers", "memory", "network", "symbols"},
    "__init__": {"api", "conventions", "errors", "formats", "language", "network", "profiling", "symbols"},
    "report": {"characters", "document", "drawing", "errors", "files", "formats", "language", "layers", "memory", "network", "profiling", "symbols"},
    "verify": {"errors", "language", "memory", "network", "profiling", "receptive_field", "reference", "symbols"},
    "cli": {"characters", "comparison", "conventions", "diagnosis", "drawing", "errors", "files", "formats", "grading", "language", "memory", "network", "profiling", "receptive_field", "reference", "report", "symbols", "verify"},
    "__main__": {"cli"},
}

# What is loaded by its name when it is called for, against the table or in a circle, and why.
BY_NAME = {
    ("archcalc.display", "archcalc.formats.notebook"): "data shows itself by a method, and formats are made from data",
    ("archcalc.profiling.rows", "archcalc.formats.frames"): "to_pandas is a method, and the frame is made from rows",
    (
        "archcalc.comparison.compare",
        "archcalc.formats.frames",
    ): "to_pandas is a method, and the frame is made from comparisons",
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
    assert {("archcalc.display", "archcalc.formats.notebook"), ("archcalc.cli", "archcalc.cli.*")} <= LOADED
    assert not without_circle(
        {("archcalc.display", "archcalc.formats.notebook"), ("archcalc.formats.notebook", "archcalc.display")}
    )
    assert not from_below({("archcalc.symbols.dims", "archcalc.formats.notebook")})


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
