"""The words of a CIF, found in one pass: names, values in any quotes, text fields, comments.

The general parser looks through the rest of a line for each quote in it, which hostile lines make expensive,
and takes whatever follows a name for its value. S. R. Hall, F. H. Allen and I. D. Brown, Acta Cryst. A47, 655
(1991) gives the grammar; triple quotes are of CIF 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from catalog.errors import ParseError

if TYPE_CHECKING:
    from pymatgen.io.cif import CifBlock

_SPACE = re.compile(r"\s*")
_BARE = re.compile(r"\S+")
_CLOSING = {quote: re.compile(rf"{quote}(?!\S)|\n") for quote in "'\""}
_KEYWORD = re.compile(r"loop_$|data_|save_|global_|stop_", re.IGNORECASE)
_FIELD_MARK = re.compile(r"^;", re.MULTILINE)
_HEADING = re.compile(r"^[ \t]*(data_\S+)", re.MULTILINE | re.IGNORECASE)
_ATOMS = "_atom_site_"


def closed(text: str) -> tuple[str, list[str]]:
    """The text with every text field closed before the block after it begins, and remarks.

    A field that holds the heading of a block was left open where nothing closes it, or where what closes it
    is the beginning of another field: a lone name stands before it. Other fields may hold such a line.
    """
    marks = [mark.start() for mark in _FIELD_MARK.finditer(text)]
    parts, notes, done, place = [], [], 0, 0
    while place < len(marks):
        start = marks[place] + 1
        end = marks[place + 1] if place + 1 < len(marks) else len(text)
        is_open = place + 1 == len(marks)
        heading = _HEADING.search(text, start, end)
        if heading and (is_open or _is_lone_name(text[start:end].rstrip().rpartition("\n")[2])):
            parts += [text[done : heading.start()], ";\n"]
            done = heading.start()
            notes.append(f"a text field before {heading[1][:40]} is not closed: it ends where that begins")
            place += 1
            continue
        if heading and _ATOMS in text[start:end]:
            notes.append(f"a text field holds {heading[1][:40]} with atoms, which are read as text")
        elif is_open:
            notes.append("the last text field is not closed: all behind it is text")
        place += 2
    return "".join([*parts, text[done:]]), notes


def _is_lone_name(line: str) -> bool:
    words = line.split()
    return len(words) == 1 and words[0].startswith("_")


def block_of(text: str) -> CifBlock:
    """Names and values of one block, those of loops as lists; the last of two values of a name counts.

    A loop whose values do not fill its rows is left out, unless it lists atoms.

    Raises:
        ParseError: the loop of atoms is incomplete.
    """
    from pymatgen.io.cif import CifBlock  # with all of its symmetry

    data: dict[str, str | list[str]] = {}
    loops: list[list[str]] = []
    header, name = "", ""
    columns: list[str] | None = None
    values: list[str] = []

    def end_of_loop() -> None:
        if columns and len(values) % len(columns) == 0:
            loops.append(columns)
            data.update({column: values[place :: len(columns)] for place, column in enumerate(columns)})
        elif columns and any(column.startswith(_ATOMS) for column in columns):
            raise ParseError(
                f"the loop of {columns[0]} has {len(values)} values in {len(columns)} columns; the last row "
                "is incomplete"
            )

    for is_bare, word in _words(text):
        is_name = is_bare and word.startswith("_")
        if is_name and columns is not None and not values:
            columns.append(word)
        elif is_name or (is_bare and _KEYWORD.match(word)):
            end_of_loop()
            columns, values, name = None, [], ""
            if word.lower() == "loop_":
                columns = []
            elif is_name:
                name = word
                data[name] = ""
            else:
                header = header or word.partition("_")[2]
        elif columns is not None:
            values.append(word)
        elif name:
            data[name], name = word, ""
    end_of_loop()
    return CifBlock(data, loops, header or "x")


def _words(text: str) -> Iterator[tuple[bool, str]]:
    """Each word without its quotes, and whether it had none: only then it can be a name or keyword."""
    place, end = 0, len(text)
    unclosed = dict.fromkeys(
        ("'", '"', "'''", '"""'), 0
    )  # up to here such a quote is known to be never closed
    while True:
        place = _end(_SPACE, text, place)
        if place == end:
            return
        first = text[place]
        if first == ";" and text[place - 1 : place] in ("", "\n"):
            stop = text.find("\n;", place)
            stop = end if stop < 0 else stop
            yield False, _one_line(text[place + 1 : stop])
            place = min(stop + 2, end)
        elif first == "#":
            stop = text.find("\n", place)
            place = end if stop < 0 else stop
        else:
            quotes = [
                quote for quote in (first * 3, first) if first in "'\"" and text.startswith(quote, place)
            ]
            closings = ((quote, _closing(text, quote, place, unclosed)) for quote in quotes)
            quote, stop = next(((quote, stop) for quote, stop in closings if stop >= 0), ("", -1))
            if quote:
                yield False, _one_line(text[place + len(quote) : stop])
                place = stop + len(quote)
            else:
                stop = _end(_BARE, text, place)
                yield True, text[place:stop]
                place = stop


def _closing(text: str, quote: str, place: int, unclosed: dict[str, int]) -> int:
    """Where the quote at this place is closed, -1 if nowhere; each stretch of text is looked through once."""
    if place < unclosed[quote]:
        return -1
    if len(quote) > 1:
        stop = text.find(quote, place + len(quote))
        if stop < 0:
            unclosed[quote] = len(text)
        return stop
    match = _CLOSING[quote].search(text, place + 1)
    if match is not None and match[0] == quote:
        return match.start()
    unclosed[quote] = len(text) if match is None else match.start()
    return -1


def _end(pattern: re.Pattern[str], text: str, place: int) -> int:
    match = pattern.match(text, place)
    return place if match is None else match.end()


def _one_line(value: str) -> str:
    return " ".join(value.split())
