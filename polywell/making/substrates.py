"""Substrates for films whose strain matters, and how far a net would be stretched on each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

from pydantic import Field, model_validator

from polywell.data.tables import Record, load_rows
from polywell.records import Phase

INFINITE = "infinite"
"""What `Phase.sheets_per_block` is called where every sheet shares apexes with the next."""

COHERENT_PERCENT = 4.0
"""Per cent of strain of either sign beyond which a film relaxes within a few cells: a rule of thumb."""

Length = Annotated[float, Field(gt=2, lt=10)]


class Substrate(Record):
    """One substrate: lengths in Å that the two edges of the square of metals meet, shorter first."""

    name: Annotated[str, Field(min_length=1)]
    cut: Annotated[str, Field(min_length=1)]
    in_plane_ang: tuple[Length, Length]
    note: str
    source: Annotated[str, Field(min_length=1)]
    checked: Literal["read", "recalled"]

    @model_validator(mode="after")
    def _shorter_first(self) -> Substrate:
        if self.in_plane_ang[0] > self.in_plane_ang[1]:
            raise ValueError(f"{self.name}: in_plane_ang {self.in_plane_ang}, expected the shorter first")
        return self


@dataclass(frozen=True)
class Mismatch:
    """Strain in per cent of a film on a substrate along its two edges, shorter with shorter, and their mean.

    Positive: the substrate is longer, and stretches the film.
    """

    substrate: Substrate
    strain_percent: tuple[float, float]
    mean_percent: float

    @property
    def coherent(self) -> bool:
        """Whether a film may keep the length of the substrate, by the rule of thumb."""
        return max(map(abs, self.strain_percent)) <= COHERENT_PERCENT


@cache
def substrates() -> tuple[Substrate, ...]:
    """The table, in its own order."""
    return load_rows("substrates.toml", "substrate", Substrate)


def strain_matters(phase: Phase) -> bool:
    """Whether strain decides what becomes of such compounds as films: nickelates and infinite layers."""
    return phase.metal == "Ni" or phase.sheets_per_block == INFINITE


def mismatches(edges_ang: Sequence[float]) -> tuple[Mismatch, ...]:
    """The substrates by falling likeness to a net.

    Args:
        edges_ang: the two edges of the square of metals in Å, the shorter first.
    """
    found = []
    for one in substrates():
        first, second = (
            100 * (theirs - own) / own for theirs, own in zip(one.in_plane_ang, edges_ang, strict=True)
        )
        found.append(Mismatch(one, (first, second), (first + second) / 2))
    return tuple(sorted(found, key=lambda one: abs(one.mean_percent)))
