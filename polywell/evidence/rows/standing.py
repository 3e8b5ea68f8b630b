"""What the rows of our own table stand on: read, recalled or built; and which of them train nothing."""

from __future__ import annotations

from collections import Counter
from functools import cache

from polywell.data.measured import Measured, measured_superconductors
from polywell.data.reference import ReferenceStructure, reference_structures

BUILT = "built to the published xi"


def trains(row: Measured) -> bool:
    """Whether a row may train a model: not where cell or T_c come from the tables of the proposal.

    A cell that was built to a published ξ gives back what it was built to; and where a T_c is that of the
    proposal's own table, a model would learn the relation from itself.
    """
    return _references()[row.structure].checked != BUILT and not _of_the_proposal(row)


def standing() -> dict[str, int]:
    """How many rows there are, and how many structures and T_c were read, recalled or built.

    Structures are counted once for each row that names them.
    """
    rows = measured_superconductors()
    structures: Counter[str] = Counter(_references()[row.structure].checked for row in rows)
    tc: Counter[str] = Counter(row.checked for row in rows)
    return {
        "rows": len(rows),
        "structures read": structures["read"],
        "structures recalled": structures["recalled"],
        "structures built to a published ξ": structures[BUILT],
        "T_c read": tc["read"],
        "T_c recalled": tc["recalled"],
        "T_c from the proposal's tables": sum(_of_the_proposal(row) for row in rows),
        "rows that train nothing": sum(not trains(row) for row in rows),
    }


@cache
def _references() -> dict[str, ReferenceStructure]:
    return {one.id: one for one in reference_structures()}


def _of_the_proposal(row: Measured) -> bool:
    """Whether the source of a T_c is the proposal itself."""
    return "proposal" in row.source.lower()
