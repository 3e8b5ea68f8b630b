"""All measured rows, ours and SuperCon's, each with the features that a candidate of a screening has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from statistics import median
from typing import Any

from polywell.data.measured import Measured, measured_superconductors
from polywell.data.reference import reference_structures
from polywell.data.supercon.formulas import Oxygen
from polywell.data.supercon.table import Report, supercon
from polywell.data.supercon.types import structure_types
from polywell.electrons.valence import amounts_of
from polywell.evidence.anchors import reference_records
from polywell.evidence.calibration import TrainingRow
from polywell.evidence.features import Features, features
from polywell.evidence.model.material import made
from polywell.evidence.rows.dressing import METALS, Cell, dressed
from polywell.evidence.rows.standing import trains
from polywell.families import Families
from polywell.records import Outcome

DECIMALS = 4
"""Features are kept to this many decimals, so that the table is the same on every machine."""
DOPANT = 0.1
"""An element with less than this for each atom of the net's metal is a dopant."""
PLAUSIBLE_C_ANG = 60.0
"""Å; a longer axis is a slip."""


def training_row(
    id: str,
    formula: str,
    metal: str,
    found: Features,
    *,
    compound: str,
    structure_type: str,
    tc_k: float | None,
    year: int | None,
    oxygen: Oxygen = Oxygen.WRITTEN,
) -> TrainingRow:
    """A measured row as the model sees it.

    Args:
        id: of our table; `supercon:` and the numbers of the reports; `own:` and the id of a measurement.
        formula: the composition; where oxygen was not determined the assumed amount is in it.
        metal: that of the nets of its family.
        found: the features of its structure, under the pressure of the measurement where that is stated.
        compound: shared by all dopings, isovalent mixtures and oxygen contents of one compound.
        structure_type: our `structure_type_key`.
        tc_k: in K; None where superconductivity was looked for and not seen.
        year: of the first report; None where it is not known.
        oxygen: what the amount of oxygen is worth.

    Raises:
        ValueError: the formula cannot be read, or does not hold the metal.
    """
    amounts = amounts_of(formula)
    return TrainingRow(
        id=id,
        formula=formula,
        compound=compound,
        system=system_of(amounts),
        base=base_of(amounts, metal),
        structure_type=structure_type,
        material=made(rounded(found), amounts, metal, oxygen_known=oxygen is Oxygen.WRITTEN),
        tc_k=tc_k,
        year=year,
    )


@cache
def measured_rows(families: Families, before: int | None = None) -> tuple[TrainingRow, ...]:
    """Ours and SuperCon's that may train, in order of id.

    Reports of SuperCon are one row for each formula, state of oxygen and structure type; those in doubt
    (`Report.usable`) are left out, and so is what the λ table calls no candidate.

    Args:
        families: the λ table.
        before: only what was published before this year; a row without a year is then left out.
    """
    rows = [*library_rows(families), *supercon_rows(families, before)]
    kept = [row for row in rows if before is None or (row.year is not None and row.year < before)]
    return tuple(sorted(kept, key=lambda row: row.id))


@cache
def library_rows(families: Families) -> tuple[TrainingRow, ...]:
    """The rows of our tables that may train, with the features of their structures, in order of id.

    The pressure of the measurement stands for that of the structure where it is stated.
    """
    references = {one.id: one for one in reference_structures()}
    records = {one.id: one for one in reference_records(families) if one.outcome is Outcome.CANDIDATE}
    rows = []
    for one in measured_superconductors():
        if one.structure in records and trains(one):
            record, reference = records[one.structure], references[one.structure]
            amounts = {str(k): float(v) for k, v in reference.composition().get_el_amt_dict().items()}
            rows.append(
                training_row(
                    one.id,
                    reference.formula,
                    str(record.metal),
                    under_pressure(features(record), one.pressure_gpa),
                    compound=_compound(one, amounts, families),
                    structure_type=one.structure_type_key,
                    tc_k=one.representative_tc_k(),
                    year=one.year,
                )
            )
    return tuple(rows)


def supercon_rows(families: Families, before: int | None = None) -> tuple[TrainingRow, ...]:
    """SuperCon's usable reports, one row a composition, with dressed prototypes."""
    known = {family.name for family in families.rows}
    groups: dict[tuple[str, Oxygen, str], list[Report]] = defaultdict(list)
    for one in supercon():
        if one.usable and (before is None or (one.year is not None and one.year < before)):
            groups[one.formula, one.oxygen, one.type].append(one)
    rows = (_supercon_row(group, families) for group in groups.values())
    return tuple(row for row in rows if row is not None and row.family in known)


def _supercon_row(group: Sequence[Report], families: Families) -> TrainingRow | None:
    first = group[0]
    kind = structure_types()[first.type]
    cell = Cell(*(_median(getattr(one, name) for one in group) for name in ("a_ang", "b_ang", "c_ang")))
    found = dressed(first.amounts, kind, cell, families)
    if found is None:
        return None
    return training_row(
        "supercon:" + "+".join(str(number) for one in group for number in one.numbers),
        first.formula,
        METALS[kind.family],
        found.features,
        compound=found.compound,
        structure_type=kind.name,
        tc_k=median(one.tc_k or 0.0 for one in group) or None,
        year=min((one.year for one in group if one.year is not None), default=None),
        oxygen=first.oxygen,
    )


def _median(values: Iterator[float | None]) -> float | None:
    known = [value for value in values if value is not None and value < PLAUSIBLE_C_ANG]
    return median(known) if known else None


def _compound(measured: Measured, amounts: Mapping[str, float], families: Families) -> str:
    """The key that SuperCon's rows of the same compound have; the table's own where there is no such type."""
    kind = structure_types().get(measured.structure_type_key)
    found = dressed(amounts, kind, Cell(), families) if kind is not None else None
    return measured.compound_key if found is None else found.compound


def under_pressure(found: Features, pressure_gpa: float | None) -> Features:
    """Features under the pressure of a measurement, in GPa, where it is stated."""
    return found if pressure_gpa is None else replace(found, pressure_gpa=pressure_gpa)


def rounded(found: Features) -> Features:
    """The features to `DECIMALS` decimals."""
    numbers: dict[str, Any] = {
        name: round(value, DECIMALS) + 0.0 for name, value in vars(found).items() if isinstance(value, float)
    }
    return replace(found, **numbers)


def system_of(amounts: Mapping[str, float]) -> str:
    """The chemical system: elements without oxygen."""
    return "-".join(sorted(symbol for symbol in amounts if symbol != "O"))


def base_of(amounts: Mapping[str, float], metal: str) -> str:
    """The chemical system without dopants."""
    least = DOPANT * amounts.get(metal, 0.0)
    return system_of({symbol: amount for symbol, amount in amounts.items() if amount >= least})
