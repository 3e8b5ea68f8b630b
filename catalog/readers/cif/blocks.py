"""From the text of a CIF to structures, one block at a time."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pymatgen.core import Structure

from catalog.errors import (
    MissingAtomsError,
    NoStructureError,
    NotAStructureError,
    ParseError,
    ReadError,
)
from catalog.readers.checks import check_structure, normalised
from catalog.readers.cif.plain import read_plain
from catalog.readers.cif.scan import (
    blocks,
    check_before_parsing,
    check_images,
    check_operations,
    declared,
    possible_elements,
    spelled,
)
from catalog.readers.cif.words import closed
from catalog.readers.declared import Formula, net_metal
from catalog.readers.limits import ReadingLimits

if TYPE_CHECKING:
    from pymatgen.io.cif import CifBlock

    from catalog.readers.cif.symmetry import Symmetry

_ADDRESS = re.compile(r"at 0x[0-9a-fA-F]+")

PLAIN_MISMATCH = 0.005
"""Largest deviation in a plain P1 text, whose declared formula counts the listed rows."""


OVERLAP_ANG = 1.0
"""Least distance in Å between two filled sites of a reading; no bond without hydrogen is that short."""

_LENT = ("_cell_length_a", "_symmetry_", "_space_group")
"""What a block without atoms may hold for another one."""
_FILLED_TWICE = "exceeded tolerance"
"""In pymatgen's error where the occupancies of a site add up to more than 1."""
_GUESSED = "Defaulting to P1"
"""In pymatgen's warning where it found no symmetry."""


@dataclass(frozen=True)
class CifPart:
    """One block that lists atoms: a structure, or why there is none; and the amounts that it declares."""

    structure: Structure | None
    amounts: dict[str, float] | None
    error: ReadError | None
    notes: tuple[str, ...] = ()


def read_cif(
    text: str,
    needs_structure: Callable[[Collection[str]], bool],
    limits: ReadingLimits,
    known: dict[str, float] | None = None,
) -> Iterator[CifPart]:
    """Reads the blocks of a CIF that list atoms, in their order.

    A block is not parsed where neither its declared formula nor `known` nor any word of its atom rows
    holds what `needs_structure` asks for.

    Args:
        text: the whole CIF.
        needs_structure: whether entries with these elements are worth a structure.
        limits: bounds of the reading.
        known: amounts by element that the source states; used where the CIF declares no formula.

    Raises:
        NotAStructureError: no data block at all.
        NoStructureError: no block lists atoms.
    """
    text, remarks = closed(text)
    parts = blocks(spelled(text))
    if not parts:
        raise NotAStructureError("no data block (a line that begins with data_): this is no CIF")
    found, is_net_metal = False, net_metal(needs_structure)
    stating = list(map(declared, parts))
    lending = [
        place
        for place, (block, stated) in enumerate(zip(parts, stating, strict=True))
        if not stated.has_atoms and any(word in block for word in _LENT)
    ]
    for place, (block, stated) in enumerate(zip(parts, stating, strict=True)):
        amounts = stated.amounts or (known if len(parts) == 1 else None)
        if not stated.has_atoms and not (amounts and len(parts) == 1):
            continue
        found = True
        if (
            amounts
            and not needs_structure(amounts)
            and not needs_structure(possible_elements(block) | set(amounts))
        ):
            yield CifPart(None, amounts, None)
            continue
        nearest = [parts[one] for one in sorted(lending, key=lambda one: (one > place, abs(one - place)))]
        part = _parse(block, nearest, Formula(stated.amounts, is_net_metal), limits)
        if part.error is not None and remarks:
            part.error.args = ("; ".join([str(part.error), *remarks]),)
        yield replace(part, amounts=part.amounts or stated.amounts, notes=(*part.notes, *remarks))
    if not found:
        raise NoStructureError("the CIF lists no atom positions (_atom_site_fract_x, _y, _z with rows)")


def _parse(block: str, others: Sequence[str], formula: Formula, limits: ReadingLimits) -> CifPart:
    try:
        check_before_parsing(block, limits)
        structure, notes = _structure(block, others, formula, limits)
        check_structure(structure, limits)
        structure, more = normalised(structure, limits)
    except ReadError as error:
        return CifPart(None, dict(formula.amounts) if formula.amounts else None, error)
    return CifPart(structure, None, None, (*notes, *more))


