"""Fitting the calibration: boosted trees by scikit-learn, intervals from rows that were not seen.

Deterministic: fixed seeds, one thread, folds by the digest of their key. Everything fixed in advance is
written in `tables/calibration_protocol.md`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from sklearn.ensemble import (  # type: ignore[import-untyped]
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from polywell import ALGORITHM_VERSION
from polywell.evidence.calibration import Calibration, TrainingRow
from polywell.evidence.model.family import FamilyModel, Odds, probability
from polywell.evidence.model.inputs import Batch, batch_of, cage_columns, formula_columns, inputs
from polywell.evidence.model.intervals import Intervals, intervals
from polywell.evidence.model.material import Material
from polywell.evidence.model.neighbours import Neighbourhood, known_row, thinned
from polywell.evidence.model.parents import parents_of
from polywell.evidence.model.routes import elements_of_routes
from polywell.evidence.model.trees import Bools, Floats, Ints, Trees, trees_of
from polywell.families import Families, Family

FOLDS = 5
TC_TREES: dict[str, Any] = {
    "max_iter": 200,
    "learning_rate": 0.07,
    "max_leaf_nodes": 31,
    "max_depth": 9,
    "min_samples_leaf": 5,
    "l2_regularization": 1.0,
    "max_features": 0.3,
    "random_state": 0,
    "early_stopping": False,
}
ODDS_TREES: dict[str, Any] = {
    "max_iter": 80,
    "learning_rate": 0.08,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 5,
    "l2_regularization": 5.0,
    "max_features": 0.5,
    "random_state": 0,
    "early_stopping": False,
}
ELEMENT_ROWS = 8
"""An element has a column of its own when it stands in as many rows."""
FEWEST_NEGATIVES = 10
"""With fewer rows without superconductivity there is no probability."""
LEAST_AREA = 0.6
BASE_BRIER = 0.25
"""Of a probability of one half, where superconductors and others weigh alike."""
STRENGTHS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
"""By which log-odds may be multiplied so that they are not bolder than outside, each sign by itself."""
LEAST_SCALE = 0.05
"""Support does not fall faster than over this distance."""
SERIES = 3
"""A series tells of its best doping when it has at least so many rows."""


def fold_of(key: str) -> int:
    """The fold of a key, the same on every machine."""
    return int(hashlib.sha256(key.encode()).hexdigest(), 16) % FOLDS


def folds_of(keys: Iterable[str]) -> Ints:
    """The fold of each key."""
    return np.array([fold_of(key) for key in keys], dtype=np.int64)


@dataclass(frozen=True)
class Unseen:
    """What rows were predicted to be by models that had not seen their keys, each in order.

    Temperatures in K; `distance` is that to the nearest row which the model had seen.
    """

    predicted: Floats
    distance: Floats


def fit(
    training: Sequence[TrainingRow], families: Families, digests: Iterable[tuple[str, str]] = ()
) -> Calibration:
    """Fit the calibration of every family of the λ table that has a superconducting row.

    Args:
        training: measured rows of all families.
        families: the λ table.
        digests: names and digests of what the rows were made from, kept in the result.

    Raises:
        ValueError: a row's family is not in the λ table, or a row stands twice.
    """
    known = {row.name: row for row in families.rows}
    often = Counter(row.id for row in training)
    for row in training:
        if row.family not in known or often[row.id] > 1:
            raise ValueError(
                f"training row {row.id!r} of family {row.family!r}: expected each row once, and "
                f"one of {', '.join(known)}"
            )
    models = []
    for name, family in known.items():
        own = sorted((row for row in training if row.family == name), key=lambda row: row.id)
        if any(row.tc_k is not None for row in own):
            models.append(replace(fit_family(own, family), family_digest=family.digest))
    return Calibration(tuple(models), ALGORITHM_VERSION, tuple(digests))


def fit_family(rows: Sequence[TrainingRow], family: Family) -> FamilyModel:
    """Fit the model of one family to its measured rows, with intervals from rows that it did not see.

    Raises:
        ValueError: no row superconducts.
    """
    if not superconducting(rows):
        raise ValueError(f"family {family.name!r}: no superconducting training row; expected at least one")
    model = fit_trees(rows, family)
    by_system = unseen(rows, family, [row.system for row in rows])
    by_compound = unseen(rows, family, [row.compound for row in rows])
    scale = scale_of(rows, by_system)
    model = replace(model, neighbourhood=replace(model.neighbourhood, scale=scale))
    return replace(
        model,
        interval=interval_of(model, rows, (by_system, by_compound)),
        best_interval=best_interval_of(rows, family, model),
        odds=fit_odds(rows, family, model.columns),
    )


def short(value: float) -> float:
    """Six digits: more would differ from machine to machine."""
    return float(f"{value:.6g}")


def superconducting(rows: Sequence[TrainingRow]) -> list[TrainingRow]:
    """The rows that train T_c."""
    return [row for row in rows if row.tc_k is not None]


def measured_tc_k(rows: Sequence[TrainingRow]) -> Floats:
    """Measured T_c in K (N,) of superconducting rows."""
    return np.array([row.tc_k for row in rows], dtype=np.float64)


def columns_of(rows: Sequence[TrainingRow]) -> tuple[str, ...]:
    """The inputs of a family: those of every material, and the elements that stand in enough rows."""
    often = Counter(symbol for row in rows for symbol, _ in row.material.amounts)
    elements = sorted(symbol for symbol, count in often.items() if count >= ELEMENT_ROWS)
    return (*formula_columns(elements), *cage_columns())


def fit_trees(
    rows: Sequence[TrainingRow], family: Family, columns: Sequence[str] | None = None
) -> FamilyModel:
    """The model of a family without intervals, probability or the scale of its support.

    Args:
        rows: measured rows of the family, one at least superconducting.
        family: its row of the λ table.
        columns: inputs in place of `columns_of`.
    """
    hot = superconducting(rows)
    names = tuple(columns or columns_of(hot))
    batch = _batch(hot, family)
    measured = measured_tc_k(hot)
    with threadpool_limits(1):
        # one thread: sums come out the same on every machine
        fitted = HistGradientBoostingRegressor(**TC_TREES).fit(_filled(inputs(batch, names)), measured)
    trees = trees_of(fitted)
    made = np.maximum(trees.predict(inputs(batch, names)), 0.0)
    residuals = dict(zip([row.id for row in hot], measured - made, strict=True))
    known = [known_row(row.id, row.tc_k, residuals.get(row.id, 0.0), row.material) for row in rows]
    nothing = Intervals((0.0, 1.0), (), (), 0)
    return FamilyModel(
        family=family.name,
        metal=family.metal,
        lambda_k_ang2=family.lambda_k_ang2,
        family_digest="",
        columns=names,
        tc=trees,
        odds=None,
        interval=nothing,
        best_interval=nothing,
        neighbourhood=Neighbourhood(thinned(known, [row.compound for row in rows]), 1.0),
        rows=len(rows),
        superconducting=len(hot),
    )


def _filled(given: Floats) -> Floats:
    """The same inputs; a column without any value, which scikit-learn refuses, is 0."""
    return np.where(np.isnan(given).all(axis=0), 0.0, given)


def without_each_fold(
    rows: Sequence[TrainingRow], keys: Sequence[str]
) -> Iterator[tuple[list[TrainingRow], list[TrainingRow]]]:
    """For each fold of the keys the rows that stay, and those that leave."""
    folds = folds_of(keys)
    for fold in range(FOLDS):
        tested = [row for row, own in zip(rows, folds, strict=True) if own == fold]
        if tested:
            kept = [row for row, own in zip(rows, folds, strict=True) if own != fold]
            yield kept, tested


def unseen(rows: Sequence[TrainingRow], family: Family, keys: Sequence[str]) -> Unseen:
    """Predictions of all rows, each by a model that saw no row of the fold of its key.

    A fold that leaves no superconductor is predicted as 0 K, infinitely far away.
    """
    place = {row.id: k for k, row in enumerate(rows)}
    predicted, distance = np.zeros(len(rows)), np.full(len(rows), np.inf)
    for kept, tested in without_each_fold(rows, keys):
        if superconducting(kept):
            model = fit_trees(kept, family)
            at = [place[row.id] for row in tested]
            predicted[at] = model.tc_k(_batch(tested, family))
            distance[at] = model.neighbourhood.nearest([row.material for row in tested], 1)[0]
    return Unseen(predicted, distance)


def scale_of(rows: Sequence[TrainingRow], by_system: Unseen) -> float:
    """Where support falls to exp(-1/2): the distance of the median superconductor of an unseen system."""
    away = by_system.distance[[row.tc_k is not None for row in rows]]
    away = away[np.isfinite(away)]
    return short(max(float(np.median(away)), LEAST_SCALE)) if len(away) else 1.0


def interval_of(model: FamilyModel, rows: Sequence[TrainingRow], given: Sequence[Unseen]) -> Intervals:
    """The interval of T_c as written, from what several ways of leaving rows out missed.

    Args:
        model: whose support tells near rows from far ones.
        rows: of the family; those without superconductivity are passed over.
        given: predictions of all these rows, one for each way.
    """
    at = np.flatnonzero([row.tc_k is not None for row in rows])
    measured = measured_tc_k([rows[k] for k in at.tolist()])
    predicted = np.concatenate([one.predicted[at] for one in given])
    support = model.neighbourhood.support(np.concatenate([one.distance[at] for one in given]))
    systems = [rows[k].system for k in at.tolist()] * len(given)
    return intervals(
        predicted, support, np.tile(measured, len(given)) - predicted, systems, float(measured.max())
    )


def _batch(rows: Sequence[TrainingRow], family: Family) -> Batch:
    return batch_of([row.material for row in rows], family.lambda_k_ang2, elements_of_routes(family.name))


def best_interval_of(
    rows: Sequence[TrainingRow], family: Family, model: FamilyModel, before: int | None = None
) -> Intervals:
    """The interval of T_c at the best doping: what the best of a series lay above the answer for its parent.

    A series is a base element set of one structure type; its parent is the row with the fewest elements, of
    these the one nearest to the middle of the valences of the series' rows without dopants.
    Of the dopings those known before a year alone are tried, if one is given.
    """
    predicted: list[float] = []
    distance: list[float] = []
    residuals: list[float] = []
    systems: list[str] = []
    for kept, tested in without_each_fold(rows, [row.base for row in rows]):
        series: dict[tuple[str, str], list[TrainingRow]] = {}
        for row in superconducting(tested):
            series.setdefault((row.base, row.structure_type), []).append(row)
        long = [own for own in series.values() if len(own) >= SERIES]
        if not long or not superconducting(kept):
            continue
        own_model = fit_trees(kept, family)
        parents = [min(own, key=parenthood) for own in long]
        best, _, _ = own_model.best_tc_k(_batch(parents, family), before=before)
        predicted.extend(best.tolist())
        distance.extend(own_model.neighbourhood.nearest([one.material for one in parents], 1)[0].tolist())
        residuals.extend(max(measured_tc_k(own)) - value for own, value in zip(long, best, strict=True))
        systems.extend(one.base for one in parents)
    support = model.neighbourhood.support(np.array(distance))
    highest = max(measured_tc_k(superconducting(rows)))
    return intervals(np.array(predicted), support, np.array(residuals), systems, float(highest))


def parenthood(row: TrainingRow) -> tuple[int, float, str]:
    """Smaller for what is nearer to an undoped parent: few elements, a valence near a whole number."""
    electrons = row.material.electrons
    away = 1.0 if electrons is None else abs(electrons.middle - round(electrons.middle))
    return len(row.material.amounts), away, row.id


@dataclass(frozen=True)
class Labelled:
    """Rows of a family with those that are known not to superconduct: measured ones, and built parents."""

    materials: tuple[Material, ...]
    systems: tuple[str, ...]
    happened: Floats
    measured: Bools
    weights: Floats


def labelled(rows: Sequence[TrainingRow], metal: str) -> Labelled:
    """What the probability to superconduct learns from; both kinds of rows weigh alike together."""
    measured = {row.material.amounts for row in rows}
    built: dict[tuple[tuple[str, float], ...], Material] = {}
    for row in rows:
        for parent in parents_of(row.material, metal):
            if parent.amounts not in measured:
                built.setdefault(parent.amounts, parent)
    materials = (*(row.material for row in rows), *built.values())
    systems = (*(row.system for row in rows), *(_system(one, metal) for one in built.values()))
    happened = np.array([float(row.tc_k is not None) for row in rows] + [0.0] * len(built))
    share = max(float(happened.mean()), 1e-9) if len(happened) else 0.5
    weights = np.where(happened > 0, 0.5 / share, 0.5 / max(1.0 - share, 1e-9))
    return Labelled(materials, systems, happened, np.arange(len(materials)) < len(rows), weights)


def _system(material: Material, metal: str) -> str:
    return "-".join(sorted({metal, *(symbol for symbol, _ in material.amounts)} - {"O"}))


def odds_unseen(given: Labelled, family: Family, columns: Sequence[str], folds: Ints) -> Floats:
    """Log-odds of superconducting, each by a model that saw no row of its fold; 0 where there was none."""
    made = np.zeros(len(given.materials))
    for fold in range(FOLDS):
        kept, tested = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        if len(tested) and len(set(given.happened[kept].tolist())) > 1:
            trees = _odds_trees(given, family, columns, kept)
            made[tested] = trees.predict(inputs(_part(given, family, tested), columns))
    return made


def fit_odds(rows: Sequence[TrainingRow], family: Family, columns: Sequence[str]) -> Odds | None:
    """The probability to superconduct; None where it does no better than the base rate on unseen systems."""
    given = labelled(rows, family.metal)
    if (given.happened == 0).sum() < FEWEST_NEGATIVES:
        return None
    outside = odds_unseen(given, family, columns, folds_of(given.systems))
    strengths = strengths_of(outside, given)
    if not beats_base_rate(outside, strengths, given):
        return None
    everything = np.arange(len(given.materials))
    return Odds(_odds_trees(given, family, columns, everything), *strengths)


def strengths_of(log_odds: Floats, given: Labelled) -> tuple[float, float]:
    """By what to multiply negative and positive log-odds so that the logarithmic loss outside is smallest."""

    def loss(strengths: tuple[float, float]) -> float:
        said = np.clip(probability(log_odds, *strengths), 1e-6, 1 - 1e-6)
        right = np.where(given.happened > 0, said, 1 - said)
        return float(np.average(-np.log(right), weights=given.weights))

    return min(product(STRENGTHS, STRENGTHS), key=loss)


def beats_base_rate(log_odds: Floats, strengths: tuple[float, float], given: Labelled) -> bool:
    """Whether the probability has earned its place on rows that it did not see."""
    area = roc_auc_score(given.happened, log_odds, sample_weight=given.weights)
    missed = np.average((probability(log_odds, *strengths) - given.happened) ** 2, weights=given.weights)
    return bool(area > LEAST_AREA and missed < BASE_BRIER)


def _part(given: Labelled, family: Family, rows: Ints) -> Batch:
    materials = [given.materials[k] for k in rows.tolist()]
    return batch_of(materials, family.lambda_k_ang2, elements_of_routes(family.name))


def _odds_trees(given: Labelled, family: Family, columns: Sequence[str], rows: Ints) -> Trees:
    with threadpool_limits(1):
        fitted = HistGradientBoostingClassifier(**ODDS_TREES).fit(
            _filled(inputs(_part(given, family, rows), columns)),
            given.happened[rows],
            sample_weight=given.weights[rows],
        )
    return trees_of(fitted)
