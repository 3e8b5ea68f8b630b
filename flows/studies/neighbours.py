"""Neighbours of a compound among the designs, and the columns of their table."""

from __future__ import annotations

from catalog.errors import CatalogError
from polywell.design.nearby.neighbours import Neighbour, Relation, UnknownCompoundError, neighbours
from polywell.evidence.calibration import Calibration
from reports.studies.tables import Column, number, text


class NoNeighboursError(CatalogError):
    """Nothing is called so."""


def ordered_around(name: str, calibration: Calibration) -> list[Neighbour]:
    """The compound first, then its neighbours, the highest lower end of T_c at best doping first.

    Raises:
        NoNeighboursError: no design is called so.
    """
    try:
        found = neighbours(name, calibration)
    except UnknownCompoundError as error:
        raise NoNeighboursError(str(error)) from error
    return sorted(found, key=lambda one: (one.relation is not Relation.ITSELF, -_worth(one)))


def _worth(one: Neighbour) -> float:
    low = one.estimate.tc_best_low_k
    return -1.0 if low is None else low


def _at_best(one: Neighbour) -> str:
    said = one.estimate
    if said.tc_best_k is None:
        return ""
    return f"{said.tc_best_k:.0f} ({said.tc_best_low_k or 0:.0f} to {said.tc_best_high_k or 0:.0f})"


COLUMNS: tuple[Column[Neighbour], ...] = (
    (text("design"), lambda one: one.screening.id),
    (text("formula"), lambda one: one.screening.called),
    (text("differs"), lambda one: f"{one.relation}: {one.differs}" if one.differs else str(one.relation)),
    (number("ξ (Å)", digits=3), lambda one: one.screening.xi_ceiling_ang or 0),
    (number("ceiling (K)", digits=0), lambda one: one.screening.tc_ceiling_k or 0),
    (number("expected (K)", digits=0), lambda one: one.estimate.tc_expected_k),
    (number("at best doping (K)"), _at_best),
)
"""What a terminal shows of each."""
