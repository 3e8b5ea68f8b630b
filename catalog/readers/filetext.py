"""From a file to bytes and text: bounded, decompressed, in one encoding and with one kind of line end."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import os
import re
import stat
import zlib
from collections.abc import Callable
from typing import IO, cast

from catalog.errors import EmptyFileError, FileAccessError, NotAStructureError, ParseError, TooLargeError
from catalog.readers.limits import ReadingLimits

_OPENERS: dict[str, Callable[[IO[bytes]], IO[bytes]]] = {
    ".gz": lambda packed: cast("IO[bytes]", gzip.open(packed, "rb")),
    ".bz2": lambda packed: cast("IO[bytes]", bz2.open(packed, "rb")),
    ".xz": lambda packed: cast("IO[bytes]", lzma.open(packed, "rb")),
}

_ASCII = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\x96\x97", "-"),
        **dict.fromkeys("\xa0\u1680\u202f\u205f\u3000\u200b\u2060\ufeff", " "),
        **dict.fromkeys(map(chr, range(0x2000, 0x200B)), " "),
        **dict.fromkeys("\u2028\u2029", "\n"),
        **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
        **dict(zip("\uff0b\uff0c\uff0e\uff0f\uff08\uff09", "+,./()", strict=True)),
        "\u2044": "/",
        "\u2215": "/",
        "\xbd": "1/2",
        "\xbc": "1/4",
        "\xbe": "3/4",
        "\u2153": "1/3",
        "\u2154": "2/3",
        "\xb1": "+/-",
    }
)
"""Characters that word processors and web pages put for those of ASCII; 96 and 97 are dashes of Windows."""

_QUOTED = re.compile(
    "(?<!\\S)[\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2032\u2033\x91-\x94]"
    "([^'\"\n\u2018-\u201f\u2032\u2033\x91-\x94]*)[\u2018-\u201f\u2032\u2033\x91-\x94](?!\\S)"
)
_OVERLINED = re.compile("([0-9])[\u0304\u0305]")
"""An inversion axis as it is printed."""
_UNIT = re.compile("(?<=[0-9.)])[ \t]?[\xb0\xba\xc5\u212b](?!\\S)")


def open_regular(path: str) -> IO[bytes]:
    """A regular file, open for reading: what is none is not waited for, whatever stands there by now.

    Raises:
        FileAccessError: a folder, a pipe, a socket or a device.
        OSError: vanished, or not readable.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise FileAccessError("this is no regular file")
    # A pipe that took its place, or a file of the kernel without data, would hold up an open or a read.
    stream = open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK))
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise FileAccessError("this is no regular file")
    return stream


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
        with open_regular(path) as packed, opener(packed) if opener else packed as stream:
            data = stream.read(limits.text_bytes + 1)
    except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
        raise ParseError(f"the {suffix} archive is damaged: {error}") from error
    except OSError as error:
        if opener and error.errno is None:
            raise ParseError(f"the {suffix} archive is damaged: {error}") from error
        raise FileAccessError(f"the file cannot be read: {error.strerror or error}") from error
    if data is None:  # a file of the kernel that has nothing to say now
        raise FileAccessError("the file gives no data")
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
    """The text without byte order mark, with line feeds only, and with ASCII for what imitates it.

    Dashes, spaces, figures and signs become those of ASCII, a pair of curly quotes that encloses a value
    becomes a pair of straight ones, a unit behind a number (°, Å) goes. Other characters stay.

    Raises:
        EmptyFileError: nothing but white space.
    """
    plain = text.removeprefix("\ufeff").rstrip("\x1a").replace("\r\n", "\n").replace("\r", "\n")
    if not plain.isascii():
        plain = "\n".join(
            map(_straightened, _UNIT.sub("", _OVERLINED.sub(r"-\1", plain.translate(_ASCII))).split("\n"))
        )
    if not plain.strip():
        raise EmptyFileError("the file or text is empty")
    return plain


def _straightened(line: str) -> str:
    """The line with straight quotes around its values; as it is where it has straight ones already."""
    return line if "'" in line or '"' in line else _QUOTED.sub(r"'\1'", line)
