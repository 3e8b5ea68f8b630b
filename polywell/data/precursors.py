"""What is usually weighed for each ion: oxides, carbonates, halides and elements, from a table."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pymatgen.core import Composition

from polywell.data.tables import Record, Table, load_table

Use = Literal["oxide", "carbonate", "halide", "element"]

HALOGENS = ("F", "Cl", "Br", "I")
CARRIED = frozenset(("O", "C", *HALOGENS))
"""Elements that the salt of an ion brings along."""


def _ions(elements: Collection[str], use: Use) -> set[str]:
    """What a substance brings, without what its salt carries."""
    return set(elements) if use == "element" else set(elements) - CARRIED


class _Group(Record):
    use: Use
    formulas: Annotated[tuple[str, ...], Field(min_length=1)]
    care: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    checked: Literal["read", "recalled"]

    @model_validator(mode="after")
    def _brings_one_ion(self) -> _Group:
        for formula in self.formulas:
            ions = _ions(Composition(formula).get_el_amt_dict(), self.use)
            if len(ions) != 1:
                raise ValueError(f"{formula}: brings {sorted(ions)}, expected one ion; correct the table")
        return self


class _Table(Table):
    group: Annotated[tuple[_Group, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_once(self) -> _Table:
        named = [(group.use, formula) for group in self.group for formula in group.formulas]
        if twice := sorted({formula for use, formula in named if named.count((use, formula)) > 1}):
            raise ValueError(f"{', '.join(twice)} stands twice; keep one")
        return self


@dataclass(frozen=True)
class Precursor:
    """One substance: the ion that it brings, its amounts, molar mass in g/mol, and what its source says."""

    formula: str
    ion: str
    use: Use
    amounts: dict[str, float]
    molar_mass: float
    care: str
    source: str
    checked: str


@cache
def precursors() -> tuple[Precursor, ...]:
    """The table, in its own order."""
    return tuple(
        _precursor(group, formula)
        for group in load_table("precursors.toml", _Table).group
        for formula in group.formulas
    )


def _precursor(group: _Group, formula: str) -> Precursor:
    composition = Composition(formula)
    amounts = {str(symbol): float(n) for symbol, n in composition.get_el_amt_dict().items()}
    return Precursor(
        formula,
        _ions(amounts, group.use).pop(),
        group.use,
        amounts,
        float(composition.weight),
        group.care,
        group.source,
        group.checked,
    )
