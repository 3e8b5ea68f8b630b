"""The files of a shortlist and the dossiers, from the published run."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from catalog.errors import CatalogError
from catalog.home import Home
from catalog.runs.publish import FILES, write_table
from catalog.runs.published import PublishedRun, find_run
from catalog.store.durable import replace_durably
from catalog.store.lake import scan
from catalog.store.schema import Row, conformed, entry_schema
from polywell.records import Outcome
from reports.run.shortlist import Filter, Written, chosen, write_shortlist


class ExportError(CatalogError):
    """The files cannot be written."""


RANKED = FILES[Outcome.CANDIDATE]


def ranked_table(run: PublishedRun, which: ds.Expression | None = None) -> pa.Table:
    """The candidates of a published run in ranked order; columns that an older run lacks are empty.

    Args:
        run: the run.
        which: those for which this holds; all of them by default.
    """
    schema = entry_schema()
    batches = pq.read_table(run.folder / RANKED, filters=which).combine_chunks().to_batches()
    return pa.Table.from_batches([conformed(batch, schema) for batch in batches], schema)


def ranked_rows(run: PublishedRun, which: ds.Expression | None = None) -> list[Row]:
    """The same as rows."""
    return list(ranked_table(run, which).to_pylist())


def structures_of(home: Home, source: str, ids: Collection[str]) -> dict[str, Row]:
    """The rows of the structures table for these ids of a source; an id that it does not hold is left out."""
    if not ids:
        return {}
    wanted = pa.array(sorted(ids), pa.string())
    found: dict[str, Row] = {}
    for batch in scan(home.structures, source):
        some = batch.filter(pc.is_in(batch.column("id"), value_set=wanted))
        found |= {str(row["id"]): row for row in some.to_pylist()}
    return found


def export(home: Home, folder: Path, wanted: Filter, run_name: str = "latest") -> Written:
    """Write the shortlist of a published run into a folder: `reports.run.shortlist`, and `ranked.parquet`.

    Args:
        home: where the catalog lies.
        folder: where the files go; made if it is missing.
        wanted: which candidates.
        run_name: name of the run, or its beginning; the newest by default.

    Raises:
        RunError: there is no such run.
        FilterError: the filter names what does not exist.
        ExportError: the folder cannot be written.
    """
    run = find_run(home, run_name)
    table = ranked_table(run)
    rows = chosen(table.to_pylist(), wanted)
    ids = [str(row["id"]) for row in rows]
    structures = structures_of(home, str(run.source), ids)
    kept = table.filter(pc.is_in(table["id"], value_set=pa.array(ids, pa.string())))
    try:
        written = write_shortlist(folder, rows, structures, run.manifest, wanted)
        replace_durably(folder / RANKED, lambda path: write_table(path, kept))
        return replace(written, files=(*written.files, folder / RANKED))
    except OSError as error:
        raise ExportError(
            f"{folder} cannot be written ({error.strerror or error}); give another folder"
        ) from error
