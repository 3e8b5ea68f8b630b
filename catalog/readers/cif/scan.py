"""What can be known of the text of a CIF before any parser sees it: cheap, and bounded in time and memory."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from catalog.errors import BadCellError, TooManySitesError
from catalog.readers.composition import amounts_of, plain_symbol
from catalog.readers.limits import ReadingLimits

ANGLES = ("_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma")
LENGTHS = ("_cell_length_a", "_cell_length_b", "_cell_length_c")
FRACTIONS = ("_atom_site_fract_x", "_atom_site_fract_y", "_atom_site_fract_z")
CARTESIAN = ("_atom_site_Cartn_x", "_atom_site_Cartn_y", "_atom_site_Cartn_z")
OPERATIONS = "_space_group_symop_operation_xyz"
MAGNETIC = (
    "_space_group_symop_magn_operation.xyz",
    "_space_group_symop_magn_centering.xyz",
    "_space_group_magn.name_BNS",
    "_space_group_magn.number_BNS",
    "_space_group_magn.transform_BNS_Pp_abc",
    "_magnetic_space_group.transform_to_standard_Pp_abc",
)
"""Names of the magnetic dictionary; the last is of a time before it was settled."""
SYMMETRY = ("_symmetry_", "_space_group", "_magnetic_space_group", "_parent_space_group")
"""How names begin that tell of symmetry."""
UNKNOWN = frozenset({".", "?", ""})
"""Words for a value that is left out (or the default), and for one that nobody knows."""

_NAMES = {
    name.lower().replace(".", "_"): name
    for name in (
        *(*LENGTHS, *ANGLES, *FRACTIONS, *CARTESIAN),
        *("_atom_site_label", "_atom_site_type_symbol", "_atom_site_occupancy", "_atom_site_calc_flag"),
        *("_atom_type_symbol", "_atom_type_oxidation_number", "_chemical_formula_sum"),
        *("_symmetry_equiv_pos_as_xyz", "_space_group_symop_operation_xyz"),
        *("_symmetry_equiv_pos_site_id", "_space_group_symop_id"),
        *("_symmetry_space_group_name_H-M", "_symmetry_space_group_name_Hall", "_symmetry_Int_Tables_number"),
        *("_space_group_name_H-M_alt", "_space_group_name_H-M_full", "_space_group_name_H-M_ref"),
        *("_space_group_name_Hall", "_space_group_IT_number", "_space_group_IT_coordinate_system_code"),
        *(
            "_space_group_name_Schoenflies",
            "_symmetry_cell_setting",
            "_space_group_crystal_system",
            *MAGNETIC,
        ),
    )
}
_NAMES["_symmetry_space_group_name_h_m"] = "_symmetry_space_group_name_H-M"
_NAMES["_symmetry_space_group_name_h-m_alt"] = "_space_group_name_H-M_alt"
_NAMES["_symmetry_space_group_name_schoenflies"] = "_space_group_name_Schoenflies"
"""The spelling of the first dictionary for the names that matter, by their letters in lower case."""

_NAME = re.compile(r"(?<!\S)_[A-Za-z]\S*")
_KEYWORD = re.compile(r"(?<!\S)(?:loop_(?!\S)|(?:data|save)_(?=\S))", re.IGNORECASE)
_TEXT_FIELD = re.compile(r"^;.*?(?:^;|\Z)", re.MULTILINE | re.DOTALL)
_STRUCTURAL = re.compile(r"^(?=[ \t]*(?:_|loop_|data_|save_|global_))", re.MULTILINE | re.IGNORECASE)

_BLOCK = re.compile(r"^[ \t]*data_", re.MULTILINE | re.IGNORECASE)
_ATOMS = re.compile(r"(?<!\S)_atom_site_(?:fract_|Cartn_|label|type_symbol)", re.IGNORECASE)
_FORMULA = re.compile(
    r"""^[ \t]*_chemical_formula_sum\s+(?:'([^'\n]*)'|"([^"\n]*)"|;([^;]*)\n;|(\S+))""", re.MULTILINE
)
_CELL = re.compile(r"^[ \t]*(_cell_(?:length_[abc]|angle_(?:alpha|beta|gamma)))[ \t]+(\S+)", re.MULTILINE)
_LOOP = re.compile(r"(?<!\S)loop_\s+((?:_\S+\s+)+)((?:(?![ \t]*(?:_|loop_|data_)).*\n?)*)")
_OPERATION = re.compile(r"_(?:equiv_pos_as_xyz|symop_operation_xyz|symop_magn_operation[._]xyz)_?$")
_WORD = re.compile(r"(?<![A-Za-z_])[A-Za-z]{1,2}")
_UNCERTAINTY = re.compile(r"(?:\(|\+/?-).*$")
_APART = re.compile(r"(?<!\S)([-+]?\d*\.\d+)[ \t]+(?:\(\d+\)|\+/?-[ \t]*[\d.]+)(?!\S)")


