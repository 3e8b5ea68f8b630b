"""How far a material is from measured ones: chemistry first, at scales fixed by the protocol.

Distances are Euclidean over square roots of amounts per metal of the net: 0.3 counts as one, for groups of
elements whole and for each element half, so that Nd for La is nearer than Hg for La. Half a sheet (as 1/n), a
fifth of a formal valence and the pressure scale count as one too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import asinh

import numpy as np

from polywell.evidence.model.inputs import (
    ALKALINE_EARTHS,
    ALKALIS,
    CHALCOGENS,
    CLOSED,
    HALOGENS,
    HIGH_VALENT,
    MAGNETIC,
    PNICTOGENS,
    PRESSURE_GPA,
    RARE_EARTHS,
    RESERVOIR,
)
from polywell.evidence.model.material import Material
from polywell.evidence.model.trees import Floats, Ints

GROUPS = (
    RARE_EARTHS,
    ALKALINE_EARTHS,
    ALKALIS,
    RESERVOIR,
    HALOGENS,
    PNICTOGENS,
    CHALCOGENS,
    (*MAGNETIC, *CLOSED),
    HIGH_VALENT,
    ("O",),
)
UNIT = 0.3
ELEMENT = 0.5
SHEETS = 0.5
VALENCE = 0.2
APART = 0.3
"""A measured row stands for others of its compound that are nearer than this."""
CHUNK = 1024
"""Materials whose distances are held in memory at once."""


@dataclass(frozen=True)
class KnownRow:
    """A measured row that others are compared with; its numbers have few digits.

    Attributes:
        id: that of the row.
        tc_k: measured T_c in K; None where none was seen.
        residual_k: measured minus fitted T_c; 0 where none was seen.
        amounts: of the elements for each atom of the net's metal.
        sheets: 1/n of the sheets a block.
        valence: formal valence of the net's metal; None where it is not known.
        pressure: on the scale of `place_of`.
    """

    id: str
    tc_k: float | None
    residual_k: float
    amounts: tuple[tuple[str, float], ...]
    sheets: float
    valence: float | None
    pressure: float


def known_row(id: str, tc_k: float | None, residual_k: float, material: Material) -> KnownRow:
    """A measured row as it is kept."""
    held = material.features
    sheets = 0.0 if held.sheets_per_block == "infinite" else 1 / int(held.sheets_per_block)
    return KnownRow(
        id,
        None if tc_k is None else round(tc_k, 2),
        round(residual_k, 1),
        tuple((symbol, float(f"{amount:.4g}")) for symbol, amount in material.amounts),
        round(sheets, 3),
        None if material.electrons is None else round(material.electrons.middle, 3),
        round(asinh((held.pressure_gpa or 0.0) / PRESSURE_GPA), 3),
    )


@dataclass(frozen=True)
class Neighbourhood:
    """Measured rows, and the distance at which support falls to exp(-1/2)."""

    rows: tuple[KnownRow, ...]
    scale: float

    @cached_property
    def _elements(self) -> Mapping[str, int]:
        return {
            symbol: k for k, symbol in enumerate(sorted({s for row in self.rows for s, _ in row.amounts}))
        }

    @cached_property
    def _middle(self) -> float:
        known = [row.valence for row in self.rows if row.valence is not None]
        return float(np.median(known)) if known else 0.0

    @cached_property
    def _places(self) -> Floats:
        return places(self.rows, self._elements, self._middle)

    @cached_property
    def superconductors(self) -> Ints:
        """Numbers of the rows that superconduct."""
        return np.flatnonzero([row.tc_k is not None for row in self.rows])

    def support(self, distances: Floats) -> Floats:
        """From 0 far from all rows to 1 at one of them."""
        made: Floats = np.exp(-((distances / self.scale) ** 2) / 2)
        return made

    def nearest(self, materials: Sequence[Material], count: int) -> tuple[Floats, Ints, Floats]:
        """Distance to the nearest row, and the nearest superconducting ones.

        Returns:
            Distances (N,), row numbers (N, count) and their distances (N, count), nearest first.
        """
        asked = [known_row("", None, 0.0, one) for one in materials]
        count = min(count, len(self.superconductors))
        least, numbers, away = np.zeros(len(asked)), [], []
        for start in range(0, len(asked), CHUNK):
            part = asked[start : start + CHUNK]
            # what no row holds moves a material away from all of them
            strange = np.array([_strange(one, self._elements) for one in part])
            place = places(part, self._elements, self._middle)
            all_of_them = np.sqrt(_squared(place, self._places) + strange[:, None])
            least[start : start + CHUNK] = all_of_them.min(axis=1, initial=np.inf)
            hot = all_of_them[:, self.superconductors]
            order = _smallest(hot, count)
            numbers.append(self.superconductors[order])
            away.append(np.take_along_axis(hot, order, axis=1))
        if not asked:
            return least, np.zeros((0, count), dtype=np.int64), np.zeros((0, count))
        return least, np.concatenate(numbers), np.concatenate(away)


def places(rows: Sequence[KnownRow], elements: Mapping[str, int], middle: float) -> Floats:
    """Coordinates (N, D) of rows; elements that are not among those given add to their group alone."""
    made = np.zeros((len(rows), len(elements) + len(GROUPS) + 3))
    group = {symbol: k for k, symbols in enumerate(GROUPS) for symbol in symbols}
    sums = np.zeros((len(rows), len(GROUPS)))
    for k, row in enumerate(rows):
        for symbol, amount in row.amounts:
            if symbol in elements:
                made[k, elements[symbol]] = amount
            if symbol in group:
                sums[k, group[symbol]] += amount
    made[:, : len(elements)] = np.sqrt(np.maximum(made[:, : len(elements)], 0.0)) * ELEMENT / UNIT
    made[:, len(elements) : -3] = np.sqrt(np.maximum(sums, 0.0)) / UNIT
    made[:, -3] = np.array([row.sheets for row in rows]) / SHEETS
    made[:, -2] = np.array([middle if row.valence is None else row.valence for row in rows]) / VALENCE
    made[:, -1] = np.array([row.pressure for row in rows])
    return made


def _strange(row: KnownRow, elements: Mapping[str, int]) -> float:
    """Squared distance that elements add which no measured row holds."""
    return sum(amount * (ELEMENT / UNIT) ** 2 for symbol, amount in row.amounts if symbol not in elements)


def _smallest(values: Floats, count: int) -> Ints:
    """Columns (N, count) of the smallest values of each row, smallest first, of equal ones the first."""
    if count == 0:
        return np.zeros((len(values), 0), dtype=np.int64)
    edge = np.partition(values, count - 1, axis=1)[:, count - 1]
    order = np.zeros((len(values), count), dtype=np.int64)
    for k, row in enumerate(values):
        near = np.flatnonzero(row <= edge[k])
        order[k] = near[np.argsort(row[near], kind="stable")][:count]
    return order


def _squared(one: Floats, other: Floats) -> Floats:
    lengths = np.einsum("ij,ij->i", one, one)[:, None] + np.einsum("ij,ij->i", other, other)
    made: Floats = np.maximum(lengths - 2.0 * one @ other.T, 0.0)
    return made


def thinned(rows: Sequence[KnownRow], compounds: Sequence[str]) -> tuple[KnownRow, ...]:
    """Rows that stand for all: none is nearer than `APART` to another that is kept of its compound.

    A superconductor and a row without superconductivity do not stand for each other.
    """
    elements = {symbol: k for k, symbol in enumerate(sorted({s for row in rows for s, _ in row.amounts}))}
    kept: dict[tuple[str, bool], list[int]] = {}
    there = places(rows, elements, 0.0)
    for k, (row, compound) in enumerate(zip(rows, compounds, strict=True)):
        same = kept.setdefault((compound, row.tc_k is None), [])
        if not same or float(np.linalg.norm(there[same] - there[k], axis=1).min()) > APART:
            same.append(k)
    return tuple(rows[k] for k in sorted(k for same in kept.values() for k in same))
