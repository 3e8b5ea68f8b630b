"""The scores of an evaluation: of each predictor, family and split, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from polywell.evidence.evaluation import scores
from polywell.evidence.evaluation.baselines import BASELINES
from polywell.evidence.evaluation.evaluate import CALIBRATED, CONSTANT, Predicted, Prediction
from polywell.evidence.evaluation.scores import Ints
from polywell.evidence.model.trees import Floats
from polywell.evidence.rows.standing import read_rows

ERROR = "mean absolute error"
ORDER = "rank correlation"
READ_ERROR = "error, cell and T_c read"
COVERAGE = "coverage of the 80 % interval"
NEAR, FAR = "coverage, upper half of support", "coverage, lower half of support"
ENVELOPE_SHARE = "envelope share"
AREA, BRIER = "area under the curve", "Brier score"
BINS_K = ((0, 10), (10, 30), (30, 60), (60, 100), (100, None))
"""Bins of the measured T_c in K, by which errors are shown."""


@dataclass(frozen=True)
class Score:
    """One score of one predictor with its 95 % bootstrap interval; None where the data do not define it."""

    split: str
    family: str
    predictor: str
    score: str
    unit: str
    value: float | None
    low: float | None
    high: float | None
    rows: int
    systems: int


@dataclass(frozen=True)
class Evaluation:
    """All predictions and scores of one evaluation.

    `unpredicted` are splits and ids of rows whose fold left too few superconductors to learn from.
    """

    predictions: tuple[Prediction, ...]
    scores: tuple[Score, ...]
    unpredicted: tuple[tuple[str, str], ...]

    def value(self, split: str, family: str, predictor: str, score: str) -> float | None:
        """One score; None where the data do not define it or nobody asked for it."""
        asked = (split, family, predictor, score)
        found = (row for row in self.scores if (row.split, row.family, row.predictor, row.score) == asked)
        return next((row.value for row in found), None)


def bin_name(low: float, high: float | None) -> str:
    """The name of the error within a bin of measured T_c."""
    return f"error above {low:g} K" if high is None else f"error, {low:g} to {high:g} K"


def scored(tested: Predicted, resamples: int = scores.RESAMPLES) -> Evaluation:
    """Score the predictions of each split and family; never all families together.

    Args:
        tested: predictions.
        resamples: bootstrap resamples of each interval.
    """
    groups: dict[tuple[str, str, str], list[Prediction]] = {}
    for one in tested.predictions:
        groups.setdefault((one.split, one.family, one.predictor), []).append(one)
    made: list[Score] = []
    for (split, family, predictor), rows in groups.items():
        own = groups[split, family, CALIBRATED]
        if len(rows) == len(own):
            made.extend(_scores(rows, own, _Table(split, family, predictor, resamples)))
    return Evaluation(tested.predictions, tuple(made), tested.unpredicted)


def winners(evaluation: Evaluation, split: str, family: str) -> tuple[str, ...]:
    """Baselines whose mean absolute error is smaller than that of the calibration, best first."""
    own = evaluation.value(split, family, CALIBRATED, ERROR)
    better = []
    for name in (CONSTANT, *BASELINES):
        value = evaluation.value(split, family, name, ERROR)
        if own is not None and value is not None and value < own:
            better.append((value, name))
    return tuple(name for _, name in sorted(better))


class _Table:
    """Scores of one predictor, each with its interval over the same resamples of chemical systems."""

    def __init__(self, split: str, family: str, predictor: str, resamples: int) -> None:
        self.about = (split, family, predictor)
        self.resamples = resamples
        self._draws: dict[tuple[str, ...], list[Ints]] = {}

    def score(
        self,
        name: str,
        unit: str,
        measure: scores.Measure,
        columns: Sequence[Floats],
        of: Sequence[Prediction],
    ) -> Score:
        """One score over columns that belong to the predictions `of`."""
        systems = tuple(one.system for one in of)
        if systems not in self._draws:
            self._draws[systems] = scores.resamples(systems, self.resamples)
        value = measure(*columns)
        ends = None if value is None else scores.interval(measure, columns, self._draws[systems])
        low, high = ends or (None, None)
        return Score(*self.about, name, unit, value, low, high, len(of), len(set(systems)))


def _scores(rows: Sequence[Prediction], own: Sequence[Prediction], table: _Table) -> Iterator[Score]:
    order = {one.id: place for place, one in enumerate(own)}
    rows = sorted(rows, key=lambda one: order[one.id])
    hot = [one for one in rows if one.tc_measured_k is not None]
    expected, measured = _column(hot, "expected_k"), _column(hot, "tc_measured_k")
    calibrated = table.about[2] == CALIBRATED
    yield table.score(ERROR, "K", scores.mean_absolute_error_k, (expected, measured), hot)
    yield table.score(ORDER, "", scores.rank_correlation, (expected, measured), hot)
    if not calibrated:
        said = _column([one for one in own if one.tc_measured_k is not None], "expected_k")
        yield table.score("error above calibration", "K", _excess_k, (expected, said, measured), hot)
    for low, high in BINS_K:
        within = (measured >= low) & (measured < (np.inf if high is None else high))
        some = [one for one, held in zip(hot, within, strict=True) if held]
        columns = (expected[within], measured[within])
        yield table.score(bin_name(low, high), "K", scores.mean_absolute_error_k, columns, some)
    read = [one for one in hot if one.id in read_rows()]
    pair = (_column(read, "expected_k"), _column(read, "tc_measured_k"))
    yield table.score(READ_ERROR, "K", scores.mean_absolute_error_k, pair, read)
    if not calibrated:
        return
    ends = (_column(hot, "low_k"), _column(hot, "high_k"), measured)
    yield table.score(COVERAGE, "", scores.coverage, ends, hot)
    support = _column(hot, "support")
    middle = float(np.median(support)) if len(support) else 0.0
    for name, half in ((FAR, support <= middle), (NEAR, support > middle)):
        some = [one for one, held in zip(hot, half, strict=True) if held]
        yield table.score(name, "", scores.coverage, tuple(column[half] for column in ends), some)
    ceilings = (_column(hot, "ceiling_k"), measured)
    yield table.score(ENVELOPE_SHARE, "", scores.envelope_share, ceilings, hot)
    likely = [one for one in rows if one.superconducting_probability is not None]
    happened = np.array([float(one.tc_measured_k is not None) for one in likely])
    said = _column(likely, "superconducting_probability")
    if len(set(happened.tolist())) > 1:
        yield table.score(AREA, "", scores.area_under_curve, (said, happened), likely)
        yield table.score(BRIER, "", scores.balanced_brier, (said, happened), likely)


def _column(rows: Sequence[Prediction], name: str) -> Floats:
    return np.array([getattr(row, name) for row in rows], dtype=float)


def _excess_k(expected: Floats, calibrated: Floats, measured: Floats) -> float | None:
    """How many K the mean absolute error of a baseline lies above that of the calibration."""
    if not len(measured):
        return None
    return float((np.abs(expected - measured) - np.abs(calibrated - measured)).mean())