def _structure(
    block: str, others: Sequence[str], formula: Formula, limits: ReadingLimits
) -> tuple[Structure, list[str]]:
    """The structure of a block, and remarks.

    Of several symmetries that the block may mean, the first that gives the declared formula without
    overlaps; without a formula the one with the fewest sites, as sites coincide at the right origin.
    """
    plain = read_plain(block)
    if plain is not None:
        counted = formula.counts(plain)
        tolerance = PLAIN_MISMATCH if counted else limits.formula_mismatch
        return plain, formula.compare(plain, tolerance, counted)
    # pymatgen's parser with all of its symmetry, which most runs do without
    from catalog.readers.cif.images import lacks_symmetry_of_cell
    from catalog.readers.cif.symmetry import UNDECLARED, declared_symmetry, symmetries
    from catalog.readers.cif.values import resolve

    # spglib announces another way to report errors
    with warnings.catch_warnings(action="ignore"), _parsing():
        values, notes = resolve(block, others, formula.amounts or ())
        check_operations(values.data, limits)
        found = symmetries(values)
    if not found:
        raise ParseError(f"the symmetry is not understood: {declared_symmetry(values)}")
    readings: list[tuple[Structure, list[str]]] = []
    errors: list[ReadError] = []
    for symmetry in found:
        check_images(len(values.data["_atom_site_label"]), len(symmetry.operations), limits)
        try:
            structure, more = _with_symmetry(values, symmetry, limits)
            with warnings.catch_warnings(action="ignore"), _parsing():
                part_of_cell = UNDECLARED in symmetry.notes and lacks_symmetry_of_cell(structure)
            if part_of_cell:
                raise ParseError(
                    "the CIF has neither operations nor a space group, and its atoms have less symmetry than "
                    "its cell: they may be an asymmetric unit; state the group, or 'P 1' if all are listed"
                )
            readings.append((structure, [*notes, *symmetry.notes, *more]))
            if formula.amounts and _plausible(structure, formula, limits):
                readings = readings[-1:]
                break
        except ParseError as error:
            errors.append(error)
    if not readings:
        raise errors[0]
    if len(readings) > 1:
        readings.sort(key=lambda one: (not _plausible(one[0], formula, limits), len(one[0])))
    structure, notes = readings[0]
    return structure, [*notes, *formula.compare(structure, limits.formula_mismatch)]


def _with_symmetry(
    values: CifBlock, symmetry: Symmetry, limits: ReadingLimits
) -> tuple[Structure, list[str]]:
    """What pymatgen reads of a block with this symmetry.

    Where sites are filled several times, once more without the rows that symmetry makes of others.
    """
    from catalog.readers.cif.images import without_images

    block = symmetry.block(values)
    try:
        return _parsed(block, limits)
    except ParseError as error:
        rows = len(block.data["_atom_site_label"])
        kept = without_images(block, symmetry.operations, limits.position_tolerance)
        if _FILLED_TWICE not in str(error) or len(kept) == rows:
            raise
    for name in (name for loop in block.loops if "_atom_site_label" in loop for name in loop):
        block.data[name] = [block.data[name][row] for row in kept]
    structure, notes = _parsed(block, limits)
    return structure, [f"{rows - len(kept)} rows repeat atoms that symmetry makes of others", *notes]


def _parsed(block: CifBlock, limits: ReadingLimits) -> tuple[Structure, list[str]]:
    """What pymatgen reads of a resolved block, and its warnings; without it where that is plain.

    Raises:
        ParseError: it gives up, or it takes P 1 for a symmetry that it does not understand.
    """
    from pymatgen.io.cif import CifParser

    from catalog.readers.cif.images import crystal

    with _parsing():
        found = crystal(block, limits)
    if found is not None:
        return found, []
    with warnings.catch_warnings(record=True, action="always") as caught, _parsing():
        parser = CifParser.from_str(
            str(block),
            occupancy_tolerance=limits.max_occupancy,
            site_tolerance=limits.position_tolerance,
            check_cif=False,
        )
        structures = parser.parse_structures(primitive=False, on_error="raise")
    notes = [str(warning.message) for warning in caught]
    if any(_GUESSED in note for note in notes):
        raise ParseError("the symmetry operations are not understood")
    return structures[0], notes


@contextmanager
def _parsing() -> Iterator[None]:
    """Turns whatever a parser raises into a `ParseError`."""
    try:
        yield
    except (ReadError, MemoryError):
        raise
    except Exception as error:
        raise ParseError(f"pymatgen's CIF parser gave up: {one_line(error)}") from error


def _plausible(structure: Structure, formula: Formula, limits: ReadingLimits) -> bool:
    """Whether the sites give the declared formula, and no two that are filled together overlap."""
    try:
        formula.compare(structure, limits.formula_mismatch)
    except MissingAtomsError:
        return False
    first, second, _, _ = structure.get_neighbor_list(OVERLAP_ANG)
    hydrogen = [set(site.species.chemical_system.split("-")) <= {"H", "D"} for site in structure]
    filled = [site.species.num_atoms for site in structure]
    return not any(
        filled[i] + filled[j] > limits.max_occupancy and not hydrogen[i] and not hydrogen[j]
        for i, j in zip(first, second, strict=True)
    )


def one_line(error: BaseException) -> str:
    """Type and words of an error on one line of at most 300 characters, the same in every run."""
    words = _ADDRESS.sub("at 0x...", f"{type(error).__name__}: {error}")
    return " ".join(words.split())[:300]
