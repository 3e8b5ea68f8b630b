"""Spin resonance of CaKFe4As4: printed beside computed, by text, Table 2 and structure."""

from __future__ import annotations

from collections.abc import Mapping

from polywell.proposal.library import Library
from polywell.proposal.published import Pair, Printed, compare, not_computed, printed_values, rounding_slack
from polywell.proposal.resonance import (
    eta_of_even_mode_ang,
    heights_of_1144_ang,
    pair_distances_ang,
    parity,
    relative_intensities,
    resonance_energy_mev,
    strength_mev_ang2,
)


def resonance_pairs(library: Library) -> list[Pair]:
    """Heights, energies, distances and intensities of CaKFe4As4, three ways."""
    values = {name.removeprefix("resonance."): one for name, one in printed_values().items()}
    id, pairs = "cakfe4as4", []
    reference = library.references[id]
    table = reference.published
    if table is None:
        raise ValueError(f"{id} carries no row of Table 2 in the reference library")
    heights = {name: library.phase(id, name).xi_ang for name in ("alpha", "beta", "gamma")}
    cold = (
        f"The cell here ({reference.checked}, c = {reference.c_ang:.2f} Å) is "
        f"{100 * (reference.c_ang / values['c'].number - 1):.1f} % longer than the text's."
    )
    pairs.append(compare(values["c"], reference.c_ang, "structure", id, because=cold))
    pairs.append(compare(values["iron_distance"], 2 * heights["beta"], "structure", id, because=cold))
    cell = [values["c"], values["iron_distance"]]
    text = dict(zip(("beta", "gamma"), heights_of_1144_ang(*(one.number for one in cell)), strict=True))
    second = {"alpha": table.xi_alpha_ang, "beta": table.xi_beta_ang, "gamma": table.xi_gamma_ang}
    for place, name in enumerate(("beta", "gamma")):
        slack = rounding_slack(lambda c, d, place=place: heights_of_1144_ang(c, d)[place], cell)
        printed = values[f"xi_{name}"]
        pairs.append(compare(printed, text[name], "arithmetic", "half the sheet distances", slack=slack))
        pairs.append(compare(printed, heights[name], "structure", id, because=cold))
    implied = (values["c"].number - values["eta_beta"].number - values["eta_gamma"].number) / 2
    slack = rounding_slack(
        lambda c, b, g: (c - b - g) / 2, [values["c"], values["eta_beta"], values["eta_gamma"]]
    )
    because = (
        f"The printed c, η_β and η_γ leave {implied:.3f} Å for ξ_α, which is Table 2's "
        f"{second['alpha'] or 0:.4f} Å within its rounding and not the text's: the text contradicts itself."
    )
    pairs.append(
        compare(values["xi_alpha"], implied, "arithmetic", "(c - η_β - η_γ)/2", slack=slack, because=because)
    )
    if second["alpha"] is not None:
        pairs.append(compare(values["xi_alpha"], second["alpha"], "arithmetic", "Table 2", because=because))
    pairs.append(compare(values["xi_alpha"], heights["alpha"], "structure", id, because=cold))
    text["alpha"] = values["xi_alpha"].number
    pairs.append(
        not_computed(values["e_beta"], "The measured energy that fixes θ: an input of the relation.")
    )
    for suffix in ("", "_measured"):
        for name in ("alpha", "gamma"):
            printed = values[f"e_{name}{suffix}"]
            for origin, xi in (("text's ξ", text), ("Table 2's ξ", second)):
                pairs.append(_energy(printed, name, xi, values, origin, "arithmetic"))
            pairs.append(_energy(printed, name, heights, values, id, "structure"))
    pairs += _eta_pairs(library, values, id)
    rule = "That tridecahedra are odd and nonahedra even was read off these three modes."
    for name in ("alpha", "beta", "gamma"):
        cage = library.phase(id, name).cage
        pairs.append(
            compare(values[f"parity.{name}"], parity(cage), "structure", f"{id}: {cage}", circular=rule)
        )
    pairs.append(
        not_computed(values["delay"], "No relation of the proposal gives a phase of the oscillation.")
    )
    return pairs


def _energy(
    printed: Printed,
    name: str,
    xi: Mapping[str, float | None],
    values: Mapping[str, Printed],
    origin: str,
    basis: str,
) -> Pair:
    mode, beta = xi[name], xi["beta"]
    if mode is None or beta is None:
        raise ValueError(f"Table 2 gives no ξ of {name} for CaKFe4As4: check the reference library")
    measured = values["e_beta"]

    def energy(e_beta: float) -> float:
        return resonance_energy_mev(mode, strength_mev_ang2(e_beta, beta))

    # The slack counts E_β as exact: half a meV of it would cover everything.
    ratio = (
        f"(ξ_β/ξ_{name})² = {(beta / mode) ** 2:.3f}; half a meV of E_β moves it by "
        f"{0.5 * (beta / mode) ** 2:.2f} meV."
    )
    if basis == "structure":
        return compare(printed, energy(measured.number), "structure", origin, because=ratio)
    return compare(printed, energy(measured.number), "arithmetic", origin, because=ratio)


def _eta_pairs(library: Library, values: Mapping[str, Printed], id: str) -> list[Pair]:
    eta = pair_distances_ang(library.structures[id], library.records[id].phases)
    pairs = [
        compare(
            values[f"eta_{name}"],
            eta[name],
            "structure",
            id,
            because="Our reading of η; the cell is another.",
        )
        for name in ("alpha", "beta", "gamma")
    ]
    inputs = [values["iron_distance"], values["eta_beta"]]

    def far(distance: float, eta_beta: float) -> float:
        return eta_of_even_mode_ang(distance / 2, (distance - eta_beta) / 2)

    again = far(*(one.number for one in inputs))
    slack = rounding_slack(far, inputs)
    rule = (
        "From the far iron sheet to the next anion plane is our reading, chosen because it gives the value."
    )
    pairs.append(
        compare(values["eta_alpha"], again, "arithmetic", "2ξ_β + (2ξ_β - η_β)/2", slack=slack, circular=rule)
    )
    printed = {name: values[f"eta_{name}"].number for name in ("alpha", "beta", "gamma")}
    for basis, origin, distances in (("arithmetic", "printed η", printed), ("structure", id, eta)):
        strong = relative_intensities(distances)
        because = f"β is {strong['beta']:.1f} and γ {strong['gamma']:.1f} times α, their mean is taken."
        mean = (strong["beta"] + strong["gamma"]) / 2
        kind = "structure" if basis == "structure" else "arithmetic"
        pairs.append(compare(values["intensity"], mean, kind, origin, because=because))  # type: ignore[arg-type]
    return pairs
