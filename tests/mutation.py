"""Plants small mistakes in the package, one at a time, and says which of them its tests do not find.

    python tests/mutation.py --count 300 --seed 1

A mistake is another operator, another bound, a number one off, two arguments exchanged, a condition turned. It is planted in
memory: a forked process loads the changed module, runs the tests of its room, and stops at the first that fails. Sites are
drawn by the seed, as many in each room as it has of all sites.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import re
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent

FIELDS = (
    *("window", "reach", "receptive", "influence", "boxes", "stacks", "digits", "edges", "spans", "step", "strand"),
    *("field", "intervals"),
)

# The files of each room, and the tests that hold it, quick ones first.
ROOMS: dict[str, tuple[list[str], list[str]]] = {
    "layers": (
        ["archcalc/layers/*.py"],
        [
            *("tests/test_work_counts.py", "tests/test_sliding.py", "tests/test_mutants.py", "archcalc/layers"),
            *("tests/test_loose_windows.py", "tests/test_recurrent.py", "tests/test_forward.py"),
            *("tests/test_kinds_against_torch.py", "tests/test_letters.py", "tests/test_random_graphs.py"),
            *("tests/test_sees.py", "tests/test_kept.py", "tests/test_errors.py", "tests/test_symbols.py"),
            *("tests/test_receptive.py", "tests/test_verify.py", "tests/test_language.py"),
        ],
    ),
    "memory": (
        ["archcalc/memory/*.py", "archcalc/network/storage.py"],
        [
            *("archcalc/memory", "archcalc/network/storage.py", "tests/test_memory*.py", "tests/test_random_graphs.py"),
            *("tests/test_training_memory.py", "tests/test_schedule.py"),
        ],
    ),
    "fields": (
        [f"archcalc/{name}.py" for name in FIELDS],
        [
            *(f"archcalc/{name}.py" for name in FIELDS),
            *("tests/test_receptive.py", "tests/test_field*.py", "tests/test_rf.py", "tests/test_random_graphs.py"),
            *("tests/test_sees.py", "tests/test_slim.py"),
        ],
    ),
    "symbols": (
        [
            f"archcalc/{name}.py"
            for name in ("algebra", "dims", "signs", "symbolic", "periodic", "relations", "holding")
        ],
        [
            *(f"archcalc/{name}.py" for name in ("algebra", "dims", "signs", "symbolic", "periodic", "relations")),
            *("tests/test_forms.py", "tests/test_periodic.py", "tests/test_symbols.py", "tests/test_letters.py"),
            *("tests/test_solve.py", "tests/test_seeking.py", "tests/test_compare.py"),
        ],
    ),
    "conventions": (["archcalc/conventions/*.py"], ["archcalc/conventions", "tests/test_conventions.py"]),
}

# Exchanged for each other.
OPERATORS: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
}
BOUNDS: dict[type, type] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


class Mutant(NamedTuple):
    """One planted mistake."""

    room: str
    path: Path
    line: int
    before: str
    after: str
    source: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.before}  ->  {self.after}"


def _within_text_or_type(tree: ast.AST) -> set[int]:
    """Nodes inside of messages and annotations, which are no numbers that anything is computed from."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        roots: list[Any] = []
        if isinstance(node, ast.JoinedStr):
            roots = [node]
        elif isinstance(node, ast.AnnAssign):
            roots = [node.annotation]
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            arguments = [*node.args.args, *node.args.kwonlyargs, *node.args.posonlyargs]
            roots = [node.returns, *(argument.annotation for argument in arguments), *node.decorator_list]
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            roots = [node]
        elif isinstance(node, ast.Assign) and all(isinstance(t, ast.Name) and t.id.isupper() for t in node.targets):
            # How much is too much.
            roots = [node] if isinstance(node.value, (ast.Constant, ast.BinOp)) else []
        for root in roots:
            if root is not None:
                skipped |= {id(inner) for inner in ast.walk(root)}
    return skipped


def _changed(node: ast.AST) -> Iterator[ast.AST]:
    """The node with a mistake in it, in each way that there is."""
    wrong: Any = copy.deepcopy(node)
    match wrong:
        case ast.BinOp() if type(wrong.op) in OPERATORS and not isinstance(wrong.left, (ast.Constant, ast.JoinedStr)):
            wrong.op = OPERATORS[type(wrong.op)]()
            yield wrong
        case ast.Compare(ops=[op]) if type(op) in BOUNDS:
            wrong.ops = [BOUNDS[type(op)]()]
            yield wrong
        case ast.BoolOp():
            wrong.op = ast.Or() if isinstance(wrong.op, ast.And) else ast.And()
            yield wrong
        case ast.UnaryOp(op=ast.Not()):
            yield wrong.operand
        case ast.IfExp():
            wrong.body, wrong.orelse = wrong.orelse, wrong.body
            yield wrong
        case ast.Constant(value=bool()):
            wrong.value = not wrong.value
            yield wrong
        case ast.Constant(value=int()):
            wrong.value += 1
            yield wrong
        case ast.Call(args=[ast.Name() | ast.Attribute(), ast.Name() | ast.Attribute(), *_]):
            wrong.args[:2] = wrong.args[1::-1]
            yield wrong


