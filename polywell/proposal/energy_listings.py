"""Listings of energies over the library: Coulomb landscapes, what they follow, and resonances."""

from __future__ import annotations

from collections.abc import Sequence

from polywell.data.charges import RULE
from polywell.proposal.landscape import correlations
from polywell.proposal.library import Library
from polywell.proposal.listings import Cell, Listing, number, text
from polywell.proposal.resonance import modes, pair_distances_ang, relative_intensities

NEUTRAL_METAL = 0.05
"""A metal counts as divalent within this, in e."""


def landscape_list(library: Library) -> Listing:
    """The landscape of the smallest cage of every candidate."""
    cells = tuple(
        (
            id,
            library.references[id].family,
            library.records[id].xi_ceiling_ang,
            one.metal_charge,
            one.gamma_ev,
            "well in the sheet" if one.gamma_is_well else "no well",
            one.depth_ev,
            one.pass_ang,
            None if one.wall_ev is None or one.pass_ev is None else one.wall_ev - one.pass_ev,
            len(one.pockets_ev),
            len(one.lobes_deg),
            one.curvature_ev_ang2[2],
        )
        for id, one in library.landscapes.items()
    )
    wells = {
        family: [
            one.gamma_is_well
            for id, one in library.landscapes.items()
            if library.references[id].family == family
        ]
        for family in ("cuprate", "nickelate", "iron-based")
    }
    pockets = sum(len(one.pockets_ev) for one in library.landscapes.values())
    said = ", ".join(
        f"{sum(one)} of {len(one)} {name}s" for name, one in wells.items() if name != "iron-based"
    )
    iron = wells["iron-based"]
    return Listing(
        "landscape",
        "Coulomb landscapes over the library",
        f"Γ is a minimum within the sheet in {said} and in {sum(iron)} of {len(iron)} iron-based compounds; "
        f"separate pockets on the diagonals were found {pockets} times. Charges: {RULE}.",
        (
            text("Id"),
            text("Family"),
            number("ξ", "Å", 3),
            number("Metal charge", "e", 2, "what neutrality leaves for the metal"),
            number("U(Γ)", "eV", 2, "zero is the mean over the cell"),
            text("Γ"),
            number("Depth of Γ", "eV", 2, "from Γ up to the lowest pass on a diagonal"),
            number("Pass at", "Å", 2, "distance of the pass from Γ"),
            number(
                "Edge over diagonal", "eV", 2, "energy towards an edge less that of the pass, at its distance"
            ),
            number("Pockets", digits=0),
            number("Lobes", digits=0, meaning="directions of lowest energy on the circle of the passes"),
            number("Along the normal", "eV/Å²", 1, "second derivative: negative is a maximum"),
        ),
        cells,
    )


def landscape_tests(library: Library) -> Listing:
    """How the depth at Γ goes with ξ, which the proposal's authors did not test."""
    cells: list[tuple[Cell, ...]] = []
    said: list[str] = []
    against: list[str] = []
    charge: list[bool] = []
    by_xi = 0.0
    for family in ("cuprate", "nickelate", "iron-based"):
        ids = [id for id in library.of(family) if not library.built(id) and not library.estimated(id)]
        for what, x, y, kept in (
            ("depth of Γ against ξ", "xi", "depth", ids),
            ("depth of Γ against ξ, divalent metal only", "xi", "depth", _divalent(library, ids)),
            ("depth of Γ against the metal's charge", "charge", "depth", ids),
            ("ξ against the metal's charge", "charge", "xi", ids),
            ("U(Γ) against ξ", "xi", "gamma", ids),
            ("measured T_c against the depth of Γ", "depth", "tc", ids),
            ("measured T_c against U(Γ)", "gamma", "tc", ids),
        ):
            points = [
                (first, second)
                for id in kept
                if (first := _quantity(library, id, x)) is not None
                and (second := _quantity(library, id, y)) is not None
            ]
            if len(points) < 5 or len({first for first, _ in points}) < 3:
                continue
            pearson, spearman = correlations(points)
            cells.append((family, what, len(points), pearson, spearman))
            if what == "measured T_c against the depth of Γ":
                against.append(f"{family} {pearson:+.2f}")
            if what == "depth of Γ against the metal's charge":
                charge.append(abs(pearson) > abs(by_xi))
            if what == "depth of Γ against ξ":
                by_xi = pearson
                said.append(f"{family} r = {pearson:+.2f} (rank {spearman:+.2f}, {len(points)} compounds)")
    return Listing(
        "correlations",
        "Does the depth follow ξ?",
        f"Depth of Γ within the sheet against ξ: {'; '.join(said)}. A negative sign is what the proposal "
        f"needs: a shorter cage binds more. In {sum(charge)} of {len(charge)} families the metal's charge "
        "goes with the depth more closely than ξ does. Measured T_c against the depth: "
        f"{', '.join(against)}; a positive sign is what the proposal needs. "
        "Structures built to a printed ξ or estimated are left out; iron-based compounds have no "
        "well whose depth could be taken.",
        (
            text("Family"),
            text("Quantities"),
            number("Compounds", digits=0),
            number("Pearson r", digits=2),
            number("Spearman ρ", digits=2),
        ),
        tuple(cells),
    )


def resonance_list(library: Library, theta_mev_ang2: float) -> Listing:
    """Predicted resonances of every compound with several cages."""
    cells: list[tuple[Cell, ...]] = []
    for id in library.of("iron-based"):
        phases = library.records[id].phases
        eta = pair_distances_ang(library.structures[id], phases)
        strong = relative_intensities(eta) if eta else {}
        for mode in modes(phases, theta_mev_ang2):
            name = mode.phase
            cells.append(
                (id, name, mode.xi_ang, mode.energy_mev, mode.parity, eta.get(name), strong.get(name))
            )
    return Listing(
        "resonance",
        "Predicted resonances",
        f"E = θ/ξ² with θ = {theta_mev_ang2:.1f} meV·Å² from CaKFe4As4 for every iron-based "
        "compound with a cage; "
        "predictions of the relation, not fits.",
        (
            text("Id"),
            text("Mode"),
            number("ξ", "Å", 3),
            number("E", "meV", 1),
            text("Parity"),
            number("η", "Å", 2, "distance of the pair across the spacer, where there are two spacers"),
            number("Intensity", digits=2, meaning="relative to the weakest mode of the compound, ∝ 1/η²"),
        ),
        tuple(cells),
    )


def _divalent(library: Library, ids: Sequence[str]) -> list[str]:
    return [id for id in ids if abs(library.landscapes[id].metal_charge - 2) <= NEUTRAL_METAL]


def _quantity(library: Library, id: str, name: str) -> float | None:
    found = library.landscapes[id]
    return {
        "xi": library.records[id].xi_ceiling_ang,
        "depth": found.depth_ev,
        "gamma": found.gamma_ev,
        "charge": found.metal_charge,
        "tc": library.measured_k(id),
    }[name]
