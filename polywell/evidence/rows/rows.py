"""All measured rows, ours and SuperCon's, each with the features that a candidate of a screening has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median

from polywell.data.measured import Measured, measured_by_id
from polywell.data.reference import reference_structures
from polywell.data.supercon.formulas import Oxygen
from polywell.data.supercon.table import Report, supercon
from polywell.data.supercon.types import structure_types
from polywell.evidence.features import Features
from polywell.evidence.rows.dressing import Cell, dressed
from polywell.evidence.rows.joined import DECIMALS, built_in_rows, rounded, shares_of
from polywell.evidence.rows.noise import ANALOGUE, DRESSED, SAME, relative_noise
from polywell.evidence.rows.standing import trains
from polywell.families import Families

LIBRARY, SUPERCON = "library", "supercon"
"""Sources of rows."""
LEAST_NOISE, LEAST_NOISE_K = 0.05, 1.0
"""Scatter that a T_c has at least, as a share of it and in K: definitions, thermometers, rounding."""
SEVERAL = 4
"""Reports of one composition from which on their own scatter is known."""
MAD_TO_SIGMA = 1.4826
PLAUSIBLE_C_ANG = 60.0
"""Å; a longer axis is a slip."""


@dataclass(frozen=True)
class Row:
    """One composition, or one row of our table, with all that a model may learn from or be tested on.

    Attributes:
        id: `supercon:` and the numbers of the reports, or the id of our table.
        source: `LIBRARY` or `SUPERCON`.
        formula: the composition; where oxygen was not determined the assumed amount is in it.
        composition: shares of the elements, in alphabetical order.
        oxygen: what the amount of oxygen is worth, a value of `polywell.data.supercon.formulas.Oxygen`.
        family: family of the λ table.
        structure_type: our `structure_type_key`.
        compound: shared by all dopings, isovalent mixtures and oxygen contents of one compound.
        system: its elements, joined by hyphens.
        tc_k: median of the reports in K; None where superconductivity was looked for and not seen.
        tc_noise_k: standard deviation of one report in K.
        reports: how many there are.
        year: of the first report; None where it is not known.
        features: those of a candidate.
        geometry: `SAME` (measured on this compound), `DRESSED` (on another of its type) or `ANALOGUE`.
        xi_noise: relative standard deviation of ξ that the dressing adds.
        trains: False for rows that may be looked at and train nothing.
        pressure_gpa: that of the measurement; None where it is not stated, which means ambient.
    """

    id: str
    source: str
    formula: str
    composition: tuple[tuple[str, float], ...]
    oxygen: str
    family: str
    structure_type: str
    compound: str
    system: str
    tc_k: float | None
    tc_noise_k: float
    reports: int
    year: int | None
    features: Features
    geometry: str
    xi_noise: float
    trains: bool
    pressure_gpa: float | None


@cache
def measured_rows(families: Families, before: int | None = None) -> tuple[Row, ...]:
    """Ours and SuperCon's, in order of id.

    Reports of SuperCon are one row for each formula, state of oxygen and structure type; those in doubt
    (`Report.usable`) are left out, and so is what the λ table calls no candidate.

    Args:
        families: the λ table.
        before: only what was published before this year; a row without a year is then left out.
    """
    rows = [*library_rows(families), *supercon_rows(families, before)]
    kept = [row for row in rows if before is None or (row.year is not None and row.year < before)]
    return tuple(sorted(kept, key=lambda row: row.id))


@cache
def library_rows(families: Families) -> tuple[Row, ...]:
    """The rows of our tables, joined to the features of their structures."""
    table, references = measured_by_id(), {one.id: one for one in reference_structures()}
    rows = []
    for one in built_in_rows(families):
        measured = table[one.id]
        amounts = _amounts(references[measured.structure].composition().get_el_amt_dict())
        rows.append(
            Row(
                id=one.id,
                source=LIBRARY,
                formula=references[measured.structure].formula,
                composition=one.composition,
                oxygen=Oxygen.WRITTEN,
                family=one.features.family,
                structure_type=one.structure_type,
                compound=_compound(measured, amounts, families),
                system=_system(amounts),
                tc_k=one.tc_k,
                tc_noise_k=least_noise_k(one.tc_k),
                reports=1,
                year=measured.year,
                features=one.features,
                geometry=SAME,
                xi_noise=0.0,
                trains=trains(measured),
                pressure_gpa=one.features.pressure_gpa,
            )
        )
    return tuple(rows)


def supercon_rows(families: Families, before: int | None = None) -> tuple[Row, ...]:
    """SuperCon's usable reports, one row a composition, with dressed prototypes."""
    groups: dict[tuple[str, Oxygen, str], list[Report]] = defaultdict(list)
    for one in supercon():
        if one.usable and (before is None or (one.year is not None and one.year < before)):
            groups[one.formula, one.oxygen, one.type].append(one)
    scatter = _relative_scatter(groups.values())
    made = (_supercon_row(group, scatter, families) for group in groups.values())
    return tuple(row for row in made if row is not None)


