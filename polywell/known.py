"""Whether a candidate is a compound whose superconductivity has been measured, and its nearest relatives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from pymatgen.core import Composition

from polywell.data.elements import LIGANDS, NET_METALS
from polywell.data.measured import Measured, measured_superconductors
from polywell.data.reference import reference_structures

CATIONS_SLACK = 0.02
"""Cations per metal of the net that two formulas of one compound may differ by in all: rounding."""

VACANT_CATIONS = 0.105
"""Cations of one element, per metal of the net, that may be missing as well: K0.8Fe2Se2 for KFe2Se2."""

REPLACED_CATIONS = 0.21
"""Cations per metal of the net that doping may replace by others, metals of the net included."""

KEPT = 0.51
"""A compound keeps more than this share of each cation that is more than doping: half, rounded up."""

REPLACED_ANIONS = 0.36
"""Anions per metal of the net that may be missing, added or replaced: YBa2Cu3O6 to O7 is one in three."""

RULE = (
    "a compound is known when the table of measured superconductors has a row with as many cations "
    f"for each metal of the net (or up to {VACANT_CATIONS:.1f} fewer of one element), of which at most "
    f"{REPLACED_CATIONS:.1f} are replaced by doping, no cation of which there are more by half, and at most "
    f"{REPLACED_ANIONS:.2f} anions per metal missing, added or replaced. Formulas are compared, "
    "not structures: a polymorph counts as the same compound"
)

MAX_FORMULA = 200
"""Characters; a longer text is no formula that could match."""


@dataclass(frozen=True)
class Known:
    """A compound that is known: its rows, the one with the nearest formula first, and its T_c in K.

    `best` is the row that `best_of` takes; None when no row of the compound superconducts.
    """

    rows: tuple[Measured, ...]
    best: Measured | None
    tc_k: float | None


@dataclass(frozen=True)
class Amounts:
    """Ions of a formula for each metal of the net, the metals of the net among the cations."""

    metals: frozenset[str]
    cations: dict[str, float]
    anions: dict[str, float]
    total: float


@lru_cache(maxsize=4096)
def known_compound(formula: str, metal: str) -> Known | None:
    """The measured compound that a formula is, up to doping by `RULE`; None when it is none of them.

    Args:
        formula: any formula that pymatgen reads, occupancies included; anything else matches nothing.
        metal: majority metal of the candidate's net.
    """
    mine = amounts_per_metal(formula, metal)
    if mine is None:
        return None
    matches = []
    for row, theirs in _table(metal):
        distance = doping_distance(mine, theirs)
        if distance is not None and keeps_majority(mine, theirs):
            matches.append((distance, row.id, row))
    if not matches:
        return None
    nearest = sorted(matches, key=lambda match: match[:2])
    rows = tuple(row for _, _, row in nearest if row.compound_key == nearest[0][2].compound_key)
    best = best_of(rows)
    return Known(rows, best, None if best is None else best.representative_tc_k())


def best_of(rows: Iterable[Measured]) -> Measured | None:
    """The row with the highest T_c of one definition: zero resistance where any row has it, else the next.

    Temperatures of unlike definitions are not compared with each other; the order of the definitions is that
    of `polywell.data.reference.representative`. None where no row superconducts.
    """
    seen = [(rank, row.representative_tc_k() or 0.0, row) for row in rows if (rank := row.definition()) < 4]
    if not seen:
        return None
    first = min(rank for rank, _, _ in seen)
    return max(((tc, row.id, row) for rank, tc, row in seen if rank == first), key=lambda one: one[:2])[2]


@dataclass(frozen=True)
class Relative:
    """A measured superconductor, the height of its ceiling cage, and its distance from another, in Å."""

    row: Measured
    xi_ang: float
    distance_ang: float


def nearest_relatives(
    xi_ang: float, heights_ang: dict[str, float], metal: str, count: int = 5
) -> tuple[Relative, ...]:
    """Measured superconductors of the same metal, nearest in ξ; one, the highest T_c, for each compound.

    Args:
        xi_ang: height of the candidate's ceiling cage in Å.
        heights_ang: ξ in Å of the ceiling cages of the reference library, by id of the structure.
        metal: majority metal of the candidate's net.
        count: how many at most.
    """
    compounds: dict[str, list[Measured]] = defaultdict(list)
    for row, _ in _table(metal):
        if row.structure in heights_ang:
            compounds[row.compound_key].append(row)
    found: Sequence[Relative] = [
        Relative(best, heights_ang[best.structure], abs(heights_ang[best.structure] - xi_ang))
        for rows in compounds.values()
        if (best := best_of(rows)) is not None
    ]
    return tuple(sorted(found, key=lambda one: (one.distance_ang, one.row.id))[:count])


@cache
def _table(metal: str) -> tuple[tuple[Measured, Amounts], ...]:
    """The measured rows by the formula of their structure: a name such as `(Ba,K)Fe2As2` gives no amounts."""
    formulas = {one.id: one.formula for one in reference_structures()}
    read = ((row, amounts_per_metal(formulas[row.structure], metal)) for row in measured_superconductors())
    return tuple((row, amounts) for row, amounts in read if amounts is not None)


def amounts_per_metal(formula: str, metal: str) -> Amounts | None:
    """Ions of a formula for each metal of the net; None for what is no formula with that majority metal."""
    amounts = ions_of(formula)
    return None if amounts is None else per_metal(amounts, metal)


def ions_of(formula: str) -> dict[str, float] | None:
    """Ions of a formula, D and T as H; None for what is no formula."""
    if not formula or len(formula) > MAX_FORMULA:
        return None
    try:
        composition = Composition(formula)
    except Exception:  # pymatgen raises what it likes of texts; anything else than a formula matches nothing
        return None
    amounts: dict[str, float] = {}
    for symbol, amount in composition.get_el_amt_dict().items():
        key = "H" if symbol in ("D", "T") else str(symbol)
        amounts[key] = amounts.get(key, 0.0) + float(amount)
    return amounts


def per_metal(amounts: Mapping[str, float], metal: str) -> Amounts | None:
    """Ions for each metal of the net; None where another metal of nets is more frequent."""
    metals = frozenset(symbol for symbol in amounts if symbol in NET_METALS)
    if amounts.get(metal, 0.0) <= 0 or amounts[metal] < max(amounts[symbol] for symbol in metals):
        return None
    per = sum(amounts[symbol] for symbol in metals)
    cations = {symbol: amount / per for symbol, amount in amounts.items() if symbol not in LIGANDS}
    anions = {symbol: amount / per for symbol, amount in amounts.items() if symbol in LIGANDS}
    return Amounts(metals, cations, anions, sum(cations.values()))


def doping_distance(one: Amounts, other: Amounts) -> float | None:
    """Ions for each metal that tell two formulas apart; None where it is more than doping, by `RULE`."""
    for symbol, amount in one.cations.items():  # most pairs differ by their first cation already
        if abs(amount - other.cations.get(symbol, 0.0)) > REPLACED_CATIONS:
            return None
    if abs(one.total - other.total) > CATIONS_SLACK and not _one_vacant(one.cations, other.cations):
        return None
    cations = _moved(one.cations, other.cations)
    if cations > REPLACED_CATIONS:
        return None
    anions = _moved(one.anions, other.anions)
    return None if anions > REPLACED_ANIONS else cations + anions


def keeps_majority(one: Amounts, other: Amounts) -> bool:
    """Whether each holds more than half of every cation of which the other holds more than doping replaces.

    ScBa2Cu3O7 is not Y0.5Sc0.5Ba2Cu3O7, although one sixth of a cation for each metal tells them apart.
    """
    return all(
        theirs.get(symbol, 0.0) > KEPT * amount
        for mine, theirs in ((one.cations, other.cations), (other.cations, one.cations))
        for symbol, amount in mine.items()
        if amount > REPLACED_CATIONS
    )


def _one_vacant(one: dict[str, float], other: dict[str, float]) -> bool:
    changes = [abs(one.get(symbol, 0.0) - other.get(symbol, 0.0)) for symbol in sorted({*one, *other})]
    changed = [change for change in changes if change > CATIONS_SLACK]
    return len(changed) == 1 and changed[0] <= VACANT_CATIONS


def _moved(one: dict[str, float], other: dict[str, float]) -> float:
    """The larger of what came and what went."""
    changes = [one.get(symbol, 0.0) - other.get(symbol, 0.0) for symbol in sorted({*one, *other})]
    return max(
        sum(change for change in changes if change > 0), -sum(change for change in changes if change < 0)
    )
