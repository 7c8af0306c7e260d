"""Every rule by which formulas are rewritten, held against plain integers over all small coefficients.

`python -m tests.symbols.forms` goes through all forms and prints how many there are of each family and every one that is wrong.
A form is a calculation that is done with letters first and then with each of their values.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice, product

from archcalc.errors import SpecError
from archcalc.symbols.dims import symbol
from archcalc.symbols.evaluate import holds, substitute
from tests.symbols.forms_asked import compared, divided, wholes
from tests.symbols.forms_sizes import Form, beside, expressions, fractions, once, ratios, reshaped, smaller, thrice

FAMILIES = (once, thrice, beside, fractions, ratios, smaller, compared, divided, wholes, reshaped, expressions)


def wrong(form: Form) -> str:
    """What letters and numbers do not agree on in a form, or nothing."""
    try:
        found = form.of(*map(symbol, form.upto))
    except SpecError:
        return ""  # a comparison that letters leave open
    fact = isinstance(found, bool) or getattr(found, "is_Relational", False) or getattr(found, "is_Boolean", False)
    for numbers in product(*(range(1, most + 1) for most in form.upto.values())):
        values = dict(zip(form.upto, numbers, strict=True))
        expected = form.of(*numbers)
        # What is not whole for these values is of no network, and what it is asked is of no matter.
        said = holds(found, values) if fact else substitute(found, values)
        if said != expected:
            return f"{form.text}: {found} is {said} at {values}, and it is {expected}"
    return ""


def tried(family: Callable[[], Iterator[Form]], step: int = 1) -> tuple[int, list[str]]:
    """How many forms of a family there are, every `step`-th taken, and those that are wrong."""
    count, found = 0, []
    for form in islice(family(), 0, None, step):
        count += 1
        if said := wrong(form):
            found.append(said)
    return count, found


def main() -> int:
    """All forms of all families."""
    total = bad = 0
    for family in FAMILIES:
        start = time.monotonic()
        count, found = tried(family)
        total, bad = total + count, bad + len(found)
        print(f"{family.__name__}: {count:,} forms, {len(found):,} wrong, {time.monotonic() - start:.0f} s", flush=True)
        print(*found[:20], sep="\n", end="\n" if found else "")
    print(f"{total:,} forms, {bad:,} wrong")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
