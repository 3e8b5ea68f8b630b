"""Classes of nickelates side by side: chances to exceed the claim, and heights that temperatures ask for."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log, sqrt
from statistics import NormalDist, fmean, stdev

from scipy.stats import t as student

from polywell.evidence.model.family import QUANTILE_80
from polywell.families import Family
from polywell.pressure.compression import pressure_for_gpa
from polywell.proposal.nickelate_claim.cells import by_height, summed_up
from polywell.proposal.nickelate_claim.data import CLAIM_K
from polywell.proposal.rows import Row
from polywell.relation import critical_temperature_k, height_for_ang

TARGETS_K = (77.0, 100.0, 134.0, 164.0, 293.0)
"""Boiling nitrogen, the claim, the cuprate record at ambient pressure and under it, and a warm room."""
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


def exceeds_under_interval(interval: Row) -> float:
    """Probability that a calibrated T_c exceeds the claim, normal on either side of the expected one."""
    above = CLAIM_K > interval.expected_k
    reach = interval.high_k - interval.expected_k if above else interval.expected_k - interval.low_k
    if reach <= 0:
        return float(not above)
    return 1.0 - NormalDist(interval.expected_k, reach / QUANTILE_80).cdf(CLAIM_K)


def class_rows(
    cells: Sequence[Row],
    sightings: Sequence[Row],
    effective: Sequence[Row],
    smallest: Sequence[Row],
    family: Family,
) -> tuple[Row, ...]:
    """One row for each class of the measured cells, by name.

    It sums up its cells, and says what the relation and λ_eff make of the smallest one, and the chances above
    the claim. `p_…` are probabilities for one more compound at `xi_smallest_ang`, `p_…_allowed` at
    `xi_allowed_ang`, the smallest ξ that ions and pressures used so far allow. Intervals of λ_eff hold 80 %.
    """
    floors = {row.class_name: row.pressed_used_ang for row in smallest}
    made = []
    for name in sorted({cell.class_name for cell in cells}):
        members = [cell for cell in cells if cell.class_name == name]
        seen = [one for one in sightings if one.class_name == name and one.superconducting]
        speaks, summed = effective_for(name, effective), summed_up(members)
        xi = summed["xi_smallest_ang"]
        allowed = min(floors[name], xi) if name in floors else None
        asked = [cell for cell in members if cell.calibrated]
        likeliest = max(asked, key=lambda cell: exceeds_under_interval(cell.calibrated), default=None)
        own = [one.tc_k or 0.0 for one in seen if likeliest is not None and one.structure == likeliest.id]
        made.append(
            Row(
                summed,
                class_name=name,
                best=max(seen, key=lambda one: one.tc_k or 0.0, default=None),
                effective_name=speaks.class_name,
                tc_effective_k=critical_temperature_k(xi, speaks.median_k_ang2),
                tc_effective_low_k=effective_quantile_k(xi, speaks, 0.1),
                tc_effective_high_k=effective_quantile_k(xi, speaks, 0.9),
                p_published=exceeds_under_published(xi, family),
                p_effective=exceeds_under_effective(xi, speaks),
                p_calibrated=likeliest and exceeds_under_interval(likeliest.calibrated),
                xi_allowed_ang=allowed,
                p_published_allowed=allowed and exceeds_under_published(allowed, family),
                p_effective_allowed=allowed and exceeds_under_effective(allowed, speaks),
                calibrated=likeliest and likeliest.calibrated,
                likeliest_name=likeliest and likeliest.name,
                likeliest_k=max(own, default=None),
            )
        )
    return tuple(made)


def target_rows(
    cells: Sequence[Row], everything: Row, shrinking_per_gpa: float, family: Family
) -> tuple[Row, ...]:
    """ξ that `TARGETS_K` ask for: under the published λ ± one spread, the mean and the highest λ_eff.

    `pressure_needed_gpa` would press the smallest measured cage to that of the published λ.
    """
    tightest = min(cells, key=by_height)
    lam, spread = family.lambda_k_ang2, family.spread_k_ang2
    lambdas = {
        "published": lam,
        "published_low": lam - spread,
        "published_high": lam + spread,
        "median": everything.median_k_ang2,
        "highest": everything.highest_k_ang2,
    }
    made = []
    for target in TARGETS_K:
        heights = {f"xi_{name}_ang": height_for_ang(target, value) for name, value in lambdas.items()}
        needed = heights["xi_published_ang"]
        made.append(
            Row(
                heights,
                tc_k=target,
                cells_below=sum(cell.xi_ceiling_ang <= needed for cell in cells),
                smallest_id=tightest.id,
                pressure_needed_gpa=pressure_for_gpa(tightest.xi_ceiling_ang, needed, shrinking_per_gpa),
            )
        )
    return tuple(made)
