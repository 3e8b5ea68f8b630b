"""What is on record: every formula of a known superconductor, and of a measured compound, by its ions."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import combinations

import numpy as np
from pymatgen.core import Composition

from polywell.data.measured import measured_superconductors
from polywell.data.reference import reference_structures
from polywell.data.supercon.formulas import Oxygen, amounts_of
from polywell.data.supercon.known import known_formulas
from polywell.data.supercon.table import supercon
from polywell.data.supercon.types import APICAL_AND_ELECTROPOSITIVE
from polywell.geometry.ions import Floats
from polywell.known import REPLACED_CATIONS, Amounts, doping_distance, keeps_majority, per_metal
from polywell.novelty.series import member_called

RARE_EARTHS = frozenset("Y La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu".split())
CENTRES = tuple("B C N Si P S Ge As Se Sb Te".split())
"""Elements that are counted with the anions, and in oxides are centres of oxyanions or cations."""
ANY = "M-"
"""With this begins the name of a series of any spacer, which its ion names: M-12(n-1)n."""
OF_SPACER = 0.25
"""Ions of a block that make a spacer its own; fewer are doping of another."""
ROUNDING = 1e-6
SUPERCON = "SuperCon"
LANTHANIDE = "rare earths"
"""Rare earths take each other's place throughout: for what a series holds they are one ion."""


@dataclass(frozen=True)
class OnRecord:
    """A compound on record: where, its formula, T_c in K where one is said, and its series and sheets."""

    where: str
    formula: str
    superconducts: bool
    tc_k: float | None
    series: str | None
    sheets: int | None
    amounts: Amounts

    @property
    def ions(self) -> dict[str, float]:
        """All ions for each metal of the nets."""
        return {**self.amounts.cations, **self.amounts.anions}


@dataclass
class OfSeries:
    """What the compounds of one series hold: by number of sheets, the most of each ion of one block."""

    most: dict[int, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))

    def most_of(self, symbol: str, sheets: int) -> float:
        """The most of an ion in a block of so many sheets; of any number where none with so many holds it."""
        if symbol in (same := self.most.get(sheets, {})):  # asking adds no number of sheets
            return same[symbol]
        return max((held.get(symbol, 0.0) for held in self.most.values()), default=0.0)


@dataclass(frozen=True)
class Record:
    """All that is on record for one metal of nets.

    `by_ions` finds compounds by the cations of which they hold more than doping replaces, `of_member` the
    superconductors of a series with a number of sheets (None: of any series) likewise; `superconducting`
    and `measured` tell what is known of each series (`name_with`), of superconductors and of all measured;
    `members` are the superconductors, else the others, of each series by number of sheets.
    """

    by_ions: ByIons
    of_member: Mapping[tuple[str, int] | None, ByIons]
    superconducting: Mapping[str, OfSeries]
    measured: Mapping[str, OfSeries]
    members: Mapping[tuple[str, int], Members]


@dataclass(frozen=True)
class ByTotal:
    """Compounds, and their places in the order of all their cations for each metal (`totals`)."""

    compounds: list[OnRecord]

    @cached_property
    def order(self) -> list[int]:
        """Places of the compounds, the fewest cations first."""
        return sorted(range(len(self.compounds)), key=lambda k: self.compounds[k].amounts.total)

    @cached_property
    def totals(self) -> list[float]:
        """Their cations, growing."""
        return [self.compounds[k].amounts.total for k in self.order]

    def near(self, total: float) -> Iterator[OnRecord]:
        """Compounds whose cations doping can make of so many: what came and what went is bounded."""
        first = bisect_left(self.totals, total - REPLACED_CATIONS - ROUNDING)
        last = bisect_right(self.totals, total + REPLACED_CATIONS + ROUNDING)
        return (self.compounds[k] for k in sorted(self.order[first:last]))


ByIons = Mapping[frozenset[str], ByTotal]
NOTHING = ByTotal([])


@dataclass(frozen=True)
class Members:
    """Compounds of one series with one number of sheets, N of them, as a matrix (N, S) of ions."""

    compounds: list[OnRecord]

    @cached_property
    def symbols(self) -> dict[str, int]:
        """The column of each ion."""
        held = {symbol for one in self.compounds for symbol in one.ions}
        return {symbol: column for column, symbol in enumerate(sorted(held))}

    @cached_property
    def matrix(self) -> Floats:
        """Ions for each metal."""
        matrix = np.zeros((len(self.compounds), len(self.symbols)))
        for row, one in enumerate(self.compounds):
            for symbol, amount in one.ions.items():
                matrix[row, self.symbols[symbol]] = amount
        return matrix

    def nearest(self, ions: Mapping[str, float]) -> OnRecord:
        """The compound from which the fewest ions differ; of several the one that stands first."""
        own = np.zeros(len(self.symbols))
        for symbol, amount in ions.items():
            if symbol in self.symbols:
                own[self.symbols[symbol]] = amount
        return self.compounds[int(np.argmin(np.abs(self.matrix - own).sum(axis=1).round(6)))]


def amounts_by_kind(amounts: Mapping[str, float]) -> dict[str, float]:
    """Ions with all rare earths as one."""
    kinds: dict[str, float] = defaultdict(float)
    for symbol, amount in amounts.items():
        kinds[LANTHANIDE if symbol in RARE_EARTHS else symbol] += amount
    return dict(kinds)


def abundant(cations: Mapping[str, float]) -> frozenset[str]:
    """Cations of which there is more than doping replaces."""
    return frozenset(symbol for symbol, amount in cations.items() if amount > REPLACED_CATIONS)


