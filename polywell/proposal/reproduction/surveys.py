"""What the proposal's relations give over the whole reference library, beyond the values that it prints.

A survey is a table, and the few numbers that sum it up. Most columns are simply what is known of a structure,
by its name; which ones a page gives, and what it calls them, stands with the pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from polywell.doping import STRIPE_MEANING, nearest_spacing, stripe_doping
from polywell.evidence.evaluation.scores import correlations
from polywell.proposal.reproduction.library import FAMILIES, Library
from polywell.proposal.resonance import PARITY, relative_intensities, resonance_energy_mev
from polywell.proposal.rows import Row
from polywell.relation import critical_temperature_k

NEAR_FOUR = 0.25
"""c/a counts as about 4 within this."""


class Survey:
    """One table: its name, what stands in its rows, and numbers that sum it up.

    A row is a member of the library or a `Row`; which of its attributes are columns stands with the pages.
    """

    def __init__(self, key: str, rows: Iterable[object], **facts: Any) -> None:
        """Hold the rows, and the facts by name."""
        self.key, self.rows, self.facts = key, tuple[Any, ...](rows), facts


def printed_rows(rows: Sequence[Row], table: int) -> Survey:
    """Table 1 or 2, phase by phase: printed and measured ξ, λ from either, which rules choose the phase."""
    ours = [row for row in rows if row.table == table]
    cells = []
    for row in ours:
        least, most = (pick(row.structure_xi.values(), default=None) for pick in (min, max))
        for name in sorted({*row.printed_xi, *row.structure_xi}):
            found, named = row.structure_xi.get(name), row.printed_phase == name
            rules = {"printed": named, "ceiling": found == least, "outer": found == most}
            cells.append(
                Row(
                    row=row.row,
                    phase=name,
                    tc_k=row.tc_k,
                    xi_printed_ang=row.printed_xi.get(name),
                    xi_ang=found,
                    lambda_printed_xi=row.arithmetic_lambda.get(name),
                    lambda_structure=row.structure_lambda.get(name),
                    lambda_printed=row.printed_lambda if named else None,
                    relation_k=found and critical_temperature_k(found, row.family_lambda),
                    chosen_by=tuple(rule for rule, chosen in rules.items() if chosen),
                    id=row.id,
                    checked=row.member.cell,
                )
            )
    return Survey(f"table{table}", cells, independent=sum(not row.built for row in ours), all=len(ours))


def hidden_choice(rows: Sequence[Row]) -> Survey:
    """Which phase each row names, and which one every rule would have named."""
    several = [row for row in rows if len(row.printed_xi) > 1]
    return Survey(
        "choice",
        several,
        several=len(several),
        nearest=sum(row.nearest_phase == row.printed_phase for row in several),
        smallest=sum(row.printed_phase == min(row.printed_xi) for row in several),
    )


def anomaly(library: Library) -> Survey:
    """The nearest member of the stripe series for La2-xAxCuO4 of the library."""
    found = []
    for one in library.of("cuprate"):
        held = set(one.reference.composition().get_el_amt_dict())
        x = one.amount("Ba") + one.amount("Sr")
        if held <= {"La", "Ba", "Sr", "Cu", "O"} and one.amount("La") > 1.5 and 0 < x < 0.5:
            n = nearest_spacing(x)
            step, meaning = float(stripe_doping(n)), STRIPE_MEANING.get(n, "not said")
            row = {"id": one.id, "x": x, "n": n, "step": step, "off": x - step, "meaning": meaning}
            found.append(Row(row, measured_k=one.measured_k))
    measured = [row for row in found if row.measured_k is not None]
    lowest = min(measured, key=lambda row: (row.measured_k, row.id))
    facts = {"lowest_k": lowest.measured_k, "id": lowest.id, "n": lowest.n, "off": abs(lowest.off)}
    return Survey("anomaly", found, **facts)


def axes(library: Library) -> Survey:
    """c/a of every cuprate of the library."""
    members = library.of("cuprate")
    ratios = [(one.axes.repeat_over_edge, one.measured_k) for one in members if one.axes.repeat_over_edge]
    against = [(abs(ratio - 4), measured) for ratio, measured in ratios if measured is not None]
    pearson, spearman = correlations(against)
    return Survey(
        "axes",
        members,
        near=sum(abs(ratio - 4) <= NEAR_FOUR for ratio, _ in ratios),
        ratios=len(ratios),
        within=NEAR_FOUR,
        measured=len(against),
        pearson=pearson,
        spearman=spearman,
    )


def cleavages(library: Library) -> Survey:
    """Cleavage plane and contrast of every candidate of the library."""
    contrasts = sorted((one.cleavage.contrast, one.id) for one in library.candidates)
    return Survey("cleavage", library.candidates, lowest=contrasts[0], highest=contrasts[-1])


def trilayers(library: Library) -> Survey:
    """Inner and outer cages of every trilayer compound of the library."""
    members = [one for one in library.candidates if one.trilayer]
    reverse = tuple(one.id for one in members if not one.trilayer.inner_is_smaller)
    ordered = len(members) - len(reverse)
    return Survey("trilayers", members, ordered=ordered, all=len(members), reverse=reverse)


def landscapes(library: Library) -> Survey:
    """The landscape of the smallest cage of every candidate."""
    wells = {name: [one.landscape.gamma_is_well for one in library.of(name)] for name in FAMILIES}
    return Survey(
        "landscape",
        library.candidates,
        wells={name: sum(found) for name, found in wells.items()},
        of={name: len(found) for name, found in wells.items()},
        pockets=sum(one.landscape.pockets for one in library.candidates),
    )


def resonances(library: Library, theta_mev_ang2: float) -> Survey:
    """Predicted resonances of every iron-based compound with a cage."""
    found = []
    for one in library.of("iron-based"):
        strong = relative_intensities(one.eta_ang)
        for phase in (phase for phase in one.record.phases if phase.cage in PARITY):
            found.append(
                Row(
                    id=one.id,
                    mode=phase.phase,
                    xi_ang=phase.xi_ang,
                    energy_mev=resonance_energy_mev(phase.xi_ang, theta_mev_ang2),
                    parity=PARITY[phase.cage],
                    eta_ang=one.eta_ang.get(phase.phase),
                    intensity=strong.get(phase.phase),
                )
            )
    return Survey("resonance", found, theta=theta_mev_ang2)


def pressed(library: Library) -> Survey:
    """Structures of the library under pressure: the relation beside what was measured there."""
    members = [one for one in library.candidates if (one.reference.pressure_gpa or 0.0) > 0]
    members.sort(key=lambda one: (one.reference.structure_type, one.reference.pressure_gpa or 0.0, one.id))
    return Survey("pressed", members, estimated=sum(one.estimated for one in members), all=len(members))


def nickelates(library: Library) -> Survey:
    """Ceilings of the nickelates beside those of the cuprates."""
    members = sorted(library.of("nickelate"), key=lambda one: -one.ceiling_k)
    cuprates = [one.ceiling_k for one in library.of("cuprate")]
    above, highest = library.above("nickelate", 100.0), members[0].ceiling_k
    return Survey(
        "nickelates",
        members,
        above=above.over,
        all=above.members,
        highest=highest,
        beaten=sum(value < highest for value in cuprates),
        cuprates=len(cuprates),
        highest_cuprate=max(cuprates),
    )
