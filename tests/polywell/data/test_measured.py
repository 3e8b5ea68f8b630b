"""The table of measured superconductors: counts, sources, and agreement with the reference library."""

import hashlib
import json
import re
from collections import Counter

import pytest
from pydantic import ValidationError

from polywell.data import measured
from polywell.data.measured import Measured, measured_superconductors
from polywell.data.reference import reference_structures

ROWS = {row.id: row for row in measured_superconductors()}
REFERENCES = {record.id: record for record in reference_structures()}
FAMILY = {key: REFERENCES[row.structure].family for key, row in ROWS.items()}
KNOWN = [
    key
    for key, record in REFERENCES.items()
    if record.superconducting is not None and record.family != "control"
]
NEAR = re.compile(r"near (doping|composition)|nearest (doping|measured)", re.IGNORECASE)


def rows_of(family):
    return [row for key, row in ROWS.items() if FAMILY[key] == family]


def test_the_table_is_large_enough_and_sorted():
    assert list(ROWS) == sorted(ROWS)
    assert len(ROWS) >= 120
    counts = Counter(FAMILY.values())
    assert set(counts) == {"cuprate", "iron-based", "nickelate"}
    assert counts["cuprate"] >= 65
    assert counts["iron-based"] >= 35
    assert counts["nickelate"] >= 15


@pytest.mark.parametrize(("family", "least"), [("cuprate", 12), ("iron-based", 12), ("nickelate", 10)])
def test_non_superconductors_of_the_same_structure_types_are_there(family, least):
    absent = [row for row in rows_of(family) if not row.superconducting]
    assert len(absent) >= least
    seen = {row.structure_type_key for row in rows_of(family) if row.superconducting}
    assert sum(row.structure_type_key in seen for row in absent) >= least - 4


@pytest.mark.parametrize(
    ("key", "least_kelvin"),
    [
        ("yba2cu3o7", 90),
        ("hgba2ca2cu3o8", 160),
        ("la3ni2o7", 95),
        ("la4ni3o10", 30),
        ("pr4ni3o10", 40),
        ("smnio2", 35),
    ],
)
def test_the_records_are_there(key, least_kelvin):
    rows = [row for row in ROWS.values() if row.compound_key == key]
    assert max(tc for row in rows for tc in row.temperatures_k().values()) >= least_kelvin


def test_a_temperature_that_was_not_seen_is_absent():
    for row in ROWS.values():
        assert all(value > 0 for value in row.temperatures_k().values())
        assert bool(row.temperatures_k()) == row.superconducting
        assert row.lowest_measured_k is None or not row.superconducting


def test_onset_zero_and_meissner_are_in_order():
    for row in ROWS.values():
        if row.tc_onset_k is not None and row.tc_zero_k is not None:
            assert row.tc_zero_k <= row.tc_onset_k
        if row.tc_onset_k is not None and row.tc_meissner_k is not None:
            assert row.tc_meissner_k <= row.tc_onset_k + 3.0


def test_the_representative_temperature_is_one_that_was_seen():
    for row in ROWS.values():
        assert row.representative_tc_k() in (
            {None} if not row.superconducting else {*row.temperatures_k().values()}
        )
    assert ROWS["hgba2ca2cu3o8-15gpa-1993"].representative_tc_k() == 147.0
    assert ROWS["la2prni2o7-20gpa"].representative_tc_k() == 60.0  # zero resistance, not the onset of 82.5 K
    assert ROWS["la2prni2o7-20gpa"].highest_tc_k() == 82.5


def test_every_row_has_a_source_that_somebody_can_open():
    address = re.compile(r"https?://|arXiv:\d|\(\d{4}\)|entry \w")
    for row in ROWS.values():
        assert address.search(row.source), row.id
        assert not row.source.startswith(("same", "recalled")), row.id
    assert sum(bool(row.doi) for row in ROWS.values()) > 0.6 * len(ROWS)


def test_a_row_on_the_structure_of_another_sample_says_so():
    """Samples of one compound may share a structure: all but the one it is named for must say so."""
    for row in ROWS.values():
        reference = REFERENCES[row.structure]
        near = NEAR.search(row.note)
        if row.doping and reference.doping and reference.doping != row.doping and row.id != row.structure:
            same = reference.doping in row.doping or row.doping in reference.doping
            assert near or same or reference.family == "nickelate" or row.pressure_gpa, row.id


def test_pressure_of_row_and_structure_agree_or_the_note_says_why():
    for row in ROWS.values():
        at = REFERENCES[row.structure].pressure_gpa
        if row.pressure_gpa is None or at is None:
            assert "ressure" in row.note + REFERENCES[row.structure].note or row.pressure_gpa == at, row.id
        elif abs(row.pressure_gpa - at) > 1.01:
            assert "tructure" in row.note, row.id


@pytest.mark.parametrize("key", KNOWN)
def test_what_the_reference_library_says_stands_here_too(key):
    reference = REFERENCES[key]
    wanted = (
        reference.superconducting,
        reference.tc_onset_k,
        reference.tc_zero_k,
        reference.tc_k,
        reference.lowest_measured_k,
    )
    rows = [row for row in ROWS.values() if row.structure == key]
    assert wanted in [
        (
            row.superconducting,
            row.tc_onset_k,
            row.tc_zero_k,
            row.tc_meissner_k if "Meissner" in reference.tc_kind else row.tc_k,
            row.lowest_measured_k,
        )
        for row in rows
    ]


def test_a_reference_that_superconducts_says_so():
    for row in ROWS.values():
        if row.superconducting and row.id == row.structure:
            assert REFERENCES[row.structure].superconducting is True, row.id


@pytest.mark.parametrize("key", [key for key, record in REFERENCES.items() if record.published])
def test_every_compound_of_the_published_tables_was_measured(key):
    assert any(row.structure == key for row in ROWS.values())


def test_a_compound_is_of_one_family_and_a_structure_of_one_compound():
    families, compounds, types = {}, {}, {}
    for key, row in ROWS.items():
        families.setdefault(row.compound_key, set()).add(FAMILY[key])
        compounds.setdefault(row.structure, set()).add(row.compound_key)
        types.setdefault(row.structure, set()).add(row.structure_type_key)
    assert all(len(found) == 1 for table in (families, compounds, types) for found in table.values())


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"tc_k": 0.0}, "greater than 0"),
        ({"tc_k": None}, "at least one critical temperature"),
        ({"superconducting": False}, "superconducting must be true"),
        ({"tc_kind": ""}, "tc_kind"),
        ({"tc_onset_k": 80.0, "tc_zero_k": 85.0}, "above the onset"),
        ({"tc_onset_k": 80.0, "tc_meissner_k": 84.0}, "above the onset"),
        ({"recalled_fields": ["tc_k"]}, "checked must be 'recalled'"),
        ({"recalled_fields": ["colour"]}, "expected fields"),
        ({"checked": "recalled"}, "recalled_fields"),
        ({"source": ""}, "at least 1 character"),
        ({"sample": "wire"}, "sample"),
        ({"doi": "doi:10.1"}, "pattern"),
        ({"colour": "black"}, "Extra inputs"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused(change, complaint):
    row = ROWS["yba2cu3o6.91"].model_dump()
    Measured.model_validate(row)
    with pytest.raises(ValidationError, match=complaint):
        Measured.model_validate(row | change)


def test_the_digest_is_that_of_the_canonical_json():
    rows = [row.model_dump(mode="json") for row in ROWS.values()]
    text = json.dumps(rows, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert measured.digest() == hashlib.sha256(text.encode()).hexdigest()
