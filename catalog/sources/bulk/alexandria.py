"""Dumps of computed entries as Alexandria publishes them: `{"entries": [ComputedStructureEntry, ...]}`."""

from __future__ import annotations

import json
import os
import tempfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catalog.errors import SourceError
from catalog.readers.arrays.columns import FRACTIONAL, payload_of
from catalog.scratch import scratch
from catalog.sources.base import Asked, Chemistry, Source, UniqueIds
from catalog.sources.bulk.converted import ENTRY, NARROW, SCHEMA, Arrays, as_batch, plain_arrays
from catalog.sources.bulk.entries import BrokenJsonError, entries_of
from catalog.sources.bulk.unpacked import SwollenError, Unpacked
from catalog.sources.rows import FileRow, RowsSource, ids_again, row_or_error
from catalog.sources.values import first, number, symbols, text
from catalog.sources.watched import FileState
from polywell.records import Provenance

_ID_KEYS = ("mat_id", "material_id")
_DATE_KEYS = ("last_updated", "last_modified", "date")
_FUNCTIONAL_KEYS = ("functional", "xc_functional", "run_type")


def opened(asked: Asked) -> Source:
    """The file or folder that is asked for."""
    return AlexandriaSource(asked.path, asked.name, asked.chemistry)


_MOST_THREADS = 4
"""Files that are read at a time, at most: of more, threads wait for each other where nothing is unpacked."""

_BATCH_BYTES = 32_000_000
"""Bytes of entries, unpacked, that are held together."""


