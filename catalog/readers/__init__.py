"""From the bytes of a source to a checked structure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from catalog.sources.base import Failure
    from polywell.records import Entry


def parts_in(
    path: str | Path, needs_structure: Callable[[Collection[str]], bool]
) -> Iterator[Entry | Failure]:
    """What is in a file, or in all files below a folder, as the source `files:PATH` of the pipeline gives it.

    Args:
        path: a file or a folder; `~` stands for the user's folder.
        needs_structure: whether entries with these elements are worth a structure.

    Raises:
        SourceError: no such file or folder.
    """
    from catalog.readers.reading import read_parts
    from catalog.sources.files import FilesSource

    for raw in FilesSource(Path(path).expanduser(), f"files:{path}").raw_entries():
        yield from read_parts(raw, needs_structure)


def structures_in(path: str | Path) -> list[Entry]:
    """The entries in one file: CIF, POSCAR, JSON, YAML, CSV with CIFs, formats that pymatgen or ASE reads.

    The ids are the file's name, then `name#2`, `name#3` ... where it holds several structures, or
    `name#mp-8039` where it names them. A file is data: nothing in it is imported, evaluated or unpickled.
    Remarks of the reader, and what was lost beside the structures that could be read, stand in
    `provenance.note`.

    Args:
        path: a file, which may be compressed (.gz, .bz2, .xz); `~` stands for the user's folder.

    Raises:
        ReadError: nothing in the file can be read; the class says why, the message what to do.
    """
    # Imported here, as the bounds of the reading are wanted where no structure is.
    from catalog.errors import FileAccessError, ParseError, ReadError
    from catalog.readers.cif.blocks import one_line
    from catalog.readers.reading import read
    from catalog.sources.base import RawEntry
    from catalog.sources.files import shown

    file = Path(path).expanduser()
    if file.is_dir():
        raise FileAccessError(
            f"{str(path)!r} is a folder; give one of its files, or screen the source files:DIR"
        )
    try:
        return read(RawEntry(f"files:{path}", shown(file.name), "path", str(file)), lambda elements: True)
    except ReadError as error:
        raise type(error)(_unread(path, str(error)), error.elements, error.formula) from error
    except Exception as error:  # a reader of pymatgen or ASE that fails in a way of its own
        raise ParseError(_unread(path, one_line(error))) from error


def _unread(path: str | Path, why: str) -> str:
    return (
        f"{str(path)!r} gives no structure ({why}); expected a file of a periodic crystal that pymatgen "
        "or ASE reads, such as a CIF or a POSCAR"
    )
