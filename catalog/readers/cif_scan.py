"""What can be known of the text of a CIF before any parser sees it: cheap, and bounded in time and memory."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from catalog.errors import BadCellError, NoStructureError, TooManySitesError
from catalog.readers.composition import amounts_of, plain_symbol
from catalog.readers.limits import ReadingLimits

ANGLES = ("_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma")
LENGTHS = ("_cell_length_a", "_cell_length_b", "_cell_length_c")

_BLOCK = re.compile(r"^[ \t]*data_", re.MULTILINE | re.IGNORECASE)
_ATOMS = re.compile(r"(?<!\S)_atom_site_(?:fract_|Cartn_|label|type_symbol)", re.IGNORECASE)
_FORMULA = re.compile(
    r"""^[ \t]*_chemical_formula_sum\s+(?:'([^'\n]*)'|"([^"\n]*)"|;([^;]*)\n;|(\S+))""", re.MULTILINE
)
_CELL = re.compile(r"^[ \t]*(_cell_(?:length_[abc]|angle_(?:alpha|beta|gamma)))[ \t]+(\S+)", re.MULTILINE)
_LOOP = re.compile(r"(?<!\S)loop_\s+((?:_\S+\s+)+)((?:(?![ \t]*(?:_|loop_|data_)).*\n?)*)")
_OPERATION = re.compile(r"_(?:equiv_pos_as_xyz|symop_operation_xyz|symop_magn_operation[._]xyz)_?$")
_WORD = re.compile(r"(?<![A-Za-z_])[A-Za-z]{1,2}")
_UNCERTAINTY = re.compile(r"\(\d*\)")


@dataclass(frozen=True)
class Declared:
    """What one block of a CIF says of itself: amounts by element, and whether it lists atoms."""

    amounts: dict[str, float] | None
    has_atoms: bool


def blocks(text: str) -> list[str]:
    """The data blocks of a CIF, each from its `data_` line on; what comes before the first is dropped."""
    starts = [match.start() for match in _BLOCK.finditer(text)]
    ends = [*starts, len(text)][1:]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


def declared(block: str) -> Declared:
    """The declared sum formula of a block (None if absent or not plain), and whether atoms are listed."""
    match = _FORMULA.search(block)
    formula = next((group for group in match.groups() if group is not None), "") if match else ""
    return Declared(
        amounts_of(" ".join(formula.split())) if formula else None, _ATOMS.search(block) is not None
    )


def possible_elements(block: str) -> set[str]:
    """A superset of the elements that any parser could see in the atom rows of this block.

    Words from the first atom-site line to the end of the block are read as symbols by their first two
    letters and by their first letter, in any capitalisation.
    """
    start = _ATOMS.search(block)
    if start is None:
        return set()
    found: set[str] = set()
    for word in set(_WORD.findall(block, start.start())):
        for candidate in (word.title(), word[0].upper()):
            symbol = plain_symbol(candidate)
            if symbol is not None:
                found.add(symbol)
    return found


def number(word: str) -> float:
    """The number in a CIF value, its uncertainty in brackets left out; NaN if it is none."""
    try:
        return float(_UNCERTAINTY.sub("", word))
    except ValueError:
        return math.nan


def check_cell(
    lengths: tuple[float, float, float], angles: tuple[float, float, float], limits: ReadingLimits
) -> None:
    """Refuses a cell that no crystal has.

    Args:
        lengths: a, b, c in Å.
        angles: alpha, beta, gamma in degrees.
        limits: least thickness and longest edge.

    Raises:
        BadCellError: not finite, not positive, too long, without volume, or flat.
    """
    shown = ", ".join(f"{value:g}" for value in (*lengths, *angles))
    if not all(math.isfinite(value) and value > 0 for value in (*lengths, *angles)):
        raise BadCellError(f"cell {shown}: expected six finite numbers above 0 (Å and degrees)")
    if max(lengths) > limits.max_length_ang:
        raise BadCellError(f"cell {shown}: an edge is longer than {limits.max_length_ang:g} Å")
    cos_a, cos_b, cos_g = (math.cos(math.radians(angle)) for angle in angles)
    squared = 1 - cos_a**2 - cos_b**2 - cos_g**2 + 2 * cos_a * cos_b * cos_g
    if max(angles) >= 180 or squared <= 0:
        raise BadCellError(f"cell {shown}: these angles enclose no volume")
    root = math.sqrt(squared)
    sines = [math.sqrt(1 - cosine**2) for cosine in (cos_a, cos_b, cos_g)]
    thickness = min(length * root / sine for length, sine in zip(lengths, sines, strict=True))
    if thickness < limits.min_thickness_ang:
        raise BadCellError(
            f"cell {shown}: only {thickness:.3g} Å between two faces, "
            f"expected at least {limits.min_thickness_ang:g} Å"
        )


def check_before_parsing(block: str, limits: ReadingLimits) -> None:
    """Refuses a block that would cost too much, or that has no usable cell.

    Raises:
        NoStructureError: no atom rows.
        BadCellError: see `check_cell`; a cell that is not declared in full is left to the parser.
        TooManySitesError: too many atoms, operations, or both multiplied.
    """
    cell: dict[str, float] = {}
    for match in _CELL.finditer(block):
        cell.setdefault(match[1], number(match[2]))
    if all(name in cell for name in (*LENGTHS, *ANGLES)):
        a, b, c = (cell[name] for name in LENGTHS)
        alpha, beta, gamma = (cell[name] for name in ANGLES)
        check_cell((a, b, c), (alpha, beta, gamma), limits)
    rows, operations = _counts(block)
    if rows == 0:
        raise NoStructureError("the CIF lists no atom positions (_atom_site_fract_x, _y, _z with rows)")
    if rows > limits.sites:
        raise TooManySitesError(f"{rows} atom rows, the limit is {limits.sites} sites")
    if operations > limits.operations:
        raise TooManySitesError(f"{operations} symmetry operations, the limit is {limits.operations}")
    if rows * operations > limits.generated_sites:
        raise TooManySitesError(
            f"{operations} symmetry operations on {rows} atom rows make {rows * operations} positions, "
            f"the limit is {limits.generated_sites}"
        )


def _counts(block: str) -> tuple[int, int]:
    """Atom rows, and symmetry operations (1 where none is listed), however they are broken into lines."""
    rows, operations = 0, 1
    for loop in _LOOP.finditer(block):
        names = loop[1].split()
        if "_atom_site_fract_x" in names:
            rows = max(rows, len(loop[2].split()) // len(names))
        if any(_OPERATION.search(name) for name in names):
            commas = 3 if "magn" in loop[1] else 2  # x,y,z,+1 and x,y,z
            operations = max(operations, loop[2].count(",") // commas)
    return rows, operations
