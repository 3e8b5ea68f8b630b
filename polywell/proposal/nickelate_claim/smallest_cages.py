"""How small an octahedral cage can be: ions that touch, and pressure that shrinks what was measured.

An apex cation of radius r over the hollow of a square of edge a touches its four oxygens at the height
h = √((r + r_O)² - (a/2)²). Radii are Shannon's, for the coordination that the stacking gives: 12 between two
sheets with apical oxygen, 9 outside them, 8 where there is none. Measured heights over touching ones give a
factor for every class, which also carries what the picture of spheres leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import sqrt
from statistics import fmean, median

from polywell.proposal.chemical_pressure import NoRadiusError, shannon_radius_ang
from polywell.proposal.nickelate_claim.classes import NickelateClass, nickel_phases
from polywell.proposal.pressure import compressibilities, pressed_height_ang, shrinking_per_gpa
from polywell.records import Phase, Screening

OXIDE_RADIUS_ANG = 1.40
"""O2- in coordination 6, the one on which Shannon's crystal radii rest (Acta Cryst. A 32, 751 (1976))."""
RARE_EARTHS = tuple("La Ce Pr Nd Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Y".split())
BETWEEN, OUTSIDE, SQUARE_PLANAR = 12, 9, 8
"""Coordination of an apex cation between sheets, outside them, and where there is no apical oxygen."""
LEAST_STEP_GPA = 5.0
"""GPa between two structures of one compound from which a shrinking is read."""
AMBIENT_GPA = 0.5
"""GPa: up to here a structure counts as one at ambient pressure."""
SYMMETRIC_ANG = 0.12
"""Å: a cage of a block of three or more sheets whose apex heights differ by less is an inner one."""


@dataclass(frozen=True)
class Shrinking:
    """-d ln ξ/dp at zero pressure in 1/GPa: one measured number, its range, and where it comes from."""

    name: str
    metal: str
    kappa_per_gpa: float
    up_to_gpa: float
    source: str


@dataclass(frozen=True)
class Shrinkings:
    """The shrinking used (median of the nickelates, else of all) and the range of all, in 1/GPa."""

    best_per_gpa: float
    low_per_gpa: float
    high_per_gpa: float
    rows: tuple[Shrinking, ...]


@dataclass(frozen=True)
class SmallestCage:
    """The smallest ξ in Å of a class: measured, with other ions, and these under pressure in GPa.

    `factor` is the median of measured over touching height. `used_ion` is the smallest apex cation measured
    in the class, `smallest_ion` the smallest rare earth. Each pair of pressed heights comes from the largest
    and the smallest shrinking; `edge_ang` is kept for every ion, which makes the heights low.
    """

    class_name: str
    edge_ang: float
    factor: float
    cells: int
    used_ion: str
    xi_used_ang: float
    smallest_ion: str
    xi_smallest_ang: float
    carried_on: bool
    pressure_gpa: float
    pressed_used_ang: float
    pressed_smallest_ang: float
    pressed_range_ang: tuple[float, float]


@cache
def apex_radius_ang(symbol: str, coordination: int) -> tuple[float, bool]:
    """Radius in Å of an apex cation in its usual charge, and whether it is carried on from another one.

    Where Shannon's table lacks the coordination, the radius for 9, else 8, is stretched by the mean ratio of
    the rare earths that have both.

    Raises:
        NoRadiusError: the table has the ion in none of these coordinations.
    """
    charge = {"Ca": 2, "Sr": 2, "Ba": 2, "Mg": 2, "Cd": 2, "Pb": 2, "K": 1, "Na": 1, "Li": 1, "Tl": 1}.get(
        symbol, 3
    )
    for other in (coordination, 9, 8, 6):
        try:
            radius = shannon_radius_ang(symbol, charge, other)
        except NoRadiusError:
            continue  # the next coordination is tried
        return radius * _stretch(other, coordination), other != coordination
    raise NoRadiusError(
        f"Shannon's table has no {symbol}{charge:+d} in coordination {coordination}, 9, 8 or 6"
    )


@cache
def _stretch(known: int, wanted: int) -> float:
    if known == wanted:
        return 1.0
    ratios = []
    for symbol in RARE_EARTHS:
        try:
            ratios.append(shannon_radius_ang(symbol, 3, wanted) / shannon_radius_ang(symbol, 3, known))
        except NoRadiusError:
            continue  # this rare earth does not tell
    return fmean(ratios)


def touching_height_ang(radius_ang: float, edge_ang: float) -> float:
    """Height in Å of a cation that touches the oxygens of its square; 0 where it slips through."""
    return sqrt(max(0.0, (radius_ang + OXIDE_RADIUS_ANG) ** 2 - (edge_ang / 2) ** 2))


def apex_coordinations(phase: Phase, kind: NickelateClass) -> tuple[int, int]:
    """Coordination of the two apexes of a cage, in the order of its heights."""
    if not kind.apical:
        return SQUARE_PLANAR, SQUARE_PLANAR
    if phase.sheets_per_block == "1" or phase.sheet_distance_ang is None:
        return OUTSIDE, OUTSIDE
    first, second = phase.apex_heights_ang
    if phase.sheets_per_block != "2" and abs(first - second) < SYMMETRIC_ANG:
        return BETWEEN, BETWEEN
    half = phase.sheet_distance_ang / 2
    return (BETWEEN, OUTSIDE) if abs(first - half) < abs(second - half) else (OUTSIDE, BETWEEN)


