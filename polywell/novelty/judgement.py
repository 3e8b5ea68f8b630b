"""Whether a candidate is known, a variant, or new: by its formula, its series, and its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from polywell.data.charges import NoChargeError
from polywell.data.supercon.formulas import amounts_of
from polywell.data.supercon.types import PNICTOGENS_AND_CHALCOGENS
from polywell.electrons.families import carrier_families
from polywell.electrons.valence import valence_in_family
from polywell.known import REPLACED_CATIONS, Amounts, Known, amounts_per_metal
from polywell.novelty.record import (
    LANTHANIDE,
    SUPERCON,
    OfSeries,
    OnRecord,
    Record,
    alike,
    amounts_by_kind,
    name_with,
    record_of,
)
from polywell.novelty.series import Series, member_called, series
from polywell.novelty.written import written
from polywell.records import Novelty, Provenance, Screening

INSERTED = frozenset({"Al", "H", "Li", "Mg", "Na", "Zn"})
"""Small ions that computed databases put between the layers of known compounds, as in electrodes."""

EXPERIMENTAL_IDS = ("icsd", "cod-")
"""Databases of measured structures: an id of theirs is a compound that was made."""


RULE = (
    "a candidate is a known superconductor when a formula on record differs from it by doping alone; a "
    "variant when that is stacked otherwise, when a small ion is inserted in it, when some of the metal of "
    "its nets is missing, or when superconductors of its series are known with as many sheets and with each "
    "of its ions, in no smaller amount (all rare earths are one ion; between sheets they and Ca take each "
    "other's place; an ion may take up to half the places of one of equal charge that is on record; a spacer "
    "of two ions in equal parts belongs to the series of both); a known compound when it, or its series with "
    "its ions, was measured without superconductivity, or its source says that it was made; new in its "
    "series when the number of sheets or an ion is on record in none of its superconductors; else a new "
    "stacking"
)

MISSING = (1 / 8, 1 / 6, 1 / 5, 1 / 4, 1 / 3)
"""Shares of the metal of the nets that an ordered cell may lack."""

MORE = 0.26
"""Of an ion on record a variant may hold a quarter more, rounded up: Sr on a place of a spacer of four."""

EQUAL = 0.9
"""An ion of the spacer that is no rarer than this beside that of the series' name is an equal part."""

ALIKE = tuple(
    frozenset(group.split())
    for group in (
        "Li Na K Rb Cs",
        "Mg Ca Sr Ba",
        "Zn Cd Hg",
        "Sc Y La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu",
        "Al Ga In Tl",
        "Nb Ta",
        "Ti Zr Hf",
        "F Cl Br I",
        "P As Sb",
        "S Se Te",
    )
)
"""Ions of equal charge, by their columns of the periodic table."""

UNNAMED = "a stacking without a name, and no compound on record with such a formula"
OUTNUMBERED = "more of another metal of nets than of its own: no compound on record to compare it with"


Judged = tuple[Novelty, str]
"""What a candidate is, and in words: which compound, and what differs."""


def judge(screening: Screening, known: Known | None) -> Judged:
    """Judge one candidate by `RULE`.

    Args:
        screening: of a candidate, with its series.
        known: the compound of the measured table that it is, up to doping.
    """
    return _judged(
        screening.formula, str(screening.metal), screening.series, _made(screening.provenance), known
    )


