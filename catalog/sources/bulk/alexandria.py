"""Dumps of computed entries as Alexandria publishes them: `{"entries": [ComputedStructureEntry, ...]}`."""

from __future__ import annotations

import gzip
import json
import os
import tempfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import ijson

from catalog.errors import SourceError
from catalog.scratch import scratch
from catalog.sources.base import Asked, Source
from catalog.sources.bulk.unpacked import MOST_DEPTH, SwollenError, Unpacked
from catalog.sources.rows import FileRow, RowsSource, row_or_error
from catalog.sources.values import first, number, symbols, text
from catalog.sources.watched import State
from polywell.records import Provenance

_ID_KEYS = ("mat_id", "material_id")
_DATE_KEYS = ("last_updated", "last_modified", "date")
_FUNCTIONAL_KEYS = ("functional", "xc_functional", "run_type")


def opened(asked: Asked) -> Source:
    """The file that is asked for."""
    return AlexandriaSource(asked.path, asked.name, asked.chemistry)


class AlexandriaSource(RowsSource):
    """Entries of a dump, read one at a time; compressed with bzip2 or gzip, or plain.

    The id is `data.mat_id`, or else `entry_id`; the hull distance is `data.e_above_hull` in eV/atom.
    """

    kind = "pymatgen"
    what = "a dump of computed structure entries (JSON, bzip2)"
    id_column = "mat_id"
    _kept: tuple[State, Path] | None = None

    def _rows(self, asked: Collection[str] | None) -> Iterator[FileRow]:
        for entry in self._entries():
            yield row_or_error(partial(self._row, entry, asked), _id(entry))

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
        for entry in self._entries():
            yield _id(entry), first(_data(entry), _DATE_KEYS, text)

    def _entries(self) -> Iterator[dict[str, Any]]:
        """All entries; the first time, what is needed of them is kept aside: a dump is unpacked once."""
        state = self._watched.state()
        if self._kept is not None and self._kept[0] == state:
            with gzip.open(self._kept[1], "rt", encoding="ascii") as lines:
                yield from map(json.loads, lines)
            return
        descriptor, path = tempfile.mkstemp(".jsonl.gz", dir=scratch())
        os.close(descriptor)
        with gzip.open(path, "wt", compresslevel=1, encoding="ascii") as kept:
            for entry in self._unpacked():
                kept.write(json.dumps(self._needed(entry)) + "\n")
                yield entry
        self._kept = state, Path(path)

    def _needed(self, entry: dict[str, Any]) -> dict[str, Any]:
        """An entry, without its structure where nobody looks at it."""
        is_needless = self._is_needless(None, symbols(_amounts(entry)) or None, None)
        return {**entry, "structure": None} if is_needless else entry

    def _unpacked(self) -> Iterator[dict[str, Any]]:
        number = 0
        try:
            with Unpacked(self._file, most_depth=MOST_DEPTH) as stream:
                for entry in ijson.items(stream, "entries.item", use_float=True):
                    number += 1
                    stream.begin_part()
                    yield entry if isinstance(entry, dict) else {}
        except SwollenError as error:
            raise self._stopped(number, error) from error
        except (OSError, EOFError, zlib.error, ijson.JSONError) as error:
            raise self._broken(number, error) from error
        if number == 0:
            raise SourceError(
                f"{self.name!r}: the file holds no entries; expected a JSON object with a list 'entries'"
            )


def _data(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    data = entry.get("data")
    return data if isinstance(data, dict) else {}


def _id(entry: Mapping[str, Any]) -> str | None:
    found: str | None = first(_data(entry), _ID_KEYS, text) or text(entry.get("entry_id"))
    return found


def _composition(entry: Mapping[str, Any]) -> dict[str, float] | None:
    """Amounts by element."""
    return {symbol: float(amount) for symbol, amount in _amounts(entry).items()} or None


def _amounts(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry says of its elements; some dumps carry those that are not there, with null."""
    composition = entry.get("composition")
    held = composition if isinstance(composition, dict) else {}
    return {symbol: amount for symbol, amount in held.items() if amount}
