"""Electrons of a structure: which metals stand on its nets and elsewhere, which anions are bound.

Occupancies count as they are. Where the entry declares another composition than its sites hold, above all a
dopant that was never refined, the note says so, and what counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from polywell.data.charges import NetKind, NoChargeError, ions_of
from polywell.data.elements import LIGANDS
from polywell.electrons.bonds import Bonding
from polywell.electrons.families import carriers_of
from polywell.electrons.fit import fit_of
from polywell.electrons.instability import Charged, Instability, Range, instabilities
from polywell.electrons.valence import Valence, amounts_of, charges_of, formal_valence
from polywell.geometry.find import Geometry, Net
from polywell.geometry.ions import Ions
from polywell.geometry.nets.square_nets import BRIDGED
from polywell.geometry.sites import Sites
from polywell.records import Electrons, ElectronState

DECLARED_DIFFERENCE = 0.005
"""Amounts for each metal of the net that differ by less are one composition: formulas are rounded."""

FULL = 0.999
"""A site that is filled more is full."""

STRANGE_ANIONS = LIGANDS - frozenset("O F Cl Br".split())
"""Anions other than those that stand in and between bridged nets whatever their metal."""

LINEAR = frozenset("Cu Ag Au Hg".split())
"""Cations of layered oxides that two anions hold, one on either side."""

TAKERS = frozenset("Cr Mn Fe Co Ru Rh Os Ir Re".split())
"""Metals of open d shells and several charges; outside bridged nets they may take the carriers of these."""

BELOW_PARENT = 0.5
"""Units of e: parameters of Cu 2+ and Ni 2+ do not hold of a metal of lower valence (Ni 1+ in NdNiO2)."""

CHAIN_SHARE = 0.02
"""Less of the metal outside the nets than this is no chain but a defect."""

LEAST_AMOUNT = 1e-3
"""Atoms in a cell; less is rounding."""

DIGITS = 6

OUTSIDE = ElectronState.OUTSIDE


Asked = tuple[str, tuple[str, NetKind] | None]
"""The formula that an entry declares, and metal and kind of the nets to speak of.

Those of a known family if None, else the first.
"""


@dataclass(frozen=True)
class _Balance:
    """What one structure holds, in amounts for a cell, and the valence of the metal of its nets.

    `sites` hold it, `on_net` the places of the metals of `nets`, of which `foreign` are not the net's own;
    `amounts` count. `charges` are those that bonds decide. `valence` is a sentence where neutrality leaves
    none.
    """

    metal: str
    kind: NetKind
    nets: list[Net]
    sites: Mapping[str, float]
    on_net: Mapping[str, float]
    foreign: Mapping[str, float]
    amounts: Mapping[str, float]
    charges: Mapping[str, float]
    valence: Valence | str
    notes: list[str]

    @property
    def outside(self) -> float:
        """Share of the net's metal that stands outside the nets."""
        return max(0.0, 1.0 - self.on_net.get(self.metal, 0.0) / self.sites[self.metal])


def electrons_of(geometry: Geometry, bonding: Bonding, asked: Mapping[int, Asked]) -> dict[int, Electrons]:
    """What can be said of the electrons of structures with nets.

    Args:
        geometry: what was found in a batch of structures.
        bonding: the bonds of the batch.
        asked: what is asked of structures, by their number in the batch.
    """
    balances = {structure: _balance(geometry, structure, bonding, *one) for structure, one in asked.items()}
    given = {structure: _charged(geometry.ions, structure, one) for structure, one in balances.items()}
    charged = {structure: one for structure, one in given.items() if isinstance(one, Charged)}
    strained = instabilities(geometry.ions, bonding, charged)
    strained |= {
        structure: Instability(None, one) for structure, one in given.items() if isinstance(one, str)
    }
    return {
        structure: _electrons(geometry, structure, bonding, one, strained[structure])
        for structure, one in balances.items()
    }