@lru_cache(maxsize=4096)
def _judged(formula: str, metal: str, name: str | None, made: str | None, known: Known | None) -> Judged:
    member = None if name is None else member_called(name)
    mine = amounts_per_metal(formula, metal)
    if known is not None and known.best is None:
        return Novelty.KNOWN_COMPOUND, f"{known.rows[0].compound}: measured, not superconducting"
    if known is not None and known.best is not None:
        said = f"{known.best.compound}: {known.tc_k:g} K, measured table"
        return _of_formula(said, known.best.structure_type_key, name, member)
    if mine is None:
        return (Novelty.KNOWN_COMPOUND, made) if made else (Novelty.NEW_STACKING, OUTNUMBERED)
    record = record_of(metal)
    near = alike(mine, record.by_ions)
    superconducting = [one for _, one in near if one.superconducts]
    if superconducting:
        return _of_formula(_said(superconducting, metal), superconducting[0].series, name, member)
    if near:
        return (
            Novelty.KNOWN_COMPOUND,
            f"{_formula(near[0][1], metal)}: no superconductivity seen, {near[0][1].where}",
        )
    if (inserted := _inserted(mine, record, metal)) is not None:
        return Novelty.VARIANT, inserted
    names, unseen = [], UNNAMED
    if member is not None:
        spacer = str(name).partition("-")[0]
        names = [name_with(row.name, spacer) for row in (member[0], *_sisters(mine, spacer, *member))]
        found = _unseen(mine, metal, record.superconducting, names, member[1])
        if found is None:
            return Novelty.VARIANT, f"{name}: {_nearest(mine, record, metal, names, member[1])}"
        unseen = found
    if (lacking := _lacking(mine, record, metal, member)) is not None:
        return Novelty.VARIANT, lacking
    if made is not None:
        return Novelty.KNOWN_COMPOUND, made
    if member is None:
        return Novelty.NEW_STACKING, UNNAMED
    if _unseen(mine, metal, record.measured, names, member[1]) is None:
        nearest = _nearest(mine, record, metal, names, member[1])
        return Novelty.KNOWN_COMPOUND, f"{name}: {nearest}; {unseen}"
    return Novelty.NEW_IN_SERIES, f"{names[0]}: {unseen}"


def _inserted(mine: Amounts, record: Record, metal: str) -> str | None:
    """The superconductor that a compound is but for one small ion more, in words; None where it is none."""
    for symbol in sorted(INSERTED & mine.cations.keys()):
        rest = {other: amount for other, amount in mine.cations.items() if other != symbol}
        if not _is_whole({**rest, **mine.anions}, metal):
            continue
        known = [
            one for _, one in alike(replace(mine, cations=rest, total=sum(rest.values())), record.by_ions)
        ]
        superconducting = [one for one in known if one.superconducts]
        if superconducting:
            return f"{symbol} inserted in {_said(superconducting, metal)}"
    return None


def _is_whole(amounts: Mapping[str, float], metal: str) -> bool:
    """Whether the metal of the nets has a valence that exists; reports leave ions out, as in Ba2Cu3O7."""
    family = next((row for row in carrier_families() if row.metal == metal), None)
    if family is None:
        return True
    try:
        valence = valence_in_family(amounts, family.name)
    except NoChargeError:
        return True
    return valence.low <= family.most and valence.high >= family.least


def _of_formula(said: str, kind: str | None, name: str | None, member: tuple[Series, int] | None) -> Judged:
    """A formula on record: the compound itself, or another stacking of it."""
    other = None if kind is None else member_called(kind)
    if member is not None and other is not None and member[1] != other[1]:
        return Novelty.VARIANT, f"formula of {said}; stacked as {name}"
    return Novelty.KNOWN_SUPERCONDUCTOR, said


def _said(found: list[OnRecord], metal: str) -> str:
    first = found[0]
    tc = "" if first.tc_k is None else f" ({first.tc_k:g} K)"
    most = max((one.tc_k for one in found if one.tc_k is not None), default=None)
    more = f"; up to {most:g} K within doping" if most is not None and most != first.tc_k else ""
    return f"{_formula(first, metal)}{tc}, {first.where}{more}"


def _formula(one: OnRecord, metal: str) -> str:
    """The formula of a compound on record as chemists write it; names of the measured table as they are."""
    if not one.where.startswith(SUPERCON):
        return one.formula
    amounts = amounts_of(one.formula)
    return written(amounts, metal, bridged=PNICTOGENS_AND_CHALCOGENS.isdisjoint(amounts))


