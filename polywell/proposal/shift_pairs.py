"""Pressure, chemical pressure and the nickelate ceiling: printed beside computed."""

from __future__ import annotations

from polywell.proposal.chemical_pressure import (
    coordination_numbers,
    shannon_radius_ang,
    shift_by_heights_k,
    shift_by_radii_k,
)
from polywell.proposal.library import Library, family_lambda
from polywell.proposal.published import Pair, compare, not_computed, printed_values, rounding_slack
from polywell.proposal.trilayers import trilayer
from polywell.relation import critical_temperature_k


def dome_pairs(library: Library) -> list[Pair]:
    """The two domes of K0.8Fe2Se2."""
    values = {name.removeprefix("domes."): one for name, one in printed_values().items()}
    lam, pairs = family_lambda("iron-based"), []
    low, high = "k0.8fe2se2", "k0.8fe2se2-12.5gpa"
    for number, id, phase in ((1, low, "beta"), (2, high, "alpha")):
        xi = library.phase(id, phase).xi_ang
        built = library.built(id)
        printed_xi = values[f"xi_{number}"]
        pairs.append(compare(printed_xi, xi, "structure", id, built=built))
        slack = rounding_slack(lambda length: critical_temperature_k(length, lam), [printed_xi])
        from_text = critical_temperature_k(printed_xi.number, lam)
        names = [f"tc_{number}", f"tc_{number}_measured"] + (["tc_2_quoted"] if number == 2 else [])
        for name in names:
            pairs.append(compare(values[name], from_text, "arithmetic", f"{lam:.0f}/ξ²", slack=slack))
            tc = critical_temperature_k(xi, lam)
            pairs.append(compare(values[name], tc, "structure", id, built=built))
    jump = values["jump"]
    half = values["xi_2"].number / 2
    pairs.append(compare(jump, half, "arithmetic", "ξ_α/2"))
    pairs.append(compare(jump, library.phase(low, "alpha").xi_ang / 2, "structure", low))
    for name in ("end_1", "begin_2", "end_2"):
        pairs.append(not_computed(values[name], "A transition pressure: measured, and drawn as given."))
    return pairs


def chemical_pairs(library: Library) -> list[Pair]:
    """ΔT_c of La3Ni2O7 → La2PrNi2O7 by radii and by heights."""
    values = {name.removeprefix("chemical."): one for name, one in printed_values().items()}
    host, guest = "la3ni2o7", "la2prni2o7"
    pairs = []
    bonds = coordination_numbers(library.structures[host], "La")
    number = max(sorted(set(bonds)), key=lambda one: bonds.count(one))
    radii = {}
    for name, symbol in (("r_la", "La"), ("r_pr", "Pr")):
        six, here = shannon_radius_ang(symbol, 3, 6), shannon_radius_ang(symbol, 3, number)
        radii[symbol] = here
        pairs.append(compare(values[name], six, "table", "Shannon, 6-coordinated"))
        because = f"La has {', '.join(str(one) for one in sorted(set(bonds)))} oxygens here, not 6."
        pairs.append(
            compare(
                values[name],
                here,
                "structure",
                f"Shannon, {number}-coordinated as in {host}",
                because=because,
            )
        )
    inputs = [values["tc"], values["r_la"], values["r_pr"]]
    slack = rounding_slack(shift_by_radii_k, inputs)
    again = shift_by_radii_k(*(one.number for one in inputs))
    tc = values["tc"].number
    outer = shift_by_radii_k(tc, radii["La"], radii["Pr"])
    old, new = (library.phase(id, "alpha").xi_ang for id in (host, guest))
    moved = shift_by_heights_k(old, new, family_lambda("nickelate"))
    share = float(
        library.references[guest].composition()["Pr"] / library.references[host].composition()["La"]
    )
    for name in ("shift", "shift_measured"):
        printed = values[name]
        because = f"With one La in three replaced, the mean radius moves by a third: {again * share:+.1f} K."
        pairs.append(
            compare(printed, again, "arithmetic", "T_c (r_La - r_Pr)/r_La", slack=slack, because=because)
        )
        because = (
            f"Radii of {number}-coordinated ions, {radii['La']:.3f} and {radii['Pr']:.3f} Å; by their share "
            f"{outer * share:+.1f} K."
        )
        pairs.append(compare(printed, outer, "structure", host, because=because))
        because = (
            f"λ/ξ² with ξ from {old:.3f} to {new:.3f} Å, at ambient pressure and with the heights of the "
            "parent: only the cell is the compound's own."
        )
        pairs.append(compare(printed, moved, "structure", f"{host}, {guest}", because=because))
    pairs.append(compare(values["tc_measured"], tc + again, "arithmetic", "T_c + ΔT_c", slack=slack))
    measured = library.references["la3ni2o7-29.5gpa"]
    onset = measured.tc_k or measured.tc_onset_k or measured.tc_zero_k
    if onset is not None:
        pairs.append(compare(values["tc"], onset, "measurement", measured.id))
    return pairs


