"""What the rows of our own table stand on: read, recalled, estimated or built; and which train nothing."""

from __future__ import annotations

from collections import Counter
from functools import cache

from polywell.data.measured import Measured, measured_superconductors
from polywell.data.reference import is_built, standings


def trains(row: Measured) -> bool:
    """Whether a row may train a model: not where cell or T_c come from the tables of the proposal.

    A cell that was built to a published ξ, or derived from one that was, gives back what it was built to; and
    where a T_c is that of the proposal's own table, a model would learn the relation from itself.
    """
    return not is_built(row.structure) and not _of_the_proposal(row)


def read_alone(row: Measured) -> bool:
    """Whether cell and T_c of a row were both read in a source."""
    return row.checked == "read" and standings()[row.structure] == "read"


@cache
def read_rows() -> frozenset[str]:
    """Ids of the rows whose cell and T_c were both read."""
    return frozenset(row.id for row in measured_superconductors() if read_alone(row))


def standing() -> dict[str, int]:
    """How many rows there are, and how many structures and T_c were read, recalled, estimated or built.

    Structures are counted once for each row that names them.
    """
    rows = measured_superconductors()
    structures = Counter(standings()[row.structure] for row in rows)
    tc: Counter[str] = Counter(row.checked for row in rows)
    return {
        "rows": len(rows),
        "structures read": structures["read"],
        "structures recalled": structures["recalled"],
        "structures estimated": structures["estimated"],
        "structures built to a published ξ": structures["built"] + structures["derived from built"],
        "T_c read": tc["read"],
        "T_c recalled": tc["recalled"],
        "T_c from the proposal's tables": sum(_of_the_proposal(row) for row in rows),
        "rows whose cell and T_c were both read": sum(read_alone(row) for row in rows),
        "rows that train nothing": sum(not trains(row) for row in rows),
    }


def _of_the_proposal(row: Measured) -> bool:
    """Whether the source of a T_c is the proposal itself."""
    return "proposal" in row.source.lower()