def _lacking(mine: Amounts, record: Record, metal: str, member: tuple[Series, int] | None) -> str | None:
    """The superconductor of its series that a cell with less metal on its nets is; None where it is none.

    A cell without a name may be one of any series: holes in a net can hide it.
    """
    of_member = record.of_member.get(None if member is None else (member[0].name, member[1]), {})
    for share in MISSING if of_member else ():
        cations = {
            symbol: amount * (1.0 if symbol in mine.metals else 1.0 - share)
            for symbol, amount in mine.cations.items()
        }
        anions = {symbol: amount * (1.0 - share) for symbol, amount in mine.anions.items()}
        filled = replace(mine, cations=cations, anions=anions, total=sum(cations.values()))
        if superconducting := [one for _, one in alike(filled, of_member)]:
            return f"a net with {share:.0%} less {metal} than {_said(superconducting, metal)}"
    return None


def _sisters(mine: Amounts, spacer: str, row: Series, sheets: int) -> list[Series]:
    """Series that differ by the ion of the spacer alone, of which a compound holds as much as of its own."""
    own = mine.cations.get(spacer, 0.0)
    return [
        other
        for other in series()
        if other is not row
        and (other.nets, other.a, other.spacer) == (row.nets, row.a, row.spacer)
        and other.sheets in (None, sheets)
        and any(mine.cations.get(symbol, 0.0) >= EQUAL * own > 0 for symbol in set(other.of) - mine.metals)
    ]


def _unseen(
    mine: Amounts, metal: str, of_series: Mapping[str, OfSeries], names: list[str], sheets: int
) -> str | None:
    """What of a compound is on record in none of its series; None where all is."""
    held = [of_series[name] for name in names if name in of_series]
    if not held:
        return "no superconductor on record"
    counts = sorted({count for one in held for count in one.most})
    if sheets not in counts:
        return f"{sheets} sheets, known are {', '.join(map(str, counts))}"
    kinds = amounts_by_kind({**mine.cations, **mine.anions})

    def most(symbol: str) -> float:
        return max(one.most_of(symbol, sheets) for one in held) / sheets

    for symbol, amount in sorted(kinds.items()):
        allowed = most(symbol)
        if symbol == metal:
            continue
        if not allowed:
            partners = next((group for group in ALIKE if symbol in group), frozenset[str]())
            if any(other != symbol and kinds.get(other, 0.0) >= amount and most(other) for other in partners):
                continue
            return f"{symbol} on record in none of its superconductors"
        if sheets > 1 and symbol in (LANTHANIDE, "Ca"):
            allowed = max(most(LANTHANIDE), most("Ca"))
        if amount > allowed + max(REPLACED_CATIONS, MORE * allowed) and symbol in amounts_by_kind(
            mine.cations
        ):
            return f"{amount:.2g} {symbol} for each metal of nets, on record up to {allowed:.2g}"
    return None


def _nearest(mine: Amounts, record: Record, metal: str, names: list[str], sheets: int) -> str:
    """The compound of the series that is most alike, and what differs."""
    own = {**mine.cations, **mine.anions}
    best = next(
        record.members[name, sheets].nearest(own) for name in names if (name, sheets) in record.members
    )
    moved = {
        symbol: own.get(symbol, 0.0) - best.ions.get(symbol, 0.0) for symbol in sorted({*own, *best.ions})
    }
    more = [f"{symbol} +{amount:.2g}" for symbol, amount in moved.items() if amount > 0.05]
    less = [f"{symbol} -{-amount:.2g}" for symbol, amount in moved.items() if amount < -0.05]
    tc = "" if best.tc_k is None else f" ({best.tc_k:g} K)"
    tc = tc if best.superconducts else " (no superconductivity seen)"
    differs = ", ".join([*more, *less]) or "the same ions"
    return f"of {_formula(best, metal)}{tc}, {best.where}; for each metal {differs}"


def _made(provenance: Provenance) -> str | None:
    """Why a source's entry is a compound that was made; None where it does not say so."""
    if provenance.theoretical is False:
        return "a measured structure, by its source"
    ids = (provenance.database_ids or "").lower()
    if any(name in ids for name in EXPERIMENTAL_IDS):
        return f"a measured structure elsewhere: {provenance.database_ids}"
    return None
