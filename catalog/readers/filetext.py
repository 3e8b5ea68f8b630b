"""From a file to bytes and text: bounded, decompressed, in one encoding and with one kind of line end."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import os
import stat
import zlib
from collections.abc import Callable
from typing import IO, cast

from catalog.errors import EmptyFileError, FileAccessError, NotAStructureError, ParseError, TooLargeError
from catalog.readers.limits import ReadingLimits

_OPENERS: dict[str, Callable[[str], IO[bytes]]] = {
    ".gz": lambda path: cast("IO[bytes]", gzip.open(path, "rb")),
    ".bz2": lambda path: cast("IO[bytes]", bz2.open(path, "rb")),
    ".xz": lambda path: cast("IO[bytes]", lzma.open(path, "rb")),
}


def read_bytes(path: str, limits: ReadingLimits) -> tuple[str, bytes]:
    """The file's name without its compression suffix, and its bytes, decompressed.

    Never holds more than the limit in memory, however much a small archive would expand to.

    Raises:
        FileAccessError: vanished, no regular file, or not readable.
        ParseError: a damaged archive.
        TooLargeError: more bytes than the limit.
        EmptyFileError: no bytes.
    """
    name = os.path.basename(path)
    stem, suffix = os.path.splitext(name)
    opener = _OPENERS.get(suffix.lower())
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise FileAccessError("this is no regular file")
        with opener(path) if opener else open(path, "rb") as stream:
            data = stream.read(limits.text_bytes + 1)
    except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
        raise ParseError(f"the {suffix} archive is damaged: {error}") from error
    except OSError as error:
        if opener and error.errno is None:
            raise ParseError(f"the {suffix} archive is damaged: {error}") from error
        raise FileAccessError(f"the file cannot be read: {error.strerror or error}") from error
    check_size(len(data), limits)
    return (stem if opener else name), data


def check_size(size: int, limits: ReadingLimits) -> None:
    """Refuses nothing and too much.

    Raises:
        EmptyFileError: 0 bytes.
        TooLargeError: more bytes than the limit.
    """
    if size == 0:
        raise EmptyFileError("the file or text is empty")
    if size > limits.text_bytes:
        raise TooLargeError(f"more than {limits.text_bytes} bytes, the limit for one file or text")


def as_text(data: bytes) -> str:
    """The text in `data`: UTF-8, UTF-16 with a mark, or else Latin-1; line ends as line feeds.

    Raises:
        NotAStructureError: binary data.
        EmptyFileError: nothing but white space.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16", "replace")
    elif b"\0" in data:
        raise NotAStructureError("the file is binary (it holds zero bytes), expected text")
    else:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
    return tidy(text)


def tidy(text: str) -> str:
    """The text without byte order mark, with line feeds only.

    Raises:
        EmptyFileError: nothing but white space.
    """
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not plain.strip():
        raise EmptyFileError("the file or text is empty")
    return plain