def _balance(
    geometry: Geometry, structure: int, bonding: Bonding, formula: str, net: tuple[str, NetKind] | None
) -> _Balance:
    nets = geometry.nets(structure)
    metal, kind = net or min(map(_key, nets), key=lambda one: (carriers_of(*one) is None, one))
    ours = [one for one in nets if _key(one) == (metal, kind)]
    on_net = _on_net(geometry, ours)
    sites = geometry.sites[structure].amounts
    amounts, said = _counted(geometry.sites[structure], formula, metal)
    charges, excess, bound = _bound(geometry, structure, bonding, amounts, sites)
    foreign = {symbol: amount for symbol, amount in on_net.items() if symbol != metal}
    valence: Valence | str
    try:
        valence = formal_valence(amounts, metal, kind, foreign, charges=charges, excess=excess)
    except NoChargeError as error:
        valence = str(error)
    return _Balance(metal, kind, ours, sites, on_net, foreign, amounts, charges, valence, [*said, *bound])


def _electrons(
    geometry: Geometry, structure: int, bonding: Bonding, balance: _Balance, strained: Instability
) -> Electrons:
    factor, misfit = fit_of(geometry.ions, structure, bonding, balance.nets)
    foreign, outside = balance.foreign, balance.outside
    found = Electrons(
        electron_state=ElectronState.UNKNOWN,
        tolerance_factor=factor,
        fit_note=misfit,
        foreign_share=_kept(sum(foreign.values()) / sum(balance.on_net.values())),
        foreign_metals=tuple(sorted(foreign, key=lambda one: (-round(foreign[one], DIGITS), one))),
        outside_share=_kept(outside),
        bond_valences=_bond_valences(bonding, balance.nets),
        instability_index=strained.index,
        instability_note=strained.note,
    )
    valence, sites, amounts = balance.valence, balance.sites, balance.amounts
    if isinstance(valence, str):
        return replace(found, electron_note="; ".join([valence, *balance.notes]))
    metal, kind, notes = balance.metal, balance.kind, balance.notes
    carriers, chains = valence.carriers, outside > CHAIN_SHARE
    sparse = chains and _oxygen_is_sparse(geometry, structure, sites)
    monovalent = 0.0
    if (metal, kind) == ("Cu", BRIDGED) and chains and not sparse:
        monovalent = _monovalent(geometry, structure, bonding, balance.nets)
    if monovalent and monovalent < sites[metal] - LEAST_AMOUNT:
        inner = (valence.middle * sites[metal] - monovalent) / (sites[metal] - monovalent)
        carriers = inner - 2.0
        chains = outside - monovalent / sites[metal] > CHAIN_SHARE
        told = f"{metal} outside the nets that two anions or S hold counts as +1"
        notes = [*notes, f"{told}, the others as {inner:+.2f}"]
    elif chains:
        notes = [*notes, f"a mean over all {metal}, {outside:.0%} of which stand outside the nets"]
    family = carriers_of(metal, kind)
    state = ElectronState.UNKNOWN if family is None else family.state_at(carriers, chains)
    if family is not None and chains and not sparse and family.state_at(carriers) is OUTSIDE:
        state = OUTSIDE
    if family is not None and state is OUTSIDE and family.oxygen_taken_up.intersection(amounts):
        more = (family.parent - valence.middle) / 2
        notes = [*notes, f"{more:.2g} more O for each {metal} make it the parent"] if more > 0 else notes
    unusual = _unusual(geometry, structure, bonding, balance)
    return replace(
        found,
        unusual_ions=tuple(unusual),
        unusual_amounts=tuple(unusual.values()),
        formal_valence=_kept(valence.middle),
        valence_low=_kept(valence.low),
        valence_high=_kept(valence.high),
        d_electrons=_kept(valence.d_electrons),
        carriers=_kept(carriers),
        electron_state=state,
        electron_note="; ".join([*_of_ions(valence), *notes]) or None,
    )


def _key(net: Net) -> tuple[str, NetKind]:
    return net.sheet.metal, "bridged" if net.kind == BRIDGED else "capped"


def _on_net(geometry: Geometry, nets: Sequence[Net]) -> dict[str, float]:
    """Amounts of the elements on the places of the metals of some nets."""
    amounts: dict[str, float] = {}
    for ion in {ion for net in nets for ion in net.metals}:
        for symbol, amount in geometry.ions.mixes[ion].items():
            amounts[symbol] = amounts.get(symbol, 0.0) + amount
    return amounts


