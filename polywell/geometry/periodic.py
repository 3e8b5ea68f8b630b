"""Integer bookkeeping of periodic images and groups, as whole arrays."""

from __future__ import annotations

import numpy as np

from polywell.geometry.ions import Bools, Ints

WIDTH = 256
"""Sums of four images up to half of `LARGEST_IMAGE` (`cells`) stay inside -WIDTH/2 ... WIDTH/2 - 1."""


def code(first: Ints, second: Ints, images: Ints, count: int) -> Ints:
    """One integer for each row (ion, other ion, image); equal codes are equal rows.

    Args:
        first: (N,) ion numbers below `count`.
        second: (N,) ion numbers below `count`.
        images: (N, 3) periodic images.
        count: number of ions.
    """
    half = WIDTH // 2
    shifted = ((images[:, 0] + half) * WIDTH + images[:, 1] + half) * WIDTH + images[:, 2] + half
    coded: Ints = (first * count + second) * WIDTH**3 + shifted
    return coded


def among(values: Ints, known: Ints) -> Bools:
    """Which values occur in the ascending array `known`."""
    if not len(known):
        return np.zeros(len(values), dtype=bool)
    place = np.searchsorted(known, values)
    found: Bools = known[np.minimum(place, len(known) - 1)] == values
    return found


def pairs_within(groups: Ints) -> tuple[Ints, Ints]:
    """All ordered pairs of rows of the same group, each row with itself included.

    Args:
        groups: (N,) group numbers in ascending order.

    Returns:
        Two arrays of row numbers.
    """
    begin = np.searchsorted(groups, groups, side="left")
    return rows_of(begin, np.searchsorted(groups, groups, side="right"))


def members_of(groups: Ints, values: Ints, size: int) -> tuple[tuple[int, ...], ...]:
    """Values (N,) of each of `size` groups, by the group numbers (N,)."""
    members: list[list[int]] = [[] for _ in range(size)]
    for group, value in zip(groups.tolist(), values.tolist(), strict=True):
        members[group].append(value)
    return tuple(tuple(group) for group in members)


def rows_of(begin: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Unfold ranges: for range number k the pairs (k, begin[k]), (k, begin[k] + 1) ... (k, end[k] - 1)."""
    size = end - begin
    owner = np.repeat(np.arange(len(size)), size)
    row = np.arange(len(owner)) - np.repeat(np.cumsum(size) - size, size) + begin[owner]
    return owner, row


def rank_and_plane(periods: list[tuple[int, int, int]]) -> tuple[int, list[tuple[int, int, int]]]:
    """Rank of a list of integer vectors (0-3), and as many of them as the rank, independent."""
    basis: list[tuple[int, int, int]] = []
    for period in sorted(periods, key=lambda v: (v[0] * v[0] + v[1] * v[1] + v[2] * v[2], v)):
        if len(basis) == 0:
            independent = period != (0, 0, 0)
        elif len(basis) == 1:
            independent = _cross(basis[0], period) != (0, 0, 0)
        else:
            x, y, z = _cross(basis[0], basis[1])
            independent = x * period[0] + y * period[1] + z * period[2] != 0
        if independent:
            basis.append(period)
        if len(basis) == 3:
            break
    return len(basis), basis


def _cross(u: tuple[int, int, int], v: tuple[int, int, int]) -> tuple[int, int, int]:
    return (u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0])
