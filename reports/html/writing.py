"""How a page reaches the disk: templates with everything escaped, and files that are replaced in one step."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

_AMOUNT = re.compile(r"([^\W\d_]|[)\]])([0-9]+(?:\.[0-9]*)?)")
"""A letter or a closing bracket, and the number behind it; no escape of HTML holds both."""


def typeset(label: str) -> Markup:
    """Set the index of T_c low, in a text of the column registry."""
    return Markup(escape(label).replace("T_c", Markup("T<sub>c</sub>")))


@cache
def environment(set_words: Callable[[str], Markup] = typeset) -> Environment:
    """The templates of `reports/templates`, escaping by default, failing on a name that is not given.

    Args:
        set_words: the filter `typeset`: sets the symbols in a text.
    """
    made = Environment(
        loader=PackageLoader("reports", "templates"),
        autoescape=True,
        optimized=False,  # no template computes with constants, and to look for them is a fifth of compiling
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["typeset"] = set_words
    made.filters["formula"] = formula
    made.filters["short"] = short
    made.globals["k"] = fixed
    return made


def formula(text: str) -> Markup:
    """Set the numbers that follow an element or a bracket low, as in a chemical formula."""
    return escape(text) if len(text) > 200 else Markup(_AMOUNT.sub(r"\1<sub>\2</sub>", str(escape(text))))


def fixed(value: float, digits: int = 0) -> str:
    """A number with so many digits behind its point; the pages call it `k`."""
    return f"{value:.{digits}f}"


def short(source: str, limit: int = 90) -> str:
    """A source without its addresses, cut at `limit` characters; the whole of it stands in the data."""
    bare = re.sub(r"[,;:]?\s*(abstract:?)?\s*https?://\S+", "", source).strip() or source
    return bare if len(bare) <= limit else f"{bare[:limit].rstrip()}…"


@cache
def read_text(name: str) -> str:
    """Read a template or a vendored file of this package."""
    return files("reports").joinpath(name).read_text(encoding="utf-8")


def json_text(value: object) -> str:
    """Write a value as JSON for a file, in ASCII; a record is written as the object of its fields.

    Raises:
        ValueError: the value holds NaN or an infinity, which JSON cannot say.
    """
    return json.dumps(value, ensure_ascii=True, allow_nan=False, default=vars, indent=1) + "\n"


def replace_text(path: Path, text: str, errors: str = "xmlcharrefreplace") -> Path:
    """Write a text file durably in one step; a reader sees the old file or the new one, whole.

    Args:
        path: where to; its folder is made if it is missing.
        text: what to write.
        errors: how to write what UTF-8 cannot hold, such as a lone surrogate from a file name; by default
            as a character reference, for HTML.

    Raises:
        OSError: the folder cannot be written.
    """
    return replace_bytes(path, text.encode("utf-8", errors=errors))


def replace_bytes(path: Path, content: bytes) -> Path:
    """Write a file durably in one step, as `replace_text` does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path
