"""From a raw entry to entries: the one place where a reader's failure becomes a record."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace

from pymatgen.core import Structure

from catalog.errors import MemoryLimitError, MissingValueError, NotAStructureError, ReadError, TimeLimitError
from catalog.readers.arrays.single import build, read_contents
from catalog.readers.arrays.spans import whole_cell
from catalog.readers.ase_rows import SQLITE, read_database
from catalog.readers.checks import check_structure, normalised
from catalog.readers.cif.blocks import one_line, read_cif
from catalog.readers.composition import amounts_of, elements_and_formula, same_composition
from catalog.readers.documents import is_document, read_document
from catalog.readers.filetext import as_text, check_size, read_bytes, tidy
from catalog.readers.layouts import Found
from catalog.readers.limits import LIMITS, ReadingLimits, time_limit
from catalog.readers.structure_files import read_structure_file
from catalog.readers.tables import is_table, read_table
from catalog.sources.base import Failure, RawEntry, UniqueIds
from polywell.geometry.sites import Sites
from polywell.records import Entry, Provenance

NeedsStructure = Callable[[Collection[str]], bool]


def read(raw: RawEntry, needs_structure: NeedsStructure, limits: ReadingLimits = LIMITS) -> list[Entry]:
    """The entries in one raw entry: one, or several where a file holds several structures.

    The first has the raw entry's id, the others `id#2`, `id#3` ... (`id#part2` ... for a CIF in a table).
    Where a document names its structures, that name stands in place of the number, with the first one too
    (`id#mp-8039`).
    Structures that cannot be read beside others that can are named in the first entry's note; `read_parts`
    gives them as records of their own.

    Args:
        raw: what the source gave.
        needs_structure: whether entries with these elements are worth a structure. Where it says no to
            the declared formula and to everything in the atom rows, the entry has structure None.
        limits: bounds of the reading; wall time is enforced in the main thread only.

    Raises:
        ReadError: nothing could be read; the class says why.
    """
    entries: list[Entry] = []
    errors: list[ReadError] = []
    with time_limit(limits.wall_seconds):
        for part in _parts(raw, needs_structure, limits):
            if isinstance(part, Entry):
                entries.append(part.with_structure())
            else:
                errors.append(part[1])
    if not entries:
        raise errors[0]
    if errors:
        lost = f"{len(errors)} of {len(errors) + len(entries)} structures could not be read: {errors[0]}"
        entries[0] = replace(entries[0], provenance=_noted(entries[0].provenance, [lost], limits))
    return entries


def read_parts(
    raw: RawEntry, needs_structure: NeedsStructure, limits: ReadingLimits = LIMITS
) -> list[Entry | Failure]:
    """Like `read`, but never raises for what is in the entry: each structure is an Entry or a Failure.

    At least one of them comes back. Time and memory limits end in a Failure too.
    """
    parts: list[Entry | Failure] = []
    try:
        with time_limit(limits.wall_seconds):
            for part in _parts(raw, needs_structure, limits):
                parts.append(part if isinstance(part, Entry) else _failure(raw, part[0], part[1]))
    except MemoryError:
        bound = (
            f"reading needed more than {limits.memory_bytes / 1e9:g} GB of memory, the limit for one entry"
        )
        parts.append(_failure(raw, _id(raw, len(parts)), MemoryLimitError(bound)))
    except Exception as error:
        parts.append(_failure(raw, _id(raw, len(parts)), error))
    return parts


def _parts(
    raw: RawEntry, needs_structure: NeedsStructure, limits: ReadingLimits
) -> Iterator[Entry | tuple[str, ReadError]]:
    """Reads one structure after the other; an error of one of several does not end the rest."""
    if isinstance(raw.payload, ReadError):
        raise raw.payload
    if isinstance(raw.payload, Entry):
        yield raw.payload
        return
    if raw.kind == "pymatgen" or raw.kind == "optimade":
        yield _from_arrays(raw, needs_structure, limits)
        return
    if not isinstance(raw.payload, str):
        raise NotAStructureError(
            f"a payload of kind {raw.kind!r} is a {type(raw.payload).__name__}, not a text"
        )
    if raw.kind == "cif":
        check_size(len(raw.payload), limits)
        yield from _cif_parts(raw, tidy(raw.payload), needs_structure, limits)
        return
    name, data = read_bytes(raw.payload, limits)
    if data.startswith(SQLITE):
        yield from _found_parts(raw, read_database(data, limits), needs_structure, limits)
    elif is_document(name, data):
        yield from _found_parts(raw, read_document(name, data, limits), needs_structure, limits)
    elif is_table(name, data):
        yield from _found_parts(raw, read_table(data, limits), needs_structure, limits)
    elif (text := _cif_text(name, data)) is not None:
        yield from _cif_parts(raw, text, needs_structure, limits)
    else:
        found, notes = read_structure_file(name, data, limits)
        for index, item in enumerate(found):
            try:
                if isinstance(item, ReadError):
                    raise item
                check_structure(item, limits)
                structure, more = normalised(item, limits)
                yield _entry(raw, _id(raw, index), structure, [*notes, *more], limits)
            except ReadError as error:
                yield _id(raw, index), error


def _found_parts(
    raw: RawEntry, found: Collection[Found], needs_structure: NeedsStructure, limits: ReadingLimits
) -> Iterator[Entry | tuple[str, ReadError]]:
    """Reads what stands in a document as if each structure had come from a source of its own."""
    ids = UniqueIds()
    for index, item in enumerate(found):
        id_, _ = ids.take(f"{raw.id}#{item.id}" if item.id else _id(raw, index))
        part = RawEntry(raw.source, id_, item.kind, item.payload, None, raw.provenance, item.elements)
        try:
            yield from _parts(part, needs_structure, limits)
        except TimeLimitError:
            raise
        except ReadError as error:
            yield id_, error


def _cif_text(name: str, data: bytes) -> str | None:
    """The text of a CIF, known by its name or by its contents; None for another format."""
    named = name.lower().endswith((".cif", ".mcif"))
    if not named and not (b"_cell_length_a" in data and b"_atom_site_" in data):
        return None
    try:
        return as_text(data)
    except NotAStructureError:
        if named:
            raise
        return None


def _cif_parts(
    raw: RawEntry, text: str, needs_structure: NeedsStructure, limits: ReadingLimits
) -> Iterator[Entry | tuple[str, ReadError]]:
    known = amounts_of(raw.formula) if raw.formula else None
    for index, part in enumerate(read_cif(text, needs_structure, limits, known)):
        id_ = _id(raw, index)
        if part.error is not None:
            if part.amounts and not part.error.elements:
                part.error.elements, part.error.formula = elements_and_formula(part.amounts)
            yield id_, part.error
        elif part.structure is not None:
            yield _entry(raw, id_, part.structure, part.notes, limits, part.amounts)
        else:
            elements, formula = elements_and_formula(part.amounts or {})
            yield Entry(raw.source, id_, formula, elements, None, raw.provenance)


def _from_arrays(raw: RawEntry, needs_structure: NeedsStructure, limits: ReadingLimits) -> Entry:
    """The entry of a structure given as arrays; its composition is known before anything is built."""
    payload, declared = raw.payload, raw.elements or ()
    assert isinstance(payload, Mapping) and (raw.kind == "pymatgen" or raw.kind == "optimade")
    spanned: list[str] = []
    amounts = stated = amounts_of(raw.formula) if raw.formula else None
    if not payload and amounts is None:
        amounts = dict.fromkeys(declared, 1.0)
    contents = None
    try:
        if payload:
            if raw.kind == "optimade":
                payload, spanned = whole_cell(payload, limits)
            contents = read_contents(raw.kind, payload)
            amounts = contents.composition() or amounts
        if not needs_structure({*(amounts or ()), *declared}):
            elements, formula = elements_and_formula(amounts or {})
            return Entry(raw.source, raw.id, formula, elements, None, raw.provenance)
        if contents is None:
            raise MissingValueError("the source gave no structure for an entry that needs one")
        sites, notes = build(raw.kind, payload, contents, raw.elements, limits)
    except ReadError as error:
        if amounts and not error.elements:
            error.elements, error.formula = elements_and_formula(amounts)
        raise
    return _entry(raw, raw.id, sites, [*spanned, *notes], limits, stated)


def _entry(
    raw: RawEntry,
    id_: str,
    found: Structure | Sites,
    notes: Collection[str],
    limits: ReadingLimits,
    declared: Mapping[str, float] | None = None,
) -> Entry:
    sites = found if isinstance(found, Sites) else None
    structure = None if isinstance(found, Sites) else found
    amounts = _amounts(found)
    elements, formula = elements_and_formula(amounts)
    provenance = _noted(raw.provenance, notes, limits)
    if declared and not same_composition(declared, amounts):
        provenance = replace(provenance, declared_formula=elements_and_formula(declared)[1])
    return Entry(raw.source, id_, formula, elements, structure, provenance, sites)


def _amounts(found: Structure | Sites) -> dict[str, float]:
    """Amounts by element symbol in the whole cell."""
    if isinstance(found, Sites):
        return found.amounts
    return {str(element): float(amount) for element, amount in found.composition.items()}


def _noted(provenance: Provenance, notes: Collection[str], limits: ReadingLimits) -> Provenance:
    """Adds the readers' remarks, each once, to the source's own, shortened to the limit."""
    lines = [" ".join(note.removeprefix("Issues encountered while parsing CIF: ").split()) for note in notes]
    remarks = [provenance.note] if provenance.note else []
    remarks += [line for line in dict.fromkeys(lines) if line]
    if not lines:
        return provenance
    text = "; ".join(remarks)
    if len(text) > limits.note_characters:
        text = text[: limits.note_characters - 1] + "…"
    return replace(provenance, note=text)


def _id(raw: RawEntry, index: int) -> str:
    if index == 0:
        return raw.id
    return f"{raw.id}#{index + 1}" if raw.kind == "path" else f"{raw.id}#part{index + 1}"


def _failure(raw: RawEntry, id_: str, error: Exception) -> Failure:
    elements: tuple[str, ...] = ()
    formula = raw.formula or ""
    if isinstance(error, ReadError):
        message = " ".join(str(error).split())
        elements, formula = error.elements, error.formula or formula
    else:
        message = one_line(error)
    return Failure(raw.source, id_, formula, elements, raw.provenance, type(error).__name__, message)
