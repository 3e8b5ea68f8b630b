"""What the numbers say of the claim: a finding, and points for both sides, each with its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from polywell.proposal.nickelate_claim.cells import summed_up
from polywell.proposal.nickelate_claim.data import CLAIM_K, OTHER
from polywell.proposal.rows import Row
from polywell.relation import critical_temperature_k

if TYPE_CHECKING:
    from polywell.proposal.nickelate_claim.analysis import WeighedClaim

ERROR_K = 2.0
"""K: error of a critical temperature, as the report of the record prints it: 98(2) K."""
UNLIKELY = 0.05
"""A chance up to this speaks for the claim."""


class Finding(StrEnum):
    """What becomes of the claim: broken by a measurement, else supported by the relation or not."""

    BROKEN = "broken"
    UNSUPPORTED = "unsupported"
    CONSISTENT = "consistent"


class Side(StrEnum):
    """For which side a point speaks."""

    FOR = "for"
    AGAINST = "against"


@dataclass(frozen=True)
class Point:
    """What one comparison says, by name, for which side it speaks, and its numbers."""

    name: str
    side: Side
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    """The finding, its numbers, and the points of both sides."""

    finding: Finding
    facts: Mapping[str, Any]
    points: tuple[Point, ...]

    def of(self, side: Side) -> tuple[Point, ...]:
        """The points of one side."""
        return tuple(point for point in self.points if point.side is side)


def verdict(claim: WeighedClaim) -> Verdict:
    """Judge the claim: a measurement above it breaks it; else the relation's own numbers decide the rest."""
    record, cells = claim.seen[0], claim.own_cells
    above = [cell for cell in cells if cell.tc_ceiling_k > CLAIM_K and cell.class_name != OTHER]
    summed = summed_up(cells)
    facts = {
        "claim_k": CLAIM_K,
        "record": record,
        "lambda_k": claim.lambda_k_ang2,
        "above": len(above),
        "cells": len(cells),
        "classes": len({cell.class_name for cell in above}),
        "standing": summed["standing"],
        "above_read": sum(cell.standing == "read" for cell in above),
        "read": summed["standing"].get("read", 0),
    }
    finding = Finding.UNSUPPORTED if above else Finding.CONSISTENT
    made = (_measured, _arithmetic, _effective, _chances, _ions, _trilayers, _pace)
    points = tuple(
        Point(name, Side.AGAINST if against else Side.FOR, {"claim_k": CLAIM_K, **numbers})
        for one in made
        for name, against, numbers in one(claim)
    )
    return Verdict(Finding.BROKEN if record.tc_k > CLAIM_K else finding, facts, points)


Said = Iterator[tuple[str, bool, dict[str, Any]]]
"""Name of a point, whether it speaks against the claim, and its numbers."""


def _measured(claim: WeighedClaim) -> Said:
    seen = [one for one in claim.seen if one.tc_k is not None]
    over = [one for one in seen if one.tc_k > CLAIM_K]
    if over:
        yield "measured_above", True, {"over": len(over), "seen": len(seen), "named": tuple(over[:3])}
        return
    margin = CLAIM_K - seen[0].tc_k
    yield "measured_below", False, {"seen": len(seen), "record": seen[0], "margin": margin}
    zero = max((one for one in seen if one.zero_k), key=lambda one: one.zero_k, default=None)
    if zero is not None:
        yield "zero_resistance", False, {"record": seen[0], "zero": zero}
    if margin <= ERROR_K:
        yield "touches", True, {"record": seen[0], "error": ERROR_K}


def _known(claim: WeighedClaim) -> list[Row]:
    """The classes but for what fits none."""
    return [row for row in claim.classes if row.class_name != OTHER]


def _arithmetic(claim: WeighedClaim) -> Said:
    for row in _known(claim):
        if row.above_claim:
            yield "class_above" if row.best is not None else "class_above_unseen", True, {"row": row}
    below = tuple(row for row in _known(claim) if not row.above_claim)
    if below:
        yield "classes_below", False, {"rows": below}


def _effective(claim: WeighedClaim) -> Said:
    row, lam = claim.effective[0], claim.lambda_k_ang2
    shares = {"share": 100 * row.share_of_published, "highest_share": 100 * row.highest_k_ang2 / lam}
    name = "lambda_above" if row.above_published else "lambda_below"
    yield name, bool(row.above_published), {"row": row, "lambda_k": lam, **shares}


def _chances(claim: WeighedClaim) -> Said:
    for name in ("published", "effective", "calibrated"):
        known = [row for row in _known(claim) if row[f"p_{name}"] is not None]
        row = max(known, key=lambda one: (one[f"p_{name}"], one.class_name), default=None)
        if row is not None:
            chance = row[f"p_{name}"]
            facts = {"row": row, "class_name": row.class_name, "chance": chance, "forecast": claim.forecast}
            yield f"chance_{name}", chance > UNLIKELY, facts


def _ions(claim: WeighedClaim) -> Said:
    if claim.smallest:
        row = min(claim.smallest, key=lambda one: (one.pressed_used_ang, one.class_name))
        tc = critical_temperature_k(row.pressed_used_ang, claim.lambda_k_ang2)
        yield "ions_above" if tc > CLAIM_K else "ions_below", tc > CLAIM_K, {"row": row, "tc_k": tc}


def _trilayers(claim: WeighedClaim) -> Said:
    """Smallest cages of ambient trilayers of both metals, which cage is the smaller, and the best T_c."""
    found: dict[str, Any] = {}
    for metal in ("Cu", "Ni"):
        rows = [row for row in claim.trilayers if row.metal == metal]
        calm = [row for row in rows if row.pressure_gpa == 0]
        ambient = [row for row in calm if not row.built]
        if not ambient:
            return
        smallest, least = (min(min(row.inner_ang, row.outer_ang) for row in some) for some in (ambient, calm))
        found |= {
            f"{metal}_cells": len(ambient),
            f"{metal}_xi_ang": smallest,
            f"{metal}_with_built_ang": least,
            f"{metal}_tc_k": critical_temperature_k(smallest, claim.lambda_k_ang2),
            f"{metal}_inner": sum(row.inner_ang < row.outer_ang for row in ambient),
            f"{metal}_best_k": max((row.measured_k for row in rows if row.measured_k), default=None),
        }
    measured = found["Cu_best_k"] is not None and found["Ni_best_k"] is not None
    yield "trilayers_measured" if measured else "trilayers", found["Ni_xi_ang"] <= found["Cu_xi_ang"], found


def _pace(claim: WeighedClaim) -> Said:
    steps = [row for row in claim.years if row.gained_k > 0]
    last = claim.years[-1]
    left = CLAIM_K - last.record_k
    if len(steps) < 2 or left < 0:
        return
    idle = last.year - steps[-1].year
    name = "record_rises" if not idle else "record_stands_a_year" if idle == 1 else "record_stands"
    shown = {"first": steps[0], "step": steps[-1], "record_k": last.record_k, "idle": idle, "left": left}
    yield name, not idle, shown
