"""Classes of nickelates side by side: smallest cages, chances, and heights that temperatures ask for."""

from __future__ import annotations

from collections.abc import Sequence

from polywell.families import Family
from polywell.pressure.compression import pressure_for_gpa
from polywell.proposal.nickelate_claim.cells import by_height, summed_up
from polywell.proposal.nickelate_claim.chances import (
    effective_for,
    effective_quantile_k,
    exceeds_under_effective,
    exceeds_under_interval,
    exceeds_under_published,
)
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
        asked = [cell.calibrated for cell in members if cell.calibrated]
        likeliest = max(asked, key=exceeds_under_interval, default=None)
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
                p_calibrated=None if likeliest is None else exceeds_under_interval(likeliest),
                xi_allowed_ang=allowed,
                p_published_allowed=allowed and exceeds_under_published(allowed, family),
                p_effective_allowed=allowed and exceeds_under_effective(allowed, speaks),
                calibrated=likeliest,
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
