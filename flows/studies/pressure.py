"""`polywell pressure`: T_c of one structure under pressure by the relation, from a compressibility."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from catalog.errors import CatalogError, ReadError
from catalog.readers.reading import read
from catalog.sources.base import RawEntry
from flows.progress import say, stage
from flows.relaxing.potentials import DEFAULT, calculator, named
from polywell.data.reference import reference_entries
from polywell.families import built_in_families
from polywell.pressure.compression import compressibilities, height_under_pressure_ang
from polywell.pressure.relaxation import PRESSURE_GPA, relax_smallest_cage
from polywell.records import Entry, Outcome, Phase
from polywell.relation import critical_temperature_k
from polywell.relaxing.cells import RelaxationError
from polywell.screening import screen

STEPS = 7
"""Pressures that are told, zero and the highest among them."""


class PressureError(CatalogError):
    """Nothing can be said of this structure under pressure."""


@dataclass(frozen=True)
class Shrinks:
    """How fast ξ shrinks: κ in 1/GPa up to a pressure in GPa, and where the number comes from."""

    kappa_per_gpa: float
    up_to_gpa: float
    source: str


def under_pressure(name: str, up_to_gpa: float, relax: bool, potential: str = DEFAULT) -> Iterator[str]:
    """Tells T_c of every cage of one structure under pressure, line by line.

    Args:
        name: id in the reference library, or path of a structure file.
        up_to_gpa: highest pressure in GPa.
        relax: take κ from a relaxation at 20 GPa, in place of the table of compressibilities.
        potential: with which potential (`flows.relaxing.potentials`).

    Raises:
        PressureError: no structure that can be read, no candidate, no compressibility, or no relaxation.
        PotentialError: there is no such potential, or it is not installed.
    """
    entry = _entry(name)
    families = built_in_families()
    record = screen(entry, families)
    if record.outcome is not Outcome.CANDIDATE:
        raise PressureError(f"{name!r} is no candidate: {record.message or record.outcome.value}")
    shrinks = _relaxed(entry, potential) if relax else _tabulated(entry.id)
    yield f"{record.called}  {name}"
    yield f"κ = -d ln ξ/dp = {1000 * shrinks.kappa_per_gpa:.2f} × 10⁻³/GPa: {shrinks.source}"
    if up_to_gpa > shrinks.up_to_gpa:
        yield f"! κ is known up to {shrinks.up_to_gpa:g} GPa; what lies above is carried on"
    start = entry.provenance.pressure_gpa or 0.0
    if start:
        yield f"! the structure was measured at {start:g} GPa; the pressures below are those beyond it"
    if entry.source == "reference" and entry.provenance.checked != "read":
        yield f"! the cell is {entry.provenance.checked}, not read in its source"
    for phase in record.phases:
        if phase.lambda_k_ang2 is not None:
            yield from _lines(phase, shrinks.kappa_per_gpa, up_to_gpa, phase.lambda_k_ang2)


def _lines(phase: Phase, kappa: float, up_to_gpa: float, lambda_k_ang2: float) -> Iterator[str]:
    yield f"{phase.phase} {phase.cage} {phase.metal}, apexes {'-'.join(phase.apexes)}"
    for step in range(STEPS):
        pressure = up_to_gpa * step / (STEPS - 1)
        xi = float(height_under_pressure_ang(phase.xi_ang, kappa, pressure))
        yield f"  {pressure:6.1f} GPa  ξ {xi:.3f} Å  {critical_temperature_k(xi, lambda_k_ang2):6.1f} K"


def _entry(name: str) -> Entry:
    known = {entry.id: entry for entry in reference_entries()}
    if name in known:
        return known[name]
    path = Path(name).expanduser()
    if not path.is_file():
        near = [id_ for id_ in known if name.lower() in id_.lower()][:5]
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise PressureError(
            f"{name!r} is neither an id of the reference library nor a file{hint}; `polywell screen` lists "
            "the ids"
        )
    try:
        return read(RawEntry("file", path.name, "path", str(path)), lambda elements: True)[0]
    except ReadError as error:
        raise PressureError(f"{name!r} cannot be read ({error}); give a CIF or POSCAR") from error


def _tabulated(id_: str) -> Shrinks:
    rows = {one.reference: one for one in compressibilities()}
    if id_ not in rows:
        raise PressureError(
            f"no compressibility is known of {id_!r}; known are {', '.join(sorted(rows))}. Others can be "
            "relaxed with a potential: --relax"
        )
    one = rows[id_]
    return Shrinks(one.kappa_normal_per_gpa, one.range_gpa[1], f"{one.source} ({one.checked}); {one.method}")


def _relaxed(entry: Entry, potential: str) -> Shrinks:
    name, forces = named(potential).name, calculator(potential)
    if entry.structure is None:
        raise PressureError(f"{entry.id!r} has no structure to relax")
    try:
        began = time.monotonic()
        with stage(
            f"relaxing {len(entry.structure)} atoms at 0 and {PRESSURE_GPA:g} GPa", "steps"
        ) as advance:
            found = relax_smallest_cage(entry.structure, forces, built_in_families(), step=lambda: advance(1))
        say(f"relaxed in {time.monotonic() - began:.0f} s")
    except RelaxationError as error:
        raise PressureError(str(error)) from error
    source = (
        f"{name}, relaxed at 0 and {PRESSURE_GPA:g} GPa: ξ of {'-'.join(found.apexes)} from "
        f"{found.xi_zero_ang:.3f} to {found.xi_pressed_ang:.3f} Å"
    )
    return Shrinks(found.mean_per_gpa, PRESSURE_GPA, source)
