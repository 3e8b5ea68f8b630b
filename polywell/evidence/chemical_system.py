"""What is known of a chemical system: each compound of its elements that was measured, and its T_c if any."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from pymatgen.core import Composition

from polywell.compounds import compounds
from polywell.data.elements import LIGANDS, NET_METALS
from polywell.data.measured import Measured, measured_superconductors
from polywell.data.reference import ReferenceStructure, reference_structures
from polywell.data.supercon.formulas import amounts_of
from polywell.data.supercon.table import CITATION, OTHER, UNUSABLE, Flag, Report, supercon
from polywell.known import known_compound

OURS, LIBRARY, SUPERCON = range(3)
"""Where a report stands: the measured table, the reference library, SuperCon. The first speaks first."""

MAIN_SHARE = 0.1
"""A cation with less of all cations beside the nets than this is doping."""


@dataclass(frozen=True)
class Seen:
    """One report of a compound; T_c in K, None where superconductivity was looked for and not seen.

    Attributes:
        formula: with amounts, by which compounds are told apart.
        called: as its source calls it.
        kind: which temperature it is, in words.
        lowest_k: the lowest temperature of a search in vain, in K, where the source gives it.
        pressure_gpa: where the source gives it.
        table: `OURS`, `LIBRARY` or `SUPERCON`.
        type: structure type, in the words of SuperCon's table; of other tables `OTHER`.
        type_is_told: whether its source tells that type; else it comes from the composition, or is `OTHER`.
        key: of the compound, where its table has one.
    """

    formula: str
    called: str
    tc_k: float | None
    kind: str
    lowest_k: float | None
    pressure_gpa: float | None
    doping: str
    source: str
    doi: str
    checked: str
    table: int
    type: str = OTHER
    type_is_told: bool = False
    key: str = ""


@dataclass(frozen=True)
class SystemCompound:
    """One compound of a system: the report that speaks for it, and how many there are.

    Attributes:
        best: that with the highest T_c in the first table that has one; else the search in vain
            that went lowest.
        reports: how many there are in all tables.
        failed: how many of them saw no superconductivity.
        own: whether it is the candidate's own.
    """

    best: Seen
    reports: int
    failed: int
    own: bool


@dataclass(frozen=True)
class System:
    """The compounds of some elements, each once: the candidate's own first, then by falling T_c.

    `untyped` counts reports of SuperCon whose structure type its source does not tell, such as the mixtures
    of phases of 1987: no compound is named by them.
    """

    compounds: tuple[SystemCompound, ...]
    untyped: int


def system_of(elements: Collection[str], formula: str, metal: str) -> System:
    """What is known of the compounds of some elements, or of part of them.

    Reports belong to a compound of the measured table by the rule of `polywell.known`. Others of SuperCon
    join the compound of those that have their structure type and main cations, or are one of their own by
    these. Other structures of the library are told apart by `polywell.compounds`. Reports of SuperCon that
    are flagged as doubtful are left out.

    Args:
        elements: those of the candidate.
        formula: that of the candidate, with its amounts.
        metal: majority metal of its net.
    """
    seen = _in_system(frozenset("H" if one in ("D", "T") else one for one in elements))
    metals = {one: _metal(one.formula, metal) for one in seen}
    keys = {one: _known_key(one, metals[one]) for one in seen}
    joined: dict[tuple[str, frozenset[str]], Counter[str]] = defaultdict(Counter)
    for one, key in keys.items():
        if key is not None and one.type != OTHER:
            joined[one.type, _main(one.formula)][key] += 1
    parents = compounds((one.formula, metals[one]) for one in seen if one.table == LIBRARY)
    groups: dict[str, list[Seen]] = defaultdict(list)
    untyped = 0
    for one in seen:
        key = keys[one]
        if key is None and one.table == LIBRARY:
            key = parents[one.formula, metals[one]]
        elif key is None:
            alike = joined.get((one.type, _main(one.formula)))
            if alike is None and not one.type_is_told:
                untyped += 1
                continue
            key = (
                alike.most_common(1)[0][0] if alike else f"{one.type}: {' '.join(sorted(_main(one.formula)))}"
            )
        groups[key].append(one)
    known = known_compound(formula, metal)
    own = None if known is None else known.rows[0].compound_key
    found = [
        SystemCompound(_speaker(rows), len(rows), sum(row.tc_k is None for row in rows), key == own)
        for key, rows in groups.items()
    ]
    found.sort(key=lambda one: (not one.own, -(one.best.tc_k or 0.0), one.best.formula))
    return System(tuple(found), untyped)


def _known_key(one: Seen, metal: str) -> str | None:
    if one.key:
        return one.key
    known = known_compound(one.formula, metal)
    return None if known is None else known.rows[0].compound_key


@cache
def _main(formula: str) -> frozenset[str]:
    """Cations beside the metals of nets that are more than doping."""
    amounts = {symbol: n for symbol, n in _amounts(formula).items() if symbol not in NET_METALS | LIGANDS}
    total = sum(amounts.values())
    return frozenset(symbol for symbol, n in amounts.items() if n >= MAIN_SHARE * total)


def _speaker(rows: Sequence[Seen]) -> Seen:
    for table in (OURS, LIBRARY, SUPERCON):
        held = [row for row in rows if row.table == table and row.tc_k is not None]
        if held:
            return max(held, key=lambda row: (row.tc_k or 0.0, row.called))
    return min(rows, key=lambda row: (row.lowest_k is None, row.lowest_k or 0.0, row.table, row.called))


@lru_cache(maxsize=64)
def _in_system(elements: frozenset[str]) -> tuple[Seen, ...]:
    return tuple(one for theirs, one in _everything() if theirs <= elements)


@cache
def _everything() -> tuple[tuple[frozenset[str], Seen], ...]:
    """Every report of the tables that holds a metal of nets, with its elements."""
    named = {row.structure for row in measured_superconductors()}
    library = {record.id: record for record in reference_structures()}
    rows: list[Seen] = [_of_ours(row, library[row.structure].formula) for row in measured_superconductors()]
    rows += [
        _of_library(record)
        for record in library.values()
        if record.id not in named and record.superconducting is not None
    ]
    rows += [_of_supercon(one) for one in supercon() if UNUSABLE.isdisjoint(one.flags)]
    return tuple((elements, one) for one in rows if (elements := _elements(one.formula)) & NET_METALS)


def _elements(formula: str) -> frozenset[str]:
    return frozenset(_amounts(formula))


@cache
def _amounts(formula: str) -> Mapping[str, float]:
    if "(" not in formula and "D" not in formula:
        return amounts_of(formula)  # a fraction of pymatgen's time
    return {str(symbol): float(n) for symbol, n in Composition(formula).get_el_amt_dict().items()}


def _metal(formula: str, preferred: str) -> str:
    """The most frequent metal of nets; in a tie the candidate's, else the first in the alphabet."""
    amounts = {symbol: n for symbol, n in _amounts(formula).items() if symbol in NET_METALS}
    return min(amounts, key=lambda symbol: (-amounts[symbol], symbol != preferred, symbol))


