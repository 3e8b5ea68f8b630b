"""Rows of the structures table: what was read from a source, as arrays that lose nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from catalog.sources.base import Failure, RawEntry
from catalog.store.schema import SCHEMA_VERSION, SHORT, VERSION_KEY, Row, row_hash, row_hashes, storable
from polywell.geometry.first_look import Cells
from polywell.geometry.sites import Sites
from polywell.records import Entry, EntryKey, Provenance

PROVENANCE_FIELDS = tuple(field.name for field in fields(Provenance))
COLUMNS = (
    *("source", "id", "formula", "elements"),
    *("lattice", "frac_coords", "species", "occupancies", "structure_digest"),
    *PROVENANCE_FIELDS,
    *("error_type", "message", "stage"),
    *("raw_id", "stamp", "reading", "row_hash"),
)
"""The last four are bookkeeping: the raw entry of a row, what changes with it, how it was read."""
ARRAYS = frozenset({"lattice", "frac_coords", "species", "occupancies"})
"""Columns of a structure, for which its digest stands in the digest of its row."""
_NUMBERS = ("pressure_gpa", "e_above_hull_ev", "tc_measured_k", "mismatch")
_FLAGS = ("theoretical", "deprecated")


@cache
def structures_schema() -> pa.Schema:
    """Schema of the structures table.

    `lattice` holds the nine components of a, b, c in Å, row by row; `frac_coords` the fractional
    coordinates of all sites, x y z in turn; `species` and `occupancies` the elements of each site and
    their occupancies; `structure_digest` stands for the four. All are empty (null) where the composition
    alone decides and in failures.
    """
    kinds = {
        **dict.fromkeys(_NUMBERS, pa.float64()),
        **dict.fromkeys(_FLAGS, pa.bool_()),
        "elements": pa.list_(pa.string()),
        "lattice": pa.list_(pa.float64()),
        "frac_coords": pa.list_(pa.float64()),
        "species": pa.list_(pa.list_(pa.string())),
        "occupancies": pa.list_(pa.list_(pa.float64())),
    }
    units = {"lattice": {"unit": "Å"}}
    return pa.schema(
        [pa.field(name, kinds.get(name, pa.string()), metadata=units.get(name)) for name in COLUMNS],
        metadata={VERSION_KEY: str(SCHEMA_VERSION)},
    )


def entry_to_row(entry: Entry) -> Row:
    """The row of an entry that could be read; charges, isotopes, labels and site properties are dropped."""
    row = _row(entry.source, entry.id, entry.formula, entry.elements, entry.provenance)
    sites = entry.as_sites
    if sites is not None:
        row["lattice"] = sites.lattice.ravel().tolist()
        row["frac_coords"] = sites.frac.ravel().tolist()
        row["species"] = [list(mix) for mix in sites.mixes]
        row["occupancies"] = [list(mix.values()) for mix in sites.mixes]
        row["structure_digest"] = structure_digest(row)
    return _hashed(row)


def column_rows(
    source: str, columns: Mapping[str, pa.Array], bookkeeping: Mapping[str, pa.Array]
) -> pa.RecordBatch:
    """Rows of entries that were read column by column, as `entry_to_row` makes them one by one.

    Args:
        source: name of the source.
        columns: what is known of them, `id`, `formula` and `elements` at least.
        bookkeeping: columns `raw_id`, `stamp` and `reading`.
    """
    count, schema = len(columns["id"]), structures_schema()
    given, owner = dict(columns), pa.scalar(storable(source))
    if "lattice" in given:
        given["structure_digest"] = pa.array(_structure_digests(given), pa.string())
    told = {name: given[name] for name in given.keys() - ARRAYS}
    given["row_hash"] = row_hashes({**told, "source": owner})
    given |= {**bookkeeping, "source": pa.repeat(owner, count)}
    filled = [given[one.name] if one.name in given else pa.nulls(count, one.type) for one in schema]
    return pa.RecordBatch.from_arrays(filled, schema=schema)


def failure_to_row(raw: RawEntry, error_type: str, message: str, stage: str) -> Row:
    """The row of an entry whose reader died.

    Args:
        raw: what the source gave; its id, formula and provenance are kept.
        error_type: name of the error's class.
        message: one sentence.
        stage: where it failed.
    """
    known = (raw.source, raw.id, raw.formula or "", (), raw.provenance)
    return part_to_row(Failure(*known, error_type, message, stage))


def part_to_row(part: Entry | Failure) -> Row:
    """The row of whatever `catalog.readers.reading.read_parts` gives."""
    if isinstance(part, Entry):
        return entry_to_row(part)
    row = _row(part.source, part.id, part.formula, part.elements, part.provenance)
    row["error_type"] = storable(part.error_type)
    row["message"] = storable(part.message)
    row["stage"] = part.stage
    return _hashed(row)


def row_to_entry(row: Row) -> Entry:
    """The entry of a row, its structure as arrays, bit for bit those that were stored.

    Raises:
        ValueError: the row is a failure; see `row_to_part`.
    """
    if row["error_type"] is not None:
        raise ValueError(f"{row['id']!r} failed with {row['error_type']}: it has no entry, use row_to_part")
    known = (*_named(row), None, row_to_provenance(row))
    if row["lattice"] is None:
        return Entry(*known)
    sites = Sites(
        lattice=np.array(row["lattice"], dtype=np.float64).reshape(3, 3),
        frac=np.array(row["frac_coords"], dtype=np.float64).reshape(-1, 3),
        mixes=_mixes(row["species"], row["occupancies"]),
    )
    return Entry(*known, sites)


def parts_of(batch: pa.RecordBatch) -> list[Entry | Failure]:
    """What the rows of a batch hold, in their order, their structures as arrays."""
    rows = batch.select([name for name in batch.schema.names if name not in ARRAYS]).to_pylist()
    parts: list[Entry | Failure] = []
    for row, sites in zip(rows, _sites_of(batch), strict=True):
        if row["error_type"] is not None:
            parts.append(_failure_of(row))
        else:
            parts.append(Entry(*_named(row), None, row_to_provenance(row), sites))
    return parts


def _sites_of(batch: pa.RecordBatch) -> Iterator[Sites | None]:
    """The structures of the rows."""
    lattices, coordinates, species, filled = (
        batch.column(name) for name in ("lattice", "frac_coords", "species", "occupancies")
    )
    cells, frac = (np.asarray(one.flatten()).reshape(-1, 3) for one in (lattices, coordinates))
    mixes = _mixes(species.flatten().to_pylist(), filled.flatten().to_pylist())
    cell = site = 0
    for size in species.value_lengths().to_pylist():
        if size is None:
            yield None
            continue
        yield Sites(cells[cell : cell + 3], frac[site : site + size], mixes[site : site + size])
        cell, site = cell + 3, site + size


def whole_cells(batch: pa.RecordBatch) -> tuple[NDArray[np.int64], Cells]:
    """The places of the rows whose sites are filled by one whole ion each, and their structures."""
    sizes = np.asarray(batch.column("occupancies").value_lengths().fill_null(0), np.int64)
    places = np.flatnonzero((sizes > 0) & _are_whole(batch.column("occupancies")))
    lattices, frac, species = (
        batch.column(name).take(pa.array(places)) for name in ("lattice", "frac_coords", "species")
    )
    coded = species.flatten().flatten().dictionary_encode()
    return places, Cells(
        np.asarray(lattices.flatten()).reshape(-1, 3, 3),
        sizes[places],
        np.asarray(frac.flatten()).reshape(-1, 3),
        np.asarray(coded.indices),
        coded.dictionary.to_pylist(),
    )


def _are_whole(occupancies: pa.Array) -> NDArray[np.bool_]:
    """In which rows every site is filled by one whole ion; also in those without a site."""
    shares = occupancies.flatten()
    is_one = np.asarray(pc.equal(shares.value_lengths(), 1))
    is_one[is_one] = np.asarray(shares.filter(pa.array(is_one)).flatten()) == 1.0
    others = np.asarray(pc.list_parent_indices(occupancies))[~is_one]
    are_whole: NDArray[np.bool_] = np.bincount(others, minlength=len(occupancies)) == 0
    return are_whole


def entries_of(rows: Mapping[EntryKey, Row]) -> dict[EntryKey, Entry]:
    """The entries of rows with their structures, by the same keys; a failure has none and is left out."""
    read = {key: row for key, row in rows.items() if row["error_type"] is None}
    return {key: row_to_entry(row).with_structure() for key, row in read.items()}


def _failure_of(row: Row) -> Failure:
    return Failure(*_named(row), row_to_provenance(row), row["error_type"], row["message"], row["stage"])


def row_to_part(row: Row) -> Entry | Failure:
    """What a row holds."""
    return row_to_entry(row) if row["error_type"] is None else _failure_of(row)


def _named(row: Row) -> tuple[str, str, str, tuple[str, ...]]:
    """Source, id, formula and elements."""
    return row["source"], row["id"], row["formula"], tuple(row["elements"])


def row_to_provenance(row: Row) -> Provenance:
    """What the source knew about the entry of a row."""
    return Provenance(**{name: row.get(name) for name in PROVENANCE_FIELDS})


def structure_digest(row: Mapping[str, Any]) -> str:
    """Digest of the lattice, coordinates and occupancies of a row that holds a structure."""
    return row_hash({name: row[name] for name in ARRAYS})[:SHORT]


def _structure_digests(columns: Mapping[str, pa.Array]) -> Iterator[str]:
    """`structure_digest` of each row of columns; those of whole atoms without an object for each number."""
    species, are_whole = columns["species"], _are_whole(columns["occupancies"])
    sizes = np.asarray(species.value_lengths(), np.int64)
    ends = np.append(0, np.cumsum(sizes))
    sites = pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pc.binary_join(species.flatten(), "+"))
    lattices, frac = (np.asarray(columns[name].flatten()) for name in ("lattice", "frac_coords"))
    cells, places = _spelled(list(lattices.reshape(-1, 9))), _spelled(np.split(frac, 3 * ends[1:-1]))
    for row, names in enumerate(pc.binary_join(sites, '"],["').to_pylist()):
        if are_whole[row]:
            text = b'{"frac_coords":[%b],"lattice":[%b],"occupancies":[%b],"species":[["%b"]]}' % (
                places[row],
                cells[row],
                b",".join([b"[1.0]"] * sizes[row]),
                names.encode("ascii"),
            )
            yield hashlib.sha256(text).hexdigest()[:SHORT]
        else:
            yield structure_digest({name: columns[name][row].as_py() for name in ARRAYS})


def _spelled(lists: list[NDArray[np.float64]]) -> list[bytes]:
    """Lists of numbers as Python's json spells them; orjson is ten times faster, with 1e-5 for 1e-05."""
    text = orjson.dumps(lists, option=orjson.OPT_SERIALIZE_NUMPY)
    text = _DECIMALS.sub(rb"\1.\2e-05", _ONE_DIGIT.sub(rb"e-0\1", text)).replace(b".e", b"e")
    return text[2:-2].split(b"],[")


