"""Which tests come by an expression of the package: they alone can find a mistake in it, and the quickest is tried first.

Two plugins of pytest. `Reached` watches the tests run on source in which expressions are marked, `Quickest` picks from what it saw.
"""

from __future__ import annotations

import ast
import builtins
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import Phase, settings

from tests.mutation.mistakes import ROOT, Mutant

# What marked source calls with the number of a mark.
MARK = "_archcalc_mark"


class Replaced(MetaPathFinder):
    """Loads modules of the package from other code than their files hold; as a plugin of pytest it is asked first."""

    def __init__(self, sources: dict[Path, str | ast.Module]) -> None:
        self.sources = {}
        for path, source in sources.items():
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            self.sources[name.removesuffix(".__init__")] = path, source

    def pytest_sessionstart(self) -> None:
        # pytest itself loads files that are among its arguments, as they stand.
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> ModuleSpec | None:
        if name not in self.sources:
            return None
        path, source = self.sources[name]

        class Loader(SourceFileLoader):
            def get_code(self, _fullname: str) -> Any:
                return compile(source, self.path, "exec")

            def get_source(self, _fullname: str) -> str:
                return source if isinstance(source, str) else path.read_text()

        package = [str(path.parent)] if path.name == "__init__.py" else None
        loader = Loader(name, str(path))
        return spec_from_file_location(name, path, loader=loader, submodule_search_locations=package)


class _Marking(ast.NodeTransformer):
    """Puts `mark(number) or expression` in the place of expressions, for a mark returns nothing."""

    def __init__(self, marks: dict[int, list[int]]) -> None:
        # The numbers of marks, by the identity of the node.
        self.marks = marks

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.Match):
            # A pattern takes no call; whoever reads what is matched comes by it.
            inner = {id(n) for case in node.cases for n in ast.walk(case.pattern)}
            for identity in inner & self.marks.keys():
                self.marks.setdefault(id(node.subject), []).extend(self.marks.pop(identity))
        numbers = self.marks.get(id(node), [])
        changed: Any = self.generic_visit(node)
        for number in numbers:
            call = ast.Call(ast.Name(MARK, ast.Load()), [ast.Constant(number)], [])
            changed = ast.copy_location(ast.BoolOp(ast.Or(), [call, changed]), node)
        return changed


def marked(mutants: list[Mutant]) -> Replaced:
    """The files of mutants, without the mistakes but with the number of each mutant marked where it would be."""
    sources: dict[Path, str | ast.Module] = {}
    for path in {mutant.path for mutant in mutants}:
        tree = ast.parse(path.read_text())
        nodes = list(ast.walk(tree))
        marks: dict[int, list[int]] = defaultdict(list)
        for number, mutant in enumerate(mutants):
            if mutant.path == path:
                marks[id(nodes[mutant.node])].append(number)
        sources[path] = ast.fix_missing_locations(_Marking(dict(marks)).visit(tree))
    return Replaced(sources)


class Seen(NamedTuple):
    """What became of a test: whether it passed, its seconds, and the marks that it came by."""

    passed: bool
    seconds: float
    marks: frozenset[int]


def _emptied() -> None:
    """No cache spares a test what another has already run."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name.split(".")[0] == "archcalc" or (file and Path(file).parent == ROOT / "tests"):
            for thing in list(vars(module).values()):
                if isinstance(thing, _lru_cache_wrapper):
                    thing.cache_clear()


class Reached:
    """Notes for each test what became of it; `loaded` are the marks by which the loading of each file of tests came."""

    def __init__(self) -> None:
        self.seen: dict[str, Seen] = {}
        self.loaded: dict[str, set[int]] = {}
        self.now: set[int] = set()
        setattr(builtins, MARK, self.now.add)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        self.now.clear()
        report = yield
        if self.now:
            self.loaded.setdefault(collector.nodeid.split("::")[0], set()).update(self.now)
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        _emptied()
        self.now.clear()
        self.seen[item.nodeid] = Seen(passed=True, seconds=0, marks=frozenset())
        result = yield
        self.seen[item.nodeid] = self.seen[item.nodeid]._replace(marks=frozenset(self.now))
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        passed, seconds, marks = self.seen[report.nodeid]
        good = passed and (report.passed or report.skipped)
        self.seen[report.nodeid] = Seen(good, seconds + report.duration, marks)


def able(number: int, seen: dict[str, Seen], loaded: dict[str, set[int]]) -> list[str]:
    """The tests that can find a mistake, quickest first: those that come by its mark, and all where loading alone does."""
    good = {name: test for name, test in seen.items() if test.passed}
    found = [name for name, test in good.items() if number in test.marks]
    if any(number in marks for marks in loaded.values()):
        quick = sorted(good.keys() - set(found), key=lambda name: good[name].seconds)
        return [*sorted(found, key=lambda name: good[name].seconds), *quick]
    return sorted(found, key=lambda name: good[name].seconds)


class Quickest:
    """Runs the chosen tests in their order, and ends the process where all of them or one of them takes too long.

    The one that is running is noted in a file that outlives the process.
    """

    def __init__(self, names: list[str], seen: dict[str, Seen], limit: float, running: Path) -> None:
        self.order = {name: place for place, name in enumerate(names)}
        self.seen, self.running = seen, running
        self.end = time.monotonic() + limit

    def pytest_configure(self) -> None:
        # A test that fails has found the mistake: no smaller example of it is wanted.
        settings.register_profile("quickest", settings.get_profile("ci"), phases=(Phase.explicit, Phase.generate))
        settings.load_profile("quickest")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        # A mistake may change the names of tests, as where a number of the package stands in them.
        chosen = [item for item in items if item.nodeid in self.order or item.nodeid not in self.seen]
        items[:] = sorted(chosen, key=lambda item: self.order.get(item.nodeid, -1))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.running.write_text(nodeid)
        # A loop that does not end shall not take the time of all.
        usual = self.seen[nodeid].seconds if nodeid in self.seen else 0
        left = min(self.end - time.monotonic(), max(20, 10 * usual))
        signal.setitimer(signal.ITIMER_REAL, max(left, 0.01))
