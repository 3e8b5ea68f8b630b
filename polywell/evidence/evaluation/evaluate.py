"""How far to believe the calibration: predictions of compounds that it never saw, beside those of baselines.

The splits, the scores and the criterion of the default ranking stand in `tables/calibration_protocol.md`.
Nothing that predicts a row was fitted to a row of the same compound: not the process, not its variances,
not a median.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from polywell.evidence.calibration import TrainingRow
from polywell.evidence.evaluation import scores
from polywell.evidence.evaluation.baselines import BASELINES
from polywell.evidence.evaluation.scores import Ints
from polywell.evidence.fitting import fit_family
from polywell.evidence.kernel import Floats, sheet_kind
from polywell.families import Families, Family

CALIBRATED, LOW = "calibrated", "calibrated, low end"
EVERYTHING = "all"
HOT_K = 77.0
"""K: in the list of all families a hit superconducts in liquid nitrogen."""
UPPER_QUARTER = 75.0
DEPTHS = (5, 10, 20)
DECIDING_DEPTH = 20
TIE = 0.05
FEWEST_TRAINED = 3
"""A row is predicted only when at least this many superconducting rows of its family remain to learn from."""


class Split(StrEnum):
    """Which rows leave together with the tested one."""

    COMPOUND = "compound"
    STRUCTURE_TYPE = "structure type"
    OUTSIDE = "outside data"


@dataclass(frozen=True)
class Prediction:
    """What one predictor said of one row, never having seen its compound.

    Temperatures in K. `tc_measured_k` is None for a measured non-superconductor; interval, probability and
    support are None for predictors without them.
    """

    split: str
    predictor: str
    id: str
    family: str
    compound: str
    structure_type: str
    tc_measured_k: float | None
    expected_k: float
    low_k: float | None = None
    high_k: float | None = None
    superconducting_probability: float | None = None
    support: float | None = None
    ceiling_k: float | None = None


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
    compounds: int


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


def evaluate(
    rows: Sequence[TrainingRow],
    families: Families,
    splits: Sequence[Split] = (Split.COMPOUND, Split.STRUCTURE_TYPE),
    resamples: int = scores.RESAMPLES,
) -> Evaluation:
    """Leave-one-compound-out and leave-one-structure-type-out over measured rows.

    Args:
        rows: measured rows of all families.
        families: the λ table.
        splits: which evaluations to run.
        resamples: bootstrap resamples of each interval.
    """
    predictions: list[Prediction] = []
    for split in splits:
        for family in families.rows:
            own = sorted((row for row in rows if row.features.family == family.name), key=lambda row: row.id)
            for key in sorted({_key(row, split) for row in own}):
                tested = [row for row in own if _key(row, split) == key]
                predictions.extend(_predict(_unseen(own, tested, split), tested, family, split))
    return _assembled(predictions, rows, splits, resamples)


def evaluate_against(
    training: Sequence[TrainingRow],
    outside: Sequence[TrainingRow],
    families: Families,
    resamples: int = scores.RESAMPLES,
    known_as: Mapping[str, Collection[str]] | None = None,
    xi_spread: Mapping[str, float] | None = None,
) -> Evaluation:
    """The same evaluation on rows from elsewhere, each predicted from training rows of other compounds.

    A training row is of the same compound when the keys agree, when `known_as` says so, or when both hold the
    same elements; then all rows of its compound leave, whatever their doping or pressure.

    Args:
        training: measured rows that the calibration may learn from.
        outside: rows to predict; only their features are used for that.
        families: the λ table.
        resamples: bootstrap resamples of each interval.
        known_as: compounds of the training rows that a compound from outside is.
        xi_spread: relative standard deviation of ξ of rows from outside by id; 0 where it is not given.
    """
    predictions: list[Prediction] = []
    for family in families.rows:
        own = sorted((row for row in training if row.features.family == family.name), key=lambda row: row.id)
        together: dict[tuple[str, ...], list[TrainingRow]] = {}
        for row in sorted(outside, key=lambda row: row.id):
            if row.features.family == family.name:
                names = {row.compound, *(known_as or {}).get(row.compound, ())}
                same = {one.compound for one in own if _same_compound(one, row, names)}
                kept = tuple(one.id for one in own if one.compound not in same)
                together.setdefault(kept, []).append(row)
        for kept, tested in together.items():
            spread = np.array([(xi_spread or {}).get(row.id, 0.0) for row in tested], dtype=float)
            left = [row for row in own if row.id in set(kept)]
            predictions.extend(_predict(left, tested, family, Split.OUTSIDE, spread))
    return _assembled(predictions, outside, (Split.OUTSIDE,), resamples)


def default_ranking(evaluation: Evaluation) -> str:
    """`expected` or `low`: by the criterion that the protocol fixed before the first evaluation."""
    name = f"precision at {DECIDING_DEPTH}"
    expected = evaluation.value(Split.STRUCTURE_TYPE, EVERYTHING, CALIBRATED, name)
    low = evaluation.value(Split.STRUCTURE_TYPE, EVERYTHING, LOW, name)
    return "expected" if expected is not None and low is not None and expected > low + TIE else "low"


def winners(evaluation: Evaluation, split: str, family: str) -> tuple[str, ...]:
    """Baselines whose mean absolute error is smaller than that of the calibration, best first."""
    own = evaluation.value(split, family, CALIBRATED, "mean absolute error")
    better = []
    for name in BASELINES:
        value = evaluation.value(split, family, name, "mean absolute error")
        if own is not None and value is not None and value < own:
            better.append((value, name))
    return tuple(name for _, name in sorted(better))


def _key(row: TrainingRow, split: Split) -> str:
    return row.compound if split is Split.COMPOUND else row.structure_type


def _unseen(own: list[TrainingRow], tested: list[TrainingRow], split: Split) -> list[TrainingRow]:
    """Rows that share neither the key of the split nor the compound with any tested row."""
    keys, compounds = {_key(row, split) for row in tested}, {row.compound for row in tested}
    return [row for row in own if _key(row, split) not in keys and row.compound not in compounds]


def _same_compound(one: TrainingRow, other: TrainingRow, names: Collection[str]) -> bool:
    return one.compound in names or dict(one.composition).keys() == dict(other.composition).keys()


def _predict(
    training: list[TrainingRow],
    tested: list[TrainingRow],
    family: Family,
    split: Split,
    xi_spread: Floats | float = 0.0,
) -> list[Prediction]:
    """What every predictor, fitted to the training rows alone, says of the tested rows."""
    seen = [row for row in training if row.tc_k is not None]
    if len(seen) < FEWEST_TRAINED:
        return []
    lam = family.lambda_k_ang2
    model = fit_family(family.name, lam, training)
    share = len(seen) / len(training)
    made = []
    for row, estimate in zip(tested, model.predict([row.features for row in tested], xi_spread), strict=True):
        ceiling = lam / row.features.xi_ceiling_ang**2
        about = (row.id, family.name, row.compound, row.structure_type, row.tc_k)
        made.append(
            Prediction(
                split,
                CALIBRATED,
                *about,
                expected_k=estimate.tc_expected_k,
                low_k=estimate.tc_low_k,
                high_k=estimate.tc_high_k,
                superconducting_probability=estimate.superconducting_probability,
                support=estimate.support,
                ceiling_k=ceiling,
            )
        )
        made.append(Prediction(split, LOW, *about, expected_k=estimate.tc_low_k))
    for name, baseline in BASELINES.items():
        if name == "anion height" and sheet_kind(training[0].features) == "bridged":
            continue
        for row, expected in zip(tested, baseline(seen, tested, lam).tolist(), strict=True):
            about = (row.id, family.name, row.compound, row.structure_type, row.tc_k)
            probability = share if name == "family median" else None
            made.append(
                Prediction(split, name, *about, expected_k=expected, superconducting_probability=probability)
            )
    return made


def _assembled(
    predictions: list[Prediction], rows: Sequence[TrainingRow], splits: Sequence[Split], resamples: int
) -> Evaluation:
    made: list[Score] = []
    families = sorted({one.family for one in predictions})
    for split in splits:
        for family in (*families, EVERYTHING) if len(families) > 1 else families:
            here = [one for one in predictions if one.split == split and family in (one.family, EVERYTHING)]
            made.extend(_scores(here, split, family, resamples))
    reached = {(one.split, one.id) for one in predictions}
    asked = [(str(split), row.id) for split in splits for row in sorted(rows, key=lambda row: row.id)]
    return Evaluation(tuple(predictions), tuple(made), tuple(pair for pair in asked if pair not in reached))


def _scores(here: list[Prediction], split: str, family: str, resamples: int) -> Iterable[Score]:
    by_predictor: dict[str, list[Prediction]] = {}
    for one in here:
        by_predictor.setdefault(one.predictor, []).append(one)
    for predictor, rows in by_predictor.items():
        if len(rows) == len(by_predictor[CALIBRATED]):
            yield from _scores_of(rows, by_predictor[CALIBRATED], split, family, predictor, resamples)


def _scores_of(
    rows: list[Prediction],
    calibrated: list[Prediction],
    split: str,
    family: str,
    predictor: str,
    resamples: int,
) -> Iterable[Score]:
    """Scores of one predictor; `calibrated` holds the calibration's predictions of the same rows."""
    order = {one.id: place for place, one in enumerate(calibrated)}
    rows = sorted(rows, key=lambda one: order[one.id])
    hot = [one for one in rows if one.tc_measured_k is not None]
    table = _Table(split, family, predictor, resamples)
    expected, measured = _column(hot, "expected_k"), _column(hot, "tc_measured_k")
    if predictor != LOW:
        table.add("mean absolute error", "K", scores.mean_absolute_error_k, (expected, measured), hot)
        table.add("rank correlation", "", scores.rank_correlation, (expected, measured), hot)
    if predictor not in (LOW, CALIBRATED):
        own = _column([one for one in calibrated if one.tc_measured_k is not None], "expected_k")
        table.add("error above calibration", "K", _excess_k, (expected, own, measured), hot)
    if predictor == CALIBRATED:
        ends = (_column(hot, "low_k"), _column(hot, "high_k"), measured)
        table.add("coverage of the 80 % interval", "", scores.coverage, ends, hot)
        table.add("envelope share", "", scores.envelope_share, (_column(hot, "ceiling_k"), measured), hot)
    if rows[0].superconducting_probability is not None:
        happened = np.array([one.tc_measured_k is not None for one in rows], dtype=float)
        columns = (_column(rows, "superconducting_probability"), happened)
        table.add("Brier score", "", scores.brier, columns, rows)
    threshold = HOT_K
    if family != EVERYTHING and hot:
        threshold = float(np.percentile(measured, UPPER_QUARTER))
    hits = np.array([(one.tc_measured_k or 0.0) >= threshold for one in rows], dtype=float)
    for depth in DEPTHS:
        at = (np.full(len(rows), depth), _column(rows, "expected_k"), hits)
        table.add(f"precision at {depth}", "", _precision, at, rows)
        table.add(f"enrichment at {depth}", "", _enrichment, at, rows)
    return table.rows


