"""Structure types by their words, and the type that a composition belongs to where there is no word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

from pydantic import Field, model_validator

from polywell.data.tables import Record, load_rows

APICAL_AND_ELECTROPOSITIVE = frozenset(
    "Li Na K Rb Cs Be Mg Ca Sr Ba Y La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Th U".split()
)
"""Ions counted as `a`: they stand between and beside the sheets, not on them."""
HEAVY = ("Hg", "Tl", "Bi", "Pb")
"""Cations that name a series, the first that has the largest share."""
PNICTOGENS_AND_CHALCOGENS = frozenset("P As Sb S Se Te".split())
HALOGENS = frozenset("F Cl Br I".split())
LIGHT_ANIONS = HALOGENS | {"O", "N", "H"}
WIDE = frozenset("Na K Ca Sr Ba La".split())
"""Ions of `a` that keep octahedra (T); the smaller ones give squares (T')."""

MISFIT = {"cuprate": 0.08, "iron-based": 0.13}
"""Share of the ions of a formula unit that may be missing or too many in a structure type: one oxygen of
YBa2Cu3O7, and the vacancies of K0.8Fe1.6Se2."""
CALCIUM = 1 / 3
"""Least share of `a` that is calcium where a type asks for it."""
CARBON = 0.25
"""Carbon per formula unit from which on a compound is an oxycarbonate, and no member of a heavy series."""
SEVERAL = 5.0
"""Cations of a formula that alone, in whole numbers, say enough of a cuprate."""
HEAVY_SLACK = 0.65
"""Heavy cations of a formula unit that others may replace, or that may replace others."""
LIGHTLY_DOPED = 0.3
"""Heavy cations of a formula unit that a type without them takes up."""
ANOTHER = 0.02
"""What a formula loses that is not written for one formula unit of a type."""
LEAST_IONS = 1e-9
MULTIPLES = (1.0, 0.5, 2.0)
"""Formula units that a formula is written for: one, two, or half of one."""


class StructureType(Record):
    """A row of `tables/structure_types.toml`, where the fields are explained."""

    name: Annotated[str, Field(min_length=1)]
    family: Literal["cuprate", "iron-based"]
    words: tuple[str, ...]
    a: Annotated[float, Field(ge=0)] = 0.0
    rest: Annotated[float, Field(gt=0)]
    spacer: Annotated[float, Field(ge=0)] = 0.0
    heavy: Annotated[float, Field(ge=0)] = 0.0
    heavy_name: Literal["Hg", "Tl", "Bi", "Pb"] | None = None
    x: Annotated[float, Field(ge=0)] = 0.0
    o: Annotated[float, Field(ge=0)] = 0.0
    light: bool | None = None
    calcium: bool | None = None
    halogens: bool = False
    assigned: bool = True
    analogue: bool = False
    prototypes: tuple[str, ...]
    fluorite: tuple[str, ...] = ()
    outer: Annotated[float, Field(ge=0)] = 0.0
    sheets: Annotated[int, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _check_heavy(self) -> StructureType:
        if (self.heavy_name is None) != (self.heavy == 0):
            raise ValueError(f"{self.name}: heavy and heavy_name go together")
        return self


@dataclass(frozen=True)
class Counts:
    """Ions of a composition by what they do in a layered compound."""

    a: float
    rest: float
    x: float
    o: float
    heavy: float
    heavy_name: str | None
    wide: float
    calcium: float
    carbon: float
    halogens: float


@cache
def structure_types() -> Mapping[str, StructureType]:
    """The table, by our name."""
    return {row.name: row for row in load_rows("structure_types.toml", "type", StructureType)}


@cache
def _by_word() -> Mapping[tuple[str, str], StructureType]:
    return {(row.family, _plain(word)): row for row in structure_types().values() for word in row.words}


def type_of_word(word: str, family: str) -> StructureType | None:
    """The type that a word of SuperCon means; None for a word that says nothing."""
    return _by_word().get((family, _plain(word)))


def type_of_composition(amounts: Mapping[str, float], family: str, oxygen: bool) -> StructureType | None:
    """The type whose formula unit a composition fills best, within `MISFIT`; None when it fills none.

    A formula written for one formula unit goes before two or half of one that fit as well.

    Args:
        amounts: ions of the compound.
        family: cuprate or iron-based.
        oxygen: whether the amount of oxygen is known. Without it, and without a cation that names a series,
            the ratio of two kinds of cations says too little.
    """
    found = counts(amounts)
    if family == "cuprate" and not oxygen and found.heavy == 0 and found.a + found.rest < SEVERAL:
        return None
    if family not in MISFIT:
        return None
    fits = [
        (misfit(found, row, oxygen, (multiple,)) + (ANOTHER if multiple != 1 else 0.0), row.name)
        for row in structure_types().values()
        for multiple in MULTIPLES
        if row.family == family and row.assigned and _can_be(found, row, multiple)
    ]
    best, name = min(fits, default=(1.0, ""))
    return structure_types()[name] if best <= MISFIT[family] else None


def misfit(found: Counts, row: StructureType, oxygen: bool, multiples: tuple[float, ...] = ()) -> float:
    """Ions too many or too few in the type, as a share of its formula unit; of kinds, not of elements.

    Args:
        found: the ions of a formula.
        row: the type.
        oxygen: whether the amount of oxygen is known.
        multiples: what the formula may be multiplied by; by default `MULTIPLES`, and what gives it as many
            ions as the type has.
    """
    own, other = [found.a, found.rest, found.x], [row.a, row.rest, row.x]
    if oxygen:
        own, other = [*own, found.o], [*other, row.o]
    ideal = sum(other)
    return min(
        sum(abs(mine * scale - theirs) for mine, theirs in zip(own, other, strict=True)) / ideal
        for scale in multiples or (*MULTIPLES, ideal / max(sum(own), LEAST_IONS))
    )


def counts(amounts: Mapping[str, float]) -> Counts:
    """The ions of a composition by kind; hydrogen is an anion only beside pnictogens and chalcogens."""
    a = sum(amount for symbol, amount in amounts.items() if symbol in APICAL_AND_ELECTROPOSITIVE)
    x = sum(amount for symbol, amount in amounts.items() if symbol in PNICTOGENS_AND_CHALCOGENS)
    o = sum(amount for symbol, amount in amounts.items() if symbol in LIGHT_ANIONS)
    if x == 0:
        o -= amounts.get("H", 0.0)
    heavy = {symbol: amounts.get(symbol, 0.0) for symbol in HEAVY}
    most = max(HEAVY, key=lambda symbol: heavy[symbol])
    return Counts(
        a=a,
        rest=sum(amounts.values()) - a - x - o,
        x=x,
        o=o,
        heavy=sum(heavy.values()),
        heavy_name=most if heavy[most] > 0 else None,
        wide=sum(amounts.get(symbol, 0.0) for symbol in WIDE),
        calcium=amounts.get("Ca", 0.0),
        carbon=amounts.get("C", 0.0),
        halogens=sum(amounts.get(symbol, 0.0) for symbol in HALOGENS),
    )


def _can_be(found: Counts, row: StructureType, multiple: float) -> bool:
    """Whether a composition has the ions that tell a type from another with the same counts."""
    if row.light is not None and (found.wide > found.a / 2) != row.light:
        return False
    if row.family == "cuprate" and row.halogens != (found.halogens > found.o / 4):
        return False
    if row.calcium is not None and (found.calcium >= CALCIUM * found.a) != row.calcium:
        return False
    if row.heavy and (found.heavy_name != row.heavy_name or found.carbon >= CARBON):
        return False
    return abs(found.heavy * multiple - row.heavy) <= (HEAVY_SLACK if row.heavy else LIGHTLY_DOPED)


def _plain(word: str) -> str:
    return word.replace(" ", "").lower()
