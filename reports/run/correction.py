"""How the heights of a database were corrected by its own entries of measured compounds, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.html.cells import clipped

MAX_NAMES = 400
MAX_WORD = 120


@dataclass(frozen=True)
class CorrectionRow:
    """One group of calculations whose ξ err alike: measured ξ over the database's, and who tells it."""

    family: str
    cage: str
    run_type: str
    magnetic: str
    ratio: float
    spread_percent: float
    compounds: int
    names: str
    note: str


@dataclass(frozen=True)
class CorrectionTable:
    """How many candidates were corrected, how many have a suspect geometry, and the groups."""

    corrected: int
    suspect: int
    rows: tuple[CorrectionRow, ...]


def correction_table(said: Mapping[str, Any] | None) -> CorrectionTable | None:
    """Read what the manifest says of the correction; None where it says nothing."""
    if not said:
        return None
    return CorrectionTable(
        int(said["corrected"]),
        int(said["suspect"]),
        tuple(
            CorrectionRow(
                family=clipped(group["family"], MAX_WORD),
                cage=clipped(group["cage"], MAX_WORD),
                run_type=clipped(group["run_type"], MAX_WORD),
                magnetic=clipped(group["magnetic"], MAX_WORD),
                ratio=float(group["ratio"]),
                spread_percent=100 * float(group["spread"]),
                compounds=len(group["compounds"]),
                names=clipped(", ".join(map(str, group["compounds"])), MAX_NAMES),
                note="applied" if group["applied"] else clipped(group["why_not"], MAX_WORD),
            )
            for group in said["groups"]
        ),
    )
