"""The page of a dossier, offline, and the same numbers as JSON beside it.

The dossiers of a run share the library that draws the structures, one file beside them; one that is written
by itself carries it inside.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from markupsafe import Markup

from polywell.known import RULE
from polywell.making.substrates import COHERENT_PERCENT
from polywell.making.supply import CONCENTRATED, HHI_SOURCE, PRICE_SOURCE
from polywell.records import ENTRY_COLUMNS, PHASE_COLUMNS, Candidate
from reports.dossier.pattern import BOTTOM, HEIGHT, LEFT, MARKS, RIGHT, WIDTH
from reports.dossier.payload import Dossier, PhaseLine
from reports.dossier.scene import Scene
from reports.html.inline import inline_json, inline_script, script_source
from reports.html.library import VIEWER, library, library_source
from reports.html.words import words
from reports.html.writing import File, environment, json_text, page_bytes, read_text

FOLDER = "dossiers"
DIGITS = string.digits + string.ascii_lowercase
"""Digits of base 36: two of them hold any height of a profile."""
SCRIPT = "templates/dossier.js"
SHOWN_OF_SYSTEM = 6
"""Compounds of the chemical system that stand in sight; the others unfold."""
PICTURE = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT, "bottom": BOTTOM, "marks": MARKS}
MEANING = {column.name: column.meaning for column in ENTRY_COLUMNS}
MEANING_OF_PHASE = {column.name: column.meaning for column in PHASE_COLUMNS}


def given_dossiers(ranked: Sequence[Candidate], count: int) -> list[Candidate]:
    """The candidates that get a dossier, in ranked order: what is to be tried first, then the first ones.

    Args:
        ranked: the candidates in ranked order.
        count: how many.
    """
    first = sorted(ranked, key=lambda one: (one.place.try_first is None, one.place.rank))[:count]
    return sorted(first, key=lambda one: one.place.rank)


def dossiers_files(folder: Path, dossiers: Iterable[Dossier]) -> Iterator[File]:
    """Give the dossiers of a run, for `folder/dossiers`; older ones there must not stay.

    Args:
        folder: folder of the run's page.
        dossiers: what they say.
    """
    target = folder / FOLDER
    given = set()
    for one in dossiers:
        for path, content in dossier_files(one, target, back="../index.html"):
            given.add(path.name)
            yield path, content
    if given:
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
            words=words(),
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
                    "scene": None if payload.scene is None else _sent(payload.scene, payload.phases),
                    "cif_conventional": payload.cif_conventional,
                    "powder": _drawn(payload),
                }
            ),
        )
    )
    yield folder / f"{payload.file}.json", page_bytes(json_text(_told(payload), indent=None))
    yield folder / f"{payload.file}.html", page_bytes(html)


def _sent(scene: Scene, phases: Sequence[PhaseLine]) -> dict[str, Any]:
    """A scene with the height of each cage, and its atoms as lists, which are half as long."""
    atoms = [(one.element, one.species, one.x, one.y, one.z, one.metal) for one in scene.atoms]
    heights = {phase.name: phase.xi_ang for phase in phases}
    return vars(scene) | {"atoms": atoms, "xi_ang": [heights[cage.phase] for cage in scene.cages]}


def _in_digits(runs: Sequence[Sequence[int]]) -> list[str]:
    """Runs of a profile as text: place of the first point, a blank, each height in two digits of base 36."""
    return [f"{first} " + "".join(DIGITS[h // 36] + DIGITS[h % 36] for h in run) for first, *run in runs]


def _drawn(payload: Dossier) -> list[dict[str, Any]]:
    """What the page draws and lists for each radiation."""
    pattern = payload.bench.powder
    if pattern is None:
        return []
    return [
        vars(drawing)
        | {"rows": list(zip(one.two_theta_deg, one.intensity, strict=True)), "said": one.said}
        | {"beside": one.beside, "runs": _in_digits(drawing.runs)}
        for one, drawing in zip(pattern.radiations, pattern.drawings, strict=True)
    ]


def _told(payload: Dossier) -> dict[str, Any]:
    """The fields of the payload without what only draws the pictures."""
    pattern = payload.bench.powder
    undrawn = None if pattern is None else replace(pattern, drawings=())
    told = vars(payload) | {"bench": replace(payload.bench, powder=undrawn)}
    return {name: value for name, value in told.items() if name not in ("scene", "axis_ticks")}
