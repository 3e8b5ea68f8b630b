"""Stripes, microscope contrast, trilayers and the Coulomb landscape: printed beside computed."""

from __future__ import annotations

from polywell.proposal.chemical_pressure import (
    coordination_numbers,
    shannon_radius_ang,
)
from polywell.proposal.cleavage import cleavage, stm_contrast
from polywell.proposal.library import Library, family_lambda
from polywell.proposal.published import Pair, compare, printed_values, rounding_slack
from polywell.proposal.stripes import (
    SPACINGS,
    axis_ratios,
    nearest_spacing,
    side_bar_offset_edges,
    stripe_doping,
)
from polywell.proposal.trilayers import doping_curve, fermi_sheets, order_by_radius, trilayer
from polywell.relation import critical_temperature_k


def stripe_pairs(library: Library) -> list[Pair]:
    """The series x = 2/(4n), the 1/8 anomaly, and c/a."""
    values = printed_values()
    pairs = [
        compare(values[f"stripes.x.{n}"], str(stripe_doping(n)), "arithmetic", "x = 2/(4n)") for n in SPACINGS
    ]
    striped = "la1.875ba0.125cuo4-ltt"
    amount = float(library.references[striped].composition()["Ba"])
    anomaly = values["stripes.anomaly"]
    pairs.append(
        compare(anomaly, float(nearest_spacing(amount)), "structure", striped, because=f"x = {amount:g}.")
    )
    ratios = {
        id: ratio
        for id in library.candidates
        if library.references[id].family == "cuprate"
        and (ratio := axis_ratios(library.structures[id]).repeat_over_edge) is not None
    }
    for name, id in (("bi2201", "bi2sr2cuo6"), ("ca2cuo2cl2", "ca2cuo2cl2")):
        printed = values[f"stripes.ca.{name}"]
        found = axis_ratios(library.structures[id])
        repeat = found.repeat_ang or found.spacing_ang
        nearest = min(ratios, key=lambda other: abs(ratios[other] - printed.number))
        because = (
            f"Its repeat is {repeat:.2f} Å over an edge of {found.edge_ang:.3f} Å; over the √2 larger cell "
            f"it is {found.repeat_over_diagonal or 0:.2f}, from sheet to sheet "
            f"{found.spacing_over_edge:.2f}. "
            f"{printed.value} would need a = {repeat / printed.number:.2f} Å. The cuprate here that comes "
            f"nearest is {library.references[nearest].name} ({ratios[nearest]:.2f})."
        )
        pairs.append(
            compare(
                printed, found.repeat_over_edge or found.spacing_over_edge, "structure", id, because=because
            )
        )
    return pairs


def stm_pairs(library: Library) -> list[Pair]:
    """h_α, h_β and k of two compounds, and the side bars."""
    values = printed_values()
    pairs = []
    for name, id in (("ca2cuo2cl2", "ca2cuo2cl2"), ("bi2201", "bi2sr2cuo6")):
        near, far, k = (values[f"stm.{name}.{part}"] for part in ("h_alpha", "h_beta", "k"))
        found = cleavage(library.structures[id])
        checked = library.references[id]
        because = (
            "The heights of this structure are recalled as a tetragonal average."
            if checked.checked == "recalled"
            else ""
        )
        pairs.append(compare(near, found.h_alpha_ang, "structure", id, because=because))
        pairs.append(compare(far, found.h_beta_ang, "structure", id, because=because))
        slack = rounding_slack(stm_contrast, [near, far])
        again = stm_contrast(near.number, far.number)
        pairs.append(compare(k, again, "arithmetic", "k = h_α/h_β", slack=slack))
        pairs.append(compare(k, found.contrast, "structure", id, because=because))
    offset = float(side_bar_offset_edges())
    origin = "4a/2 - a/2"
    rule = "Half a period less the displacement is our reading, chosen because it gives the printed value."
    pairs.append(compare(values["stm.side_bars"], offset, "arithmetic", origin, circular=rule))
    for name in ("side_bar_1", "side_bar_2"):
        printed = values[f"stm.{name}"]
        because = (
            f"The stripe lattice gives {offset:g}a for every compound; the measurement is "
            "nearer to the centre."
        )
        pairs.append(compare(printed, offset, "arithmetic", origin, because=because))
    return pairs


