"""Prototypes: what stands at the corners of the cages of a reference structure, and how high."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean

from polywell.data.elements import LIGANDS
from polywell.data.measured import measured_superconductors
from polywell.data.reference import ReferenceStructure, is_built, reference_entries, reference_structures
from polywell.data.spacers import mean_radius_ang
from polywell.data.supercon.types import APICAL_AND_ELECTROPOSITIVE
from polywell.evidence.anchors import AMBIENT_GPA, reference_records, sound_references
from polywell.evidence.features import Features, family_phases, features
from polywell.families import Families
from polywell.known import Amounts, amounts_per_metal
from polywell.records import Entry, Outcome, Phase, Screening

ESTIMATED, BUILT = 0.5, 1.5
"""Doubt, in ions for each metal, of heights that were estimated and of such as were built to a published ξ.
Strontium in place of all barium of a 1212 compound is 2: a built structure of the same ions is nearer."""
INFINITE = "infinite"
"""Sheets of a block that never ends: the stacking axis is then a sum of heights."""


@dataclass(frozen=True)
class Site:
    """One kind of electropositive ion: its share among them, and its mean radius in Å."""

    name: str
    share: float
    radius_ang: float


@dataclass(frozen=True)
class Apex:
    """One apex of a cage: the kind of site, None for a ligand, and its height over the metals in Å."""

    site: str | None
    height_ang: float


@dataclass(frozen=True)
class Prototype:
    """A reference structure, ready to be dressed with another composition. Lengths in Å.

    `sites` are in order of falling radius; `ceiling` and `outer` are the apexes of the smallest and the
    largest cage. `anion_ang` is the mean height of the capping ligands, None over sheets with bridging ones.
    `doubt` is how many ions for each metal another structure may be farther in composition and still serve
    better: 0 where the heights were measured.
    """

    id: str
    structure_type: str
    amounts: Amounts
    features: Features
    sites: tuple[Site, ...]
    ceiling: tuple[Apex, ...]
    outer: tuple[Apex, ...]
    edge_ang: float
    c_ang: float
    anion_ang: float | None
    doubt: float

    @property
    def sound(self) -> bool:
        """Whether the heights were measured."""
        return self.doubt == 0


@cache
def prototypes(families: Families) -> Mapping[str, tuple[Prototype, ...]]:
    """Prototypes by the structure type of the reference library: candidates at ambient pressure, no films."""
    entries = {entry.id: entry for entry in reference_entries()}
    records = {record.id: record for record in reference_records(families)}
    films = {row.structure for row in measured_superconductors() if row.sample == "film"}
    found: dict[str, list[Prototype]] = defaultdict(list)
    for one in reference_structures():
        record = records[one.id]
        if record.outcome is Outcome.CANDIDATE and one.id not in films and _ambient(one):
            made = _prototype(one, entries[one.id], record)
            if made is not None:
                found[one.structure_type].append(made)
    return {name: tuple(rows) for name, rows in found.items()}


def _doubt(one: ReferenceStructure) -> float:
    if one.id in sound_references():
        return 0.0
    return BUILT if is_built(one.id) else ESTIMATED


def _ambient(one: ReferenceStructure) -> bool:
    return (one.pressure_gpa or 0.0) <= AMBIENT_GPA


def _prototype(one: ReferenceStructure, entry: Entry, record: Screening) -> Prototype | None:
    """None where an apex has no radius or the formula does not hold the metal."""
    phases = family_phases(record)
    amounts = amounts_per_metal(one.formula, str(record.metal))
    structure = entry.structure
    if structure is None or amounts is None:
        return None
    mixes = [{str(k.symbol): float(v) for k, v in site.species.items()} for site in structure]
    sites = _sites(mixes, over_capped=bool(phases[0].anion_heights_ang))
    known = {site.name for site in sites}
    cages = [_apexes(phase) for phase in (phases[0], phases[-1])]
    if any(apex.site is not None and apex.site not in known for cage in cages for apex in cage):
        return None
    heights = phases[0].anion_heights_ang
    return Prototype(
        id=one.id,
        structure_type=one.structure_type,
        amounts=amounts,
        features=features(record),
        sites=sites,
        ceiling=cages[0],
        outer=cages[1],
        edge_ang=fmean(phases[0].edges_ang),
        c_ang=one.c_ang,
        anion_ang=fmean(heights) if heights else None,
        doubt=_doubt(one),
    )


def _sites(mixes: Sequence[Mapping[str, float]], over_capped: bool) -> tuple[Site, ...]:
    """Sites whose commonest element is electropositive, alike by that element."""
    counts: dict[str, float] = defaultdict(float)
    radii: dict[str, list[float]] = defaultdict(list)
    for mix in mixes:
        name = max(sorted(mix), key=lambda symbol: mix[symbol])
        radius = mean_radius_ang(mix, over_capped)
        if name in APICAL_AND_ELECTROPOSITIVE and radius is not None:
            counts[name] += 1.0
            radii[name].append(radius)
    whole = sum(counts.values())
    sites = (Site(name, counts[name] / whole, fmean(radii[name])) for name in counts)
    return tuple(sorted(sites, key=lambda site: (-site.radius_ang, site.name)))


def _apexes(phase: Phase) -> tuple[Apex, ...]:
    """Apexes of a cage by the kind of their site; of a nonahedron its two ligand planes."""
    if phase.apexes[0] in LIGANDS:
        return tuple(Apex(None, height) for height in phase.anion_heights_ang)
    return tuple(
        Apex(element, height) for element, height in zip(phase.apexes, phase.apex_heights_ang, strict=True)
    )
