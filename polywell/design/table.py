"""The table of designs (`tables/design.toml`): ions that replace each other, bounds, measured errors."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal

from pydantic import Field

from polywell.data.charges import NetKind
from polywell.data.tables import Record, Table, load_table

Place = Literal["apex", "core"]
Checked = Literal["read", "recalled"]
Share = Annotated[float, Field(gt=0, lt=1)]


class PlaceRow(Record):
    """Ions that may stand on a kind of place."""

    place: Place
    net: NetKind
    ions: Annotated[tuple[str, ...], Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    checked: Checked


class DesignTable(Table):
    """The whole table; `strain` and `share` are bounds, `xi_error` is relative, by kind of cage."""

    radius_share: Share
    radius_source: str
    radius_checked: Checked
    strain: Share
    strain_source: str
    strain_checked: Checked
    share: Share
    share_source: str
    share_checked: Checked
    place: tuple[PlaceRow, ...]
    xi_error: dict[str, Annotated[float, Field(ge=0)]]

    def ions_on(self, place: Place, net: NetKind) -> tuple[str, ...]:
        """Ions that may stand on a kind of place."""
        return tuple(
            symbol for row in self.place if (row.place, row.net) == (place, net) for symbol in row.ions
        )


@cache
def design_table() -> DesignTable:
    """The table, read once."""
    return load_table("design.toml", DesignTable)