def _of_ours(row: Measured, formula: str) -> Seen:
    return Seen(
        formula,
        row.compound,
        row.representative_tc_k(),
        row.representative_kind(),
        row.lowest_measured_k,
        row.pressure_gpa,
        row.doping,
        row.source,
        row.doi,
        row.checked,
        OURS,
        key=row.compound_key,
    )


def _of_library(record: ReferenceStructure) -> Seen:
    kinds = (
        (record.tc_zero_k, "zero resistance"),
        (record.tc_k, record.tc_kind),
        (record.tc_onset_k, "onset"),
    )
    tc, kind = next(((value, word) for value, word in kinds if value is not None), (None, ""))
    return Seen(
        record.formula,
        record.name,
        tc,
        kind,
        record.lowest_measured_k,
        record.pressure_gpa,
        record.doping,
        record.tc_source or record.structure_source,
        record.doi,
        record.tc_checked if record.tc_checked != "none" else "recalled",
        LIBRARY,
    )


def _of_supercon(one: Report) -> Seen:
    told = one.type != OTHER and Flag.ASSIGNED not in one.flags
    source = f"{one.reference}; SuperCon" if one.reference else CITATION
    given = (one.formula, one.formula, one.tc_k, "", None, None, "", source, "", "read", SUPERCON)
    return Seen(*given, type=one.type, type_is_told=told)
