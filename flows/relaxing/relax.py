"""`polywell relax`: candidates of a list and measured structures relaxed with one potential, and weighed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pymatgen.core import Structure

from catalog.errors import CatalogError, HomeError, UnknownIdError
from catalog.home import Home
from catalog.relaxed.kept import folder_of, write_table
from catalog.relaxed.phases import CompetingPhases, keep_phases, phases_of, system_of
from catalog.runs.beside import write_rows_durably
from catalog.runs.named import find_run, source_named
from catalog.store.durable import write_files
from catalog.store.predictions import candidates_of
from catalog.store.structures import entries_of
from flows.progress import say
from flows.relaxing.batch import Task, relax_all
from flows.relaxing.potentials import DEFAULT, named, weights_in_words
from polywell.families import Families, built_in_families
from polywell.records import Candidate, Entry, EntryKey, Screening
from polywell.relaxing.anchors import ANCHORS, Missed, anchor_structures, kinds_of, missed
from polywell.relaxing.cells import RelaxationError, start_of
from polywell.relaxing.hull import Competition, Rival
from polywell.relaxing.rows import Finished, RelaxedRow, not_relaxed, rows, screened
from reports.html.names import RELAXED
from reports.studies.relaxed import RELAXED_PARQUET, relaxed_files

FIRST = 20
"""Candidates that are relaxed where nobody says how many."""

LARGEST = 80
"""Atoms of a competing phase that is relaxed; larger ones are named as lacking."""

MATERIALS_PROJECT = "the Materials Project"
PHASES = "competing phases"
"""What stands for a source where competing phases are kept."""


class NothingToRelaxError(CatalogError):
    """The list holds nothing that was asked for."""


@dataclass(frozen=True)
class Asked:
    """What is to be relaxed.

    Attributes:
        ids: entries by id; none for the first of the list.
        source: entries of this source only; of all designs where neither says.
        limit: how many of the list.
        potential: name of the potential.
        anchors: measured compounds of each family and kind of cage.
        fetch: ask the Materials Project for the phases of chemical systems that the home does not keep.
    """

    ids: tuple[str, ...] = ()
    source: str | None = None
    limit: int = FIRST
    potential: str = DEFAULT
    anchors: int = ANCHORS
    fetch: bool = False


@dataclass(frozen=True)
class Relaxation:
    """What came out: a row for each candidate, how far the anchors are missed, and the page."""

    rows: tuple[RelaxedRow, ...]
    missed: tuple[Missed, ...]
    page: Path


def relax(home: Home, asked: Asked) -> Relaxation:
    """Relax candidates of the newest list, the anchors of the potential, and what competes; and write a page.

    What was relaxed before is taken from the home, so that a run which was ended goes on.

    Raises:
        PotentialError: there is no such potential, or it is not installed.
        RunError: there is no list.
        UnknownIdError: the list holds no candidate of an id.
        NothingToRelaxError: the list has no design, and nothing else was asked for.
        SourceError: the Materials Project cannot be asked.
        HomeError: the home cannot be written.
    """
    potential, families = named(asked.potential), built_in_families()
    home.prepare()
    folder = folder_of(home, potential.name)
    chosen, entries = _chosen(home, asked)
    tasks, not_begun = _begun([entries[one.key] for one in chosen])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if asked.fetch:
            _fetch(home, sorted({_system(one.structure) for one in tasks}))
        done = {one.key: one for one in not_begun}
        done |= relax_all(tasks, asked.potential, folder, "candidates")
        candidates = [done[one.key] for one in chosen]
        anchors = _anchors(chosen, asked, families, folder)
        against = _competition(home, candidates, asked.potential, folder)
        found = rows(candidates, anchors, against, potential, families)
        far = missed(screened(anchors, potential, families), families)
        write_table(folder, found)
        pages = home.reports / RELAXED
        weights = weights_in_words(asked.potential)
        page = write_files(relaxed_files(pages, potential.name, weights, found, far))[-1]
        write_rows_durably(pages / RELAXED_PARQUET, RelaxedRow, found)
    except OSError as error:
        raise HomeError(
            f"relaxations cannot be written to {folder} ({error.strerror or error}); make room or "
            "permissions, then run the same again: what was finished is kept"
        ) from error
    return Relaxation(found, far, page)


def _chosen(home: Home, asked: Asked) -> tuple[list[Screening], Mapping[EntryKey, Entry]]:
    """The candidates that are asked for, in the order of the list, with their structures."""
    source = None if asked.source is None else source_named(home, asked.source)
    run = find_run(home, "latest", source)
    ranked = [one for one in candidates_of(run.ranked()) if source in (None, one.screening.source)]
    chosen = _by_id(ranked, asked.ids) if asked.ids else _first(ranked, source, asked.limit)
    entries = entries_of(run.structures({one.key for one in chosen}))
    if lost := [one.id for one in chosen if one.key not in entries]:
        raise NothingToRelaxError(
            f"the home holds no structure of {', '.join(lost[:5])}; screen its source again"
        )
    return chosen, entries


def _by_id(ranked: Sequence[Candidate], ids: Sequence[str]) -> list[Screening]:
    chosen = []
    for id_ in dict.fromkeys(ids):
        called = [one.screening for one in ranked if id_ in (one.screening.id, "/".join(one.screening.key))]
        if not called:
            near = [one.screening.id for one in ranked if id_.lower() in one.screening.id.lower()][:5]
            hint = f"; near it: {', '.join(near)}" if near else ""
            raise UnknownIdError(f"the newest list has no candidate {id_!r}{hint}")
        chosen += called
    return chosen


def _first(ranked: Sequence[Candidate], source: str | None, limit: int) -> list[Screening]:
    chosen = [
        one.screening for one in ranked if source is not None or one.screening.provenance.built_of is not None
    ][:limit]
    if not chosen:
        raise NothingToRelaxError(
            "the newest list has no designs; run `polywell design` first, or say what to relax by ids or "
            "--source"
        )
    return chosen


def _begun(entries: Sequence[Entry]) -> tuple[list[Task], list[Finished]]:
    """What can be relaxed of the entries, and with its reason what cannot be."""
    tasks, not_begun = [], []
    for entry in entries:
        try:
            made = start_of(entry)
            tasks.append(Task(entry.source, entry.id, made.structure, made.changed))
        except RelaxationError as error:
            not_begun.append(not_relaxed(entry, str(error)))
    return tasks, not_begun


def _anchors(chosen: Sequence[Screening], asked: Asked, families: Families, folder: Path) -> list[Finished]:
    """Measured structures of the kinds of the candidates, relaxed; those that failed are told."""
    tasks = [
        Task("reference", id_, one.structure, one.changed)
        for id_, one in anchor_structures(kinds_of(chosen), families, asked.anchors).items()
    ]
    return list(relax_all(tasks, asked.potential, folder, "measured structures").values())


def _competition(
    home: Home, candidates: Sequence[Finished], potential: str, folder: Path
) -> dict[EntryKey, Competition]:
    """What each relaxed candidate competes with, where the home keeps the phases of its chemical system."""
    systems = {one.key: _system(one.start) for one in candidates if one.structure is not None}
    kept = {name: phases_of(home, name) for name in sorted(set(systems.values()))}
    known = {name: found for name, found in kept.items() if found is not None}
    tasks = {
        one.id: Task(PHASES, one.id, one.structure.get_primitive_structure())
        for found in known.values()
        for one in found.phases
        if len(one.structure) <= LARGEST
    }
    finished = relax_all(list(tasks.values()), potential, folder, PHASES) if tasks else {}
    return {key: _against(known[name], finished) for key, name in systems.items() if name in known}


def _against(found: CompetingPhases, finished: Mapping[EntryKey, Finished]) -> Competition:
    rivals, lacking = [], []
    for phase in found.phases:
        formula = str(phase.structure.composition.reduced_formula)
        done = finished.get((PHASES, phase.id))
        if done is None or done.energy_ev_per_atom is None:
            lacking.append(f"{formula} ({phase.id})")
        else:
            rivals.append(Rival(phase.id, formula, done.energy_ev_per_atom))
    return Competition(tuple(rivals), f"{MATERIALS_PROJECT} {found.version}", tuple(lacking))


def _fetch(home: Home, systems: Sequence[str]) -> None:
    """Asks for the phases of chemical systems that the home does not keep, and keeps them."""
    from catalog.sources.materials_project.thermo import competing_phases

    for system in systems:
        if phases_of(home, system) is None:
            found = competing_phases(system.split("-"))
            keep_phases(home, found)
            say(f"{system}: {len(found.phases)} phases of {MATERIALS_PROJECT} {found.version}")


def _system(structure: Structure) -> str:
    return system_of([element.symbol for element in structure.composition.elements])