def _counted(sites: Sites, formula: str, metal: str) -> tuple[Mapping[str, float], list[str]]:
    """The composition that counts, in amounts for a cell, and a sentence where formula and sites differ.

    The declared amount counts of an element that no site holds, or full sites alone; where sites are shared
    or partly filled, somebody has looked, and they count.
    """
    held = sites.amounts
    try:
        declared = amounts_of(formula) if formula else {}
    except ValueError:
        return held, []
    if metal not in declared:
        return held, []
    scale = held[metal] / declared[metal]
    apart = sorted(
        symbol
        for symbol in {*held, *declared}
        if abs(held.get(symbol, 0.0) - declared.get(symbol, 0.0) * scale) > DECLARED_DIFFERENCE * held[metal]
    )
    if not apart:
        return held, []
    shared = {symbol for mix in sites.mixes if len(mix) > 1 or sum(mix.values()) < FULL for symbol in mix}
    counted, told = dict(held), []
    for symbol in apart:
        by_formula, by_sites = declared.get(symbol, 0.0) * scale, held.get(symbol, 0.0)
        counted[symbol] = by_sites if symbol in shared else by_formula
        told.append(
            f"{by_formula / held[metal]:.3g} {symbol} for each {metal} are declared, "
            f"{by_sites / held[metal]:.3g} stand on sites: "
            f"{'the sites count' if symbol in shared else 'the formula counts'}"
        )
    return counted, told


def _bound(
    geometry: Geometry,
    structure: int,
    bonding: Bonding,
    amounts: Mapping[str, float],
    sites: Mapping[str, float],
) -> tuple[dict[str, float], float, list[str]]:
    """Charges that bonds decide, the charge that bound anions lack, and sentences on them."""
    ions = geometry.ions
    members = ions.members(structure)
    charges: dict[str, float] = {}
    excess = 0.0
    paired: dict[str, float] = {}
    bonds = bonding.shared[members]
    for k in bonds.nonzero()[0].tolist():
        mix = ions.mixes[members.start + k]
        for symbol, amount in mix.items():
            most = -min((row.charges[0] for row in ions_of(symbol, "capped")), default=0)
            excess += amount * max(0, min(int(bonds[k]), most))
            paired[symbol] = paired.get(symbol, 0.0) + amount
    notes = [
        f"{share:.0%} of {symbol} is bound to anions of its kind and less negative for each bond"
        for symbol, share in sorted((s, a / sites[s]) for s, a in paired.items())
    ]
    if "H" in amounts:
        hydrogen = [k for k in range(members.start, members.stop) if ions.mixes[k].get("H", 0.0) > 0]
        held = sum(ions.mixes[k]["H"] for k in hydrogen)
        if held > 0.9 * sites.get("H", 0.0) > 0:
            on = sum(ions.mixes[k]["H"] for k in hydrogen if bonding.on_anion[k])
            charges["H"] = (2.0 * on - held) / held
    return charges, excess, notes


def _oxygen_is_sparse(geometry: Geometry, structure: int, sites: Mapping[str, float]) -> bool:
    """Whether some of the oxygen stands on sites so empty that no ion is seen there."""
    if "O" not in sites:
        return False
    members = geometry.ions.members(structure)
    seen = sum(mix.get("O", 0.0) for mix in geometry.ions.mixes[members])
    return seen < sites["O"] - LEAST_AMOUNT


def _monovalent(geometry: Geometry, structure: int, bonding: Bonding, nets: Sequence[Net]) -> float:
    """Amount of copper outside the nets that two anions hold, or that is bound to neither O nor F."""
    ions = geometry.ions
    members = ions.members(structure)
    inside = {ion for net in nets for ion in net.metals}
    return sum(
        ions.mixes[k].get("Cu", 0.0)
        for k in range(members.start, members.stop)
        if k not in inside
        and ions.elements[k] == "Cu"
        and (bonding.coordination[k] == 2 or (bonding.coordination[k] and not bonding.oxygens[k]))
    )


def _bond_valences(bonding: Bonding, nets: Sequence[Net]) -> tuple[float, ...]:
    """Mean bond valence sum of each kind of sheet; sheets whose sums agree to a hundredth are one kind."""
    gone = {ion for net in nets for ion in (*net.holes, *net.foreign)}
    metals = [[ion for ion in net.metals if ion not in gone] for net in nets]
    means = [fmean(bonding.valences[ion] for ion in ions) for ions in metals if ions]
    return tuple(sorted({round(mean, 2) for mean in means if mean > 0}))


