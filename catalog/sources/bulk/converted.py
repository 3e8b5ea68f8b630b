"""Rows of a file that is slow to read, as columns: what is plain in arrays, what is not as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from catalog.readers.arrays.columns import FRACTIONAL
from catalog.sources.rows import FileRow
from catalog.sources.values import text

ENTRY = "entry"
"""Column with the row as JSON where it is not plain; the other columns tell all of the others."""

NARROW = ("id", "formula", "elements", "e_above_hull_ev", "last_updated", "functional")
"""Columns that every row has."""

_VECTORS = pa.list_(pa.list_(pa.float64()))
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "formula", "last_updated", "functional", ENTRY)),
        ("elements", pa.list_(pa.string())),
        ("e_above_hull_ev", pa.float64()),
        *zip(FRACTIONAL, (_VECTORS, pa.list_(pa.string()), _VECTORS), strict=True),
    ]
)


@dataclass(frozen=True)
class Arrays:
    """A crystal of whole atoms: cell vectors (3 x 3, Å), elements (N), fractional positions (N x 3)."""

    cell: NDArray[np.float64]
    elements: list[str]
    frac: NDArray[np.float64]


_NOTHING = Arrays(np.zeros((0, 3)), [], np.zeros((0, 3)))


def plain_arrays(payload: Mapping[str, Any]) -> Arrays | None:
    """The arrays of a structure of pymatgen; None unless they say all of it that a reader takes."""
    try:
        lattice, sites = payload["lattice"], payload["sites"]
        cell = np.array(lattice["matrix"], np.float64)
        frac = np.array([site["abc"] for site in sites], np.float64)
        elements = []
        for site in sites:
            [species] = site["species"]
            if species["occu"] != 1 or type(species["element"]) is not str:
                return None
            elements.append(species["element"])
        is_crystal = lattice.get("pbc") in (None, [True, True, True])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None
    is_whole = is_crystal and cell.shape == (3, 3) and frac.shape == (len(elements), 3)
    return Arrays(cell, elements, frac) if is_whole and "nperiodic_dimensions" not in payload else None


def as_batch(rows: Sequence[tuple[FileRow, Arrays | None, str | None]]) -> pa.RecordBatch:
    """Rows, with their arrays where they are plain and not needless, and their JSON where they are not."""
    given = [row for row, _, _ in rows]
    known = [row.provenance for row in given]
    crystals = [arrays or _NOTHING for _, arrays, _ in rows]
    is_bare = pa.array([arrays is None for _, arrays, _ in rows])
    cells = np.cumsum([0, *(len(one.cell) for one in crystals)])
    sites = np.cumsum([0, *(len(one.frac) for one in crystals)])
    elements = pa.array([name for one in crystals for name in one.elements], pa.string())
    columns = {
        "id": [row.id or None for row in given],
        "formula": [text(row.formula) for row in given],
        "elements": [row.elements for row in given],
        "e_above_hull_ev": [one.e_above_hull_ev for one in known],
        "last_updated": [one.last_updated for one in known],
        "functional": [one.functional for one in known],
        ENTRY: [entry for _, _, entry in rows],
    }
    wide = {
        FRACTIONAL[0]: _lists(_vectors([one.cell for one in crystals]), cells, is_bare),
        FRACTIONAL[1]: _lists(elements, sites, is_bare),
        FRACTIONAL[2]: _lists(_vectors([one.frac for one in crystals]), sites, is_bare),
    }
    return pa.RecordBatch.from_pydict(columns | wide, schema=SCHEMA)


def _vectors(rows: Sequence[NDArray[np.float64]]) -> pa.Array:
    """Arrays of rows of three numbers, one below the other."""
    values = np.concatenate(rows)
    return _lists(pa.array(values.ravel()), 3 * np.arange(len(values) + 1))


def _lists(values: pa.Array, ends: NDArray[np.int64], is_missing: pa.Array | None = None) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), values, mask=is_missing)
