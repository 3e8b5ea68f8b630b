"""Chances that a nickelate exceeds a temperature: under the published λ, λ_eff, and a calibrated model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import NormalDist, fmean, stdev

from scipy.stats import t as student

from polywell.evidence.calibration import Calibration
from polywell.evidence.features import features
from polywell.families import Family
from polywell.proposal.nickelate_claim.cells import Interval
from polywell.proposal.nickelate_claim.data import CLAIM_K
from polywell.proposal.nickelate_claim.measurements import Sighting
from polywell.records import Screening
from polywell.relation import critical_temperature_k

LEAST_OWN = 3
"""Superconducting structures from which a class has a λ_eff of its own; with fewer, all nickelates'."""
QUANTILE_80 = 1.2815515655446004
"""Standard deviations from the median to the edge of the central 80 % of a normal distribution."""

Calibrated = Callable[[Sequence[Screening]], Sequence[Interval | None]]
"""A calibrated model: for each record its median T_c and the central 80 % in K, or None."""


@dataclass(frozen=True)
class EffectiveLambda:
    """λ_eff = T_c·ξ² of a class: geometric mean, standard deviation of its logarithm, range, K·Å²."""

    class_name: str
    structures: int
    median_k_ang2: float
    spread_log: float | None
    lowest_k_ang2: float
    highest_k_ang2: float
    share_of_published: float
    above_published: int


def _best_per_structure(seen: Sequence[Sighting]) -> list[Sighting]:
    """The highest T_c of every structure: the relation speaks of the highest."""
    best: dict[str, Sighting] = {}
    for one in seen:
        held = best.get(one.structure or "")
        if one.structure and (held is None or (one.tc_k or 0.0) > (held.tc_k or 0.0)):
            best[one.structure] = one
    return list(best.values())


def effective_lambdas(seen: Sequence[Sighting], family: Family) -> tuple[EffectiveLambda, ...]:
    """λ_eff of all nickelates and of each class, from the best T_c of every structure."""
    best = _best_per_structure(seen)
    groups = {"all": best}
    for one in best:
        groups.setdefault(one.class_name, []).append(one)
    return tuple(
        _lambda_of(name, [one.lambda_k_ang2 or 0.0 for one in groups[name]], family)
        for name in ("all", *sorted(set(groups) - {"all"}))
    )


def _lambda_of(name: str, values: Sequence[float], family: Family) -> EffectiveLambda:
    logs = [log(value) for value in values]
    return EffectiveLambda(
        class_name=name,
        structures=len(values),
        median_k_ang2=exp(fmean(logs)),
        spread_log=stdev(logs) if len(logs) > 1 else None,
        lowest_k_ang2=min(values),
        highest_k_ang2=max(values),
        share_of_published=exp(fmean(logs)) / family.lambda_k_ang2,
        above_published=sum(value > family.lambda_k_ang2 for value in values),
    )


def effective_for(class_name: str, effective: Sequence[EffectiveLambda]) -> EffectiveLambda:
    """The λ_eff that speaks for a class: its own from `LEAST_OWN` structures on, else that of all."""
    own = next((row for row in effective if row.class_name == class_name), None)
    return own if own is not None and own.structures >= LEAST_OWN else effective[0]


def exceeds_under_published(xi_ang: float, family: Family, limit_k: float = CLAIM_K) -> float:
    """Probability that λ/ξ² exceeds a temperature, λ normal with the published value and spread."""
    needed = limit_k * xi_ang**2
    if family.spread_k_ang2 == 0:
        return float(family.lambda_k_ang2 > needed)
    return 1.0 - NormalDist(family.lambda_k_ang2, family.spread_k_ang2).cdf(needed)


def exceeds_under_effective(xi_ang: float, row: EffectiveLambda, limit_k: float = CLAIM_K) -> float | None:
    """Probability that one more compound exceeds a temperature, ln λ predicted from those measured.

    Student's t with n - 1 degrees of freedom, the spread widened by √(1 + 1/n); None for a single structure.
    """
    if row.spread_log is None:
        return None
    width = row.spread_log * sqrt(1 + 1 / row.structures)
    away = (log(limit_k * xi_ang**2) - log(row.median_k_ang2)) / width if width else float("inf")
    return float(student.sf(away, row.structures - 1))


def exceeds_under_interval(interval: Interval, limit_k: float = CLAIM_K) -> float:
    """Probability that a calibrated T_c exceeds a temperature, its logarithm being normal."""
    deviation = log(interval.high_k / interval.low_k) / (2 * QUANTILE_80)
    return 1.0 - NormalDist(log(interval.expected_k), deviation).cdf(log(limit_k))


def effective_quantile_k(xi_ang: float, row: EffectiveLambda, share: float) -> float | None:
    """Quantile in K of T_c under λ_eff, one more compound of the class at this height."""
    if row.spread_log is None:
        return None
    width = row.spread_log * sqrt(1 + 1 / row.structures)
    lam = exp(log(row.median_k_ang2) + float(student.ppf(share, row.structures - 1)) * width)
    return critical_temperature_k(xi_ang, lam)


def calibrated_intervals(calibration: Calibration) -> Calibrated:
    """A calibrated model as `weigh` takes it.

    Args:
        calibration: the fitted model, such as `polywell.evidence.calibration_table.built_in_calibration()`.
    """

    def predict(records: Sequence[Screening]) -> list[Interval | None]:
        rows = [features(record) for record in records]
        return [
            None if one is None else Interval(one.tc_expected_k, one.tc_low_k, one.tc_high_k)
            for one in calibration.predict(rows)
        ]

    return predict
