"""The verdict on each published figure of a network."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, get_args

import msgspec

from archcalc.diagnosis.elsewhere import Explanation, by_other_settings, by_own_programs
from archcalc.diagnosis.network import Network, cells, measured
from archcalc.diagnosis.search import SIBLING, Finding, Hit, search
from archcalc.diagnosis.shapes import agrees, altered
from archcalc.errors import Source, SpecError
from archcalc.network.figures import SIZES, Claim, Figure, FigureOf, Verdict, Verdicts
from archcalc.profiling.engine import profile
from archcalc.symbols.dims import Dim, Shape, format_dim, format_shape

_MAX_NAMED = 3


def check(source: Source, figures: Sequence[Figure] | None = None) -> tuple[Verdict, ...]:
    """The verdict on each figure of a spec, or on the given ones; raises SpecError for one that cannot be checked."""
    network = Network(source)
    return tuple(_placed(network, figure) for figure in (network.graph.figures if figures is None else figures))


def _placed(network: Network, figure: Figure) -> Verdict:
    """The verdict on a figure; an error gets the figure's place."""
    try:
        return _verdict(network, figure)
    except SpecError as error:
        raise SpecError(error.fact, error.place or figure.place, *error.notes) from None


def _verdict(network: Network, figure: Figure) -> Verdict:
    at = network.at(figure.input, figure.settings)
    exacts = [_exact(at, claim, figure.convention) for claim in figure.claims]
    said = Verdict(
        figure=figure.of,
        published=tuple(claim.printed.text for claim in figure.claims),
        exact=tuple(map(_stored, figure.claims, exacts)),
        verdict="not reproduced",
        source=figure.source,
        note=figure.note,
        irreproducible=figure.irreproducible,
    )
    judged = [_judged(claim, exact) for claim, exact in zip(figure.claims, exacts, strict=True)]
    holding = [found for found in judged if found is not None]
    if len(holding) == len(judged):
        return _holding(said, holding)
    if figure.claims[0].quantity.term.measure in SIZES:
        return _altered(said, at, figure)
    if words := _of_other_cells(at, figure):
        return msgspec.structs.replace(said, verdict="other convention", diagnosis=words)
    if own := by_own_programs(network, figure):
        return _explained(said, own)
    found = _diagnosed(said, search(at, figure))
    if found.verdict == "not reproduced" and (other := by_other_settings(network, figure)):
        return _explained(said, other)
    bare = [_judged(claim, exact, bare=True) for claim, exact in zip(figure.claims, exacts, strict=True)]
    loose = [judgement for judgement in bare if judgement is not None]
    return found if found.verdict != "not reproduced" or len(loose) < len(bare) else _holding(said, loose)


def _explained(said: Verdict, found: Explanation) -> Verdict:
    verdict: Verdicts = "explained slip" if found.slip else "other convention"
    chance = float(f"{found.chance:.1g}")
    return msgspec.structs.replace(said, verdict=verdict, diagnosis=found.words, tried=found.tried, chance=chance)


def _of_other_cells(network: Network, figure: Figure) -> str:
    """The other library's recurrent cells that reproduce all claims, with their numbers; empty if none do."""
    terms = [claim.quantity.term for claim in figure.claims]
    if any(term.network for term in terms) or any(claim.quantity.whole for claim in figure.claims):
        return ""
    for said, graph in cells(network.graph):
        values = [measured(profile(graph), term, figure.convention) for term in terms]
        numbers = [value for value in values if isinstance(value, int)]
        judged = [_judged(claim, n) for claim, n in zip(figure.claims, numbers, strict=False)]
        if len(numbers) == len(values) and all(one and one[0] in {"exact", "rounded"} for one in judged):
            return f"{said}: {' and '.join(map(format_dim, numbers))}"
    return ""


def _altered(said: Verdict, network: Network, figure: Figure) -> Verdict:
    """The verdict on a size, with the changes that would give it; those of receptive fields are not sought."""
    claim = figure.claims[0]
    if claim.quantity.term.measure != "output" or len(figure.claims) > 1:
        return said
    changes = altered(network, claim.quantity.term, claim.printed.shape or (claim.printed.digits,))
    verdict: Verdicts = "explained slip" if changes.said else "not reproduced"
    diagnosis = f"would come from {'; or '.join(changes.said)}" if changes.said else ""
    return msgspec.structs.replace(said, verdict=verdict, diagnosis=diagnosis, tried=changes.tried)


