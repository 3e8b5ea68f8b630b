"""Values as the tables hold them, whatever type a source gave them; what cannot be one of those is None."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from numbers import Number
from typing import Any

import numpy as np

from polywell.columns import columns_of
from polywell.records import Provenance

LONGEST = 1000
"""Characters of a text that are kept: an id, a formula, a remark."""


def text(value: object) -> str | None:
    """A text, cut to `LONGEST`; a number or a date as it is usually written; None for all else.

    Bytes are UTF-8, those that are not as backslash escapes.
    """
    if type(value) is str:
        return value if len(value) <= LONGEST else value[:LONGEST]
    if isinstance(value, bytes):
        return value[: 4 * LONGEST].decode("utf-8", "backslashreplace")[:LONGEST]
    if isinstance(value, str):
        return str(value)[:LONGEST]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (Number, Decimal)):
        return None
    try:
        return str(value)[:LONGEST]
    except ValueError:  # an integer of more digits than Python writes
        return None


def number(value: object) -> float | None:
    """A finite number, also where it is written as a text or a decimal."""
    if type(value) is float:
        return value if math.isfinite(value) else None
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (Number, Decimal, str, bytes)):
        return None
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def flag(value: object) -> bool | None:
    """True or false; no other value stands for one of them."""
    return bool(value) if isinstance(value, (bool, np.bool_)) else None


def symbols(value: object) -> tuple[str, ...] | None:
    """Symbols of elements; None unless all of a list are such: entries are chosen by them."""
    from catalog.readers.composition import plain_symbol

    if not isinstance(value, Collection) or isinstance(value, (str, bytes)) or len(value) > LONGEST:
        return None
    found = tuple(value)
    return found if all(isinstance(one, str) and plain_symbol(one) for one in found) else None


def first(values: Mapping[str, Any], keys: Iterable[str], read: Callable[[Any], Any]) -> Any:
    """What `read` makes of the first of the keys that says something."""
    return next((found for key in keys if (found := read(values.get(key))) not in (None, "")), None)


def typed(known: Provenance) -> Provenance:
    """The same, each value of the type of its column; others are left out."""
    wrong: dict[str, Any] = {}
    kinds = _kinds()
    for name, value in vars(known).items():
        if value is not None:
            right = kinds[name](value)
            if right is not value:
                wrong[name] = right
    return replace(known, **wrong) if wrong else known


@cache
def _kinds() -> dict[str, Callable[[object], object]]:
    """How each value is read, by its name."""
    read: dict[str, Callable[[object], object]] = {"float64": number, "bool": flag, "string": text}
    return {column.name: read[column.type] for column in columns_of(Provenance)}
