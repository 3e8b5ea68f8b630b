"""The bytes of a large file, plain or compressed, that swells no more than data does."""

from __future__ import annotations

import bz2
import gzip
import io
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, cast

from catalog.readers.limits import LIMITS

_BZIP2, _GZIP = b"BZh", b"\x1f\x8b"

FREE_BYTES = 64_000_000
"""Bytes that any file may unpack to."""

MOST_SWELLING = 250
"""Bytes that one compressed byte may unpack to beyond that; structures in JSON take 5 to 30."""

_PIECE = 262_144
"""Bytes that are unpacked at a time."""

_AHEAD = 1_000_000
"""Bytes that a reader takes before it needs them, at most."""


class SwollenError(Exception):
    """A file unpacks to more than any data would, or one part of it is larger than the limit."""


class Unpacked(io.RawIOBase):
    """The bytes of a file after decompression, read once from its beginning.

    `begin_part` is called before each part (an entry, a line): the limit of bytes counts from there. `given`
    counts the bytes that were read.
    """

    def __init__(self, path: Path) -> None:
        """Opens the file and sees by its first bytes whether it is compressed.

        Raises:
            OSError: it cannot be read.
        """
        self._packed = path.open("rb")
        start = self._packed.read(3)
        self._packed.seek(0)
        self._stream: IO[bytes] = self._packed
        if start == _BZIP2:
            self._stream = cast("IO[bytes]", bz2.BZ2File(self._packed))
        elif start[:2] == _GZIP:
            self._stream = cast("IO[bytes]", gzip.GzipFile(fileobj=self._packed))
        self._aside = None if self._stream is self._packed else ThreadPoolExecutor(1)
        self._ahead: Future[bytes] | None = None
        self._left = b""
        self.given = self._begun = 0

    def begin_part(self) -> None:
        """Says that a part ends here."""
        self._begun = self.given

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fills the buffer.

        Raises:
            SwollenError: the file swells too much, or the part is too large.
        """
        data = self._read(len(buffer))
        buffer[: len(data)] = data
        self.given += len(data)
        if self.given > FREE_BYTES + MOST_SWELLING * self._packed.tell():
            raise SwollenError(
                f"it unpacks to more than {MOST_SWELLING} times its size, as no data does; fetch it again"
            )
        if self.given - self._begun > LIMITS.text_bytes + _AHEAD:
            raise SwollenError(f"one entry has more than {LIMITS.text_bytes} bytes, the limit for one entry")
        return len(data)

    def _read(self, size: int) -> bytes:
        """The next bytes, at most so many; those after them are unpacked meanwhile, by another thread."""
        if self._aside is None:
            return self._stream.read(size)
        if size and not self._left:
            coming = self._ahead or self._aside.submit(self._stream.read, _PIECE)
            self._left = coming.result()
            self._ahead = self._aside.submit(self._stream.read, _PIECE)
        data, self._left = self._left[:size], self._left[size:]
        return data

    def close(self) -> None:
        """Closes the file."""
        if self._aside is not None:
            self._aside.shutdown()
        self._stream.close()
        self._packed.close()
        super().close()
