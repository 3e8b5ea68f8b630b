"""The reference library as the reproduction needs it: what is known and computed of each structure, by id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import get_args

from pymatgen.core import Structure

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
from polywell.pressure.chemical import commonest, coordination_numbers
from polywell.proposal.cleavage import Cleavage, cleavage
from polywell.proposal.landscape import Landscape, landscape
from polywell.proposal.resonance import pair_distances_ang
from polywell.proposal.rows import Row
from polywell.proposal.stripes import AxisRatios, axis_ratios
from polywell.proposal.trilayers import Trilayer, trilayer
from polywell.records import Phase, Screening
from polywell.relation import critical_temperature_k

FAMILIES = ("cuprate", "nickelate", "iron-based")


@dataclass(eq=False)
class Member:
    """One structure of the library: reference, record, and what the proposal's relations say of it."""

    reference: ReferenceStructure
    structure: Structure
    record: Screening

    @property
    def id(self) -> str:
        """Id of the structure."""
        return self.reference.id

    @property
    def phases(self) -> dict[str, Phase]:
        """Phases by name."""
        return {phase.phase: phase for phase in self.record.phases}

    @property
    def candidate(self) -> bool:
        """Whether the screen takes it."""
        return self.record.tc_ceiling_k is not None

    @property
    def ceiling_k(self) -> float:
        """The ceiling of a candidate in K."""
        return self.record.tc_ceiling_k or 0.0

    @property
    def xi_ang(self) -> float:
        """ξ in Å of a candidate's smallest cage."""
        return self.record.xi_ceiling_ang or 0.0

    @property
    def built(self) -> bool:
        """Whether it, or what it is derived from, was built to the printed heights: no test of them."""
        return is_built(self.id)

    @property
    def estimated(self) -> bool:
        """Whether the cell is estimated or carried on from another pressure."""
        return self.cell == "estimated"

    @property
    def cell(self) -> Standing:
        """How far to trust its cell."""
        return standings()[self.id]

    @property
    def first_apexes(self) -> tuple[str, ...]:
        """Apexes of its first phase."""
        return self.record.phases[0].apexes

    @property
    def measured_k(self) -> float | None:
        """Measured T_c in K, None where the library has none."""
        return self.reference.known_tc_k()

    @property
    def smallest(self) -> Phase:
        """The phase whose ξ gives the ceiling.

        Raises:
            ValueError: the record is no candidate.
        """
        for phase in self.record.phases:
            if phase.tc_k is not None and phase.xi_ang == self.record.xi_ceiling_ang:
                return phase
        raise ValueError(f"{self.id} is {self.record.outcome}, expected a candidate with a ceiling")

    @cached_property
    def landscape(self) -> Landscape:
        """The Coulomb landscape of the smallest cage."""
        return landscape(self.structure, self.smallest)

    @cached_property
    def axes(self) -> AxisRatios:
        """What may be called c/a."""
        return axis_ratios(self.structure)

    @cached_property
    def cleavage(self) -> Cleavage:
        """Where it cleaves."""
        return cleavage(self.structure)

    @property
    def eta_ang(self) -> dict[str, float]:
        """Distances of pairs across the spacers in Å, by phase."""
        return pair_distances_ang(self.structure, self.record.phases)

    @property
    def trilayer(self) -> Trilayer:
        """Its block of three sheets.

        Raises:
            ValueError: it has none.
        """
        found = trilayer(self.record.phases)
        if found is None:
            raise ValueError(f"{self.id} has no trilayer in the reference library: check its structure")
        return found

    @property
    def inner_k(self) -> float:
        """λ/ξ² in K of the inner cage of its trilayer."""
        return critical_temperature_k(self.trilayer.inner_ang, family_lambda(self.reference.family))

    @property
    def outer_k(self) -> float:
        """λ/ξ² in K of the outer cages of its trilayer."""
        return critical_temperature_k(self.trilayer.outer_ang, family_lambda(self.reference.family))

    def bonds(self, symbol: str) -> tuple[int, ...]:
        """Coordination numbers that a cation has here, in rising order."""
        return tuple(sorted(set(coordination_numbers(self.structure, symbol))))

    def coordination(self, symbol: str) -> int:
        """The commonest of them."""
        return commonest(coordination_numbers(self.structure, symbol))

    def amount(self, symbol: str) -> float:
        """Atoms of an element in the formula."""
        return float(self.reference.composition()[symbol])

    def height(self, label: str) -> float:
        """Z of a site of the asymmetric unit."""
        return next(site.xyz[2] for site in self.reference.sites if site.label == label)


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
        order = get_args(Standing)
        return max((self[id].cell for id in ids), key=order.index, default="")

    def nearest_axes(self, ratio: float) -> Row:
        """The cuprate whose c/a is nearest to a value."""
        known = [
            Row(name=one.reference.name, ratio=found)
            for one in self.of("cuprate")
            if (found := one.axes.repeat_over_edge) is not None
        ]
        return min(known, key=lambda one: abs(one.ratio - ratio))


def family_lambda(name: str) -> float:
    """λ in K·Å² of a family of the built-in table."""
    return next(row.lambda_k_ang2 for row in built_in_families().rows if row.name == name)


def load_library() -> Library:
    """The reference library, screened with the built-in λ table."""
    structures = {entry.id: entry.structure for entry in reference_entries() if entry.structure is not None}
    references = {one.id: one for one in reference_structures()}
    records = reference_records(built_in_families())
    return Library({one.id: Member(references[one.id], structures[one.id], one) for one in records})