def nickelate_pairs(library: Library) -> list[Pair]:
    """The ceiling of nickelates."""
    values = {name.removeprefix("nickelates."): one for name, one in printed_values().items()}
    lam, pairs = family_lambda("nickelate"), []
    id = "la3ni2o7-29.5gpa"
    reference, xi = library.references[id], library.phase(id, "alpha").xi_ang
    z = next(site.xyz[2] for site in reference.sites if site.label == "La2")
    pairs.append(
        compare(values["z_la"], z, "structure", id, because="Neither value was read in a primary source.")
    )
    pairs.append(compare(values["c"], reference.c_ang, "structure", id))
    inputs = [values["z_la"], values["c"]]

    def height(z_la: float, c_ang: float) -> float:
        return (0.5 - z_la) * c_ang

    again = height(*(one.number for one in inputs))
    because = (
        f"z = {z:g} here against {values['z_la'].number:g}: 0.001 in z is {reference.c_ang / 1000:.3f} Å."
    )
    pairs.append(
        compare(values["xi"], again, "arithmetic", "(1/2 - z) c", slack=rounding_slack(height, inputs))
    )
    pairs.append(compare(values["xi"], xi, "structure", id, because=because))
    tc = critical_temperature_k(xi, lam)
    slack = rounding_slack(lambda length: critical_temperature_k(length, lam), [values["xi"]])
    from_text = critical_temperature_k(values["xi"].number, lam)
    pairs.append(compare(values["tc"], from_text, "arithmetic", f"{lam:.0f}/ξ²", slack=slack))
    pairs.append(compare(values["tc"], tc, "structure", id, because=because))
    above = {
        one: library.records[one].tc_ceiling_k or 0.0
        for one in library.candidates
        if library.references[one].family == "nickelate"
    }
    top = max(above, key=lambda one: (above[one], one))
    over = sum(value > values["limit"].number for value in above.values())
    because = (
        f"By the same relation {over} of {len(above)} nickelates of the library lie above it, the highest "
        f"is {library.references[top].name} with {above[top]:.0f} K."
    )
    pairs.append(compare(values["limit"], tc, "structure", id, because=because))
    high = trilayer(library.records["la4ni3o10-high-pressure"].phases)
    if high is None:
        raise ValueError("la4ni3o10-high-pressure has no trilayer in the reference library")
    heights = sorted((high.inner_ang, high.outer_ang))
    inner = "inner" if high.inner_ang > high.outer_ang else "outer"
    for name, xi in zip(("alpha", "beta"), heights, strict=True):
        printed = values[f"xi_{name}"]
        because = f"The larger cage of this structure is that of the {inner} sheet."
        pairs.append(compare(printed, xi, "structure", "la4ni3o10-high-pressure", because=because))
        slack = rounding_slack(lambda length: critical_temperature_k(length, lam), [printed])
        pairs.append(
            compare(
                values[f"tc_{name}"],
                critical_temperature_k(printed.number, lam),
                "arithmetic",
                f"{lam:.0f}/ξ²",
                slack=slack,
            )
        )
        pairs.append(
            compare(
                values[f"tc_{name}"],
                critical_temperature_k(xi, lam),
                "structure",
                "la4ni3o10-high-pressure",
                because=because,
            )
        )
    for one in ("hgba2ca2cu3o8.41", "tl2ba2ca2cu3o10"):
        found = trilayer(library.records[one].phases)
        if found is not None:
            because = f"Its inner apexes are {' and '.join(found.inner_apexes)}."
            pairs.append(
                compare(
                    values["xi_cuprates"],
                    found.inner_ang,
                    "structure",
                    one,
                    built=library.built(one),
                    because=because,
                )
            )
    return pairs
