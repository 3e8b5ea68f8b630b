"""Text that is placed inside a page's `<script>` elements, so that no data can end or start one."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

# Each of these is equal to its character inside a JSON string, and means nothing to an HTML parser.
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def inline_json(value: object) -> Markup:
    """Write a value as JSON that can stand between `<script type="application/json">` tags.

    A record is written as the object of its fields. The result is pure ASCII and holds no `<`, `>` or `&`.

    Raises:
        ValueError: If the value holds NaN or an infinity, which JSON cannot say.
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, default=vars, separators=(",", ":"))
    for character, escape in _ESCAPES.items():
        text = text.replace(character, escape)
    return Markup(text)


def packed(rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Rows of a table with each text of a column once, where texts repeat; `templates/table.js` unpacks them.

    Returns:
        `texts`: the different texts of each packed column, by its place; `rows`: with places among them.
    """
    columns = [list(column) for column in zip(*rows, strict=True)]
    texts: dict[int, list[str]] = {}
    for place, column in enumerate(columns):
        if not all(isinstance(cell, str) for cell in column):
            continue
        known = {text: number for number, text in enumerate(dict.fromkeys(column))}
        if len(known) <= len(column) / 2:
            texts[place] = list(known)
            columns[place] = [known[cell] for cell in column]
    return {"texts": texts, "rows": list(zip(*columns, strict=True))}


def inline_script(code: str) -> Markup:
    """Check code of our own or of a vendored library for use between `<script>` tags.

    Raises:
        ValueError: If the code holds `</script` or `<!--`, on which an HTML parser would leave or
            misread the element, or a carriage return, which it would change.
    """
    lower = code.lower()
    for forbidden in ("</script", "<!--", "\r"):
        if forbidden in lower:
            raise ValueError(
                f"inlined code holds {forbidden!r}, expected none: write it as an escape, "
                f"for example {forbidden[0]!r} apart from the rest"
            )
    return Markup(code)


def script_source(code: str) -> str:
    """Name the code in a Content-Security-Policy: only scripts with this digest may run."""
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    return f"'sha256-{digest}'"
