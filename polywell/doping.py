"""Doping of a candidate: the stripe series, and substitutions that worked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from polywell.data.tables import load_table
from polywell.proposal.stripes import SPACINGS, STRIPE_MEANING, stripe_doping

NOTHING = "-"
"""Stands for a host or guest where an element is added or taken out."""


@dataclass(frozen=True)
class StripeStep:
    """One step of the stripe series: n edges between stripes, x = 2/(4n), what the proposal says of it."""

    n: int
    doping: Fraction
    meaning: str


class Replacement(BaseModel):
    """One substitution that is known to have worked; T_c in K as the source reports it.

    `series` are those that the parent belongs to, `*` for any end (see `Screening.series`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    family: Annotated[str, Field(min_length=1)]
    parent: Annotated[str, Field(min_length=1)]
    series: Annotated[tuple[str, ...], Field(min_length=1)]
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
