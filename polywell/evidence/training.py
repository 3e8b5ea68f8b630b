"""The training rows of the calibration: measured rows joined to the features of their structures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

from polywell.data.measured import Measured, measured_superconductors
from polywell.data.measured import digest as measured_digest
from polywell.data.reference import digest as reference_digest
from polywell.data.reference import reference_entries
from polywell.evidence.calibration import Calibration, TrainingRow
from polywell.evidence.features import Features, features
from polywell.evidence.fitting import fit
from polywell.families import Families
from polywell.records import Entry, Outcome
from polywell.screening import screen_many

DECIMALS = 4
"""Features are kept to this many decimals, so that the table is the same on every machine."""


def training_rows(
    measurements: Iterable[Measured], entries: Sequence[Entry], families: Families
) -> tuple[TrainingRow, ...]:
    """Join measured rows to the features of their structures, in order of id.

    A row enters when its structure is a candidate. The pressure of the measurement stands for that of the
    structure where it is stated.

    Args:
        measurements: measured rows; their `structure` is the id of an entry.
        entries: structures, each id once.
        families: the λ table for the screening.

    Raises:
        ValueError: a row names a structure that is not among the entries.
    """
    known = {entry.id: (entry, place) for entry, place in _candidates(entries, families)}
    ids = {entry.id for entry in entries}
    rows = []
    for row in measurements:
        if row.structure not in ids:
            raise ValueError(
                f"measured row {row.id!r}: no structure {row.structure!r} among {len(ids)} entries; add it"
            )
        if row.structure in known:
            entry, place = known[row.structure]
            pressure = place.pressure_gpa if row.pressure_gpa is None else row.pressure_gpa
            rows.append(
                TrainingRow(
                    id=row.id,
                    compound=row.compound_key,
                    structure_type=row.structure_type_key,
                    composition=composition_of(entry),
                    features=rounded(replace(place, pressure_gpa=pressure)),
                    tc_k=row.representative_tc_k(),
                )
            )
    return tuple(sorted(rows, key=lambda row: row.id))


def built_in_rows(families: Families) -> tuple[TrainingRow, ...]:
    """The training rows that come with polywell: its measured table joined to its reference library."""
    return training_rows(measured_superconductors(), reference_entries(), families)


def calibrate(families: Families) -> Calibration:
    """The calibration of the built-in rows; its text is the table that comes with polywell."""
    rows = built_in_rows(families)
    return fit(rows, families, digests(rows))


def digests(rows: Iterable[TrainingRow]) -> tuple[tuple[str, str], ...]:
    """Names and digests of what a calibration with the built-in rows is made from, beside the λ table."""
    return (
        ("training", digest(rows)),
        ("reference", reference_digest()),
        ("measured", measured_digest()),
    )


def _candidates(entries: Sequence[Entry], families: Families) -> list[tuple[Entry, Features]]:
    """The entries that are candidates, with their features."""
    screened = zip(entries, screen_many(entries, families), strict=True)
    return [(entry, features(record)) for entry, record in screened if record.outcome is Outcome.CANDIDATE]


def rounded(features: Features) -> Features:
    """The features to `DECIMALS` decimals."""
    numbers: dict[str, Any] = {
        name: round(value, DECIMALS) + 0.0
        for name, value in vars(features).items()
        if isinstance(value, float)
    }
    return replace(features, **numbers)


def digest(rows: Iterable[TrainingRow]) -> str:
    """The sha256 of training rows as canonical JSON (keys sorted, no blanks)."""
    content = [asdict(row) for row in rows]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def composition_of(entry: Entry) -> tuple[tuple[str, float], ...]:
    """Shares of the elements, in alphabetical order; empty without a structure."""
    if entry.structure is None:
        return ()
    amounts: dict[str, float] = {}
    for site in entry.structure:
        for specie, amount in site.species.items():
            symbol = "H" if specie.symbol in ("D", "T") else str(specie.symbol)
            amounts[symbol] = amounts.get(symbol, 0.0) + float(amount)
    whole = sum(amounts.values())
    return tuple((symbol, round(amounts[symbol] / whole, DECIMALS)) for symbol in sorted(amounts))