class _Table:
    """Scores of one predictor, each with its interval over the same resamples of compounds."""

    def __init__(self, split: str, family: str, predictor: str, resamples: int) -> None:
        self.about = (split, family, predictor)
        self.resamples = resamples
        self.rows: list[Score] = []
        self._draws: dict[tuple[str, ...], list[Ints]] = {}

    def add(
        self,
        name: str,
        unit: str,
        score: scores.Measure,
        columns: tuple[Floats, ...],
        of: list[Prediction],
    ) -> None:
        """Add one score over columns that belong to the predictions `of`."""
        compounds = tuple(one.compound for one in of)
        if compounds not in self._draws:
            self._draws[compounds] = scores.resamples(compounds, self.resamples)
        value = score(*columns)
        ends = None if value is None else scores.interval(score, columns, self._draws[compounds])
        low, high = ends or (None, None)
        self.rows.append(Score(*self.about, name, unit, value, low, high, len(of), len(set(compounds))))


def _column(rows: list[Prediction], name: str) -> Floats:
    return np.array([getattr(row, name) for row in rows], dtype=float)


def _excess_k(expected: Floats, calibrated: Floats, measured: Floats) -> float | None:
    """How many K the mean absolute error of a baseline lies above that of the calibration."""
    if not len(measured):
        return None
    return float((np.abs(expected - measured) - np.abs(calibrated - measured)).mean())


def _precision(depth: Floats, score: Floats, hits: Floats) -> float | None:
    return scores.precision_at(int(depth[0]), score, hits) if len(depth) else None


def _enrichment(depth: Floats, score: Floats, hits: Floats) -> float | None:
    return scores.enrichment_at(int(depth[0]), score, hits) if len(depth) else None
