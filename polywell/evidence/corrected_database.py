"""A whole database corrected: its anchors, its corrections, and every candidate with what is suspect."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from polywell.cages import NONAHEDRON
from polywell.evidence.anchors import Anchor, find_anchors
from polywell.evidence.correction import (
    MEASURED_SOURCES,
    CompoundGeometry,
    CorrectedRecord,
    Correction,
    by_compound,
    correct,
    corrections,
)
from polywell.evidence.features import Features
from polywell.evidence.plausible import suspicions_many
from polywell.families import Families
from polywell.records import Entry, Outcome, ScreenRecord

Value = str | float | int | bool | None


@dataclass(frozen=True)
class CorrectedDatabase:
    """What a database says of itself, and its candidates in the order of the records they came from."""

    anchors: tuple[Anchor, ...]
    corrections: tuple[Correction, ...]
    candidates: tuple[CorrectedRecord, ...]

    @property
    def compounds(self) -> tuple[CompoundGeometry, ...]:
        """The candidates by compound, each with the geometry that speaks for it."""
        return by_compound(self.candidates)

    @property
    def applied(self) -> int:
        """Candidates whose ceiling was corrected."""
        return sum(one.ceiling.applied for one in self.candidates)

    @property
    def suspect(self) -> int:
        """Candidates with a suspect geometry."""
        return sum(bool(one.suspicions) for one in self.candidates)


def correct_database(
    records: Sequence[ScreenRecord],
    entries: Sequence[Entry],
    families: Families,
    measured_sources: Collection[str] = MEASURED_SOURCES,
) -> CorrectedDatabase:
    """Calibrate the sources among the records by their own anchors, and correct their candidates.

    Args:
        records: as screened; those that are no candidates are passed over.
        entries: the entry of each record, with its structure where it is a candidate.
        families: the λ table of the screening.
        measured_sources: sources of measured structures, which are not corrected.

    Raises:
        ValueError: a candidate comes with the entry of another one, or without structure.
    """
    anchors = find_anchors(records, entries)
    known = corrections(anchors)
    candidates = [record for record in records if record.outcome is Outcome.CANDIDATE]
    suspect = suspicions_many(candidates)
    return CorrectedDatabase(
        anchors,
        known,
        tuple(
            correct(record, known, families, found, measured_sources)
            for record, found in zip(candidates, suspect, strict=True)
        ),
    )


def correction_fields(found: CorrectedRecord, compound: CompoundGeometry | None = None) -> dict[str, Value]:
    """The columns of a corrected candidate by name; the last three need its compound."""
    best = found.ceiling
    fields: dict[str, Value] = {
        "xi_corrected_ang": best.xi_ang,
        "xi_correction_ratio": best.ratio,
        "xi_correction_spread": best.deviation,
        "xi_correction_anchors": best.anchors,
        "xi_correction_note": best.why,
        "tc_corrected_k": best.tc_k,
        "tc_corrected_low_k": best.tc_low_k,
        "tc_corrected_high_k": best.tc_high_k,
        "geometry_suspect": found.geometry_suspect or None,
    }
    if compound is not None:
        chosen = compound.chosen.record
        fields["geometry_from"] = f"{chosen.source}/{chosen.id}"
        fields["xi_compound_low_ang"] = compound.xi_low_ang
        fields["xi_compound_high_ang"] = compound.xi_high_ang
    return fields


def corrected_features(place: Features, found: CorrectedRecord) -> Features:
    """Features of a candidate with its corrected heights, for the calibrated model.

    Anion heights follow the ratio of the nonahedron; its other lengths stay as the database has them.
    `CorrectedRecord.ceiling.deviation` is the `xi_spread` that belongs to them.
    """
    heights = [one.xi_ang for one in found.phases]
    ratio = next((one.ratio for one in found.phases if one.phase.cage == NONAHEDRON), 1.0)
    anion = place.anion_height_ang
    return replace(
        place,
        xi_ceiling_ang=min(heights),
        xi_outer_ang=max(heights),
        anion_height_ang=None if anion is None else anion * ratio,
    )
