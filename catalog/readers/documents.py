"""Structures in JSON and YAML: whatever looks like one, wherever it stands in the document.

A document is data. Of a structure its lattice, species, positions and occupancies are taken; nothing in it
is followed, neither the `@module` and `@class` by which pymatgen's own decoder imports and calls, nor a tag
of YAML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.errors import NotPeriodicError, ParseError, TooManyStructuresError
from catalog.readers.checks import not_periodic
from catalog.readers.cif.blocks import one_line
from catalog.readers.layouts import Found, from_ase, from_jarvis
from catalog.readers.limits import ReadingLimits

_JSON, _YAML = (".json", ".mson"), (".yaml", ".yml")
_OPENING = re.compile(rb"\s*[\[{]\s*[\"\[{]")
"""How JSON begins, whatever the file is called."""

_LINES = re.compile(rb"\s*\{[^\n]*\}[ \t\r]*\n\s*\{")
"""How JSON lines begin: a whole document in the first line, and a second one."""

_CIF = ("_cell_length_a", "_atom_site_")
"""What every CIF with atoms holds."""

ID_KEYS = ("material_id", "mat_id", "immutable_id", "jid", "id", "entry_id", "task_id", "uuid", "_id")
"""Where databases keep the id of an entry, beside its structure or above it; the first found counts."""

_RESULT_KEYS = ("structure", "output")
"""Of the structures of an entry those below such a key are its result, and the others (an input, the steps of
a relaxation) are left alone."""

_ID_CHARACTERS = 100
"""Longest id taken from a document."""


def is_document(name: str, data: bytes) -> bool:
    """Whether a file is JSON or YAML, by its name or by how it begins; a CIF under such a name is none."""
    lower = name.lower()
    if lower.endswith(_YAML) or _OPENING.match(data):
        return True
    is_cif = all(word.encode() in data for word in _CIF)
    return lower.endswith(_JSON) and (not is_cif or data.lstrip().startswith(b'"'))


def read_document(name: str, data: bytes, limits: ReadingLimits) -> list[Found]:
    """The structures in a document, in its order; none of them is built yet.

    Known are structures of pymatgen, OPTIMADE, ASE and JARVIS, the text of a CIF, and tables of them as
    pandas writes them. The id is that of the entry that holds the structure, or made of the keys above it.

    Raises:
        ParseError: no JSON or YAML, or nothing in it looks like a structure.
        TooManyStructuresError: more structures than the limit.
    """
    document = _decoded(name, data)
    found: list[Found] = []
    for item in _Walk(limits).below(document, None, 0):
        found.append(item)
        if len(found) > limits.structures:
            raise TooManyStructuresError(f"more than {limits.structures} structures in one file, the limit")
    if not found:
        raise ParseError(
            f"the document holds {_described(document)}, but nothing that looks like a structure within "
            f"{limits.depth} levels; expected lattice and sites (pymatgen), lattice_vectors and "
            "species_at_sites (OPTIMADE), or the text of a CIF"
        )
    return found


def structures_of_text(text: str, id_: str | None, limits: ReadingLimits) -> list[Found]:
    """The structures in a text that is a CIF, or a document within a document."""
    return list(_Walk(limits).below(text, id_, 0))


def is_cif(text: str) -> bool:
    """Whether a text within a document or table is that of a CIF."""
    return all(word in text for word in _CIF) and not text.lstrip().startswith(("{", "["))


def _decoded(name: str, data: bytes) -> object:
    is_yaml = name.lower().endswith(_YAML)
    try:
        if not is_yaml:
            return _lines(data) if _LINES.match(data) else json.loads(data)
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError

        try:
            # The parser in C ends the process where a document is nested too deeply; this one raises.
            return YAML(typ="safe", pure=True).load(data)
        except YAMLError as error:
            raise ValueError(one_line(error)) from error
    except (ValueError, TypeError, RecursionError) as error:
        raise ParseError(f"this is no valid {'YAML' if is_yaml else 'JSON'}: {one_line(error)}") from error


def _lines(data: bytes) -> object:
    """The documents of JSON lines; a line that is none is an error in its place."""
    documents: list[object] = []
    for number, line in enumerate(data.splitlines(), start=1):
        if line.strip():
            try:
                documents.append(json.loads(line))
            except (ValueError, RecursionError) as error:
                documents.append(ParseError(f"line {number} is no valid JSON: {one_line(error)}"))
    return documents


class _Walk:
    """One way through a document, of bounded depth and length: the aliases of YAML make much of few bytes."""

    def __init__(self, limits: ReadingLimits) -> None:
        self._depth, self._left = limits.depth, limits.nodes

    def below(self, node: object, id_: str | None, depth: int) -> Iterator[Found]:
        """The structures at a node and below it; `id_` is the id known so far."""
        self._left -= 1
        if self._left < 0:
            raise ParseError("the document has too many parts; give the structures only")
        if isinstance(node, ParseError):
            yield Found("error", node)
        elif isinstance(node, str):
            yield from self._in_text(node, id_, depth)
        elif isinstance(node, dict):
            id_ = _id_in(node) or id_
            one = _structure(node, id_)
            if one is not None:
                yield one
            elif depth < self._depth:
                yield from self._in_mapping(node, id_, depth + 1)
        elif isinstance(node, list) and depth < self._depth:
            if not (node and isinstance(node[0], (int, float))):
                for item in node:
                    yield from self.below(item, id_, depth + 1)

    def _in_mapping(self, node: dict[Any, Any], id_: str | None, depth: int) -> Iterator[Found]:
        results = (node[key] for key in _RESULT_KEYS if key in node)
        for part in (_rows(node), *results):
            found = list(self.below(part, id_, depth))
            if found:
                yield from found
                return
        for key, value in node.items():
            if key not in _RESULT_KEYS:
                yield from self.below(value, _joined(id_, key), depth)

    def _in_text(self, text: str, id_: str | None, depth: int) -> Iterator[Found]:
        """A CIF, or a document within the document: some databases keep their structures as text."""
        if is_cif(text):
            yield Found("cif", text, id_)
        elif depth < self._depth and _OPENING.match(text[:100].encode("utf-8", "replace")):
            try:
                inner = json.loads(text)
            except (ValueError, RecursionError):
                return
            yield from self.below(inner, id_, depth + 1)


def _structure(node: Mapping[Any, Any], id_: str | None) -> Found | None:
    """What a mapping is, if it is a structure."""
    sites = node.get("sites")
    if isinstance(sites, list) and sites:
        lattice = node.get("lattice")
        if isinstance(lattice, dict):
            return Found("pymatgen", node, id_)
        if isinstance(lattice, list) and len(lattice) == 3 and isinstance(sites[0], dict):
            return Found("pymatgen", {**node, "lattice": {"matrix": lattice}}, id_)
        if isinstance(sites[0], dict) and "xyz" in sites[0]:
            return Found("error", _molecule(sites), id_)
    if "lattice_vectors" in node and "species_at_sites" in node:
        names = node.get("elements")
        return Found("optimade", node, id_, tuple(map(str, names)) if isinstance(names, list) else None)
    for make in (from_jarvis, from_ase):
        try:
            arrays = make(node)
        except (TypeError, ValueError, IndexError) as error:
            return Found("error", ParseError(f"the arrays are not as expected ({one_line(error)})"), id_)
        if arrays is not None:
            return Found("optimade", arrays, id_)
    return None


def _molecule(sites: list[Any]) -> NotPeriodicError:
    names = (str(site.get("name", "")) for site in sites if isinstance(site, dict))
    return not_periodic((re.sub(r"[^A-Za-z].*", "", name) for name in names), "a molecule")


def _rows(node: Mapping[Any, Any]) -> list[dict[Any, Any]] | None:
    """The rows of a table that is written by columns, with the index as id where no column holds ids."""
    columns, data, index = node.get("columns"), node.get("data"), node.get("index")
    if isinstance(columns, list) and isinstance(data, list) and all(isinstance(row, list) for row in data):
        names = index if isinstance(index, list) and len(index) == len(data) else [None] * len(data)
        return [
            {"id": name, **{str(column): value for column, value in zip(columns, row, strict=False)}}
            for name, row in zip(names, data, strict=True)
        ]
    key = next((key for key in ID_KEYS if isinstance(node.get(key), (list, dict))), None)
    if key is None:
        return None
    if isinstance(node[key], list):
        same = [name for name, one in node.items() if isinstance(one, list) and len(one) == len(node[key])]
        return [{name: node[name][place] for name in same} for place in range(len(node[key]))]
    parts = {name: one for name, one in node.items() if isinstance(one, dict)}
    return [{name: one[place] for name, one in parts.items() if place in one} for place in node[key]]


def _id_in(node: Mapping[Any, Any]) -> str | None:
    """The id of an entry; computed entries of pymatgen keep it in `data`."""
    data = node.get("data")
    holders = (node, data) if isinstance(data, dict) else (node,)
    ids = (id_from(holder.get(key)) for key in ID_KEYS for holder in holders)
    return next((id_ for id_ in ids if id_ is not None), None)


def id_from(value: object) -> str | None:
    """An id as text that any table and terminal can show, also one of MongoDB; None for what is none."""
    if isinstance(value, dict) and len(value) == 1:
        value = value.get("$oid")
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    text = " ".join(str(value)[: 4 * _ID_CHARACTERS].split())
    return text[:_ID_CHARACTERS] if text and text.isprintable() else None


def _joined(id_: str | None, key: object) -> str | None:
    """The id below a key: ids of databases have a digit, the words that order a document have none."""
    own = id_from(key)
    if own is None or not any(character.isdigit() for character in own):
        return id_
    return own if id_ is None or own.startswith(id_) else id_from(f"{id_}/{own}")


def _described(document: object) -> str:
    """What a document is, in a few words."""
    if isinstance(document, dict):
        keys = ", ".join(repr(str(key)[:30]) for key in list(document)[:5])
        return f"a mapping of {keys}{' ...' if len(document) > 5 else ''}" if document else "an empty mapping"
    if isinstance(document, list):
        return f"a list of {len(document)} items"
    return "nothing" if document is None else f"a {type(document).__name__}"
