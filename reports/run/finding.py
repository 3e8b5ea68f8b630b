"""How candidates are found on the page: by what chemists call them, and by the elements that they hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pymatgen.core import Element

from polywell.novelty.series import is_called, nicknames_of
from polywell.records import Candidate, Screening
from reports.html.cells import clipped

MAX_NAME = 200
"""Characters of one name; a longer formula is found by its first ones."""

PERIODIC_ROWS = 9
"""Seven periods, and the two rows of the f-block below them."""

LAST_NUMBER = 103
"""No compound of a heavier element is known."""

OTHER_SPELLINGS = {"aluminium": "Al", "caesium": "Cs", "sulphur": "S"}
"""Names that the periodic table of the program spells otherwise."""


@dataclass(frozen=True)
class ElementCell:
    """One element in the periodic table; `row` and `column` count from 1, `candidates` hold it."""

    symbol: str
    name: str
    row: int
    column: int
    candidates: int


@dataclass(frozen=True)
class Finding:
    """What the search knows: names of each candidate in the order of the list, and the elements."""

    names: tuple[tuple[str, ...], ...]
    elements: tuple[ElementCell, ...]

    @property
    def symbols(self) -> dict[str, str]:
        """The symbol of each element by its name."""
        return {one.name: one.symbol for one in self.elements} | OTHER_SPELLINGS


def finding(ranked: Sequence[Candidate]) -> Finding:
    """Gather what the candidates are called, and which elements they hold.

    Args:
        ranked: the candidates in ranked order.
    """
    other: dict[tuple[str | None, tuple[str, ...]], tuple[str, ...]] = {}
    names = []
    for one in ranked:
        found = one.screening
        key = (found.series, found.elements)
        if key not in other:
            other[key] = _other_names(found)
        own = (found.series, found.formula_written, found.formula, found.majority_formula)
        every = dict.fromkeys(clipped(name, MAX_NAME) for name in (*own, *other[key]) if name)
        names.append(tuple(every))
    holding = Counter(symbol for one in ranked for symbol in one.screening.elements)
    return Finding(tuple(names), _periodic_table(holding))


def _other_names(screening: Screening) -> tuple[str, ...]:
    """Nicknames of a candidate, alone (YBCO) and after an element that it holds (La-327)."""
    found: list[str] = []
    for nickname in nicknames_of(screening.series or ""):
        said = (nickname, *(f"{symbol}-{nickname}" for symbol in screening.elements))
        found.extend(name for name in said if is_called(screening, name))
    return tuple(found)


def _periodic_table(holding: Mapping[str, int]) -> tuple[ElementCell, ...]:
    cells = []
    for number in range(1, LAST_NUMBER + 1):
        element = Element.from_Z(number)
        row, column = element.row, element.group
        if element.is_lanthanoid or element.is_actinoid:
            first = 57 if element.is_lanthanoid else 89
            row, column = row + 2, 3 + number - first
        name = str(element.long_name).lower()
        cells.append(ElementCell(element.symbol, name, row, column, holding.get(element.symbol, 0)))
    return tuple(cells)
