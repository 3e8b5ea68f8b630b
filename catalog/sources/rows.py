"""What all files of rows have in common: ids that are unique, rows that are never lost, a digest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from catalog.errors import DuplicateIdError, MissingValueError, ParseError, ReadError, SourceError
from catalog.sources.base import Chemistry, Kind, RawEntry, Stamp, UniqueIds, all_found, in_batches
from catalog.sources.bulk.unpacked import SwollenError
from catalog.sources.values import text
from catalog.sources.watched import WatchedFile
from polywell.records import Provenance

_UNNAMED = "(row "
"""How the names of rows without an id begin; their number follows."""


@dataclass(frozen=True)
class FileRow:
    """One row of a file, as far as the file itself can tell.

    `error` says what is wrong with the row where it is no more than that; `payload` may be empty where the
    source was told that no structure is needed. `number` is the row's place in the file, from 1, where rows
    before it were left out.
    """

    id: str | None
    payload: Mapping[str, Any] | None = None
    formula: str | None = None
    elements: tuple[str, ...] | None = None
    provenance: Provenance = field(default_factory=Provenance)
    error: ReadError | None = None
    number: int | None = None

    def __post_init__(self) -> None:
        """Makes a text of the id, whatever its type."""
        object.__setattr__(self, "id", text(self.id))

    def raw_entry(self, source: str, id_: str, kind: Kind, wrong: ReadError | None) -> RawEntry:
        """What is to be read of the row; one with an error, or without a payload, is an entry that fails.

        Args:
            source: name of the source.
            id_: the entry's id, unique in the source.
            kind: how the payload is laid out.
            wrong: what is wrong with the row's id; it goes before an error of the row.
        """
        known = (self.formula, self.provenance, self.elements)
        error = wrong or self.error
        if error is None and self.payload is not None:
            return RawEntry(source, id_, kind, self.payload, *known)
        missing = MissingValueError("the document has no structure")
        return RawEntry(source, id_, "error", error or missing, *known)


def row_or_error(make: Callable[[], FileRow], id_: str | None) -> FileRow:
    """The row that `make` gives, or a row that fails where a value in it is such as nobody expects."""
    try:
        return make()
    except Exception as error:
        words = f"{type(error).__name__}: {error}"[:200]
        return FileRow(id_, error=ParseError(f"the entry's values are not as expected ({words})"))


class RowsSource(ABC):
    """A file of rows, one entry each, in the file's order.

    A row without id is called `(row N)`; the second row of an id becomes an error of its own.
    """

    kind: Literal["pymatgen", "optimade"]
    """How the payloads of the rows are laid out."""

    what: str
    """What the file is, for the manifest."""

    id_column: str
    """Where a row has its id, for messages."""

    endings: tuple[str, ...] = ()
    """How the files of a folder end that are read as one; none where only a file can be given."""

    def __init__(
        self,
        file: Path,
        name: str,
        chemistry: Chemistry | None = None,
    ) -> None:
        """Checks that the file exists.

        Args:
            file: path of the file.
            name: the spec as the user gave it.
            chemistry: rows outside of it are given without their structure, where that saves work.

        Raises:
            SourceError: no such file.
        """
        self.name = name
        self._file = file
        self._chemistry = chemistry
        self._watched = WatchedFile(file, name, self.what, self.endings)
        self._count: int | None = None

    @abstractmethod
    def _rows(self, asked: Collection[str] | None) -> Iterator[FileRow]:
        """Streams the rows.

        Args:
            asked: rows with other ids need no payload; and may be left out altogether, with numbers on those
                that are given, where `_names` knows which ids come more than once.

        Raises:
            SourceError: the file breaks off while it is read.
        """

    @abstractmethod
    def _stamps(self) -> Iterator[tuple[str | None, str | None]]:
        """Streams the ids as they stand in the file, with their dates where there are any."""

    def _is_needless(
        self, id_: str | None, elements: Collection[str] | None, asked: Collection[str] | None
    ) -> bool:
        """Whether a row can go without its structure: outside of the chemistry, or not asked for."""
        outside = self._chemistry is not None and elements is not None and not self._chemistry.holds(elements)
        return outside or (asked is not None and id_ is not None and id_ not in asked)

    def raw_entries(self, ids: Collection[str] | None = None) -> Iterator[RawEntry]:
        """Streams the rows; a row without id or structure, or with an id used before, becomes an error.

        Raises:
            SourceChangedError: the file changes or vanishes meanwhile.
            SourceError: the file breaks off while it is read, or does not hold one of `ids`.
        """
        wanted = None if ids is None else set(ids)
        found: set[str] = set()
        names = self._names()
        asked = None if wanted is None else wanted | names.repeated
        for place, row in enumerate(self._watched.unchanged(self._rows(asked)), start=1):
            number = row.number or place
            id_, again = names.take(row.id or f"{_UNNAMED}{number})")
            if wanted is not None:
                if id_ not in wanted:
                    continue
                found.add(id_)
            wrong: ReadError | None = None
            if again:
                wrong = DuplicateIdError(
                    f"row {number} uses the {self.id_column} {row.id!r} again; ids must be unique"
                )
            elif row.error is None and not row.id:
                wrong = MissingValueError(
                    f"row {number} has no {self.id_column}; give every row an id of its own"
                )
            elif row.error is None and row.payload is None:
                wrong = MissingValueError(f"row {number} has no structure")
            yield row.raw_entry(self.name, id_, self.kind, wrong)
        all_found(self.name, wanted or (), found)

    @in_batches
    def index(self) -> Iterator[Stamp]:
        """Streams the ids of `raw_entries` with the date of each row, where the file has dates."""
        names = self._names()
        for number, (id_, stamp) in enumerate(self._watched.unchanged(self._stamps()), start=1):
            yield names.take(id_ or f"{_UNNAMED}{number})")[0], stamp

    def _names(self) -> UniqueIds:
        """Gives out the ids, none of them taken from a later row that has it as its own."""
        return UniqueIds()

    def version(self) -> str:
        """sha256 of the file, taken anew when its size or time has changed."""
        return self._watched.version()

    def expected_count(self) -> int | None:
        """None unless the file says how many rows it has."""
        return self._count

    def description(self) -> dict[str, str]:
        """Spec, kind, and digest of the file; of the state that was read, also where it changed since."""
        digest = self._watched.known_version().removeprefix("sha256:")
        facts = {"spec": self.name, "kind": self.what, "sha256": digest}
        return facts if self._count is None else {**facts, "rows": str(self._count)}

    def _stopped(self, number: int | str, error: SwollenError | RecursionError) -> SourceError:
        return SourceError(f"{self.name!r}: reading stopped after row {number}: {error}")

    def _broken(self, number: int | str, error: BaseException | str) -> SourceError:
        why = (str(error).splitlines() or [type(error).__name__])[0][:200]
        return SourceError(
            f"{self.name!r}: reading stopped after row {number} ({why}); "
            "the file seems damaged, fetch it again"
        )


def ids_again(ids: pa.ChunkedArray) -> list[str]:
    """Of all ids of a file those that come more than once, or look like the name of a row without one."""
    counted = ids.drop_null().value_counts()
    again = counted.field("values").filter(pc.greater(counted.field("counts"), 1))
    return [*again.to_pylist(), *ids.filter(pc.starts_with(ids, _UNNAMED)).to_pylist()]
