"""Chances that a nickelate exceeds a temperature: under the published λ, λ_eff, and a calibrated model."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log, sqrt
from statistics import NormalDist, fmean, stdev

from scipy.stats import t as student

from polywell.evidence.calibration import Calibration
from polywell.evidence.model.family import QUANTILE_80
from polywell.evidence.model.material import material_of
from polywell.families import Family
from polywell.proposal.nickelate_claim.cells import Calibrated, Interval
from polywell.proposal.nickelate_claim.data import CLAIM_K
from polywell.proposal.rows import Row
from polywell.records import Screening
from polywell.relation import critical_temperature_k

LEAST_OWN = 3
"""Superconducting structures from which a class has a λ_eff of its own; with fewer, all nickelates'."""


def effective_lambdas(seen: Sequence[Row], family: Family) -> tuple[Row, ...]:
    """λ_eff = T_c·ξ² in K·Å² of all nickelates and of each class, from the best T_c of every structure.

    The best, as the relation speaks of the highest; `seen` begins with it. Each is a geometric mean with the
    standard deviation of its logarithm and its range.
    """
    best: dict[str, Row] = {}
    for one in seen:
        if one.structure:
            best.setdefault(one.structure, one)
    groups: dict[str, list[float]] = {"all": []}
    for one in best.values():
        for name in ("all", one.class_name):
            groups.setdefault(name, []).append(one.lambda_k_ang2 or 0.0)
    rows = []
    for name in ("all", *sorted(set(groups) - {"all"})):
        values = groups[name]
        logs = [log(value) for value in values]
        rows.append(
            Row(
                class_name=name,
                structures=len(values),
                median_k_ang2=exp(fmean(logs)),
                spread_log=stdev(logs) if len(logs) > 1 else None,
                lowest_k_ang2=min(values),
                highest_k_ang2=max(values),
                share_of_published=exp(fmean(logs)) / family.lambda_k_ang2,
                above_published=sum(value > family.lambda_k_ang2 for value in values),
            )
        )
    return tuple(rows)


def effective_for(class_name: str, effective: Sequence[Row]) -> Row:
    """The λ_eff that speaks for a class: its own from `LEAST_OWN` structures on, else that of all."""
    own = next((row for row in effective if row.class_name == class_name), None)
    return own if own is not None and own.structures >= LEAST_OWN else effective[0]


def exceeds_under_published(xi_ang: float, family: Family) -> float:
    """Probability that λ/ξ² exceeds the claim, λ normal with the published value and spread."""
    needed = CLAIM_K * xi_ang**2
    if family.spread_k_ang2 == 0:
        return float(family.lambda_k_ang2 > needed)
    return 1.0 - NormalDist(family.lambda_k_ang2, family.spread_k_ang2).cdf(needed)


def exceeds_under_effective(xi_ang: float, row: Row) -> float | None:
    """Probability that one more compound exceeds the claim, ln λ predicted from those measured.

    Student's t with n - 1 degrees of freedom, the spread widened by √(1 + 1/n); None for a single structure.
    """
    if row.spread_log is None:
        return None
    width = row.spread_log * sqrt(1 + 1 / row.structures)
    away = (log(CLAIM_K * xi_ang**2) - log(row.median_k_ang2)) / width if width else float("inf")
    return float(student.sf(away, row.structures - 1))


def effective_quantile_k(xi_ang: float, row: Row, share: float) -> float | None:
    """Quantile in K of T_c at this height under the same distribution."""
    if row.spread_log is None:
        return None
    width = row.spread_log * sqrt(1 + 1 / row.structures)
    lam = exp(log(row.median_k_ang2) + float(student.ppf(share, row.structures - 1)) * width)
    return critical_temperature_k(xi_ang, lam)


def exceeds_under_interval(interval: Interval) -> float:
    """Probability that a calibrated T_c exceeds the claim, normal on either side of the expected one."""
    above = CLAIM_K > interval.expected_k
    reach = interval.high_k - interval.expected_k if above else interval.expected_k - interval.low_k
    if reach <= 0:
        return float(not above)
    return 1.0 - NormalDist(interval.expected_k, reach / QUANTILE_80).cdf(CLAIM_K)


def calibrated_intervals(calibration: Calibration) -> Calibrated:
    """A calibrated model as `weigh` takes it, from a fitted one."""

    def predict(records: Sequence[Screening]) -> list[Interval | None]:
        found = calibration.predict([material_of(record) for record in records])
        return [
            None if one is None else Interval(one.tc_expected_k, one.tc_low_k, one.tc_high_k) for one in found
        ]

    return predict
