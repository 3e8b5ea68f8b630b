"""The vendored libraries of the pages, each with its licence in the same text."""

from __future__ import annotations

from functools import cache

from reports.html.inline import inline_script, script_source
from reports.html.writing import read_text

PLOTLY = ("plotly-basic.min.js", "plotly-basic.LICENSE.txt")
VIEWER = ("3Dmol-min.js", "3Dmol.LICENSE.txt")


@cache
def library(code: str, licence: str) -> str:
    """The code of a library behind its licence, ready to stand in a page or as a file beside it.

    Raises:
        ValueError: an HTML parser, or the comment that holds the licence, would end too early.
    """
    terms = read_text(f"vendor/{licence}").strip()
    if "*/" in terms:
        raise ValueError(f"{licence} holds '*/', which would end its comment: write the licence otherwise")
    return str(inline_script(f"/*!\n{terms}\n*/\n{read_text(f'vendor/{code}')}"))


@cache
def library_source(code: str, licence: str) -> str:
    """What a Content-Security-Policy calls the library where it stands in a page."""
    return script_source(library(code, licence))
