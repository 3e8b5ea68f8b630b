"""How far to believe the calibration: predictions of rows that it never saw, beside those of baselines.

The splits and the scores stand in `tables/calibration_protocol.md`. Nothing that predicts a row was fitted
to a row of the same fold: not the trees, not a median. Its interval comes from what other folds missed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import median

import numpy as np

from polywell.evidence.calibration import TrainingRow
from polywell.evidence.evaluation.baselines import BASELINES
from polywell.evidence.fitting import (
    FOLDS,
    Unseen,
    beats_base_rate,
    columns_of,
    fit_family,
    fit_odds,
    fit_trees,
    fold_of,
    folds_of,
    interval_of,
    labelled,
    odds_unseen,
    scale_of,
    strengths_of,
    superconducting,
    unseen,
)
from polywell.evidence.model.family import FamilyModel, probability
from polywell.families import Families, Family

CALIBRATED = "calibrated"
CONSTANT = "constant"
"""The median T_c of all families' training rows."""
FEWEST_TRAINED = 3
"""A row is predicted only when at least this many superconducting rows of its family remain to learn from."""


class Split(StrEnum):
    """Which rows leave together with the tested one."""

    COMPOUND = "compound"
    SYSTEM = "chemical system"
    BASE = "base element set"
    STRUCTURE_TYPE = "structure type"
    OUTSIDE = "outside data"


WITHIN = (Split.COMPOUND, Split.SYSTEM, Split.BASE, Split.STRUCTURE_TYPE)
"""Splits of the training rows themselves."""

KEYS: Mapping[Split, Callable[[TrainingRow], str]] = {
    Split.COMPOUND: lambda row: row.compound,
    Split.SYSTEM: lambda row: row.system,
    Split.BASE: lambda row: row.base,
    Split.STRUCTURE_TYPE: lambda row: row.structure_type,
}


@dataclass(frozen=True)
class Prediction:
    """What one predictor said of one row, never having seen its key.

    Temperatures in K. `tc_measured_k` is None for a measured non-superconductor; interval, probability and
    support are None for predictors without them. `seen` says of a row from outside what the training rows
    hold of it: its composition, its chemical system, or nothing.
    """

    split: str
    predictor: str
    id: str
    family: str
    compound: str
    system: str
    structure_type: str
    tc_measured_k: float | None
    expected_k: float
    low_k: float | None = None
    high_k: float | None = None
    superconducting_probability: float | None = None
    support: float | None = None
    ceiling_k: float | None = None
    seen: str = ""


@dataclass(frozen=True)
class Predicted:
    """Predictions of one evaluation, and splits and ids of rows that too few others were left to predict."""

    predictions: tuple[Prediction, ...]
    unpredicted: tuple[tuple[str, str], ...]


def predict_unseen(
    rows: Sequence[TrainingRow], families: Families, splits: Sequence[Split] = WITHIN
) -> Predicted:
    """Every row by models that saw no row of its fold, the folds being whole keys of each split.

    Args:
        rows: measured rows of all families.
        families: the λ table.
        splits: which evaluations to run.
    """
    predictions: list[Prediction] = []
    for family in families.rows:
        own = sorted((row for row in rows if row.family == family.name), key=lambda row: row.id)
        if len(superconducting(own)) < FEWEST_TRAINED:
            continue
        others = [row for row in superconducting(rows) if row.family != family.name]
        model = fit_trees(own, family)
        known = {
            split: unseen(own, family, [KEYS[split](row) for row in own])
            for split in dict.fromkeys((Split.SYSTEM, Split.COMPOUND, *splits))
        }
        scale = scale_of(own, known[Split.SYSTEM])
        model = replace(model, neighbourhood=replace(model.neighbourhood, scale=scale))
        likely = _likely(own, family, splits)
        for split in splits:
            predictions.extend(_of_split(own, others, family, split, model, known, likely[split]))
    return _tested(predictions, rows, splits)


def _of_split(
    own: Sequence[TrainingRow],
    others: Sequence[TrainingRow],
    family: Family,
    split: Split,
    model: FamilyModel,
    known: Mapping[Split, Unseen],
    likely: Mapping[str, float],
) -> Iterator[Prediction]:
    folds = folds_of([KEYS[split](row) for row in own])
    for fold in range(FOLDS):
        at, rest = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        tested, kept = [own[k] for k in at.tolist()], [own[k] for k in rest.tolist()]
        if not tested or len(superconducting(kept)) < FEWEST_TRAINED:
            continue
        missed = [
            Unseen(one.predicted[rest], one.distance[rest])
            for one in (known[Split.SYSTEM], known[Split.COMPOUND])
        ]
        interval = interval_of(model, kept, missed)
        expected = known[split].predicted[at]
        support = model.neighbourhood.support(known[split].distance[at])
        low, high = interval.ends(expected, support)
        for k, row in enumerate(tested):
            yield _prediction(
                split,
                CALIBRATED,
                row,
                family,
                expected_k=float(expected[k]),
                low_k=float(low[k]),
                high_k=float(high[k]),
                superconducting_probability=likely.get(row.id),
                support=float(support[k]),
            )
        yield from _by_baselines(kept, others, tested, family, split)


