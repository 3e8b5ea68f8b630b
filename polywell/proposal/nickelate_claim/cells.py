"""Nickelate structures, measured or of the catalog: their class, heights, and T_c by the relation."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any, get_args

from polywell.data.reference import Standing
from polywell.evidence.model.family import CalibratedTc
from polywell.evidence.model.material import Material, material_of
from polywell.families import Family
from polywell.proposal.nickelate_claim.data import CLAIM_K, ClaimData, nickel_phases, nickelate_class
from polywell.proposal.rows import Row
from polywell.records import Candidate, Screening
from polywell.relation import critical_temperature_k

Calibrated = Callable[[Sequence[Material]], Sequence[CalibratedTc | None]]
"""A calibrated model: what it says of each material, such as `Calibration.predict`."""


def measured_cells(data: ClaimData, calibrated: Calibrated | None) -> tuple[Row, ...]:
    """The measured cells, by class and rising ξ."""
    own = [record for record in data.records if record.id in data.classes]
    said = [None] * len(own) if calibrated is None else calibrated([material_of(record) for record in own])
    made = [
        _cell(record, data.classes[record.id], data.nickel, found)
        | {"name": data.references[record.id].name, "standing": data.standing(record.id)}
        for record, found in zip(own, said, strict=True)
    ]
    return tuple(sorted(map(Row, made), key=lambda cell: (cell.class_name, *by_height(cell))))


def catalog_cells(candidates: Sequence[Candidate], family: Family) -> tuple[Row, ...]:
    """The nickelates among candidates of the catalog by rising ξ, with the estimate that each carries."""
    made = [
        Row(_cell(one.screening, kind, family, one.estimate))
        for one in candidates
        if (kind := nickelate_class(one.screening)) is not None
    ]
    return tuple(sorted(made, key=by_height))


def by_height(cell: Row) -> tuple[float, str]:
    """What orders cells by rising ξ."""
    return cell.xi_ceiling_ang, cell.id


def _cell(record: Screening, kind: str, family: Family, said: Any) -> dict[str, Any]:
    """One structure: its class, its heights, the relation's T_c with one spread of λ, and the calibrated one.

    Its `standing` is empty: nobody measured the cells of the catalog. `calibrated` is the expected T_c with
    the central 80 %.
    """
    ends = {name: getattr(said, f"tc_{name}", None) for name in ("expected_k", "low_k", "high_k")}
    phases = nickel_phases(record)
    smallest, largest = phases[0].xi_ang, phases[-1].xi_ang
    lam, spread = family.lambda_k_ang2, family.spread_k_ang2
    return {
        "source": record.source,
        "id": record.id,
        "name": record.formula,
        "class_name": kind,
        "pressure_gpa": record.provenance.pressure_gpa,
        "standing": "",
        "xi_ceiling_ang": smallest,
        "xi_outer_ang": largest,
        "tc_ceiling_k": critical_temperature_k(smallest, lam),
        "tc_ceiling_low_k": critical_temperature_k(smallest, lam - spread),
        "tc_ceiling_high_k": critical_temperature_k(smallest, lam + spread),
        "tc_outer_k": critical_temperature_k(largest, lam),
        "calibrated": None if None in ends.values() else Row(ends),
    }


def catalog_rows(cells: Sequence[Row], family: Family) -> tuple[Row, ...]:
    """Entries of the catalog by source and class, whatever their geometry is worth."""
    together: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for cell in cells:
        together[cell.source, cell.class_name].append(cell)
    made = []
    for (source, name), members in sorted(together.items()):
        middle = median(cell.xi_ceiling_ang for cell in members)
        there = critical_temperature_k(middle, family.lambda_k_ang2)
        found = Row(source=source, class_name=name, xi_middle_ang=middle, tc_middle_k=there)
        made.append(Row(found | summed_up(members)))
    return tuple(made)


def summed_up(members: Sequence[Row]) -> dict[str, Any]:
    """How many cells there are and how many come out above the claim, their range, and the smallest."""
    tightest, counted = min(members, key=by_height), Counter(cell.standing for cell in members)
    return {
        "standing": {name: counted[name] for name in get_args(Standing) if counted[name]},
        "cells": len(members),
        "xi_smallest_ang": tightest.xi_ceiling_ang,
        "xi_largest_ang": max(cell.xi_ceiling_ang for cell in members),
        "smallest_id": tightest.id,
        "smallest_name": tightest.name,
        "tc_relation_k": tightest.tc_ceiling_k,
        "tc_relation_low_k": tightest.tc_ceiling_low_k,
        "tc_relation_high_k": tightest.tc_ceiling_high_k,
        "above_claim": sum(cell.tc_ceiling_k > CLAIM_K for cell in members),
    }
