"""What a field says of itself is what every table says of its column."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import pytest

from polywell.columns import Column, columns_of, in_order, with_upper_ends
from polywell.records import (
    ENTRY_COLUMNS,
    PHASE_COLUMNS,
    VERTEX_COLUMNS,
    Estimate,
    Place,
    Screening,
    Sighting,
)


class Kind(StrEnum):
    ONE = "one"


@dataclass(frozen=True)
class Inner:
    length_ang: Annotated[float, Column("Å", "Length", "A length.")]


@dataclass(frozen=True)
class Made:
    """A record as one adds it: no other list names its columns."""

    kind: Annotated[Kind, Column("", "Kind", "A kind.", listed=2)]
    count: Annotated[int | None, Column("", "Count", "A number.", listed=1)]
    heights_ang: Annotated[tuple[float, ...], Column("Å", "Heights", "Some heights.", digits=1)]
    image: Annotated[tuple[int, int, int], Column("", "Image", "Three whole numbers.")]
    inner: Inner
    inners: Annotated[tuple[Inner, ...], Column("", "Inners", "Records within.")] = ()


def test_name_type_and_stage_come_from_the_field() -> None:
    paths = {column.name: column.path for column in columns_of(Made)}
    assert (paths["kind"], paths["length_ang"]) == ("kind", "inner.length_ang")
    said = {column.name: (column.type, column.stage, column.places) for column in columns_of(Made)}
    assert said == {
        "kind": ("string", "made", 3),
        "count": ("int32", "made", 0),
        "heights_ang": ("list<float64>", "made", 1),
        "image": ("list<int32>", "made", 3),
        "length_ang": ("float64", "made", 3),
        "inners": ("list<inner>", "made", 3),
    }
    assert [column.name for column in in_order(columns_of(Made), "listed")] == ["count", "kind"]


def test_a_field_without_a_column_or_of_a_strange_type_is_an_error() -> None:
    @dataclass
    class Bare:
        x: float

    @dataclass
    class Strange:
        x: Annotated[dict, Column("", "X", "Y.")]

    with pytest.raises(TypeError, match=r"Bare\.x has no Column"):
        columns_of(Bare)
    with pytest.raises(TypeError, match="no column holds"):
        columns_of(Strange)


def test_every_column_has_a_name_of_its_own_and_says_what_it_means() -> None:
    for columns in (ENTRY_COLUMNS, PHASE_COLUMNS, VERTEX_COLUMNS):
        assert len({column.name for column in columns}) == len(columns)
        for column in columns:
            assert column.label and column.meaning.endswith("."), column.name
            assert column.unit or not column.name.endswith(("_k", "_ang", "_gpa", "_ev")), column.name
    assert {column.stage for column in ENTRY_COLUMNS} == {
        kind.__name__.lower() for kind in (Screening, Estimate, Place, Sighting)
    }


def test_a_column_that_begins_a_range_names_the_one_that_ends_it() -> None:
    for columns in (ENTRY_COLUMNS, PHASE_COLUMNS):
        names = {column.name for column in columns}
        ends = {column.name: column.upper for column in columns if column.upper}
        assert ends["tc_low_k"] == "tc_high_k"
        assert set(ends.values()) <= names
    some = [column for column in ENTRY_COLUMNS if column.name in ("tc_low_k", "tc_outer_k")]
    names = [column.name for column in with_upper_ends(some, ENTRY_COLUMNS)]
    assert names == ["tc_outer_k", "tc_low_k", "tc_high_k"]


def test_places_on_a_page_are_taken_once() -> None:
    for columns in ((*ENTRY_COLUMNS, *PHASE_COLUMNS), PHASE_COLUMNS, ENTRY_COLUMNS):
        places = [column.listed for column in columns if column.listed]
        assert len(set(places)) == len(places)
    for columns, kind in ((ENTRY_COLUMNS, "detail"), (PHASE_COLUMNS, "detail"), (ENTRY_COLUMNS, "dropped")):
        places = [getattr(column, kind) for column in columns if getattr(column, kind)]
        assert len(set(places)) == len(places), kind
