"""`polywell relax` with springs in place of a learned potential: every number follows by hand."""

import csv
import io
from dataclasses import replace

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from catalog.errors import UnknownIdError
from catalog.home import Home
from flows.cli.main import app
from flows.options import ScreenOptions
from flows.pipeline.plan import make_plan
from flows.pipeline.run import run
from flows.relaxing import relax as module
from flows.relaxing.relax import Asked, NothingToRelaxError, relax
from flows.results.explain import explain
from polywell.data.reference import reference_structures
from polywell.relaxing.rows import FAILED, LOST, RELAXED
from reports.studies.relaxed import sentences
from tests.flows.relaxing.springs import SHRINKS

IDS = ("cacuo2.json", "sr2cuo2cl2.json", "tlba2ca2cu3o9.json", "tlbasrycu2o7.json")
ASKED = Asked(IDS, potential="tests.flows.relaxing.springs:Shrinking", anchors=6)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Home:
    """Four structures of the reference library as files."""
    folder, files = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("files")
    for one in reference_structures():
        if f"{one.id}.json" in IDS:
            (files / f"{one.id}.json").write_text(one.structure().to(fmt="json"), "utf-8")
    run(make_plan(ScreenOptions(source=f"files:{files}", home=folder, workers=1)))
    return Home.at(folder)


@pytest.fixture(scope="module")
def alone(home):
    """Without a word of what competes."""
    return relax(home, ASKED)


def test_heights_are_corrected_by_measured_ones_relaxed_the_same_way(alone):
    row = alone.rows[0]
    assert (row.id, row.outcome, row.why) == (IDS[0], RELAXED, "")
    assert row.xi_relaxed_ang == pytest.approx(row.xi_start_ang / SHRINKS, rel=1e-3)
    assert row.edge_ang == pytest.approx(row.edge_start_ang / SHRINKS, rel=1e-3)
    assert row.xi_ratio == pytest.approx(SHRINKS, rel=0.01)
    assert row.xi_corrected_ang == pytest.approx(row.xi_start_ang, rel=0.01)
    assert row.tc_corrected_k == pytest.approx(1300 / row.xi_corrected_ang**2)
    assert row.tc_corrected_low_k < row.tc_corrected_k < row.tc_corrected_high_k
    assert row.moved_ang == pytest.approx(0, abs=1e-6)
    [far] = [one for one in alone.missed if one.cage == "octahedron"]
    assert far.compounds >= 4 and far.ratio == pytest.approx(SHRINKS, rel=0.01)
    # Doped crystals are relaxed as their parents, and these were measured by themselves: no exact factor.
    assert far.corrected_ang < 0.6 * far.plain_ang


def test_what_falls_apart_or_fails_stays_with_its_reason(alone):
    lost, failed, shared = alone.rows[1:]
    assert lost.outcome == LOST and lost.why and lost.xi_relaxed_ang is None
    assert failed.outcome == FAILED and failed.why == "RuntimeError: knows no Tl"
    assert shared.outcome == FAILED and "an average cannot be relaxed" in shared.why
    first, second, *_ = sentences(alone.rows, alone.missed)
    assert first.startswith("Of 4 candidates 1 lost their cages") and "2 could not be relaxed" in first
    assert "not known of 4 of 4" in second


def test_the_energy_is_not_known_until_competing_phases_are(home, alone, materials_project, monkeypatch):
    """0.1 eV a formula of four atoms over CaO and CuO, all by the springs; then without a service."""
    assert all(row.above_hull_ev is None for row in alone.rows)
    assert alone.rows[0].hull_note == "not known: no competing phases are at hand"
    assert alone.rows[2].hull_note == "not known: it was not relaxed"
    monkeypatch.setenv("MP_API_ENDPOINT", materials_project.url)
    monkeypatch.setenv("MP_API_KEY", materials_project.key)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    asked = replace(ASKED, ids=IDS[:1])
    row = relax(home, replace(asked, fetch=True)).rows[0]
    assert row.above_hull_ev == pytest.approx(0.025, abs=1e-3)
    assert row.into == "50% CuO, 50% CaO"
    assert "against 5 phases of the Materials Project 2026.10.01, by the same" in row.hull_note
    monkeypatch.delenv("MP_API_KEY")
    monkeypatch.delattr(module, "_fetch")
    assert relax(home, asked).rows[0] == row
    lines = explain(home, IDS[0])
    [said] = [line for line in lines if line.startswith("Relaxed with ")]
    assert "25 meV/atom above the hull of 50% CuO, 50% CaO" in said


def test_every_row_stands_in_a_table_and_on_a_page(home, alone):
    folder = alone.page.parent
    text = (folder / "relaxed.csv").read_text(encoding="utf-8-sig")
    names = [row["id"] for row in csv.DictReader(io.StringIO(text, newline=""))]
    assert set(names) <= set(IDS) and pq.read_table(folder / "relaxed.parquet")["id"].to_pylist() == names
    page = alone.page.read_text("utf-8")
    assert "Relaxed with tests.flows.relaxing.springs:Shrinking" in page
    assert "neither licence nor training is known" in page


def test_the_command_prints_what_came_out(home, alone):
    words = [IDS[0], "--potential", ASKED.potential, "--anchors", "6", "--home", str(home.catalog.parent)]
    done = CliRunner().invoke(app, ["relax", *words])
    assert done.exit_code == 0, done.output
    assert "octahedron (cuprate): ξ of 5 measured cages of 5 compounds is missed by" in done.output
    assert "cacuo2.json" in done.output and "relaxed/index.html" in done.output
    wrong = CliRunner().invoke(app, ["relax", "nothing", *words[1:]])
    assert wrong.exit_code == 5 and "no candidate 'nothing'" in wrong.output


def test_what_is_not_there_is_told(home):
    with pytest.raises(UnknownIdError, match=r"no candidate 'cacu'; near it: cacuo2\.json"):
        relax(home, replace(ASKED, ids=("cacu",)))
    with pytest.raises(NothingToRelaxError, match="run `polywell design` first"):
        relax(home, replace(ASKED, ids=()))
