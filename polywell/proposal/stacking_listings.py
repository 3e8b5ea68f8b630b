"""Listings of what follows from the stacking: stripes, c/a, cleavage and trilayers over the library."""

from __future__ import annotations

from polywell.proposal.cleavage import cleavage
from polywell.proposal.landscape import correlations
from polywell.proposal.library import Library, family_lambda
from polywell.proposal.listings import Cell, Listing, number, text
from polywell.proposal.stripes import STRIPE_MEANING, axis_ratios, nearest_spacing, stripe_doping
from polywell.proposal.trilayers import trilayer
from polywell.relation import critical_temperature_k

NEAR_FOUR = 0.25
"""c/a counts as about 4 within this."""


def axis_list(library: Library) -> Listing:
    """c/a of every cuprate of the library."""
    cells: list[tuple[Cell, ...]] = []
    near, against = [], []
    for id in library.of("cuprate"):
        ratio = axis_ratios(library.structures[id])
        tc = library.measured_k(id)
        cells.append(
            (id, ratio.edge_ang, ratio.repeat_ang, ratio.repeat_over_edge, ratio.spacing_over_edge, tc)
        )
        if ratio.repeat_over_edge is not None:
            near.append(abs(ratio.repeat_over_edge - 4) <= NEAR_FOUR)
            if tc is not None:
                against.append((abs(ratio.repeat_over_edge - 4), tc))
    pearson, spearman = correlations(against)
    return Listing(
        "axes",
        "c/a over the cuprates",
        f"{sum(near)} of {len(near)} cuprates have c/a within {NEAR_FOUR} of 4. Over the "
        f"{len(against)} with a "
        f"measured T_c, T_c against the distance of c/a from 4 correlates with r = {pearson:+.2f} "
        f"(rank {spearman:+.2f}).",
        (
            text("Id"),
            number("a", "Å", 3, "mean edge of the net"),
            number("c", "Å", 3, "repeat along the normal"),
            number("c/a", digits=2),
            number("Sheet to sheet / a", digits=2),
            number("Measured T_c", "K", 1),
        ),
        tuple(cells),
    )


def stripe_list(library: Library) -> Listing:
    """The nearest member of the stripe series for La2-xAxCuO4 of the library."""
    cells: list[tuple[Cell, ...]] = []
    for id in library.of("cuprate"):
        held = library.references[id].composition().get_el_amt_dict()
        doping = held.get("Ba", 0.0) + held.get("Sr", 0.0)
        if set(held) <= {"La", "Ba", "Sr", "Cu", "O"} and held.get("La", 0) > 1.5 and 0 < doping < 0.5:
            n = nearest_spacing(doping)
            meaning = STRIPE_MEANING.get(n, "not said")
            tc = library.measured_k(id)
            cells.append(
                (id, doping, n, float(stripe_doping(n)), doping - float(stripe_doping(n)), meaning, tc)
            )
    measured = [(float(row[6]), row) for row in cells if isinstance(row[6], float)]
    lowest = min(measured, key=lambda one: one[0], default=None)
    return Listing(
        "anomaly",
        "Doping and the nearest stripe series",
        "Hole-doped La2CuO4 of the library."
        if lowest is None
        else f"Hole-doped La2CuO4 of the library: the lowest measured T_c, {lowest[0]:g} K, is that of "
        f"{lowest[1][0]}, which is nearest to n = {lowest[1][2]} and "
        f"{abs(float(lowest[1][4] or 0)):.3f} off its x.",
        (
            text("Id"),
            number("x", digits=3),
            number("Nearest n", digits=0),
            number("2/(4n)", digits=3),
            number("Off by", digits=3),
            text("What the proposal says of n"),
            number("Measured T_c", "K", 1),
        ),
        tuple(cells),
    )


def cleavage_list(library: Library) -> Listing:
    """Cleavage plane and contrast of every candidate of the library."""
    found = {id: cleavage(library.structures[id]) for id in library.candidates}
    cells = tuple(
        (
            id,
            library.references[id].family,
            "-".join(one.exposed),
            one.gap_ang,
            one.h_alpha_ang,
            one.h_beta_ang,
            one.contrast,
        )
        for id, one in found.items()
    )
    contrasts = sorted((one.contrast, id) for id, one in found.items())
    return Listing(
        "cleavage",
        "Cleavage planes and contrast over the library",
        f"k runs from {contrasts[0][0]:.3f} ({contrasts[0][1]}) to {contrasts[-1][0]:.3f} "
        f"({contrasts[-1][1]}). "
        "The surface is the atomic plane that the widest gap leaves; ionic charge and polarity are "
        "not weighed.",
        (
            text("Id"),
            text("Family"),
            text("Surface"),
            number("Gap", "Å", 2),
            number("h_α", "Å", 3),
            number("h_β", "Å", 3),
            number("k", digits=3),
        ),
        cells,
    )


def trilayer_list(library: Library) -> Listing:
    """Inner and outer cages of every trilayer compound of the library."""
    cells: list[tuple[Cell, ...]] = []
    reversed_order: list[str] = []
    for id in library.candidates:
        found = trilayer(library.records[id].phases)
        if found is None:
            continue
        family = library.references[id].family
        if not found.inner_is_smaller:
            reversed_order.append(id)
        lam = family_lambda(family)
        cells.append(
            (
                id,
                family,
                "/".join(found.inner_apexes),
                found.inner_ang,
                "/".join(found.outer_apexes),
                found.outer_ang,
                "inner < outer" if found.inner_is_smaller else "inner > outer",
                found.binding_ratio,
                found.gap_ratio,
                critical_temperature_k(found.inner_ang, lam),
                critical_temperature_k(found.outer_ang, lam),
                library.references[id].checked,
            )
        )
    return Listing(
        "trilayers",
        "Trilayers of the library",
        f"{len(cells) - len(reversed_order)} of {len(cells)} have the smaller cage on the inner "
        "sheet, as the "
        f"proposal says of Bi2223; the other way round: {', '.join(reversed_order) or 'none'}.",
        (
            text("Id"),
            text("Family"),
            text("Inner apexes"),
            number("ξ inner", "Å", 3),
            text("Outer apexes"),
            number("ξ outer", "Å", 3),
            text("Order"),
            number("E inner/outer", digits=3, meaning="E ∝ 1/ξ²"),
            number("Δ inner/outer", digits=3, meaning="Δ ∝ 1/ξ"),
            number("λ/ξ² inner", "K", 1),
            number("λ/ξ² outer", "K", 1),
            text("Structure"),
        ),
        tuple(cells),
    )
