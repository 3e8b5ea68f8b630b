"""What the proposal prints, value by value, and how a computed value is held against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field

from polywell.data.tables import Record, Table, load_table

Basis = Literal["arithmetic", "structure", "measurement", "table"]
Value = float | str

LENGTH_SLACK = 0.01
"""Measured lengths of one compound from different samples and temperatures differ by about 1 %."""
POWER_SLACK = 0.02
"""Twice that for what goes as 1/ξ²."""


class Printed(Record):
    """One value of the proposal, with unit, decimals as printed, and its role there."""

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

    @property
    def limit(self) -> float:
        """Share of the value by which samples may differ."""
        return LENGTH_SLACK if self.unit in ("Å", "a", "") else POWER_SLACK


class Verdict(StrEnum):
    """How a computed value stands to the printed one; the list is closed."""

    EQUAL = "equal"
    ROUNDING = "rounding"
    CLOSE = "close"
    DIFFERS = "differs"
    NO_TEST = "no test"
    NOT_COMPUTED = "not computed"


@dataclass(frozen=True)
class Pair:
    """One printed value beside one computed one.

    `basis` says where the computed value comes from: the proposal's own printed inputs (arithmetic), a
    structure of the reference library, a measurement there, or a table of radii; `origin` names the
    relation or the structure. `allowed` is how far the rounding of the printed numbers may move the result.
    `reason` names what more is known, or why agreement would show nothing; `facts` are its numbers. `cell`
    is the worst standing of the cells that went in, empty where none did.
    """

    printed: Printed
    basis: Basis
    origin: str
    computed: Value | None
    verdict: Verdict
    allowed: float = 0.0
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    cell: str = ""

    @property
    def unread(self) -> bool:
        """Whether it differs with a cell that nobody here has read: no finding against the proposal."""
        return self.verdict is Verdict.DIFFERS and self.cell not in ("", "read")

    @property
    def difference(self) -> float | None:
        """Computed less printed; None for texts."""
        if self.computed is None or isinstance(self.computed, str) or isinstance(self.printed.value, str):
            return None
        return self.computed - self.printed.value

    @property
    def difference_percent(self) -> float | None:
        """The difference in % of the printed value."""
        apart = self.difference
        return None if apart is None or not self.printed.number else 100 * apart / self.printed.number


class _Table(Table, extra="allow"):
    """The values by section and name."""

    source: str
    __pydantic_extra__: dict[str, dict[str, Printed]]


@cache
def printed_values() -> dict[str, Printed]:
    """Every value of the table by its key, `section.name`."""
    return {
        f"{section}.{name}": row.model_copy(update={"key": f"{section}.{name}", "section": section})
        for section, rows in load_table("published.toml", _Table).__pydantic_extra__.items()
        for name, row in rows.items()
    }


def compare(
    printed: Printed,
    computed: Value,
    basis: Basis,
    origin: str,
    *,
    slack: float = 0.0,
    built: bool = False,
    circular: bool = False,
    **more: Any,
) -> Pair:
    """Hold a computed value against a printed one; `Pair` says what its parts mean.

    Args:
        printed: the printed value.
        computed: what was computed.
        basis: where it was computed from.
        origin: the relation or the structure.
        slack: how far the rounding of the printed inputs may move the computed value.
        built: the structure was built to the printed heights, so that agreement shows nothing.
        circular: the rule was read off the value itself, so that agreement shows nothing.
        more: `reason`, `facts` and `cell` of the pair; the reason is `built` where that is why.
    """
    value = computed if isinstance(computed, str) else float(computed)
    allowed = printed.half_unit + slack
    if built or circular:
        verdict = Verdict.NO_TEST
    elif isinstance(printed.value, str) or isinstance(value, str):
        verdict = Verdict.EQUAL if str(value) == str(printed.value) else Verdict.DIFFERS
    else:
        off = abs(value - printed.value)
        limits = (
            (Verdict.EQUAL, printed.half_unit * (1 + 1e-9)),
            (Verdict.ROUNDING, allowed),
            (Verdict.CLOSE, printed.limit * (abs(printed.value) or 1.0)),
        )
        verdict = next((verdict for verdict, limit in limits if off <= limit), Verdict.DIFFERS)
    if built:
        more["reason"] = "built"
    return Pair(printed, basis, origin, value, verdict, allowed, **more)
