"""Correction, estimate and order of the list, made for all candidates of a source together."""

import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalog.home import Home
from catalog.measurements import calibration
from catalog.runs.published import latest_run
from catalog.store.predictions import records_of, table_schema
from polywell.data.reference import reference_entries
from polywell.evidence.anchors import sound_references
from polywell.evidence.calibration_table import built_in_calibration
from polywell.evidence.correction import LEAST_COMPOUNDS
from polywell.families import load_families
from polywell.ranking import RankBy
from polywell.records import Entry, Outcome, Provenance, Screening
from polywell.screening import screen_many
from tests.catalog.stored import record_to_row
from tests.flows.crystals import CHECKOUT
from tests.flows.dated import Dated, infinite_layer, ranked, screened

ONE_COMPOUND_EACH = ("cacuo2", "hgba2cuo4.18", "tl2ba2cuo6", "yba2cu3o6.92", "la2cuo4-lto", "nd2cuo4")
DAY = 86400


pytestmark = pytest.mark.usefixtures("own_hands")


@pytest.fixture
def home(tmp_path):
    home = Home.at(tmp_path / "home")
    home.prepare()
    return home


def computed(ids, factor=1.02, functional="GGA"):
    """Measured structures as a database has them: a little too large, and nothing measured about them."""
    known = {entry.id: entry for entry in reference_entries()}
    entries = {}
    for id_ in ids:
        structure = known[id_].structure.copy()
        structure.scale_lattice(structure.volume * factor**3)
        entry = Entry(
            "dated",
            id_,
            known[id_].formula,
            known[id_].elements,
            structure,
            Provenance(functional=functional),
        )
        entries[id_] = ("1", entry)
    return entries


def test_the_anchors_are_sound():
    assert set(ONE_COMPOUND_EACH) <= sound_references()
    assert len(ONE_COMPOUND_EACH) > LEAST_COMPOUNDS


def test_a_stored_row_says_all_that_an_estimate_needs():
    """Every candidate of the library, computed: from the record itself and from its row in the table."""
    entries = [entry for _, entry in computed([entry.id for entry in reference_entries()]).values()]
    records = screen_many(entries, load_families())
    records = [record for record in records if record.outcome is Outcome.CANDIDATE]
    table = pa.Table.from_pylist([record_to_row(record) for record in records], schema=table_schema())
    cut = pa.concat_tables([table.slice(0, 50), table.slice(50)])  # two chunks, one of them not from 0 on
    assert records_of(Screening, cut) == records


def test_a_source_corrects_itself_and_the_published_numbers_stay(home, capsys):
    source = Dated(computed(ONE_COMPOUND_EACH) | {"odd": ("1", infinite_layer("odd", 2.6, functional="GGA"))})
    screened(source, home)
    rows, said = ranked(home), latest_run(home).manifest
    [group] = [group for group in said["correction"]["groups"] if group["applied"]]
    assert group["ratio"] == pytest.approx(1 / 1.02, rel=2e-3)
    assert (group["family"], group["cage"], group["run_type"]) == ("cuprate", "octahedron", "GGA")
    for id_ in ONE_COMPOUND_EACH:
        row = rows[id_]
        assert row["tc_ceiling_k"] == pytest.approx(1300 / row["xi_ceiling_ang"] ** 2)
        assert row["xi_corrected_ang"] == pytest.approx(row["xi_ceiling_ang"] * group["ratio"], rel=1e-5)
        assert row["tc_corrected_k"] == pytest.approx(1300 / row["xi_corrected_ang"] ** 2, rel=1e-5)
        assert row["tc_low_k"] < row["tc_expected_k"] < row["tc_high_k"]
        assert id_ in row["geometry_from"].removeprefix("reference/").split(", ")
        assert row["xi_compound_ang"] == pytest.approx(row["xi_ceiling_ang"] / 1.02, rel=5e-3)
    assert "Ca apex at 1.300 Å is too low" in rows["odd"]["geometry_suspect"]
    assert (said["correction"]["corrected"], said["correction"]["suspect"]) == (len(rows), 1)
    assert (
        f"ξ of {len(rows)} of {len(rows)} candidates corrected, 1 with a suspect" in capsys.readouterr().err
    )


@pytest.mark.parametrize("by", list(RankBy))
def test_a_suspect_geometry_never_heads_the_list(home, by):
    source = Dated(
        computed(["cacuo2", "nd2cuo4"]) | {"odd": ("1", infinite_layer("odd", 2.6, functional="GGA"))}
    )
    screened(source, home, rank_by=by)
    rows = pq.read_table(home.latest / "ranked.parquet").to_pylist()
    assert max(rows, key=lambda row: row["tc_ceiling_k"])["id"] == rows[-1]["id"] == "odd"
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert rows[-1]["rank_published"] == rows[-1]["rank_calibrated"] == 3
    assert {row["xi_corrected_ang"] for row in rows} == {None}
    assert all(f"at least {LEAST_COMPOUNDS} are needed" in row["xi_correction_note"] for row in rows)


