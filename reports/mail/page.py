"""One page that can be mailed: the shortlist with its dossiers, without scripts and without other files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from polywell.known import RULE
from polywell.records import Candidate
from reports.dossier.page import PICTURE
from reports.dossier.payload import Dossier
from reports.html.thumbnail import in_words, thumbnail
from reports.html.words import words
from reports.html.writing import File, environment, page_bytes, read_text
from reports.mail.drawing import HEIGHT, WIDTH, drawing
from reports.run.manifest import moment, order_of

MAIL = "mail.html"
"""Name of the page in the folder of the shortlist."""

WORDS = ("expected", "best", "ceiling", "support", "likeness", "sheets", "block", "suspect", "xi", "gain")
"""Words that the page explains."""


def mail_file(
    folder: Path,
    chosen: Sequence[tuple[Candidate, Dossier]],
    manifest: Mapping[str, Any],
    chosen_by: str = "",
) -> File:
    """Give the page.

    Args:
        folder: where to.
        chosen: the candidates with their dossiers, in the order of the list; one without a structure has no
            picture and no CIF.
        manifest: the run's manifest.
        chosen_by: what the candidates were chosen by, in words; empty for all or the first.
    """
    html = (
        environment()
        .get_template("mail.html.j2")
        .render(
            mailed=[_mailed(one, made) for one, made in chosen],
            axis_k=max((made.axis_k for _, made in chosen), default=20.0),
            total=int(manifest.get("candidates", len(chosen))),
            sources=", ".join(manifest.get("sources") or [str(manifest.get("source", ""))]),
            finished=moment(str(manifest["finished"])) if manifest.get("finished") else "",
            order=order_of(manifest).words,
            program=f"polywell {manifest.get('code_version', '')}",
            chosen_by=chosen_by,
            rule=RULE,
            words={name: words()[name] for name in WORDS},
            picture=PICTURE,
            flat={"width": WIDTH, "height": HEIGHT},
            style=Markup(
                "".join(read_text(f"templates/{name}.css") for name in ("style", "dossier", "mail"))
            ),
        )
    )
    return folder / MAIL, page_bytes(html)


def _mailed(one: Candidate, made: Dossier) -> dict[str, Any]:
    """One candidate of the page: its dossier, its structure drawn flat, and the picture of its block."""
    heights = {phase.name: phase.xi_ang for phase in made.phases}
    drawn = thumbnail(one.screening)
    scene = made.scene
    return {
        "dossier": made,
        "drawing": scene and drawing(scene, [heights[cage.phase] for cage in scene.cages]),
        "block": Markup() if drawn is None else drawn.svg(in_words(one.screening)),
        "gain_k": one.place.gain_k,
    }
