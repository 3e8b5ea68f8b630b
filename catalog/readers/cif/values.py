"""The values of one block of a CIF as its dictionary means them: unknown, left out, uncertain, Cartesian."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Lattice
from pymatgen.io.cif import CifBlock

from catalog.errors import NoStructureError, ParseError
from catalog.readers.cif.scan import (
    ANGLES,
    CARTESIAN,
    FRACTIONS,
    LENGTHS,
    UNKNOWN,
    cell_of,
    joined,
    number,
    without_uncertainty,
)
from catalog.readers.cif.words import block_of

_CELL, _SYMMETRY = ("_cell_",), ("_symmetry_", "_space_group", "_magnetic_space_group")
_LABEL, _SYMBOL, _OCCUPANCY = "_atom_site_label", "_atom_site_type_symbol", "_atom_site_occupancy"
_HYDROGEN = frozenset({"H", "D", "T"})
_HYDROXIDE = re.compile(r"(?:OH(?![a-z])|O-H|[Ww]at|Ow|OW)")
"""How symbols of hydroxide and water begin: the oxygen of one site, its hydrogen without any."""


_ATOMS = frozenset((_LABEL, _SYMBOL, _OCCUPANCY, *FRACTIONS, *CARTESIAN))
_AXES = "_atom_sites_Cartn_tran_"
_LONGEST = 60
"""Characters of a label or symbol that count."""


def resolve(text: str, others: Sequence[str] = ()) -> tuple[CifBlock, list[str]]:
    """One block with what a structure needs, its values resolved, and remarks on them.

    A cell or a symmetry that the block lacks altogether is taken from the nearest of `others`, which are the
    blocks without atoms, the last before this one first.

    Numbers lose their uncertainty; an occupancy that is unknown or left out is 1; Cartesian places become
    fractions of the cell; hydrogen without a place is left out.

    Raises:
        ParseError: a place or an occupancy is no number, or an atom other than hydrogen has no place.
        NoStructureError: no column of places.
    """
    whole = _words_of(text)
    data = _of(whole, (*_CELL, *_SYMMETRY, "_atom_type_", _AXES))
    data |= {name: value for name, value in whole.data.items() if name in _ATOMS}
    loops, notes = whole.loops, []
    for what, names in (("cell", _CELL), ("symmetry", _SYMMETRY)):
        if not _of(whole, names):
            lent = next((other for other in map(_words_of, others) if _of(other, names)), None)
            if lent is not None:
                data |= _of(lent, names)
                loops = [*loops, *lent.loops]
                notes.append(f"the {what} is that of the block {lent.header[:40]}")
    loops = [[name for name in loop if name in data] for loop in loops]
    block = CifBlock(data, [loop for loop in loops if loop], "x")
    for name in {*LENGTHS, *ANGLES} & set(data):
        data[name] = without_uncertainty("".join(data[name]))
        block.loops = [loop for loop in block.loops if name not in loop]
        if data[name] in UNKNOWN:
            del data[name]
    return block, [*notes, *_sites(block)]


def _words_of(text: str) -> CifBlock:
    # "?" makes any number with a foreign character unreadable, where the parser would drop the character.
    return block_of(joined(text).encode("ascii", "replace").decode("ascii"))


def _of(block: CifBlock, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in block.data.items() if name.startswith(names)}


def _sites(block: CifBlock) -> list[str]:
    """Resolves the rows of atoms in place."""
    loop = next((loop for loop in block.loops if {FRACTIONS[0], CARTESIAN[0]} & set(loop)), [])
    if not loop:  # one atom needs no loop
        loop = [name for name in (_LABEL, _SYMBOL, *FRACTIONS, *CARTESIAN, _OCCUPANCY) if name in block.data]
        block.data.update({name: [block.data[name]] for name in loop})
        block.loops.append(loop)
    names = next((names for names in (FRACTIONS, CARTESIAN) if set(names) <= set(loop)), None)
    if names is None or not {_LABEL, _SYMBOL} & set(loop):
        raise NoStructureError("the rows of atoms lack a column of places, or labels and symbols")
    for name in {_LABEL, _SYMBOL} & set(loop):
        block.data[name] = [word[:_LONGEST] for word in block.data[name]]
    labels = block.data.get(_LABEL) or block.data[_SYMBOL]
    if _LABEL not in loop:
        loop.append(_LABEL)
        block.data[_LABEL] = list(labels)
    occupancies = block.data.get(_OCCUPANCY) or ["1"] * len(labels)
    symbols = block.data.get(_SYMBOL) or labels
    wet = [label for label, symbol in zip(labels, symbols, strict=True) if _HYDROXIDE.match(symbol)]
    if _SYMBOL not in loop:
        loop.append(_SYMBOL)
    block.data[_SYMBOL] = list(map(_told_apart, symbols))
    kept, lost, places, shares = [], [], [], []
    for row, (label, symbol) in enumerate(zip(labels, symbols, strict=True)):
        share = "1" if occupancies[row] in UNKNOWN else _checked(occupancies[row], label, "its occupancy")
        words = [block.data[name][row] for name in names]
        if UNKNOWN.isdisjoint(words):
            places.append([_checked(word, label, "a coordinate") for word in words])
            shares.append(share)
            kept.append(row)
        elif _element(symbol) in _HYDROGEN:
            lost.append(label)
        elif float(share) > 0:
            raise ParseError(f"{label} has no place: its coordinates are {' '.join(words)}")
    if names is CARTESIAN:
        places = _fractions(block, places)
        loop += [name for name in FRACTIONS if name not in loop]
    if _OCCUPANCY not in loop:
        loop.append(_OCCUPANCY)
    for name in loop:
        if name not in FRACTIONS and name != _OCCUPANCY:
            block.data[name] = [block.data[name][row] for row in kept]
    block.data.update(zip(FRACTIONS, map(list, zip(*places, strict=True)), strict=True))
    block.data[_OCCUPANCY] = shares
    notes = [f"hydrogen has no site: {', '.join(lost)}"] if lost else []
    return [*notes, f"read as oxygen, without hydrogen: {', '.join(wet)}"] if wet else notes


def _told_apart(symbol: str) -> str:
    """The symbol as pymatgen takes it for the atoms that it stands for.

    Where O and H share a site, pymatgen sees a hydroxide and drops the hydrogen, and it drops sites of OH;
    it leaves deuterium, which is hydrogen to all that follows, where it is.
    """
    if _HYDROXIDE.match(symbol):
        return "O"
    return f"D{symbol[1:]}" if _element(symbol) == "H" else symbol


def _checked(word: str, label: str, what: str) -> str:
    if not math.isfinite(number(word)):
        raise ParseError(f"{label}: {what} is {word!r}, expected a finite number")
    return without_uncertainty(word)


def _element(symbol: str) -> str:
    return symbol[:2].rstrip("0123456789+-?() ")


def _fractions(block: CifBlock, places: list[list[str]]) -> list[list[str]]:
    """Cartesian places in Å as fractions of the cell, by the axes that the CIF declares.

    Where it declares none: a along x, b in the plane of x and y, as in the PDB and as other readers take it.

    Raises:
        NoStructureError: no cell, or axes that are not told in full.
    """
    cell = cell_of(block.data)
    if cell is None:
        raise NoStructureError("Cartesian places without a cell are not read")
    axes, shift = _declared_axes(block)
    if axes is None:
        lattice = Lattice.from_parameters(*cell, vesta=False)
        a, b = lattice.matrix[0], lattice.matrix[1]
        x = a / np.linalg.norm(a)
        z = np.cross(a, b) / np.linalg.norm(np.cross(a, b))
        axes = (lattice.matrix @ np.array([x, np.cross(z, x), z]).T).T
    fractions = (np.array(places, dtype=np.float64) - shift) @ np.linalg.inv(axes).T
    return [[f"{value:.10f}" for value in row] for row in fractions]


def _declared_axes(block: CifBlock) -> tuple[NDArray[np.float64] | None, NDArray[np.float64]]:
    """The matrix in Å that makes Cartesian places of fractions (None if not declared), and their origin."""
    axes = [[block.data.get(f"{_AXES}matrix_{i}{j}", "?") for j in "123"] for i in "123"]
    shift = [block.data.get(f"{_AXES}vector_{i}", "0") for i in "123"]
    if not any(name.startswith(f"{_AXES}matrix_") for name in block.data):
        return None, np.array([number(word) for word in shift])
    matrix = np.array([[number(word) for word in row] for row in axes])
    if not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) < 1e-6:
        raise NoStructureError(
            "the Cartesian axes are not told in full by _atom_sites_Cartn_tran_matrix_11 ..."
        )
    return matrix, np.array([number(word) for word in shift])
