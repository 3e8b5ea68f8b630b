"""How small an octahedral cage can be: ions that touch, and pressure, by measurement and by relaxation.

An apex cation of radius r over the hollow of a square of edge a touches its four oxygens at the height
h = √((r + r_O)² - (a/2)²). Radii are Shannon's, for the coordination that the stacking gives: 12 between two
sheets with apical oxygen, 9 outside them, 8 where there is none. Measured heights over touching ones give a
factor for every class, which also carries what the picture of spheres leaves out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from statistics import fmean, median
from typing import Any

from polywell.pressure.chemical import RARE_EARTHS, apex_radius_ang, touching_height_ang
from polywell.pressure.compression import compressibilities, pressed_height_ang, shrinking_per_gpa
from polywell.pressure.relaxation import PRESSURE_GPA, relax_smallest_cage
from polywell.proposal.nickelate_claim.data import (
    AMBIENT_GPA,
    INFINITE_LAYER,
    OTHER,
    STRAINED,
    ClaimData,
    is_ambient,
    nickel_phases,
)
from polywell.proposal.rows import Row
from polywell.records import Phase, Screening
from polywell.relation import critical_temperature_k
from polywell.relaxing.cells import RelaxationError

BETWEEN, OUTSIDE, SQUARE_PLANAR = 12, 9, 8
"""Coordination of an apex cation between sheets, outside them, and where there is no apical oxygen."""
WITHOUT_APICAL_OXYGEN = (INFINITE_LAYER, "reduced")
"""How the classes without apical oxygen begin."""
LEAST_STEP_GPA = 5.0
"""GPa between two structures of one compound from which a shrinking is read."""
RELAXED = ("xi_relaxed_ang", "kappa_per_gpa", "xi_pressed_ang", "tc_pressed_k")
SYMMETRIC_ANG = 0.12
"""Å: a cage of a block of three or more sheets whose apex heights differ by less is an inner one."""


def _coordinations(phase: Phase, kind: str) -> tuple[int, int]:
    """Coordination of the two apexes of a cage, in the order of its heights."""
    if kind.startswith(WITHOUT_APICAL_OXYGEN):
        return SQUARE_PLANAR, SQUARE_PLANAR
    if phase.sheets_per_block == "1" or phase.sheet_distance_ang is None:
        return OUTSIDE, OUTSIDE
    first, second = phase.apex_heights_ang
    if phase.sheets_per_block != "2" and abs(first - second) < SYMMETRIC_ANG:
        return BETWEEN, BETWEEN
    half = phase.sheet_distance_ang / 2
    return (BETWEEN, OUTSIDE) if abs(first - half) < abs(second - half) else (OUTSIDE, BETWEEN)


def _touching(phase: Phase, kind: str, ion: str | None = None) -> tuple[float, bool]:
    """ξ in Å of a cage whose apexes touch the oxygens, with its own ions or another at the same edge.

    The second value says whether a radius was carried on from another coordination.
    """
    edge, numbers = fmean(phase.edges_ang), _coordinations(phase, kind)
    radii = [apex_radius_ang(ion or own, number) for own, number in zip(phase.apexes, numbers, strict=True)]
    return sum(touching_height_ang(radius, edge) for radius, _ in radii), any(far for _, far in radii)


def smallest_cages(data: ClaimData, sightings: Sequence[Row], shrinkings: Row) -> tuple[Row, ...]:
    """The smallest cage of each class that has a cell at ambient pressure, by ions and by pressure.

    Pressed to the highest pressure at which the class was seen superconducting, else to the highest at which
    a nickelate cage was measured.
    """
    members: dict[str, list[Screening]] = defaultdict(list)
    for record in data.records:
        if data.classes.get(record.id, OTHER) != OTHER:
            members[data.classes[record.id]].append(record)
    shown = max((row.up_to_gpa for row in shrinkings.rows if row.metal == "Ni"), default=0.0)
    made = []
    for kind, records in sorted(members.items()):
        seen = [one for one in sightings if one.superconducting and one.class_name == kind]
        own = max((one.pressure_gpa or 0.0 for one in seen), default=0.0)
        if any(is_ambient(record.provenance.pressure_gpa) for record in records):
            made.append(_smallest_cage(kind, records, own if own > AMBIENT_GPA else shown, shrinkings))
    return tuple(made)


def _smallest_cage(kind: str, members: Sequence[Screening], pressure_gpa: float, shrinkings: Row) -> Row:
    """The smallest ξ in Å of a class: measured, with other ions, and these under pressure in GPa.

    `factor` is the median of measured over touching height. `used_ion` is the smallest apex cation measured
    in the class, `smallest_ion` the smallest rare earth. Each pair of pressed heights comes from the largest
    and the smallest shrinking; the edge is kept for every ion, which makes the heights low.
    """
    cages = [(nickel_phases(record)[0], record.provenance.pressure_gpa) for record in members]
    ambient = [phase for phase, pressure in cages if is_ambient(pressure)]
    factor = median(phase.xi_ang / _touching(phase, kind)[0] for phase in ambient)
    phase = min(ambient, key=lambda one: one.xi_ang)
    coordination = _coordinations(phase, kind)[0]

    def size(symbol: str) -> tuple[float, str]:
        return apex_radius_ang(symbol, coordination)[0], symbol

    held = {symbol for one, _ in cages for symbol in one.apexes if symbol in RARE_EARTHS}
    used, tiny = min(held or set(phase.apexes), key=size), min(RARE_EARTHS, key=size)
    with_tiny, far = _touching(phase, kind, tiny)
    xi_used = min(factor * _touching(phase, kind, used)[0], *(one.xi_ang for one in ambient))
    xi_tiny = factor * with_tiny
    best, low, high = shrinkings.best_per_gpa, shrinkings.low_per_gpa, shrinkings.high_per_gpa
    pressings = ((xi_used, best), (xi_tiny, best), (xi_tiny, high), (xi_used, low))
    pressed = [pressed_height_ang(xi, kappa, pressure_gpa) for xi, kappa in pressings]
    return Row(
        class_name=kind,
        factor=factor,
        used_ion=used,
        xi_used_ang=xi_used,
        smallest_ion=tiny,
        xi_smallest_ang=xi_tiny,
        carried_on=far,
        pressure_gpa=pressure_gpa,
        pressed_used_ang=pressed[0],
        pressed_smallest_ang=pressed[1],
        pressed_range_ang=tuple(pressed[2:]),
    )


def measured_shrinkings(data: ClaimData) -> Row:
    """-d ln ξ/dp at zero pressure in 1/GPa: the one used (median of the nickelates, else of all), its range.

    Nickelates shrink as their structures do, cuprates by the table of compressibilities; `rows` names both.
    """
    named = ("name", "metal", "kappa_per_gpa", "up_to_gpa", "source")
    found = list(_from_structures(data))
    for one in compressibilities():
        known = data.references.get(one.reference)
        if known is not None and known.family == "cuprate":
            found.append((one.name, "Cu", one.kappa_normal_per_gpa, one.range_gpa[1], one.source))
    rows = tuple(Row(zip(named, one, strict=True)) for one in found)
    every = [row.kappa_per_gpa for row in rows]
    nickel = [row.kappa_per_gpa for row in rows if row.metal == "Ni"]
    best = median(nickel or every)
    return Row(best_per_gpa=best, low_per_gpa=min(every), high_per_gpa=max(every), rows=rows)


def _from_structures(data: ClaimData) -> Iterable[tuple[str, str, float, float, str]]:
    """Shrinking of each compound that is known at two pressures; derived and strained cells tell nothing."""
    films = {row.structure for row in data.measured if row.sample == "film"}
    together: dict[str, list[tuple[float, Screening]]] = defaultdict(list)
    for record in data.records:
        gpa = record.provenance.pressure_gpa
        measured = record.id in data.classes and data.standing(record.id) in ("read", "recalled")
        if gpa is not None and measured and record.id not in films:
            together[record.formula].append((gpa, record))
    for formula, members in together.items():
        steps = [
            (high - low, upper.id, high, lower, upper)
            for (low, lower), (high, upper) in combinations(sorted(members, key=lambda one: one[0]), 2)
            if high - low >= LEAST_STEP_GPA
        ]
        if steps:
            step, _, high, lower, upper = max(steps, key=lambda one: one[:2])
            wide, narrow = (nickel_phases(cell)[0].xi_ang for cell in (lower, upper))
            source = f"ξ of {lower.id} and {upper.id} in the reference library"
            if narrow < wide:
                yield formula, "Ni", shrinking_per_gpa(wide, narrow, step), high, source


def relaxed_rows(
    data: ClaimData, calculator: Any, potential: str, pressure_gpa: float = PRESSURE_GPA
) -> Iterator[Row]:
    """Relax the ordered ambient structure with the smallest cage of each class, and press its measured ξ.

    `xi_pressed_ang` is the measured ξ in Å pressed to `pressure_gpa` with the shrinking -d ln ξ/dp in 1/GPa
    of the relaxed cage, `tc_pressed_k` the relation's T_c there.

    Args:
        data: what the analysis of the ceiling stands on.
        calculator: an ASE calculator with energy, forces and stress.
        potential: its name and version, for the table.
        pressure_gpa: hydrostatic pressure in GPa.

    Yields:
        One row for each class, in the order of their names; a class that cannot be relaxed says why.

    Raises:
        ValueError: the λ table has no row for nickel and oxygen, or the pressure is not positive.
    """
    family = data.nickel
    for name, record in sorted(_chosen(data).items()):
        xi = nickel_phases(record)[0].xi_ang
        row = Row(dict.fromkeys(RELAXED), class_name=name, id=record.id, potential=potential, why="")
        row.update(xi_measured_ang=xi, pressure_gpa=pressure_gpa)
        try:
            structure = data.references[record.id].structure()
            found = relax_smallest_cage(structure, calculator, data.families, pressure_gpa)
            pressed = pressed_height_ang(xi, found.kappa_per_gpa, pressure_gpa)
            tc = critical_temperature_k(pressed, family.lambda_k_ang2)
            row.update(zip(RELAXED, (found.xi_zero_ang, found.kappa_per_gpa, pressed, tc), strict=True))
        except RelaxationError as error:
            row["why"] = str(error)
        yield row


def _chosen(data: ClaimData) -> dict[str, Screening]:
    """The record of each class to relax: ordered, then unstrained by a substrate, then the smallest cage."""
    strained = {row.structure for row in data.measured if row.sample in STRAINED}

    def order(record: Screening) -> tuple[bool, bool, float, str]:
        ordered = data.references[record.id].structure().is_ordered
        return not ordered, record.id in strained, nickel_phases(record)[0].xi_ang, record.id

    members: dict[str, list[Screening]] = {}
    for record in data.records:
        kind = data.classes.get(record.id, OTHER)
        if kind != OTHER and is_ambient(record.provenance.pressure_gpa):
            members.setdefault(kind, []).append(record)
    return {kind: min(records, key=order) for kind, records in members.items()}