def test_another_order_is_published_anew_and_nothing_is_screened(home):
    source = Dated(computed(ONE_COMPOUND_EACH))
    screened(source, home)
    low = ranked(home)
    assert latest_run(home).manifest["rank_by"] == "gain"
    finished, count = screened(source, home, rank_by=RankBy.CEILING)
    assert (finished.is_unchanged, count) == (False, 0)
    assert finished.changes.sentence.startswith("0 new, 0 changed, 0 withdrawn")
    assert latest_run(home).manifest["rank_by"] == "ceiling"
    rows = pq.read_table(home.latest / "ranked.parquet").to_pylist()
    assert [row["tc_ceiling_k"] for row in rows] == sorted(
        (row["tc_ceiling_k"] for row in rows), reverse=True
    )
    assert [row["id"] for row in rows] != list(low)
    moved = {"rank", "rank_in_compound", "try_first"}
    for row in rows:
        assert {name: row[name] for name in row if name not in moved} == {
            name: low[row["id"]][name] for name in row if name not in moved
        }
    assert screened(source, home, rank_by=RankBy.CEILING)[0].is_unchanged
    assert not screened(source, home)[0].is_unchanged


def test_what_one_entry_moves_in_others_is_told_as_a_correction(home, tmp_path, monkeypatch):
    everything = computed(ONE_COMPOUND_EACH, 1.02)
    source = Dated({id_: everything[id_] for id_ in ONE_COMPOUND_EACH[: LEAST_COMPOUNDS - 1]})
    screened(source, home)
    assert {row["xi_correction_ratio"] for row in ranked(home).values()} == {None}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1795000000 + DAY))
    source.entries |= everything
    finished, count = screened(source, home)
    assert count == len(ONE_COMPOUND_EACH) - LEAST_COMPOUNDS + 1
    assert {change.why for change in finished.changes.changed} == {"correction"}
    assert len(finished.changes.changed) == LEAST_COMPOUNDS - 1
    [low] = [move for move in finished.changes.changed[0].moved if move[0] == "tc_corrected_k"]
    assert low[1] is None and low[2] > 0
    rows = ranked(home)
    unmoved = [rows[id_]["last_changed"] for id_ in ONE_COMPOUND_EACH[: LEAST_COMPOUNDS - 1]]
    assert set(unmoved) == {rows[ONE_COMPOUND_EACH[0]]["first_seen"]}
    # A run from nothing says the same, but for the dates.
    other = Home.at(tmp_path / "other")
    other.prepare()
    screened(Dated(everything), other)
    dates = {"first_seen", "last_changed"}
    assert [{**row, **dict.fromkeys(dates)} for row in rows.values()] == [
        {**row, **dict.fromkeys(dates)} for row in ranked(other).values()
    ]


def test_another_calibration_moves_the_estimates_and_screens_nothing(home, monkeypatch):
    source = Dated(computed(ONE_COMPOUND_EACH))
    screened(source, home)
    known = built_in_calibration()
    models = tuple(
        replace(model, tc=replace(model.tc, baseline=model.tc.baseline + 5)) for model in known.models
    )
    other = replace(known, models=models, digests=(*known.digests[1:], ("training", "0" * 64)))
    monkeypatch.setattr(calibration, "built_in_calibration", lambda: other)
    finished, count = screened(source, home)
    assert count == 0
    assert {change.why for change in finished.changes.changed} == {"calibration"}
    assert {row["calibration_digest"] for row in ranked(home).values()} == {"0" * 64}


def test_the_command_ranks_as_it_is_told(polywell, folder, tmp_path):
    words = ("screen", f"files:{folder}", "--home", tmp_path / "home", "--top", 1, "--workers", 1)
    done = polywell(*words, "--rank-by", "outer")
    assert done.returncode == 0, done.stderr
    published = json.loads((tmp_path / "home" / "catalog" / "latest" / "manifest.json").read_text("utf-8"))
    assert published["rank_by"] == "outer"
    assert "expected" in done.stdout
    wrong = polywell(*words, "--rank-by", "beauty")
    assert wrong.returncode == 2
    assert (
        "--rank-by is 'beauty'; expected ceiling, outer, expected, low, best, best-low or gain"
        in wrong.stderr
    )
    wrong = polywell(*words, POLYWELL_RANK_BY="beauty")
    assert wrong.returncode == 2 and "POLYWELL_RANK_BY" in wrong.stderr


def test_a_family_is_one_row_of_the_table(home, tmp_path, capsys):
    """The other families keep their estimates; what has none says so."""
    own = tmp_path / "families.toml"
    own.write_text(
        (CHECKOUT / "polywell" / "tables" / "families.toml").read_text("utf-8")
        + '\n[[family]]\nname = "palladate"\nmetal = "Pd"\ncages = ["octahedron"]\nligands = ["O"]\n'
        'lambda_k_ang2 = 900.0\nspread_k_ang2 = 90.0\npublished_ligands = ["O"]\npublished_apexes = ["Ca"]\n'
        'source = "made for a test"\n',
        "utf-8",
    )
    structure = infinite_layer("x").structure.copy()
    structure.replace_species({"Cu": "Pd"})
    palladate = Entry("dated", "pd", "CaPdO2", ("Ca", "O", "Pd"), structure, Provenance(functional="GGA"))
    source = Dated(computed(ONE_COMPOUND_EACH))
    screened(source, home)
    before = ranked(home)
    source.entries["pd"] = ("1", palladate)
    screened(source, home, load_families(own))
    rows = ranked(home)
    assert rows["pd"]["family"] == "palladate"
    assert rows["pd"]["tc_ceiling_k"] == pytest.approx(900 / rows["pd"]["xi_ceiling_ang"] ** 2)
    assert list(rows)[-1] == "pd" and rows["pd"]["tc_expected_k"] is None
    assert "no measured compound of the family palladate" in rows["pd"]["estimate_note"]
    for id_, row in before.items():
        assert rows[id_]["tc_expected_k"] == row["tc_expected_k"] is not None
    assert list(latest_run(home).manifest["without_estimate"].values()) == [1]
    assert "no estimate for 1 of 7 candidates" in capsys.readouterr().err
