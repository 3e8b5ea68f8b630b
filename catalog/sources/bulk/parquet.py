"""A Parquet file as a source: with one CIF a row, or in the layout of LeMat-Bulk."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from catalog.errors import DuplicateIdError, MissingValueError, ReadError, SourceError
from catalog.readers.filetext import check_size
from catalog.readers.limits import LIMITS
from catalog.sources.base import Asked, RawEntry, Source, Stamp, UniqueIds, asked_for, in_batches
from catalog.sources.bulk.columns import Columns, first_line, value
from catalog.sources.bulk.lemat import LematSource
from catalog.sources.values import text
from catalog.sources.watched import WatchedFile

ID, CIF, FORMULA = "material_id", "cif", "formula"
_BATCH_ROWS = 64
_ID_ROWS = 20_000
_PART = re.compile(r"#part\d+$")


def opened(asked: Asked) -> Source:
    """The file that is asked for, by its columns.

    Raises:
        SourceError: no such file, no Parquet file, or a column is missing.
    """
    file = asked.path
    try:
        names = pq.read_schema(file).names if file.is_file() else []
    except (pa.ArrowException, OSError):
        names = []  # the source itself says what is wrong
    if CIF not in names and "lattice_vectors" in names:
        return LematSource(file, asked.name, asked.chemistry)
    return ParquetSource(file, asked.name)


class ParquetSource:
    """Rows of a Parquet file: `material_id`, `cif`, and optionally `formula`, in the file's order."""

    def __init__(self, file: Path, name: str) -> None:
        """Opens the file far enough to check its columns.

        Raises:
            SourceError: no such file, no Parquet file, or a column is missing.
        """
        self.name = name
        self._file = file
        self._watched = WatchedFile(file, name, "a Parquet file")
        try:
            names = pq.read_schema(file).names
        except (pa.ArrowException, OSError) as error:
            raise SourceError(
                f"{name!r}: {str(file)!r} cannot be read as Parquet ({first_line(error)}); "
                f"expected a Parquet file with the columns {ID} and {CIF}"
            ) from error
        missing = [column for column in (ID, CIF) if column not in names]
        if missing:
            raise SourceError(
                f"{name!r}: column {' and '.join(missing)} missing, the file has "
                f"{', '.join(names) or 'none'}; "
                f"expected {ID} (text) and {CIF} (text), optionally {FORMULA}"
            )
        self._columns = [column for column in (ID, CIF, FORMULA) if column in names]
        self._parquet = Columns(file, name, self._columns)

    def raw_entries(self, ids: Collection[str] | None = None) -> Iterator[RawEntry]:
        """Streams the rows; a row without id or structure, or with an id used before, becomes an error.

        Raises:
            SourceError: the file breaks off while it is read, or does not hold one of `ids`.
        """
        return asked_for(self._watched.unchanged(self._all_entries()), ids, self.name)

    @in_batches
    def index(self) -> Iterator[Stamp]:
        """The ids of the rows, each with the digest of its formula and text."""
        for raw in self._watched.unchanged(self._all_entries()):
            known = f"{raw.formula}\n{raw.payload if isinstance(raw.payload, str) else ''}"
            yield raw.id, "sha256:" + hashlib.sha256(known.encode("utf-8", "surrogatepass")).hexdigest()

    def version(self) -> str:
        """sha256 of the file."""
        return self._watched.version()

    def expected_count(self) -> int:
        """Number of rows."""
        return self._parquet.rows

    def _all_entries(self) -> Iterator[RawEntry]:
        number = 0
        try:
            ids = UniqueIds(self._own_ids())
            for batch in self._parquet.batches(self._columns, _BATCH_ROWS):
                columns = {name: batch.column(name) for name in batch.schema.names}
                for row in range(batch.num_rows):
                    number += 1
                    values = {name: value(column[row]) for name, column in columns.items()}
                    yield self._raw_entry(values, number, ids)
        except (pa.ArrowException, OSError) as error:
            raise SourceError(
                f"{self.name!r}: reading stopped after row {number} ({first_line(error)}); "
                "the file seems damaged, fetch it again"
            ) from error

    def _raw_entry(self, values: dict[str, object], number: int, ids: UniqueIds) -> RawEntry:
        wanted, cif, formula = text(values[ID]), values[CIF], text(values.get(FORMULA))
        id_, again = ids.take(_apart(wanted) if wanted else f"(row {number})")
        words = cif.decode("utf-8", "replace") if isinstance(cif, bytes) else str(cif)
        try:
            if not wanted:
                raise MissingValueError(f"row {number} has no {ID}; give every row an id of its own")
            if again:
                raise DuplicateIdError(f"row {number} uses the {ID} {wanted!r} again; ids must be unique")
            if cif is None:
                raise MissingValueError(f"row {number} has no {CIF}; expected the text of a CIF")
            check_size(len(words), LIMITS)
        except ReadError as error:
            return RawEntry(self.name, id_, "error", error, formula)
        return RawEntry(self.name, id_, "cif", words, formula)

    def _own_ids(self) -> Iterator[str]:
        """The ids that the rows ask for; no generated id may equal one of them."""
        for batch in self._parquet.batches([ID], _ID_ROWS):
            for one in batch.column(0):
                id_ = text(value(one))
                if id_:
                    yield _apart(id_)

    def description(self) -> dict[str, str]:
        """Spec, number of rows and digest of the file."""
        digest = self._watched.known_version().removeprefix("sha256:")
        rows = self.expected_count()
        return {"spec": self.name, "kind": "Parquet file of CIF texts", "rows": str(rows), "sha256": digest}


def _apart(id_: str) -> str:
    """Keeps an id such as `x#part2` apart from the second structure of the entry `x`, which has that id."""
    return f"{id_}#part1" if _PART.search(id_) else id_
