"""`polywell validate`: how well the calibration predicts what it has not seen, as a page and as JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path

from catalog.errors import CatalogError, HomeError
from catalog.home import Home
from catalog.readers.reading import read_parts
from catalog.sources.base import Failure, RawEntry
from catalog.store.durable import write_files
from flows.options import ScreenOptions
from flows.progress import stage
from flows.studies.labelled import Labelled, labelled_entries
from flows.workers.limits import hang_limit
from flows.workers.pool import Workers
from polywell.data.measured import measured_superconductors
from polywell.data.reference import reference_entries
from polywell.evidence.calibration import TrainingRow
from polywell.evidence.evaluation import scores
from polywell.evidence.evaluation.evaluate import WITHIN, Split, predict_against, predict_unseen
from polywell.evidence.evaluation.external import outside_rows
from polywell.evidence.evaluation.hindsight import hindsight
from polywell.evidence.evaluation.over_time import over_time
from polywell.evidence.evaluation.scoring import scored
from polywell.evidence.rows.rows import measured_rows
from polywell.evidence.training import digests
from polywell.families import Families, load_families
from polywell.records import Entry, Outcome, Screening
from polywell.screening import rejected_by_composition, screen_many
from reports.html.names import EVALUATION
from reports.studies.validation import DATA, Unused, ValidationPayload, validation_files

READ_TOGETHER = 8
"""Files that go to a worker together."""

BUILT_IN = "the measured rows that come with polywell"

Rows = Callable[[Families], tuple[TrainingRow, ...]]
"""Makes the rows that the calibration may learn from."""

_WRITTEN = re.compile(r"^Written on (\d{4}-\d{2}-\d{2})", re.MULTILINE)


class NothingToEvaluateError(CatalogError):
    """Nothing that was handed in could be evaluated."""


def validate(
    home: Path | None,
    families: Path | None,
    against: str | None = None,
    *,
    training: Rows = measured_rows,
    resamples: int = scores.RESAMPLES,
) -> Path:
    """Evaluates the calibration and writes its page and `validation.json` below the pages of a home.

    Args:
        home: folder of the catalog and the pages; from the environment or that of `Home.at` if None.
        families: a λ table in place of the built-in one.
        against: data from outside: `csv:FILE` or `3dsc:DIR`; None leaves parts of the built-in rows out
            in turn.
        training: makes the rows that the calibration may learn from.
        resamples: bootstrap resamples of each interval.

    Returns:
        The path of the page.

    Raises:
        SourceError: the data from outside cannot be opened or lack a column.
        NothingToEvaluateError: not one entry could be read and is a candidate with a row of its own.
        HomeError: the page cannot be written.
        FamilyTableError: the λ table cannot be used.
        OptionError: a `POLYWELL_` variable is wrong.
    """
    options = ScreenOptions.of({"home": home, "families": families})
    table = load_families(options.families)
    labelled = None if against is None else labelled_entries(against)
    place = Home.at(options.home)
    place.prepare()
    with stage("learning from", "measured rows") as advance:
        rows = training(table)
        advance(len(rows))
    if labelled is None:
        payload = _within(rows, table, resamples)
    else:
        payload = _outside(labelled, rows, table, resamples, options.workers)
    try:
        return write_files(validation_files(place.reports / EVALUATION, payload))[-1]
    except OSError as error:
        raise HomeError(
            f"{place.reports / EVALUATION} cannot be written ({error.strerror or error}); expected a "
            "writable folder: give another one with --home DIR"
        ) from error


def verdict_of(page: Path) -> tuple[str, ...]:
    """The sentences with which the page of `validate` begins, from the data beside it."""
    return tuple(json.loads(page.with_name(DATA).read_text(encoding="utf-8"))["verdict"])


def _within(rows: tuple[TrainingRow, ...], families: Families, resamples: int) -> ValidationPayload:
    """Whole keys of every split left out of the rows and predicted, and the rows of later years."""
    with stage("predicting what was left out", "rows predicted") as advance:
        said = predict_unseen(rows, families)
        advance(len({one.id for one in said.predictions}))
    with stage("predicting later years", "points") as advance:
        curve = over_time(rows, families)
        advance(len(curve))
    with stage("making the lists of earlier years", "lists") as advance:
        helped = hindsight(rows, families)
        advance(len(helped.lists))
    unused = _unused_measurements(rows, families)
    return ValidationPayload(
        evaluation=scored(said, resamples),
        source=BUILT_IN,
        against=None,
        splits=WITHIN,
        training_rows=len(rows),
        handed_in=len(rows) + len(unused),
        unread=(),
        not_candidates=unused,
        digests=(*digests(rows), ("families", families.digest)),
        protocol_written=protocol_written(),
        over_time=curve,
        helped=helped,
        resamples=resamples,
    )


def _outside(
    labelled: Labelled,
    rows: tuple[TrainingRow, ...],
    families: Families,
    resamples: int,
    workers: int,
) -> ValidationPayload:
    """Structures from outside with a measured T_c, corrected and predicted without their chemical systems."""
    entries, unread = _read(labelled.entries, families, workers)
    unread = [*(Unused(one.id, one.error_type, one.message) for one in labelled.unusable), *unread]
    tested, xi_spread, correction = outside_rows(entries, families)
    unused = _not_candidates(entries, {row.id for row in tested}, families)
    if not tested:
        causes = Counter(one.cause for one in (*unread, *unused)).most_common()
        first = next((f"; first {one.id!r}: {one.message}" for one in (*unread, *unused)), "")
        others = ", ".join(f"{count} {cause}" for cause, count in causes) or "no rows"
        raise NothingToEvaluateError(
            f"{labelled.name}: nothing to evaluate, expected structures with the cages of one of "
            f"{', '.join(family.name for family in families.rows)}; got {others}{first}"
        )
    with stage("predicting each row without its chemical system", "rows predicted") as advance:
        said = predict_against(rows, tested, families, xi_spread)
        advance(len({one.id for one in said.predictions}))
    return ValidationPayload(
        evaluation=scored(said, resamples),
        source=labelled.name,
        against=labelled.name,
        splits=(Split.OUTSIDE,),
        training_rows=len(rows),
        handed_in=len(entries) + len(unread),
        unread=tuple(unread),
        not_candidates=tuple(unused),
        digests=(("outside", labelled.sha256), *digests(rows), ("families", families.digest)),
        protocol_written=protocol_written(),
        correction=correction,
        resamples=resamples,
    )


def _read(raws: Sequence[RawEntry], families: Families, workers: int) -> tuple[list[Entry], list[Unused]]:
    """Reads the structures in worker processes; what cannot be read comes back with its error."""
    entries: list[Entry] = []
    unread: list[Unused] = []
    shards = [raws[start : start + READ_TOGETHER] for start in range(0, len(raws), READ_TOGETHER)]
    with (
        stage("reading", "structures", len(raws)) as advance,
        Workers(workers, preload=("catalog.readers.reading",)) as pool,
    ):
        for shard, parts in pool.map(partial(_read_shard, families=families), shards, _lost):
            advance(len(shard))
            for part in parts:
                if isinstance(part, Entry):
                    entries.append(part)
                else:
                    unread.append(Unused(part.id, part.error_type, part.message))
    return entries, unread


def _read_shard(raws: Sequence[RawEntry], families: Families) -> list[Entry | Failure]:
    def needs_structure(elements: Collection[str]) -> bool:
        return rejected_by_composition(elements, families) is None

    parts: list[Entry | Failure] = []
    for raw in raws:
        with hang_limit():
            parts.extend(read_parts(raw, needs_structure))
    return parts


def _lost(raw: RawEntry, error_type: str, message: str) -> list[Entry | Failure]:
    return [Failure(raw.source, raw.id, "", (), raw.provenance, error_type, message)]


def _not_candidates(entries: Sequence[Entry], used: set[str], families: Families) -> list[Unused]:
    """The entries without a row, each with the reason of the screening."""
    others = [entry for entry in entries if entry.id not in used]
    return [_why_not(record) for record in screen_many(others, families)]


def _why_not(record: Screening) -> Unused:
    cause = str(record.reason or record.error_type or record.outcome)
    return Unused(record.id, cause, record.message)


def _unused_measurements(rows: Sequence[TrainingRow], families: Families) -> tuple[Unused, ...]:
    """Rows of the measured table without a training row: their structure is not a candidate."""
    used = {row.id for row in rows}
    others = [row for row in measured_superconductors() if row.id not in used]
    structures = {row.structure for row in others}
    entries = [entry for entry in reference_entries() if entry.id in structures]
    records = {record.id: record for record in screen_many(entries, families)}
    unused = []
    for row in others:
        record = records[row.structure]
        if record.outcome is Outcome.CANDIDATE:
            unused.append(Unused(row.id, "not among the rows", "the rows that were given do not hold it"))
        else:
            why = _why_not(record)
            unused.append(Unused(row.id, why.cause, f"structure {row.structure}: {why.message}"))
    return tuple(unused)


def protocol_written() -> str:
    """The date on which the protocol of the calibration was written, as it says itself.

    Raises:
        ValueError: the protocol says no date.
    """
    text = (files("polywell") / "tables" / "calibration_protocol.md").read_text(encoding="utf-8")
    found = _WRITTEN.search(text)
    if found is None:
        raise ValueError("calibration_protocol.md says no date; expected a line 'Written on YYYY-MM-DD'")
    return found.group(1)
