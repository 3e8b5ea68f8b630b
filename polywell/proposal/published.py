"""What the proposal prints, value by value, and how a computed value is held against it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from polywell.data.tables import load_table

Basis = Literal["arithmetic", "structure", "measurement", "table"]
Value = float | str

LENGTH_SLACK = 0.01
"""Measured lengths of one compound from different samples and temperatures differ by about 1 %."""

POWER_SLACK = 0.02
"""Twice that for what goes as 1/ξ²."""


class Printed(BaseModel):
    """One value of the proposal, with unit, decimals as printed, and its role there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str = ""
    section: str = ""
    what: Annotated[str, Field(min_length=1)]
    value: Value
    unit: str = ""
    decimals: int | None = None
    role: Literal["input", "result", "measured"]

    @property
    def number(self) -> float:
        """The value as a number.

        Raises:
            ValueError: the proposal prints a text here.
        """
        if isinstance(self.value, str):
            raise ValueError(f"{self.key} is the text {self.value!r}, expected a number")
        return self.value

    @property
    def half_unit(self) -> float:
        """Half a unit of the last printed digit; 0 for a text."""
        return 0.0 if self.decimals is None else 0.5 * 10.0**-self.decimals


class _Table(BaseModel):
    """The values by section and name."""

    model_config = ConfigDict(extra="allow", frozen=True)

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    source: str
    __pydantic_extra__: dict[str, dict[str, Printed]]


class Verdict(StrEnum):
    """How a computed value stands to the printed one; the list is closed."""

    EQUAL = "equal"
    ROUNDING = "rounding"
    CLOSE = "close"
    DIFFERS = "differs"
    NO_TEST = "no test"
    NOT_COMPUTED = "not computed"


VERDICT_MEANING = {
    Verdict.EQUAL: "the computed value rounds to what is printed",
    Verdict.ROUNDING: "differs by no more than the rounding of the printed inputs explains",
    Verdict.CLOSE: "within 1 % for a length and a ratio, 2 % for what goes as 1/ξ²",
    Verdict.DIFFERS: "differs by more than rounding and samples explain",
    Verdict.NO_TEST: "must agree: the structure was built to the value, or the rule was read off it",
    Verdict.NOT_COMPUTED: "an input, or nothing in the published relations and the library gives it",
}


@dataclass(frozen=True)
class Pair:
    """One printed value beside one computed one.

    `basis` says where the computed value comes from: the proposal's own printed inputs (arithmetic), a
    structure of the reference library, a measurement there, or a table of radii; `origin` names the
    relation or the structure. `difference` is computed less printed, None for texts.
    """

    key: str
    section: str
    what: str
    unit: str
    role: str
    printed: Value
    decimals: int | None
    basis: Basis
    origin: str
    computed: Value | None
    difference: float | None
    difference_percent: float | None
    verdict: Verdict
    why: str


@cache
def printed_values() -> dict[str, Printed]:
    """Every value of the table by its key, `section.name`."""
    return {
        f"{section}.{name}": row.model_copy(update={"key": f"{section}.{name}", "section": section})
        for section, rows in load_table("published.toml", _Table).__pydantic_extra__.items()
        for name, row in rows.items()
    }


def rounding_slack(function: Callable[..., float], inputs: Sequence[Printed]) -> float:
    """How far a result may move when each printed input moves by half a unit of its last digit."""
    values = [one.number for one in inputs]
    centre = function(*values)
    slack = 0.0
    for place, one in enumerate(inputs):
        moved = [value + (one.half_unit if k == place else 0.0) for k, value in enumerate(values)]
        slack += abs(function(*moved) - centre)
    return slack


def not_computed(printed: Printed, why: str) -> Pair:
    """The pair of a value that no published relation gives."""
    return _pair(printed, "arithmetic", "", None, None, Verdict.NOT_COMPUTED, why)


def compare(
    printed: Printed,
    computed: Value,
    basis: Basis,
    origin: str,
    *,
    slack: float = 0.0,
    built: bool = False,
    because: str = "",
    circular: str = "",
) -> Pair:
    """Hold a computed value against a printed one.

    Args:
        printed: the printed value.
        computed: what was computed.
        basis: where it was computed from.
        origin: the relation or the structure.
        slack: how far the rounding of the printed inputs may move the computed value.
        built: the structure was built to the printed heights.
        because: what more is known of a difference, in one sentence; shown only where there is one.
        circular: why agreement would show nothing, where the rule was read off the value itself.
    """
    if built or circular:
        why = circular or "The structure was built to the printed heights, so agreement shows nothing."
        value = computed if isinstance(computed, str) else float(computed)
        apart = None if isinstance(value, str) or isinstance(printed.value, str) else value - printed.value
        return _pair(printed, basis, origin, value, apart, Verdict.NO_TEST, why)
    if isinstance(printed.value, str) or isinstance(computed, str):
        same = str(computed) == str(printed.value)
        verdict = Verdict.EQUAL if same else Verdict.DIFFERS
        why = "The same." if same else because or f"The computation gives {computed}."
        return _pair(printed, basis, origin, computed, None, verdict, why)
    difference = float(computed) - printed.value
    relative = abs(difference / printed.value) if printed.value else abs(difference)
    limit = LENGTH_SLACK if printed.unit in ("Å", "a", "") else POWER_SLACK
    verdict, why = _judge(printed, difference, relative, limit, basis, slack)
    if because and verdict in (Verdict.DIFFERS, Verdict.CLOSE, Verdict.ROUNDING):
        why = f"{why} {because}"
    return _pair(printed, basis, origin, float(computed), difference, verdict, why)


def _judge(
    printed: Printed,
    difference: float,
    relative: float,
    limit: float,
    basis: Basis,
    slack: float,
) -> tuple[Verdict, str]:
    unit = f" {printed.unit}" if printed.unit else ""
    if abs(difference) <= printed.half_unit * (1 + 1e-9):
        return Verdict.EQUAL, "Equal to the printed precision."
    if abs(difference) <= printed.half_unit + slack:
        return Verdict.ROUNDING, (
            f"Off by {abs(difference):.2g}{unit}; the rounding of the printed inputs allows "
            f"{printed.half_unit + slack:.2g}{unit}."
        )
    share = f"{100 * relative:.0f} %" if relative >= 0.1 else f"{100 * relative:.2g} %"
    if relative <= limit:
        if printed.role == "measured" or basis == "measurement":
            what = "between measurements" if basis == "measurement" else "off the measurement"
        else:
            what = "off its own inputs" if basis == "arithmetic" else "off, as samples of one compound differ"
        return Verdict.CLOSE, f"{share} {what}."
    if not printed.unit and printed.decimals == 0:
        return Verdict.DIFFERS, f"{printed.number + difference:.2g} computed, {printed.number:g} printed."
    return Verdict.DIFFERS, f"{share} off, where {100 * limit:.0f} % would pass."


def _pair(
    printed: Printed,
    basis: Basis,
    origin: str,
    computed: Value | None,
    difference: float | None,
    verdict: Verdict,
    why: str,
) -> Pair:
    value = printed.value
    percent = (
        100 * difference / value if difference is not None and not isinstance(value, str) and value else None
    )
    return Pair(
        key=printed.key,
        section=printed.section,
        what=printed.what,
        unit=printed.unit,
        role=printed.role,
        printed=value,
        decimals=printed.decimals,
        basis=basis,
        origin=origin,
        computed=computed,
        difference=difference,
        difference_percent=percent,
        verdict=verdict,
        why=why,
    )
