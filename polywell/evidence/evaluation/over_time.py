"""The calibration through time: fitted to what was published before a year, tested on what came after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from polywell.evidence.calibration import TrainingRow
from polywell.evidence.evaluation import scores
from polywell.evidence.evaluation.baselines import forest
from polywell.evidence.fitting import fit_trees, measured_tc_k, superconducting
from polywell.families import Families

YEARS = (1988, 1990, 1992, 1993, 1994, 1996, 1998, 2000, 2004, 2008, 2009, 2010, 2012, 2014, 2018, 2022, 2026)
"""Beginnings of the time after; before 1988 there is next to nothing to learn from."""
AFTER = 5
"""Years after that are tested."""
FEWEST = 20
"""Superconducting rows before, and half as many after, that a point of the curve stands on."""


@dataclass(frozen=True)
class TimePoint:
    """What was known before a year said of the `AFTER` years from it.

    Errors in K, over superconducting rows whose composition was not reported before. `best_id` is the row
    with the highest measured T_c among them, `best_place` its place by the expected one, `record_k` the
    highest T_c that was known.
    """

    year: int
    family: str
    known: int
    tested: int
    error_k: float
    rank_correlation: float | None
    median_error_k: float
    forest_error_k: float
    record_k: float
    best_id: str
    best_formula: str
    best_measured_k: float
    best_expected_k: float
    best_place: int


def over_time(
    rows: Sequence[TrainingRow], families: Families, years: Sequence[int] = YEARS
) -> tuple[TimePoint, ...]:
    """The curve of each family; rows without a year take no part.

    Args:
        rows: measured rows of all families.
        families: the λ table.
        years: beginnings of the time after.
    """
    points = []
    for family in families.rows:
        own = superconducting([row for row in rows if row.family == family.name and row.year is not None])
        for year in years:
            before = [row for row in own if (row.year or 0) < year]
            old = {row.material.amounts for row in before}
            after = [
                row
                for row in own
                if year <= (row.year or 0) < year + AFTER and row.material.amounts not in old
            ]
            if len(before) < FEWEST or len(after) < FEWEST / 2:
                continue
            model = fit_trees(before, family)
            expected = model.tc_k(model.batch([row.material for row in after]))
            measured = measured_tc_k(after)
            best = int(np.argmax(measured))
            middle = median(measured_tc_k(before).tolist())
            points.append(
                TimePoint(
                    year=year,
                    family=family.name,
                    known=len(before),
                    tested=len(after),
                    error_k=float(np.abs(expected - measured).mean()),
                    rank_correlation=scores.rank_correlation(expected, measured),
                    median_error_k=float(np.abs(middle - measured).mean()),
                    forest_error_k=float(np.abs(forest(before, after, family) - measured).mean()),
                    record_k=float(measured_tc_k(before).max()),
                    best_id=after[best].id,
                    best_formula=after[best].formula,
                    best_measured_k=float(measured[best]),
                    best_expected_k=float(expected[best]),
                    best_place=1 + int((expected > expected[best]).sum()),
                )
            )
    return tuple(points)