def sites(room: str) -> Iterator[Mutant]:
    """Every mistake that can be planted in the files of a room."""
    for pattern in ROOMS[room][0]:
        for path in sorted(ROOT.glob(pattern)):
            source = path.read_text()
            lines = source.encode().splitlines(keepends=True)
            starts = [0]
            for line in lines:
                starts.append(starts[-1] + len(line))
            tree = ast.parse(source)
            skipped = _within_text_or_type(tree)
            for node in ast.walk(tree):
                if id(node) in skipped or not isinstance(node, ast.expr):
                    continue
                begin = starts[node.lineno - 1] + node.col_offset
                end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
                for wrong in _changed(node):
                    raw = source.encode()
                    text = f"({ast.unparse(wrong)})"
                    changed = (raw[:begin] + text.encode() + raw[end:]).decode()
                    yield Mutant(room, path, node.lineno, " ".join(raw[begin:end].decode().split()), text, changed)


def drawn(count: int, seed: int, rooms: list[str]) -> list[Mutant]:
    """So many mistakes, spread over the rooms as the sites are."""
    every = {room: list(sites(room)) for room in rooms}
    total = sum(map(len, every.values()))
    chance = random.Random(seed)  # noqa: S311 - a sample, no secret
    return [
        mutant
        for room in rooms
        for mutant in chance.sample(every[room], min(len(every[room]), round(count * len(every[room]) / total)))
    ]


class Planted(MetaPathFinder):
    """Loads one module of the package from changed source."""

    def __init__(self, mutant: Mutant) -> None:
        self.path, self.source = mutant.path, mutant.source
        parts = mutant.path.relative_to(ROOT).with_suffix("").parts
        self.name = ".".join(parts).removesuffix(".__init__")

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> ModuleSpec | None:
        if name != self.name:
            return None
        source = self.source

        class Loader(SourceFileLoader):
            def get_code(self, _fullname: str) -> Any:
                return compile(source, self.path, "exec")

            def get_source(self, _fullname: str) -> str:
                return source

        package = [str(self.path.parent)] if self.path.name == "__init__.py" else None
        loader = Loader(name, str(self.path))
        return spec_from_file_location(name, self.path, loader=loader, submodule_search_locations=package)


def _run(tests: list[str], mutant: Mutant | None, log: Path) -> int:
    """Run tests in this process, which is thrown away afterwards."""
    import pytest  # noqa: PLC0415 - loaded before the fork

    sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    if mutant is not None:
        sys.meta_path.insert(0, Planted(mutant))
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", "--tb=line"]
    # Hypothesis is loaded before the fork.
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning", *(["-x"] if mutant else [])]
    return int(pytest.main([*options, *tests]))


def tried(mutant: Mutant | None, tests: list[str], log: Path, limit: float) -> tuple[int, float]:
    """The exit code of the tests, or -1 where they took too long, and the seconds."""
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        signal.alarm(int(limit))
        try:
            code = _run(tests, mutant, log)
        except BaseException:  # noqa: BLE001 - a package that does not load is a mistake that is found
            traceback.print_exc()
            code = 99
        os._exit(code)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code, time.monotonic() - began


def sound(room: str, log: Path, limit: float) -> list[str]:
    """The tests of a room, less those that fail here as the code is, which another version of a library may cause."""
    files = [str(path.relative_to(ROOT)) for test in ROOMS[room][1] for path in sorted(ROOT.glob(test))]
    code, seconds = tried(None, files, log, limit)
    failing = re.findall(r"^(?:FAILED|ERROR) (\S+?)(?: - .*)?$", log.read_text(), re.MULTILINE)
    print(f"{room}: tests end with {code} in {seconds:.0f} s as the code is", *failing, sep="\n  ", flush=True)
    if code not in {0, 1}:
        sys.exit(log.read_text())
    return [*files, *(f"--deselect={name}" for name in failing)]


def plant(chosen: list[Mutant], tests: dict[str, list[str]], limit: float, log: Path) -> None:
    """Try mutants one after the other, a line for each."""
    for mutant in chosen:
        code, seconds = tried(mutant, tests[mutant.room], log, limit)
        print(f"{'missed' if code == 0 else 'found'} {seconds:.0f} s {mutant}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--rooms", default=",".join(ROOMS))
    parser.add_argument(
        "--limit", type=float, default=600, help="seconds after which a mutant counts as found, by hanging"
    )
    options = parser.parse_args()
    # What tests load, so that each fork need not.
    import hypothesis  # noqa: F401, PLC0415
    import numpy  # noqa: F401, ICN001, PLC0415
    import pytest  # noqa: F401, PLC0415
    import sympy  # noqa: F401, PLC0415
    import torch  # noqa: PLC0415

    torch.set_num_threads(1)
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    rooms = options.rooms.split(",")
    logs = Path(tempfile.mkdtemp())
    tests = {room: sound(room, logs / room, options.limit) for room in rooms}
    chosen = drawn(options.count, options.seed, rooms)
    # Costly rooms and cheap ones by turns, so that all workers end at about the same time.
    random.Random(options.seed).shuffle(chosen)  # noqa: S311 - an order, no secret
    workers = []
    for part in range(options.processes):
        worker = os.fork()
        if worker == 0:
            plant(chosen[part :: options.processes], tests, options.limit, logs / str(part))
            os._exit(0)
        workers.append(worker)
    for worker in workers:
        os.waitpid(worker, 0)


if __name__ == "__main__":
    main()
