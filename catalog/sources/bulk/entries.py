"""The entries of `{"entries": [{...}, {...}, ...]}`, one at a time, from a file of any size."""

from __future__ import annotations

import re
from collections.abc import Iterator

import ijson
import orjson

from catalog.readers.limits import LIMITS
from catalog.sources.bulk.unpacked import SwollenError, Unpacked

_BEGINNING = re.compile(rb'\s*\{\s*"entries"\s*:\s*\[\s*(\{\s*"[^"\\]*"\s*:)')
"""How a dump begins, up to the first key of its first entry, with which all begin that keep one order."""

_BEFORE = 100
"""Bytes before an entry in which the end of the entry before it is looked for; the rest is white space."""

_PIECE = 262_144

_MOST_DEPTH = 1000
"""Brackets that may stand open within one entry; ijson takes the square of that in bytes."""

_LONGEST = LIMITS.text_bytes // 2
"""Bytes of an entry that are searched for its end before they are left to the slower parser."""


class BrokenJsonError(Exception):
    """The text is no JSON."""


def entries_of(stream: Unpacked) -> Iterator[object]:
    """Streams the entries; `begin_part` of the stream is called after each.

    Where the next entry seems to begin, the one before it is cut out, and parsed by orjson: an object is as
    long as its text says, so that what parses is an entry, and nothing else. From the first on that does
    not, and to the end of the file, ijson parses, five times slower, whatever the layout. An integer beyond
    64 bits is the nearest float for the one, and no JSON for the other.

    Raises:
        BrokenJsonError: no JSON from here on.
        SwollenError, OSError, EOFError, zlib.error: as `Unpacked` raises them.
    """
    held = bytearray(stream.read(_PIECE))
    begun = _BEGINNING.match(held)
    before = b""
    if begun is not None:
        opening = bytes(begun[1])
        start = place = begun.start(1)
        depth = 0
        while len(held) - start < _LONGEST:
            found = held.find(opening, place + 1)
            if found < 0:
                more = stream.read(_PIECE)
                if not more:
                    break
                del held[:start]
                start, place = 0, place - start
                held += more
                continue
            depth += held.count(b"{", place, found) - held.count(b"}", place, found)
            place = found
            gap = held[max(found - _BEFORE, start) : found].rstrip()
            if depth or not gap.endswith(b"},"):
                continue
            try:
                entry = orjson.loads(held[start:found].rstrip()[:-1])
            except orjson.JSONDecodeError:
                break
            stream.begin_part()
            yield entry
            start = found
        before, held = b'{"entries": [', held[start:]
    rest = _Rest(before + held, stream)
    try:
        for entry in ijson.items(rest, "entries.item", use_float=True):
            stream.begin_part()
            rest.depth = 0
            yield entry
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise BrokenJsonError(str(error)) from error


class _Rest:
    """What is left of a stream, with bytes before it that were taken already."""

    def __init__(self, taken: bytes, stream: Unpacked) -> None:
        self._taken, self._stream = taken, stream
        self.depth = 0

    def read(self, size: int) -> bytes:
        """The next bytes, at most so many.

        Raises:
            SwollenError: too many brackets stand open since `depth` was 0.
        """
        data, self._taken = self._taken[:size], self._taken[size:]
        data = data or self._stream.read(size)
        self.depth += sum(map(data.count, (b"{", b"["))) - sum(map(data.count, (b"}", b"]")))
        if self.depth > _MOST_DEPTH:
            raise SwollenError(f"one entry is nested deeper than {_MOST_DEPTH} levels, the limit")
        return data
