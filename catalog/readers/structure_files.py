"""Structure files other than CIF, JSON and YAML: formats of a closed list that pymatgen or ASE reads.

On the list stand readers that take numbers and names from the file and do nothing else: none that evaluates,
imports or unpickles what it finds, that opens another file named there, or that asks a server.
"""

from __future__ import annotations

import re
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pymatgen.core import Lattice, Structure

from catalog.errors import (
    NotAStructureError,
    ParseError,
    ReadError,
    TooManySitesError,
    TooManyStructuresError,
)
from catalog.readers.checks import not_periodic
from catalog.readers.cif.blocks import one_line
from catalog.readers.limits import ReadingLimits
from catalog.scratch import scratch
from polywell.geometry.slab import as_crystal, periods

PYMATGEN = frozenset(
    {"poscar", "chgcar", "locpot", "vasprun", "cssr", "xsf", "exciting", "mcsqs", "lmto", "res", "pwmat"}
)
"""Formats read by pymatgen, as its registry names them."""

ASE = frozenset(
    """
    abinit-in abinit-out aims castep-castep castep-cell castep-geom castep-md cfg crystal cube
    dacapo-text dlp4 dlp-history dmol-arc dmol-car dmol-incoor elk eon espresso-in espresso-out
    exciting extxyz findsym gaussian-in gaussian-out gen gpaw-out gromacs gromos jsv lammps-data
    lammps-dump-text magres mustem nwchem-in nwchem-out proteindatabank qbox res rmc6f runnerdata
    siesta-xv struct struct_out sys traj turbomole v-sim vasp vasp-out vasp-xdatcar vasp-xml wout
    xsd xsf xyz
    """.split()
)
"""Formats read by ASE, as it names them (3.27)."""

_READ_WITH: dict[str, dict[str, Any]] = {"castep-cell": {"calculator_args": {"keyword_tolerance": 3}}}
"""What a reader is told beside the file: at any lower tolerance ASE starts CASTEP to ask for its keywords."""

_FORMULAS = b"symmetry_"
"""In a geometry.in of FHI-aims: begins lines of formulas, which ASE would evaluate."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._+-]")
_OF_PROGRAMS = (DeprecationWarning, PendingDeprecationWarning, FutureWarning)
"""Warnings that tell nothing of the file."""
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
        warnings.catch_warnings(record=True, action="always") as caught,
        tempfile.TemporaryDirectory(dir=scratch()) as folder,
    ):
        try:
            found = _from_file(Path(folder) / _reader_name(name), data, limits)
        except ParseError as error:
            # The name of the folder changes from run to run, and must not stand in a stored message.
            raise ParseError(str(error).replace(f"{folder}/", "")) from error
        notes = [
            str(warning.message).replace(f"{folder}/", "")
            for warning in caught
            if not issubclass(warning.category, _OF_PROGRAMS)
        ]
    if any(_GUESSED in note for note in notes):
        raise ParseError("the POSCAR names no elements; add the line of element symbols above the counts")
    return found, notes


def _reader_name(name: str) -> str:
    """A name by which the readers find the format, of harmless characters."""
    if name.lower().endswith((".vasp", ".poscar")):
        return "POSCAR"
    return _UNSAFE.sub("_", name)[-100:].lstrip("._-") or "structure"


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


def _from_file(path: Path, data: bytes, limits: ReadingLimits) -> list[Structure | ReadError]:
    """What a copy at `path` holds: by the reader of pymatgen, or ASE's where that has none or gives up."""
    from pymatgen.io.registry import get_structure_format

    if "POSCAR" in path.name.upper() or "CONTCAR" in path.name.upper():
        _check_poscar_counts(data, limits)
    path.write_bytes(data)
    complaint: str | None = None
    try:
        known = get_structure_format(filename=str(path)).name in PYMATGEN
    except (ValueError, ImportError):
        known = False  # pymatgen has no reader for this name, or has it in a package of its own
    if known:
        try:
            return [Structure.from_file(str(path))]
        except (ReadError, MemoryError):
            raise
        except Exception as error:
            complaint = f"pymatgen gave up: {one_line(error)}"
    return _from_ase(path, data, limits, complaint)


def _from_ase(
    path: Path, data: bytes, limits: ReadingLimits, complaint: str | None
) -> list[Structure | ReadError]:
    from ase.io import read
    from ase.io.formats import UnknownFileTypeError, filetype

    try:
        form = filetype(str(path))
        if form not in ASE:
            raise UnknownFileTypeError(form)
        if form == "aims" and _FORMULAS in data:
            raise NotAStructureError(
                "the geometry.in holds formulas (symmetry_...), which are not evaluated; leave them out"
            )
        frames = slice(0, limits.structures + 1)
        images: Any
        if form == "traj":
            images = _trajectory(path, frames)
        else:
            told = _READ_WITH.get(form, {})
            images = read(str(path), format=form, index=frames, do_not_split_by_at_sign=True, **told)
    except (ReadError, MemoryError):
        raise
    except UnknownFileTypeError as error:
        if complaint:
            raise ParseError(complaint) from error
        raise NotAStructureError(
            "this kind of file is not read; expected CIF, POSCAR, JSON or a text format of pymatgen or ASE"
        ) from error
    except Exception as error:
        raise ParseError(complaint or f"ASE gave up: {one_line(error)}") from error
    atoms_list = images if isinstance(images, list) else [images]
    if not atoms_list:
        raise ParseError("ASE found no structure in the file")
    if len(atoms_list) > limits.structures:
        raise TooManyStructuresError(f"more than {limits.structures} structures in one file, the limit")
    return list(_converted(atoms_list, limits))


def _trajectory(path: Path, frames: slice) -> list[Any]:
    """The frames of a trajectory of ASE, without the calculators and constraints that ASE would make of it.

    Raises:
        NotAStructureError: another container, such as the pickles that trajectories were before ASE 3.9.
    """
    from ase import Atoms
    from ase.io import ulm

    try:
        opened = ulm.open(str(path))
    except ulm.InvalidULMFileError as error:
        raise NotAStructureError("this is no trajectory of ASE 3.9 or later") from error
    with opened as first:
        if first.get_tag() != "ASE-Trajectory":
            raise NotAStructureError(f"the file holds {str(first.get_tag())[:40]!r}, expected a trajectory")
        every = (first[number] for number in range(*frames.indices(len(first))))
        return [
            Atoms(
                frame.get("numbers", first.get("numbers")),
                frame.positions,
                cell=frame.cell,
                pbc=frame.get("pbc", first.get("pbc")),
            )
            for frame in every
        ]


def _converted(atoms_list: list[Any], limits: ReadingLimits) -> Iterator[Structure | ReadError]:
    for atoms in atoms_list:
        symbols = list(atoms.get_chemical_symbols())
        if len(symbols) > limits.sites:
            yield TooManySitesError(f"{len(symbols)} sites, the limit is {limits.sites}")
        elif not all(periodic := periods(atoms.cell.array, atoms.pbc)):
            vectors = as_crystal(atoms.cell.array, atoms.positions, periodic)
            if vectors is None:
                why = f"periodic along {sum(periodic)} of {atoms.cell.rank} cell vectors"
                yield not_periodic(symbols, why)
            else:
                lattice = Lattice(vectors, pbc=periodic)
                yield Structure(lattice, symbols, atoms.positions, coords_are_cartesian=True)
        elif atoms.cell.rank < 3:
            yield not_periodic(symbols, f"periodic along {atoms.cell.rank} cell vectors")
        else:
            yield Structure(Lattice(atoms.cell.array), symbols, atoms.get_scaled_positions(wrap=False))
