"""The page of a dossier, offline, and the same numbers as JSON beside it.

The dossiers of a run share the library that draws the structures, one file beside them; one that is written
by itself carries it inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from markupsafe import Markup

from polywell.known import RULE
from polywell.making.substrates import COHERENT_PERCENT
from polywell.making.supply import CONCENTRATED, HHI_SOURCE, PRICE_SOURCE
from polywell.records import ENTRY_COLUMNS, PHASE_COLUMNS, Candidate, Entry, EntryKey, Screening
from reports.dossier.dossier import Context, dossier
from reports.dossier.pattern import BOTTOM, HEIGHT, LEFT, MARKS, RIGHT, WIDTH
from reports.dossier.payload import Dossier
from reports.html.inline import inline_json, inline_script, script_source
from reports.html.library import VIEWER, library, library_source
from reports.html.writing import File, environment, json_text, page_bytes, read_text

FOLDER = "dossiers"
SCRIPT = "templates/dossier.js"
SHOWN_OF_SYSTEM = 6
"""Compounds of the chemical system that stand in sight; the others unfold."""
PICTURE = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT, "bottom": BOTTOM, "marks": MARKS}
MEANING = {column.name: column.meaning for column in ENTRY_COLUMNS}
MEANING_OF_PHASE = {column.name: column.meaning for column in PHASE_COLUMNS}


def given_dossiers(ranked: Sequence[Candidate], top: int) -> list[Candidate]:
    """The candidates that get a dossier: the first ones, and what is to be tried first.

    Args:
        ranked: the candidates in ranked order.
        top: how many of the first; 0 gives none at all.
    """
    first = ranked[:top]
    return [*first, *(one for one in ranked[top:] if one.place.try_first is not None)] if top else []


def dossiers_files(
    folder: Path,
    ranked: Sequence[Candidate],
    structures: Mapping[EntryKey, Entry],
    manifest: Mapping[str, Any],
    measured: Sequence[Screening],
    top: int,
) -> Iterator[File]:
    """Give the dossiers of a run, for `folder/dossiers`; older ones there must not stay.

    Args:
        folder: folder of the run's page.
        ranked: the candidates in ranked order.
        structures: their entries by source and id; a candidate without one gets a dossier without picture.
        manifest: the run's manifest.
        measured: the reference library's candidates.
        top: how many of the first candidates; what is to be tried first comes with them.

    Raises:
        ValueError: a candidate and its structure do not belong together.
    """
    chosen = given_dossiers(ranked, top)
    keys = [one.screening.key for one in chosen]
    context = Context.of(ranked, manifest, measured, keys)
    target = folder / FOLDER
    given = set()
    for one in chosen:
        payload = dossier(one, structures.get(one.screening.key), context)
        for path, content in dossier_files(payload, target, back="../index.html"):
            given.add(path.name)
            yield path, content
    if chosen:
        given.add(VIEWER[0])
        yield target / VIEWER[0], page_bytes(library(*VIEWER))
    for old in target.glob("*"):
        if old.suffix in (".html", ".json", ".js") and old.name not in given:
            yield old, None


def dossier_files(payload: Dossier, folder: Path, back: str = "") -> Iterator[File]:
    """Give the JSON of one dossier, and its page.

    Args:
        payload: what it says.
        folder: where to.
        back: relative link to the page of the run, whose dossiers share their library; empty for a page that
            stands by itself.
    """
    own = read_text(SCRIPT)
    allowed = "'self' file:" if back else library_source(*VIEWER)
    html = (
        environment()
        .get_template("dossier.html.j2")
        .render(
            d=payload,
            back=back,
            rule=RULE,
            shown_of_system=SHOWN_OF_SYSTEM,
            picture=PICTURE,
            supply_words={
                "price": PRICE_SOURCE,
                "hhi": HHI_SOURCE,
                "concentrated": CONCENTRATED,
                "coherent": COHERENT_PERCENT,
            },
            meaning_of=MEANING,
            meaning_of_phase=MEANING_OF_PHASE,
            style=Markup(read_text("templates/style.css") + read_text("templates/dossier.css")),
            viewer_file=VIEWER[0] if back else "",
            viewer="" if back else Markup(library(*VIEWER)),
            script=inline_script(own),
            script_sources=Markup(f"{allowed} {script_source(own)}"),
            data=inline_json(
                {
                    "scene": payload.scene,
                    "cif": payload.cif,
                    "cif_conventional": payload.cif_conventional,
                    "powder": _drawn(payload),
                }
            ),
        )
    )
    yield folder / f"{payload.file}.json", page_bytes(json_text(_told(payload), indent=None))
    yield folder / f"{payload.file}.html", page_bytes(html)


def _drawn(payload: Dossier) -> list[dict[str, Any]]:
    """What the page draws and lists for each radiation."""
    pattern = payload.bench.powder
    if pattern is None:
        return []
    return [
        vars(drawing)
        | {"rows": list(zip(one.two_theta_deg, one.intensity, strict=True)), "said": one.said}
        | {"beside": one.beside}
        for one, drawing in zip(pattern.radiations, pattern.drawings, strict=True)
    ]


def _told(payload: Dossier) -> dict[str, Any]:
    """The fields of the payload without what only draws the pictures."""
    pattern = payload.bench.powder
    undrawn = None if pattern is None else replace(pattern, drawings=())
    told = vars(payload) | {"bench": replace(payload.bench, powder=undrawn)}
    return {name: value for name, value in told.items() if name not in ("scene", "axis_ticks")}
