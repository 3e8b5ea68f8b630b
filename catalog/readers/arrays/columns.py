"""Structures that came as columns: the plain ones are read many at a time, without an object for each.

Plain are whole cells of elements, one on each site, with Cartesian or fractional positions;
`catalog.readers.arrays.single` reads all others, and whatever is wrong, one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from catalog.readers.composition import amounts_of, elements_and_formula, plain_symbol, same_composition
from catalog.readers.limits import LIMITS

STRUCTURE = ("lattice_vectors", "species_at_sites", "cartesian_site_positions")
"""Columns of a structure, as OPTIMADE names and lays out its properties."""

FRACTIONAL = (*STRUCTURE[:2], "fractional_site_positions")
"""The same of a structure with fractional positions, as pymatgen writes it."""

SOUND = 1.01
"""A cell so much thicker and smaller than the bounds is within them, however they are worked out."""

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def read_compositions(formulas: pa.Array, elements: pa.Array) -> dict[str, pa.Array]:
    """Columns `formula` and `elements`, of what a source says of entries without a structure."""
    said = pc.binary_join_element_wise(formulas.fill_null(""), pc.binary_join(elements, " "), "\n")
    coded = said.dictionary_encode()
    known = [_composition(text) for text in coded.dictionary.to_pylist()]
    symbols, named = (
        pa.array([one[place] for one in known], pa.string()).take(coded.indices) for place in (0, 1)
    )
    return {"formula": named, "elements": pc.split_pattern(symbols, " ")}


def read_structures(
    batch: pa.RecordBatch, needs_structure: Callable[[Collection[str]], bool]
) -> tuple[Ints, dict[str, pa.Array]]:
    """Reads the plain structures of a batch that are worth it.

    Args:
        batch: columns `formula`, `elements`, and `STRUCTURE` or `FRACTIONAL`.
        needs_structure: whether entries with these elements are worth a structure.

    Returns:
        The places of the rows that were read, and columns of the table of structures for them. All other
        rows are to be read one by one.
    """
    places = np.flatnonzero(_is_whole(batch))
    lattices, names, positions = (column.take(pa.array(places)) for column in _structure(batch))
    cells, points = _numbers(lattices).reshape(-1, 3, 3), _numbers(positions).reshape(-1, 3)
    sizes = np.asarray(names.value_lengths(), np.int64)
    coded = names.flatten().dictionary_encode()
    symbols, codes = coded.dictionary.cast(pa.string()).to_pylist(), np.asarray(coded.indices, np.int64)
    counts = _counts(codes, sizes, len(symbols))
    is_plain = np.array([plain_symbol(symbol) == symbol for symbol in symbols], bool)
    is_sound = _is_sound(cells) & (counts[:, ~is_plain] == 0).all(axis=1)
    held: list[dict[str, float]] = [{} for _ in places]
    for row, code in zip(*(some.tolist() for some in np.nonzero(counts)), strict=True):
        held[row][symbols[code]] = float(counts[row, code])
    formulas, declared = (
        batch.column(name).take(pa.array(places)).to_pylist() for name in ("formula", "elements")
    )
    is_worth = [
        amounts.keys() >= set(listed or ()) and needs_structure(amounts)
        for amounts, listed in zip(held, declared, strict=True)
    ]
    is_chosen = is_sound & np.array(is_worth, bool)
    if FRACTIONAL[-1] not in batch.schema.names:
        points = _fractional(points, cells, sizes, np.flatnonzero(is_chosen))
    is_chosen &= _all(names, np.isfinite(points).all(axis=1))
    chosen = np.flatnonzero(is_chosen)
    on_sites = np.repeat(is_chosen, sizes)
    known = [_compared(formulas[row], tuple(held[row].items())) for row in chosen.tolist()]
    columns = {
        "formula": pa.array([formula for (_, formula), _ in known], pa.string()),
        "elements": pa.array([list(elements) for (elements, _), _ in known], pa.list_(pa.string())),
        "declared_formula": pa.array([other for _, other in known], pa.string()),
    }
    species = coded.cast(pa.string()).filter(pa.array(on_sites))
    return places[chosen], columns | _arrays(cells[chosen], points[on_sites], sizes[chosen], species)


def _fractional(points: Floats, cells: Floats, sizes: Ints, rows: Ints) -> Floats:
    """The points, those of some rows in fractions of their cells; rows of as many sites together."""
    found, starts = points.copy(), np.cumsum(sizes) - sizes
    for size in np.unique(sizes[rows]):
        some = rows[sizes[rows] == size]
        sites = starts[some, None] + np.arange(size)
        solved = np.linalg.solve(cells[some].transpose(0, 2, 1), points[sites].transpose(0, 2, 1))
        found[sites] = solved.transpose(0, 2, 1)
    return found


@lru_cache(maxsize=16384)
def _composition(said: str) -> tuple[str, str]:
    """Elements and formula, of a line with a formula and one with elements, for where it is not plain."""
    formula, listed = said.split("\n")
    elements, named = elements_and_formula(amounts_of(formula) or dict.fromkeys(listed.split(" "), 1.0))
    return " ".join(elements), named


@lru_cache(maxsize=16384)
def _compared(
    formula: str | None, amounts: tuple[tuple[str, float], ...]
) -> tuple[tuple[tuple[str, ...], str], str | None]:
    """Elements and formula of a structure, and the formula that a source states where it is another."""
    held, stated = dict(amounts), amounts_of(formula) if formula else None
    is_other = stated not in (None, held) and not same_composition(stated, held)
    return elements_and_formula(held), elements_and_formula(stated)[1] if stated and is_other else None


def payload_of(row: Mapping[str, Any]) -> tuple[Literal["pymatgen", "optimade"], dict[str, Any]]:
    """A row of such columns as `catalog.readers.arrays.single` reads it: the layout, and the payload."""
    if row.get(FRACTIONAL[-1]) is None:
        return "optimade", {name: row[name] for name in STRUCTURE if name in row}
    vectors, names, positions = (row[name] for name in FRACTIONAL)
    sites = [
        {"species": [{"element": name, "occu": 1.0}], "abc": place}
        for name, place in zip(names, positions, strict=True)
    ]
    return "pymatgen", {"lattice": {"matrix": vectors}, "sites": sites}


def _structure(batch: pa.RecordBatch) -> list[pa.Array]:
    """The columns of the structures."""
    names = FRACTIONAL if FRACTIONAL[-1] in batch.schema.names else STRUCTURE
    return [batch.column(name) for name in names]


def _arrays(cells: Floats, frac: Floats, sizes: Ints, symbols: pa.Array) -> dict[str, pa.Array]:
    """The columns of structures whose sites hold one element each."""
    ends = np.append(0, np.cumsum(sizes))

    def lists(values: pa.Array, offsets: Ints) -> pa.Array:
        return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)

    each = np.arange(ends[-1] + 1)
    return {
        "lattice": lists(pa.array(cells.ravel()), 9 * np.arange(len(cells) + 1)),
        "frac_coords": lists(pa.array(frac.ravel()), 3 * ends),
        "species": lists(lists(symbols, each), ends),
        "occupancies": lists(lists(pa.array(np.ones(ends[-1])), each), ends),
    }


def _is_whole(batch: pa.RecordBatch) -> Bools:
    """Which rows have a cell of nine numbers, and a name and three coordinates for each of their sites."""
    lattices, names, positions = _structure(batch)
    sites = names.value_lengths()
    fits = pc.and_(pc.greater(sites, 0), pc.less_equal(sites, LIMITS.sites))
    are_as_many = pc.and_(pc.equal(positions.value_lengths(), sites), pc.equal(lattices.value_lengths(), 3))
    is_whole: Bools = np.asarray(pc.and_(are_as_many, fits).fill_null(False)) & _all(
        names, names.flatten().is_valid()
    )
    for column in (lattices, positions):
        rows = column.flatten()
        is_number = _all(rows, pc.is_finite(rows.flatten()).fill_null(False))
        is_whole &= _all(
            column, pc.and_(pa.array(is_number), pc.equal(rows.value_lengths(), 3).fill_null(False))
        )
    return is_whole


def _all(lists: pa.Array, is_such: pa.Array | Bools) -> Bools:
    """Of which lists all values are such."""
    others = np.asarray(pc.list_parent_indices(lists))[~np.asarray(is_such)]
    found: Bools = np.bincount(others, minlength=len(lists)) == 0
    return found


def _numbers(column: pa.Array) -> Floats:
    return np.asarray(column.flatten().flatten(), np.float64)


def _counts(codes: Ints, sizes: Ints, kinds: int) -> Ints:
    """How often each of some kinds stands in each row, shape (rows, kinds)."""
    owners = np.repeat(np.arange(len(sizes)), sizes)
    return np.bincount(owners * kinds + codes, minlength=len(sizes) * kinds).reshape(len(sizes), kinds)


def _is_sound(cells: Floats) -> Bools:
    """Which cells are within the bounds for certain (see `catalog.readers.checks.check_sites`)."""
    lengths = np.linalg.norm(cells, axis=2)
    faces = np.linalg.norm(np.cross(cells[:, [1, 2, 0]], cells[:, [2, 0, 1]]), axis=2).max(axis=1, initial=0)
    volumes = np.abs(np.linalg.det(cells))
    is_sound: Bools = volumes > SOUND * LIMITS.min_thickness_ang * faces
    is_sound &= SOUND * lengths.max(axis=1, initial=0) < LIMITS.max_length_ang
    return is_sound
