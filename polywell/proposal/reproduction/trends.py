"""How T_c moves over the reference library by the proposal's relations, beside what was measured.

The depth of the Coulomb well against ξ, the slopes under pressure, and one cation in the place of another.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
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
from polywell.proposal.landscape import correlations
from polywell.proposal.pressure import compressibilities, curve_under_pressure, slope_k_per_gpa
from polywell.proposal.reproduction.library import FAMILIES, Library, Member, family_lambda
from polywell.proposal.reproduction.surveys import Cell, Survey, survey

DIVALENT = 0.05
"""A metal counts as divalent within this, in e."""
SUBSTITUTED = (("la3ni2o7", "La"), ("yba2cu3o7", "Y"), ("bafe2as2", "Ba"), ("cacuo2", "Ca"))
CORRELATED = (
    ("depth_of_xi", "xi_ang", "landscape.depth_ev", False),
    ("depth_of_xi_divalent", "xi_ang", "landscape.depth_ev", True),
    ("depth_of_charge", "landscape.metal_charge", "landscape.depth_ev", False),
    ("xi_of_charge", "landscape.metal_charge", "xi_ang", False),
    ("gamma_of_xi", "xi_ang", "landscape.gamma_ev", False),
    ("tc_of_depth", "landscape.depth_ev", "measured_k", False),
    ("tc_of_gamma", "landscape.gamma_ev", "measured_k", False),
)
"""Name of a pair, its two attributes of a member, and whether only divalent metals count."""


def depth_tests(library: Library) -> Survey:
    """How the depth at Γ goes with ξ, which the proposal's authors did not test.

    Structures built to a printed ξ or estimated are left out, and pairs of fewer than five compounds.
    """
    cells: list[tuple[Cell, ...]] = []
    found: dict[str, dict[str, tuple[float, float, int]]] = {}
    for family in FAMILIES:
        members = [one for one in library.of(family) if not one.built and not one.estimated]
        for name, first, second, divalent in CORRELATED:
            kept = [one for one in members if not divalent or _is_divalent(one)]
            points = [
                (x, y)
                for one in kept
                if (x := attrgetter(first)(one)) is not None and (y := attrgetter(second)(one)) is not None
            ]
            if len(points) < 5 or len({x for x, _ in points}) < 3:
                continue
            pearson, spearman = correlations(points)
            cells.append((family, name, len(points), pearson, spearman))
            found.setdefault(name, {})[family] = (pearson, spearman, len(points))
    depth, charge = found.get("depth_of_xi", {}), found.get("depth_of_charge", {})
    return survey(
        "correlations",
        "family quantities compounds pearson spearman",
        cells,
        depth=depth,
        tc=found.get("tc_of_depth", {}),
        charge_closer=sum(abs(charge[name][0]) > abs(depth.get(name, (0.0,))[0]) for name in charge),
        charges=len(charge),
    )


def _is_divalent(member: Member) -> bool:
    return abs(member.landscape.metal_charge - 2) <= DIVALENT


def slopes(library: Library) -> Survey:
    """dT_c/dp by the relation beside the measured one."""
    cells: list[tuple[Cell, ...]] = []
    compared = []
    for row in compressibilities():
        one = library[row.reference]
        if not one.candidate or one.record.family is None:
            continue
        kappa, lam = row.kappa_normal_per_gpa, family_lambda(one.record.family)
        slope = slope_k_per_gpa(one.ceiling_k, kappa)
        curve = curve_under_pressure(one.xi_ang, lam, kappa, row.range_gpa[1])
        if row.slope_k_per_gpa is not None:
            compared.append((slope, row.slope_k_per_gpa))
        cells.append(
            (
                row.name,
                1000 * kappa,
                f"{row.range_gpa[0]:g}-{row.range_gpa[1]:g}",
                one.ceiling_k,
                slope,
                row.slope_k_per_gpa,
                float(curve.tc_k[-1]),
                f"{row.source} ({row.checked}); {row.method}",
            )
        )
    return survey(
        "slopes",
        "name kappa range tc_k slope measured_slope end_k source",
        cells,
        compared=len(compared),
        same_sign=sum(a * b > 0 for a, b in compared),
        within_quarter=sum(abs(a - b) <= 0.25 * abs(b) for a, b in compared),
    )


def replacements(library: Library) -> Survey:
    """ΔT_c by radii beside ΔT_c by ξ for every pair of library structures that differ in one cation."""
    cells: list[tuple[Cell, ...]] = []
    shifts = []
    for host, guest in _alike(library):
        found = replaced_cation(host.reference.composition(), guest.reference.composition())
        radii = None if found is None else _radii(host, found[0], found[1])
        if found is None or radii is None or radii[1] < radii[2]:
            continue
        lost, gained, share = found
        for phase in host.record.phases:
            twin = next(
                (one for one in guest.record.phases if (one.phase, one.cage) == (phase.phase, phase.cage)),
                None,
            )
            if twin is None or phase.tc_k is None or phase.lambda_k_ang2 is None:
                continue
            by_radii = share * shift_by_radii_k(phase.tc_k, radii[1], radii[2])
            by_xi = shift_by_heights_k(phase.xi_ang, twin.xi_ang, phase.lambda_k_ang2)
            shifts.append((by_radii, by_xi))
            cells.append((host.id, guest.id, lost, gained, phase.phase, radii[0], by_radii, by_xi))
    return survey(
        "replacements",
        "host guest lost gained phase coordination by_radii_k by_xi_k",
        cells,
        all=len(shifts),
        same_sign=sum(a * b > 0 for a, b in shifts),
        apart_k=fmean(abs(a - b) for a, b in shifts) if shifts else 0.0,
    )


def _alike(library: Library) -> Iterable[tuple[Member, Member]]:
    """Ordered pairs of independent structures of one structure type, family and pressure."""
    members = [one for one in library.candidates if not one.built]
    for one in members:
        for other in members:
            if one is not other and _kind(one) == _kind(other):
                yield one, other


def _kind(member: Member) -> tuple[str, str, float | None]:
    return member.reference.structure_type, member.reference.family, member.reference.pressure_gpa


def _radii(host: Member, lost: str, gained: str) -> tuple[int, float, float] | None:
    """Coordination and both radii; None when Shannon's table lacks one of them."""
    if not host.bonds(lost):
        return None  # the cation is a minority of its site
    held, charge = host.coordination(lost), formal_charges()[lost]
    try:
        return held, shannon_radius_ang(lost, charge, held), shannon_radius_ang(gained, charge, held)
    except NoRadiusError:
        return None


def substituted(library: Library) -> Survey:
    """Every isovalent substitution of one cation each of several compounds, at their ceilings."""
    found = [
        (library[id].reference.name, library[id].ceiling_k, one)
        for id, host in SUBSTITUTED
        for one in substitutions(library[id].structure, host, library[id].ceiling_k)
    ]
    columns = "host guest coordination host_radius_ang guest_radius_ang change_k"
    taken = attrgetter(*columns.split())
    rows = [(name, tc, *taken(one)) for name, tc, one in found]
    return survey("substitutions", f"name tc_k {columns}", rows, all=len(rows), compounds=len(SUBSTITUTED))
