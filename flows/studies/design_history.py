"""Designs judged by history, in lines for a terminal that are Markdown, too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from flows.options import cores
from polywell.data.reference import reference_structures
from polywell.design.blocks.layers import NotCut
from polywell.design.history.judge import NEAR_ANG, YEARS, Judged, Verdict, judged
from polywell.design.history.years import compounds, screened, stacking_of, years
from polywell.design.library import cut_references, measured_library

HOT_K = 77.0
"""K: liquid nitrogen."""

FIRST_SHARE = 0.05
"""Part of the designs of a year that somebody would look at."""

ANSWERS = ("Tl-", "Hg-", "infinite layer", "1111", "122", "1144", "12442", "RP n=", "reduced RP")
"""Beginnings of structure types whose history everybody knows."""


def all_judged(workers: int | None = None) -> list[Judged]:
    """Every year of the protocol, in processes of their own."""
    with ProcessPoolExecutor(workers or cores(), mp_context=get_context("spawn")) as pool:
        latest_first = list(pool.map(judged, reversed(YEARS)))
    return latest_first[::-1]


def once(found: Sequence[Judged]) -> list[tuple[Judged, Verdict]]:
    """One verdict a compound: that of the last year not after its own."""
    ends = [*(one.year for one in found[1:]), 9999]
    return [
        (one, verdict)
        for one, end in zip(found, ends, strict=True)
        for verdict in one.verdicts
        if verdict.compound.year < end
    ]


def lines(found: Sequence[Judged]) -> Iterator[str]:
    """What loses, the curve, and the table of known answers.

    Args:
        found: the years, in order.
    """
    single = once(found)
    yield headline([verdict for _, verdict in single])
    undated = [one.cut.id for one in measured_library().members if years()[one.cut.id] is None]
    yield (
        f"{len(single)} compounds, one verdict each; {len(compounds())} in the library, the others are older "
        f"than {found[0].year}. Without a year and left out of every library: {len(undated)} structures"
        f"{' (' + ', '.join(undated) + ')' if undated else ''}."
    )
    yield ""
    yield from _table(
        (
            "before", "structures", "designs", "later compounds", "blocks known", "signature", "designed",
            f"above {HOT_K:g} K, blocks known", "designed", f"in the first {FIRST_SHARE:.0%}",
            "by the calibration", "calibrated",
        ),
        (_point(one) for one in found),
    )  # fmt: skip
    yield ""
    yield from _table(
        (
            "compound",
            "type",
            "year",
            "before",
            "designed as, or why not",
            "error of ξ (Å)",
            "place",
            "of",
            "ahead",
            "ahead by the calibration",
        ),
        [*(_answer(year, verdict) for year, verdict in single if _is_answer(verdict)), *_unjudged()],
    )


def headline(verdicts: Sequence[Verdict]) -> str:
    """The figures of the protocol's goals, what loses first."""
    known = [one for one in verdicts if one.blocks_known]
    made = [one for one in known if one.designed]
    hot = [one for one in known if _is_hot(one)]
    first = [one for one in hot if _is_first(one.ahead)]
    by_tc = [one for one in hot if _is_first(one.ahead_by_tc)]
    hot_made = sum(one.designed for one in hot)
    stacked = sum(one.stacked for one in known)
    half = (
        f"of {len(known)} later compounds with known blocks {len(made)} ({_share(len(made), len(known))}) "
        f"are designed with ξ within {NEAR_ANG:g} Å, {stacked} ({_share(stacked, len(known))}) by their "
        "signature (goal: half)",
        2 * len(made) >= len(known),
    )
    ahead = (
        f"of {len(hot)} of these above {HOT_K:g} K {hot_made} are designed, and {len(first)} of them stand "
        f"in the first {FIRST_SHARE:.0%} of the designs of their year by the ceiling, {len(by_tc)} by a "
        "calibration of their year (goal: all)",
        bool(hot) and len(first) == len(by_tc) == len(hot),
    )
    said = [
        f"{'Reached' if won else 'Missed'}: {text}."
        for text, won in sorted((half, ahead), key=lambda x: x[1])
    ]
    other = len(verdicts) - len(known)
    return " ".join([*said, f"{other} more have a block or a sheet that nobody had."])


def _share(some: int, whole: int) -> str:
    return f"{some / whole:.0%}" if whole else "none"


def _is_hot(one: Verdict) -> bool:
    return (one.compound.tc_k or 0.0) > HOT_K


def _is_first(ahead: float | None) -> bool:
    return ahead is not None and ahead <= FIRST_SHARE


def _is_answer(one: Verdict) -> bool:
    return one.compound.structure_type.startswith(ANSWERS)


def _point(one: Judged) -> tuple[str, ...]:
    known = [verdict for verdict in one.verdicts if verdict.blocks_known]
    hot = [verdict for verdict in known if _is_hot(verdict)]
    made = sum(verdict.designed for verdict in known)
    counts = (
        one.year, one.structures, one.designs, len(one.verdicts), len(known),
        sum(verdict.stacked for verdict in known),
    )  # fmt: skip
    tail = (
        len(hot), sum(verdict.designed for verdict in hot), sum(_is_first(some.ahead) for some in hot),
        sum(_is_first(some.ahead_by_tc) for some in hot), ", ".join(one.calibrated) or "none",
    )  # fmt: skip
    return (*map(str, counts), f"{made} ({_share(made, len(known))})", *map(str, tail))


def _answer(year: Judged, one: Verdict) -> tuple[str, ...]:
    compound = one.compound
    place = "" if one.ahead is None else f"{1 + round(one.ahead * year.designs)}"
    return (
        compound.target.cut.id,
        compound.structure_type,
        str(compound.year),
        str(year.year),
        one.design or f"no: {one.why}",
        "" if one.xi_error_ang is None else f"{one.xi_error_ang:+.3f}".replace("-", "−"),
        place,
        str(year.designs) if place else "",
        "" if one.ahead is None else f"{one.ahead:.1%}",
        _by_tc(one),
    )


def _by_tc(one: Verdict) -> str:
    if one.ahead_by_tc is not None:
        return f"{one.ahead_by_tc:.1%}"
    return "no calibration" if one.designed else ""


def _unjudged() -> Iterator[tuple[str, ...]]:
    """Structures of known answers that lend no block and whose stacking no compound has."""
    judged_ones = {one.stacking for one in compounds()}
    uncut = {one.id: one.why for one in cut_references() if isinstance(one, NotCut)}
    seen = set()
    for one in reference_structures():
        found = screened().get(one.id)
        if found is None or not one.structure_type.startswith(ANSWERS):
            continue
        stacking = stacking_of(found)
        if stacking not in judged_ones and stacking not in seen:
            seen.add(stacking)
            why = uncut.get(one.id, "not measured without pressure or strain, or estimated")
            year = years()[one.id]
            yield (one.id, one.structure_type, str(year or ""), "", f"not judged: {why}", *[""] * 5)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for cells in (heads, ["---"] * len(heads), *rows):
        yield f"| {' | '.join(cells)} |"
