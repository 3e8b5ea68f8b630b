"""From the text of a CIF to structures, one block at a time."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from pymatgen.core import Structure

from catalog.errors import MissingAtomsError, NoStructureError, NotAStructureError, ParseError, ReadError
from catalog.readers.checks import check_structure, normalised
from catalog.readers.cif_plain import read_plain
from catalog.readers.cif_scan import blocks, check_before_parsing, declared, possible_elements
from catalog.readers.limits import ReadingLimits

_ADDRESS = re.compile(r"at 0x[0-9a-fA-F]+")

PLAIN_MISMATCH = 0.005
"""Largest deviation in a plain P1 text, whose declared formula counts the listed rows."""


@dataclass(frozen=True)
class CifPart:
    """One block that lists atoms: a structure, or the amounts that made one unnecessary, or an error."""

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
    parts = blocks(text)
    if not parts:
        raise NotAStructureError("no data block (a line that begins with data_): this is no CIF")
    found = False
    for block in parts:
        stated = declared(block)
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
        yield _parse(block, stated.amounts, limits)
    if not found:
        raise NoStructureError("the CIF lists no atom positions (_atom_site_fract_x, _y, _z with rows)")


def _parse(block: str, amounts: dict[str, float] | None, limits: ReadingLimits) -> CifPart:
    try:
        check_before_parsing(block, limits)
        structure, notes, mismatch = _structure(block, limits)
        check_structure(structure, limits)
        structure, more = normalised(structure, limits)
        notes = [*notes, *more]
        if amounts:
            notes += _compare(amounts, structure, mismatch)
    except ReadError as error:
        return CifPart(None, amounts, error)
    return CifPart(structure, None, None, tuple(notes))


def _structure(block: str, limits: ReadingLimits) -> tuple[Structure, list[str], float]:
    plain = read_plain(block)
    if plain is not None:
        return plain, [], PLAIN_MISMATCH
    from pymatgen.io.cif import CifParser  # and all of its symmetry, which most runs do without

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            parser = CifParser.from_str(
                block,
                occupancy_tolerance=limits.max_occupancy,
                site_tolerance=limits.position_tolerance,
                check_cif=False,
            )
            structures = parser.parse_structures(primitive=False, on_error="raise")
        except (ReadError, MemoryError):
            raise
        except Exception as error:
            raise ParseError(f"pymatgen's CIF parser gave up: {one_line(error)}") from error
    return structures[0], [str(warning.message) for warning in caught], limits.formula_mismatch


def one_line(error: BaseException) -> str:
    """Type and words of an error on one line of at most 300 characters, the same in every run."""
    words = _ADDRESS.sub("at 0x...", f"{type(error).__name__}: {error}")
    return " ".join(words.split())[:300]


def _compare(amounts: dict[str, float], structure: Structure, tolerance: float) -> list[str]:
    """Compares the sites with the declared formula; hydrogen may be missing, nothing else.

    Raises:
        MissingAtomsError: an element is absent, or its share is off by more than `tolerance`.
    """
    present = {str(element): float(amount) for element, amount in structure.composition.items()}
    absent = sorted(set(amounts) - set(present))
    if [symbol for symbol in absent if symbol != "H"]:
        raise MissingAtomsError(
            f"the formula declares {', '.join(absent)}, but no site holds "
            f"{'it' if len(absent) == 1 else 'them'}; the list of atoms is incomplete"
        )
    notes = ["the declared hydrogen has no site"] if absent else []
    extra = sorted(set(present) - set(amounts))
    if extra:
        notes.append(f"sites hold {', '.join(extra)}, which the declared formula lacks")
    shared = [symbol for symbol in amounts if symbol in present and symbol != "H"]
    if not shared:
        return notes
    ratios = {symbol: present[symbol] / amounts[symbol] for symbol in shared}
    middle = sorted(ratios.values())[len(ratios) // 2]
    worst = max(shared, key=lambda symbol: abs(ratios[symbol] / middle - 1))
    deviation = abs(ratios[worst] / middle - 1)
    if deviation > tolerance:
        raise MissingAtomsError(
            f"the sites hold {present[worst]:g} {worst} where the declared formula asks for "
            f"{amounts[worst] * middle:g}; the list of atoms is incomplete or the formula is wrong"
        )
    if deviation > 0.01:
        notes.append(f"the share of {worst} differs from the declared formula by {100 * deviation:.0f} %")
    return notes
