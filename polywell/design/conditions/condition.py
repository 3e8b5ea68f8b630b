"""The same cell under pressure or on a substrate: what changes, and by how much that is in doubt.

Under pressure the cell shrinks by the measured compressibilities of compounds with the same metal
(`tables/compressibility.toml`), along the normal by the mean of these, in the plane by the mean of those
that were read. Heights follow the normal alone. On a substrate the cell takes the substrate's length in the
plane, and its heights follow by the rules of designs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import hypot, sqrt
from statistics import fmean

import numpy as np

from polywell.geometry.sites import Sites
from polywell.making.substrates import COHERENT_PERCENT, Substrate, substrates
from polywell.pressure.compression import Compressibility, compressibilities, pressed_height_ang
from polywell.records import Provenance

FILM = "film on "
"""How `Provenance.built_of` names a substrate."""

FLATTENING_DOUBT = 0.5
"""By how much ν, the flattening under strain, is in doubt: what is expected of it before any fit
(`polywell.design.library.HEIGHTS_BEFORE`)."""

_PRESSURE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?gpa", re.IGNORECASE)


class ConditionError(ValueError):
    """Text names no pressure and no substrate."""


@dataclass(frozen=True)
class Condition:
    """Either a pressure in GPa or a substrate."""

    pressure_gpa: float | None = None
    substrate: Substrate | None = None

    @property
    def tag(self) -> str:
        """What the id of a design under it ends with."""
        return f"@{self.pressure_gpa:g}gpa" if self.substrate is None else f"@{_short(self.substrate.name)}"

    @property
    def edge_ang(self) -> float | None:
        """The edge in Å that it forces on a film; None under pressure."""
        return None if self.substrate is None else sqrt(np.prod(self.substrate.in_plane_ang))

    @property
    def text(self) -> str:
        """In words, as `Provenance.built_of` has it."""
        return f"at {self.pressure_gpa:g} GPa" if self.substrate is None else f"{FILM}{self.substrate.name}"


def condition_of(text: str) -> Condition:
    """The condition that a text names: `20GPa`, or a substrate of the table such as SrLaAlO4.

    Raises:
        ConditionError: it names neither.
    """
    if found := _PRESSURE.fullmatch(text):
        if float(found[1]) > 0:
            return Condition(pressure_gpa=float(found[1]))
    for one in substrates():
        if _short(one.name) == _short(text):
            return Condition(substrate=one)
    names = ", ".join(one.name.partition(",")[0] for one in substrates())
    raise ConditionError(
        f"{text!r} is no pressure and no substrate; expected such as 20GPa, or one of {names}"
    )


def _short(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.partition(",")[0].lower())


@cache
def of_metal(metal: str) -> tuple[Compressibility, ...]:
    """The measured compressibilities of compounds with a metal, by their names."""
    return tuple(one for one in compressibilities() if metal in re.findall(r"[A-Z][a-z]?", one.name))


def shrunk(kappas_per_gpa: Sequence[float], pressure_gpa: float) -> tuple[float, float]:
    """What a length of 1 becomes under pressure in the mean of some compounds, and half their range."""
    made = [pressed_height_ang(1.0, kappa, pressure_gpa) for kappa in kappas_per_gpa]
    return fmean(made), (max(made) - min(made)) / 2


def _normal(rows: Sequence[Compressibility]) -> list[float]:
    return [one.kappa_normal_per_gpa for one in rows]


def _plane(rows: Sequence[Compressibility]) -> dict[str, float]:
    """Compressibilities in the plane in 1/GPa, by name, of those compounds that have one."""
    return {one.name: one.kappa_plane_per_gpa for one in rows if one.kappa_plane_per_gpa is not None}


def pressed(sites: Sites, metal: str, pressure_gpa: float) -> Sites:
    """The cell shrunk along z, the normal of the plane, and in the plane where compressibilities were read.

    Raises:
        ValueError: no compressibility of a compound with this metal was measured.
    """
    rows = of_metal(metal)
    if not rows:
        raise ValueError(f"no compressibility of a compound of {metal} stands in the table")
    flat = list(_plane(rows).values())
    edge = shrunk(flat, pressure_gpa)[0] if flat else 1.0
    scales = np.array([edge, edge, shrunk(_normal(rows), pressure_gpa)[0]])
    return Sites(sites.lattice * scales, sites.frac, sites.mixes)


def relative_doubt(provenance: Provenance, metal: str) -> float:
    """By how much a condition puts ξ of a design in doubt, relative; 0 where there is none."""
    doubt = 0.0
    rows = of_metal(metal)
    if provenance.pressure_gpa and rows:
        mean, half = shrunk(_normal(rows), provenance.pressure_gpa)
        doubt = half / mean
    if FILM in (provenance.built_of or ""):
        doubt = hypot(doubt, FLATTENING_DOUBT * (provenance.mismatch or 0.0))
    return doubt


def remark(condition: Condition, metal: str, strain: float) -> str:
    """What to know of a design under a condition.

    Args:
        condition: the condition.
        metal: of its sheets.
        strain: of the whole cell against itself without the substrate.
    """
    if condition.pressure_gpa is not None:
        rows = of_metal(metal)
        highest = max(one.range_gpa[1] for one in rows)
        beyond = f", measured up to {highest:g} GPa only" if condition.pressure_gpa > highest else ""
        flat = ", ".join(_plane(rows))
        return (
            f"at {condition.pressure_gpa:g} GPa by the compressibility along the normal of "
            f"{', '.join(one.name for one in rows)}{beyond}; its plane "
            f"{f'by that in the plane of {flat}' if flat else 'as without pressure'}"
        )
    too_far = (
        f": beyond {COHERENT_PERCENT:g} % a film relaxes within a few cells"
        if abs(100 * strain) > COHERENT_PERCENT
        else ""
    )
    return f"{condition.text}, strained by {100 * strain:+.1f} %{too_far}"