def trilayer_pairs(library: Library) -> list[Pair]:
    """Radii, orders, Fermi sheets and the flat part of T_c for Bi2223."""
    values = printed_values()
    pairs = []
    ratio = values["trilayers.r_sr"].number / values["trilayers.r_ca"].number
    six = {symbol: shannon_radius_ang(symbol, 2, 6) for symbol in ("Ca", "Sr")}
    for name, symbol in (("r_ca", "Ca"), ("r_sr", "Sr")):
        printed = values[f"trilayers.{name}"]
        bonds = coordination_numbers(library.structures["bi2sr2ca2cu3o10"], symbol)
        number = min(max(bonds), 12)
        radius = shannon_radius_ang(symbol, 2, number)
        pairs.append(
            compare(
                printed,
                radius,
                "structure",
                f"Shannon, {number}-coordinated as in bi2sr2ca2cu3o10",
                because=(
                    f"Six-coordinated it is {six[symbol]:.2f} Å. The order of ξ asks only for "
                    "r(Sr)/r(Ca) above "
                    f"1: {ratio:.2f} printed, {six['Sr'] / six['Ca']:.2f} by Shannon."
                ),
            )
        )
    inner, outer = values["trilayers.r_ca"].number, values["trilayers.r_sr"].number
    order = order_by_radius(inner, outer)
    rising = " < ".join(" = ".join(group) for group in order)
    alone = "Radii put both outer cages over the inner one and cannot tell β from γ."
    pairs.append(
        compare(values["trilayers.order"], rising, "arithmetic", "order of apex radii", because=alone)
    )
    found = trilayer(library.records["bi2sr2ca2cu3o10"].phases)
    if found is None:
        raise ValueError("bi2sr2ca2cu3o10 has no trilayer in the reference library: check its structure")
    seen = "alpha < beta = gamma" if found.inner_is_smaller else "beta = gamma < alpha"
    reason = (
        f"The crystal has {found.outer_cages} kind of outer cage, ξ = {found.outer_ang:.3f} Å on both sides: "
        "doping one side only is no part of a structure."
    )
    id = "bi2sr2ca2cu3o10"
    pairs.append(compare(values["trilayers.order"], seen, "structure", id, because=reason))
    falling = " > ".join(" = ".join(group) for group in order)
    for name, origin, ratio in (
        ("binding", "E ∝ 1/ξ²", found.binding_ratio),
        ("gaps", "Δ ∝ 1/ξ", found.gap_ratio),
    ):
        because = f"{alone} With the heights of {id} α over the outer ones is {ratio:.3f}."
        pairs.append(compare(values[f"trilayers.{name}"], falling, "arithmetic", origin, because=because))
    counts = sorted({fermi_sheets(p / 100) for p in range(1, 50)})
    sheets = ", ".join(str(count) for count in counts)
    rule = "That planes fill in turn is the statement itself."
    pairs.append(
        compare(values["trilayers.sheets"], sheets, "arithmetic", "planes filled in turn", circular=rule)
    )
    tc = critical_temperature_k(found.outer_ang, family_lambda("cuprate"))
    for origin, curve in (
        ("parabola with its optimum at 0.16", doping_curve(tc)),
        ("parabola with its optimum at x = 1/6", doping_curve(tc, optimum=float(stripe_doping(3)))),
    ):
        because = "The stripes of the same proposal put the optimum at 1/6, the measured parabola at 0.16."
        for name, value in (("flat_from", curve.flat_from), ("flat_to", curve.flat_to)):
            pairs.append(compare(values[f"trilayers.{name}"], value, "arithmetic", origin, because=because))
    return pairs


def landscape_pairs(library: Library, shown: str) -> list[Pair]:
    """Γ and the pockets of one cuprate, found by search."""
    values = printed_values()
    found = library.landscapes[shown]
    x, y, z = found.curvature_ev_ang2
    kind = "well" if found.gamma_is_well and z > 0 else "saddle"
    because = (
        f"Within the sheet Γ is a minimum ({x:+.1f} and {y:+.1f} eV/Å², {found.depth_ev or 0:.2f} eV deep), "
        f"along the normal a maximum ({z:+.1f} eV/Å²): the three sum to zero, as they must between point "
        "charges (Earnshaw), so no point charge is held there in three dimensions."
    )
    pairs = [compare(values["landscape.gamma"], kind, "structure", shown, because=because)]
    because = (
        f"On each diagonal the energy rises to a pass {found.pass_ang or 0:.2f} Å from Γ and then falls into "
        f"the metal; there is no minimum on the way. On the circle of the passes it is lowest in "
        f"{len(found.lobes_deg)} directions, at "
        f"{', '.join(f'{one:.0f}°' for one in found.lobes_deg)} from an edge."
    )
    pockets = values["landscape.pockets"]
    pairs.append(compare(pockets, float(len(found.pockets_ev)), "structure", shown, because=because))
    return pairs
