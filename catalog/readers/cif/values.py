"""The values of one block of a CIF as its dictionary means them: unknown, left out, uncertain, Cartesian."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Lattice
from pymatgen.io.cif import CifBlock

from catalog.errors import NoStructureError, ParseError, UnknownElementError
from catalog.readers.cif.scan import (
    ANGLES,
    CARTESIAN,
    FRACTIONS,
    LENGTHS,
    SYMMETRY,
    UNKNOWN,
    cell_of,
    joined,
    number,
    without_uncertainty,
)
from catalog.readers.cif.words import block_of
from catalog.readers.composition import plain_symbol

_CELL = ("_cell_",)
_LABEL, _SYMBOL, _OCCUPANCY = "_atom_site_label", "_atom_site_type_symbol", "_atom_site_occupancy"
_HYDROGEN = frozenset({"H", "D", "T"})
"""Written as D for pymatgen, which takes O and H on one site for a hydroxide and drops the hydrogen;
deuterium, which is hydrogen to all that follows, it leaves where it is."""

_FLAG = "_atom_site_calc_flag"

_ATOMS = frozenset((_LABEL, _SYMBOL, _OCCUPANCY, _FLAG, *FRACTIONS, *CARTESIAN))
_AXES = "_atom_sites_Cartn_tran_"
_NEGATIVE = -0.05
"""A refined occupancy down to this is 0 within its uncertainty."""
_LONGEST = 60
"""Characters of a label or symbol that count."""


_ISOTOPE = re.compile(r"^\(?\d{1,3}\)?(?=[A-Za-z])")
"""A mass number before the symbol: 63Cu."""
_HYDROXIDE = re.compile(r"(?:OH(?![a-z])|O-H|[Ww]at|Ow|OW)")
"""How symbols of hydroxide and water begin: the oxygen of one site, its hydrogen without any."""
_NO_ATOM = re.compile(r"(?:X|Xx|Va|Vac\w*|Du|Dum\w*|Q)\d*$", re.IGNORECASE)
"""Symbols of vacancies, of dummy atoms and of peaks left over in a refinement."""
_LETTERS = re.compile(r"[A-Za-z]{1,2}")


def resolve(
    text: str, others: Sequence[str] = (), declared: Collection[str] = ()
) -> tuple[CifBlock, list[str]]:
    """One block with what a structure needs, its values resolved, and remarks on them.

    A cell or a symmetry that the block lacks altogether is taken from the nearest of `others`, which are the
    blocks without atoms, the last before this one first.

    Numbers lose their uncertainty; an occupancy that is unknown or left out is 1; Cartesian places become
    fractions of the cell; hydrogen without a place is left out, and so are dummy atoms. `declared` are the
    elements of the formula.

    Raises:
        ParseError: a place or an occupancy is no number, or an atom other than hydrogen has no place.
        UnknownElementError: a row holds what is no element.
        NoStructureError: no column of places.
    """
    whole = _words_of(text)
    data = _of(whole, (*_CELL, *SYMMETRY, "_atom_type_", _AXES))
    data |= {name: value for name, value in whole.data.items() if name in _ATOMS}
    loops, notes = whole.loops, []
    for what, names in (("cell", _CELL), ("symmetry", SYMMETRY)):
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
    return block, [*notes, *_sites(block, declared)]


def _words_of(text: str) -> CifBlock:
    # "?" makes any number with a foreign character unreadable, where the parser would drop the character.
    return block_of(joined(text).encode("ascii", "replace").decode("ascii"))


def _of(block: CifBlock, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in block.data.items() if name.startswith(names)}


def _sites(block: CifBlock, declared: Collection[str]) -> list[str]:
    """Resolves the rows of atoms in place."""
    loop = next((loop for loop in block.loops if {FRACTIONS[0], CARTESIAN[0]} & set(loop)), [])
    if not loop:  # one atom needs no loop
        loop = [name for name in (_LABEL, _SYMBOL, *FRACTIONS, *CARTESIAN, _OCCUPANCY) if name in block.data]
        block.data.update({name: [block.data[name]] for name in loop})
        block.loops.append(loop)
    names = next((names for names in (FRACTIONS, CARTESIAN) if set(names) <= set(loop)), None)
    if names is None or not {_LABEL, _SYMBOL} & set(loop):
        raise NoStructureError("the rows of atoms lack a column of places, or labels and symbols")
    if not block.data[names[0]]:
        raise NoStructureError("the CIF lists no atom positions (_atom_site_fract_x, _y, _z with rows)")
    for name in {_LABEL, _SYMBOL} & set(loop):
        block.data[name] = [word[:_LONGEST] for word in block.data[name]]
    labels = block.data.get(_LABEL) or block.data[_SYMBOL]
    if _LABEL not in loop:
        loop.append(_LABEL)
        block.data[_LABEL] = list(labels)
    occupancies = block.data.get(_OCCUPANCY) or ["1"] * len(labels)
    symbols = block.data.get(_SYMBOL) or labels
    flags = block.data.get(_FLAG) if _FLAG in loop else None
    if _SYMBOL not in loop:
        loop.append(_SYMBOL)
    kept, lost, empty, wet, places, shares, species = [], [], [], [], [], [], []
    for row, (label, symbol) in enumerate(zip(labels, symbols, strict=True)):
        share = "1" if occupancies[row] in UNKNOWN else _checked(occupancies[row], label, "its occupancy")
        if float(share) < _NEGATIVE:
            raise ParseError(f"{label} is occupied {share} times, expected 0 to 1")
        words = [block.data[name][row] for name in names]
        element = None if flags and flags[row].lower() == "dum" else _element_of(symbol, label, declared)
        if element is None:
            empty.append(label)
        elif UNKNOWN.isdisjoint(words):
            places.append([_checked(word, label, "a coordinate") for word in words])
            shares.append(share)
            species.append("D" if element in _HYDROGEN else element)
            kept.append(row)
            if element == "O" and _HYDROXIDE.match(symbol):
                wet.append(label)
        elif element in _HYDROGEN:
            lost.append(label)
        elif float(share) > 0:
            raise ParseError(f"{label} has no place: its coordinates are {' '.join(words)}")
    if not kept:
        raise NoStructureError("no row of atoms holds an atom with a place")
    if names is CARTESIAN:
        places = _fractions(block, places)
        loop += [name for name in FRACTIONS if name not in loop]
    if _OCCUPANCY not in loop:
        loop.append(_OCCUPANCY)
    for name in loop:
        if name not in (*FRACTIONS, _OCCUPANCY, _SYMBOL):
            block.data[name] = [block.data[name][row] for row in kept]
    block.data.update(zip(FRACTIONS, map(list, zip(*places, strict=True)), strict=True))
    block.data[_OCCUPANCY], block.data[_SYMBOL] = shares, species
    remarks = {
        "hydrogen has no site": lost,
        "left out, as they hold no atom": empty,
        "read as oxygen, without hydrogen": wet,
    }
    return [f"{what}: {', '.join(which)}" for what, which in remarks.items() if which]


def _element_of(symbol: str, label: str, declared: Collection[str]) -> str | None:
    """The element of a row by its symbol, or by its label where it has none; None for a row without an atom.

    Capitals that may be one element or another (CO, HO) are the one that the formula declares.

    Raises:
        UnknownElementError: the symbol is none of an element.
    """
    if symbol not in UNKNOWN and _NO_ATOM.match(symbol):
        return None
    word = _ISOTOPE.sub("", label if symbol in UNKNOWN else symbol)
    if _HYDROXIDE.match(word):
        return "O"
    letters = _LETTERS.match(word)
    if letters:
        known = [one for one in (letters[0].title(), letters[0][0].upper()) if plain_symbol(one)]
        if not letters[0][1:].islower():
            known.sort(key=lambda one: one not in declared)
        if known:
            return known[0]
    raise UnknownElementError(f"{label[:30]} holds {symbol[:30]!r}, which is no chemical element")


def _checked(word: str, label: str, what: str) -> str:
    if not math.isfinite(number(word)):
        raise ParseError(f"{label}: {what} is {word!r}, expected a finite number")
    return without_uncertainty(word)


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
