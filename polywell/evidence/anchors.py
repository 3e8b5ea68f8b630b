"""Anchors: entries of a database that hold a compound whose structure was measured.

An entry matches a reference when both have the same majority composition, the same cages with equal apexes,
apical ligands and sheets per block, and nearly the same edge and volume. pymatgen's StructureMatcher asks for
equal cells and so refuses magnetic supercells and the small distortions that a calculation adds; what decides
ξ, the ions of every cage and what shares them, is compared here directly and cell by cell. No T_c is used.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean, median

from pymatgen.core import Composition, Structure

from polywell.families import Families, built_in_families
from polywell.ions import majority
from polywell.measured import measured_superconductors
from polywell.records import Entry, Outcome, Phase, ScreenRecord
from polywell.reference import ReferenceStructure, reference_entries, reference_structures
from polywell.screening import screen_many

LEAST_OCCUPANCY = 0.5
"""A site filled no more than this is no ion of the majority composition."""
AMBIENT_GPA = 0.5
"""GPa: structures measured up to here stand for computed ones without pressure."""
EDGE_RATIO = 1.08
"""Edges of the squares of an entry and its reference differ by less than this factor."""
VOLUME_RATIO = 1.25
"""Volumes per ion of an entry and its reference differ by less than this factor."""
UNMEASURED = ("estimated", "extrapolated", "(about)", "fractions of", "all coordinates", "assignment")
"""A structure of which `recalled_fields` says one of these is no anchor."""

Cages = tuple[tuple[str, str, str, tuple[str, ...], str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Group:
    """Calculations whose ξ err alike: source, run type, magnetic state, family and cage kind."""

    source: str
    run_type: str
    magnetic: str
    family: str
    cage: str


@dataclass(frozen=True)
class Anchor:
    """One cage of one entry beside the measured one; heights ξ in Å."""

    group: Group
    id: str
    compound: str
    reference: str
    xi_measured_ang: float
    xi_database_ang: float

    @property
    def ratio(self) -> float:
        """ξ measured over ξ of the database."""
        return self.xi_measured_ang / self.xi_database_ang


@dataclass(frozen=True)
class Known:
    """A measured structure that can be an anchor's reference."""

    id: str
    composition: Composition
    heights: Mapping[tuple[str, tuple[str, ...]], tuple[float, ...]]
    edge_ang: float
    volume_ang3: float


Library = Mapping[tuple[str, str, Cages], tuple[Known, ...]]


def majority_formula(structure: Structure) -> str:
    """Reduced formula of the majority elements: every site by its commonest element, sparse sites left out.

    It is the composition "up to doping": YBa2Cu3O6.91 is YBa2Cu3O7 and La1.85Sr0.15CuO4 is La2CuO4.
    """
    counts: Counter[str] = Counter()
    for site in structure:
        mix: dict[str, float] = defaultdict(float)
        for specie, amount in site.species.items():
            mix["H" if specie.symbol in ("D", "T") else str(specie.symbol)] += float(amount)
        if sum(mix.values()) > LEAST_OCCUPANCY:
            counts[majority(dict(mix))] += 1
    return str(Composition(dict(counts)).reduced_formula) if counts else ""


def cages_of(record: ScreenRecord) -> Cages:
    """What tells cages apart but their size: kind, metal, ligand, apexes, sheets a block, apical ligands."""
    kinds = {
        (
            phase.cage,
            phase.metal,
            phase.ligand,
            tuple(sorted(phase.apexes)),
            phase.sheets_per_block,
            tuple(sorted(phase.apical_ligands)),
        )
        for phase in record.phases
        if phase.tc_k is not None
    }
    return tuple(sorted(kinds))


def run_type(record: ScreenRecord) -> str:
    """Functional of an entry; where the source is silent, whether it holds O or F.

    Materials Project, Alexandria and OQMD add a Hubbard U to Fe and Ni in oxides and fluorides, and only
    there, so that entries with and without these two ligands come from different run types.
    """
    if record.provenance.functional:
        return record.provenance.functional
    return "unknown, with O or F" if {"O", "F"} & set(record.elements) else "unknown, without O and F"


def group_of(record: ScreenRecord, cage: str) -> Group:
    """The group that corrects a cage kind of an entry."""
    magnetic = record.provenance.magnetic_ordering or "unknown"
    return Group(record.source, run_type(record), magnetic, str(record.family), cage)


