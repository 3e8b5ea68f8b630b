"""A study of the relation as one page and one JSON file, with links to the other pages of its home."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from reports.html import names
from reports.html.writing import File, environment, page_bytes, read_text, typeset

PAGES = (
    ("Run", "latest/index.html"),
    ("How far to believe it", f"{names.EVALUATION}/{names.EVALUATION_PAGE}"),
    ("Forecasts against measurements", f"{names.SCOREBOARD}/{names.SCOREBOARD_PAGE}"),
    ("Blocks", f"{names.DESIGNS}/{names.BLOCKS_PAGE}"),
    ("Relaxed", f"{names.RELAXED}/{names.RELAXED_PAGE}"),
    ("Nickelate ceiling", f"{names.CEILING}/{names.CEILING_PAGE}"),
    ("The proposal, reproduced", f"{names.REPRODUCTION}/{names.REPRODUCTION_PAGE}"),
)
"""Title and place of every page, below the folder of a home's pages."""


def study_files(
    page: Path,
    data: Path,
    values: Mapping[str, Any],
    template: str,
    shown: Mapping[str, Any],
    set_words: Callable[[str], Markup] = typeset,
) -> Iterator[File]:
    """Give the JSON of a study, and its page.

    Args:
        page: where the page goes.
        data: where the JSON goes.
        values: the JSON's content, plain values.
        template: name of the template without its endings; a stylesheet of that name belongs to it.
        shown: what the template shows.
        set_words: the filter `typeset` of the template.
    """
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, indent=1)
    yield data, page_bytes(text + "\n", errors="backslashreplace")
    style = read_text("templates/style.css") + read_text(f"templates/{template}.css")
    html = (
        environment(set_words)
        .get_template(f"{template}.html.j2")
        .render(style=Markup(style), data_name=data.name, other_pages=links(page), **shown)
    )
    yield page, page_bytes(html)


def links(page: Path) -> tuple[tuple[str, str], ...]:
    """Title and relative address of the pages that stand beside this one in its home, itself left out."""
    home = page.parent.parent
    places = ((title, home / place) for title, place in PAGES)
    return tuple(
        (title, os.path.relpath(place, page.parent).replace(os.sep, "/"))
        for title, place in places
        if place != page and place.is_file()
    )
