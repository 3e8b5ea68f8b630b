"""Trilayer compounds: three cages, the order of their heights and bindings, and doping plane by plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from polywell.geometry.cages import OCTAHEDRON
from polywell.geometry.ions import Floats
from polywell.records import Phase

OPTIMUM = 0.16
"""Holes per Cu at the highest T_c (Presland et al., Physica C 176, 95 (1991))."""

CURVATURE = 82.6
"""T_c/T_max = 1 - 82.6 (p - 0.16)² (Presland et al., Physica C 176, 95 (1991))."""


@dataclass(frozen=True)
class Trilayer:
    """Heights in Å of the cage of the inner sheet and of the cages of the outer sheets (their mean).

    `outer_cages` counts the distinct cages of the two outer sheets.
    """

    inner_ang: float
    outer_ang: float
    inner_apexes: tuple[str, ...]
    outer_apexes: tuple[str, ...]
    outer_cages: int

    @property
    def inner_is_smaller(self) -> bool:
        """Whether the inner cage is the smallest, as the proposal says of Bi2223."""
        return self.inner_ang < self.outer_ang

    @property
    def binding_ratio(self) -> float:
        """Binding E ∝ 1/ξ² of the inner cage over that of the outer one."""
        return (self.outer_ang / self.inner_ang) ** 2

    @property
    def gap_ratio(self) -> float:
        """Gap of the inner cage over that of the outer one: the arc length goes as ξ and as 1/Δ."""
        return self.outer_ang / self.inner_ang


@dataclass(frozen=True)
class DopingCurve:
    """T_c in K against doping p per Cu of one plane, and the number of Fermi sheets; arrays (N,)."""

    doping: Floats
    tc_k: Floats
    fermi_sheets: tuple[int, ...]
    flat_from: float
    flat_to: float


def trilayer(phases: Sequence[Phase]) -> Trilayer | None:
    """The inner and outer cages of a block of three sheets; None when the phases hold no such block.

    A cage between two apexes that are both shared with other sheets is the inner one. Inner and outer
    are told apart by their count: there is one inner sheet for two outer ones.
    """
    held = [phase for phase in phases if phase.cage == OCTAHEDRON and phase.sheets_per_block == "3"]
    fewest = min((phase.count for phase in held), default=0)
    inner = [phase for phase in held if phase.count == fewest]
    outer = [phase for phase in held if phase.count > fewest]
    if len(inner) != 1 or not outer:
        return None
    mean = float(np.average([phase.xi_ang for phase in outer], weights=[phase.count for phase in outer]))
    return Trilayer(inner[0].xi_ang, mean, inner[0].apexes, outer[0].apexes, len(outer))


def order_by_radius(inner_radius_ang: float, outer_radius_ang: float) -> tuple[tuple[str, ...], ...]:
    """Order of ξ that the radii of the two apex ions give: groups of equal cages in order of growing ξ.

    α stands between two inner ions, β and γ between an inner and an outer one. Radii cannot tell β from
    γ; that γ, on the doped side, is the larger is a statement of the proposal.

    Raises:
        ValueError: a radius is not positive, or both are equal so that nothing follows.
    """
    if min(inner_radius_ang, outer_radius_ang) <= 0 or inner_radius_ang == outer_radius_ang:
        raise ValueError(
            f"two different positive radii in Å are needed, got {inner_radius_ang}, {outer_radius_ang}"
        )
    order = (("alpha",), ("beta", "gamma"))
    return order if inner_radius_ang < outer_radius_ang else order[::-1]


def plane_dopings(doping: float, optimum: float = OPTIMUM) -> tuple[float, float, float]:
    """Doping of the planes γ, β and α when each outer plane fills to the optimum before the next begins.

    What comes after both outer planes are optimal spreads evenly over all three. The first rule is the
    proposal's, the second is ours: it says only that T_c then falls.

    Raises:
        ValueError: the doping or the optimum is negative.
    """
    if doping < 0 or optimum <= 0:
        raise ValueError(f"dopings are positive numbers per Cu, got p = {doping}, optimum {optimum}")
    first = min(doping, optimum)
    second = min(doping - first, optimum)
    rest = (doping - first - second) / 3
    return first + rest, second + rest, rest


def fermi_sheets(doping: float, optimum: float = OPTIMUM) -> int:
    """Number of planes that hold carriers, each of which gives one Fermi sheet: 0 to 3."""
    return sum(plane > 1e-9 for plane in plane_dopings(doping, optimum))


def doping_curve(highest_k: float, optimum: float = OPTIMUM) -> DopingCurve:
    """T_c against doping up to 0.5 of a trilayer: that of its best plane, each plane on one parabola.

    Raises:
        ValueError: the highest T_c is not positive.
    """
    if highest_k <= 0:
        raise ValueError(f"the highest T_c must be positive, got {highest_k} K")
    doping = np.linspace(0.0, 0.5, 201)
    best = np.array(
        [max(1 - CURVATURE * (plane - optimum) ** 2 for plane in plane_dopings(p, optimum)) for p in doping]
    )
    tc = highest_k * np.clip(best, 0.0, None)
    flat = doping[tc >= tc.max() * (1 - 1e-9)]
    sheets = tuple(fermi_sheets(float(p), optimum) for p in doping)
    return DopingCurve(doping, tc, sheets, float(flat.min()), float(flat.max()))
