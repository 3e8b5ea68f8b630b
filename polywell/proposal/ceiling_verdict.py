"""What the numbers say of the claim that nickelates will not exceed 100 K, in sentences, for both sides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from polywell.proposal.ceiling_rows import (
    CellRow,
    ClassRow,
    EffectiveLambda,
    RecordYear,
    Sighting,
    TrilayerRow,
)
from polywell.proposal.nickelates import OTHER
from polywell.proposal.smallest_cages import SmallestCage

CLAIM_K = 100.0
"""The published claim: nickelates will not exceed this."""
UNLIKELY = 0.05
"""A chance up to this speaks for the claim."""


class Finding(StrEnum):
    """What becomes of the claim."""

    BROKEN = "broken by measurement"
    UNSUPPORTED = "unbroken by measurement, but not supported by the relation"
    CONSISTENT = "unbroken by measurement and supported by the relation"


class Side(StrEnum):
    """For which side a sentence speaks."""

    FOR = "for the claim"
    AGAINST = "against the claim"


@dataclass(frozen=True)
class Point:
    """One sentence with its numbers, and its side."""

    side: Side
    text: str


@dataclass(frozen=True)
class Verdict:
    """The finding, one sentence that says it, and the points of both sides."""

    finding: Finding
    headline: str
    points: tuple[Point, ...]

    def of(self, side: Side) -> tuple[str, ...]:
        """The sentences of one side."""
        return tuple(point.text for point in self.points if point.side is side)


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


def verdict(facts: Facts) -> Verdict:
    """Judge the claim: a measurement above it breaks it; else the relation's own numbers decide the rest."""
    record = facts.record
    if (record.tc_k or 0.0) > CLAIM_K:
        finding = Finding.BROKEN
    else:
        finding = Finding.UNSUPPORTED if facts.above else Finding.CONSISTENT
    points = [*_measured(facts), *_arithmetic(facts), *_effective(facts), *_chances(facts), *_ions(facts)]
    points += [*_trilayers(facts), *_pace(facts)]
    begun = (replace(point, text=point.text[:1].upper() + point.text[1:]) for point in points)
    return Verdict(finding, _headline(finding, facts), tuple(begun))


def _headline(finding: Finding, facts: Facts) -> str:
    record = facts.record
    held = (
        f"the highest measured T_c is {record.tc_k:g} K ({record.compound}{_pressure(record)}, {record.kind})"
    )
    if finding is Finding.BROKEN:
        return f"The claim that nickelates will not exceed {CLAIM_K:g} K is broken: {held}."
    names = {cell.class_name for cell in facts.above}
    if finding is Finding.UNSUPPORTED:
        return (
            f"No measurement exceeds {CLAIM_K:g} K: {held}. But the relation does not say that none will: "
            f"with its own λ of {facts.lambda_k_ang2:g} K·Å² {len(facts.above)} of {len(facts.cells)} "
            f"measured cells, of {len(names)} {'class' if len(names) == 1 else 'classes'}, come out above it."
        )
    return (
        f"The claim holds on both counts: {held}, and none of {len(facts.cells)} measured cells comes out "
        f"above {CLAIM_K:g} K by the relation."
    )


def _pressure(one: Sighting) -> str:
    if one.pressure_gpa is None:
        return ", pressure not stated"
    return f", {one.pressure_gpa:g} GPa" if one.pressure_gpa else ", ambient"


def _measured(facts: Facts) -> list[Point]:
    seen = [one for one in facts.sightings if one.superconducting and one.tc_k is not None]
    over = [one for one in seen if (one.tc_k or 0.0) > CLAIM_K]
    if over:
        named = ", ".join(f"{one.compound} ({one.tc_k:g} K)" for one in over[:3])
        return [
            Point(Side.AGAINST, f"{len(over)} of {len(seen)} measured T_c exceed {CLAIM_K:g} K: {named}.")
        ]
    record = facts.record
    margin = CLAIM_K - (record.tc_k or 0.0)
    return [
        Point(
            Side.FOR,
            f"All {len(seen)} measured T_c are at most {CLAIM_K:g} K; the record, {record.compound} at "
            f"{record.tc_k:g} K, is {margin:g} K below.",
        )
    ]


def _arithmetic(facts: Facts) -> list[Point]:
    points = []
    for row in facts.classes:
        if row.class_name == OTHER or not row.above_claim:
            continue
        seen = "no superconductivity was measured"
        if row.best is not None:
            seen = f"the best measured T_c is {row.best.tc_k:g} K"
        text = (
            f"{row.class_name}: λ/ξ² exceeds {CLAIM_K:g} K in {row.above_claim} of {row.cells} cells, up "
            f"to {row.tc_relation_k:.0f} K at ξ = {row.xi_smallest_ang:.3f} Å; {seen}."
        )
        points.append(Point(Side.AGAINST, text))
    below = [row for row in facts.classes if row.class_name != OTHER and not row.above_claim]
    if below:
        named = ", ".join(f"{row.class_name} ({row.tc_relation_k:.0f} K)" for row in below)
        points.append(Point(Side.FOR, f"By the relation every cell stays below in {named}."))
    return points


