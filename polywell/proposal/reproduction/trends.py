"""How T_c moves over the reference library by the proposal's relations, beside what was measured.

The depth of the Coulomb well against ξ, the slopes under pressure, and one cation in the place of another.
"""

from __future__ import annotations

from itertools import permutations
from operator import attrgetter
from statistics import fmean

from polywell.data.charges import formal_charges
from polywell.evidence.evaluation.scores import correlations
from polywell.pressure.chemical import (
    known_radius_ang,
    replaced_cation,
    shift_by_heights_k,
    shift_by_radii_k,
    substitutions,
)
from polywell.pressure.compression import compressibilities, curve_under_pressure, slope_k_per_gpa
from polywell.proposal.reproduction.library import FAMILIES, Library, family_lambda
from polywell.proposal.reproduction.surveys import Survey
from polywell.proposal.rows import Row

DIVALENT = 0.05
"""A metal counts as divalent within this, in e."""
SUBSTITUTED = (("la3ni2o7", "La"), ("yba2cu3o7", "Y"), ("bafe2as2", "Ba"), ("cacuo2", "Ca"))
SHARED = ("structure_type", "family", "pressure_gpa")
"""What two structures have alike that differ in one cation only."""
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
    rows = []
    for family in FAMILIES:
        members = [one for one in library.of(family) if not one.built and not one.estimated]
        for name, first, second, divalent in CORRELATED:
            kept = [one for one in members if not divalent or abs(one.landscape.metal_charge - 2) <= DIVALENT]
            points = [pair for pair in map(attrgetter(first, second), kept) if None not in pair]
            if len(points) >= 5 and len({x for x, _ in points}) >= 3:
                pearson, spearman = correlations(points)
                row = {"family": family, "quantities": name, "compounds": len(points)}
                rows.append(Row(row, pearson=pearson, spearman=spearman))

    def of(name: str) -> dict[str, tuple[float, float, int]]:
        ours = [row for row in rows if row.quantities == name]
        return {row.family: (row.pearson, row.spearman, row.compounds) for row in ours}

    depth, charge = of("depth_of_xi"), of("depth_of_charge")
    closer = sum(abs(charge[name][0]) > abs(depth.get(name, (0.0,))[0]) for name in charge)
    facts = {"depth": depth, "tc": of("tc_of_depth"), "charge_closer": closer, "charges": len(charge)}
    return Survey("correlations", rows, **facts)


def slopes(library: Library) -> Survey:
    """dT_c/dp by the relation beside the measured one."""
    rows = []
    for row in compressibilities():
        one = library[row.reference]
        if not one.candidate or one.record.family is None:
            continue
        kappa, lam = row.kappa_normal_per_gpa, family_lambda(one.record.family)
        curve = curve_under_pressure(one.xi_ang, lam, kappa, row.range_gpa[1])
        slope = slope_k_per_gpa(one.ceiling_k, kappa)
        rows.append(
            Row(vars(row), kappa=1000 * kappa, tc_k=one.ceiling_k, slope=slope, end_k=float(curve.tc_k[-1]))
        )
    compared = [(one.slope, one.slope_k_per_gpa) for one in rows if one.slope_k_per_gpa is not None]
    return Survey(
        "slopes",
        rows,
        compared=len(compared),
        same_sign=sum(a * b > 0 for a, b in compared),
        within_quarter=sum(abs(a - b) <= 0.25 * abs(b) for a, b in compared),
    )


def replacements(library: Library) -> Survey:
    """ΔT_c by radii beside ΔT_c by ξ for every pair of library structures that differ in one cation."""
    rows = []
    for host, guest in permutations((one for one in library.candidates if not one.built), 2):
        found = replaced_cation(host.reference.composition(), guest.reference.composition())
        alike = all(getattr(host.reference, name) == getattr(guest.reference, name) for name in SHARED)
        if found is None or not alike or not host.bonds(found[0]):
            continue  # where it has no bonds, the cation is a minority of its site
        lost, gained, share = found
        held = host.coordination(lost)
        larger, smaller = (known_radius_ang(one, formal_charges()[lost], held) for one in (lost, gained))
        if larger is None or smaller is None or larger < smaller:
            continue
        pair = {"host": host.id, "guest": guest.id, "lost": lost, "gained": gained, "coordination": held}
        for phase in host.record.phases:
            twin = guest.phases.get(phase.phase)
            if twin is None or twin.cage != phase.cage or phase.tc_k is None or phase.lambda_k_ang2 is None:
                continue
            by_radii = share * shift_by_radii_k(phase.tc_k, larger, smaller)
            by_xi = shift_by_heights_k(phase.xi_ang, twin.xi_ang, phase.lambda_k_ang2)
            rows.append(Row(pair, phase=phase.phase, by_radii_k=by_radii, by_xi_k=by_xi))
    shifts = [(row.by_radii_k, row.by_xi_k) for row in rows]
    return Survey(
        "replacements",
        rows,
        all=len(shifts),
        same_sign=sum(a * b > 0 for a, b in shifts),
        apart_k=fmean(abs(a - b) for a, b in shifts) if shifts else 0.0,
    )


def substituted(library: Library) -> Survey:
    """Every isovalent substitution of one cation each of several compounds, at their ceilings."""
    rows = [
        Row(vars(one), name=library[id].reference.name, tc_k=library[id].ceiling_k)
        for id, host in SUBSTITUTED
        for one in substitutions(library[id].structure, host, library[id].ceiling_k)
    ]
    return Survey("substitutions", rows, all=len(rows), compounds=len(SUBSTITUTED))