def _supercon_row(group: Sequence[Report], scatter: Mapping[Oxygen, float], families: Families) -> Row | None:
    first = group[0]
    kind = structure_types()[first.type]
    cell = Cell(*(_median(getattr(one, name) for one in group) for name in ("a_ang", "b_ang", "c_ang")))
    found = dressed(first.amounts, kind, cell, families)
    if found is None:
        return None
    if kind.analogue:
        geometry = ANALOGUE
    else:
        geometry = SAME if found.same_compound else DRESSED
    known = cell.a_ang is not None or geometry == ANALOGUE
    tc_k = median(one.tc_k or 0.0 for one in group) or None
    years = [one.year for one in group if one.year is not None]
    return Row(
        id=f"{SUPERCON}:" + "+".join(str(number) for one in group for number in one.numbers),
        source=SUPERCON,
        formula=first.formula,
        composition=shares_of(first.amounts),
        oxygen=first.oxygen,
        family=kind.family,
        structure_type=kind.name,
        compound=found.compound,
        system=_system(first.amounts),
        tc_k=tc_k,
        tc_noise_k=_noise_k(group, tc_k, scatter[first.oxygen]),
        reports=len(group),
        year=min(years, default=None),
        features=rounded(found.features),
        geometry=geometry,
        xi_noise=round(relative_noise(families)[kind.family, geometry, known], DECIMALS),
        trains=True,
        pressure_gpa=None,
    )


def _relative_scatter(groups: Iterable[Sequence[Report]]) -> dict[Oxygen, float]:
    """Typical scatter of reports of one composition as a share of T_c, by what is known of the oxygen."""
    shares: dict[Oxygen, list[float]] = {state: [LEAST_NOISE] for state in Oxygen}
    for group in groups:
        centre = median(one.tc_k or 0.0 for one in group)
        if len(group) >= SEVERAL and centre > 0:
            shares[group[0].oxygen].append(_deviation(group, centre) / centre)
    return {state: max(LEAST_NOISE, median(some)) for state, some in shares.items()}


def _noise_k(group: Sequence[Report], tc_k: float | None, typical: float) -> float:
    """Scatter of the reports where there are several, else the typical one, and never less than the least."""
    if len(group) >= SEVERAL:
        own = _deviation(group, tc_k or 0.0)
    else:
        own = typical * (tc_k or 0.0)
    return round(max(own, least_noise_k(tc_k)), DECIMALS)


def _deviation(group: Sequence[Report], centre: float) -> float:
    return MAD_TO_SIGMA * median(abs((one.tc_k or 0.0) - centre) for one in group)


def least_noise_k(tc_k: float | None) -> float:
    """Standard deviation in K that a T_c has at least."""
    return round(max(LEAST_NOISE * (tc_k or 0.0), LEAST_NOISE_K), DECIMALS)


def _median(values: Iterator[float | None]) -> float | None:
    known = [value for value in values if value is not None and value < PLAUSIBLE_C_ANG]
    return median(known) if known else None


def _compound(measured: Measured, amounts: Mapping[str, float], families: Families) -> str:
    """The key that SuperCon's rows of the same compound have; the table's own where there is no such type."""
    kind = structure_types().get(measured.structure_type_key)
    found = dressed(amounts, kind, Cell(), families) if kind is not None else None
    return measured.compound_key if found is None else found.compound


def _amounts(given: Mapping[str, float]) -> dict[str, float]:
    return {str(symbol): float(amount) for symbol, amount in given.items()}


def _system(amounts: Mapping[str, float]) -> str:
    return "-".join(sorted(amounts))
