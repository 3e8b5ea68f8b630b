"""Classes of nickelates side by side: smallest cages, chances, and heights that temperatures ask for."""

from __future__ import annotations

from collections.abc import Sequence

from polywell.families import Family
from polywell.pressure.compression import pressure_for_gpa
from polywell.proposal.nickelate_claim.cells import by_height
from polywell.proposal.nickelate_claim.chances import (
    effective_for,
    effective_quantile_k,
    exceeds_under_effective,
    exceeds_under_interval,
    exceeds_under_published,
)
from polywell.proposal.nickelate_claim.data import CLAIM_K
from polywell.proposal.rows import Row
from polywell.relation import critical_temperature_k, height_for_ang

TARGETS_K = (77.0, 100.0, 134.0, 164.0, 293.0)
"""Boiling nitrogen, the claim, the cuprate record at ambient pressure and under it, and a warm room."""


def class_rows(
    cells: Sequence[Row],
    sightings: Sequence[Row],
    effective: Sequence[Row],
    smallest: Sequence[Row],
    family: Family,
) -> tuple[Row, ...]:
    """One row for each class of the measured cells, by name."""
    floors = {row.class_name: row.pressed_used_ang for row in smallest}
    return tuple(
        _class(
            [cell for cell in cells if cell.class_name == name],
            [one for one in sightings if one.class_name == name],
            effective_for(name, effective),
            floors.get(name),
            family,
        )
        for name in sorted({cell.class_name for cell in cells})
    )


def _class(
    members: Sequence[Row], seen: Sequence[Row], speaks: Row, floor_ang: float | None, family: Family
) -> Row:
    """One class: its smallest cage, what the relation and λ_eff make of it, and chances above the claim.

    `p_…` are probabilities for one more compound at `xi_smallest_ang`, `p_…_allowed` at `xi_allowed_ang`, the
    smallest ξ that the ions used so far and the pressures used so far allow. Intervals of λ_eff hold 80 %.
    """
    tightest = min(members, key=by_height)
    xi = tightest.xi_ceiling_ang
    allowed = None if floor_ang is None else min(floor_ang, xi)
    asked = [cell.calibrated for cell in members if cell.calibrated]
    likeliest = max(asked, key=exceeds_under_interval, default=None)
    return Row(
        class_name=tightest.class_name,
        rule=tightest.rule,
        cells=len(members),
        xi_smallest_ang=xi,
        xi_largest_ang=max(cell.xi_ceiling_ang for cell in members),
        smallest_id=tightest.id,
        tc_relation_k=tightest.tc_ceiling_k,
        tc_relation_low_k=tightest.tc_ceiling_low_k,
        tc_relation_high_k=tightest.tc_ceiling_high_k,
        above_claim=sum(cell.tc_ceiling_k > CLAIM_K for cell in members),
        best=max((one for one in seen if one.superconducting), key=lambda one: one.tc_k or 0.0, default=None),
        measured=len(seen),
        effective_name=speaks.class_name,
        tc_effective_k=critical_temperature_k(xi, speaks.median_k_ang2),
        tc_effective_low_k=effective_quantile_k(xi, speaks, 0.1),
        tc_effective_high_k=effective_quantile_k(xi, speaks, 0.9),
        p_published=exceeds_under_published(xi, family),
        p_effective=exceeds_under_effective(xi, speaks),
        p_calibrated=None if likeliest is None else exceeds_under_interval(likeliest),
        xi_allowed_ang=allowed,
        p_published_allowed=None if allowed is None else exceeds_under_published(allowed, family),
        p_effective_allowed=None if allowed is None else exceeds_under_effective(allowed, speaks),
        calibrated=likeliest,
    )


def target_rows(
    cells: Sequence[Row], everything: Row, shrinking_per_gpa: float, family: Family
) -> tuple[Row, ...]:
    """ξ that `TARGETS_K` ask for: under the published λ ± one spread, the mean and the highest λ_eff.

    `pressure_needed_gpa` would press the smallest measured cage to that of the published λ.
    """
    tightest = min(cells, key=by_height)
    lam, spread = family.lambda_k_ang2, family.spread_k_ang2
    made = []
    for target in TARGETS_K:
        needed = height_for_ang(target, lam)
        pressure = pressure_for_gpa(tightest.xi_ceiling_ang, needed, shrinking_per_gpa)
        made.append(
            Row(
                tc_k=target,
                xi_published_ang=needed,
                xi_published_low_ang=height_for_ang(target, lam - spread),
                xi_published_high_ang=height_for_ang(target, lam + spread),
                xi_median_ang=height_for_ang(target, everything.median_k_ang2),
                xi_highest_ang=height_for_ang(target, everything.highest_k_ang2),
                cells_below=sum(cell.xi_ceiling_ang <= needed for cell in cells),
                smallest_id=tightest.id,
                pressure_needed_gpa=pressure,
            )
        )
    return tuple(made)
