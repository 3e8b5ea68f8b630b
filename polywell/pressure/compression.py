"""T_c under pressure by the relation, from how fast a compound shrinks along the normal of its sheets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import exp, log
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from polywell.data.tables import Record, load_rows
from polywell.geometry.ions import Floats
from polywell.relation import critical_temperature_k

STIFFENING = 12.0
"""3B' of Murnaghan's equation for one length, with the usual B' = 4 (PNAS 30, 244 (1944))."""

Range = tuple[Annotated[float, Field(ge=0)], Annotated[float, Field(gt=0)]]


class MeasuredPoint(Record):
    """One measured T_c in K at a pressure in GPa."""

    pressure_gpa: Annotated[float, Field(ge=0)]
    tc_k: Annotated[float, Field(gt=0)]
    kind: str
    source: str


class Compressibility(Record):
    """Compressibilities along the normal of the sheets and in their plane in 1/GPa, and T_c under pressure.

    That in the plane is None where none was read.
    """

    name: str
    reference: str
    kappa_normal_per_gpa: Annotated[float, Field(gt=0, lt=0.1)]
    kappa_plane_per_gpa: Annotated[float, Field(gt=0, lt=0.1)] | None = None
    range_gpa: Range
    method: str
    plane_method: str = ""
    source: str
    checked: Literal["read", "recalled"]
    slope_k_per_gpa: float | None = None
    slope_range_gpa: Range | None = None
    slope_source: str = ""
    tc: tuple[MeasuredPoint, ...]


@dataclass(frozen=True)
class Dome:
    """A range of pressure in GPa in which one cage superconducts, with that cage's height in Å."""

    name: str
    from_gpa: float
    to_gpa: float
    xi_ang: float


@dataclass(frozen=True)
class PressureCurve:
    """T_c (N,) in K against pressure (N,) in GPa; 0 K where nothing superconducts."""

    pressure_gpa: Floats
    tc_k: Floats


@cache
def compressibilities() -> tuple[Compressibility, ...]:
    """The table of compressibilities, in its own order."""
    return load_rows("compressibility.toml", "compound", Compressibility)


def height_under_pressure_ang(xi_ang: float, kappa_per_gpa: float, pressure_gpa: float | Floats) -> Floats:
    """Height ξ(p) = ξ(0) exp(-κp) in Å of a cage that shrinks like the axis along the normal.

    That the cage shrinks like the whole axis is an assumption: spacers are often softer than sheets.

    Raises:
        ValueError: the height or the compressibility is not positive, or a pressure is negative.
    """
    pressure = np.asarray(pressure_gpa, dtype=np.float64)
    if xi_ang <= 0 or kappa_per_gpa <= 0 or bool((pressure < 0).any()):
        raise ValueError(
            f"expected ξ > 0 Å, κ > 0 per GPa and p ≥ 0 GPa, got {xi_ang}, {kappa_per_gpa}, {pressure_gpa}"
        )
    height: Floats = xi_ang * np.exp(-kappa_per_gpa * pressure)
    return height


def pressed_height_ang(xi_ang: float, kappa_per_gpa: float, pressure_gpa: float) -> float:
    """ξ in Å under pressure by Murnaghan's equation for one length: ln(ξ(0)/ξ) = ln(1 + 3B'κp)/(3B')."""
    return xi_ang * exp(-log(1 + STIFFENING * kappa_per_gpa * pressure_gpa) / STIFFENING)


def pressure_for_gpa(xi_ang: float, needed_ang: float, kappa_per_gpa: float) -> float:
    """Pressure in GPa that shrinks ξ to what is needed, by the same equation; 0 where it is small enough."""
    if xi_ang <= needed_ang:
        return 0.0
    return (exp(STIFFENING * log(xi_ang / needed_ang)) - 1) / (STIFFENING * kappa_per_gpa)


def shrinking_per_gpa(xi_ang: float, pressed_ang: float, pressure_gpa: float) -> float:
    """-d ln ξ/dp at zero pressure in 1/GPa from two heights in Å and the pressure between, the same way."""
    return (exp(STIFFENING * log(xi_ang / pressed_ang)) - 1) / (STIFFENING * pressure_gpa)


def curve_under_pressure(
    xi_ang: float, lambda_k_ang2: float, kappa_per_gpa: float, up_to_gpa: float
) -> PressureCurve:
    """T_c(p) = λ/ξ(p)² from zero to `up_to_gpa` (equation (1) of the proposal with the height above)."""
    pressure = np.linspace(0.0, up_to_gpa, 121)
    height = height_under_pressure_ang(xi_ang, kappa_per_gpa, pressure)
    return PressureCurve(pressure, critical_temperature_k(height, lambda_k_ang2))


def slope_k_per_gpa(tc_k: float, kappa_per_gpa: float) -> float:
    """dT_c/dp = 2κT_c in K/GPa at zero pressure, by the relation: always upwards.

    Raises:
        ValueError: the temperature or the compressibility is not positive.
    """
    if tc_k <= 0 or kappa_per_gpa <= 0:
        raise ValueError(f"expected T_c > 0 K and κ > 0 per GPa, got {tc_k} and {kappa_per_gpa}")
    return 2 * kappa_per_gpa * tc_k


def dome_curve(
    domes: tuple[Dome, ...], lambda_k_ang2: float, up_to_gpa: float, kappa_per_gpa: float | None = None
) -> PressureCurve:
    """T_c(p) of a compound in which different cages superconduct in ranges of pressure, 0 between them.

    Heights shrink by κ within each dome, counted from its lower edge; without κ each stays as it is, as the
    proposal has it.

    Raises:
        ValueError: two domes overlap.
    """
    ordered = sorted(domes, key=lambda dome: dome.from_gpa)
    for lower, upper in pairwise(ordered):
        if upper.from_gpa < lower.to_gpa:
            raise ValueError(f"domes {lower.name} and {upper.name} overlap: give ranges that do not")
    pressure = np.linspace(0.0, up_to_gpa, 301)
    tc = np.zeros(len(pressure))
    for dome in ordered:
        inside = (pressure >= dome.from_gpa) & (pressure <= dome.to_gpa)
        rise = pressure[inside] - dome.from_gpa
        height = np.full(len(rise), dome.xi_ang)
        if kappa_per_gpa is not None:
            height = height_under_pressure_ang(dome.xi_ang, kappa_per_gpa, rise)
        tc[inside] = critical_temperature_k(height, lambda_k_ang2)
    return PressureCurve(pressure, tc)