_ONE_DIGIT = re.compile(rb"e-(\d)\b")
_DECIMALS = re.compile(rb"0\.0000(?<!\d0\.0000)([1-9])(\d*)")


def _hashed(row: Row) -> Row:
    row["row_hash"] = row_hash({name: value for name, value in row.items() if name not in ARRAYS})
    return row


def _row(source: str, id_: str, formula: str, elements: tuple[str, ...], provenance: Provenance) -> Row:
    known = vars(provenance).items()
    return {
        **dict.fromkeys(COLUMNS),
        "source": storable(source),
        "id": storable(id_),
        "formula": storable(formula),
        "elements": list(elements),
        **{name: storable(value) if isinstance(value, str) else value for name, value in known},
    }


def _mixes(species: list[list[str]], occupancies: list[list[float]]) -> list[dict[str, float]]:
    """What stands on each site; equal sites share one object, which saves most of the time."""
    made: dict[tuple[tuple[str, ...], tuple[float, ...]], dict[str, float]] = {}
    result = []
    for symbols, amounts in zip(species, occupancies, strict=True):
        key = (tuple(symbols), tuple(amounts))
        mix = made.get(key)
        if mix is None:
            mix = made[key] = dict(zip(symbols, amounts, strict=True))
        result.append(mix)
    return result
