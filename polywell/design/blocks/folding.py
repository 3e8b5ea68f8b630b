"""Crystals in the smallest square cell of their sheets, where blocks of one fit on the sheets of another.

The cell holds one metal of a bridged sheet, two of a capped one. A larger cell of twice the area is folded
where a step by half of it brings every whole ion near one of its kind; the mean of both places is taken.
Larger cells, and those that differ more, are left as they are and lend no blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from polywell.design.blocks.cutting import Layer, Layers, cut_of, layers_of_many
from polywell.design.blocks.layers import Cut, NotCut
from polywell.design.blocks.topology import in_order
from polywell.geometry.ions import Floats
from polywell.geometry.nets.square_nets import BRIDGED
from polywell.geometry.sites import majority
from polywell.records import Entry

FOLDED_ANG = 0.1
"""Å: two ions that a step of half the cell brings nearer to each other are one in the smaller cell."""

EDGES_ANG = (3.1, 4.7)
"""Å: edges of the cell of one bridged square, and of two capped ones, as in
`polywell.geometry.tolerances`."""

SQUARE = 0.06
"""The edges of the cell differ by less than this share, and its angle from 90° by less than 3°."""

BASES = {
    (0.5, 0.5): np.array([[0.5, 0.5], [-0.5, 0.5]]),
    (0.5, 0.0): np.array([[0.5, 0.0], [0.0, 1.0]]),
    (0.0, 0.5): np.array([[1.0, 0.0], [0.0, 0.5]]),
}
"""In-plane vectors of the folded cell, in those of the whole one, by the step that folds it."""


def folded_many(entries: Sequence[Entry]) -> tuple[Cut | NotCut, ...]:
    """The whole ions of crystals, cut, in the smallest square cells of their sheets.

    The geometry of all is found together, which is several times faster than of one after the other.
    """
    return tuple(
        layers if isinstance(layers, NotCut) else _in_smallest_cell(layers)
        for layers in layers_of_many(entries, whole=True)
    )


def _in_smallest_cell(layers: Layers) -> Cut | NotCut:
    counts = {sum(one.metals) // (1 if one.net.kind == BRIDGED else 2) for one in layers.layers}
    if len(counts) > 1 or counts - {1, 2}:
        return NotCut(layers.id, f"a sheet's cell holds {sorted(counts)} smallest ones; at most 2 are folded")
    if counts == {2}:
        found = [half for half in (_folded(layers, step) for step in BASES) if half is not None]
        if not found:
            return NotCut(layers.id, f"its larger cell does not fold within {FOLDED_ANG:g} Å")
        layers = found[0]
    if not _is_square(layers.vectors):
        return NotCut(layers.id, "the smallest cell of its sheets is no square")
    whole = cut_of(layers)
    return replace(whole, blocks=tuple(in_order(block) for block in whole.blocks))


def _is_square(vectors: Floats) -> bool:
    a, b = np.sqrt(np.einsum("ij,ij->i", vectors, vectors)).tolist()
    cosine = abs(float(vectors[0] @ vectors[1])) / (a * b)
    inside = all(EDGES_ANG[0] <= edge <= EDGES_ANG[1] for edge in (a, b))
    return inside and abs(a - b) < SQUARE * max(a, b) and cosine < np.sin(np.radians(3.0))


def _folded(layers: Layers, step: tuple[float, float]) -> Layers | None:
    basis = BASES[step]
    inverse = np.linalg.inv(basis)
    vectors = basis @ layers.vectors
    if not _is_square(vectors):
        return None
    made: list[Layer] = []
    for one in layers.layers:
        sheet = _half(one.sheet, one.sheet_mixes, layers.vectors, step)
        block = _half(one.block, one.block_mixes, layers.vectors, step)
        if sheet is None or block is None:
            return None
        (places, kept), (over, above) = sheet, block
        made.append(
            replace(
                one,
                sheet=_in_basis(places, inverse),
                sheet_mixes=[one.sheet_mixes[k] for k in kept],
                metals=tuple(one.metals[k] for k in kept),
                block=_in_basis(over, inverse),
                block_mixes=[one.block_mixes[k] for k in above],
            )
        )
    axis = vectors[0] / np.sqrt(vectors[0] @ vectors[0])
    turn = np.array([axis, [-axis[1], axis[0]]])
    return Layers(layers.id, vectors @ turn.T, layers.climb @ inverse, tuple(made))


def _in_basis(places: Floats, inverse: Floats) -> Floats:
    return np.column_stack((places[:, :2] @ inverse, places[:, 2]))


def _half(
    places: Floats, mixes: Sequence[dict[str, float]], vectors: Floats, step: tuple[float, float]
) -> tuple[Floats, list[int]] | None:
    """Mean places of the ions that a step joins in pairs, and the first of each pair.

    None where an ion has no partner of its element within `FOLDED_ANG`.
    """
    left = list(range(len(places)))
    kept: list[int] = []
    means: list[Floats] = []
    while left:
        one = left.pop(0)
        best: tuple[float, int, Floats] | None = None
        for other in left:
            if majority(mixes[other]) != majority(mixes[one]):
                continue
            way = places[other] - places[one] - (*step, 0.0)
            way[:2] -= np.round(way[:2])
            flat = way[:2] @ vectors
            distance = float(np.sqrt(flat @ flat + way[2] ** 2))
            if best is None or distance < best[0]:
                best = distance, other, way
        if best is None or best[0] > FOLDED_ANG:
            return None
        left.remove(best[1])
        kept.append(one)
        means.append(places[one] + best[2] / 2)
    return np.array(means).reshape(-1, 3), kept
