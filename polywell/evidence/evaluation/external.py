"""Rows from elsewhere to evaluate against: structures with a measured T_c, corrected as a database is.

Nothing of a tested compound may reach its prediction: its heights are corrected by anchors of other
compounds only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from polywell.electrons.valence import amounts_of
from polywell.evidence.calibration import TrainingRow
from polywell.evidence.corrected_database import CorrectedDatabase, correct_database, corrected_material
from polywell.evidence.rows.rows import base_of, rounded, system_of
from polywell.families import Families
from polywell.records import Entry, Outcome
from polywell.screening import screen_many


def outside_rows(
    entries: Sequence[Entry], families: Families
) -> tuple[tuple[TrainingRow, ...], dict[str, float], str]:
    """Rows to evaluate against from entries that carry a measured T_c, in order of id.

    An entry enters when it is a candidate and says a T_c; 0 K is read as "not superconducting", which is what
    the public collections write. The majority formula is the compound, and no structure type is known. The
    entries are taken for one database.

    Args:
        entries: structures with `tc_measured_k` in their provenance, each id once.
        families: the λ table for the screening.

    Returns:
        The rows, the relative deviation of each row's ξ by id, and the correction in words.
    """
    records = screen_many(entries, families)
    places = [
        k
        for k, (record, entry) in enumerate(zip(records, entries, strict=True))
        if record.outcome is Outcome.CANDIDATE and entry.provenance.tc_measured_k is not None
    ]
    candidates, kept = [records[k] for k in places], [entries[k] for k in places]
    database = correct_database(candidates, families, of_others=True)
    made: dict[str, TrainingRow] = {}
    for entry, record, one in zip(kept, candidates, database.candidates, strict=True):
        amounts = amounts_of(record.formula)
        material = corrected_material(one)
        made[entry.id] = TrainingRow(
            id=entry.id,
            formula=record.formula,
            compound=record.majority_formula or entry.formula,
            system=system_of(amounts),
            base=base_of(amounts, str(record.metal)),
            structure_type="",
            material=replace(material, features=rounded(material.features)),
            tc_k=entry.provenance.tc_measured_k or None,
        )
    spread = {one.record.id: one.ceiling.deviation for one in database.candidates}
    return tuple(made[id] for id in sorted(made)), spread, _words(database)


def _words(database: CorrectedDatabase) -> str:
    """What the correction did, in sentences with numbers."""
    groups = []
    for row in database.corrections:
        done = f"not corrected, {row.why_not}"
        if row.applies:
            done = f"ξ × {row.ratio:.3f} ± {row.deviation:.3f} by {len(row.compounds)} compounds"
        groups.append(f"{row.group.family} {row.group.cage} ({row.group.run_type}): {done}")
    found = "; ".join(groups) or "no entry matches a measured structure of the reference library"
    return (
        f"Heights were corrected by the data's own entries of measured compounds, each row by those of other "
        f"compounds: {database.sentence}. By group: {found}."
    )
