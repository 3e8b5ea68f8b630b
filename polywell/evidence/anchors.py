"""Anchors: entries of a database that hold a compound whose structure was measured.

An entry matches a reference when both have the same majority composition, the same cages with equal apexes,
apical ligands and sheets per block, and nearly the same edge and volume. pymatgen's StructureMatcher asks for
equal cells and so refuses magnetic supercells and the small distortions that a calculation adds; what decides
ξ, the ions of every cage and what shares them, is compared here directly and cell by cell. No T_c is used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from statistics import fmean, median

from pymatgen.core import Composition

from polywell.data.built import kept
from polywell.data.measured import measured_superconductors
from polywell.data.reference import ReferenceStructure, is_built, reference_entries, reference_structures
from polywell.families import Families
from polywell.records import Outcome, Phase, Screening
from polywell.screening import screen_many

MEASURED_SOURCE = "reference"
"""Source whose structures were measured; their ξ is not corrected."""
HANDED_IN = "user"
"""Source of structures that a person hands in. They may be of any origin and are taken as they are."""
OWN_FILES = "files:"
"""How the name of a folder of files begins. It is no database: of what made its structures nothing is known
but what each says itself, so only those that name a functional are corrected."""
AMBIENT_GPA = 0.5
"""GPa: structures measured up to here stand for computed ones without pressure."""
SILENT_OF_U = ("PBE", "PBESOL")
"""Functionals that a source names alike with a Hubbard U and without."""
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


Library = Mapping[tuple[str, str], Mapping[Cages, tuple[Known, ...]]]
"""Measured structures by family and majority formula, and among these by cages."""


def cages_of(record: Screening) -> Cages:
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


def is_calculated(record: Screening) -> bool:
    """Whether its heights are those of a calculation, as far as is known, and so a database's to correct."""
    if record.source in (MEASURED_SOURCE, HANDED_IN):
        return False
    return not record.source.startswith(OWN_FILES) or bool(record.provenance.functional)


def run_type(record: Screening) -> str:
    """Functional of an entry; where that leaves open if a Hubbard U was added, also whether it holds O or F.

    Materials Project, Alexandria and OQMD add a U to Fe and Ni in oxides and fluorides, and only there, so
    that entries with and without these two ligands come from different run types. "GGA" and "GGA+U" tell.
    """
    said = record.provenance.functional
    if said and said.upper() not in SILENT_OF_U:
        return said
    return f"{said or 'unknown'}, {'with O or F' if {'O', 'F'} & set(record.elements) else 'without O and F'}"


def group_of(record: Screening, cage: str) -> Group:
    """The group that corrects a cage kind of an entry."""
    magnetic = record.provenance.magnetic_ordering or "unknown"
    return Group(record.source, run_type(record), magnetic, str(record.family), cage)


def find_anchors(records: Iterable[Screening], library: Library) -> tuple[Anchor, ...]:
    """Anchors among the candidates, in order of the records and, within one, of the cages.

    Several references of one compound (dopings) stand for it by the one nearest in composition; equally near
    ones by the median of their heights.

    Args:
        records: records of one or several sources; those that are no candidates are passed over.
        library: measured structures, such as `reference_library`.
    """
    found: list[Anchor] = []
    for record in records:
        if (
            record.outcome is not Outcome.CANDIDATE
            or not is_calculated(record)
            or record.provenance.built_of is not None
            or (record.provenance.pressure_gpa or 0.0) > AMBIENT_GPA
        ):
            continue
        formula = record.majority_formula or ""
        alike = library.get((str(record.family), formula))
        if alike is not None:
            found.extend(_anchors_of(record, formula, alike.get(cages_of(record), ())))
    return tuple(found)


@cache
def reference_library(families: Families) -> Library:
    """The anchors of the reference library: measured, at ambient pressure, no film, heights not estimated.

    All candidates with a known volume are taken.
    """
    together: dict[tuple[str, str], dict[Cages, list[Known]]] = defaultdict(lambda: defaultdict(list))
    for record in sound_records(families):
        if record.outcome is Outcome.CANDIDATE and record.volume_per_ion_ang3 is not None:
            key = (str(record.family), record.majority_formula or "")
            together[key][cages_of(record)].append(_known(record))
    return {
        key: {cages: tuple(sorted(rows, key=lambda row: row.id)) for cages, rows in kinds.items()}
        for key, kinds in sorted(together.items())
    }


@cache
def reference_records(families: Families) -> tuple[Screening, ...]:
    """What a λ table says of the reference library."""
    return kept("reference_records", Screening, families) or made_records(families)


def made_records(families: Families) -> tuple[Screening, ...]:
    """As `reference_records`, made anew."""
    return tuple(screen_many(reference_entries(), families))


def sound_records(families: Families) -> tuple[Screening, ...]:
    """What it says of the references whose heights were measured (see `sound_references`)."""
    kept = sound_references()
    return tuple(record for record in reference_records(families) if record.id in kept)


@cache
def sound_references() -> frozenset[str]:
    """Ids of the references whose heights were measured at ambient pressure on an unstrained sample."""
    films = {row.structure for row in measured_superconductors() if row.sample == "film"}
    return frozenset(one.id for one in reference_structures() if one.id not in films and _sound(one))


def _sound(one: ReferenceStructure) -> bool:
    fields = " ".join(one.recalled_fields)
    return (
        not is_built(one.id)
        and one.pressure_gpa is not None
        and one.pressure_gpa <= AMBIENT_GPA
        and not any(word in fields for word in UNMEASURED)
    )


def _known(record: Screening) -> Known:
    heights: dict[tuple[str, tuple[str, ...]], list[Phase]] = defaultdict(list)
    held = [phase for phase in record.phases if phase.tc_k is not None]
    for phase in held:
        heights[phase.cage, tuple(sorted(phase.apexes))].append(phase)
    return Known(
        record.id,
        Composition(record.formula).fractional_composition,
        {key: tuple(sorted(phase.xi_ang for phase in phases)) for key, phases in heights.items()},
        fmean(edge for phase in held for edge in phase.edges_ang),
        record.volume_per_ion_ang3 or 0.0,
    )


def _alike(one: Known, other: Known) -> bool:
    return (
        1 / EDGE_RATIO < one.edge_ang / other.edge_ang < EDGE_RATIO
        and 1 / VOLUME_RATIO < one.volume_ang3 / other.volume_ang3 < VOLUME_RATIO
    )


def _distance(one: Composition, other: Composition) -> float:
    elements = sorted({*one.elements, *other.elements})
    return round(sum(abs(one[element] - other[element]) for element in elements), 4)


def _anchors_of(record: Screening, formula: str, alike: tuple[Known, ...]) -> Iterable[Anchor]:
    own = _known(record) if alike else None
    matched = [known for known in alike if own is not None and _alike(own, known)]
    if own is None or not matched:
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
