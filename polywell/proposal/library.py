"""The reference library as the reproduction needs it: structures, records and landscapes by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pymatgen.core import Structure

from polywell.data.reference import ReferenceStructure, reference_entries, reference_structures
from polywell.evidence.anchors import reference_records
from polywell.families import built_in_families
from polywell.proposal.landscape import Landscape, landscape
from polywell.records import Phase, Screening

BUILT = "built to the published xi"


@dataclass(frozen=True)
class Library:
    """The reference library as the sections need it, everything by id."""

    references: Mapping[str, ReferenceStructure]
    structures: Mapping[str, Structure]
    records: Mapping[str, Screening]
    landscapes: Mapping[str, Landscape] = field(default_factory=dict)

    def phase(self, id: str, name: str) -> Phase:
        """A phase of a structure by its name."""
        return next(phase for phase in self.records[id].phases if phase.phase == name)

    def built(self, id: str) -> bool:
        """Whether a structure was built to the printed heights."""
        return self.references[id].checked == BUILT

    @property
    def candidates(self) -> list[str]:
        """Ids of the structures that the screen takes."""
        return [id for id, record in self.records.items() if record.tc_ceiling_k is not None]

    def estimated(self, id: str) -> bool:
        """Whether the cell of a structure is estimated or carried on from another pressure."""
        fields = " ".join(self.references[id].recalled_fields)
        return "estimated" in fields or "extrapolated" in fields

    def of(self, family: str) -> list[str]:
        """Ids of the candidates of one family."""
        return [id for id in self.candidates if self.references[id].family == family]

    def measured_k(self, id: str) -> float | None:
        """Measured T_c in K, None where the library has none."""
        one = self.references[id]
        return one.tc_k or one.tc_onset_k or one.tc_zero_k


def family_lambda(name: str) -> float:
    """λ in K·Å² of a family of the built-in table."""
    return next(row.lambda_k_ang2 for row in built_in_families().rows if row.name == name)


def load_library() -> Library:
    """The reference library with its records and the landscape of every candidate's smallest cage."""
    entries = [entry for entry in reference_entries() if entry.structure is not None]
    references = {one.id: one for one in reference_structures()}
    records = {record.id: record for record in reference_records(built_in_families())}
    structures = {entry.id: entry.structure for entry in entries if entry.structure is not None}
    plain = Library(references, structures, records)
    found = {id: landscape(structures[id], smallest(records[id])) for id in plain.candidates}
    return replace(plain, landscapes=found)


def smallest(record: Screening) -> Phase:
    """The phase whose ξ gives the record's ceiling.

    Raises:
        ValueError: the record is no candidate.
    """
    for phase in record.phases:
        if phase.tc_k is not None and phase.xi_ang == record.xi_ceiling_ang:
            return phase
    raise ValueError(f"{record.id} is {record.outcome}, expected a candidate with a ceiling")
