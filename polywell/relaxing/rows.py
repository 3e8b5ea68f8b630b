"""What a relaxation says of a candidate: its cages before and after, corrected by the potential's anchors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from pymatgen.core import Structure

from polywell.evidence.anchors import find_anchors, reference_library
from polywell.evidence.correction import CorrectedRecord, correct, corrections, reference_scatter
from polywell.families import Families
from polywell.records import Entry, EntryKey, Outcome, Phase, Provenance, Screening
from polywell.relaxing.cells import moved_ang
from polywell.relaxing.hull import Competition, standing
from polywell.screening import screen_many

RELAXED, LOST, FAILED = "relaxed", "lost its cages", "not relaxed"
"""How a relaxation ended."""


@dataclass(frozen=True)
class Potential:
    """A potential as it stands in tables: name with version, and the functional that it was fitted to.

    The functional tells which relaxations err alike, as for a database; empty where it is not known.
    """

    name: str
    functional: str


@dataclass(frozen=True)
class Finished:
    """One relaxation that ended: the structure that it began with, and what came out.

    `structure` and `energy_ev_per_atom` are None where nothing did, and `why` says it. `changed` says what
    stands for shared sites.
    """

    source: str
    id: str
    start: Structure
    changed: str
    structure: Structure | None
    energy_ev_per_atom: float | None
    steps: int
    why: str

    @property
    def key(self) -> EntryKey:
        """Source and id of what was relaxed."""
        return self.source, self.id


def not_relaxed(entry: Entry, why: str) -> Finished:
    """Stands for an entry with a structure that no relaxation can begin with.

    Raises:
        ValueError: the entry has no structure.
    """
    if entry.structure is None:
        raise ValueError(f"{entry.id!r} has no structure; expected an entry with one")
    return Finished(entry.source, entry.id, entry.structure, "", None, None, 0, why)


@dataclass(frozen=True)
class RelaxedRow:
    """One candidate before and after. Lengths in Å, temperatures in K, energies in eV per atom.

    The cage is that of the ceiling, before and after by itself: it may change. T_c is the published relation.
    `above_hull_ev` is None where it is not known, and `hull_note` says why.
    """

    source: str
    id: str
    formula: str
    potential: str
    outcome: str
    why: str
    changed: str
    atoms: int
    steps: int
    edge_start_ang: float | None
    edge_ang: float | None
    moved_ang: float | None
    xi_start_ang: float | None
    xi_relaxed_ang: float | None
    xi_corrected_ang: float | None
    xi_ratio: float | None
    xi_deviation: float | None
    anchors: int
    correction_note: str
    tc_start_k: float | None
    tc_relaxed_k: float | None
    tc_corrected_k: float | None
    tc_corrected_low_k: float | None
    tc_corrected_high_k: float | None
    energy_ev_per_atom: float | None
    above_hull_ev: float | None
    into: str
    hull_note: str


def screened(found: Sequence[Finished], potential: Potential, families: Families) -> list[Screening]:
    """The relaxed structures as entries of one computed database, in order; those without one are left out.

    An id is that of the entry, behind its source.
    """
    provenance = Provenance(
        theoretical=True,
        functional=potential.functional or None,
        checked=f"relaxed with {potential.name}",
    )
    entries = [
        _entry(potential.name, "/".join(one.key), one.structure, provenance)
        for one in found
        if one.structure is not None
    ]
    return screen_many(entries, families)


def rows(
    candidates: Sequence[Finished],
    anchors: Sequence[Finished],
    against: Mapping[EntryKey, Competition],
    potential: Potential,
    families: Families,
) -> tuple[RelaxedRow, ...]:
    """One row for each candidate, in order, whatever came of it.

    Args:
        candidates: what was asked for.
        anchors: measured structures, relaxed with the same potential.
        against: the competing phases of each candidate, where any are at hand.
        potential: the potential.
        families: the λ table.
    """
    library = reference_library(families)
    held = find_anchors(screened(anchors, potential, families), library)
    known = {row.group: row for row in corrections(held, reference_scatter(library))}
    after = {record.id: record for record in screened(candidates, potential, families)}
    corrected = {
        id_: correct(record, known, families)
        for id_, record in after.items()
        if record.outcome is Outcome.CANDIDATE
    }
    begun = [_entry("start", "/".join(one.key), one.start, Provenance()) for one in candidates]
    made = []
    for one, before in zip(candidates, screen_many(begun, families), strict=True):
        rivals = against.get(one.key, Competition())
        found = after.get(before.id), corrected.get(before.id)
        made.append(_row(one, before, *found, rivals, potential.name))
    return tuple(made)


def _row(
    one: Finished,
    before: Screening,
    after: Screening | None,
    corrected: CorrectedRecord | None,
    against: Competition,
    potential: str,
) -> RelaxedRow:
    first, last = before.ceiling_phase, None if after is None else after.ceiling_phase
    best = None if corrected is None or not corrected.ceiling.applied else corrected.ceiling
    formula = one.start.composition.reduced_formula
    energy = one.energy_ev_per_atom
    place = None if energy is None else standing(formula, energy, against)
    return RelaxedRow(
        source=one.source,
        id=one.id,
        formula=before.formula_written or formula,
        potential=potential,
        outcome=FAILED if after is None else RELAXED if after.outcome is Outcome.CANDIDATE else LOST,
        why=one.why or ("" if after is None else after.message),
        changed=one.changed,
        atoms=len(one.start),
        steps=one.steps,
        edge_start_ang=_edge(first),
        edge_ang=_edge(last),
        moved_ang=None if one.structure is None else moved_ang(one.start, one.structure),
        xi_start_ang=before.xi_ceiling_ang,
        xi_relaxed_ang=None if after is None else after.xi_ceiling_ang,
        xi_corrected_ang=None if best is None else best.xi_ang,
        xi_ratio=None if best is None else best.ratio,
        xi_deviation=None if best is None else best.deviation,
        anchors=0 if corrected is None else corrected.ceiling.anchors,
        correction_note="" if corrected is None else corrected.ceiling.why,
        tc_start_k=before.tc_ceiling_k,
        tc_relaxed_k=None if after is None else after.tc_ceiling_k,
        tc_corrected_k=None if best is None else best.tc_k,
        tc_corrected_low_k=None if best is None else best.tc_low_k,
        tc_corrected_high_k=None if best is None else best.tc_high_k,
        energy_ev_per_atom=energy,
        above_hull_ev=None if place is None else place.above_hull_ev,
        into="" if place is None else place.into,
        hull_note="not known: it was not relaxed" if place is None else place.note,
    )


def _edge(phase: Phase | None) -> float | None:
    return None if phase is None else fmean(phase.edges_ang)


def _entry(source: str, id_: str, structure: Structure, provenance: Provenance) -> Entry:
    elements = tuple(sorted(element.symbol for element in structure.composition.elements))
    return Entry(source, id_, structure.composition.reduced_formula, elements, structure, provenance)
