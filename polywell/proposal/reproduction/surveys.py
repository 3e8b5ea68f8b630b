"""What the proposal's relations give over the whole reference library, beyond the values that it prints.

A survey is a table of numbers by column, and the few numbers that sum it up. Most columns are simply what
is known of a structure, by its attribute. What they are called on a page stands with the pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from polywell.proposal.landscape import correlations
from polywell.proposal.reproduction.library import FAMILIES, Library
from polywell.proposal.reproduction.tables import rule_costs
from polywell.proposal.resonance import PARITY, relative_intensities, resonance_energy_mev
from polywell.proposal.rows import Row
from polywell.proposal.stripes import STRIPE_MEANING, nearest_spacing, stripe_doping
from polywell.proposal.trilayers import trilayer
from polywell.relation import critical_temperature_k

Cell = Any
"""A number, a text, a truth, several texts, or None."""

NEAR_FOUR = 0.25
"""c/a counts as about 4 within this."""


@dataclass(frozen=True)
class Survey:
    """One table: its name, names of columns, rows of equal length, and numbers that sum it up."""

    key: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    facts: Mapping[str, Any] = field(default_factory=dict)


def survey(key: str, columns: str, rows: Iterable[tuple[Cell, ...]], **facts: Any) -> Survey:
    """A survey from its columns' names, in one text, and its rows.

    Raises:
        ValueError: a row has another number of cells than there are columns.
    """
    names, cells = tuple(columns.split()), tuple(rows)
    for row in cells:
        if len(row) != len(names):
            raise ValueError(f"{key}: a row has {len(row)} cells, expected {len(names)}")
    return Survey(key, names, cells, facts)


def _known(key: str, columns: str, members: Iterable[object], **facts: Any) -> Survey:
    """A survey whose columns are attributes of its members."""
    taken = attrgetter(*columns.split())
    return survey(key, columns, (taken(one) for one in members), **facts)


def printed_rows(rows: Sequence[Row], table: int) -> Survey:
    """Table 1 or 2, phase by phase: printed and measured ξ, λ from either, which rules choose the phase."""
    ours = [row for row in rows if row.table == table]
    cells = []
    for row in ours:
        smallest, largest = (
            {name for name, xi in row.structure_xi.items() if xi == pick(row.structure_xi.values())}
            for pick in (min, max)
        )
        rules = (("printed", {row.printed_phase}), ("ceiling", smallest), ("outer", largest))
        for name in sorted({*row.printed_xi, *row.structure_xi}):
            printed, found = row.printed_xi.get(name), row.structure_xi.get(name)
            cells.append(
                (
                    row.row,
                    name,
                    row.tc_k,
                    printed,
                    found,
                    row.arithmetic_lambda.get(name),
                    row.structure_lambda.get(name),
                    row.printed_lambda if row.printed_phase == name else None,
                    None if found is None else critical_temperature_k(found, row.family_lambda),
                    tuple(rule for rule, named in rules if name in named),
                    row.id,
                    row.member.reference.checked,
                )
            )
    return survey(
        f"table{table}",
        "row phase tc_k xi_printed_ang xi_ang lambda_printed_xi lambda_structure lambda_printed relation_k "
        "chosen_by id checked",
        cells,
        independent=sum(not row.built for row in ours),
        all=len(ours),
    )


def hidden_choice(rows: Sequence[Row]) -> Survey:
    """Which phase each row names, and which one every rule would have named."""
    several = [row for row in rows if len(row.printed_xi) > 1]
    return _known(
        "choice",
        "row printed_phase arithmetic_phase nearest_phase ceiling_phase outer_phase arithmetic_lambda",
        several,
        several=len(several),
        nearest=sum(row.nearest_phase == row.printed_phase for row in several),
        smallest=sum(row.printed_phase == min(row.printed_xi) for row in several),
    )


def choice_costs(rows: Sequence[Row]) -> Survey:
    """What fixing the choice in advance costs."""
    columns = "table heights rule rule rows mean_error_k worst_error_k lambda_mean lambda_spread"
    return _known("costs", columns, rule_costs(rows))


def anomaly(library: Library) -> Survey:
    """The nearest member of the stripe series for La2-xAxCuO4 of the library."""
    cells: list[tuple[Cell, ...]] = []
    measured = []
    for one in library.of("cuprate"):
        held = set(one.reference.composition().get_el_amt_dict())
        x = one.amount("Ba") + one.amount("Sr")
        if held <= {"La", "Ba", "Sr", "Cu", "O"} and one.amount("La") > 1.5 and 0 < x < 0.5:
            n = nearest_spacing(x)
            step = float(stripe_doping(n))
            cells.append((one.id, x, n, step, x - step, STRIPE_MEANING.get(n, "not said"), one.measured_k))
            if one.measured_k is not None:
                measured.append((one.measured_k, one.id, n, abs(x - step)))
    facts = dict(zip(("lowest_k", "id", "n", "off"), min(measured), strict=True))
    return survey("anomaly", "id x n step off meaning measured_k", cells, **facts)


def axes(library: Library) -> Survey:
    """c/a of every cuprate of the library."""
    members = library.of("cuprate")
    ratios = [(one, one.axes.repeat_over_edge) for one in members if one.axes.repeat_over_edge is not None]
    against = [(abs(ratio - 4), one.measured_k) for one, ratio in ratios if one.measured_k is not None]
    pearson, spearman = correlations(against)
    return _known(
        "axes",
        "id axes.edge_ang axes.repeat_ang axes.repeat_over_edge axes.spacing_over_edge measured_k",
        members,
        near=sum(abs(ratio - 4) <= NEAR_FOUR for _, ratio in ratios),
        ratios=len(ratios),
        within=NEAR_FOUR,
        measured=len(against),
        pearson=pearson,
        spearman=spearman,
    )


def cleavages(library: Library) -> Survey:
    """Cleavage plane and contrast of every candidate of the library."""
    contrasts = sorted((one.cleavage.contrast, one.id) for one in library.candidates)
    return _known(
        "cleavage",
        "id reference.family cleavage.exposed cleavage.gap_ang cleavage.h_alpha_ang cleavage.h_beta_ang "
        "cleavage.contrast",
        library.candidates,
        lowest=contrasts[0],
        highest=contrasts[-1],
    )


def trilayers(library: Library) -> Survey:
    """Inner and outer cages of every trilayer compound of the library."""
    members = [one for one in library.candidates if trilayer(one.record.phases)]
    reverse = tuple(one.id for one in members if not one.trilayer.inner_is_smaller)
    return _known(
        "trilayers",
        "id reference.family trilayer.inner_apexes trilayer.inner_ang trilayer.outer_apexes "
        "trilayer.outer_ang trilayer.inner_is_smaller trilayer.binding_ratio trilayer.gap_ratio inner_k "
        "outer_k reference.checked",
        members,
        ordered=len(members) - len(reverse),
        all=len(members),
        reverse=reverse,
    )


def landscapes(library: Library) -> Survey:
    """The landscape of the smallest cage of every candidate."""
    wells = {name: [one.landscape.gamma_is_well for one in library.of(name)] for name in FAMILIES}
    return _known(
        "landscape",
        "id reference.family xi_ang landscape.metal_charge landscape.gamma_ev landscape.gamma_is_well "
        "landscape.depth_ev landscape.pass_ang landscape.wall_over_pass_ev landscape.pockets "
        "landscape.lobes landscape.normal_ev_ang2",
        library.candidates,
        wells={name: sum(found) for name, found in wells.items()},
        of={name: len(found) for name, found in wells.items()},
        pockets=sum(one.landscape.pockets for one in library.candidates),
    )


def resonances(library: Library, theta_mev_ang2: float) -> Survey:
    """Predicted resonances of every iron-based compound with a cage."""
    cells: list[tuple[Cell, ...]] = []
    for one in library.of("iron-based"):
        eta = one.eta_ang
        strong = relative_intensities(eta) if eta else {}
        for phase in (phase for phase in one.record.phases if phase.cage in PARITY):
            energy, name = resonance_energy_mev(phase.xi_ang, theta_mev_ang2), phase.phase
            parity = PARITY[phase.cage]
            cells.append((one.id, name, phase.xi_ang, energy, parity, eta.get(name), strong.get(name)))
    columns = "id mode xi_ang energy_mev parity eta_ang intensity"
    return survey("resonance", columns, cells, theta=theta_mev_ang2)


def pressed(library: Library) -> Survey:
    """Structures of the library under pressure: the relation beside what was measured there."""
    members = [one for one in library.candidates if (one.reference.pressure_gpa or 0.0) > 0]
    members.sort(key=lambda one: (one.reference.structure_type, one.reference.pressure_gpa or 0.0, one.id))
    columns = "id reference.pressure_gpa xi_ang ceiling_k measured_k cell"
    estimated = sum(one.estimated for one in members)
    return _known("pressed", columns, members, estimated=estimated, all=len(members))


def nickelates(library: Library) -> Survey:
    """Ceilings of the nickelates beside those of the cuprates."""
    members = sorted(library.of("nickelate"), key=lambda one: -one.ceiling_k)
    cuprates = [one.ceiling_k for one in library.of("cuprate")]
    highest = max(one.ceiling_k for one in members)
    return _known(
        "nickelates",
        "id first_apexes xi_ang ceiling_k measured_k reference.pressure_gpa reference.checked",
        members,
        above=sum(one.ceiling_k > 100 for one in members),
        all=len(members),
        highest=highest,
        beaten=sum(value < highest for value in cuprates),
        cuprates=len(cuprates),
        highest_cuprate=max(cuprates),
    )
