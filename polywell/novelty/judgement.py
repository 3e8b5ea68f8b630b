"""Whether a candidate is known, a variant, or new: by its formula, its series, and its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from polywell.data.supercon.formulas import amounts_of
from polywell.data.supercon.types import PNICTOGENS_AND_CHALCOGENS
from polywell.known import REPLACED_CATIONS, Amounts, Known, amounts_per_metal
from polywell.novelty.record import SUPERCON, OfSeries, OnRecord, Record, alike, amounts_by_kind, record_of
from polywell.novelty.series import Series, member_called
from polywell.novelty.written import written
from polywell.records import Novelty, Provenance, Screening

INSERTED = frozenset({"Al", "H", "Li", "Mg", "Na", "Zn"})
"""Small ions that computed databases put between the layers of known compounds, as in electrodes."""

EXPERIMENTAL_IDS = ("icsd", "cod-")
"""Databases of measured structures: an id of theirs is a compound that was made."""


RULE = (
    "a candidate is a known superconductor when a formula on record differs from it by doping alone; a "
    "variant when that is stacked otherwise, when a small ion is inserted in it, or when superconductors of "
    "its series are known with as many sheets and with each of its ions, in no smaller amount (all rare "
    "earths are one ion); a known compound when it, or its series with its ions, was measured without "
    "superconductivity, or its source says that it was made; new in its series when the number of sheets or "
    "an ion is on record in none of its superconductors; else a new stacking"
)

UNNAMED = "a stacking without a name, and no compound on record with such a formula"
OUTNUMBERED = "more of another metal of nets than of its own: no compound on record to compare it with"


@dataclass(frozen=True)
class Judged:
    """What a candidate is, and in words: which compound, and what differs."""

    novelty: Novelty
    note: str


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
        return Judged(Novelty.KNOWN_COMPOUND, f"{known.rows[0].compound}: measured, not superconducting")
    if known is not None and known.best is not None:
        said = f"{known.best.compound}: {known.tc_k:g} K, measured table"
        return _of_formula(said, known.best.structure_type_key, name, member)
    if mine is None:
        return Judged(*((Novelty.KNOWN_COMPOUND, made) if made else (Novelty.NEW_STACKING, OUTNUMBERED)))
    record = record_of(metal)
    near = alike(mine, record)
    superconducting = [one for _, one in near if one.superconducts]
    if superconducting:
        return _of_formula(_said(superconducting, metal), superconducting[0].series, name, member)
    if near:
        return Judged(
            Novelty.KNOWN_COMPOUND,
            f"{_formula(near[0][1], metal)}: no superconductivity seen, {near[0][1].where}",
        )
    if (inserted := _inserted(mine, record, metal)) is not None:
        return Judged(Novelty.VARIANT, inserted)
    if member is None:
        return Judged(*((Novelty.KNOWN_COMPOUND, made) if made else (Novelty.NEW_STACKING, UNNAMED)))
    unseen = _unseen(mine, record.superconducting, *member)
    if unseen is None:
        return Judged(Novelty.VARIANT, f"{name}: {_nearest(mine, record, metal, *member)}")
    if made is not None:
        return Judged(Novelty.KNOWN_COMPOUND, made)
    if _unseen(mine, record.measured, *member) is None:
        return Judged(Novelty.KNOWN_COMPOUND, f"{name}: {_nearest(mine, record, metal, *member)}; {unseen}")
    return Judged(Novelty.NEW_IN_SERIES, f"{member[0].name}: {unseen}")


def _inserted(mine: Amounts, record: Record, metal: str) -> str | None:
    """The superconductor that a compound is but for one small ion more, in words; None where it is none."""
    for symbol in sorted(INSERTED & mine.cations.keys()):
        rest = {other: amount for other, amount in mine.cations.items() if other != symbol}
        known = [one for _, one in alike(replace(mine, cations=rest, total=sum(rest.values())), record)]
        superconducting = [one for one in known if one.superconducts]
        if superconducting:
            return f"{symbol} inserted in {_said(superconducting, metal)}"
    return None


def _of_formula(said: str, series: str | None, name: str | None, member: tuple[Series, int] | None) -> Judged:
    """A formula on record: the compound itself, or another stacking of it."""
    other = None if series is None else member_called(series)
    if member is not None and other is not None and member[1] != other[1]:
        return Judged(Novelty.VARIANT, f"formula of {said}; stacked as {name}")
    return Judged(Novelty.KNOWN_SUPERCONDUCTOR, said)


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


def _unseen(mine: Amounts, of_series: Mapping[str, OfSeries], row: Series, sheets: int) -> str | None:
    """What of a compound is on record in none of its series; None where all is."""
    held = of_series.get(row.name)
    if held is None:
        return "no superconductor on record"
    if sheets not in held.most:
        return f"{sheets} sheets, known are {', '.join(map(str, sorted(held.most)))}"
    for symbol, amount in sorted(amounts_by_kind({**mine.cations, **mine.anions}).items()):
        most = held.most_of(symbol, sheets) / sheets
        if symbol in mine.metals and most:
            continue
        if not most:
            return f"{symbol} on record in none of its superconductors"
        if amount > most + REPLACED_CATIONS and symbol in amounts_by_kind(mine.cations):
            return f"{amount:.2g} {symbol} for each metal of nets, on record up to {most:.2g}"
    return None


def _nearest(mine: Amounts, record: Record, metal: str, row: Series, sheets: int) -> str:
    """The compound of the series that is most alike, and what differs."""
    own = {**mine.cations, **mine.anions}
    best = record.members[row.name, sheets].nearest(own)
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
