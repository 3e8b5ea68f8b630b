"""The symmetry of one block of a CIF: the listed operations, or those of the space group that it names.

The table is spglib's: 530 settings by Hall number (S. R. Hall, Acta Cryst. A37, 517 (1981)).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import spglib
from pymatgen.core import Lattice, SymmOp
from pymatgen.io.cif import CifBlock

from catalog.errors import ParseError
from catalog.readers.cif.images import affine
from catalog.readers.cif.scan import ANGLES, MAGNETIC, OPERATIONS, SYMMETRY, UNKNOWN, cell_of

_LISTED = ("_symmetry_equiv_pos_as_xyz", OPERATIONS)
_HALL = ("_space_group_name_Hall", "_symmetry_space_group_name_Hall")
_SYMBOL = ("_symmetry_space_group_name_H-M", "_space_group_name_H-M_alt", "_space_group_name_H-M_full")
_GROUP = (
    "_space_group_name_H-M_ref",
    "_space_group_IT_number",
    "_symmetry_Int_Tables_number",
    "_space_group_name_Schoenflies",
)
"""Names of values that tell the group, but not the setting."""
_CODE = "_space_group_IT_coordinate_system_code"

_OPERATION = re.compile(r"(?:[-+\d./xyz ]+,){2}[-+\d./xyz ]+")
_ORIGIN = re.compile(r"[,;:]?(?:origin(?:choice|at|:|=)*|o)(-?[12])$")
_NUMBER = re.compile(r"(.+?)[,;]?(?:no\.?|s\.?g\.?|#)*(\d{1,3})(:.+)?")
"""A symbol with the number of its group behind it: P 4/n m m (No. 129)."""
_SUFFIX = re.compile(r"([^:]+?)(?::(.+)|([zshr12]))$")
_LETTERS = {"z": "2", "s": "1"}
"""Letters for the origin behind a symbol in the ICSD; h and r are the axes, as in the tables."""
_FULL = re.compile(r"(?<![46])21?/(?=[a-z])")

_ISOMETRY = 0.01
"""Largest change of the metric tensor under an operation, in fractions of the square of the longest edge."""


MOMENTS = "a magnetic CIF, read without its moments"
UNDECLARED = "the CIF has neither operations nor a space group: P 1 assumed"

_DOUBLED = {"f4/mmm": "i4/mmm", "c4/mmm": "p4/mmm", "c4/amm": "p4/nmm", "c4/emm": "p4/nmm"}
"""Tetragonal symbols of the cell a - b, a + b, c, and those of the cell a, b, c in the tables."""
_CENTRED = {"a": (0, 1, 1), "b": (1, 0, 1), "c": (1, 1, 0), "i": (1, 1, 1)}
"""Centring of cells of the triclinic groups, in halves of the edges."""
_SAYS_NOTHING = re.compile(r"setting|system|_id$|\.id$|transform|Wyckoff|order", re.IGNORECASE)
"""Names of values that tell of no operation."""


@dataclass(frozen=True)
class Symmetry:
    """Operations as x,y,z; angles in degrees, where the block left them out; remarks on both."""

    operations: list[str]
    angles: dict[str, str]
    notes: tuple[str, ...]

    def block(self, block: CifBlock) -> CifBlock:
        """The block with this symmetry, listed, and no name of a group."""
        names = ("_space_group_", "_symmetry_")
        data = {
            name: value
            for name, value in block.data.items()
            if not name.startswith(names) and "moment" not in name
        }
        loops = [kept for loop in block.loops if (kept := [name for name in loop if name in data])]
        return CifBlock(
            data | self.angles | {OPERATIONS: self.operations}, [*loops, [OPERATIONS]], block.header
        )


def symmetries(block: CifBlock) -> list[Symmetry]:
    """What the symmetry of this block may be, the likeliest first; none where no word of it is understood.

    There are several where the block leaves open which origin, axes or setting its coordinates have.

    Raises:
        ParseError: an operation is not understood, or the structure is modulated.
    """
    magnetic = _magnetic_operations(block)
    if magnetic:
        angles, notes = _angles(block, np.eye(3)[None]) or ({}, ())
        return [Symmetry(magnetic, angles, (MOMENTS, *notes))]
    for name in _LISTED:
        words = [word.lower() for word in _words(block, name)]
        wrong = [word for word in words if not _OPERATION.fullmatch(word)]
        if wrong:
            raise ParseError(f"the symmetry operation {wrong[0]!r} is not understood, expected x,y,z")
        if words:
            rotations = affine(tuple(words))[:, :3, :3]
            chosen, notes = _angles(block, rotations) or _angles(block, np.eye(3)[None]) or ({}, ())
            return [Symmetry(words, chosen, (*notes, *_fewer_than_named(block, words)))]
    if any("ssg_" in name and _words(block, name) for name in block.data):
        raise ParseError("the structure is modulated: its symmetry operations are those of superspace")
    larger = [one for name in _SYMBOL for word in _words(block, name)[:1] for one in _of_larger_cell(word)]
    if larger:
        angles, notes = _angles(block, np.eye(3)[None]) or ({}, ())
        return [
            Symmetry(larger, angles, (f"no operations listed: those of {declared_symmetry(block)}", *notes))
        ]
    for name in (*_HALL, *_SYMBOL, *_GROUP):
        found = [setting for word in _words(block, name)[:1] for setting in _settings(block, name, word)]
        if found:
            return list(_fitting(block, name, found))
    if not declared_symmetry(block):
        angles, notes = _angles(block, np.eye(3)[None]) or ({}, ())
        return [Symmetry(["x,y,z"], angles, (UNDECLARED, *notes))]
    return []


def _magnetic_operations(block: CifBlock) -> list[str]:
    """The operations of a magnetic CIF, their centring multiplied in and their time reversal left out.

    Raises:
        ParseError: the group is named, and its operations cannot be made.
    """
    from pymatgen.symmetry.maggroups import MagneticSpaceGroup  # opens a database

    operations, centrings, *group, first, second = (_words(block, name) for name in MAGNETIC)
    if operations:
        centred = [_in_space(word) for word in centrings or ["x,y,z,+1"]]
        made = [one * other for one in centred for other in map(_in_space, operations)]
    elif any(group):
        label = group[0][0] if group[0] else [int(part) for part in group[1][0].split(".")]
        transform = (first or second or ["a,b,c;0,0,0"])[0]
        made = list(MagneticSpaceGroup(label, transform).symmetry_ops)  # type: ignore[no-untyped-call]
    else:
        return []
    found: dict[tuple[float, ...], str] = {}
    for one in made:
        shift = np.round(one.translation_vector, 6) % 1.0
        key = (*np.rint(one.rotation_matrix).astype(int).ravel(), *np.round(shift, 3) % 1.0)
        found.setdefault(key, SymmOp.from_rotation_and_translation(one.rotation_matrix, shift).as_xyz_str())
    return list(found.values())


def _in_space(word: str) -> SymmOp:
    """What an operation such as x,y,-z,-1 does to places."""
    *places, last = word.replace(" ", "").lower().split(",")
    space = ",".join(places if len(places) == 3 else [*places, last])
    if not _OPERATION.fullmatch(space):
        raise ParseError(f"the magnetic operation {word!r} is not understood, expected x,y,z,+1")
    return SymmOp.from_xyz_str(space)


def declared_symmetry(block: CifBlock) -> str:
    """What a block says of its space group, to be shown; empty where it says nothing."""
    known = (*_HALL, *_SYMBOL, *_GROUP, _CODE)
    others = [name for name in block.data if name.startswith(SYMMETRY) and not _SAYS_NOTHING.search(name)]
    said = [(name, _words(block, name)) for name in dict.fromkeys((*known, *others))]
    return ", ".join(f"{name[:60]} {words[0][:60]!r}" for name, words in said if words)


def _fewer_than_named(block: CifBlock, words: list[str]) -> list[str]:
    """A remark where fewer operations are listed than the named group has: they may not be all."""
    for name in (*_HALL, *_SYMBOL, *_GROUP):
        for word in _words(block, name)[:1]:
            orders = [len(_operations(setting)[0]) for setting in _settings(block, name, word)[:1]]
            if orders and len(set(words)) < orders[0]:
                return [f"{len(set(words))} operations are listed, and {word[:30]} has {orders[0]}"]
            if orders:
                return []
    return []


def _of_larger_cell(symbol: str) -> list[str]:
    """Operations of symbols that the table lacks: of doubled tetragonal cells, of centred triclinic ones."""
    bare = _bare(symbol)
    if bare in _DOUBLED:
        to_small = np.array([[1, 1, 0], [-1, 1, 0], [0, 0, 1]])
        settings = _table()[_DOUBLED[bare]]
        words = _operations(settings[-1])[0]  # of two origins, the one at the centre
        shift = np.linalg.inv(to_small) @ [1, 0, 0]
    elif bare[:1] in _CENTRED and bare[1:] in ("1", "-1"):
        to_small, words = np.eye(3), _operations(_table()[f"p{bare[1:]}"][0])[0]
        shift = np.array(_CENTRED[bare[0]]) / 2
    else:
        return []
    back, made = np.linalg.inv(to_small), []
    for one in map(SymmOp.from_xyz_str, words):
        rotation, translation = back @ one.rotation_matrix @ to_small, back @ one.translation_vector
        made += [
            SymmOp.from_rotation_and_translation(rotation, (translation + more) % 1.0).as_xyz_str()
            for more in (np.zeros(3), shift)
        ]
    return made


def _words(block: CifBlock, name: str) -> list[str]:
    value = block.data.get(name, [])
    words = [value] if isinstance(value, str) else value
    return [word.strip() for word in words if word.strip() not in UNKNOWN]


def _settings(block: CifBlock, name: str, word: str) -> list[int]:
    """Hall numbers of the settings that a declared word may mean, the likeliest first."""
    code = "".join(_words(block, _CODE)[:1]).lower()
    if name in _HALL:
        return _table().get(_hall(word), [])
    if word.rstrip(".").isdigit():
        found = _table().get(f"group {int(word.rstrip('.'))}", [])
    elif name in _SYMBOL and _hall(word) in _table():
        return _table()[_hall(word)]
    else:
        symbol = _ORIGIN.sub(lambda at: f":{at[1].replace('-1', '2')}", _bare(word))
        numbered = _NUMBER.fullmatch(symbol)
        named = _known(numbered[1]) if numbered else []
        if named and numbered and _group(named[0]).number == int(numbered[2]):
            symbol = numbered[1] + (numbered[3] or "")
        suffix = _SUFFIX.match(symbol)
        if suffix and not _known(symbol):
            symbol, code = suffix[1], (suffix[2] or _LETTERS.get(suffix[3], suffix[3]))
        found = _known(symbol)
        if found and name in _GROUP:
            group = _table()[f"group {_group(found[0]).number}"]
            found = [*found, *(setting for setting in group if setting not in found)]
    return [setting for setting in found if _has(setting, code)]


def _known(symbol: str) -> list[int]:
    """Hall numbers by a bare symbol of Hermann and Mauguin, short or full, or of Schoenflies."""
    table = _table()
    schoenflies = f"schoenflies {symbol.replace('^', '')}"
    return table.get(symbol) or table.get(_FULL.sub("", symbol)) or table.get(schoenflies, [])


def _has(setting: int, code: str) -> bool:
    """Whether a setting has this code for its origin or axes; one without codes has the usual ones."""
    choice = _group(setting).choice.lower()
    return (
        not code
        or choice == code
        or (code in "12" and choice[:1] == code)
        or (not choice and code in ("1", "2", "h", "abc", "b1", "b"))
    )


def _fitting(block: CifBlock, name: str, found: list[int]) -> Iterator[Symmetry]:
    """The settings whose operations leave the cell as it is; all of them where none does."""
    described = [(setting, *_operations(setting)) for setting in found]
    fitting = [(*one, settled) for one in described if (settled := _angles(block, one[2]))]
    for setting, words, _, (angles, notes) in fitting or [(*one, ({}, ())) for one in described]:
        group = _group(setting)
        symbol = group.international_full.replace(" ", "") + (f":{group.choice}" if group.choice else "")
        note = f"no operations listed: those of {symbol}, by {name}"
        yield Symmetry(words, angles, (note, *notes))


def _angles(block: CifBlock, rotations: np.ndarray) -> tuple[dict[str, str], tuple[str, ...]] | None:
    """The angles that the block left out, with a remark; None where no choice of them fits the rotations."""
    left_out = [name for name in ANGLES if (_words(block, name) or ["."])[0] in UNKNOWN]
    for gamma in ("90", "120"):
        chosen = {name: gamma if name == ANGLES[2] else "90" for name in left_out}
        cell = cell_of(block.data | chosen)
        if cell is None:
            return {}, ()
        metric = Lattice.from_parameters(*cell).metric_tensor
        turned = np.einsum("nji,jk,nkl->nil", rotations, metric, rotations)
        if np.abs(turned - metric).max() <= _ISOMETRY * metric.max():
            names = ", ".join(name.removeprefix("_cell_") for name in left_out)
            words = " and ".join(sorted(set(chosen.values()), reverse=True))
            return chosen, (f"{names} left out: taken as {words}°",) if left_out else ()
    return None


def _group(setting: int) -> spglib.SpaceGroupType:
    group = spglib.get_spacegroup_type(setting)
    assert group is not None  # Hall numbers come from the table
    return group


@cache
def _operations(setting: int) -> tuple[list[str], np.ndarray]:
    """The operations of a setting as x,y,z, and their rotations (n × 3 × 3)."""
    found = spglib.get_symmetry_from_database(setting)
    assert found is not None
    pairs = zip(found["rotations"], found["translations"], strict=True)
    words = [SymmOp.from_rotation_and_translation(*pair).as_xyz_str() for pair in pairs]
    return words, found["rotations"]


def _bare(symbol: str) -> str:
    return re.sub(r"[\s_(){}\[\]\"']", "", symbol).lower()


def _hall(symbol: str) -> str:
    """The key of a Hall symbol, whose spaces and primes count."""
    return "hall " + " ".join(symbol.replace("_", " ").lower().split())


@cache
def _table() -> dict[str, list[int]]:
    """Hall numbers by bare symbol; by "hall " or "schoenflies " and symbol; by "group " and number."""
    table: dict[str, list[int]] = {}
    other: dict[str, list[int]] = {}
    for setting in range(1, 531):
        group = _group(setting)
        full, short = group.international_full, group.international.split("=")
        words = [word for word in full.split() if word != "1" or group.number not in range(3, 16)]
        symbols = {_bare(symbol) for symbol in (full, " ".join(words), *(short[1:] or short))}
        schoenflies = f"schoenflies {_bare(group.schoenflies).replace('^', '')}"
        for key in (*symbols, f"group {group.number}", _hall(group.hall_symbol), schoenflies):
            table.setdefault(key, []).append(setting)
        for symbol in symbols:
            glides = [symbol.replace("e", letter) for letter in "abc"]  # as before 1992
            cubic = [symbol.replace("-3", "3")] if group.number >= 200 else []  # as before 1983
            for key in {symbol.replace("/", ""), *glides, *cubic} - symbols:
                other.setdefault(key, []).append(setting)
    return other | table
