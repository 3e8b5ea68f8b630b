"""Rows from elsewhere to evaluate against: structures with a measured T_c, corrected as a database is.

Nothing of a tested compound may reach its prediction. Its heights are corrected by anchors of other compounds
only, and `compounds_by_formula` tells which compounds of the measured table it is, whatever its doping.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from polywell.data.measured import measured_superconductors
from polywell.data.reference import reference_entries
from polywell.evidence.calibration import TrainingRow
from polywell.evidence.corrected_database import CorrectedDatabase, correct_database, corrected_features
from polywell.evidence.features import features
from polywell.evidence.training import composition_of, rounded
from polywell.families import Families
from polywell.geometry.sites import majority_formula, sites_of
from polywell.records import Entry, Outcome
from polywell.screening import screen_many


@dataclass(frozen=True)
class Outside:
    """Rows to evaluate against, the relative deviation of each row's ξ by id, and the correction in words."""

    rows: tuple[TrainingRow, ...]
    xi_spread: Mapping[str, float]
    correction: str


def outside_rows(entries: Sequence[Entry], families: Families) -> Outside:
    """Rows to evaluate against from entries that carry a measured T_c, in order of id.

    An entry enters when it is a candidate and says a T_c; 0 K is read as "not superconducting", which is what
    the public collections write. The majority formula is the compound, and no structure type is known. The
    entries are taken for one database.

    Args:
        entries: structures with `tc_measured_k` in their provenance, each id once.
        families: the λ table for the screening.
    """
    records = screen_many(entries, families)
    places = [
        k
        for k, (record, entry) in enumerate(zip(records, entries, strict=True))
        if record.outcome is Outcome.CANDIDATE and entry.provenance.tc_measured_k is not None
    ]
    candidates, kept = [records[k] for k in places], [entries[k] for k in places]
    database = correct_database(candidates, families, of_others=True)
    made = {
        entry.id: TrainingRow(
            id=entry.id,
            compound=one.record.majority_formula or entry.formula,
            structure_type="",
            composition=composition_of(entry),
            features=rounded(corrected_features(features(record), one)),
            tc_k=entry.provenance.tc_measured_k or None,
        )
        for entry, record, one in zip(kept, candidates, database.candidates, strict=True)
    }
    spread = {one.record.id: one.ceiling.deviation for one in database.candidates}
    return Outside(tuple(made[id] for id in sorted(made)), spread, _words(database))


def compounds_by_formula() -> dict[str, frozenset[str]]:
    """Keys of the compounds of the measured table by the majority formula of their structures."""
    formulas = {
        entry.id: majority_formula(sites_of(entry.structure))
        for entry in reference_entries()
        if entry.structure is not None
    }
    together: dict[str, set[str]] = defaultdict(set)
    for row in measured_superconductors():
        together[formulas[row.structure]].add(row.compound_key)
    return {formula: frozenset(keys) for formula, keys in sorted(together.items())}


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
