"""The reference library as the reproduction needs it: what is known and computed of each structure, by id."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, get_args

from pymatgen.core import Structure

from polywell.data.measured import measured_superconductors
from polywell.data.reference import (
    ReferenceStructure,
    Standing,
    is_built,
    reference_entries,
    reference_structures,
    standings,
)
from polywell.evidence.anchors import reference_records
from polywell.families import built_in_families
from polywell.known import best_of
from polywell.pressure.chemical import commonest, coordination_numbers
from polywell.proposal.landscape import landscape
from polywell.proposal.resonance import pair_distances_ang
from polywell.proposal.rows import Row
from polywell.proposal.surface import axis_ratios, cleavage
from polywell.proposal.trilayers import trilayer
from polywell.records import Phase, Screening
from polywell.relation import critical_temperature_k

FAMILIES = ("cuprate", "nickelate", "iron-based")


class Member:
    """One structure of the library: reference, record, and whatever `KNOWN` tells of it by name."""

    def __init__(self, reference: ReferenceStructure, structure: Structure, record: Screening) -> None:
        """Hold what everything else follows from."""
        self.id, self.reference, self.structure, self.record = record.id, reference, structure, record

    def __getattr__(self, name: str) -> Any:
        """What is known by a name, computed when it is first asked for.

        Raises:
            AttributeError: nothing is known by it.
        """
        if name not in KNOWN:
            raise AttributeError(f"nothing is known by the name {name!r}; known: {', '.join(sorted(KNOWN))}")
        found = self.__dict__[name] = KNOWN[name](self)
        return found


def _smallest(one: Member) -> Phase:
    """The phase whose ξ gives the ceiling.

    Raises:
        ValueError: the record is no candidate.
    """
    found = one.record.ceiling_phase
    if found is None:
        raise ValueError(f"{one.id} is {one.record.outcome}, expected a candidate with a ceiling")
    return found


KNOWN: dict[str, Callable[[Member], Any]] = {
    # Of the cell: `built`, also where it is derived from one that was, is no test of the printed heights.
    "cell": lambda one: standings()[one.id],
    "built": lambda one: is_built(one.id),
    "estimated": lambda one: one.cell == "estimated",
    "measured_k": lambda one: one.reference.known_tc_k(),
    "best": lambda one: best_of(row for row in measured_superconductors() if row.structure == one.id),
    "shown_k": lambda one: one.measured_k or (one.best and one.best.representative_tc_k()),
    # Of the screening: the ceiling in K and ξ in Å of the smallest cage, and all phases by name.
    "candidate": lambda one: one.record.tc_ceiling_k is not None,
    "ceiling_k": lambda one: one.record.tc_ceiling_k or 0.0,
    "xi_ang": lambda one: one.record.xi_ceiling_ang or 0.0,
    "smallest": _smallest,
    "phases": lambda one: {phase.phase: phase for phase in one.record.phases},
    "first_apexes": lambda one: one.record.phases[0].apexes,
    # Of the proposal's relations; lengths in Å, T_c in K.
    "landscape": lambda one: landscape(one.structure, one.smallest),
    "axes": lambda one: axis_ratios(one.structure),
    "cleavage": lambda one: cleavage(one.structure),
    "eta_ang": lambda one: pair_distances_ang(one.structure, one.record.phases),
    "trilayer": lambda one: trilayer(one.record.phases),
    "lambda_k_ang2": lambda one: family_lambda(one.reference.family),
    "inner_k": lambda one: critical_temperature_k(one.trilayer.inner_ang, one.lambda_k_ang2),
    "outer_k": lambda one: critical_temperature_k(one.trilayer.outer_ang, one.lambda_k_ang2),
    # Of an element or a site: its coordination numbers and their commonest, atoms in the formula, z.
    "bonds": lambda one: lambda ion: tuple(sorted(set(coordination_numbers(one.structure, ion)))),
    "coordination": lambda one: lambda ion: commonest(coordination_numbers(one.structure, ion)),
    "amount": lambda one: lambda ion: float(one.reference.composition()[ion]),
    "height": lambda one: {site.label: site.xyz[2] for site in one.reference.sites},
}
"""What is known of a structure, by name: comparisons, surveys and the columns of pages ask for it."""


class Library(dict[str, Member]):
    """The reference library by id, in the order of its records."""

    @cached_property
    def candidates(self) -> list[Member]:
        """The structures that the screen takes."""
        return [member for member in self.values() if member.candidate]

    def of(self, family: str) -> list[Member]:
        """The candidates of one family."""
        return [member for member in self.candidates if member.reference.family == family]

    def above(self, family: str, limit_k: float) -> Row:
        """How many members of a family have a ceiling above a temperature, and the highest of them."""
        members = self.of(family)
        top = max(members, key=lambda one: (one.ceiling_k, one.id))
        over = sum(one.ceiling_k > limit_k for one in members)
        return Row(over=over, members=len(members), name=top.reference.name, highest_k=top.ceiling_k)

    def worst_cell(self, ids: Iterable[str]) -> str:
        """The worst standing of the cells of some structures; empty without any."""
        return max((self[id].cell for id in ids), key=get_args(Standing).index, default="")

    def nearest_axes(self, ratio: float) -> Row:
        """The cuprate whose c/a is nearest to a value."""
        known = [one for one in self.of("cuprate") if one.axes.repeat_over_edge is not None]
        found = min(known, key=lambda one: abs(one.axes.repeat_over_edge - ratio))
        return Row(name=found.reference.name, ratio=found.axes.repeat_over_edge)


def family_lambda(name: str) -> float:
    """λ in K·Å² of a family of the built-in table."""
    return next(row.lambda_k_ang2 for row in built_in_families().rows if row.name == name)


def load_library() -> Library:
    """The reference library, screened with the built-in λ table."""
    structures = {entry.id: entry.structure for entry in reference_entries() if entry.structure is not None}
    references = {one.id: one for one in reference_structures()}
    records = reference_records(built_in_families())
    return Library({one.id: Member(references[one.id], structures[one.id], one) for one in records})
