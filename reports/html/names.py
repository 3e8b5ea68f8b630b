"""Names of files and folders of the pages; those made from ids are safe on every file system."""

from __future__ import annotations

import hashlib
import re

EVALUATION, EVALUATION_PAGE, EVALUATION_DATA = "validation", "index.html", "validation.json"
"""Folder of the evaluation below the pages of a home, its page, and the data beside it."""
CEILING, CEILING_PAGE = "nickelates", "ceiling.html"
"""The same of the nickelate ceiling."""
REPRODUCTION, REPRODUCTION_PAGE = "proposal", "reproduction.html"
"""The same of the reproduction."""
SCOREBOARD, SCOREBOARD_PAGE, SCOREBOARD_DATA = "scoreboard", "index.html", "scoreboard.json"
"""Folder of the scoreboard, its page, and the data beside it."""
DESIGNS, BLOCKS_PAGE, BLOCKS_DATA = "designs", "blocks.html", "blocks.json"
"""The same of the blocks that designs are made of."""
RELAXED, RELAXED_PAGE, RELAXED_DATA = "relaxed", "index.html", "relaxed.json"
"""The same of what was relaxed with a potential."""

MAX_READABLE = 48
"""Characters of the readable part; the digest behind it tells apart what is cut."""


def safe_name(source: str, id: str) -> str:
    """A file name, without suffix, of ASCII letters, digits, dots, dashes and underscores.

    The readable part is the id; ten digits of the sha256 of source and id make it unique.
    """
    readable = re.sub(r"[^A-Za-z0-9_-]+|\.(?=\.)|^\.+", "-", id.rsplit("/", 1)[-1])
    readable = readable[:MAX_READABLE].strip("-.") or "entry"
    digest = hashlib.sha256(f"{source}\0{id}".encode("utf-8", "surrogatepass")).hexdigest()
    return f"{readable}-{digest[:10]}"


def dossier_path(source: str, id: str) -> str:
    """Where the dossier of an entry lies, relative to the page of the run."""
    return f"dossiers/{safe_name(source, id)}.html"