@cache
def record_of(metal: str) -> Record:
    """What is on record of compounds with this metal in their nets."""
    superconducting: dict[str, OfSeries] = defaultdict(OfSeries)
    measured: dict[str, OfSeries] = defaultdict(OfSeries)
    members: dict[tuple[str, int], dict[bool, list[OnRecord]]] = defaultdict(lambda: {True: [], False: []})
    best: dict[str, OnRecord] = {}
    for one in _all(metal):
        other = best.get(one.formula)
        if other is None or _told(one) > _told(other):
            best[one.formula] = one
    for one in best.values():
        if one.sheets is None:
            continue
        for name in _names(one, metal):
            members[name, one.sheets][one.superconducts].append(one)
            tables = [superconducting, measured] if one.superconducts else [measured]
            for held in (table[name].most[one.sheets] for table in tables):
                for symbol, amount in amounts_by_kind(one.ions).items():
                    held[symbol] = max(held.get(symbol, 0.0), amount * one.sheets)
    named = {key: Members(some[True] or some[False]) for key, some in members.items()}
    of_member: dict[tuple[str, int] | None, list[OnRecord]] = defaultdict(list)
    for one in best.values():
        if one.superconducts and one.series is not None and one.sheets is not None:
            of_member[None].append(one)
            of_member[one.series, one.sheets].append(one)
    members_by_ions = {key: _by_ions(some) for key, some in of_member.items()}
    return Record(_by_ions(best.values()), members_by_ions, dict(superconducting), dict(measured), named)


def _by_ions(some: Iterable[OnRecord]) -> ByIons:
    found: dict[frozenset[str], list[OnRecord]] = defaultdict(list)
    for one in some:
        found[abundant(one.amounts.cations)].append(one)
    return {key: ByTotal(of_ions) for key, of_ions in found.items()}


def name_with(series: str, spacer: str) -> str:
    """The name by which a series is on record: that of any spacer by its ion, as Ga-12(n-1)n."""
    return f"{spacer}-{series.removeprefix(ANY)}" if series.startswith(ANY) else series


def _names(one: OnRecord, metal: str) -> list[str]:
    """The names by which the series of a compound is on record; none without one."""
    if one.series is None or not one.series.startswith(ANY):
        return [] if one.series is None else [one.series]
    spacers = [
        symbol
        for symbol, amount in one.amounts.cations.items()
        if symbol not in APICAL_AND_ELECTROPOSITIVE | {metal} and amount * (one.sheets or 1) >= OF_SPACER
    ]
    return [name_with(one.series, symbol) for symbol in spacers or [metal]]


def _told(one: OnRecord) -> tuple[bool, float]:
    """What decides between two reports of one formula: superconductivity that was seen, the higher T_c."""
    return one.superconducts, one.tc_k or 0.0


def alike(mine: Amounts, by_ions: ByIons) -> list[tuple[float, OnRecord]]:
    """Compounds that differ by doping alone (see `polywell.known.RULE`), the nearest first."""
    own = abundant(mine.cations)
    near = []
    certain = frozenset(symbol for symbol, amount in mine.cations.items() if amount > 2 * REPLACED_CATIONS)
    others = sorted(mine.cations.keys() - certain)  # doping may take them below what counts as abundant
    for count in range(len(others) + 1):
        for some in combinations(others, count):
            for one in by_ions.get(certain.union(some), NOTHING).near(mine.total):
                if own <= one.amounts.cations.keys():
                    distance = doping_distance(mine, one.amounts)
                    if (
                        distance is not None
                        and keeps_majority(mine, one.amounts)
                        and _same_centres(mine, one.amounts)
                    ):
                        near.append((distance, one))
    return sorted(near, key=lambda pair: (pair[0], not pair[1].superconducts, -(pair[1].tc_k or 0.0)))


def _same_centres(one: Amounts, other: Amounts) -> bool:
    """Whether two oxides differ in no oxyanion by more than doping; they count with the anions."""
    if "O" not in one.anions or "Fe" in one.metals:
        return True
    return all(
        abs(one.anions.get(symbol, 0.0) - other.anions.get(symbol, 0.0)) <= REPLACED_CATIONS
        for symbol in CENTRES
    )


def _all(metal: str) -> Iterator[OnRecord]:
    formulas = {record.id: record.formula for record in reference_structures()}
    for row in measured_superconductors():
        amounts = {
            str(symbol): float(amount)
            for symbol, amount in Composition(formulas[row.structure]).get_el_amt_dict().items()
        }
        tc = row.representative_tc_k()
        yield from _made(
            metal, "measured table", row.compound, amounts, row.superconducting, tc, row.structure_type_key
        )
    for report in supercon():
        if metal in report.formula and report.usable and report.oxygen is not Oxygen.OPEN:
            where = f"{SUPERCON} {report.numbers[0]}"
            seen = report.tc_k is not None
            yield from _made(metal, where, report.formula, report.amounts, seen, report.tc_k, report.type)
    for one in known_formulas():
        if metal in one.formula and one.oxygen is not Oxygen.OPEN:
            yield from _made(
                metal, f"{SUPERCON} {one.number}", one.formula, amounts_of(one.formula), True, None, one.type
            )


def _made(
    metal: str,
    where: str,
    formula: str,
    amounts: Mapping[str, float],
    superconducts: bool,
    tc_k: float | None,
    kind: str,
) -> Iterator[OnRecord]:
    if metal not in amounts:
        return
    found = per_metal(amounts, metal)
    if found is not None:
        member = member_called(kind)
        series, sheets = (None, None) if member is None else (member[0].name, member[1])
        yield OnRecord(where, formula, superconducts, tc_k, series, sheets, found)