def _effective(facts: Facts) -> list[Point]:
    row = facts.effective[0]
    said = (
        f"T_c·ξ² of {row.structures} measured structures is {row.median_k_ang2:.0f} K·Å² (geometric mean; "
        f"{row.lowest_k_ang2:.0f} to {row.highest_k_ang2:.0f}), {100 * row.share_of_published:.0f} % of "
        f"{facts.lambda_k_ang2:g}"
    )
    if row.above_published:
        text = f"{said}; {row.above_published} exceed it, so it is no upper bound."
        return [Point(Side.AGAINST, text)]
    share = 100 * row.highest_k_ang2 / facts.lambda_k_ang2
    return [
        Point(
            Side.FOR,
            f"{said}; none reaches it and the best comes to {share:.0f} %, so for nickel the λ of the "
            "cuprates is at most an upper bound.",
        )
    ]


def _chances(facts: Facts) -> list[Point]:
    smallest = "a compound with its smallest measured cage"
    points = []
    for what, whom, values in (
        ("the published λ", smallest, [(row.p_published, row) for row in facts.classes]),
        ("λ_eff", smallest, [(row.p_effective, row) for row in facts.classes]),
        (
            "the calibrated model, which has seen these measurements,",
            "its likeliest measured cell",
            [(row.p_calibrated, row) for row in facts.classes],
        ),
    ):
        known = [(chance, row) for chance, row in values if chance is not None and row.class_name != OTHER]
        if not known:
            continue
        chance, row = max(known, key=lambda one: (one[0], one[1].class_name))
        text = (
            f"Under {what} the likeliest class to exceed {CLAIM_K:g} K is {row.class_name}, with "
            f"{percent(chance)} for {whom}."
        )
        points.append(Point(Side.AGAINST if chance > UNLIKELY else Side.FOR, text))
    return points


def percent(chance: float) -> str:
    """A probability in words: two digits at most, the ends left open."""
    if chance < 0.001:
        return "less than 0.1 %"
    if chance > 0.999:
        return "more than 99.9 %"
    return f"{100 * chance:.1f} %" if chance < 0.1 or chance > 0.9 else f"{100 * chance:.0f} %"


def _ions(facts: Facts) -> list[Point]:
    if not facts.smallest:
        return []
    row = min(facts.smallest, key=lambda one: (one.pressed_used_ang, one.class_name))
    tc = facts.lambda_k_ang2 / row.pressed_used_ang**2
    text = (
        f"{row.class_name} with {row.used_ion}, pressed to {row.pressure_gpa:g} GPa, could shrink to "
        f"ξ = {row.pressed_used_ang:.2f} Å, {tc:.0f} K by the relation: ions and pressure set no ceiling at "
        f"{CLAIM_K:g} K."
    )
    if tc > CLAIM_K:
        return [Point(Side.AGAINST, text)]
    return [
        Point(
            Side.FOR,
            f"The smallest cage that ions and pressures used so far allow, {row.class_name} at "
            f"ξ = {row.pressed_used_ang:.2f} Å, gives {tc:.0f} K by the relation.",
        )
    ]


def _trilayers(facts: Facts) -> list[Point]:
    ambient = [row for row in facts.trilayers if not row.pressure_gpa and row.pressure_gpa is not None]
    nickel = [row for row in ambient if row.metal == "Ni"]
    copper = [row for row in ambient if row.metal == "Cu"]
    if not nickel or not copper:
        return []
    small, great = (min(min(row.inner_ang, row.outer_ang) for row in rows) for rows in (copper, nickel))
    inner = [sum(row.inner_ang < row.outer_ang for row in rows) for rows in (copper, nickel)]
    best = [
        max(
            (row.measured_k for row in facts.trilayers if row.metal == metal and row.measured_k), default=None
        )
        for metal in ("Cu", "Ni")
    ]
    measured = (
        f" Measured at best, under any pressure: {best[0]:g} against {best[1]:g} K."
        if best[0] is not None and best[1] is not None
        else ""
    )
    return [
        Point(
            Side.FOR if great > small else Side.AGAINST,
            f"The smallest cage of {len(copper)} trilayer cuprates at ambient pressure is {small:.3f} Å, of "
            f"{len(nickel)} trilayer nickelates {great:.3f} Å: {facts.lambda_k_ang2 / small**2:.0f} against "
            f"{facts.lambda_k_ang2 / great**2:.0f} K by the relation. The inner cage is the smaller one in "
            f"{inner[0]} of the cuprates and {inner[1]} of the nickelates.{measured}",
        )
    ]


def _pace(facts: Facts) -> list[Point]:
    steps = [row for row in facts.years if row.gained_k > 0]
    if len(steps) < 2:
        return []
    first, last = steps[0], facts.years[-1]
    left = CLAIM_K - last.record_k
    if left < 0:
        return []
    idle = last.year - steps[-1].year
    moved = (
        f"The record rose from {first.record_k:g} K ({first.year}) to {last.record_k:g} K ({steps[-1].year})"
    )
    if idle:
        since = "year" if idle == 1 else "years"
        return [
            Point(Side.FOR, f"{moved} and has stood for {idle} {since} with {left:g} K left to the claim.")
        ]
    return [
        Point(Side.AGAINST, f"{moved}, {steps[-1].gained_k:g} K of it in the last year; {left:g} K are left.")
    ]
