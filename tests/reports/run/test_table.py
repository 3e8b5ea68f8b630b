"""A column of the page is a field of a record: what it says of itself there is all that the page needs."""

from dataclasses import dataclass, replace
from typing import Annotated

import pytest

from polywell import records
from polywell.columns import Column, columns_of
from reports.dossier.dossier import Context, dossier
from reports.run import table
from reports.run.exports import shortlist
from reports.run.exports.shortlist import columns_of_shortlist
from reports.run.table import failed_table, ranked_table, rejected_table
from tests.reports.made import candidate, changed, dropped, in_order
from tests.reports.written import write_run


@dataclass(frozen=True)
class Estimate(records.Estimate):
    """The estimate of a program that knows two things more."""

    charm: Annotated[float | None, Column("GPa", "Charm", "How charming it is.", digits=2, listed=45)] = None
    omen_low_k: Annotated[float | None, Column("K", "Omen, low", "The lower omen.", detail=33)] = None
    omen_high_k: Annotated[float | None, Column("K", "Omen, high", "The upper omen.")] = None


@pytest.fixture
def richer(monkeypatch):
    """Two candidates with values in the added fields; the registry is made from the records as always."""
    every = (*columns_of(records.Place), *columns_of(records.Screening), *columns_of(Estimate))
    for module in (table, shortlist):
        monkeypatch.setattr(module, "ENTRY_COLUMNS", every)
    ranked = in_order([candidate("a", 3.2), candidate("b", 3.3)])
    added = Estimate(charm=7.1234, omen_low_k=3.0, omen_high_k=9.0)
    return [replace(ranked[0], estimate=added), replace(ranked[1], estimate=Estimate())]


def test_an_added_field_stands_in_the_table_and_among_the_details(richer) -> None:
    found = ranked_table(richer)
    keys = [column.key for column in found.columns]
    place = keys.index("charm")
    charm = found.columns[place]
    assert (charm.label, charm.unit, charm.meaning) == ("Charm", "GPa", "How charming it is.")
    assert (charm.kind, charm.digits, charm.shown) == ("number", 2, True)
    assert keys[place - 1] == "family"
    assert [row[place] for row in found.rows] == [7.1234, None]
    omen = found.columns[keys.index("omen_low_k")]
    assert (omen.kind, omen.label, omen.shown) == ("range", "Omen, low–\u2060high", False)
    assert omen.meaning == "The lower omen. The upper omen."
    assert [row[keys.index("omen_low_k")] for row in found.rows] == [[3.0, 9.0], [None, None]]


def test_an_added_field_stands_in_the_shortlist_with_both_ends_of_its_range(richer) -> None:
    read = {column.name: of for column, of in columns_of_shortlist(()).items()}
    names = list(read)
    assert names[names.index("family") + 1] == "charm"
    assert names[names.index("omen_low_k") + 1] == "omen_high_k"
    assert [read[name](richer[0]) for name in ("charm", "omen_low_k", "omen_high_k")] == [7.1234, 3.0, 9.0]


def test_the_page_shows_an_added_field(richer, make, tmp_path) -> None:
    run = replace(make(), ranked=richer)
    html = write_run(tmp_path, **run.arguments()).read_text(encoding="utf-8")
    assert 'data-key="charm" title="How charming it is.">Charm <span class="unit">GPa</span>' in html


def test_a_column_without_any_value_stays_among_the_details() -> None:
    shown = {column.key: column.shown for column in ranked_table(in_order([candidate("a", 3.2)])).columns}
    assert shown["temperatures"] and shown["apexes"] and not shown["tc_ceiling_k"]
    assert not shown["tc_expected_k"] and not shown["e_above_hull_ev"]
    found = ranked_table(in_order([candidate("a", 3.2), candidate("b", 3.3, e_above_hull_ev=0.0)]))
    assert {column.key: column.shown for column in found.columns}["e_above_hull_ev"]


def test_lists_of_dropped_entries_leave_out_what_none_of_them_has() -> None:
    rejected = rejected_table([dropped("x", reason="no_cage")], 1)
    assert [column.key for column in rejected.columns] == ["id", "formula", "reason", "message"]
    assert rejected.rows == (("x", "SrTiO3", "no_cage", "a sentence"),)
    failed = failed_table([dropped("y", error_type="CellError")], 1)
    assert [column.key for column in failed.columns] == ["id", "formula", "error_type", "stage", "message"]


def test_a_known_compound_is_named_with_its_measured_temperature_and_pressure() -> None:
    one = candidate("a", 3.2)
    for place, text in (
        ({"known": "HgBa2CuO4+δ", "known_tc_k": 94.0}, "94 K, HgBa2CuO4+δ"),
        ({"known": "La3Ni2O7", "known_tc_k": 80.0, "known_pressure_gpa": 18.0}, "80 K at 18 GPa, La3Ni2O7"),
        ({"known": "CaCuO2"}, "CaCuO2: not superconducting"),
        ({}, ""),
    ):
        found = ranked_table([changed(one, **place)])
        at = [column.key for column in found.columns].index("known")
        assert found.rows[0][at] == text
        assert found.columns[at].kind == "badge"


def test_candidates_without_an_estimate_say_why(make, tmp_path) -> None:
    note = "the λ table has λ = 1, the calibration was fitted with λ = 2: there is none for this row yet"
    silent = [
        candidate(f"n{n}", 3.1 + n / 100, "nickelate", formula="Sr2CuO2I2", estimate_note=note)
        for n in range(3)
    ]
    run = make(ranked=[*silent, candidate("c", 3.3, tc_expected_k=60.0, tc_low_k=40.0, tc_high_k=88.0)])
    arguments = run.arguments()
    arguments["manifest"]["rank_by"] = "low"
    html = write_run(tmp_path, **arguments, dossiers=1).read_text(encoding="utf-8")
    assert f"3 candidates of family nickelate have no estimate: {note}." in html
    assert "those without an estimate follow by their ceiling" in html
    arguments["manifest"]["rank_by"] = "ceiling"
    html = write_run(tmp_path, **arguments).read_text(encoding="utf-8")
    assert "follow by their ceiling" not in html
    found = dossier(run.ranked[0], None, Context.of(run.ranked, run.manifest(), []))
    assert found.estimate is None and found.estimate_note == note
    assert f"There is no estimate of T_c: {note}." in found.in_short
