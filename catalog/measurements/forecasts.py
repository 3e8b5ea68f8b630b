"""What the list had said of a material before it was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import pyarrow.compute as pc

from catalog.home import Home
from catalog.runs.published import PublishedRun, newest_by_source, published_runs
from polywell.electrons.valence import amounts_of
from polywell.evidence.own.measurement import Answer, Forecast, OwnMeasurement
from polywell.records import EntryKey

COLUMNS = (
    "source",
    "id",
    "rank",
    "formula",
    "family",
    "tc_expected_k",
    "tc_low_k",
    "tc_high_k",
    "tc_best_k",
    "tc_best_low_k",
    "tc_best_high_k",
    "superconducting_probability",
    "known",
    "pressure_gpa",
    "algorithm_version",
    "calibration_digest",
    "estimate_note",
)
SAME_PRESSURE_GPA = 0.1
"""To which a measurement was made at the pressure of the forecast."""
SAME_AMOUNT = 0.02
"""Of an ion for each ion of the formula unit, to which two compositions are the same as written."""


def forecast_for(home: Home, made: OwnMeasurement, family: str, candidate: EntryKey | None) -> Forecast | str:
    """What was forecast by the newest run that lists a source and had ended by the day of the measurement.

    A measurement that names no candidate is held against the first in rank of its composition, family and
    pressure.

    Args:
        home: where the runs are.
        made: the measurement.
        family: that of its structure.
        candidate: the one that the measurement names; None where it names none.

    Returns:
        The forecast; or why there is none.
    """
    runs = [run for run in published_runs(home, complete=True) if _ended(run)]
    before = [run for run in runs if _ended(run) <= made.date]
    if not before:
        return f"no run of this home had ended by {made.date}: nothing was forecast before"
    newest = newest_by_source(before)
    for run in before:
        named = list(newest) if candidate is None else [candidate[0]]
        sources = [one for one in named if newest.get(one) is run]
        row = _listed(run, sources, made, family, candidate) if sources else None
        if row is not None:
            return _forecast(run, row, made, "composition" if candidate is None else "id")
    return f"the list as it stood on {made.date} does not hold it"


def _ended(run: PublishedRun) -> str:
    """The day (UTC) on which a run was published; empty where its manifest does not say."""
    try:
        return datetime.fromisoformat(str(run.manifest.get("finished"))).date().isoformat()
    except ValueError:
        return ""


def _listed(
    run: PublishedRun, sources: Sequence[str], made: OwnMeasurement, family: str, candidate: EntryKey | None
) -> Mapping[str, Any] | None:
    of_these = pc.field("source").isin(sources)
    if candidate is not None:
        rows = run.ranked(COLUMNS, of_these & (pc.field("id") == candidate[1])).to_pylist()
        return rows[0] if rows else None
    wanted = _shares(made.formula)
    rows = run.ranked(COLUMNS, of_these & (pc.field("family") == family)).to_pylist()
    same = [row for row in rows if _is_same(wanted, _shares(row["formula"]))]
    return min(same, key=lambda row: (not _at_pressure(row, made), row["rank"]), default=None)


def _at_pressure(row: Mapping[str, Any], made: OwnMeasurement) -> bool:
    return bool(abs((row["pressure_gpa"] or 0.0) - (made.pressure_gpa or 0.0)) <= SAME_PRESSURE_GPA)


def is_same_composition(one: str, other: str) -> bool:
    """Whether two formulas say the same composition, to `SAME_AMOUNT` of an ion for each ion."""
    return _is_same(_shares(one), _shares(other))


def _shares(formula: str) -> dict[str, float]:
    amounts = amounts_of(formula)
    whole = sum(amounts.values())
    return {symbol: amount / whole for symbol, amount in amounts.items()}


def _is_same(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    return sum(abs(one.get(name, 0.0) - other.get(name, 0.0)) for name in one.keys() | other.keys()) <= (
        SAME_AMOUNT
    )


def _forecast(
    run: PublishedRun, row: Mapping[str, Any], made: OwnMeasurement, matched: Literal["id", "composition"]
) -> Forecast | str:
    if row["tc_expected_k"] is None:
        return (
            f"{row['source']}/{row['id']} is listed without an estimate: "
            f"{row['estimate_note'] or 'no reason'}"
        )
    if not _at_pressure(row, made):
        return (
            f"{row['source']}/{row['id']} is listed at {row['pressure_gpa'] or 0.0:g} GPa, and was measured "
            f"at {made.pressure_gpa or 0.0:g} GPa"
        )
    is_best = bool(made.doping) or not is_same_composition(made.formula, row["formula"])
    if is_best and row["tc_best_k"] is None:
        name = f"{row['source']}/{row['id']} ({row['formula']})"
        return f"{name} has no forecast of another doping than its own"
    answer = "tc_best" if is_best else "tc"
    return Forecast(
        run=run.name,
        published=_ended(run),
        source=row["source"],
        id=row["id"],
        matched=matched,
        answer=Answer.BEST_DOPING if is_best else Answer.AS_WRITTEN,
        expected_k=row["tc_best_k" if is_best else "tc_expected_k"],
        low_k=row[f"{answer}_low_k"],
        high_k=row[f"{answer}_high_k"],
        probability=None if is_best else row["superconducting_probability"],
        known=row["known"],
        algorithm_version=row["algorithm_version"],
        calibration_digest=row["calibration_digest"],
    )
