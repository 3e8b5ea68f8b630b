"""A whole database corrected: its anchors, its corrections, and every candidate with what is suspect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from polywell.evidence.anchors import Anchor, find_anchors, reference_library
from polywell.evidence.correction import (
    CompoundGeometry,
    CorrectedRecord,
    Correction,
    by_compound,
    correct,
    corrections,
    reference_scatter,
)
from polywell.evidence.height_bounds import reference_limits, suspicions
from polywell.evidence.model.material import Material, material_of
from polywell.evidence.model.trees import Floats
from polywell.families import Families
from polywell.geometry.cages import NONAHEDRON
from polywell.records import Outcome, Screening

DECIMALS = 6
"""Decimals kept of corrections and estimates, so that equal runs give equal files on every machine."""


@dataclass(frozen=True)
class CorrectedDatabase:
    """What a database says of itself, and its candidates in the order of the records they came from."""

    anchors: tuple[Anchor, ...]
    corrections: tuple[Correction, ...]
    candidates: tuple[CorrectedRecord, ...]

    @property
    def corrected(self) -> int:
        """Candidates whose ceiling was corrected."""
        return sum(one.ceiling.applied for one in self.candidates)

    @property
    def suspect(self) -> int:
        """Candidates with a suspect geometry."""
        return sum(bool(one.suspicions) for one in self.candidates)

    @property
    def spreads(self) -> Floats:
        """Relative deviation of the ξ of each candidate: the `xi_spread` of the calibrated model."""
        return np.array([one.ceiling.deviation for one in self.candidates], dtype=float)

    @property
    def sentence(self) -> str:
        """What was corrected and what is suspect, in words with numbers."""
        applied = sum(row.applies for row in self.corrections)
        groups = f"{applied} of {len(self.corrections)} groups with anchors have enough of them"
        return (
            f"{groups if self.corrections else 'no anchors'}, ξ of {self.corrected} of "
            f"{len(self.candidates)} candidates corrected, {self.suspect} with a suspect geometry"
        )

    def as_json(self) -> dict[str, Any]:
        """The corrections as they stand in manifests: each group, what was found, and whether it applies."""
        return {
            "corrected": self.corrected,
            "suspect": self.suspect,
            "groups": [
                {
                    **asdict(row.group),
                    "ratio": round(row.ratio, DECIMALS),
                    "spread": round(row.spread, DECIMALS),
                    "compounds": list(row.compounds),
                    "anchors": row.anchors,
                    "applied": row.applies,
                    "why_not": row.why_not,
                }
                for row in self.corrections
            ],
        }

    def geometries(self, compounds: Sequence[str]) -> list[CompoundGeometry]:
        """The geometry of the compound of each candidate, in order.

        Args:
            compounds: the compound of each candidate.
        """
        of: dict[tuple[str, str], CompoundGeometry] = {}
        for compound in by_compound(self.candidates, self.anchors, compounds):
            for one in (compound.chosen, *compound.others):
                of[one.record.source, one.record.id] = compound
        return [of[one.record.source, one.record.id] for one in self.candidates]


def correct_database(
    records: Sequence[Screening],
    families: Families,
    of_others: bool = False,
) -> CorrectedDatabase:
    """Calibrate the sources among the records by their own anchors, and correct their candidates.

    Args:
        records: as screened; those that are no candidates are passed over.
        families: the λ table of the screening.
        of_others: correct each candidate by the anchors of other compounds only, as if its own structure had
            never been measured.
    """
    library, limits = reference_library(families), reference_limits(families)
    anchors = find_anchors(records, library)
    floor = reference_scatter(library)
    rows = corrections(anchors, floor)
    known = {row.group: row for row in rows}
    without = {
        formula: {
            row.group: row for row in corrections([one for one in anchors if one.compound != formula], floor)
        }
        for formula in ({one.compound for one in anchors} if of_others else ())
    }
    candidates = [record for record in records if record.outcome is Outcome.CANDIDATE]
    return CorrectedDatabase(
        anchors,
        rows,
        tuple(
            correct(
                record,
                without.get(record.majority_formula or "", known),
                families,
                suspicions(record, limits),
            )
            for record in candidates
        ),
    )


def corrected_material(found: CorrectedRecord) -> Material:
    """A candidate with its corrected heights, as the calibrated model sees it.

    Anion heights follow the ratio of the nonahedron; its other lengths stay as the database has them.
    """
    material = material_of(found.record)
    heights = [one.xi_ang for one in found.phases]
    ratio = next((one.ratio for one in found.phases if one.phase.cage == NONAHEDRON), 1.0)
    anion = material.features.anion_height_ang
    corrected = replace(
        material.features,
        xi_ceiling_ang=min(heights),
        xi_outer_ang=max(heights),
        anion_height_ang=None if anion is None else anion * ratio,
    )
    return replace(material, features=corrected)
