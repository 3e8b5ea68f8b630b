"""What a dossier says for the bench: rivals, powder pattern, what to weigh, price, substrates, system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pymatgen.core import Element

from polywell.data.hazards import hazards
from polywell.data.precursors import Precursor
from polywell.doping import change_of
from polywell.evidence.chemical_system import SystemCompound, system_of
from polywell.evidence.model.family import AS_IT_IS
from polywell.geometry.conventional import Conventional
from polywell.known import ions_of
from polywell.making.powder import Powder, powder, unscattered
from polywell.making.substrates import Mismatch, mismatches, strain_matters
from polywell.making.supply import Supply, supply
from polywell.making.weighing import weighing
from polywell.records import Candidate, Screening
from polywell.relaxing.rows import RelaxedRow
from reports.dossier.competing import BesideLine, against_others, beside
from reports.dossier.pattern import PowderTable, powder_table
from reports.html.cells import MAX_NAME, clipped, finite
from reports.html.writing import short
from reports.studies.relaxed import in_words

MAX_SYSTEM = 20
"""Compounds of a chemical system that a page lists."""

SAME_AMOUNT = 0.01
"""Share by which two amounts of one formula may differ: their digits are rounded."""


@dataclass(frozen=True)
class Product:
    """What is to be made: its formula, and how it is doped; an empty route: as it is written."""

    formula: str
    route: str


@dataclass(frozen=True)
class PortionLine:
    """One precursor: grams of it for one gram of each product, None where one does without it.

    `hazards` are those of its elements.
    """

    formula: str
    grams: tuple[float | None, ...]
    care: str
    hazards: str
    severe: bool
    source: str
    checked: str


@dataclass(frozen=True)
class WeighingTable:
    """What to weigh for one gram of each product; `missing` are elements that no usual precursor brings."""

    products: tuple[Product, ...]
    portions: tuple[PortionLine, ...]
    sealed: bool
    missing: tuple[str, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """Where such syntheses can be read, each once."""
        return tuple(dict.fromkeys(one.source for one in self.portions))


@dataclass(frozen=True)
class SystemLine:
    """One compound of the chemical system; T_c in K, None where none was seen down to `lowest_k`."""

    compound: str
    tc_k: float | None
    kind: str
    lowest_k: float | None
    pressure_gpa: float | None
    reports: int
    failed: int
    own: bool
    source: str
    doi: str
    checked: str


@dataclass(frozen=True)
class Bench:
    """What a page says for the bench.

    Attributes:
        powder: None where there is no pattern, and `powder_note` says why.
        against: sentences on its energy beside other phases.
        relaxed: sentences on its relaxations with potentials.
        beside: phases that are likely beside it, with their strongest lines.
        weighing: as written, and at the best doping where that is a route; None where the formula is none.
        supply: None where the formula is none.
        strains: by falling likeness; empty where strain is not what decides.
        edges_ang: those of the net that the strains are of, at `pressure_gpa` where the source says.
        system: the first compounds of the chemical system, and of how many.
        system_untyped: reports that name no compound.
    """

    powder: PowderTable | None
    powder_note: str
    against: tuple[str, ...]
    relaxed: tuple[str, ...]
    beside: tuple[BesideLine, ...]
    weighing: WeighingTable | None
    supply: Supply | None
    strains: tuple[Mismatch, ...]
    edges_ang: tuple[float, float] | None
    pressure_gpa: float | None
    system: tuple[SystemLine, ...]
    system_total: int
    system_untyped: int


def bench(
    one: Candidate,
    cell: Conventional | None,
    others: Sequence[Candidate] = (),
    relaxed: Sequence[RelaxedRow] = (),
) -> Bench:
    """Gather what the bench needs of a candidate.

    Args:
        one: the candidate.
        cell: its conventional cell; None where it is not at hand.
        others: other entries of its compound.
        relaxed: what relaxations with potentials say of it.
    """
    found, main = one.screening, one.screening.ceiling_phase
    ions = _ions(found)
    pattern, note = _powder(cell)
    phases = () if ions is None else beside(ions, pattern)
    strained = main is not None and strain_matters(main)
    system = system_of(found.elements, found.formula, str(found.metal))
    return Bench(
        powder=None if pattern is None else powder_table(pattern, phases),
        powder_note=note,
        against=tuple(against_others(one, others)),
        relaxed=tuple(in_words(row) for row in relaxed),
        beside=phases,
        weighing=None if ions is None else _weighing(ions, one),
        supply=None if ions is None else supply(ions),
        strains=mismatches(main.edges_ang) if main is not None and strained else (),
        edges_ang=main.edges_ang if main is not None and strained else None,
        pressure_gpa=finite(found.provenance.pressure_gpa),
        system=tuple(_system_line(row) for row in system.compounds[:MAX_SYSTEM]),
        system_total=len(system.compounds),
        system_untyped=system.untyped,
    )


def _ions(found: Screening) -> dict[str, float] | None:
    """Ions of the candidate, in the order of the formula as chemists write it where that says the same."""
    ions = ions_of(found.formula)
    if ions is None or not all(map(Element.is_valid_symbol, ions)):
        return None
    written = ions_of(found.formula_written or "")
    if written is None or written.keys() != ions.keys():
        return ions
    scale = sum(written.values()) / sum(ions.values())
    same = all(abs(written[symbol] - scale * n) <= SAME_AMOUNT * scale * n for symbol, n in ions.items())
    return written if same else ions


def _powder(cell: Conventional | None) -> tuple[Powder | None, str]:
    if cell is None:
        return None, "the structure, or its symmetry, was not at hand"
    missing = unscattered({symbol for mix in cell.cell.mixes for symbol in mix})
    if missing:
        return None, f"pymatgen holds no scattering factor of {', '.join(missing)}"
    return powder(cell), ""


def _weighing(ions: dict[str, float], one: Candidate) -> WeighingTable:
    products = [Product(_written(ions), "")]
    found = [weighing(ions)]
    route = one.estimate.best_doping
    if route is not None and route != AS_IT_IS:
        change = change_of(route)
        if change.fits(ions):
            doped = change.of(ions)
            products.append(Product(_written(_in_order(doped, ions, change.host)), clipped(route, MAX_NAME)))
            found.append(weighing(doped))
    held = {part.precursor.formula: part.precursor for each in found for part in each.portions}
    grams = [{part.precursor.formula: part.grams for part in each.portions} for each in found]
    return WeighingTable(
        tuple(products),
        tuple(
            _portion(precursor, tuple(each.get(name) for each in grams)) for name, precursor in held.items()
        ),
        found[0].sealed,
        tuple(dict.fromkeys(symbol for each in found for symbol in each.missing)),
    )


def _written(ions: dict[str, float]) -> str:
    return "".join(f"{symbol}{'' if amount == 1 else f'{amount:.4g}'}" for symbol, amount in ions.items())


def _in_order(doped: dict[str, float], before: dict[str, float], host: str) -> dict[str, float]:
    """The ions in the order that they had, one that is new behind its host."""
    order = {symbol: place for place, symbol in enumerate(before)}
    return dict(sorted(doped.items(), key=lambda ion: order.get(ion[0], order.get(host, 0) + 0.5)))


def _portion(one: Precursor, grams: tuple[float | None, ...]) -> PortionLine:
    warned = [hazard.remark for hazard in hazards(one.amounts) if hazard.remark.kind != "supply"]
    return PortionLine(
        one.formula,
        grams,
        one.care,
        ", ".join(dict.fromkeys(remark.kind for remark in warned)),
        any(remark.level == "severe" for remark in warned),
        one.source,
        one.checked,
    )


def _system_line(row: SystemCompound) -> SystemLine:
    best = row.best
    return SystemLine(
        best.called,
        best.tc_k,
        best.kind,
        best.lowest_k,
        best.pressure_gpa,
        row.reports,
        row.failed,
        row.own,
        short(best.source),
        best.doi,
        best.checked,
    )
