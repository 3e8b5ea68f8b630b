"""Doping of a candidate: the stripe series, the formal valence of its metal, substitutions that worked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pymatgen.core import Composition, Element

from polywell.data.charges import NoChargeError, formal_charges
from polywell.data.tables import load_table
from polywell.proposal.stripes import SPACINGS, STRIPE_MEANING, stripe_doping

LEAST_VALENCE, MOST_VALENCE = 0.0, 4.0
"""Formal valences of a metal of the nets; a value outside says that another ion has another charge."""

LONGEST_FORMULA = 300

NOTHING = "-"
"""Stands for a host or guest where an element is added or taken out."""


@dataclass(frozen=True)
class StripeStep:
    """One step of the stripe series: n edges between stripes, x = 2/(4n), what the proposal says of it."""

    n: int
    doping: Fraction
    meaning: str


@dataclass(frozen=True)
class Valence:
    """Formal valence of the sheet metal in units of e, and the d electrons that it leaves.

    A mean over all atoms of the metal, those outside the sheets (chains) included.
    """

    metal: str
    valence: float
    d_electrons: float


class Replacement(BaseModel):
    """One substitution that is known to have worked; T_c in K as the source reports it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    family: Annotated[str, Field(min_length=1)]
    parent: Annotated[str, Field(min_length=1)]
    host: Annotated[str, Field(min_length=1)]
    guest: Annotated[str, Field(min_length=1)]
    carriers: Literal["holes", "electrons", "none"]
    per_guest: Annotated[int, Field(ge=0, le=3)]
    compound: Annotated[str, Field(min_length=1)]
    tc_k: Annotated[float, Field(gt=0)]
    source: Annotated[str, Field(min_length=1)]
    doi: Annotated[str, Field(pattern=r"^10\.\d{4,}/\S+$")]
    checked: Literal["read", "recalled"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    substitution: Annotated[tuple[Replacement, ...], Field(min_length=1)]


def stripe_series() -> tuple[StripeStep, ...]:
    """The series x = 2/(4n), n = 2 to 8 (proposal, doping and stripes), by falling doping."""
    return tuple(StripeStep(n, stripe_doping(n), STRIPE_MEANING.get(n, "")) for n in SPACINGS)


def formal_valence(composition: Composition, metal: str) -> Valence:
    """The charge of the metal that makes the composition neutral, by `tables/formal_charges.toml`.

    Raises:
        NoChargeError: the composition does not hold the metal, or another element has no formal charge.
    """
    charges, total = formal_charges(), 0.0
    amounts = {str(symbol): float(amount) for symbol, amount in composition.get_el_amt_dict().items()}
    of_metal = amounts.pop(metal, 0.0)
    if of_metal <= 0:
        raise NoChargeError(f"{composition.reduced_formula} holds no {metal} to balance its charge")
    for symbol, amount in amounts.items():
        known = "H" if symbol in ("D", "T") else symbol
        if known not in charges:
            raise NoChargeError(f"{symbol} has no formal charge; add it to tables/formal_charges.toml")
        total += charges[known] * amount
    valence = -total / of_metal
    return Valence(metal, valence, d_electrons(metal, valence))


def d_electrons(metal: str, valence: float) -> float:
    """The d electrons that a formal valence leaves to a transition metal."""
    return float(Element(metal).group - valence)


def valence_of(formula: str, metal: str) -> Valence:
    """The formal valence of the metal in a formula, where it is one that the metal can have.

    Raises:
        NoChargeError: no formula, or the table of formal charges gives none that the metal can have.
    """
    if len(formula) > LONGEST_FORMULA:
        raise NoChargeError("the formula is too long to be read")
    try:
        found = formal_valence(Composition(formula), metal)
    except ValueError as error:
        raise NoChargeError(str(error)) from error
    if not LEAST_VALENCE <= found.valence <= MOST_VALENCE:
        raise NoChargeError(
            f"the table of formal charges would make it {found.valence:+.2f}, which it never is: another ion "
            "of the formula carries another charge here"
        )
    return found


@cache
def replacements() -> tuple[Replacement, ...]:
    """The table of substitutions, in its own order."""
    return load_table("substitutions.toml", _Table).substitution


def replacements_for(family: str, elements: Collection[str]) -> tuple[Replacement, ...]:
    """Substitutions that worked in this family: first those whose host the compound holds, then the others.

    That a substitution worked in one compound does not say that the guest enters another.
    """
    present = set(elements)
    rows = [row for row in replacements() if row.family == family]
    return tuple(sorted(rows, key=lambda row: row.host not in present and row.host != NOTHING))
