"""What to try first: the first compounds of the list that are new and sound, each with its why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from polywell.data.hazards import hazards, is_radioactive
from polywell.data.measured import measured_by_id
from polywell.known import Known, known_compound
from reports.html.names import dossier_path
from reports.run.table import Row, ceiling_phase, clipped, finite

COUNT = 5

MOST_HULL_EV = 0.067
"""eV per atom above the hull below which nine in ten known metastable crystals lie: Sun et al., Sci. Adv. 2,
e1600225 (2016), doi:10.1126/sciadv.1600225 (recalled)."""

MAX_NAME = 120
AXIS_STEP_K = 20
MINOR_KINDS = ("toxic", "air-sensitive", "volatile")
"""Kinds of remark that are told in a word where no severe one stands."""

PASSED_OVER = {
    "known": "already known as superconductors",
    "without": "measured without superconductivity",
    "suspect": "with a suspect geometry",
    "radioactive": "radioactive",
    "unstable": f"more than {1000 * MOST_HULL_EV:.0f} meV/atom above the convex hull",
}


@dataclass(frozen=True)
class Pick:
    """One compound to try; T_c in K, `at`, `start` and `length` per cent of the common axis."""

    place: int
    rank: int | None
    id: str
    formula: str
    family: str
    link: str
    ceiling_k: float
    expected_k: float | None
    low_k: float | None
    high_k: float | None
    at: float
    start: float
    length: float
    probability: float | None
    support_word: str
    measured_k: float | None
    why: str
    warnings: tuple[str, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Advice:
    """The picks, and where there are fewer than `COUNT`, the first known compounds as a check of the list.

    `passed` counts the compounds before the last pick that were passed over, each with the reason.
    """

    new: tuple[Pick, ...]
    known: tuple[Pick, ...]
    passed: tuple[tuple[int, str], ...]
    axis_k: float


def advice(ranked: Sequence[Row], with_dossier: Collection[str] = ()) -> Advice:
    """Choose by fixed rules, in the order of the list; no measured T_c but that of known compounds is read.

    Args:
        ranked: rows of the candidates in ranked order.
        with_dossier: ids of those that have a dossier to link to.
    """
    new: list[tuple[int, Row, None]] = []
    known: list[tuple[int, Row, Known]] = []
    passed: Counter[str] = Counter()
    for place, row in _one_of_each(ranked):
        if len(new) == COUNT:
            break
        found = known_compound(str(row["formula"] or ""), str(row["metal"]))
        reason = _passed_over(row, found)
        if reason is None:
            new.append((place, row, None))
            continue
        passed[reason] += 1
        if reason == "known" and found is not None and len(known) < COUNT:
            known.append((place, row, found))
    known = known[: COUNT - len(new)]
    tops = [
        value
        for _, row, found in (*new, *known)
        for value in (finite(row.get("tc_high_k")), finite(row["tc_ceiling_k"]), found and found.tc_k)
        if value
    ]
    end = AXIS_STEP_K * (int(max(tops, default=0.0) * 1.02 / AXIS_STEP_K) + 1.0)
    return Advice(
        tuple(_pick(place, row, None, end, with_dossier) for place, row, _ in new),
        tuple(_pick(place, row, found, end, with_dossier) for place, row, found in known),
        tuple((passed[name], meaning) for name, meaning in PASSED_OVER.items() if passed[name]),
        end,
    )


def _one_of_each(ranked: Sequence[Row]) -> Iterator[tuple[int, Row]]:
    """The first entry of each compound, with its place."""
    seen = set()
    for place, row in enumerate(ranked):
        compound = str(row["compound"] or row["formula"])
        if compound not in seen:
            seen.add(compound)
            yield place, row


def _passed_over(row: Row, found: Known | None) -> str | None:
    if found is not None:
        return "without" if found.best is None else "known"
    if row.get("geometry_suspect"):
        return "suspect"
    if is_radioactive(row["elements"] or ()):
        return "radioactive"
    hull = finite(row["e_above_hull_ev"])
    return "unstable" if hull is not None and hull > MOST_HULL_EV else None


def _pick(place: int, row: Row, found: Known | None, end: float, with_dossier: Collection[str]) -> Pick:
    expected, low, high = (finite(row.get(name)) for name in ("tc_expected_k", "tc_low_k", "tc_high_k"))
    ceiling = float(row["tc_ceiling_k"])
    middle = ceiling if expected is None else expected
    start = middle if low is None else low
    id = str(row["id"])
    warned = [one for one in hazards(row["elements"] or ()) if one.remark.kind != "supply"]
    return Pick(
        place=place,
        rank=row["rank"],
        id=clipped(id, MAX_NAME),
        formula=clipped(row["formula"] or id, MAX_NAME),
        family=clipped(row["family"], MAX_NAME),
        link=dossier_path(str(row["source"]), id) if id in with_dossier else "",
        ceiling_k=ceiling,
        expected_k=expected,
        low_k=low,
        high_k=high,
        at=_per_cent(middle, end),
        start=_per_cent(start, end),
        length=_per_cent((middle if high is None else high) - start, end),
        probability=finite(row.get("superconducting_probability")),
        support_word=clipped(row.get("support_word"), MAX_NAME),
        measured_k=None if found is None else found.tc_k,
        why=_why(row),
        warnings=tuple(
            f"{one.remark.kind}: {', '.join(one.elements)}" for one in warned if one.remark.level == "severe"
        ),
        remarks=tuple(
            f"{one.remark.kind}: {', '.join(one.elements)}"
            for one in warned
            if one.remark.level != "severe" and one.remark.kind in MINOR_KINDS
        ),
    )


def _per_cent(value: float, end: float) -> float:
    return round(min(100.0, 100 * value / end), 2)


def _why(row: Row) -> str:
    """One sentence from numbers of the row: what it is like, its cage, where its structure comes from."""
    said = []
    names, alike = list(row.get("nearest_known") or ()), list(row.get("nearest_similarity") or ())
    measured = list(row.get("nearest_tc_k") or ())
    if names and alike and measured:
        near = measured_by_id().get(str(names[0]))
        name = clipped(near.compound if near is not None else names[0], MAX_NAME)
        said.append(f"{name}, {measured[0]:.3g} K, is most like it ({alike[0]:.2f} of 1)")
    apexes = " and ".join(dict.fromkeys(ceiling_phase(row).get("apexes") or ()))
    said.append(f"cage {row['xi_ceiling_ang']:.3f} Å high" + (f" between {apexes}" if apexes else ""))
    if row["extrapolation"]:
        said.append(f"λ never published for {clipped(row['extrapolation'], MAX_NAME)}")
    hull = finite(row["e_above_hull_ev"])
    origin = {True: "computed structure", False: "measured structure"}.get(row["theoretical"])
    if hull is not None:
        said.append(f"{origin or 'structure'} {1000 * hull:.0f} meV/atom above the hull")
    elif origin:
        said.append(origin)
    sentence = "; ".join(said)
    return f"{sentence[0].upper()}{sentence[1:]}."
