"""What the numbers say of the claim: a finding, and points for both sides, each with its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from polywell.proposal.nickelate_claim.by_class import ClassRow
from polywell.proposal.nickelate_claim.cells import CellRow
from polywell.proposal.nickelate_claim.chances import EffectiveLambda
from polywell.proposal.nickelate_claim.classes import OTHER
from polywell.proposal.nickelate_claim.data import CLAIM_K
from polywell.proposal.nickelate_claim.measurements import RecordYear, Sighting
from polywell.proposal.nickelate_claim.relatives import TrilayerRow
from polywell.proposal.nickelate_claim.smallest_cages import SmallestCage
from polywell.relation import critical_temperature_k

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


@dataclass(frozen=True)
class Facts:
    """The numbers that the verdict is made from."""

    cells: tuple[CellRow, ...]
    sightings: tuple[Sighting, ...]
    classes: tuple[ClassRow, ...]
    effective: tuple[EffectiveLambda, ...]
    smallest: tuple[SmallestCage, ...]
    trilayers: tuple[TrilayerRow, ...]
    years: tuple[RecordYear, ...]
    lambda_k_ang2: float

    @property
    def record(self) -> Sighting:
        """The highest measured T_c."""
        return max((one for one in self.sightings if one.tc_k is not None), key=lambda one: one.tc_k or 0.0)

    @property
    def above(self) -> tuple[CellRow, ...]:
        """Measured cells for which the relation gives more than the claim."""
        return tuple(cell for cell in self.cells if cell.tc_ceiling_k > CLAIM_K and cell.class_name != OTHER)

    @property
    def known_classes(self) -> tuple[ClassRow, ...]:
        """The classes but for what fits none."""
        return tuple(row for row in self.classes if row.class_name != OTHER)


def verdict(facts: Facts) -> Verdict:
    """Judge the claim: a measurement above it breaks it; else the relation's own numbers decide the rest."""
    if (facts.record.tc_k or 0.0) > CLAIM_K:
        finding = Finding.BROKEN
    else:
        finding = Finding.UNSUPPORTED if facts.above else Finding.CONSISTENT
    numbers = {
        "claim_k": CLAIM_K,
        "record": facts.record,
        "lambda_k": facts.lambda_k_ang2,
        "above": len(facts.above),
        "cells": len(facts.cells),
        "classes": len({cell.class_name for cell in facts.above}),
    }
    made = (_measured, _arithmetic, _effective, _chances, _ions, _trilayers, _pace)
    return Verdict(finding, numbers, tuple(point for one in made for point in one(facts)))


def _point(name: str, against: bool, **facts: Any) -> Point:
    return Point(name, Side.AGAINST if against else Side.FOR, {"claim_k": CLAIM_K, **facts})


def _measured(facts: Facts) -> Iterator[Point]:
    seen = [one for one in facts.sightings if one.superconducting and one.tc_k is not None]
    over = [one for one in seen if (one.tc_k or 0.0) > CLAIM_K]
    if over:
        yield _point("measured_above", True, over=len(over), seen=len(seen), named=tuple(over[:3]))
    else:
        margin = CLAIM_K - (facts.record.tc_k or 0.0)
        yield _point("measured_below", False, seen=len(seen), record=facts.record, margin=margin)


def _arithmetic(facts: Facts) -> Iterator[Point]:
    for row in facts.known_classes:
        if row.above_claim:
            yield _point("class_above" if row.best is not None else "class_above_unseen", True, row=row)
    below = tuple(row for row in facts.known_classes if not row.above_claim)
    if below:
        yield _point("classes_below", False, rows=below)


def _effective(facts: Facts) -> Iterator[Point]:
    row = facts.effective[0]
    name = "lambda_above" if row.above_published else "lambda_below"
    shares = {
        "share": 100 * row.share_of_published,
        "highest_share": 100 * row.highest_k_ang2 / facts.lambda_k_ang2,
    }
    yield _point(name, bool(row.above_published), row=row, lambda_k=facts.lambda_k_ang2, **shares)


def _chances(facts: Facts) -> Iterator[Point]:
    for name in ("published", "effective", "calibrated"):
        known = [
            (chance, row.class_name)
            for row in facts.known_classes
            if (chance := getattr(row, f"p_{name}")) is not None
        ]
        if known:
            chance, class_name = max(known)
            yield _point(f"chance_{name}", chance > UNLIKELY, class_name=class_name, chance=chance)


def _ions(facts: Facts) -> Iterator[Point]:
    if facts.smallest:
        row = min(facts.smallest, key=lambda one: (one.pressed_used_ang, one.class_name))
        tc = critical_temperature_k(row.pressed_used_ang, facts.lambda_k_ang2)
        yield _point("ions_above" if tc > CLAIM_K else "ions_below", tc > CLAIM_K, row=row, tc_k=tc)


def _trilayers(facts: Facts) -> Iterator[Point]:
    """Smallest cages of ambient trilayers of both metals, which cage is the smaller, and the best T_c."""
    found: dict[str, Any] = {}
    for metal in ("Cu", "Ni"):
        rows = [row for row in facts.trilayers if row.metal == metal]
        ambient = [row for row in rows if row.pressure_gpa == 0]
        if not ambient:
            return
        smallest = min(min(row.inner_ang, row.outer_ang) for row in ambient)
        found |= {
            f"{metal}_cells": len(ambient),
            f"{metal}_xi_ang": smallest,
            f"{metal}_tc_k": critical_temperature_k(smallest, facts.lambda_k_ang2),
            f"{metal}_inner": sum(row.inner_ang < row.outer_ang for row in ambient),
            f"{metal}_best_k": max((row.measured_k for row in rows if row.measured_k), default=None),
        }
    measured = found["Cu_best_k"] is not None and found["Ni_best_k"] is not None
    name = "trilayers_measured" if measured else "trilayers"
    yield _point(name, found["Ni_xi_ang"] <= found["Cu_xi_ang"], **found)


def _pace(facts: Facts) -> Iterator[Point]:
    steps = [row for row in facts.years if row.gained_k > 0]
    last = facts.years[-1]
    left = CLAIM_K - last.record_k
    if len(steps) < 2 or left < 0:
        return
    idle = last.year - steps[-1].year
    name = "record_rises" if not idle else "record_stands_a_year" if idle == 1 else "record_stands"
    yield _point(name, not idle, first=steps[0], step=steps[-1], record_k=last.record_k, idle=idle, left=left)