def touching_xi_ang(
    phase: Phase, kind: NickelateClass, edge_ang: float, ion: str | None = None
) -> tuple[float, bool]:
    """ξ in Å of a cage whose apexes touch the oxygens, with its own ions or another.

    The second value says whether a radius was carried on from another coordination.
    """
    radii = [
        apex_radius_ang(ion or own, coordination)
        for own, coordination in zip(phase.apexes, apex_coordinations(phase, kind), strict=True)
    ]
    return sum(touching_height_ang(radius, edge_ang) for radius, _ in radii), any(far for _, far in radii)


def smallest_cage(
    members: Sequence[tuple[Screening, NickelateClass]], pressure_gpa: float, shrinking: Shrinkings
) -> SmallestCage | None:
    """The smallest cage of a class by ions and pressure; None without a cell at ambient pressure.

    Args:
        members: measured cells of one class.
        pressure_gpa: pressure to which the smallest cages are pressed.
        shrinking: how fast ξ shrinks at zero pressure.
    """
    ambient = [
        (phase, kind)
        for record, kind in members
        for phase in nickel_phases(record)[:1]
        if record.provenance.pressure_gpa is not None and record.provenance.pressure_gpa <= AMBIENT_GPA
    ]
    if not ambient:
        return None
    factors = [
        phase.xi_ang / touching_xi_ang(phase, kind, fmean(phase.edges_ang))[0] for phase, kind in ambient
    ]
    factor = median(factors)
    phase, kind = min(ambient, key=lambda one: one[0].xi_ang)
    edge = fmean(phase.edges_ang)
    coordination = apex_coordinations(phase, kind)[0]
    held = {
        symbol
        for record, _ in members
        for one in nickel_phases(record)[:1]
        for symbol in one.apexes
        if symbol in RARE_EARTHS
    }
    used = min(
        held or set(phase.apexes), key=lambda symbol: (apex_radius_ang(symbol, coordination)[0], symbol)
    )
    tiny = min(RARE_EARTHS, key=lambda symbol: (apex_radius_ang(symbol, coordination)[0], symbol))
    with_used, _ = touching_xi_ang(phase, kind, edge, used)
    with_tiny, far = touching_xi_ang(phase, kind, edge, tiny)
    xi_used = min(factor * with_used, *(one.xi_ang for one, _ in ambient))
    return SmallestCage(
        class_name=kind.name,
        edge_ang=edge,
        factor=factor,
        cells=len(ambient),
        used_ion=used,
        xi_used_ang=xi_used,
        smallest_ion=tiny,
        xi_smallest_ang=factor * with_tiny,
        carried_on=far,
        pressure_gpa=pressure_gpa,
        pressed_used_ang=pressed_height_ang(xi_used, shrinking.best_per_gpa, pressure_gpa),
        pressed_smallest_ang=pressed_height_ang(factor * with_tiny, shrinking.best_per_gpa, pressure_gpa),
        pressed_range_ang=(
            pressed_height_ang(factor * with_tiny, shrinking.high_per_gpa, pressure_gpa),
            pressed_height_ang(xi_used, shrinking.low_per_gpa, pressure_gpa),
        ),
    )


def measured_shrinkings(
    records: Iterable[Screening], derived: Iterable[str], families: Mapping[str, str]
) -> Shrinkings:
    """How fast ξ shrinks: nickelates from their structures, cuprates from the table of compressibilities.

    Args:
        records: measured nickelate cells.
        derived: ids of cells that were estimated from other pressures, or strained by a substrate.
        families: family of each reference by id.
    """
    rows = [*_from_structures(records, frozenset(derived))]
    rows += [
        Shrinking(one.name, "Cu", one.kappa_normal_per_gpa, one.range_gpa[1], one.source)
        for one in compressibilities()
        if families.get(one.reference) == "cuprate"
    ]
    nickel = [row.kappa_per_gpa for row in rows if row.metal == "Ni"]
    every = [row.kappa_per_gpa for row in rows]
    return Shrinkings(median(nickel or every), min(every), max(every), tuple(rows))


def _from_structures(records: Iterable[Screening], derived: frozenset[str]) -> Iterable[Shrinking]:
    together: dict[str, list[Screening]] = {}
    for record in records:
        known = record.provenance.pressure_gpa is not None and record.id not in derived
        if known and nickel_phases(record):
            together.setdefault(record.formula, []).append(record)
    for formula, members in together.items():
        steps = [
            (upper, lower, (upper.provenance.pressure_gpa or 0.0) - (lower.provenance.pressure_gpa or 0.0))
            for one, other in combinations(members, 2)
            for lower, upper in [sorted((one, other), key=lambda cell: cell.provenance.pressure_gpa or 0.0)]
        ]
        wide = [step for step in steps if step[2] >= LEAST_STEP_GPA]
        if not wide:
            continue
        upper, lower, step = max(wide, key=lambda row: (row[2], row[0].id))
        heights = [nickel_phases(cell)[0].xi_ang for cell in (lower, upper)]
        if heights[1] < heights[0]:
            source = f"ξ of {lower.id} and {upper.id} in the reference library"
            kappa = shrinking_per_gpa(heights[0], heights[1], step)
            yield Shrinking(formula, "Ni", kappa, upper.provenance.pressure_gpa or 0.0, source)
