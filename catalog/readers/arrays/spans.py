"""The whole cell of a structure in the layout of OPTIMADE, whatever part of it its sites span.

Values of `site_coordinate_span` and their meaning: OPTIMADE specification 1.3, definition of that property
(schemas/src/defs/v1.3/properties/optimade/structures/site_coordinate_span.yaml, read November 2026).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import SymmOp

from catalog.errors import BadCellError, BadCoordinatesError, NoStructureError, ParseError, TooManySitesError
from catalog.readers.limits import ReadingLimits

WHOLE = ("unit_cell", "molecular_unit_cell")
"""Spans that are the whole cell; the first is meant where none is given."""

DOMAINS = (
    "fundamental_domain",
    "asymmetric_unit",
    "molecular_fundamental_domain",
    "molecular_asymmetric_unit",
)
"""Spans that the symmetry operations make whole."""

_OPERATION = re.compile(r"(?:[-+\d./xyzXYZ ]{1,40},){2}[-+\d./xyzXYZ ]{1,40}")
_HYDROGEN = frozenset({"H", "D", "T"})


def whole_cell(payload: Mapping[str, Any], limits: ReadingLimits) -> tuple[Mapping[str, Any], list[str]]:
    """The payload with a Cartesian position for each site of the whole cell, and remarks.

    Positions come from the fractional ones where there are no Cartesian ones. Hydrogen without a position is
    left out. Of a fundamental domain the operations make the cell; images of a site that coincide are one.

    Raises:
        NoStructureError: the sites span neither the cell nor a fundamental domain of it.
        ParseError: the operations are missing or not understood.
        BadCoordinatesError: an atom other than hydrogen has no position.
        TooManySitesError: more operations, or more positions to generate, than the limit.
    """
    names, span = payload.get("species_at_sites"), payload.get("site_coordinate_span") or WHOLE[0]
    if not isinstance(names, Sequence) or isinstance(names, str) or payload.get("lattice_vectors") is None:
        return payload, []
    if span not in WHOLE + DOMAINS:
        raise NoStructureError(
            f"the sites span {str(span)[:40]!r}, from which no cell can be made; expected one of "
            f"{', '.join(WHOLE + DOMAINS)}"
        )
    cartesian, fractional = (payload.get(f"{kind}_site_positions") for kind in ("cartesian", "fractional"))
    rows = fractional if cartesian is None else cartesian
    if not isinstance(rows, Sequence) or len(rows) != len(names):
        return payload, []
    lost = [index for index, row in enumerate(rows) if _is_nowhere(row)]
    if span in WHOLE and not lost and cartesian is not None:
        return payload, []
    _only_hydrogen(lost, payload, names)
    matrix = _numbers(payload["lattice_vectors"], 3, BadCellError)
    kept = [index for index in range(len(names)) if index not in set(lost)]
    places = _numbers([rows[index] for index in kept], len(kept), BadCoordinatesError)
    if cartesian is None:
        places = places @ matrix
    copies = [1] * len(kept)
    if span in DOMAINS:
        places, copies = _expanded(payload, matrix, places, limits)
    starts = np.concatenate([[0], np.cumsum(copies)])
    images = {index: range(starts[place], starts[place + 1]) for place, index in enumerate(kept)}
    whole = {
        **payload,
        "cartesian_site_positions": places.tolist(),
        "species_at_sites": [names[index] for index, sites in images.items() for _ in sites],
        "assemblies": _assemblies(payload.get("assemblies"), images),
    }
    return whole, ["the declared hydrogen has no site"] if lost else []


def _is_nowhere(row: object) -> bool:
    return row is None or (isinstance(row, Sequence) and any(value is None for value in row))


def _only_hydrogen(lost: Sequence[int], payload: Mapping[str, Any], names: Sequence[Any]) -> None:
    """Checks that nothing but hydrogen lacks a position.

    Raises:
        BadCoordinatesError: another atom does.
    """
    species = payload.get("species") or ()
    known = {str(one.get("name")): one.get("chemical_symbols") for one in species if isinstance(one, Mapping)}
    for index in lost:
        symbols = known.get(str(names[index]), [names[index]])
        if not isinstance(symbols, Sequence) or not _HYDROGEN.issuperset(map(str, symbols)):
            raise BadCoordinatesError(
                f"site {index} ({str(names[index])[:40]}) has no position; only hydrogen may lack one"
            )


def _numbers(
    rows: object, count: int, failure: type[BadCellError | BadCoordinatesError]
) -> NDArray[np.float64]:
    try:
        return np.array(rows, dtype=np.float64).reshape(-1, 3)[: count + 1].reshape(count, 3)
    except (TypeError, ValueError) as error:
        raise failure(f"{str(rows)[:80]}: expected {count} rows of three numbers") from error


def _expanded(
    payload: Mapping[str, Any],
    matrix: NDArray[np.float64],
    places: NDArray[np.float64],
    limits: ReadingLimits,
) -> tuple[NDArray[np.float64], list[int]]:
    """Cartesian positions of all images, site by site, and the number of images of each site."""
    rotations, shifts = _operations(payload, limits)
    if len(places) * len(rotations) > limits.generated_sites:
        raise TooManySitesError(
            f"{len(places)} sites under {len(rotations)} operations; "
            f"the limit is {limits.generated_sites} positions"
        )
    try:
        fractional = np.linalg.solve(matrix.T, places.T).T
    except np.linalg.LinAlgError as error:
        raise BadCellError(f"cell vectors {matrix.tolist()} span no volume") from error
    found = [_distinct(rotations @ place + shifts, limits) for place in fractional]
    return np.concatenate([np.empty((0, 3)), *found]) @ matrix, [len(images) for images in found]


def _operations(
    payload: Mapping[str, Any], limits: ReadingLimits
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rotations (M, 3, 3) and translations (M, 3) in fractions of the cell."""
    words = payload.get("space_group_symmetry_operations_xyz")
    span = payload["site_coordinate_span"]
    if not isinstance(words, Sequence) or isinstance(words, str) or not words:
        raise ParseError(
            f"the sites span {span!r}; space_group_symmetry_operations_xyz, which make it whole, are missing"
        )
    if len(words) > limits.operations:
        raise TooManySitesError(f"{len(words)} symmetry operations, the limit is {limits.operations}")
    made = []
    for word in words:
        if not isinstance(word, str) or not _OPERATION.fullmatch(word):
            raise ParseError(f"the symmetry operation {str(word)[:60]!r} is not understood, expected x,y,z")
        try:
            made.append(SymmOp.from_xyz_str(word.lower()))
        except (ValueError, IndexError, ZeroDivisionError) as error:
            raise ParseError(f"the symmetry operation {word!r} is not understood, expected x,y,z") from error
    return (
        np.array([one.rotation_matrix for one in made]),
        np.array([one.translation_vector for one in made]),
    )


def _distinct(images: NDArray[np.float64], limits: ReadingLimits) -> NDArray[np.float64]:
    """Images in the cell, the first of those that coincide."""
    wrapped = images - np.floor(images)
    apart = wrapped[:, None] - wrapped[None]
    same = (np.abs(apart - np.round(apart)) < limits.position_tolerance).all(axis=-1)
    kept: NDArray[np.float64] = wrapped[np.argmax(same, axis=1) == np.arange(len(wrapped))]
    return kept


def _assemblies(assemblies: object, images: Mapping[int, range]) -> object:
    """Assemblies with the images of their sites in place of the sites."""
    if not isinstance(assemblies, Sequence) or not all(isinstance(one, Mapping) for one in assemblies):
        return assemblies
    return [
        {
            **one,
            "sites_in_groups": [
                [image for site in group for image in images.get(site, ())]
                for group in one["sites_in_groups"]
            ],
        }
        for one in assemblies
    ]
