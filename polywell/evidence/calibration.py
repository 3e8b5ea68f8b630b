"""Calibrated critical temperatures: T_c = (λ/ξ²)·exp(g(x)), g a Gaussian process of mean zero.

The model, what it was chosen for and how non-superconductors enter is written in
`tables/calibration_protocol.md`, dated before its first evaluation. In short: for each family by itself, g is
learned from measured superconductors; far from them g returns to 0, the estimate to the published relation,
and the interval to its widest. Non-superconductors do not bound T_c from above, since most are undoped
parents with the cages of a superconductor; they enter a separate probability.

Prediction needs numpy only; `polywell.evidence.fitting` makes the table that is read here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from polywell.evidence.features import Features
from polywell.evidence.kernel import CLOSE, TERMS, Floats, coordinates, squared_distances, terms
from polywell.families import Families

QUANTILE_80 = 1.2815515655446004
"""Standard deviations from the median to the edge of the central 80 % of a normal distribution."""
CEILING_SCATTER = 0.1
"""Preparation and doping move the T_c of one structure by this share of its ceiling."""
PRIOR_WEIGHT = 1.0
"""Pseudo-observations, half of them superconducting, that stand before any measured one."""
NEAREST = 3
"""How many measured neighbours an estimate names."""
CHUNK = 4096
"""Candidates whose distances to the training rows are held in memory at once."""
WORDS = (
    (0.8, "close to measured compounds"),
    (0.5, "between measured compounds"),
    (0.0, "far from measured compounds"),
)
"""Least support for each word."""


@dataclass(frozen=True)
class TrainingRow:
    """One measured row: the features of its structure under its pressure, and what was seen.

    `tc_k` is None where nothing was seen. `compound` and `structure_type` are the keys by which rows
    leave together in the evaluation; `composition` gives the shares of the elements.
    """

    id: str
    compound: str
    structure_type: str
    composition: tuple[tuple[str, float], ...]
    features: Features
    tc_k: float | None


@dataclass(frozen=True)
class Neighbour:
    """A measured superconductor most alike: how alike (0-1), its T_c, and measured minus fitted in K."""

    id: str
    similarity: float
    tc_k: float
    residual_k: float


@dataclass(frozen=True)
class CalibratedTc:
    """What the evidence says of one candidate, should it superconduct.

    `tc_expected_k` is the median, `tc_low_k` to `tc_high_k` the central 80 % of the predictive
    distribution; `superconducting_probability` is a share among measured compounds like it; `support` runs
    from 0 (the published relation alone) to 1 and `support_word` says it in words.
    """

    tc_expected_k: float
    tc_low_k: float
    tc_high_k: float
    superconducting_probability: float
    support: float
    support_word: str
    nearest: tuple[Neighbour, ...]


@dataclass(frozen=True)
class FamilyModel:
    """The fitted process of one family: variances of the terms, white noise, and the training rows.

    `variances` are those of `polywell.evidence.kernel.TERMS`, squared logarithms of T_c, as is `noise`;
    `interval_scale` widens the interval to what the training rows ask for (`leave_compound_out`).
    `family_digest` is that of the row of the λ table which it was fitted with; empty where it serves an
    evaluation only.
    """

    family: str
    kind: str
    lambda_k_ang2: float
    variances: tuple[float, ...]
    noise: float
    rows: tuple[TrainingRow, ...]
    interval_scale: float = 1.0
    family_digest: str = ""

    def __post_init__(self) -> None:
        if len(self.variances) != len(TERMS) or min(*self.variances, self.noise, self.interval_scale) <= 0:
            raise ValueError(
                f"{self.family}: expected {len(TERMS)} positive variances, a positive noise and scale, "
                f"got {self.variances}, {self.noise} and {self.interval_scale}"
            )

    @cached_property
    def prior_variance(self) -> float:
        """Variance of g far from all data."""
        return float(sum(self.variances))

    @cached_property
    def superconductors(self) -> tuple[TrainingRow, ...]:
        """The rows that train g."""
        return tuple(row for row in self.rows if row.tc_k is not None)

    @cached_property
    def _places(self) -> list[Floats]:
        return coordinates([row.features for row in self.rows], self.kind)

    @cached_property
    def _seen(self) -> Floats:
        """Rows that superconduct, as a mask."""
        return np.array([row.tc_k is not None for row in self.rows], dtype=float)

    @cached_property
    def _solved(self) -> tuple[Floats, Floats]:
        """Inverse of the lower Cholesky factor of the covariance, and the weights of the rows."""
        target, own = targets(self.superconductors, self.lambda_k_ang2)
        there = [place[self._seen > 0] for place in self._places]
        covariance = self._covariance(squared_distances(there, there))
        factor = np.linalg.cholesky(covariance + np.diag(own + self.noise))
        inverse = np.linalg.inv(factor)
        return inverse, inverse.T @ (inverse @ target)

    @cached_property
    def residuals_k(self) -> Floats:
        """Measured minus fitted T_c in K of the superconducting rows."""
        fitted = self._median(self.superconductors)
        return np.array([row.tc_k for row in self.superconductors], dtype=float) - fitted

    def _median(self, rows: Sequence[TrainingRow]) -> Floats:
        if not rows:
            return np.zeros(0)
        there = [place[self._seen > 0] for place in self._places]
        mean = self._covariance(squared_distances(there, there)) @ self._solved[1]
        published: Floats = self._published([row.features for row in rows]) * np.exp(mean)
        return published

    def _covariance(self, squared: Floats) -> Floats:
        made: Floats = np.einsum("t,tnm->nm", np.array(self.variances), terms(squared))
        return made

    def _published(self, rows: Sequence[Features]) -> Floats:
        heights = np.array([row.xi_ceiling_ang for row in rows], dtype=float)
        return self.lambda_k_ang2 / heights**2

    def leave_compound_out(self) -> Floats:
        """How many standard deviations each superconducting row lies from a prediction without its compound.

        The variances stay; the rows of the compound leave. The standard deviation is that of the interval
        before it is scaled.
        """
        target, own = targets(self.superconductors, self.lambda_k_ang2)
        inverse, solved = self._solved
        precision = inverse.T @ inverse
        compounds = np.array([row.compound for row in self.superconductors])
        away = np.zeros(len(target))
        for compound in sorted(set(compounds.tolist())):
            rows = np.flatnonzero(compounds == compound)
            block = np.linalg.inv(precision[np.ix_(rows, rows)])
            missed = block @ solved[rows]
            remaining = np.maximum(np.diag(block) - own[rows] - self.noise, 0.0)
            mean = target[rows] - missed
            scatter = (CEILING_SCATTER / np.exp(mean)) ** 2
            away[rows] = missed / np.sqrt(remaining + self.noise + scatter)
        return away

    def predict(self, rows: Sequence[Features], xi_spread: Floats | float = 0.0) -> list[CalibratedTc]:
        """Estimates for candidates of this family, in order.

        Args:
            rows: their features.
            xi_spread: relative standard deviation of their ξ, one number or one each; it widens the interval.
        """
        spread = np.broadcast_to(np.asarray(xi_spread, dtype=float), (len(rows),))
        made: list[CalibratedTc] = []
        for start in range(0, len(rows), CHUNK):
            part = slice(start, start + CHUNK)
            made.extend(self._predict(rows[part], spread[part]))
        return made

    def _predict(self, rows: Sequence[Features], spread: Floats) -> list[CalibratedTc]:
        squared = squared_distances(coordinates(rows, self.kind), self._places)
        weights = np.exp(-squared.sum(axis=0) / (2 * CLOSE**2))
        likely = (PRIOR_WEIGHT / 2 + weights @ self._seen) / (PRIOR_WEIGHT + weights.sum(axis=1))
        across = self._covariance(squared[:, :, self._seen > 0])
        inverse, solved = self._solved
        mean = across @ solved
        reduced = np.einsum("nm,nm->n", across @ inverse.T, across @ inverse.T)
        remaining = np.maximum(self.prior_variance - reduced, 0.0)
        own = (CEILING_SCATTER / np.exp(mean)) ** 2
        deviation = np.sqrt((remaining + self.noise + own) * self.interval_scale**2 + (2.0 * spread) ** 2)
        published = self._published(rows)
        expected = published * np.exp(mean)
        low = expected * np.exp(-QUANTILE_80 * deviation)
        high = expected * np.exp(QUANTILE_80 * deviation)
        support = 1.0 - remaining / self.prior_variance
        alike = across / self.prior_variance
        nearest = np.argsort(-alike, axis=1, kind="stable")[:, :NEAREST]
        return [
            CalibratedTc(
                tc_expected_k=float(expected[k]),
                tc_low_k=float(low[k]),
                tc_high_k=float(high[k]),
                superconducting_probability=float(likely[k]),
                support=float(support[k]),
                support_word=_word(float(support[k])),
                nearest=self._neighbours(alike[k], nearest[k].tolist()),
            )
            for k in range(len(rows))
        ]

    def _neighbours(self, alike: Floats, chosen: Sequence[int]) -> tuple[Neighbour, ...]:
        rows = self.superconductors
        return tuple(
            Neighbour(rows[k].id, float(alike[k]), float(rows[k].tc_k or 0.0), float(self.residuals_k[k]))
            for k in chosen
        )


def targets(rows: Sequence[TrainingRow], lambda_k_ang2: float) -> tuple[Floats, Floats]:
    """What g learns from superconducting rows: ln(T_c ξ²/λ), and its variance known in advance."""
    ceilings = np.array([lambda_k_ang2 / row.features.xi_ceiling_ang**2 for row in rows], dtype=float)
    ratio = np.array([row.tc_k for row in rows], dtype=float) / ceilings
    return np.log(ratio), (CEILING_SCATTER / ratio) ** 2


def _word(support: float) -> str:
    return next(word for least, word in WORDS if support >= least or least == 0.0)


@dataclass(frozen=True)
class Calibration:
    """The fitted models of all families, and the digests of what they were made from.

    `digests` names the training data and the tables that they came from; the λ of a family belongs to its
    model.
    """

    models: tuple[FamilyModel, ...]
    algorithm_version: int
    digests: tuple[tuple[str, str], ...]

    @property
    def training_digest(self) -> str:
        """Digest of the rows that the models were fitted to."""
        return dict(self.digests)["training"]

    def why_not(self, family: str, families: Families) -> str | None:
        """Why there is no estimate for candidates of a family; None where there is one.

        An estimate belongs to its family: what other rows of the λ table say does not matter.

        Args:
            family: name of a row of the λ table.
            families: the λ table of the screening.
        """
        model = self.model(family)
        if model is None:
            return f"no measured compound of the family {family} is in the calibration"
        row = next((row for row in families.rows if row.name == family), None)
        if row is None or row.digest != model.family_digest:
            given = "no row" if row is None else f"λ = {row.lambda_k_ang2:g}, or other cages or ions"
            return (
                f"the λ table has {given} for {family}, the calibration was fitted with "
                f"λ = {model.lambda_k_ang2:g}: there is none for this row yet"
            )
        return None

    def model(self, family: str) -> FamilyModel | None:
        """The model of a family; None when no measured row belongs to it."""
        return next((model for model in self.models if model.family == family), None)

    def predict(self, rows: Sequence[Features], xi_spread: Floats | float = 0.0) -> list[CalibratedTc | None]:
        """Estimates for candidates, in order; None for a family that was never measured.

        Args:
            rows: their features.
            xi_spread: relative standard deviation of their ξ, one number or one each; it widens the interval.
        """
        spread = np.broadcast_to(np.asarray(xi_spread, dtype=float), (len(rows),))
        made: list[CalibratedTc | None] = [None] * len(rows)
        for model in self.models:
            own = [k for k, row in enumerate(rows) if row.family == model.family]
            for k, estimate in zip(own, model.predict([rows[k] for k in own], spread[own]), strict=True):
                made[k] = estimate
        return made