def find_anchors(
    records: Sequence[ScreenRecord], entries: Sequence[Entry], library: Library | None = None
) -> tuple[Anchor, ...]:
    """Anchors among the candidates, in order of the records and, within one, of the cages.

    Several references of one compound (dopings) stand for it by the one nearest in composition; equally near
    ones by the median of their heights.

    Args:
        records: records of one or several sources; those that are no candidates are passed over.
        entries: the entry of each record, with its structure where it is a candidate.
        library: measured structures, by default those of the reference library.

    Raises:
        ValueError: a candidate comes with the entry of another one, or without structure.
    """
    known = built_in_library() if library is None else library
    formulas = {(family, Composition(formula).chemical_system) for family, formula, _ in known}
    found: list[Anchor] = []
    for record, entry in zip(records, entries, strict=True):
        if record.outcome is not Outcome.CANDIDATE:
            continue
        if (record.source, record.id) != (entry.source, entry.id) or entry.structure is None:
            raise ValueError(
                f"record {record.source}/{record.id} and entry {entry.source}/{entry.id}: expected the "
                "record of this entry, and its structure"
            )
        pressure = record.provenance.pressure_gpa or 0.0
        if pressure > AMBIENT_GPA or not any(
            family == record.family and set(system.split("-")) <= set(record.elements)
            for family, system in formulas
        ):
            continue
        formula = majority_formula(entry.structure)
        alike = known.get((str(record.family), formula, cages_of(record)), ())
        found.extend(_anchors_of(record, formula, _known("", record, entry.structure), alike))
    return tuple(found)


def library_of(records: Sequence[ScreenRecord], entries: Sequence[Entry]) -> Library:
    """Measured structures by family, majority formula and cages, ready to be matched; all are taken."""
    together: dict[tuple[str, str, Cages], list[Known]] = defaultdict(list)
    for record, entry in zip(records, entries, strict=True):
        if record.outcome is Outcome.CANDIDATE and entry.structure is not None:
            key = (str(record.family), majority_formula(entry.structure), cages_of(record))
            together[key].append(_known(record.id, record, entry.structure))
    return {key: tuple(sorted(rows, key=lambda row: row.id)) for key, rows in sorted(together.items())}


@cache
def built_in_library() -> Library:
    """The anchors of the reference library: measured, at ambient pressure, no film, heights not estimated."""
    return reference_library(built_in_families())


def reference_library(families: Families) -> Library:
    """As `built_in_library`, screened with a λ table of one's own."""
    kept = sound_references()
    entries = [entry for entry in reference_entries() if entry.id in kept]
    return library_of(screen_many(entries, families), entries)


@cache
def sound_references() -> frozenset[str]:
    """Ids of the references whose heights were measured at ambient pressure on an unstrained sample."""
    films = {row.structure for row in measured_superconductors() if row.sample == "film"}
    return frozenset(one.id for one in reference_structures() if one.id not in films and _sound(one))


def _sound(one: ReferenceStructure) -> bool:
    fields = " ".join(one.recalled_fields)
    return (
        one.checked != "built to the published xi"
        and one.pressure_gpa is not None
        and one.pressure_gpa <= AMBIENT_GPA
        and not any(word in fields for word in UNMEASURED)
    )


def _known(id: str, record: ScreenRecord, structure: Structure) -> Known:
    heights: dict[tuple[str, tuple[str, ...]], list[Phase]] = defaultdict(list)
    held = [phase for phase in record.phases if phase.tc_k is not None]
    for phase in held:
        heights[phase.cage, tuple(sorted(phase.apexes))].append(phase)
    filled = sum(sum(site.species.values()) > LEAST_OCCUPANCY for site in structure)
    return Known(
        id,
        structure.composition.fractional_composition,
        {key: tuple(sorted(phase.xi_ang for phase in phases)) for key, phases in heights.items()},
        fmean(edge for phase in held for edge in phase.edges_ang),
        float(structure.volume) / filled,
    )


def _alike(one: Known, other: Known) -> bool:
    return (
        1 / EDGE_RATIO < one.edge_ang / other.edge_ang < EDGE_RATIO
        and 1 / VOLUME_RATIO < one.volume_ang3 / other.volume_ang3 < VOLUME_RATIO
    )


def _distance(one: Composition, other: Composition) -> float:
    elements = sorted({*one.elements, *other.elements})
    return round(sum(abs(one[element] - other[element]) for element in elements), 4)


def _anchors_of(record: ScreenRecord, formula: str, own: Known, alike: Iterable[Known]) -> Iterable[Anchor]:
    matched = [known for known in alike if _alike(own, known)]
    if not matched:
        return
    distances = [_distance(own.composition, known.composition) for known in matched]
    nearest = [known for known, away in zip(matched, distances, strict=True) if away <= min(distances) + 1e-9]
    for key, heights in own.heights.items():
        measured = [_paired(heights, known.heights[key]) for known in nearest]
        for place, xi in enumerate(_paired(heights, heights)):
            yield Anchor(
                group_of(record, key[0]),
                record.id,
                formula,
                ", ".join(known.id for known in nearest),
                median(_at(row, place) for row in measured),
                xi,
            )


def _paired(own: tuple[float, ...], other: tuple[float, ...]) -> tuple[float, ...]:
    """The other's heights one by one where both have as many phases, else their mean."""
    return other if len(own) == len(other) else (fmean(other),)


def _at(heights: tuple[float, ...], place: int) -> float:
    return heights[place] if len(heights) > 1 else heights[0]
