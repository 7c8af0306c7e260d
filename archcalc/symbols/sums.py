"""Sums of many dimensions."""

from __future__ import annotations

from collections.abc import Iterable

from archcalc.symbols.dims import Dim, as_int

# The number of terms that are added up before their sum is added to the others.
_TOGETHER = 100


def sum_of(dims: Iterable[Dim]) -> Dim:
    """The sum of any number of dimensions.

    >>> from archcalc.symbols.dims import symbol
    >>> sum_of([1, symbol("C"), 2])
    C + 3
    """
    dims = list(dims)
    letters = [n for n in dims if not isinstance(n, int)]
    if not letters:
        # Traced numbers remember their sums, and adding one by one would write those down n times.
        return sum(sum(dims[at : at + _TOGETHER]) for at in range(0, len(dims), _TOGETHER))
    import sympy  # noqa: PLC0415 - only symbols come this far

    # One sum of n terms takes n steps, n sums of two take n².
    return as_int(sympy.Add(*letters, sum(n for n in dims if isinstance(n, int))))


def repeated(parts: Iterable[tuple[Dim, Dim]]) -> Dim:
    """The sum of dimensions, each taken a number of times, with what repeats alike taken together.

    >>> from archcalc.symbols.dims import symbol
    >>> n = symbol("n")
    >>> repeated([(9, 1), (9, n - 2), (9, 1), (5, 1)]), repeated([(2, 1), (3, 4)])
    (9*n + 5, 14)
    """
    counted: dict[Dim, Dim] = {}
    plain: list[Dim] = []
    for part, times in parts:
        if isinstance(times, int):
            plain.append(part * times if times != 1 else part)
        else:
            counted[part] = counted.get(part, 0) + times
    if not counted:
        return sum_of(plain)
    import sympy  # noqa: PLC0415 - only symbols come this far

    for i, part in enumerate(plain):
        if part in counted:
            counted[part], plain[i] = counted[part] + 1, 0
    return sum_of([*plain, *(as_int(sympy.expand(part * times)) for part, times in counted.items())])