class AlexandriaSource(RowsSource):
    """Entries of a dump, a file or a folder of them; compressed with bzip2 or gzip, or plain.

    The id is `data.mat_id`, or else `entry_id`; the hull distance is `data.e_above_hull` in eV/atom.
    """

    kind = "pymatgen"
    what = "a dump of computed structure entries (JSON, bzip2)"
    id_column = "mat_id"
    endings = (".json", ".json.bz2", ".json.gz")

    def __init__(self, path: Path, name: str, chemistry: Chemistry | None = None) -> None:
        """Checks that there are files.

        Raises:
            SourceError: no such file, or a folder without one.
        """
        super().__init__(path, name, chemistry)
        self._kept: dict[Path, tuple[FileState, Path]] = {}

    def columns(self, ids: Collection[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Plain entries whose ids are theirs alone; see `ColumnSource`."""
        names = pa.array(self._names().repeated, pa.string())
        wanted = None if ids is None else pa.array(ids, pa.string())
        start = 0
        for _, batch in self._watched.unchanged(self._batches()):
            places = pa.array(start + np.arange(batch.num_rows))
            start += batch.num_rows
            held = batch.column("id")
            is_given = pc.and_not(held.is_valid(), pc.is_in(held, value_set=names))
            is_given = pc.and_(is_given, batch.column(ENTRY).is_null())
            if wanted is not None:
                is_given = pc.and_(is_given, pc.is_in(held, value_set=wanted))
            is_bare = batch.column(FRACTIONAL[0]).is_null()
            for is_such, columns in ((is_bare, NARROW), (pc.invert(is_bare), NARROW + FRACTIONAL)):
                part = batch.select(columns).append_column("place", places)
                part = part.filter(pc.and_(is_given, is_such))
                if part.num_rows:
                    yield part

    def _rows(self, asked: Collection[str] | None) -> Iterator[FileRow]:
        wanted = None if asked is None else pa.array(asked, pa.string())
        start = 1
        for _, batch in self._batches():
            held, places = batch.column("id"), np.arange(batch.num_rows)
            if wanted is not None:
                places = np.flatnonzero(pc.or_(held.is_null(), pc.is_in(held, value_set=wanted)))
            for place, kept in zip(places.tolist(), batch.take(pa.array(places)).to_pylist(), strict=True):
                yield replace(self._kept_row(kept, asked), number=start + place)
            start += batch.num_rows

    def _kept_row(self, kept: dict[str, Any], asked: Collection[str] | None) -> FileRow:
        if kept[ENTRY] is not None:
            return row_or_error(partial(self._row, json.loads(kept[ENTRY]), asked), kept["id"])
        return FileRow(
            id=kept["id"],
            payload={} if kept[FRACTIONAL[0]] is None else payload_of(kept)[1],
            formula=kept["formula"],
            elements=None if kept["elements"] is None else tuple(kept["elements"]),
            provenance=Provenance(**{name: kept[name] for name in NARROW[3:]}),
        )

    def _row(self, entry: dict[str, Any], asked: Collection[str] | None) -> FileRow:
        composition, id_ = _composition(entry), _id(entry)
        elements = None if composition is None else symbols(sorted(composition))
        data, structure = _data(entry), entry.get("structure")
        needless = self._is_needless(id_, elements, asked)
        return FileRow(
            id=id_,
            payload={} if needless else structure if isinstance(structure, dict) else None,
            formula=None if composition is None else "".join(f"{el}{n:g}" for el, n in composition.items()),
            elements=elements,
            provenance=Provenance(
                e_above_hull_ev=number(data.get("e_above_hull")),
                last_updated=first(data, _DATE_KEYS, text),
                functional=first({**(entry.get("parameters") or {}), **data}, _FUNCTIONAL_KEYS, text),
            ),
        )

    def _stamps(self) -> Iterator[tuple[str | None, str | None]]:
        """An entry without a date changes with its file."""
        versions = dict(zip(self._watched.files, self._watched.versions(), strict=True))
        for file, batch in self._batches("id", "last_updated"):
            dates = batch.column("last_updated").fill_null(f"version {versions[file]}")
            yield from zip(batch.column("id").to_pylist(), dates.to_pylist(), strict=True)

    def _names(self) -> UniqueIds:
        """Of all ids only those count that come again, or look like the names that such are given."""
        ids = pa.chunked_array(
            [batch.column("id") for _, batch in self._batches("id")], pa.string()
        ).drop_null()
        return UniqueIds((), ids_again(ids) + ids.filter(pc.match_substring(ids, "#")).to_pylist())

    def _batches(self, *columns: str) -> Iterator[tuple[Path, pa.RecordBatch]]:
        """All entries as these columns of `SCHEMA`, or as all of them; each batch with its file."""
        places = [SCHEMA.get_field_index(column) for column in columns]
        options = pa.ipc.IpcReadOptions(included_fields=places, use_threads=False)
        for file, path in self._converted().items():
            with pa.memory_map(str(path)) as kept, pa.ipc.open_file(kept, options=options) as batches:
                for number in range(batches.num_record_batches):
                    yield file, batches.get_batch(number)

    def _converted(self) -> dict[Path, Path]:
        """For each file one of this process with its columns; a file is read once for each of its states."""
        states = dict(zip(self._watched.files, self._watched.state(), strict=True))
        stale = [file for file, state in states.items() if self._kept.get(file, ((),))[0] != state]
        is_over, folder = Event(), scratch()
        with ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1)) as threads:
            try:
                made = threads.map(partial(self._convert, folder=folder, is_over=is_over), stale)
                for file, path in zip(stale, made, strict=True):
                    self._kept[file] = states[file], path
            finally:
                is_over.set()  # those that an error or the user leaves behind end soon
        return {file: self._kept[file][1] for file in states}

    def _convert(self, file: Path, folder: Path, is_over: Event) -> Path:
        """Writes the columns of a file into the folder.

        Raises:
            SourceError: as `_read` raises it; or the folder is full.
        """
        options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
        try:
            descriptor, path = tempfile.mkstemp(".arrow", dir=folder)
            os.close(descriptor)
            with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, SCHEMA, options=options) as kept:
                for batch in self._watched.unchanged(self._read(file)):
                    if is_over.is_set():
                        break
                    kept.write_batch(batch)
        except OSError as error:
            raise SourceError(
                f"{self.name!r}: its columns cannot be kept in {str(folder.parent)!r} "
                f"({error.strerror or error}); make room there, or name another folder in TMPDIR"
            ) from error
        return Path(path)

    def _read(self, file: Path) -> Iterator[pa.RecordBatch]:
        """The entries of a file as columns of `SCHEMA`.

        Raises:
            SourceError: the file breaks off, is no dump, or holds no entry.
        """
        where = "" if len(self._watched.files) == 1 else f" of {file.name}"
        rows, number, begun = [], 0, 0
        try:
            with Unpacked(file) as stream:
                for entry in entries_of(stream):
                    rows.append(self._kept_of(entry if isinstance(entry, dict) else {}))
                    number += 1
                    if stream.given - begun >= _BATCH_BYTES:
                        yield as_batch(rows)
                        rows, begun = [], stream.given
        except (SwollenError, RecursionError) as error:
            raise self._stopped(f"{number}{where}", error) from error
        except (OSError, EOFError, zlib.error, BrokenJsonError) as error:
            raise self._broken(f"{number}{where}", error) from error
        if number == 0:
            raise SourceError(
                f"{self.name!r}: {file.name if where else 'the file'} holds no entries; "
                "expected a JSON object with a list 'entries'"
            )
        if rows:
            yield as_batch(rows)

    def _kept_of(self, entry: dict[str, Any]) -> tuple[FileRow, Arrays | None, str | None]:
        """What `as_batch` takes of an entry."""
        row = row_or_error(partial(self._row, entry, None), _id(entry))
        is_needless = self._is_needless(None, row.elements, None)
        arrays = plain_arrays(row.payload) if row.payload else None
        is_plain = row.error is None and (is_needless or arrays is not None)
        bare = replace(row, payload=None) if row.payload else row
        return bare, arrays, None if is_plain else json.dumps(entry)


def _data(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    data = entry.get("data")
    return data if isinstance(data, dict) else {}


def _id(entry: Mapping[str, Any]) -> str | None:
    found: str | None = first(_data(entry), _ID_KEYS, text) or text(entry.get("entry_id"))
    return found


def _composition(entry: Mapping[str, Any]) -> dict[str, float] | None:
    """Amounts by element; some dumps carry those that are not there, with null."""
    composition = entry.get("composition")
    held = composition if isinstance(composition, dict) else {}
    return {symbol: float(amount) for symbol, amount in held.items() if amount} or None
