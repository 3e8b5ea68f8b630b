"""What a column is: a field of a record, and what the field says of itself.

A field of `polywell.records` carries its `Column` in its annotation. Name, type and stage come from the
field; the Parquet schema, the pages, the exports, the differences between runs and the documentation come
from `columns_of`. There is no other list of columns.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

DIGITS = {"K": 1, "Å": 3, "Å³": 3, "GPa": 1, "eV/atom": 3, "K·Å²": 0, "°": 1, "": 3}
"""Digits after the point on a page, by unit, where a column does not say."""

SIMPLE = {str: "string", float: "float64", int: "int32", bool: "bool"}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        unit: empty for numbers without one.
        label: what stands over the column.
        meaning: one sentence.
        digits: after the point on a page; by unit if None.
        listed: place among the columns of the list of candidates; 0 if it is not there. A column of a phase
            stands there for the cage that gives the ceiling.
        detail: place among the details of a candidate, or of a cage; 0 if it is not there.
        dropped: place among the columns of the lists of rejected and failed entries; 0 if it is not there.
        diffed: whether a change of it is told from run to run.
        cause: what a change of it explains, in a word; empty if nothing.
        result: whether it is part of what is found of an entry, so that its change is one of the entry.
        setting: how a page sets its text: formula, badge (a word that stands out), or plain if empty.
        name: that of the field.
        type: string, float64, int32, bool, list<...> of one of these, list<phase> or list<vertex>.
        stage: the record that holds the field: when its value is known.
        path: the way from that record to the field, with points: that of a record within it comes first.
    """

    unit: str
    label: str
    meaning: str
    digits: int | None = None
    listed: int = 0
    detail: int = 0
    dropped: int = 0
    diffed: bool = False
    cause: str = ""
    result: bool = True
    setting: str = ""
    name: str = ""
    type: str = ""
    stage: str = ""
    path: str = ""

    @property
    def places(self) -> int:
        """Digits after the point on a page."""
        if self.digits is not None:
            return self.digits
        return 0 if self.type == "int32" else DIGITS[self.unit]

    @property
    def upper(self) -> str:
        """Name of the column with the upper end of the range that begins here; empty if none does."""
        return self.name.replace("_low_", "_high_") if "_low_" in self.name else ""


def columns_of(record: type) -> tuple[Column, ...]:
    """The columns of a record in the order of its fields; those of a record within it take its place.

    Raises:
        TypeError: a field without a `Column`, or of a type that no column has.
    """
    return tuple(_columns(record, record.__name__.lower()))


def _columns(record: type, stage: str, way: str = "") -> Iterator[Column]:
    hints = get_type_hints(record, include_extras=True)
    for field in fields(record):
        hint = hints[field.name]
        if is_dataclass(hint):
            yield from _columns(hint, stage, f"{way}{field.name}.")  # type: ignore[arg-type]
            continue
        column = next(
            (given for given in getattr(hint, "__metadata__", ()) if isinstance(given, Column)), None
        )
        if column is None:
            raise TypeError(f"{record.__name__}.{field.name} has no Column; annotate it with one")
        kind, path = _type(get_args(hint)[0]), f"{way}{field.name}"
        yield replace(column, name=field.name, type=kind, stage=stage, path=path)


def _type(hint: Any) -> str:
    """The type of a column whose values, where there are any, are of the type `hint`."""
    if get_origin(hint) in (Union, types.UnionType):
        [hint] = [one for one in get_args(hint) if one is not type(None)]
    if get_origin(hint) is tuple:
        [inner] = {_type(one) for one in get_args(hint) if one is not Ellipsis}
        return f"list<{inner}>"
    if hint in SIMPLE:
        return SIMPLE[hint]
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return "string"
    if isinstance(hint, type) and is_dataclass(hint):
        return str(hint.__name__).lower()
    raise TypeError(
        f"no column holds a {hint}; expected {', '.join(one.__name__ for one in SIMPLE)} or a tuple"
    )


def in_order(columns: Iterable[Column], place: str) -> tuple[Column, ...]:
    """The columns with a place of the kind `listed`, `detail` or `dropped`, in the order of their places."""
    there = [column for column in columns if getattr(column, place)]
    return tuple(sorted(there, key=lambda column: getattr(column, place)))


def with_upper_ends(columns: Iterable[Column], registry: Iterable[Column]) -> tuple[Column, ...]:
    """The columns, each that begins a range followed by the one of the registry that ends it."""
    by_name = {column.name: column for column in registry}
    every = (one for column in columns for one in (column, by_name.get(column.upper)) if one is not None)
    return tuple(dict.fromkeys(every))
