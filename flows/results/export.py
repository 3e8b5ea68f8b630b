"""The files of a shortlist and the dossiers, from the published run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from catalog.errors import CatalogError
from catalog.home import Home
from catalog.relaxed.kept import rows_of
from catalog.runs.named import find_run, source_named
from catalog.runs.publish import write_table_durably
from catalog.runs.published import FILES, PublishedRun
from catalog.store.durable import write_files
from catalog.store.predictions import candidates_of
from catalog.store.structures import entries_of
from flows.pipeline.page_rows import measured_candidates
from polywell.families import built_in_families
from polywell.records import Candidate, Entry, EntryKey, Outcome
from reports.dossier.dossier import Context, dossier
from reports.html.writing import File
from reports.mail.page import mail_file
from reports.run.exports.shortlist import Filter, chosen, shortlist


class ExportError(CatalogError):
    """The files cannot be written."""


@dataclass(frozen=True)
class Written:
    """The files of one export, how many candidates they hold, and how many of these have a CIF."""

    files: tuple[Path, ...]
    candidates: int
    cifs: int


def export(
    home: Home,
    folder: Path,
    wanted: Filter,
    run_name: str = "latest",
    source: str | None = None,
    mail: bool = False,
) -> Written:
    """Write the shortlist of a published run into a folder, and `ranked.parquet`; see `reports.run.exports`.

    Args:
        home: where the catalog lies.
        folder: where the files go; made if it is missing.
        wanted: which candidates.
        run_name: name of the run, or its beginning; the newest by default.
        source: candidates of this source only, or of the only one whose name begins so.
        mail: also write `reports.mail.page`, the candidates with their dossiers as one page without scripts.

    Raises:
        RunError: there is no such run or source.
        FilterError: the filter names what does not exist.
        ExportError: the folder cannot be written.
    """
    if source is not None:
        source = source_named(home, source)
    run = find_run(home, run_name, source)
    table = run.ranked(where=None if source is None else pc.field("source") == source)
    candidates = chosen(candidates_of(table), wanted)
    structures = entries_of(run.structures([one.screening.key for one in candidates]))
    kept = table.filter(
        pc.is_in(table["rank"], value_set=pa.array([one.place.rank for one in candidates], pa.int32()))
    )
    page = _mailed(run, folder, candidates, structures, wanted) if mail else ()
    try:
        found = shortlist(folder, candidates, structures, run.manifest, wanted)
        paths = write_files((*found.files, *page))
        write_table_durably(folder / FILES[Outcome.CANDIDATE], kept)
    except OSError as error:
        raise ExportError(
            f"{folder} cannot be written ({error.strerror or error}); give another folder"
        ) from error
    return Written((*paths, folder / FILES[Outcome.CANDIDATE]), found.candidates, found.cifs)


def _mailed(
    run: PublishedRun,
    folder: Path,
    candidates: Sequence[Candidate],
    structures: Mapping[EntryKey, Entry],
    wanted: Filter,
) -> Iterator[File]:
    measured = measured_candidates(built_in_families())
    ranked = candidates_of(run.ranked())
    context = Context.of(ranked, run.manifest, measured, relaxed=rows_of(run.home))
    made = [(one, dossier(one, structures.get(one.screening.key), context)) for one in candidates]
    yield mail_file(folder, made, run.manifest, wanted.in_words)
