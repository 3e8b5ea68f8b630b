"""Designs as a source."""

import pytest

from catalog.errors import SourceError
from catalog.readers.reading import read_parts
from catalog.sources.registry import open_source
from catalog.store.structures import entry_to_row, structures_schema


def test_it_gives_the_first_ones_with_ids_that_say_what_they_are():
    source = open_source("design:12")
    raws = list(source.raw_entries())
    assert len(raws) == source.expected_count() == 12 and len({raw.id for raw in raws}) == 12
    stamps = [row for batch in source.index() for row in batch.to_pylist()]
    assert [row["id"] for row in stamps] == [raw.id for raw in raws]
    assert {row["stamp"] for row in stamps} == {source.version()}
    assert source.description()["digest"] == source.version()


def test_the_limit_may_be_left_out_or_lifted():
    assert open_source("design:").expected_count() == 3000
    assert open_source("design:all").expected_count() >= 100_000


def test_all_may_stand_under_a_pressure_or_on_a_substrate():
    source = open_source("design:3@20GPa")
    ids = [raw.id for raw in source.raw_entries()]
    assert len(ids) == source.expected_count() == 3 and all(id_.endswith("@20gpa") for id_ in ids)
    assert [raw.id for raw in source.raw_entries(ids[1:2])] == ids[1:2]
    assert [row["id"] for batch in source.index() for row in batch.to_pylist()] == ids
    with pytest.raises(SourceError, match="no pressure and no substrate"):
        open_source("design:3@cheese")


@pytest.mark.parametrize("spec", ["design:0", "design:-3", "design:many", "design:1.5"])
def test_no_number_is_no_limit(spec):
    with pytest.raises(SourceError, match="no number of designs"):
        open_source(spec)


def test_those_asked_for_come_alone_and_unknown_ones_are_missed():
    source = open_source("design:12")
    ids = [raw.id for raw in source.raw_entries()]
    assert [raw.id for raw in source.raw_entries(ids[3:5])] == ids[3:5]
    with pytest.raises(SourceError, match="not there"):
        list(source.raw_entries(["nothing"]))


def test_what_it_is_built_of_is_stored():
    source = open_source("design:2")
    for raw in source.raw_entries():
        [entry] = read_parts(raw, lambda _: True)
        row = entry_to_row(entry)
        assert set(row) <= set(structures_schema().names)
        assert row["built_of"] and row["mismatch"] is not None and row["theoretical"] is None
