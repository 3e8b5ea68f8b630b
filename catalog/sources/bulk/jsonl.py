"""Files of Materials Project summary documents, one JSON object a line, plain or gzipped."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from catalog.errors import ParseError, ReadError, TooLargeError
from catalog.readers.limits import LIMITS
from catalog.sources.base import Asked, Source
from catalog.sources.bulk.unpacked import SwollenError, Unpacked
from catalog.sources.materials_project.documents import date_of, elements_of, plain_id, provenance_of
from catalog.sources.rows import FileRow, RowsSource, row_or_error
from catalog.sources.values import text

_BUFFER = 65_536


def opened(asked: Asked) -> Source:
    """The file that is asked for."""
    return JsonLinesSource(asked.path, asked.name, asked.chemistry)


class JsonLinesSource(RowsSource):
    """Documents of a file, in its order; empty lines are left out, broken ones are rows that fail."""

    kind = "pymatgen"
    what = "a JSON lines file of Materials Project summary documents"
    id_column = "material_id"

    def _rows(self, asked: Collection[str] | None) -> Iterator[FileRow]:
        for document, error in self._documents():
            if error is not None:
                yield FileRow(_id(document), error=error)
                continue
            yield row_or_error(partial(self._row, document, asked), _id(document))

    def _row(self, document: dict[str, Any], asked: Collection[str] | None) -> FileRow:
        elements, id_ = elements_of(document), _id(document)
        structure = document.get("structure")
        needless = self._is_needless(id_, elements, asked)
        return FileRow(
            id=id_,
            payload={} if needless else structure if isinstance(structure, dict) else None,
            formula=document.get("formula_pretty"),
            elements=elements,
            provenance=provenance_of(document, None),
        )

    def _stamps(self) -> Iterator[tuple[str | None, str | None]]:
        for document, _ in self._documents():
            yield _id(document), date_of(document)

    def _documents(self) -> Iterator[tuple[dict[str, Any], ReadError | None]]:
        """The objects of the lines; where a line holds none, an empty one and why."""
        number = 0
        try:
            with Unpacked(self._file) as raw, io.BufferedReader(raw, _BUFFER) as lines:
                while line := lines.readline(LIMITS.text_bytes + 1):
                    raw.begin_part()
                    number += 1
                    if len(line) > LIMITS.text_bytes:
                        while line and not line.endswith(b"\n"):
                            line = lines.readline(LIMITS.text_bytes)
                            raw.begin_part()
                        yield {}, TooLargeError(f"line {number}: over {LIMITS.text_bytes} bytes")
                    elif line.strip():
                        yield _document(line, number)
        except SwollenError as error:
            raise self._stopped(number, error) from error
        except (OSError, EOFError, zlib.error) as error:
            raise self._broken(number, error) from error


def _document(line: bytes, number: int) -> tuple[dict[str, Any], ReadError | None]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return {}, ParseError(f"line {number} is not JSON ({str(error)[:100]})")
    if not isinstance(value, dict):
        return {}, ParseError(f"line {number} holds a JSON {type(value).__name__}, expected an object")
    return value, None


def _id(document: dict[str, Any]) -> str | None:
    """The id as the user knows it: `mp-149`, also where the file has the padded form."""
    id_ = text(document.get("material_id"))
    if not id_:
        return None
    if id_.startswith(("mp-", "mvc-")) and id_.partition("-")[2].isdigit():
        return id_
    return plain_id(id_)
