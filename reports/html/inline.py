"""Text that is placed inside a page's `<script>` elements, so that no data can end or start one."""

from __future__ import annotations

import base64
import hashlib
import json

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
