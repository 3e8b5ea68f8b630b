"""Rows of the measured table joined to the features of their structures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from polywell.data.measured import Measured, measured_superconductors
from polywell.data.reference import reference_entries
from polywell.evidence.features import Features, features
from polywell.families import Families
from polywell.records import Entry, Outcome
from polywell.screening import screen_many

DECIMALS = 4
"""Features are kept to this many decimals, so that the table is the same on every machine."""


@dataclass(frozen=True)
class JoinedRow:
    """A measured row with the features of its structure under its pressure.

    `tc_k` is None where nothing was seen; `compound` and `structure_type` are keys of the measured table;
    `composition` gives the shares of the elements.
    """

    id: str
    compound: str
    structure_type: str
    composition: tuple[tuple[str, float], ...]
    features: Features
    tc_k: float | None


def joined_rows(
    measurements: Iterable[Measured], entries: Sequence[Entry], families: Families
) -> tuple[JoinedRow, ...]:
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
                JoinedRow(
                    id=row.id,
                    compound=row.compound_key,
                    structure_type=row.structure_type_key,
                    composition=composition_of(entry),
                    features=rounded(replace(place, pressure_gpa=pressure)),
                    tc_k=row.representative_tc_k(),
                )
            )
    return tuple(sorted(rows, key=lambda row: row.id))


def built_in_rows(families: Families) -> tuple[JoinedRow, ...]:
    """The measured table that comes with polywell joined to its reference library."""
    return joined_rows(measured_superconductors(), reference_entries(), families)


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


def composition_of(entry: Entry) -> tuple[tuple[str, float], ...]:
    """Shares of the elements, in alphabetical order; empty without a structure."""
    if entry.structure is None:
        return ()
    amounts: dict[str, float] = {}
    for site in entry.structure:
        for specie, amount in site.species.items():
            symbol = "H" if specie.symbol in ("D", "T") else str(specie.symbol)
            amounts[symbol] = amounts.get(symbol, 0.0) + float(amount)
    return shares_of(amounts)


def shares_of(amounts: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """Shares of the elements in an amount of each, in alphabetical order, to `DECIMALS` decimals."""
    whole = sum(amounts.values())
    return tuple((symbol, round(amounts[symbol] / whole, DECIMALS)) for symbol in sorted(amounts))
