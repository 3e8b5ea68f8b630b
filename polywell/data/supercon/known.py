"""Formulas of known superconductors, without T_c: all that SuperCon names, for novelty only."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cache

from polywell.data.elements import LIGANDS, NET_METALS
from polywell.data.supercon.formulas import UNNAMED, Oxygen, canonical, taken_apart
from polywell.data.supercon.table import CITATION
from polywell.data.supercon.types import type_of_composition, type_of_word
from polywell.data.tables import TABLES

FILE = ("measured", "known_formulas.csv")
"""Where the table stands, below `polywell/tables`."""
COLUMNS = ("number", "formula", "oxygen", "type")
HEAD = f"""\
# Formulas of known superconductors that hold a metal of nets and a ligand, without T_c: for novelty only.
# Source: {CITATION}.
# Changed: rewritten by `polywell.data.supercon.known.compact`, one line for each formula and type; the type
# from SuperCon's word or else the composition (empty: neither says it); misprints left out. No hand edits.
"""


@dataclass(frozen=True)
class KnownFormula:
    """A formula of a known superconductor; `number` is the first supercon_number that gives it."""

    number: int
    formula: str
    oxygen: Oxygen
    type: str


def compact(raw: str) -> str:
    """The table, from the raw file with its columns supercon_number, formula, structure_type and family.

    Formulas without a metal of nets or without a ligand, and misprints (no chain of symbols and amounts,
    an element twice, a constituent without a name), are left out: none of them could be matched.
    """
    first: dict[tuple[str, str, str], int] = {}
    for row in csv.DictReader(io.StringIO(raw)):
        try:
            printed = taken_apart(row["formula"])
        except ValueError:  # a misprint: see above
            continue
        amounts = printed.amounts
        if printed.unnamed or printed.twice or UNNAMED in amounts:
            continue
        if NET_METALS.isdisjoint(amounts) or (
            LIGANDS.isdisjoint(amounts) and printed.oxygen is not Oxygen.OPEN
        ):
            continue
        family = "cuprate" if row["family"] == "cuprate" else "iron-based"
        whole = printed.oxygen is Oxygen.WRITTEN
        kind = type_of_word(row["structure_type"], family) or type_of_composition(amounts, family, whole)
        key = canonical(amounts), str(printed.oxygen), "" if kind is None else kind.name
        number = int(row["supercon_number"])
        first[key] = min(number, first.get(key, number))
    text = io.StringIO()
    text.write(HEAD)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(sorted((number, *key) for key, number in first.items()))
    return text.getvalue()


@cache
def known_formulas() -> tuple[KnownFormula, ...]:
    """The table that comes with polywell, in order of the number."""
    text = TABLES.joinpath(*FILE).read_text(encoding="utf-8")
    rows = csv.reader(line for line in io.StringIO(text) if not line.startswith("#"))
    next(rows)
    return tuple(
        KnownFormula(int(number), formula, Oxygen(oxygen), kind) for number, formula, oxygen, kind in rows
    )
