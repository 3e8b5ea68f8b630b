"""Rows of the structures table: what was read from a source, as arrays that lose nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

import numpy as np
import pyarrow as pa
from pymatgen.core import Composition, Lattice, Structure

from catalog.readers.reading import Failure
from catalog.sources.base import RawEntry
from catalog.store.schema import SCHEMA_VERSION, VERSION_KEY, Row, row_hash, storable
from polywell.records import Entry, Provenance

PROVENANCE_FIELDS = tuple(field.name for field in fields(Provenance))
_NUMBERS = ("pressure_gpa", "e_above_hull_ev", "tc_measured_k")
_FLAGS = ("theoretical", "deprecated")


def structures_schema() -> pa.Schema:
    """Schema of the structures table.

    `lattice` holds the nine components of a, b, c in Å, row by row; `frac_coords` the fractional
    coordinates of all sites, x y z in turn; `species` and `occupancies` the elements of each site and
    their occupancies. All four are empty (null) where the composition alone decides and in failures.
    """
    provenance = [
        pa.field(name, pa.float64() if name in _NUMBERS else pa.bool_() if name in _FLAGS else pa.string())
        for name in PROVENANCE_FIELDS
    ]
    return pa.schema(
        [
            pa.field("source", pa.string()),
            pa.field("id", pa.string()),
            pa.field("formula", pa.string()),
            pa.field("elements", pa.list_(pa.string())),
            pa.field("lattice", pa.list_(pa.float64()), metadata={"unit": "Å"}),
            pa.field("frac_coords", pa.list_(pa.float64())),
            pa.field("species", pa.list_(pa.list_(pa.string()))),
            pa.field("occupancies", pa.list_(pa.list_(pa.float64()))),
            *provenance,
            pa.field("error_type", pa.string()),
            pa.field("message", pa.string()),
            pa.field("stage", pa.string()),
            # Bookkeeping: the raw entry that the row came from, what changes with it, how it was read.
            pa.field("raw_id", pa.string()),
            pa.field("stamp", pa.string()),
            pa.field("reading", pa.string()),
            pa.field("row_hash", pa.string()),
        ],
        metadata={VERSION_KEY: str(SCHEMA_VERSION)},
    )


def entry_to_row(entry: Entry) -> Row:
    """The row of an entry that could be read; charges, isotopes, labels and site properties are dropped."""
    row = _row(entry.source, entry.id, entry.formula, entry.elements, entry.provenance)
    if entry.structure is not None:
        species, occupancies = _sites(entry.structure)
        row["lattice"] = np.asarray(entry.structure.lattice.matrix, dtype=np.float64).ravel().tolist()
        row["frac_coords"] = np.asarray(entry.structure.frac_coords, dtype=np.float64).ravel().tolist()
        row["species"] = species
        row["occupancies"] = occupancies
    row["row_hash"] = row_hash(row)
    return row


def failure_to_row(
    raw: RawEntry,
    error_type: str,
    message: str,
    stage: str,
    formula: str | None = None,
    elements: tuple[str, ...] = (),
) -> Row:
    """The row of an entry that could not be read, or whose reader died.

    Args:
        raw: what the source gave; its id, formula and provenance are kept.
        error_type: name of the error's class.
        message: one sentence.
        stage: where it failed.
        formula: formula where more is known than the source states.
        elements: elements where they are known.
    """
    known = formula if formula is not None else raw.formula or ""
    row = _row(raw.source, raw.id, known, elements, raw.provenance)
    row["error_type"] = storable(error_type)
    row["message"] = storable(message)
    row["stage"] = stage
    row["row_hash"] = row_hash(row)
    return row


def part_to_row(part: Entry | Failure) -> Row:
    """The row of whatever `catalog.readers.reading.read_parts` gives."""
    if isinstance(part, Entry):
        return entry_to_row(part)
    raw = RawEntry(part.source, part.id, "error", "", part.formula, part.provenance)
    return failure_to_row(raw, part.error_type, part.message, part.stage, part.formula, part.elements)


def row_to_entry(row: Row) -> Entry:
    """The entry of a row, its structure bit for bit the one that was stored.

    Raises:
        ValueError: the row is a failure; see `row_to_failure`.
    """
    if row["error_type"] is not None:
        raise ValueError(
            f"{row['id']!r} failed with {row['error_type']}: it has no entry, use row_to_failure"
        )
    structure = None
    if row["lattice"] is not None:
        structure = Structure(
            Lattice(np.array(row["lattice"], dtype=np.float64).reshape(3, 3)),
            _compositions(row["species"], row["occupancies"]),
            np.array(row["frac_coords"], dtype=np.float64).reshape(-1, 3),
        )
    return Entry(
        row["source"], row["id"], row["formula"], tuple(row["elements"]), structure, row_to_provenance(row)
    )


def entries_of(rows: Mapping[str, Row]) -> dict[str, Entry]:
    """The entries of rows, by the same names; a failure has none and is left out."""
    return {name: row_to_entry(row) for name, row in rows.items() if row["error_type"] is None}


def row_to_failure(row: Row) -> Failure:
    """The failure of a row that holds one.

    Raises:
        ValueError: the row is an entry.
    """
    if row["error_type"] is None:
        raise ValueError(f"{row['id']!r} was read: it is no failure, use row_to_entry")
    return Failure(
        row["source"], row["id"], row["formula"], tuple(row["elements"]), row_to_provenance(row),
        row["error_type"], row["message"], row["stage"],
    )  # fmt: skip


def row_to_provenance(row: Row) -> Provenance:
    """What the source knew about the entry of a row."""
    return Provenance(**{name: row.get(name) for name in PROVENANCE_FIELDS})


def structure_digest(row: Row) -> str | None:
    """Digest of the lattice, coordinates and occupancies of a row; None where it holds no structure."""
    if row["lattice"] is None:
        return None
    return row_hash({name: row[name] for name in ("lattice", "frac_coords", "species", "occupancies")})[:16]


def _row(source: str, id_: str, formula: str, elements: tuple[str, ...], provenance: Provenance) -> Row:
    known = {name: getattr(provenance, name) for name in PROVENANCE_FIELDS}
    return {
        "source": storable(source),
        "id": storable(id_),
        "formula": storable(formula),
        "elements": list(elements),
        "lattice": None,
        "frac_coords": None,
        "species": None,
        "occupancies": None,
        **{name: storable(value) if isinstance(value, str) else value for name, value in known.items()},
        "error_type": None,
        "message": None,
        "stage": None,
        "raw_id": None,
        "stamp": None,
        "reading": None,
        "row_hash": None,
    }


def _sites(structure: Structure) -> tuple[list[list[str]], list[list[float]]]:
    species: list[list[str]] = []
    occupancies: list[list[float]] = []
    for site in structure:
        amounts: dict[str, float] = {}
        for item, occupancy in site.species.items():
            symbol = item.symbol if item.symbol not in ("D", "T") else "H"
            amounts[symbol] = amounts.get(symbol, 0.0) + float(occupancy)
        species.append(list(amounts))
        occupancies.append(list(amounts.values()))
    return species, occupancies


def _compositions(species: list[list[str]], occupancies: list[list[float]]) -> list[Composition]:
    """One composition a site; equal sites share one object, which saves most of the time."""
    made: dict[tuple[tuple[str, ...], tuple[float, ...]], Composition] = {}
    result = []
    for symbols, amounts in zip(species, occupancies, strict=True):
        key = (tuple(symbols), tuple(amounts))
        composition = made.get(key)
        if composition is None:
            composition = made[key] = Composition(dict(zip(symbols, amounts, strict=True)))
        result.append(composition)
    return result
