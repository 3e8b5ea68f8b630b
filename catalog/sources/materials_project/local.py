"""The summary documents that mp-api keeps on this machine, after a search for all of them.

It writes them below `~/mp_datasets`, or the folder that `MPRESTER_LOCAL_DATASET_CACHE` names, as a Delta
table in `build/collections/summary`, parted by the version of the database (mp-api 0.46.5,
`client/core/client.py`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from catalog.errors import DuplicateIdError, MissingValueError, ReadError, SourceChangedError, SourceError
from catalog.sources.base import Asked, Chemistry, RawEntry, Source, Stamp, UniqueIds, all_found, in_batches
from catalog.sources.materials_project.documents import (
    FIELDS,
    INDEX_FIELDS,
    Lacking,
    date_of,
    elements_of,
    id_of,
    row_of,
)
from catalog.sources.rows import row_or_error

NAME = "materials-project"
"""The name of the source, whoever gave its documents: what is read here is not fetched again there."""

FOLDER_VARIABLE = "MPRESTER_LOCAL_DATASET_CACHE"
FOLDER = "~/mp_datasets"
SUMMARY = Path("build") / "collections" / "summary"

_ROWS = 256
"""Documents that are held at a time, structures included."""


class LocalMaterialsProject(Source):
    """Summary documents of a chemistry in a folder of mp-api, read in place: nothing is fetched."""

    name = NAME

    def __init__(self, folder: Path, chemistry: Chemistry | None = None) -> None:
        """Finds the table.

        Args:
            folder: the folder of mp-api, the table itself, or a folder with its Parquet files.
            chemistry: documents of other elements are left out, as the service does. None keeps all.

        Raises:
            SourceError: there is no such table.
        """
        within = folder / SUMMARY
        self._folder = within if within.is_dir() else folder
        self._chemistry = chemistry
        self._lacking = Lacking()
        self._files = self._current_files()
        missing = [name for name in INDEX_FIELDS if name not in self._dataset().schema.names]
        if missing:
            raise SourceError(
                f"{self._folder} has no column {' and '.join(missing)}; expected the summary documents that "
                "mp-api keeps"
            )

    def _current_files(self) -> list[Path]:
        """The files of the table, those of its newest version where it has a log."""
        try:
            if DeltaTable.is_deltatable(str(self._folder)):
                table = DeltaTable(self._folder)
                files = [
                    self._folder / part for part in pa.table(table.get_add_actions())["path"].to_pylist()
                ]
            else:
                files = sorted(self._folder.rglob("*.parquet"))
        except (OSError, DeltaError) as error:
            raise SourceError(f"{self._folder} cannot be read ({str(error)[:200]})") from error
        if not files:
            raise SourceError(
                f"there is no table of the Materials Project in {str(self._folder)!r}; expected "
                f"{FOLDER}/{SUMMARY}, where mp-api keeps it, or another folder behind the colon"
            )
        return sorted(files)

    def _dataset(self) -> ds.Dataset:
        try:
            return ds.dataset([str(path) for path in self._files], format="parquet", partitioning=None)
        except (OSError, pa.ArrowException) as error:
            raise self._broken(error) from error

    def _broken(self, error: Exception) -> SourceError:
        return SourceError(
            f"{self._folder} cannot be read ({str(error)[:200]}); fetch it anew: MPRester(force_renew=True)"
        )

    def version(self) -> str:
        """Digest of the names, sizes and times of the files."""
        digest = hashlib.sha256()
        for path in self._files:
            try:
                status = path.stat()
            except OSError as error:
                raise SourceChangedError(
                    f"{path} is no longer there; mp-api made the folder anew, run again"
                ) from error
            name = path.relative_to(self._folder)
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
        return f"files {digest.hexdigest()[:16]}"

    @in_batches
    def index(self) -> Iterator[Stamp]:
        """Ids and dates of the documents of the chemistry, by three narrow columns.

        Raises:
            SourceError: a file cannot be read.
        """
        names = UniqueIds()
        for number, document in enumerate(self._documents(INDEX_FIELDS), start=1):
            yield names.take(id_of(document) or f"(document {number})")[0], date_of(document)

    def raw_entries(self, ids: Collection[str] | None = None) -> Iterator[RawEntry]:
        """Streams the documents, or those of `ids` only.

        A second document of one id, or one without structure, is an entry that fails.

        Raises:
            SourceChangedError: a file changed meanwhile.
            SourceError: a file cannot be read, or one of `ids` is in none.
        """
        before = self.version()
        wanted, found, names = None if ids is None else set(ids), set[str](), UniqueIds()
        for number, document in enumerate(self._documents(FIELDS), start=1):
            own = id_of(document)
            id_, again = names.take(own or f"(document {number})")
            if wanted is not None and id_ not in wanted:
                continue
            found.add(id_)
            self._lacking.see(document)
            row = row_or_error(partial(row_of, document, None), own)
            wrong: ReadError | None = None
            if own is None:
                wrong = MissingValueError("a document has no material_id")
            elif again:
                wrong = DuplicateIdError(f"the id {own!r} comes again; ids must be unique")
            yield row.raw_entry(self.name, id_, "pymatgen", wrong)
        if self.version() != before:
            raise SourceChangedError(
                f"{self._folder} changed while it was read; nothing was stored, run again"
            )
        all_found(self.name, wanted or (), found)

    def _documents(self, fields: Collection[str]) -> Iterator[dict[str, Any]]:
        """The documents of the chemistry in the order of the files; structures are made of these alone."""
        dataset = self._dataset()
        narrow = [name for name in fields if name in dataset.schema.names]
        try:
            for batch in dataset.to_batches(columns=narrow, batch_size=_ROWS, use_threads=False):
                for row in batch.filter(self._is_worth(batch)).to_pylist(maps_as_pydicts="strict"):
                    yield row | {"structure": _structure(row.get("structure"))}
        except (OSError, pa.ArrowException) as error:
            raise self._broken(error) from error

    def _is_worth(self, batch: pa.RecordBatch) -> pa.Array:
        """Which documents are of the chemistry; those that name no elements may be."""
        if self._chemistry is None:
            return pa.array([True] * batch.num_rows)
        listed = (elements_of({"elements": one}) for one in batch.column("elements").to_pylist())
        return pa.array([elements is None or self._chemistry.holds(elements) for elements in listed])

    def description(self) -> dict[str, str]:
        """Folder, filter, and what the documents that were read lack."""
        facts = {
            "spec": self.name,
            "kind": "Materials Project, summary documents that mp-api keeps on this machine",
            "folder": str(self._folder),
        }
        if self._lacking.sentence:
            facts["lacking"] = self._lacking.sentence
        return facts


def opened(asked: Asked) -> LocalMaterialsProject:
    """The folder that is asked for, or that of mp-api."""
    place = asked.place or os.environ.get(FOLDER_VARIABLE) or FOLDER
    return LocalMaterialsProject(Path(place).expanduser(), asked.chemistry)


def _structure(held: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What a reader needs of a structure: Arrow fills in every field that any other structure has."""
    if held is None:
        return None
    lattice = held["lattice"]
    return {
        "@module": "pymatgen.core.structure",
        "@class": "Structure",
        "lattice": {name: lattice[name] for name in ("matrix", "pbc") if lattice.get(name) is not None},
        "sites": [
            {
                "species": [{"element": one["element"], "occu": one["occu"]} for one in site["species"]],
                "abc": site["abc"],
                "properties": {},
            }
            for site in held["sites"]
        ],
    }
