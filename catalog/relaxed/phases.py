"""Competing phases that a home keeps: those of a chemical system and all within it, from a database."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymatgen.core import Lattice, Structure

from catalog.home import Home
from catalog.store.durable import read_json, write_json

SCHEMA = 1


@dataclass(frozen=True)
class CompetingPhase:
    """One phase: id in its database, its energy over that database's hull in eV per atom, its structure."""

    id: str
    above_hull_ev: float
    structure: Structure


@dataclass(frozen=True)
class CompetingPhases:
    """The phases of one chemical system, such as `Ca-Cu-O`, and those within it, of a database's version."""

    system: str
    version: str
    phases: tuple[CompetingPhase, ...]


def system_of(elements: Collection[str]) -> str:
    """The name of the chemical system of some elements."""
    return "-".join(sorted(set(elements)))


def keep_phases(home: Home, found: CompetingPhases) -> None:
    """Makes the phases of a chemical system durable.

    Raises:
        OSError: the disk is full or read-only; what was there before is unchanged.
    """
    place = _file(home, found.system)
    place.parent.mkdir(parents=True, exist_ok=True)
    write_json(
        place,
        {
            "schema": SCHEMA,
            "system": found.system,
            "version": found.version,
            "phases": [
                {"id": one.id, "above_hull_ev": one.above_hull_ev, **plain(one.structure)}
                for one in found.phases
            ],
        },
    )


def phases_of(home: Home, system: str) -> CompetingPhases | None:
    """The phases that are kept of a chemical system; None where it was never asked for."""
    held = read_json(_file(home, system))
    if held is None or held.get("schema") != SCHEMA:
        return None
    return CompetingPhases(
        held["system"],
        held["version"],
        tuple(CompetingPhase(one["id"], one["above_hull_ev"], structure_of(one)) for one in held["phases"]),
    )


def _file(home: Home, system: str) -> Path:
    return home.catalog / "phases" / f"{system}.json"


def plain(structure: Structure) -> dict[str, Any]:
    """An ordered structure as lattice vectors in Å, elements and fractional coordinates."""
    return {
        "lattice": structure.lattice.matrix.tolist(),
        "species": [site.specie.symbol for site in structure],
        "frac": structure.frac_coords.tolist(),
    }


def structure_of(held: Mapping[str, Any]) -> Structure:
    """The structure that `plain` made such a mapping of."""
    return Structure(Lattice(held["lattice"]), held["species"], held["frac"])