def _unusual(geometry: Geometry, structure: int, bonding: Bonding, balance: _Balance) -> dict[str, float]:
    """Ions that decide whether a layer can be, by name, for each metal of the nets; no charge may be unknown.

    Hydride, bound oxygen (peroxide), and beside bridged nets other anions than the ordinary ones, the metals
    outside them that may take their carriers, and cations that two anions or fewer hold.
    """
    metal, kind, amounts, charges = balance.metal, balance.kind, balance.amounts, balance.charges
    found: dict[str, float] = {}
    if "H" in charges:
        found["hydride"] = amounts["H"] * (1.0 - charges["H"]) / 2
    members = geometry.ions.members(structure)
    bound = bonding.shared[members].nonzero()[0].tolist()
    found["peroxide"] = sum(geometry.ions.mixes[members.start + k].get("O", 0.0) for k in bound)
    for symbol, amount in sorted(amounts.items()) if kind == "bridged" else ():
        if symbol in TAKERS and symbol != metal:
            found[f"{symbol} outside the nets"] = amount - balance.on_net.get(symbol, 0.0)
        elif symbol in STRANGE_ANIONS and symbol not in charges:
            found[symbol] = amount if charges_of(symbol, amounts, metal, kind).usual < 0 else 0.0
        elif symbol not in LINEAR and symbol not in LIGANDS:
            found[f"{symbol} with two anions"] = sum(
                geometry.ions.mixes[k].get(symbol, 0.0)
                for k in range(members.start, members.stop)
                if geometry.ions.elements[k] == symbol and bonding.around[k] <= 2
            )
    metals = sum(balance.on_net.values())
    return {name: _kept(amount / metals) for name, amount in found.items() if amount > LEAST_AMOUNT}


def _charged(ions: Ions, structure: int, balance: _Balance) -> Charged | str:
    """The charges for a global instability index, or why there is none.

    Metals of the nets have the valence that neutrality leaves to them. That is a mean over all atoms of the
    metal: where some stand outside the nets, those of the nets may have the valence of the parent, too.
    """
    metal, kind, valence = balance.metal, balance.kind, balance.valence
    family = carriers_of(metal, kind)
    if isinstance(valence, str):
        return valence
    if "H" in balance.amounts:
        return "no bond valences of H"
    if kind == "bridged" and family is not None and valence.high < family.parent - BELOW_PARENT:
        return f"no bond valence parameters of {metal} {valence.high:+.2f}"
    of_net: Range = (valence.low, valence.middle, valence.high)
    on_net = {ion for net in balance.nets for ion in net.metals if ion not in net.holes}
    ranges: dict[str, Range] = {}
    members = ions.members(structure)
    for symbol in sorted({symbol for mix in ions.mixes[members] for symbol in mix}):
        if symbol in balance.charges:
            ranges[symbol] = (balance.charges[symbol],) * 3
            continue
        try:
            row = charges_of(symbol, balance.amounts, metal, kind)
        except NoChargeError as error:
            return str(error)
        ranges[symbol] = (row.charges[0], row.usual, row.charges[-1])
    if all(ion in on_net for ion, mix in enumerate(ions.mixes[members], members.start) if metal in mix):
        ranges[metal] = of_net
    elif family is not None:
        of_net = (min(valence.low, family.parent), valence.middle, max(valence.high, family.parent))
    inside = {ion: of_net for ion in on_net if kind == "capped" or ions.mixes[ion].keys() == {metal}}
    return Charged(ranges, inside)


def _of_ions(valence: Valence) -> list[str]:
    notes = []
    if valence.several:
        notes.append(
            f"{', '.join(valence.several)}: {valence.metal} from {valence.low:+.2f} to {valence.high:+.2f}"
        )
    if valence.foreign:
        told = ", ".join(f"{symbol} {share:.1%}" for symbol, share in valence.foreign)
        notes.append(f"foreign metals on the net: {told}")
    return notes


def _kept(value: float) -> float:
    """The value to six decimals, and no negative zero."""
    return round(value, DIGITS) + 0.0
