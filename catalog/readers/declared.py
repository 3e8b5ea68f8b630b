"""What a source declares of the composition, and no site holds: a note, or a list of atoms that is cut.

Refined structures differ from their nominal formula: a dopant is often left without a site, a site refined as
full that is not. That moves no net and no cage as long as it is a minority. A list of atoms that is cut, or
symmetry that is misread, lacks more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from pymatgen.core import Structure

from catalog.errors import MissingAtomsError
from catalog.readers.composition import plain_symbol
from polywell.data.elements import LIGANDS
from polywell.families import built_in_families

DOPANT_OF_RAREST = 0.5
"""A declared amount that differs from the sites' by less than this, in units of the element that is the
majority of the fewest sites, is a dopant, a vacancy or an excess: on no element's sites does it become the
majority."""

MOSTLY = 0.5
"""A site that is filled to less is mostly empty, and has no majority."""

DOPANTS_OF_ALL = 0.1
"""Largest share of the declared atoms, hydrogen not counted, that may have no site."""

NOTED = 0.01
"""Deviations of an element's share up to this are not worth a note."""

NetMetal = Callable[[str], bool]
"""Whether an element may form a net, so that none of it may be missing."""


def net_metal(needs_structure: Callable[[Collection[str]], bool]) -> NetMetal:
    """The metals of the λ table in force, known by what is worth a structure, and of the built-in one."""
    decides = not needs_structure(LIGANDS)

    def may_form_a_net(symbol: str) -> bool:
        return symbol in built_in_families().metals or (decides and needs_structure({symbol, *LIGANDS}))

    return may_form_a_net


@dataclass(frozen=True)
class Formula:
    """A declared formula, amounts by element of any number of formula units; None where none is declared."""

    amounts: Mapping[str, float] | None
    is_net_metal: NetMetal

    def compare(self, structure: Structure, tolerance: float, counted: bool = False) -> list[str]:
        """Remarks on where the sites differ from the formula; hydrogen may be missing.

        Args:
            structure: the whole cell.
            tolerance: largest deviation of an element's share, relative to the declared one.
            counted: whether the formula was made by counting the listed atoms, so that no dopant may be
                missing either.

        Raises:
            MissingAtomsError: an element is absent, or its share is off, by more than a dopant's.
        """
        if self.amounts is None:
            return []
        bound = 0.0 if counted else DOPANT_OF_RAREST * _rarest(structure)
        return _compared(self.amounts, _amounts_on(structure), tolerance, bound, self.is_net_metal)

    def counts(self, structure: Structure) -> bool:
        """Whether this may be a count of full sites: it is whole, or the sites are not all full."""
        return not structure.is_ordered or all(
            amount == int(amount) for amount in (self.amounts or {}).values()
        )


def _amounts_on(structure: Structure) -> dict[str, float]:
    amounts: dict[str, float] = {}
    for species, amount in structure.composition.items():
        symbol = plain_symbol(species.symbol) or str(species)
        amounts[symbol] = amounts.get(symbol, 0.0) + float(amount)
    return amounts


def _rarest(structure: Structure) -> float:
    """How many sites of the cell hold mostly one element: the least of such numbers."""
    hosts: Counter[str] = Counter()
    for site in structure:
        species, _ = max(site.species.items(), key=lambda one: one[1])
        if site.species.num_atoms >= MOSTLY:
            hosts[species.symbol] += 1
    return min(hosts.values(), default=0)


def _compared(
    declared: Mapping[str, float],
    present: Mapping[str, float],
    tolerance: float,
    bound: float,
    is_net_metal: NetMetal,
) -> list[str]:
    """Remarks on the differences; less than `bound` atoms in the cell, none of a net metal, are doping."""
    shared = [symbol for symbol in declared if symbol in present and symbol != "H"]
    ratios = {symbol: present[symbol] / declared[symbol] for symbol in shared}
    # The lower median: the hosts of a dopant without a site hold more than is declared.
    scale = sorted(ratios.values())[(len(ratios) - 1) // 2] if ratios else 1.0
    wanted = {symbol: amount * scale for symbol, amount in declared.items() if symbol != "H"}
    lacking = {symbol: amount - present.get(symbol, 0.0) for symbol, amount in wanted.items()}

    def is_doping(*symbols: str) -> bool:
        """Whether doping may be all that these elements lack (or exceed, below 0)."""
        amounts = [lacking[symbol] for symbol in symbols]
        return (
            not any(map(is_net_metal, symbols))
            and sum(map(abs, amounts)) < bound
            and sum(max(amount, 0.0) for amount in amounts) <= DOPANTS_OF_ALL * sum(wanted.values()) + 1e-9
        )

    without_site = sorted(set(wanted) - set(present))
    hydrogen = ["H"] if "H" in declared and "H" not in present else []
    if without_site and not is_doping(*without_site):
        names = sorted([*without_site, *hydrogen])
        raise MissingAtomsError(
            f"the formula declares {', '.join(names)}, but no site holds "
            f"{'it' if len(names) == 1 else 'them'}; the list of atoms is incomplete"
        )
    notes = [f"{declared[symbol]:g} {symbol} are declared and have no site" for symbol in without_site]
    notes += ["the declared hydrogen has no site"] if hydrogen else []
    extra = sorted(set(present) - set(declared))
    if extra:
        notes.append(f"sites hold {', '.join(extra)}, which the declared formula lacks")
    deviations = {symbol: abs(ratio / scale - 1) for symbol, ratio in ratios.items()}
    for symbol in sorted(deviations, key=lambda symbol: -deviations[symbol]):
        if deviations[symbol] > tolerance and not is_doping(symbol):
            raise MissingAtomsError(
                f"the sites hold {present[symbol]:g} {symbol} where the declared formula asks for "
                f"{wanted[symbol]:g}; the list of atoms is incomplete or the formula is wrong"
            )
    worst = max(deviations, key=deviations.__getitem__, default="")
    if worst and deviations[worst] > NOTED:
        share = 100 * deviations[worst]
        notes.append(f"the share of {worst} differs from the declared formula by {share:.0f} %")
    return notes
