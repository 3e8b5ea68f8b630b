"""Structure files other than CIF: whatever pymatgen or ASE reads."""

from __future__ import annotations

import json
import re
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pymatgen.core import Lattice, Structure

from catalog.errors import (
    NotAStructureError,
    NotPeriodicError,
    ParseError,
    ReadError,
    TooManySitesError,
    TooManyStructuresError,
)
from catalog.readers.cif import one_line
from catalog.readers.composition import elements_and_formula, plain_symbol
from catalog.readers.limits import ReadingLimits

_UNSAFE = re.compile(r"[^A-Za-z0-9._+-]")
_IDLE = "CASTEP keywords"
"""In ASE's remark, at every .cell file, that no CASTEP program is installed."""

_GUESSED = "cannot be determined"
"""In pymatgen's warning about a POSCAR without element names, which it fills with H, He, Li ..."""


def read_structure_file(
    name: str, data: bytes, limits: ReadingLimits
) -> tuple[list[Structure | ReadError], list[str]]:
    """The structures in a file, in its order, and the readers' warnings.

    The readers choose the format by the file's name, and some take `@`, `*` or `:` in it for a command:
    they see a copy under a plain name. Their warnings are collected, none is shown.

    Args:
        name: the file's name, without a compression suffix.
        data: its bytes, decompressed.
        limits: bounds of the reading.

    Raises:
        ReadError: a subclass that says why nothing could be read.
    """
    with (
        warnings.catch_warnings(record=True) as caught,
        tempfile.TemporaryDirectory(prefix="polywell-") as folder,
    ):
        warnings.simplefilter("always")
        try:
            found = _from_json(data, limits) if name.lower().endswith(".json") else None
            if found is None:
                found = _from_copy(Path(folder) / _reader_name(name), data, limits)
        except ParseError as error:
            # The name of the folder changes from run to run, and must not stand in a stored message.
            raise ParseError(str(error).replace(f"{folder}/", "")) from error
        notes = [str(warning.message).replace(f"{folder}/", "") for warning in caught]
    notes = [note for note in notes if _IDLE not in note]
    if any(_GUESSED in note for note in notes):
        raise ParseError("the POSCAR names no elements; add the line of element symbols above the counts")
    return found, notes


def _reader_name(name: str) -> str:
    """A name by which the readers find the format, of harmless characters."""
    if name.lower().endswith((".vasp", ".poscar")):
        return "POSCAR"
    return _UNSAFE.sub("_", name)[-100:].lstrip("._-") or "structure"


def _from_copy(copy: Path, data: bytes, limits: ReadingLimits) -> list[Structure | ReadError]:
    if "POSCAR" in copy.name.upper() or "CONTCAR" in copy.name.upper():
        _check_poscar_counts(data, limits)
    copy.write_bytes(data)
    return _from_file(copy, limits)


def _check_poscar_counts(data: bytes, limits: ReadingLimits) -> None:
    """Refuses a POSCAR by the line of its counts, before a reader makes a list of so many atoms.

    Raises:
        TooManySitesError: the counts sum to more than the limit.
    """
    for line in data.split(b"\n", 7)[5:7]:
        words = line.split()
        if words and all(word.isdigit() for word in words):
            total = sum(int(word[:20]) for word in words)
            if total > limits.sites:
                raise TooManySitesError(f"{total} sites, the limit is {limits.sites}")


def _from_file(path: Path, limits: ReadingLimits) -> list[Structure | ReadError]:
    """The reader of pymatgen first, ASE's where pymatgen has none or gives up."""
    from pymatgen.io.registry import get_structure_format

    complaint: str | None = None
    try:
        get_structure_format(filename=str(path))
    except ValueError:
        pass  # pymatgen has no reader for this name
    else:
        try:
            return [Structure.from_file(str(path))]
        except (ReadError, MemoryError):
            raise
        except Exception as error:
            complaint = f"pymatgen gave up: {one_line(error)}"
    return _from_ase(path, limits, complaint)


def _from_ase(path: Path, limits: ReadingLimits, complaint: str | None) -> list[Structure | ReadError]:
    from ase.io import read
    from ase.io.formats import UnknownFileTypeError, filetype

    try:
        filetype(str(path))
        images = read(str(path), index=slice(0, limits.structures + 1), do_not_split_by_at_sign=True)
    except (ReadError, MemoryError):
        raise
    except UnknownFileTypeError as error:
        if complaint:
            raise ParseError(complaint) from error
        raise NotAStructureError("neither pymatgen nor ASE knows this kind of file") from error
    except Exception as error:
        raise ParseError(complaint or f"ASE gave up: {one_line(error)}") from error
    atoms_list = images if isinstance(images, list) else [images]
    if not atoms_list:
        raise ParseError("ASE found no structure in the file")
    if len(atoms_list) > limits.structures:
        raise TooManyStructuresError(f"more than {limits.structures} structures in one file, the limit")
    return list(_converted(atoms_list, limits))


def _converted(atoms_list: list[Any], limits: ReadingLimits) -> Iterator[Structure | ReadError]:
    for atoms in atoms_list:
        symbols = list(atoms.get_chemical_symbols())
        if len(symbols) > limits.sites:
            yield TooManySitesError(f"{len(symbols)} sites, the limit is {limits.sites}")
        elif atoms.cell.rank < 3 or not atoms.pbc.all():
            yield _not_periodic(
                symbols, f"periodic along {int(atoms.pbc.sum())} of {atoms.cell.rank} cell vectors"
            )
        else:
            yield Structure(Lattice(atoms.cell.array), symbols, atoms.get_scaled_positions(wrap=False))


def _not_periodic(symbols: list[str], why: str) -> NotPeriodicError:
    amounts: dict[str, float] = {}
    for symbol in symbols:
        plain = plain_symbol(symbol)
        if plain is not None:
            amounts[plain] = amounts.get(plain, 0.0) + 1
    elements, formula = elements_and_formula(amounts) if amounts else ((), "")
    return NotPeriodicError(f"the file holds no three-dimensional crystal ({why})", elements, formula)


def _from_json(data: bytes, limits: ReadingLimits) -> list[Structure | ReadError] | None:
    """What pymatgen writes as JSON: a structure, an entry that holds one, or a list or mapping of them.

    None where the JSON holds something else (ASE may know it).
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"this is no valid JSON: {one_line(error)}") from error
    found: list[Structure | ReadError] = []
    if isinstance(document, dict) and not _is_structure(document):
        document = list(document.values())
    for item in document if isinstance(document, list) else [document]:
        if isinstance(item, dict) and _is_structure(item):
            found.append(_from_mapping(item.get("structure", item), limits))
            if len(found) > limits.structures:
                raise TooManyStructuresError(
                    f"more than {limits.structures} structures in one file, the limit"
                )
    return found or None


def _is_structure(document: dict[str, Any]) -> bool:
    inner = document.get("structure", document)
    return isinstance(inner, dict) and isinstance(inner.get("sites"), list)


def _from_mapping(document: dict[str, Any], limits: ReadingLimits) -> Structure | ReadError:
    sites = document["sites"]
    if len(sites) > limits.sites:
        return TooManySitesError(f"{len(sites)} sites, the limit is {limits.sites}")
    if "lattice" not in document:
        symbols = [str(site.get("name", "")) for site in sites if isinstance(site, dict)]
        return _not_periodic([re.sub(r"[^A-Za-z].*", "", symbol) for symbol in symbols], "a molecule")
    try:
        return Structure.from_dict(document)
    except (ReadError, MemoryError):
        raise
    except Exception as error:
        return ParseError(f"pymatgen gave up on the JSON: {one_line(error)}")
