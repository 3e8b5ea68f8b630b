"""Measurements of one's own as rows that train, beside those of the measured tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pymatgen.core import Lattice, Structure

from polywell.data.supercon.types import StructureType, structure_types, type_of_composition
from polywell.electrons.valence import amounts_of
from polywell.evidence.calibration import TrainingRow
from polywell.evidence.features import features
from polywell.evidence.own.measurement import OwnMeasurement
from polywell.evidence.rows.dressing import METALS, Cell, Dressed, dressed
from polywell.evidence.rows.rows import training_row, under_pressure
from polywell.families import Families
from polywell.records import Entry, Outcome, Screening
from polywell.screening import screen_many

OWN = "own"
"""Source of these rows."""


class NoRowError(ValueError):
    """A measurement cannot train: what it was measured on is no candidate."""


def own_rows(measurements: Iterable[OwnMeasurement], families: Families) -> tuple[TrainingRow, ...]:
    """Measurements as rows, in order of id.

    Raises:
        NoRowError: a structure is no candidate, or a structure type cannot hold the composition.
    """
    return tuple(sorted((own_row(one, families) for one in measurements), key=lambda row: row.id))


def own_row(one: OwnMeasurement, families: Families) -> TrainingRow:
    """A measurement as a row; its structure is screened as that of any candidate.

    Raises:
        NoRowError: the structure is no candidate, or the structure type cannot hold the composition.
    """
    amounts = amounts_of(one.formula)
    if one.structure is None:
        kind, filled = _dressed(one, amounts, families)
        metal, found, type_name, compound = METALS[kind.family], filled.features, kind.name, filled.compound
    else:
        record = candidate_of(one, families)
        metal, found = str(record.metal), features(record)
        type_name, compound = _keys(one, amounts, found.family, families)
    return training_row(
        f"{OWN}:{one.id}",
        one.formula,
        metal,
        under_pressure(found, one.pressure_gpa),
        compound=compound,
        structure_type=type_name,
        tc_k=one.tc_k,
        year=int(one.date[:4]),
    )


def candidate_of(one: OwnMeasurement, families: Families) -> Screening:
    """What the screening says of the structure of a measurement.

    Raises:
        NoRowError: it is no candidate.
    """
    if one.structure is None:
        raise NoRowError(f"{one.formula} has no structure; expected one to screen")
    structure = _as_stored(one.structure)
    elements = tuple(sorted(structure.composition.get_el_amt_dict()))
    entry = Entry(OWN, one.material, structure.composition.reduced_formula, elements, structure)
    (found,) = screen_many([entry], families)
    if found.outcome is not Outcome.CANDIDATE:
        raise NoRowError(f"its structure is no candidate: {found.reason}: {found.message}")
    return found


def _as_stored(stored: Mapping[str, Any]) -> Structure:
    """The structure of a measurement: its lattice, species and places, and nothing else that stands there."""
    sites = stored["sites"]
    species = [{ion["element"]: ion["occu"] for ion in site["species"]} for site in sites]
    return Structure(Lattice(stored["lattice"]["matrix"]), species, [site["abc"] for site in sites])


def _dressed(
    one: OwnMeasurement, amounts: Mapping[str, float], families: Families
) -> tuple[StructureType, Dressed]:
    kind = structure_types().get(one.structure_type)
    if kind is None:
        raise NoRowError(f"no such structure type; expected one of {', '.join(structure_types())}")
    found = dressed(amounts, kind, Cell(), families)
    if found is None:
        raise NoRowError(
            f"{one.formula} does not fill the structure type {kind.name} of a {kind.family} compound; give a "
            "structure, or another type"
        )
    return kind, found


def _keys(
    one: OwnMeasurement, amounts: Mapping[str, float], family: str, families: Families
) -> tuple[str, str]:
    """Structure type and compound as the measured tables name them, as far as they know such a type."""
    kind = structure_types().get(one.structure_type) or type_of_composition(amounts, family, True)
    if kind is not None and (found := dressed(amounts, kind, Cell(), families)) is not None:
        return kind.name, found.compound
    return one.structure_type or "unknown", one.formula
