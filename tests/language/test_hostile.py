"""Specs made to exhaust time or memory: each ends in a short error or a table, soon and in little memory."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

MIB = 1024**2
VECTOR = "input: {features: 8}\n"
IMAGE = "input: {channels: 3, height: 32, width: 32}\n"
LETTERS = "input: {channels: C, height: H, width: W}\n"


def blocks(depth: int, head: str, item: str, last: str) -> str:
    """Blocks b0 to b{depth}, each of which holds `item`, in which {next} is the name of the following one."""
    lines = [f"  b{i}{head}: [{item.format(next=f'b{i + 1}')}]\n" for i in range(depth)]
    return f"blocks:\n{''.join(lines)}  b{depth}{head}: [{last}]\n"


HOSTILE = {
    "alias bomb": (
        "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n" for i in range(9)),
        "anchors are not used",
    ),
    "repeat": (VECTOR + "layers: [relu: {repeat: 10**12}]", "repeat is 1,000,000,000,000"),
    "nested repeats": (
        VECTOR + "blocks: {a: [b: {repeat: 1000}], b: [c: {repeat: 1000}], c: [relu]}\nlayers: [a: {repeat: 1000}]",
        "more than 20,000 layers",
    ),
    "repeats of nothing": (
        VECTOR + "blocks: {a: [b: {repeat: 10000}], b: []}\nlayers: [a: {repeat: 10000}]",
        "more than 20,000 layers",
    ),
    "10 MB": (VECTOR + "layers:\n" + "  - relu\n" * 1_000_000, "more than 4,000,000 bytes"),
    "flow nesting": (VECTOR + "layers: " + "[" * 10_000 + "]" * 10_000, "64 levels of nesting"),
    "flow mappings": (VECTOR + "layers: " + "{a: " * 10_000 + "}" * 10_000, "64 levels of nesting"),
    "block nesting": ("".join(f"{' ' * i}a:\n" for i in range(1_300)), "64 levels of nesting"),
    "list nesting": (VECTOR + "layers:\n  " + "- " * 10_000 + "relu", "64 levels of nesting"),
    "one long line": (VECTOR + "layers: [" + "relu, " * 150_000 + "]", "more than 20,000 layers"),
    "one long word": (VECTOR + f"layers: [{'x' * 900_000}]", "no layer or block named"),
    "one long key": (VECTOR + f"{'x' * 900_000}: 1\nlayers: [relu]", "a ':' is missing"),
    "long keys": (VECTOR + f"layers: [relu: {{{'y' * 1_000}: 1}}]", "relu has no"),
    "recursion": (VECTOR + "blocks: {a: [b], b: [a]}\nlayers: [a]", "uses itself"),
    "doubling": (VECTOR + blocks(32, "", "{next}, {next}", "relu") + "layers: [b0]", "more than 20,000 layers"),
    "deep blocks": (VECTOR + blocks(400, "", "{next}", "relu") + "layers: [b0]", "inside each other"),
    "deep blocks and branches": (
        VECTOR + blocks(30, "", "add: [[], [add: [[], [add: [[], [add: [[], [{next}]]]]]]]]", "relu") + "layers: [b0]",
        "inside each other",
    ),
    "doubling text": (
        VECTOR + blocks(30, "(a)", '{next}: {{a: "{{a}}{{a}}"}}', 'relu: {name: "{a}"}') + "layers: [b0: {a: 'xx'}]",
        "the text has",
    ),
    "doubling lists": (
        VECTOR + blocks(30, "(a)", "{next}: {{a: [a, a]}}", "reshape: a") + "layers: [b0: {a: [1]}]",
        "lists inside each other",
    ),
    "doubling numbers": (
        VECTOR + blocks(30, "(a)", "{next}: {{a: a*a}}", "linear: a") + "layers: [b0: {a: 3}]",
        "1e+15",
    ),
    "doubling formulas": (
        VECTOR
        + "params: {C: C}\n"
        + blocks(30, "(a)", "{next}: {{a: (a+1)*(a+C)}}", "linear: a")
        + "layers: [b0: {a: C}]",
        "too long to work with",
    ),
    "formula": (
        VECTOR + "params: {A: A, B: B, C: C, D: D}\nlayers: [linear: (A+B+C+D)**40 - (A+B*C-D)**30]",
        "too long to work with",
    ),
    "growing sizes": (IMAGE + "layers: [upsample: {scale: 1000, repeat: 1000}]", "is not a size"),
    "power": (VECTOR + "layers: [linear: 9**9**9]", "a power must be"),
    "powers": (VECTOR + f"layers: [linear: {'(' * 50}9{'**9)' * 50}]", "1e+15"),
    "parentheses": (VECTOR + f"layers: [linear: {'(' * 140}1{')' * 140}]", ""),
    "more parentheses": (VECTOR + f"layers: [linear: {'(' * 90_000}1{')' * 90_000}]", "characters"),
    "minus signs": (VECTOR + f"layers: [linear: {'-' * 290}1]", ""),
    "digits": (VECTOR + f"layers: [linear: {'9' * 900_000}]", "characters"),
    "kernel list": (IMAGE + f"layers: [conv2d: {{out: 1, kernel: [{'1,' * 400_000}]}}]", "a list of 400,000 entries"),
    "shape": (VECTOR + f"layers: [learned: [{'1000000000000000,' * 250}]]", "is not a size"),
    "connections": (
        IMAGE + f"layers: [conv2d: {{out: 9, kernel: 1, repeat: 19999, connections: [{'[0,1,2],' * 200}]}}]",
        "connections has 200 rows for 9 maps",
    ),
    "repeated lists": (
        IMAGE + f"layers: [conv2d: {{out: 200, kernel: 1, repeat: 19999, connections: [{'[0,1,2],' * 200}]}}]",
        "values",
    ),
    "repeated expressions": (VECTOR + f"layers: [linear: {{out: {'1+' * 149}1, repeat: 19999}}]", "values"),
    "groups": (IMAGE + "layers: [conv2d: {out: 3, kernel: 1, groups: 10**15}]", "does not divide"),
    "recurrent layers": ("input: {tokens: 2, features: 3}\nlayers: [lstm: {hidden: 4, layers: 1000000000}]", "layers"),
    "many params": (
        VECTOR + f"params: {{{', '.join(f'p{i}: 1' for i in range(60_000))}}}\nlayers: [relu: {{repeat: 19999}}]",
        "a spec has at most 100",
    ),
    "long names": (
        VECTOR + blocks(30, "", f"{{next}}: {{{{name: {'n' * 90}}}}}", "relu") + "layers: [b0]",
        "a name of more than 1,000 characters",
    ),
    "long branch": (VECTOR + f"layers: [add: {{{'n' * 1_000}: [relu], x: []}}]", "a name is 1 to 100"),
    "long notes": (VECTOR + f"layers: [relu: {{note: {'n ' * 400_000}, repeat: 19999}}]", "fewer than 600 characters"),
    "long title": (VECTOR + f"title: {'n ' * 400_000}\nlayers: [relu]", ""),
    "unknown name after many": (
        VECTOR + f"layers: [relu: {{name: {'n' * 90}, repeat: 19998}}, relu: {{from: {'n' * 90}}}]",
        "did you mean",
    ),
    "many layers": (VECTOR + "layers: [linear: {out: 8, repeat: 19999}]", ""),
    "many letters": (
        LETTERS + "layers: [conv2d: {out: 8, kernel: 3, repeat: 19999}]",
        "letters",
    ),
    "many layers with letters": (LETTERS + "layers: [relu: {repeat: 19999}]", ""),
    "nested formulas": (
        LETTERS + "blocks: {b: [upsample: 3, maxpool2d: 2]}\nlayers: [b: {repeat: 100}]",
        "too many formulas",
    ),
    "merged formulas": (
        LETTERS + "layers: [maxpool2d: {kernel: 3, stride: 2, padding: 1, ceil_mode: true, repeat: 100}]",
        "",
    ),
    "smaller of two": (
        LETTERS + "layers: [maxpool2d: {kernel: 2, stride: 3, padding: 1, ceil_mode: true, repeat: 100}]",
        "",
    ),
    "many commas": (VECTOR + "layers: [relu" + "," * 900_000 + "]", "a value is missing"),
    "many quotes": (VECTOR + "title: '" + "'" * 900_000, "never closed"),
    "many keys": (VECTOR + "layers: [relu]\n" + "".join(f"k{i}: 1\n" for i in range(80_000)), "a spec has no 'k0'"),
    "many blocks": (
        VECTOR + "blocks:\n" + "".join(f"  b{i}: [b{i + 1}]\n" for i in range(40_000)) + "layers: [b0]",
        "40,000 blocks; a spec has at most 20,000",
    ),
    "open quote in every line": ('"' + "a\n" * 400_000, "never closed"),
    "colons": ("a: " * 300_000, "':'"),
    "dashes": ("-" * 900_000, ""),
    **{
        f"{join} of many": (IMAGE + f"layers: [relu: {{name: a}}, {join}: {{from: [{'a,' * 100_000}]}}]", "")
        for join in ("concat", "add", "subtract", "multiply", "divide", "maximum")
    },
    "many mistakes": (VECTOR + "layers:\n" + "  - rellu\n" * 80_000, "10 mistakes; reading ended there"),
    "many layers after a mistake": (VECTOR + "layers: [rellu" + ", linear: {out: 8}" * 50_000 + "]", "'rellu'"),
    "many calls after a mistake": (
        VECTOR + "blocks: {b: [relu, rellu, linear: 3]}\nlayers: [b: {repeat: 19999}, linear, b: {repeat: 19999}]",
        "'rellu'",
    ),
    "a name that many calls lack": (
        VECTOR
        + f"blocks: {{b: [relu: {{from: {'n' * 90}}}]}}\nlayers: [relu: {{name: {'n' * 89}, repeat: 9000}}, "
        + "b: {from: input}, " * 9_000
        + "relu]",
        "did you mean",
    ),
    "doubling after a mistake": (
        VECTOR + blocks(32, "", "{next}, {next}", "relu") + "layers: [rellu, b0]",
        "no layer or block named 'rellu'",
    ),
    "long values after a mistake": (
        VECTOR + "layers: [rellu, " + ", ".join(["reshape: [" + "1+1," * 200 + "1]"] * 900) + "]",
        "'rellu'",
    ),
    "spaces": (" " * 900_000, "the file is empty"),
    "line breaks": ("\n" * 900_000 + "@", "a value cannot start with '@'"),
}


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (600 * MIB, 600 * MIB))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_spec_ends_in_a_short_error_or_a_table(name):
    """Nothing that a file says makes archcalc fail otherwise, take over half a gigabyte, or run for long."""
    text, fragment = HOSTILE[name]
    done = subprocess.run(
        [sys.executable, "-m", "archcalc", "table", "-"],
        input=text.encode(),
        capture_output=True,
        preexec_fn=limit,
        timeout=120,
        check=False,
    )
    said = done.stderr.decode()

    assert done.returncode == (1 if said else 0), said[-2000:]
    assert "Traceback" not in said
    assert fragment in said
    assert len(said) < 4_000
