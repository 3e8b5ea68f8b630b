"""Listings of what moves T_c: pressure, the exchange of a cation, and the ceilings of the nickelates."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from polywell.data.charges import formal_charges
from polywell.proposal.chemical_pressure import (
    NoRadiusError,
    replaced_cation,
    shannon_radius_ang,
    shift_by_heights_k,
    shift_by_radii_k,
    substitutions,
)
from polywell.proposal.chemical_pressure import coordination_numbers as coordination
from polywell.proposal.library import Library, family_lambda
from polywell.proposal.listings import Cell, Listing, number, text
from polywell.proposal.pressure import compressibilities, curve_under_pressure, slope_k_per_gpa


def slope_list(library: Library) -> Listing:
    """dT_c/dp by the relation beside the measured one."""
    cells: list[tuple[Cell, ...]] = []
    compared = []
    for one in compressibilities():
        record = library.records[one.reference]
        tc, family = record.tc_ceiling_k, record.family
        if tc is None or family is None:
            continue
        slope = slope_k_per_gpa(tc, one.kappa_normal_per_gpa)
        curve = curve_under_pressure(
            record.xi_ceiling_ang or 0.0, family_lambda(family), one.kappa_normal_per_gpa, one.range_gpa[1]
        )
        if one.slope_k_per_gpa is not None:
            compared.append((slope, one.slope_k_per_gpa))
        cells.append(
            (
                one.name,
                1000 * one.kappa_normal_per_gpa,
                f"{one.range_gpa[0]:g}-{one.range_gpa[1]:g}",
                tc,
                slope,
                one.slope_k_per_gpa,
                float(curve.tc_k[-1]),
                f"{one.source} ({one.checked}); {one.method}",
            )
        )
    right = sum(a * b > 0 for a, b in compared)
    within = sum(abs(a - b) <= 0.25 * abs(b) for a, b in compared)
    return Listing(
        "slopes",
        "T_c under pressure by the relation",
        f"By the relation T_c always rises as 2κT_c. Of {len(compared)} measured slopes {right} "
        "have that sign and "
        f"{within} lie within a quarter of it.",
        (
            text("Compound"),
            number("κ along the normal", "10⁻³/GPa", 2),
            text("Range, GPa"),
            number("λ/ξ² at 0", "K", 1),
            number("dT_c/dp, relation", "K/GPa", 2),
            number("dT_c/dp, measured", "K/GPa", 2),
            number("λ/ξ² at the end", "K", 1),
            text("Source of κ"),
        ),
        tuple(cells),
    )


def pressed_list(library: Library) -> Listing:
    """Structures of the library under pressure: the relation beside what was measured there."""
    ids = [id for id in library.candidates if (library.references[id].pressure_gpa or 0.0) > 0]
    ids.sort(
        key=lambda id: (library.references[id].structure_type, library.references[id].pressure_gpa or 0.0, id)
    )
    estimated = sum(library.estimated(id) for id in ids)
    return Listing(
        "pressed",
        "Structures under pressure",
        f"The cells of {estimated} of {len(ids)} are estimated or carried on from lower pressure: "
        "their heights "
        "follow the assumption, not a measurement.",
        (
            text("Id"),
            number("Pressure", "GPa", 1),
            number("ξ", "Å", 3),
            number("λ/ξ²", "K", 1),
            number("Measured T_c", "K", 1),
            text("Cell"),
        ),
        tuple(
            (
                id,
                library.references[id].pressure_gpa,
                library.records[id].xi_ceiling_ang,
                library.records[id].tc_ceiling_k,
                library.measured_k(id),
                "estimated" if library.estimated(id) else library.references[id].checked,
            )
            for id in ids
        ),
    )


def substitution_list(library: Library, hosts: Sequence[tuple[str, str]]) -> Listing:
    """Every isovalent substitution of one cation each of several compounds, given as (id, cation)."""
    cells: list[tuple[Cell, ...]] = []
    for id, host in hosts:
        tc = library.records[id].tc_ceiling_k or 0.0
        for one in substitutions(library.structures[id], host, tc):
            cells.append(
                (
                    library.references[id].name,
                    f"{host} → {one.guest}",
                    one.coordination,
                    one.host_radius_ang,
                    one.guest_radius_ang,
                    tc,
                    one.change_k,
                )
            )
    return Listing(
        "substitutions",
        "Every cation of the same charge in the place of another",
        f"ΔT_c for the whole replacement at the ceiling of the compound, by Shannon radii: {len(cells)} "
        f"substitutions in {len(hosts)} compounds. Whether they form is another question.",
        (
            text("Compound"),
            text("Cation"),
            number("Coordination", digits=0),
            number("Host's radius", "Å", 3),
            number("Guest's radius", "Å", 3),
            number("λ/ξ²", "K", 1),
            number("ΔT_c", "K", 1),
        ),
        tuple(cells),
    )


def replacement_list(library: Library) -> Listing:
    """ΔT_c by radii beside ΔT_c by ξ for every pair of library structures that differ in one cation."""
    cells: list[tuple[Cell, ...]] = []
    agree = 0
    for host, guest in _replacements(library):
        found = replaced_cation(
            library.references[host].composition(), library.references[guest].composition()
        )
        if found is None:
            continue
        lost, gained, share = found
        radii = _radii(library, host, lost, gained)
        if radii is None or radii[1] < radii[2]:
            continue
        one, other = library.records[host], library.records[guest]
        for phase in one.phases:
            twin = next((p for p in other.phases if p.phase == phase.phase and p.cage == phase.cage), None)
            if twin is None or phase.tc_k is None or phase.lambda_k_ang2 is None:
                continue
            by_radii = share * shift_by_radii_k(phase.tc_k, radii[1], radii[2])
            by_xi = shift_by_heights_k(phase.xi_ang, twin.xi_ang, phase.lambda_k_ang2)
            agree += by_radii * by_xi > 0
            cells.append((f"{host} → {guest}", f"{lost} → {gained}", phase.phase, radii[0], by_radii, by_xi))
    differences = [abs(float(row[4] or 0) - float(row[5] or 0)) for row in cells]
    return Listing(
        "replacements",
        "Radii against heights",
        f"Over {len(cells)} cages of pairs of structures that differ in one cation, both ways have "
        "the same sign "
        f"in {agree} and differ by {fmean(differences) if differences else 0:.1f} K on average.",
        (
            text("Pair"),
            text("Cation"),
            text("Phase"),
            number("Coordination", digits=0),
            number("ΔT_c by radii", "K", 1, "by the share that is replaced"),
            number("ΔT_c by ξ", "K", 1),
        ),
        tuple(cells),
    )


def nickelate_list(library: Library) -> Listing:
    """Ceilings of the nickelates beside those of the cuprates."""
    ids = sorted(library.of("nickelate"), key=lambda id: -(library.records[id].tc_ceiling_k or 0))
    ceilings = [library.records[id].tc_ceiling_k or 0.0 for id in ids]
    cuprates = [library.records[id].tc_ceiling_k or 0.0 for id in library.of("cuprate")]
    above = sum(value > 100 for value in ceilings)
    beaten = sum(value < max(ceilings) for value in cuprates)
    return Listing(
        "nickelates",
        "Ceilings of the nickelates",
        f"{above} of {len(ceilings)} lie above 100 K. The highest, {max(ceilings):.0f} K, is above "
        f"{beaten} of "
        f"{len(cuprates)} cuprates by the same relation; the highest cuprate has {max(cuprates):.0f} K. The "
        "claim that nickelates cannot beat cuprates holds for the best of each only.",
        (
            text("Id"),
            text("Apexes"),
            number("ξ", "Å", 3),
            number("Ceiling λ/ξ²", "K", 1),
            number("Measured T_c", "K", 1),
            number("Pressure", "GPa", 1),
            text("Structure"),
        ),
        tuple(
            (
                id,
                "/".join(library.records[id].phases[0].apexes),
                library.records[id].xi_ceiling_ang,
                library.records[id].tc_ceiling_k,
                library.measured_k(id),
                library.references[id].pressure_gpa,
                library.references[id].checked,
            )
            for id in ids
        ),
    )


def _replacements(library: Library) -> list[tuple[str, str]]:
    """Ordered pairs of independent structures of one structure type, family and pressure."""
    ids = [id for id in library.candidates if not library.built(id)]
    return [
        (one, other)
        for one in ids
        for other in ids
        if one != other
        and library.references[one].structure_type == library.references[other].structure_type
        and library.references[one].family == library.references[other].family
        and library.references[one].pressure_gpa == library.references[other].pressure_gpa
    ]


def _radii(library: Library, host: str, lost: str, gained: str) -> tuple[int, float, float] | None:
    """Coordination and both radii; None when Shannon's table lacks one of them."""
    numbers = coordination(library.structures[host], lost)
    if not numbers:
        return None  # the cation is a minority of its site
    charge = formal_charges()[lost]
    held = max(sorted(set(numbers)), key=lambda one: numbers.count(one))
    try:
        return held, shannon_radius_ang(lost, charge, held), shannon_radius_ang(gained, charge, held)
    except NoRadiusError:
        return None
