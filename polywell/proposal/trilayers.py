"""Trilayer compounds: three cages, the order of their heights and bindings, and doping plane by plane."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from polywell.geometry.cages import OCTAHEDRON
from polywell.proposal.rows import Row
from polywell.records import Phase

OPTIMUM, CURVATURE = 0.16, 82.6
"""T_c/T_max = 1 - 82.6 (p - 0.16)², p in holes per Cu (Presland et al., Physica C 176, 95 (1991))."""


def trilayer(phases: Sequence[Phase]) -> Row | None:
    """The inner and outer cages of a block of three sheets; None when the phases hold no such block.

    A cage between two apexes that are both shared with other sheets is the inner one. Inner and outer
    are told apart by their count: there is one inner sheet for two outer ones.

    Returns:
        Heights in Å of the inner cage and of the outer ones (their mean), their apexes, the number of
        distinct outer cages, whether the inner cage is the smaller, as the proposal says of Bi2223, and inner
        over outer `binding_ratio`, E ∝ 1/ξ², and `gap_ratio`: the arc length goes as ξ and as 1/Δ.
    """
    held = [phase for phase in phases if phase.cage == OCTAHEDRON and phase.sheets_per_block == "3"]
    fewest = min((phase.count for phase in held), default=0)
    inner = [phase for phase in held if phase.count == fewest]
    outer = [phase for phase in held if phase.count > fewest]
    if len(inner) != 1 or not outer:
        return None
    own = inner[0].xi_ang
    mean = float(np.average([phase.xi_ang for phase in outer], weights=[phase.count for phase in outer]))
    return Row(
        inner_ang=own,
        outer_ang=mean,
        inner_apexes=inner[0].apexes,
        outer_apexes=outer[0].apexes,
        outer_cages=len(outer),
        inner_is_smaller=own < mean,
        binding_ratio=(mean / own) ** 2,
        gap_ratio=mean / own,
    )


def order_by_radius(inner_radius_ang: float, outer_radius_ang: float, sign: str = "<") -> str:
    """Order of ξ that the radii of the two apex ions give, by growing ξ, such as `alpha < beta = gamma`.

    α stands between two inner ions, β and γ between an inner and an outer one. Radii cannot tell β from
    γ; that γ, on the doped side, is the larger is a statement of the proposal. Radii are not equal.
    """
    groups = ["alpha", "beta = gamma"]
    return f" {sign} ".join(groups if inner_radius_ang < outer_radius_ang else groups[::-1])


def plane_dopings(doping: float, optimum: float = OPTIMUM) -> tuple[float, float, float]:
    """Doping of the planes γ, β and α when each outer plane fills to the optimum before the next begins.

    What comes after both outer planes are optimal spreads evenly over all three. The first rule is the
    proposal's, the second is ours: it says only that T_c then falls.
    """
    first = min(doping, optimum)
    second = min(doping - first, optimum)
    rest = (doping - first - second) / 3
    return first + rest, second + rest, rest


def fermi_sheets(doping: float, optimum: float = OPTIMUM) -> int:
    """Number of planes that hold carriers, each of which gives one Fermi sheet: 0 to 3."""
    return sum(plane > 1e-9 for plane in plane_dopings(doping, optimum))


def doping_curve(highest_k: float, optimum: float = OPTIMUM) -> Row:
    """T_c in K against `doping` p per Cu up to 0.5 of a trilayer: that of its best plane, on one parabola.

    Arrays (N,), the number of Fermi sheets at each p, and the ends of the flat part.
    """
    doping = np.linspace(0.0, 0.5, 201)
    planes = np.array([plane_dopings(p, optimum) for p in doping])
    tc = highest_k * np.clip((1 - CURVATURE * (planes - optimum) ** 2).max(axis=1), 0.0, None)
    flat = doping[tc >= tc.max() * (1 - 1e-9)]
    return Row(
        doping=doping,
        tc_k=tc,
        fermi_sheets=tuple(fermi_sheets(p, optimum) for p in doping),
        flat_from=float(flat.min()),
        flat_to=float(flat.max()),
    )
