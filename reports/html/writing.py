"""What pages are made with: templates with everything escaped, and files as bytes for the caller to write."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from pymatgen.core import Element

File = tuple[Path, bytes | None]
"""Where a file goes, and what stands in it; None where a file of an older page must not stay.

Of the files that a function gives, the page that a person opens comes last.
"""

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a text begins with that a spreadsheet may run."""

_IN_PROSE = re.compile(r"(?<![\w.<&;#/-])(?:[(\[]*[A-Z][a-z]?[0-9.]*(?:[,)\]]+[0-9.]*)*){2,}(?![\w/-])")
"""What may be a formula in a sentence; `_formula_in_prose` holds its words against the elements."""

_AFTER_AMOUNT = re.compile(r"</sub>(?=[A-Z(\[])")
"""Where a formula may go on in the next line: behind an amount, and never within one or within a symbol."""

_AMOUNT = re.compile(r"([^\W\d_]|[)\]])([0-9]+(?:\.[0-9]+)?)")
"""A letter or a closing bracket, and the number behind it; no escape of HTML holds both."""


def typeset(label: str) -> Markup:
    """Set the index of T_c low, and the numbers in the formulas of a sentence."""
    words = _IN_PROSE.sub(_formula_in_prose, str(escape(label)))
    return Markup(words.replace("T_c", "T<sub>c</sub>"))


def _formula_in_prose(found: re.Match[str]) -> str:
    text = found.group()
    symbols = re.findall(r"[A-Z][a-z]?", text)
    return str(formula(text)) if all(map(Element.is_valid_symbol, symbols)) else text


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
    made.filters["spacegroup"] = space_group
    made.filters["counted"] = counted
    made.globals["k"] = fixed
    return made


def formula(text: str) -> Markup:
    """Set the numbers that follow an element or a bracket low, as in a chemical formula."""
    if len(text) > 200:
        return escape(text)
    low = _AMOUNT.sub(r"\1<sub>\2</sub>", str(escape(text)))
    return Markup(_AFTER_AMOUNT.sub("</sub><wbr>", low))


def space_group(symbol: str) -> Markup:
    """Set the screw axes of a Hermann-Mauguin symbol low: P6_3/mmc."""
    return Markup(re.sub(r"_(\d)", r"<sub>\1</sub>", str(escape(symbol))))


def counted(number: int, one: str) -> str:
    """A number and what it counts, which takes an s for any number but one."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


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


def json_text(value: object, indent: int | None = 1) -> str:
    """Write a value as JSON for a file, in ASCII; a record is written as the object of its fields.

    Args:
        value: what to write.
        indent: blanks a level; None writes it in one line, half as long where there are many numbers.

    Raises:
        ValueError: the value holds NaN or an infinity, which JSON cannot say.
    """
    apart = (",", ":") if indent is None else None
    text = json.dumps(
        value, ensure_ascii=True, allow_nan=False, default=vars, indent=indent, separators=apart
    )
    return text + "\n"


def page_bytes(text: str, errors: str = "xmlcharrefreplace") -> bytes:
    """The bytes of a text file.

    Args:
        text: what stands in it.
        errors: how to write what UTF-8 cannot hold, such as a lone surrogate from a file name; by default
            as a character reference, for HTML.
    """
    return text.encode("utf-8", errors=errors)


def csv_bytes(names: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as a CSV file (RFC 4180) that no spreadsheet runs, the names of their columns first.

    None is empty; a mark at the beginning tells spreadsheets that it is UTF-8.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows([unarmed(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return page_bytes("\ufeff" + out.getvalue(), errors="backslashreplace")


def unarmed(text: str) -> str:
    """The text so that no spreadsheet runs it: a leading =, +, -, @ gets an apostrophe."""
    return f"'{text}" if text.lstrip(" '\"").startswith(_RISKY) or text.startswith(_RISKY) else text


def records_csv(kind: type, rows: Iterable[object]) -> bytes:
    """Rows of a dataclass as a CSV file, a column for each of its fields."""
    names = [field.name for field in fields(kind)]
    return csv_bytes(names, ([getattr(row, name) for name in names] for row in rows))
