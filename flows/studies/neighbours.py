"""Neighbours of a compound among the designs, as rows for a terminal."""

from __future__ import annotations

from catalog.errors import CatalogError
from polywell.design.nearby.neighbours import Neighbour, Relation, UnknownCompoundError, neighbours
from polywell.evidence.calibration import Calibration

HEADS = (
    ("design", False),
    ("formula", False),
    ("differs", False),
    ("ξ (Å)", True),
    ("ceiling (K)", True),
    ("expected (K)", True),
    ("at best doping (K)", True),
)


class NoNeighboursError(CatalogError):
    """Nothing is called so."""


def rows_around(name: str, calibration: Calibration) -> list[tuple[str, ...]]:
    """The compound first, then its neighbours, the highest lower end of T_c at best doping first.

    Raises:
        NoNeighboursError: no design is called so.
    """
    try:
        found = neighbours(name, calibration)
    except UnknownCompoundError as error:
        raise NoNeighboursError(str(error)) from error
    ordered = sorted(found, key=lambda one: (one.relation is not Relation.ITSELF, -_worth(one)))
    return [_row(one) for one in ordered]


def _worth(one: Neighbour) -> float:
    low = one.estimate.tc_best_low_k
    return -1.0 if low is None else low


def _row(one: Neighbour) -> tuple[str, ...]:
    said = one.estimate
    best = ""
    if said.tc_best_k is not None:
        best = f"{said.tc_best_k:.0f} ({said.tc_best_low_k or 0:.0f} to {said.tc_best_high_k or 0:.0f})"
    return (
        one.screening.id,
        one.screening.formula_written or one.screening.formula,
        f"{one.relation}: {one.differs}" if one.differs else str(one.relation),
        f"{one.screening.xi_ceiling_ang or 0:.3f}",
        f"{one.screening.tc_ceiling_k or 0:.0f}",
        "" if said.tc_expected_k is None else f"{said.tc_expected_k:.0f}",
        best,
    )