def _holding(said: Verdict, holding: Sequence[tuple[Verdicts, str]]) -> Verdict:
    worst = max((verdict for verdict, _ in holding), key=get_args(Verdicts).index)
    remarks = dict.fromkeys(remark for _, remark in holding if remark)
    return msgspec.structs.replace(said, verdict=worst, diagnosis=", ".join(remarks))


def _stored(claim: Claim, exact: Dim | Fraction | Shape) -> Any:
    """The exact value in the unit of the record: bytes if the printed one is, a decimal for a share."""
    if isinstance(exact, Fraction):
        return float(exact)
    return exact if isinstance(exact, tuple) else _bytes_each(claim) * exact


def _bytes_each(claim: Claim) -> int:
    return 4 if claim.printed.in_bytes and claim.quantity.term.measure != "bytes" else 1


def _diagnosed(said: Verdict, found: Finding) -> Verdict:
    """The verdict with the result of a search: an explanation, or hits that chance accounts for."""
    sound = [hit for hit in found.hits if not hit.likely]
    if not found.hits:
        diagnosis = "no count gives it" if found.tried else ""
        return msgspec.structs.replace(said, diagnosis=diagnosis, tried=found.tried)
    if not sound:
        # Several names of one count are one hit.
        distinct = {hit.values: hit for hit in reversed(found.hits)}
        named = 1 if len(distinct) > _MAX_NAMED else _MAX_NAMED
        first = sorted(distinct.values(), key=lambda hit: (hit.cost, hit.chance))[:named]
        others = f"; {format_dim(len(distinct) - len(first))} more" if len(distinct) > len(first) else ""
        whose = (
            "no count of the network gives it, and of its siblings" if all(map(_of_sibling, found.hits)) else "hits are"
        )
        diagnosis = f"{whose} as many as chance gives: {'; '.join(map(str, first))}{others}"
        return msgspec.structs.replace(said, diagnosis=diagnosis, tried=found.tried)
    same: dict[str, Hit] = {}
    for hit in sound:
        if (hit.cost, hit.slip) == (sound[0].cost, sound[0].slip) and len(same) < _MAX_NAMED:
            same.setdefault(str(hit), hit)
    verdict: Verdicts = "explained slip" if sound[0].slip else "other convention"
    chance = float(f"{sound[0].chance:.1g}")
    return msgspec.structs.replace(
        said, verdict=verdict, diagnosis="; or ".join(same), tried=found.tried, chance=chance
    )


def _exact(network: Network, claim: Claim, convention: str) -> Dim | Fraction | Shape:
    """The exact value of a quantity, in values rather than bytes."""
    quantity = claim.quantity
    values = []
    for term in filter(None, (quantity.term, quantity.whole)):
        of = network.named(term.network)
        value = measured(of.profile, term, convention)
        sizes = value if isinstance(value, tuple) else (value,)
        if not all(isinstance(size, int) for size in sizes):
            raise SpecError(
                f"{term} of {of.graph.name} is {_open_text(value)}, and a figure is a number", None, "set its letters"
            )
        values.append(value)
    return values[0] if quantity.whole is None else _share(quantity, values[0], values[1])


def _share(quantity: FigureOf, part: Dim | Shape, whole: Dim | Shape) -> Fraction:
    if not isinstance(part, int) or not isinstance(whole, int) or not whole:
        raise SpecError(f"{quantity} cannot be divided", None, f"{quantity.whole} is {_open_text(whole)}")
    share = Fraction(part, whole)
    return 1 - share if quantity.saved else share


def _judged(claim: Claim, exact: Dim | Fraction | Shape, *, bare: bool = False) -> tuple[Verdicts, str] | None:
    if isinstance(exact, tuple):
        sizes = claim.printed.shape or (claim.printed.digits,)
        if claim.quantity.term.measure == "rf":
            return ("exact", "") if sizes in {exact, tuple(set(exact))} else None
        return ("exact", "") if agrees(sizes, exact) else None
    assert isinstance(exact, int | Fraction)  # noqa: S101 - letters were refused above
    return claim.printed.judged(_bytes_each(claim) * exact, bare=bare)


def _open_text(value: Dim | Shape) -> str:
    return format_shape(value) if isinstance(value, tuple) else format_dim(value)


def _of_sibling(hit: Hit) -> bool:
    return SIBLING in hit.count.form
