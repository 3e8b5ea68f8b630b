"""A strict reader for the plain CIF that pymatgen and the Materials Project write: P1, every site listed.

It reads a 10,000-atom cell in a fraction of a second, where a general parser needs minutes, and gives
None for anything else: the caller then turns to the general parser.
"""

from __future__ import annotations

import math
import re

import numpy as np
from pymatgen.core import Lattice, Structure

from catalog.readers.cif.scan import ANGLES, LENGTHS
from catalog.readers.composition import plain_symbol

_CELL = re.compile(r"^(_cell_(?:length_[abc]|angle_(?:alpha|beta|gamma)))[ \t]+([\d.]+)[ \t]*$", re.MULTILINE)
_LONG_FORMULA = re.compile(r"^_chemical_formula_\w+[ \t]*\n;[^;]*\n;[ \t]*\n", re.MULTILINE)
_IDENTITY = re.compile(
    r"^loop_[ \t]*\n\s*_symmetry_equiv_pos_site_id[ \t]*\n\s*_symmetry_equiv_pos_as_xyz[ \t]*\n"
    r"\s*1\s+'x, y, z'[ \t]*\n\s*loop_[ \t]*$",
    re.MULTILINE,
)
_ATOMS = re.compile(
    r"^loop_[ \t]*\n((?:[ \t]*_atom_site_\w+[ \t]*\n)+)((?:[ \t]+[A-Z].*(?:\n|\Z))+)", re.MULTILINE
)
_NEEDED = (
    "_atom_site_type_symbol",
    "_atom_site_fract_x",
    "_atom_site_fract_y",
    "_atom_site_fract_z",
    "_atom_site_occupancy",
)
_IGNORED = ("_atom_site_label", "_atom_site_symmetry_multiplicity")
_GROUP = re.compile(
    r"^_(?:symmetry|space_group)_(?:\S*H-M\S*|\S*Hall|Int_Tables_number|IT_number)[ \t]+"
    r"(?![ \t]|(?:'P ?1'|\"P ?1\"|P1|1)[ \t]*$)",
    re.MULTILINE,
)
"""Names another group than P 1."""
_FOREIGN = ("magn", "moment", "_space_group_symop", "_atom_type", "Cartn", "\n;", "attached_hydrogens")
_CHARGE = re.compile(r"^([A-Z][a-z]?)(?:\d*[+-]\d*)?$")

SAME_POSITION = 1e-4
"""Rows closer than this, in fractions of each cell edge, share one site; the general parser's value."""


def read_plain(block: str) -> Structure | None:
    """The structure of one block in the plain layout; None if the block has any other layout.

    Sites come in the order of the file, with its coordinates unchanged; rows of equal coordinates
    become one site with several elements. Nothing is done about symmetry: there is none to apply.
    """
    block = _LONG_FORMULA.sub("", block)
    if (
        any(mark in block for mark in _FOREIGN)
        or block.count("loop_") != 2
        or not _IDENTITY.search(block)
        or _GROUP.search(block)
    ):
        return None
    cell = dict(_CELL.findall(block))
    atoms = _ATOMS.search(block)
    if atoms is None or len(cell) != 6 or block[atoms.end() :].strip():
        return None
    names = atoms[1].split()
    if any(names.count(name) != 1 for name in _NEEDED) or not set(names) <= {*_NEEDED, *_IGNORED}:
        return None
    words = atoms[2].split()
    if len(words) != len(names) * atoms[2].count("\n", 0, len(atoms[2].rstrip())) + len(names):
        return None
    columns = {name: words[index :: len(names)] for index, name in enumerate(names)}
    symbols = _symbols(columns[_NEEDED[0]])
    try:
        table = np.array([columns[name] for name in _NEEDED[1:]], dtype=np.float64).T
        parameters = [float(cell[name]) for name in (*LENGTHS, *ANGLES)]
    except ValueError:
        return None
    if symbols is None or not np.isfinite(table).all() or not all(map(math.isfinite, parameters)):
        return None
    species, coordinates = _merge(symbols, table[:, :3], table[:, 3])
    if species is None:
        return None
    return Structure(Lattice.from_parameters(*parameters), species, coordinates)


def _symbols(words: list[str]) -> list[str] | None:
    """Element symbols of the rows, charges dropped; None if one is no element."""
    plain: dict[str, str] = {}
    for word in set(words):
        match = _CHARGE.match(word)
        symbol = plain_symbol(match[1]) if match else None
        if symbol is None:
            return None
        plain[word] = symbol
    return [plain[word] for word in words]


def _merge(
    symbols: list[str], fractional: np.ndarray, occupancy: np.ndarray
) -> tuple[list[dict[str, float]] | list[str] | None, np.ndarray]:
    """Joins the rows of one position; None where the general parser has rules of its own."""
    from scipy.spatial import cKDTree  # only CIFs need it

    wrapped = fractional % 1.0
    wrapped[wrapped >= 1.0] = 0.0
    pairs = cKDTree(wrapped, boxsize=1.0).query_pairs(SAME_POSITION, p=np.inf, output_type="ndarray")
    if len(pairs) == 0 and (occupancy == 1.0).all():
        return symbols, fractional
    if (occupancy <= 0).any() or (occupancy > 1).any():
        return None, fractional
    leader = np.arange(len(symbols))
    for first, second in pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))] if len(pairs) else ():
        if (fractional[first] != fractional[second]).any():
            return None, fractional
        leader[second] = min(leader[second], leader[first])
    species: dict[int, dict[str, float]] = {}
    for row, symbol in enumerate(symbols):
        site = species.setdefault(int(leader[row]), {})
        site[symbol] = site.get(symbol, 0.0) + float(occupancy[row])
    if any(sum(site.values()) > 1 + 1e-9 for site in species.values()):
        return None, fractional
    return list(species.values()), fractional[list(species)]