def _likely(
    own: Sequence[TrainingRow], family: Family, splits: Sequence[Split]
) -> dict[Split, dict[str, float]]:
    """Probabilities of rows whose key was not seen, for each split; none where they miss the base rate."""
    likely: dict[Split, dict[str, float]] = {split: {} for split in splits}
    given = labelled(own, family.metal)
    if given.happened.all() or not given.happened.any():
        return likely
    columns = columns_of(superconducting(own))
    by_system = odds_unseen(given, family, columns, folds_of(given.systems))
    strengths = strengths_of(by_system, given)
    if not beats_base_rate(by_system, strengths, given):
        return likely
    built = [one for one, real in zip(given.systems, given.measured, strict=True) if not real]
    for split in splits:
        odds = by_system
        if split is not Split.SYSTEM:
            keys = [*(KEYS[split](row) for row in own), *built]
            odds = odds_unseen(given, family, columns, folds_of(keys))
        made = probability(odds, *strengths)
        likely[split] = {row.id: float(value) for row, value in zip(own, made, strict=False)}
    return likely


def predict_against(
    training: Sequence[TrainingRow],
    outside: Sequence[TrainingRow],
    families: Families,
    xi_spread: Mapping[str, float] | None = None,
) -> Predicted:
    """Rows from elsewhere, each predicted by a model that saw no row of its chemical system.

    Args:
        training: measured rows that the calibration may learn from.
        outside: rows to predict; only their materials are used for that.
        families: the λ table.
        xi_spread: relative standard deviation of ξ of rows from outside by id; 0 where it is not given.
    """
    predictions: list[Prediction] = []
    for family in families.rows:
        own = sorted((row for row in training if row.family == family.name), key=lambda row: row.id)
        asked = sorted((row for row in outside if row.family == family.name), key=lambda row: row.id)
        if not asked or len(superconducting(own)) < FEWEST_TRAINED:
            continue
        others = [row for row in superconducting(training) if row.family != family.name]
        full = fit_family(own, family)
        systems, compositions = {row.system for row in own}, {row.material.amounts for row in own}
        parts: dict[int | None, list[TrainingRow]] = {}
        for row in asked:
            parts.setdefault(fold_of(row.system) if row.system in systems else None, []).append(row)
        for fold, tested in parts.items():
            kept = [row for row in own if fold is None or fold_of(row.system) != fold]
            if len(superconducting(kept)) < FEWEST_TRAINED:
                continue
            model = full if fold is None else _with_tables_of(full, kept, family)
            spread = np.array([(xi_spread or {}).get(row.id, 0.0) for row in tested], dtype=float)
            for row, said in zip(
                tested, model.predict([row.material for row in tested], spread), strict=True
            ):
                known = "composition" if row.material.amounts in compositions else "chemical system"
                made = _prediction(
                    Split.OUTSIDE,
                    CALIBRATED,
                    row,
                    family,
                    expected_k=said.tc_expected_k,
                    low_k=said.tc_low_k,
                    high_k=said.tc_high_k,
                    superconducting_probability=said.superconducting_probability,
                    support=said.support,
                )
                predictions.append(replace(made, seen="nothing" if fold is None else known))
            predictions.extend(_by_baselines(kept, others, tested, family, Split.OUTSIDE))
    return _tested(predictions, outside, (Split.OUTSIDE,))


def _with_tables_of(full: FamilyModel, kept: Sequence[TrainingRow], family: Family) -> FamilyModel:
    """The model fitted to the rows that are left, with the intervals and the scale of the whole one."""
    model = fit_trees(kept, family)
    odds = None if full.odds is None else fit_odds(kept, family, model.columns)
    return replace(
        model,
        interval=full.interval,
        best_interval=full.best_interval,
        odds=odds,
        neighbourhood=replace(model.neighbourhood, scale=full.neighbourhood.scale),
    )


def _by_baselines(
    kept: Sequence[TrainingRow],
    others: Sequence[TrainingRow],
    tested: Sequence[TrainingRow],
    family: Family,
    split: Split,
) -> Iterator[Prediction]:
    hot = superconducting(kept)
    everything = median([row.tc_k for row in (*hot, *others) if row.tc_k is not None])
    for row in tested:
        yield _prediction(split, CONSTANT, row, family, expected_k=float(everything))
    capped = hot[0].material.features.anion_height_ang is not None
    for name, baseline in BASELINES.items():
        if name != "anion height" or capped:
            for row, expected in zip(tested, baseline(hot, tested, family).tolist(), strict=True):
                yield _prediction(split, name, row, family, expected_k=expected)


def _prediction(
    split: Split,
    predictor: str,
    row: TrainingRow,
    family: Family,
    *,
    expected_k: float,
    low_k: float | None = None,
    high_k: float | None = None,
    superconducting_probability: float | None = None,
    support: float | None = None,
) -> Prediction:
    return Prediction(
        split,
        predictor,
        row.id,
        family.name,
        row.compound,
        row.system,
        row.structure_type,
        row.tc_k,
        expected_k,
        low_k,
        high_k,
        superconducting_probability,
        support,
        family.lambda_k_ang2 / row.material.features.xi_ceiling_ang**2,
    )


def _tested(
    predictions: Sequence[Prediction], rows: Sequence[TrainingRow], splits: Sequence[Split]
) -> Predicted:
    reached = {(one.split, one.id) for one in predictions}
    asked = [(str(split), row.id) for split in splits for row in sorted(rows, key=lambda row: row.id)]
    return Predicted(tuple(predictions), tuple(pair for pair in asked if pair not in reached))