@dataclass(frozen=True)
class Declared:
    """What one block of a CIF says of itself: amounts by element, and whether it lists atoms."""

    amounts: dict[str, float] | None
    has_atoms: bool


def spelled(text: str) -> str:
    """The text with names and keywords as the first dictionary spells them.

    Names may have a dot for the category and any capitals. Lines of a text field that look like names or
    keywords are marked, as they are neither.
    """
    quiet = _TEXT_FIELD.sub(lambda field: _STRUCTURAL.sub("> ", field[0]), text)
    names = _NAME.sub(lambda name: _NAMES.get(name[0].lower().replace(".", "_").rstrip("_"), name[0]), quiet)
    return _KEYWORD.sub(lambda keyword: keyword[0].lower(), names)


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


def joined(block: str) -> str:
    """The block without the uncertainties that stand as words of their own behind a number: 0.25 (1)."""
    return _APART.sub(r"\1", block)


def without_uncertainty(word: str) -> str:
    """A CIF value without what follows its number: (2), (0.0002), (?), +/-0.0002, with or without a space."""
    return _UNCERTAINTY.sub("", word).strip()


def number(word: str) -> float:
    """The number in a CIF value, its uncertainty left out; NaN if it is none."""
    try:
        return float(without_uncertainty(word))
    except ValueError:
        return math.nan


def cell_of(values: Mapping[str, str]) -> tuple[float, ...] | None:
    """The six cell parameters in Å and degrees, angles left out being 90; None where an edge is absent."""
    if not all(name in values for name in LENGTHS):
        return None
    angles = (values.get(name, "90") for name in ANGLES)
    words = [*(values[name] for name in LENGTHS), *("90" if word in UNKNOWN else word for word in angles)]
    return tuple(map(number, words))


def check_cell(lengths: tuple[float, ...], angles: tuple[float, ...], limits: ReadingLimits) -> None:
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
        BadCellError: see `check_cell`; a cell that is not declared in full is left to the parser.
        TooManySitesError: too many atoms, operations, or both multiplied.
    """
    values: dict[str, str] = {}
    for match in _CELL.finditer(block):
        values.setdefault(match[1], match[2].strip("'\""))
    cell = cell_of(values)
    if cell is not None:
        check_cell(cell[:3], cell[3:], limits)
    rows, operations = _counts(block)
    if rows > limits.sites:
        raise TooManySitesError(f"{rows} atom rows, the limit is {limits.sites} sites")
    _check_count(operations, limits)
    check_images(rows, operations, limits)


def check_images(rows: int, operations: int, limits: ReadingLimits) -> None:
    """Refuses atom rows and symmetry operations that would make too many positions.

    Raises:
        TooManySitesError: more than the limit.
    """
    if rows * operations > limits.generated_sites:
        raise TooManySitesError(
            f"{operations} symmetry operations on {rows} atom rows make {rows * operations} positions, "
            f"the limit is {limits.generated_sites}"
        )


def check_operations(values: Mapping[str, object], limits: ReadingLimits) -> None:
    """Refuses more operations than a group has, wherever they were listed.

    Raises:
        TooManySitesError: more than the limit.
    """
    for name, value in values.items():
        if isinstance(value, list) and _OPERATION.search(name):
            _check_count(len(value), limits)


def _check_count(operations: int, limits: ReadingLimits) -> None:
    if operations > limits.operations:
        raise TooManySitesError(f"{operations} symmetry operations, the limit is {limits.operations}")


def _counts(block: str) -> tuple[int, int]:
    """Atom rows, and symmetry operations (1 where none is listed), however they are broken into lines."""
    rows, operations = 0, 1
    for loop in _LOOP.finditer(block):
        names = loop[1].split()
        if {FRACTIONS[0], CARTESIAN[0]} & set(names):
            rows = max(rows, len(loop[2].split()) // len(names))
        if any(_OPERATION.search(name) for name in names):
            commas = 3 if "magn" in loop[1] else 2  # x,y,z,+1 and x,y,z
            operations = max(operations, loop[2].count(",") // commas)
    return rows, operations
