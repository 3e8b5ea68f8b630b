"""What the chart of T_c against ξ shows: one curve per λ, the candidates, the measured superconductors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from polywell.records import Candidate, Screening
from polywell.relation import critical_temperature_k
from reports.html.cells import clipped, finite

CURVE_POINTS = 121
MARGIN_ANG = 0.15
"""A curve runs this far past the outermost points of its families, in Å."""

LEAST_ANG = 0.5
"""A curve never begins below this ξ, in Å, where T_c = λ/ξ² runs away."""

EMPTY_ANG = (2.4, 4.2)
"""Range of ξ, in Å, of a curve without any point."""

BIN_ANG = 0.1
"""Width of a bar of the distribution of ξ, in Å."""

MAX_BINS = 200
MAX_NAME = 80


@dataclass(frozen=True)
class Curve:
    """T_c = λ/ξ² of every family that shares λ and its spread; Å, K and K·Å²."""

    families: tuple[str, ...]
    lambda_k_ang2: float
    spread_k_ang2: float
    xi_ang: tuple[float, ...]
    tc_k: tuple[float, ...]
    tc_low_k: tuple[float, ...]
    tc_high_k: tuple[float, ...]


@dataclass(frozen=True)
class Point:
    """One entry in the chart; `row` is its place in the ranked table, or -1 for a measured one.

    `used_ang` is the ξ that its estimate rests on, corrected where it is corrected.
    """

    row: int
    name: str
    formula: str
    family: str
    xi_ang: float
    tc_k: float
    note: str
    used_ang: float
    suspect: bool


@dataclass(frozen=True)
class Distribution:
    """How many candidates of each family have their ξ between one edge, in Å, and the next."""

    edges_ang: tuple[float, ...]
    counts: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True)
class Chart:
    """Everything the chart draws; `families` fixes the order of colours and marks."""

    families: tuple[str, ...]
    curves: tuple[Curve, ...]
    candidates: tuple[Point, ...]
    measured: tuple[Point, ...]
    distribution: Distribution


def chart(
    candidates: Sequence[Candidate], measured: Sequence[Screening], families: Sequence[Mapping[str, Any]]
) -> Chart:
    """Gather the points and draw the curves of the λ table through their range.

    Args:
        candidates: in the order of the ranked table.
        measured: candidates of the reference library whose T_c was measured.
        families: the λ table as the manifest keeps it.
    """
    points = tuple(_candidate(place, one) for place, one in enumerate(candidates))
    superconductors = tuple(_measured(one) for one in measured)
    names = dict.fromkeys(str(family["name"]) for family in families)
    names.update(dict.fromkeys(point.family for point in points + superconductors))
    return Chart(
        tuple(names),
        curves(families, points + superconductors),
        points,
        superconductors,
        distribution(points),
    )


def distribution(points: Sequence[Point]) -> Distribution:
    """Count the points of each family in bars of `BIN_ANG`, or wider ones that make at most `MAX_BINS`."""
    if not points:
        return Distribution((), ())
    heights = [point.xi_ang for point in points]
    width = BIN_ANG * math.ceil((max(heights) - min(heights)) / (BIN_ANG * (MAX_BINS - 1)) or 1)
    bars = [math.floor(round(height / width, 6)) for height in heights]
    first, last = min(bars), max(bars) + 1
    counts: dict[str, list[int]] = {}
    for point, bar in zip(points, bars, strict=True):
        of = counts.setdefault(point.family, [0] * (last - first))
        of[bar - first] += 1
    edges = tuple(round(place * width, 4) for place in range(first, last + 1))
    return Distribution(edges, tuple((family, tuple(of)) for family, of in sorted(counts.items())))


def curves(families: Sequence[Mapping[str, Any]], points: Sequence[Point]) -> tuple[Curve, ...]:
    """Draw one curve per (λ, spread) of the table, through the range of its families' points."""
    shared: dict[tuple[float, float], list[str]] = {}
    for family in families:
        key = (float(family["lambda_k_ang2"]), float(family["spread_k_ang2"]))
        names = shared.setdefault(key, [])
        if family["name"] not in names:
            names.append(str(family["name"]))
    drawn = []
    for (lam, spread), names in sorted(shared.items(), reverse=True):
        xi = np.linspace(*_range([point.xi_ang for point in points if point.family in names]), CURVE_POINTS)
        curve = Curve(
            families=tuple(names),
            lambda_k_ang2=lam,
            spread_k_ang2=spread,
            xi_ang=_floats(xi),
            tc_k=_floats(critical_temperature_k(xi, lam)),
            tc_low_k=_floats(critical_temperature_k(xi, lam - spread)),
            tc_high_k=_floats(critical_temperature_k(xi, lam + spread)),
        )
        drawn.append(curve)
    return tuple(drawn)


def _floats(values: Any) -> tuple[float, ...]:
    return tuple(round(float(value), 4) for value in values)


def _range(xi_ang: Sequence[float]) -> tuple[float, float]:
    if not xi_ang:
        return EMPTY_ANG
    return max(LEAST_ANG, min(xi_ang) - MARGIN_ANG), max(xi_ang) + MARGIN_ANG


def _candidate(place: int, one: Candidate) -> Point:
    found, estimate = one.screening, one.estimate
    suspect = clipped(estimate.geometry_suspect, MAX_NAME)
    notes = (clipped(found.extrapolation, MAX_NAME), suspect and f"suspect: {suspect}")
    point = _point(place, found, round(found.tc_ceiling_k or 0.0, 2), "; ".join(filter(None, notes)))
    used = finite(estimate.xi_corrected_ang) or point.xi_ang
    return replace(point, used_ang=round(used, 4), suspect=bool(suspect))


def _measured(one: Screening) -> Point:
    kind = clipped(one.provenance.tc_measured_kind, MAX_NAME)
    note = "" if one.tc_ceiling_k is None else f"its ceiling: {one.tc_ceiling_k:.1f} K"
    tc_k = float(one.provenance.tc_measured_k or 0.0)
    return _point(-1, one, tc_k, "; ".join(part for part in (kind, note) if part))


def _point(row: int, one: Screening, tc_k: float, note: str) -> Point:
    return Point(
        row=row,
        name=clipped(one.id, MAX_NAME),
        formula=clipped(one.called, MAX_NAME),
        family=clipped(one.family, MAX_NAME),
        xi_ang=round(one.xi_ceiling_ang or 0.0, 4),
        used_ang=round(one.xi_ceiling_ang or 0.0, 4),
        suspect=False,
        tc_k=tc_k,
        note=note,
    )
