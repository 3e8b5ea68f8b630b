"""Phases that are met beside a compound when it is made, and the powder lines that give them away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator
from pymatgen.core import Composition, Element, Lattice, Structure

from polywell.data.built import kept
from polywell.data.orbits import orbits
from polywell.data.tables import Record, Table, load_table
from polywell.families import built_in_families
from polywell.making.weighing import is_sealed

FROM_AIR = frozenset(("C", "H", "O"))
"""What air and the weighed salts bring, so that a phase may hold it although the compound does not."""

MOST = 6
"""Phases that are named for one compound."""

STRONGEST = 3
"""Lines of a phase that are named."""

FIRST_DEG, LAST_DEG = 10.0, 70.0
"""2θ at Cu Kα within which the strongest lines are sought."""

SAME_SITE = 1e-3
"""Two places of an orbit are one where their fractions of the axes differ by less in sum."""

Length = Annotated[float, Field(gt=2, lt=40)]
Site = tuple[str, float, float, float]


class _Type(Record):
    name: Annotated[str, Field(min_length=1)]
    group: Annotated[str, Field(min_length=1)]
    sites: Annotated[tuple[Site, ...], Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    checked: Literal["read", "recalled"]


class Impurity(Record):
    """One phase: its formula, structure type, cell, formulas in the cell, where sites and cell can be read.

    A `layered` one may be the very compound that is wanted; the same formula of any other is
    another structure.
    """

    formula: Annotated[str, Field(min_length=1)]
    type: str
    ions: Mapping[str, str]
    cell_ang: Annotated[tuple[Length, ...], Field(min_length=1, max_length=3)]
    beta_deg: Annotated[float, Field(gt=90, lt=130)] | None = None
    units: Annotated[int, Field(gt=0)]
    layered: bool = False
    source: Annotated[str, Field(min_length=1)]
    checked: Literal["read", "recalled"]

    @property
    def elements(self) -> frozenset[str]:
        """The elements of its formula."""
        return frozenset(Composition(self.formula).get_el_amt_dict())


class _Table(Table):
    type: Annotated[tuple[_Type, ...], Field(min_length=1)]
    phase: Annotated[tuple[Impurity, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _agrees(self) -> _Table:
        types = {one.name: one for one in self.type}
        for phase in self.phase:
            if phase.type not in types:
                raise ValueError(f"{phase.formula}: no type {phase.type!r}; expected one of {sorted(types)}")
            letters = {site[0] for site in types[phase.type].sites} - {"C", "H"}
            if missing := sorted(letters - set(phase.ions)):
                raise ValueError(f"{phase.formula}: no ion for {', '.join(missing)} of {phase.type}")
        return self


@dataclass(frozen=True)
class Trace:
    """The strongest lines of a phase: spacings in Å, intensity in per cent of the strongest."""

    formula: str
    lines: tuple[tuple[float, float], ...]


@cache
def _table() -> _Table:
    return load_table("impurities.toml", _Table)


@cache
def impurities() -> tuple[Impurity, ...]:
    """The table, those that are met most often first."""
    types = {one.name: one for one in _table().type}
    return tuple(_impurity(one, types[one.type]) for one in _table().phase)


def _impurity(phase: Impurity, type: _Type) -> Impurity:
    source = phase.source if phase.source == type.source else f"{phase.source}; sites: {type.source}"
    both = "read" if phase.checked == type.checked == "read" else "recalled"
    return phase.model_copy(update={"source": source, "checked": both})


def structure_of_phase(formula: str) -> Structure:
    """One cell of a phase of the table.

    Args:
        formula: as the table writes it.

    Raises:
        KeyError: the table has no such phase.
    """
    phase = {one.formula: one for one in impurities()}[formula]
    type = {one.name: one for one in _table().type}[phase.type]
    ions = {"C": "C", "H": "H", **phase.ions}
    places = orbits(type.group, [(x, y, z) for _, x, y, z in type.sites], SAME_SITE)
    species = [ions[site[0]] for site, images in zip(type.sites, places, strict=True) for _ in images]
    return Structure(_lattice(phase, type.group), species, np.concatenate(places))


def _lattice(phase: Impurity, group: str) -> Lattice:
    a, *others = phase.cell_ang
    b, c = others if len(others) == 2 else (a, others[0] if others else a)
    hexagonal = len(others) == 1 and group[1] in "36-"
    return Lattice.from_parameters(a, b, c, 90, phase.beta_deg or 90, 120 if hexagonal else 90)


def likely_beside(amounts: Mapping[str, float]) -> tuple[Impurity, ...]:
    """The phases of the table that can form beside a compound.

    They hold nothing but what the compound holds and, where it is fired in air, what air brings. A compound
    that is made in a sealed tube meets oxides only where it holds oxygen. They are in the order of the
    table, `MOST` at most.

    Args:
        amounts: ions of the compound.
    """
    held = {symbol for symbol, amount in amounts.items() if amount > 0}
    may_hold = held if is_sealed(amounts) else held | FROM_AIR
    own = Composition(dict(amounts)).reduced_composition
    found = [
        one
        for one in impurities()
        if one.elements <= may_hold
        and any(Element(symbol).is_metal for symbol in one.elements)
        and not (one.layered and Composition(one.formula).reduced_composition.almost_equals(own))
    ]
    return tuple(found[:MOST])


def trace(formula: str) -> Trace:
    """The strongest lines of a phase of the table.

    Args:
        formula: as the table writes it.

    Raises:
        KeyError: the table has no such phase.
    """
    return _traces()[formula]


@cache
def _traces() -> Mapping[str, Trace]:
    traces = kept("impurity_lines", Trace, built_in_families()) or made_traces()
    return {one.formula: one for one in traces}


def made_traces() -> tuple[Trace, ...]:
    """The strongest lines of every phase, calculated anew by pymatgen at Cu Kα."""
    return tuple(_made_trace(one.formula) for one in impurities())


def _made_trace(formula: str) -> Trace:
    from pymatgen.analysis.diffraction.xrd import XRDCalculator  # takes a second, and only dossiers need it

    structure = structure_of_phase(formula)
    made = XRDCalculator("CuKa").get_pattern(structure, two_theta_range=(FIRST_DEG, LAST_DEG))
    order = sorted(range(len(made.y)), key=lambda place: -made.y[place])[:STRONGEST]
    lines = ((round(float(made.d_hkls[place]), 4), round(float(made.y[place]), 1)) for place in order)
    return Trace(formula, tuple(lines))
