"""Classes of nickelates side by side: smallest cages, chances, and heights that temperatures ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from polywell.families import Family
from polywell.proposal.nickelate_claim.cells import CellRow, Interval
from polywell.proposal.nickelate_claim.chances import (
    EffectiveLambda,
    effective_for,
    effective_quantile_k,
    exceeds_under_effective,
    exceeds_under_interval,
    exceeds_under_published,
)
from polywell.proposal.nickelate_claim.data import CLAIM_K
from polywell.proposal.nickelate_claim.measurements import Sighting
from polywell.proposal.nickelate_claim.smallest_cages import Shrinkings, SmallestCage
from polywell.proposal.pressure import pressure_for_gpa
from polywell.relation import critical_temperature_k, height_for_ang

TARGETS_K = (77.0, 100.0, 134.0, 164.0, 293.0)
"""Boiling nitrogen, the claim, the cuprate record at ambient pressure and under it, and a warm room."""


@dataclass(frozen=True)
class ClassRow:
    """One class: its smallest cage, what the relation and λ_eff make of it, and chances above the claim.

    `p_…` are probabilities for one more compound at `xi_smallest_ang`, `p_…_allowed` at `xi_allowed_ang`, the
    smallest ξ that the ions used so far and the pressures used so far allow. Intervals of λ_eff hold 80 %.
    """

    class_name: str
    rule: str
    cells: int
    xi_smallest_ang: float
    xi_largest_ang: float
    smallest_id: str
    tc_relation_k: float
    tc_relation_low_k: float
    tc_relation_high_k: float
    above_claim: int
    best: Sighting | None
    measured: int
    effective_name: str
    tc_effective_k: float
    tc_effective_low_k: float | None
    tc_effective_high_k: float | None
    p_published: float
    p_effective: float | None
    p_calibrated: float | None
    xi_allowed_ang: float | None
    p_published_allowed: float | None
    p_effective_allowed: float | None
    calibrated: Interval | None


@dataclass(frozen=True)
class TargetRow:
    """ξ that a temperature asks for: under the published λ ± one spread, the mean and the highest λ_eff.

    `pressure_needed_gpa` would press the smallest measured cage to that of the published λ.
    """

    tc_k: float
    xi_published_ang: float
    xi_published_low_ang: float
    xi_published_high_ang: float
    xi_median_ang: float
    xi_highest_ang: float
    cells_below: int
    smallest_id: str
    pressure_needed_gpa: float


def class_rows(
    cells: Sequence[CellRow],
    sightings: Sequence[Sighting],
    effective: Sequence[EffectiveLambda],
    smallest: Sequence[SmallestCage],
    family: Family,
) -> tuple[ClassRow, ...]:
    """One row for each class of the measured cells, by name."""
    pressed = {row.class_name: row for row in smallest}
    made = []
    for name in sorted({cell.class_name for cell in cells}):
        members = [cell for cell in cells if cell.class_name == name]
        seen = [one for one in sightings if one.class_name == name]
        best = max(
            (one for one in seen if one.superconducting), key=lambda one: one.tc_k or 0.0, default=None
        )
        tightest = min(members, key=lambda cell: (cell.xi_ceiling_ang, cell.id))
        speaks = effective_for(name, effective)
        chances = [exceeds_under_interval(cell.calibrated) for cell in members if cell.calibrated]
        floor = pressed.get(name)
        allowed = None if floor is None else min(floor.pressed_used_ang, tightest.xi_ceiling_ang)
        made.append(
            ClassRow(
                class_name=name,
                rule=tightest.rule,
                cells=len(members),
                xi_smallest_ang=tightest.xi_ceiling_ang,
                xi_largest_ang=max(cell.xi_ceiling_ang for cell in members),
                smallest_id=tightest.id,
                tc_relation_k=tightest.tc_ceiling_k,
                tc_relation_low_k=tightest.tc_ceiling_low_k,
                tc_relation_high_k=tightest.tc_ceiling_high_k,
                above_claim=sum(cell.tc_ceiling_k > CLAIM_K for cell in members),
                best=best,
                measured=len(seen),
                effective_name=speaks.class_name,
                tc_effective_k=critical_temperature_k(tightest.xi_ceiling_ang, speaks.median_k_ang2),
                tc_effective_low_k=effective_quantile_k(tightest.xi_ceiling_ang, speaks, 0.1),
                tc_effective_high_k=effective_quantile_k(tightest.xi_ceiling_ang, speaks, 0.9),
                p_published=exceeds_under_published(tightest.xi_ceiling_ang, family),
                p_effective=exceeds_under_effective(tightest.xi_ceiling_ang, speaks),
                p_calibrated=max(chances, default=None),
                xi_allowed_ang=allowed,
                p_published_allowed=None if allowed is None else exceeds_under_published(allowed, family),
                p_effective_allowed=None if allowed is None else exceeds_under_effective(allowed, speaks),
                calibrated=max(
                    (cell.calibrated for cell in members if cell.calibrated),
                    key=exceeds_under_interval,
                    default=None,
                ),
            )
        )
    return tuple(made)


def target_rows(
    cells: Sequence[CellRow], effective: Sequence[EffectiveLambda], shrinkings: Shrinkings, family: Family
) -> tuple[TargetRow, ...]:
    """The heights that `TARGETS_K` ask for."""
    everything = effective[0]
    tightest = min(cells, key=lambda cell: (cell.xi_ceiling_ang, cell.id))
    lam, spread = family.lambda_k_ang2, family.spread_k_ang2
    made = []
    for target in TARGETS_K:
        needed = height_for_ang(target, lam)
        made.append(
            TargetRow(
                tc_k=target,
                xi_published_ang=needed,
                xi_published_low_ang=height_for_ang(target, lam - spread),
                xi_published_high_ang=height_for_ang(target, lam + spread),
                xi_median_ang=height_for_ang(target, everything.median_k_ang2),
                xi_highest_ang=height_for_ang(target, everything.highest_k_ang2),
                cells_below=sum(cell.xi_ceiling_ang <= needed for cell in cells),
                smallest_id=tightest.id,
                pressure_needed_gpa=pressure_for_gpa(
                    tightest.xi_ceiling_ang, needed, shrinkings.best_per_gpa
                ),
            )
        )
    return tuple(made)
