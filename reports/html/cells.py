"""Values of a record as a page can hold them: a number that is one, a text of bounded length."""

from __future__ import annotations

import math
from typing import Any

MAX_TEXT = 20_000
"""Characters of one text that a page carries; a longer one is cut and says so."""

MAX_NAME = 300
"""Characters of a formula or id that a heading carries; the list of provenance has the whole of it."""


def finite(value: float | None) -> float | None:
    """A number; None and NaN (how some sources say it) both mean "not given"."""
    return None if value is None or not math.isfinite(value) else float(value)


def clipped(value: Any, limit: int = MAX_TEXT) -> str:
    """A text, cut at `limit` characters with a remark of its full length; of None an empty one."""
    text = "" if value is None else str(value)
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… (cut, {len(text)} characters)"
