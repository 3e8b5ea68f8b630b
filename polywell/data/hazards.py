"""Hazards and practicality of a composition: toxic, radioactive, volatile, air-sensitive, short in supply."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pymatgen.core import Element

from polywell.data.tables import Record, load_rows

KINDS = ("toxic", "radioactive", "volatile", "air-sensitive", "supply")
"""Kinds of remark, in the order in which they are told."""

Kind = Literal["toxic", "radioactive", "volatile", "air-sensitive", "supply"]
Level = Literal["severe", "caution"]


class Remark(Record):
    """What one source says of a group of elements. `severe` is a warning, `caution` a remark."""

    kind: Kind
    level: Level
    elements: Annotated[tuple[str, ...], Field(min_length=1)]
    meaning: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    checked: Literal["read", "recalled"]

    @model_validator(mode="after")
    def _elements_exist(self) -> Remark:
        for symbol in self.elements:
            if not Element.is_valid_symbol(symbol):
                raise ValueError(f"{self.kind}: {symbol!r} is no element; correct the table")
        if len(set(self.elements)) != len(self.elements):
            raise ValueError(f"{self.kind}, {self.level}: an element stands twice; keep one")
        return self


@dataclass(frozen=True)
class Hazard:
    """One remark, and the elements of a composition that it speaks of, in alphabetical order."""

    elements: tuple[str, ...]
    remark: Remark


@cache
def remarks() -> tuple[Remark, ...]:
    """The table of remarks, in its own order."""
    return load_rows("elements.toml", "remark", Remark)


def hazards(elements: Collection[str]) -> tuple[Hazard, ...]:
    """What the table says of a composition: severe remarks first, then by kind; empty when it says nothing.

    An element that the table does not name is not thereby harmless.
    """
    present = set(elements)
    found = [
        Hazard(tuple(sorted(present & set(remark.elements))), remark)
        for remark in remarks()
        if present & set(remark.elements)
    ]
    return tuple(sorted(found, key=lambda one: (one.remark.level != "severe", KINDS.index(one.remark.kind))))


def is_radioactive(elements: Collection[str]) -> bool:
    """Whether an element of the composition has no stable isotope."""
    return any(hazard.remark.kind == "radioactive" for hazard in hazards(elements))
