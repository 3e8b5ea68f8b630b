"""Measurements of one's own as rows that train, beside those of the measured tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pymatgen.core import Lattice, Structure

from polywell.data.supercon.formulas import Oxygen
from polywell.data.supercon.types import StructureType, structure_types, type_of_composition
from polywell.electrons.valence import amounts_of
from polywell.evidence.features import Features, features
from polywell.evidence.own.measurement import OwnMeasurement
from polywell.evidence.rows.dressing import Cell, dressed
from polywell.evidence.rows.joined import DECIMALS, shares_of
from polywell.evidence.rows.noise import ANALOGUE, DRESSED, SAME, relative_noise
from polywell.evidence.rows.rows import Row, least_noise_k
from polywell.families import Families
from polywell.records import Entry, Outcome, Screening
from polywell.screening import screen_many

OWN = "own"
"""Source of these rows."""


class NoRowError(ValueError):
    """A measurement cannot train: what it was measured on is no candidate."""


def own_rows(measurements: Iterable[OwnMeasurement], families: Families) -> tuple[Row, ...]:
    """Measurements as rows, in order of id.

    Raises:
        NoRowError: a structure is no candidate, or a structure type cannot hold the composition.
    """
    return tuple(sorted((own_row(one, families) for one in measurements), key=lambda row: row.id))


def own_row(one: OwnMeasurement, families: Families) -> Row:
    """A measurement as a row; its structure is screened as that of any candidate.

    Raises:
        NoRowError: the structure is no candidate, or the structure type cannot hold the composition.
    """
    amounts = amounts_of(one.formula)
    if one.structure is None:
        found, kind, compound, geometry = _dressed(one, amounts, families)
        noise = relative_noise(families)[kind.family, geometry, geometry == ANALOGUE]
        type_name = kind.name
    else:
        found = features(candidate_of(one, families))
        type_name, compound = _keys(one, amounts, found.family, families)
        geometry, noise = SAME, 0.0
    pressure = found.pressure_gpa if one.pressure_gpa is None else one.pressure_gpa
    return Row(
        id=f"{OWN}:{one.id}",
        source=OWN,
        formula=one.formula,
        composition=shares_of(amounts),
        oxygen=Oxygen.WRITTEN,
        family=found.family,
        structure_type=type_name,
        compound=compound,
        system="-".join(sorted(amounts)),
        tc_k=one.tc_k,
        tc_noise_k=least_noise_k(one.tc_k),
        reports=1,
        year=int(one.date[:4]),
        features=replace(found, pressure_gpa=pressure),
        geometry=geometry,
        xi_noise=round(noise, DECIMALS),
        trains=True,
        pressure_gpa=pressure,
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
) -> tuple[Features, StructureType, str, str]:
    kind = structure_types().get(one.structure_type)
    if kind is None:
        raise NoRowError(f"no such structure type; expected one of {', '.join(structure_types())}")
    found = dressed(amounts, kind, Cell(), families)
    if found is None:
        raise NoRowError(
            f"{one.formula} does not fill the structure type {kind.name} of a {kind.family} compound; give a "
            "structure, or another type"
        )
    if kind.analogue:
        return found.features, kind, found.compound, ANALOGUE
    return found.features, kind, found.compound, SAME if found.same_compound else DRESSED


def _keys(
    one: OwnMeasurement, amounts: Mapping[str, float], family: str, families: Families
) -> tuple[str, str]:
    """Structure type and compound as the measured tables name them, as far as they know such a type."""
    kind = structure_types().get(one.structure_type) or type_of_composition(amounts, family, True)
    if kind is not None and (found := dressed(amounts, kind, Cell(), families)) is not None:
        return kind.name, found.compound
    return one.structure_type or "unknown", one.formula
