"""The ceiling with the nickelates of a home, and T_c under pressure, as the commands give them."""

import json
import sys
from math import exp
from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure

from catalog.home import Home
from flows.deployments.summary import ceiling_markdown, page_words
from flows.options import ScreenOptions
from flows.pipeline.plan import make_plan
from flows.pipeline.run import run
from flows.relaxing.potentials import PotentialError, calculator
from flows.studies.nickelates import catalogued, weigh
from flows.studies.pressure import PressureError, under_pressure
from reports.studies.nickelate_claim.page import DATA
from tests.flows.crystals import cacuo2

C_ANG = 3.05
"""Below every measured cell: an infinite-layer nickelate of a database, ξ = c."""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with one published run: a nickelate that nobody measured, and a cuprate."""
    folder = tmp_path_factory.mktemp("computed")
    sites = [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0, 0], [0, 0.5, 0]]
    nickelate = Structure(Lattice.tetragonal(3.86, C_ANG), ["Ni", "Y", "O", "O"], sites)
    (folder / "ynio2.cif").write_text(nickelate.to(fmt="cif"), "utf-8")
    (folder / "cacuo2.cif").write_text(cacuo2().to(fmt="cif"), "utf-8")
    place = tmp_path_factory.mktemp("home")
    run(make_plan(ScreenOptions(source=f"files:{folder}", home=place, workers=1)))
    return place


def test_nickelates_of_the_catalog_are_listed_by_class_and_count_for_nothing_else(home, tmp_path):
    assert [record.screening.id for record in catalogued(Home.at(home))] == ["ynio2.cif"]
    with_catalog, page = weigh(home)
    without, _ = weigh(tmp_path)
    [row] = with_catalog.catalog
    assert (row.class_name, row.cells, row.smallest_id) == ("infinite-layer", 1, "ynio2.cif")
    assert row.xi_smallest_ang == pytest.approx(C_ANG, abs=1e-3)
    assert row.tc_relation_k == pytest.approx(1300 / C_ANG**2, rel=1e-3)
    assert row.above_claim == 1
    assert with_catalog.verdict == without.verdict and not without.catalog
    assert "ynio2.cif" in page.read_text("utf-8")
    data = json.loads(page.with_name(DATA).read_text("utf-8"))
    assert [one["smallest_id"] for one in data["catalog"]] == ["ynio2.cif"]


def test_the_artifact_tells_the_verdict_of_both_sides(tmp_path):
    analysis, page = weigh(tmp_path)
    home = Home.at(tmp_path)
    text = ceiling_markdown(analysis.verdict, page_words(page, home, None))
    assert text.count("\n- ") == len(analysis.verdict.points)
    assert f"`{page.resolve()}`" in text and "file:" not in text
    served = page_words(page, home, "http://127.0.0.1:5000/reports/")
    assert served == f"[The page](http://127.0.0.1:5000/reports/nickelates/{page.name})"


def test_pressure_by_hand():
    """Hg1223: ξ = 3.3105 Å of the inner cage and κ = 0.0042/GPa, as the tables have them."""
    lines = list(under_pressure("hgba2ca2cu3o8.16", 30.0, False))
    told = [line.split() for line in lines if line.startswith("  ")][:7]
    assert [float(words[0]) for words in told] == [0, 5, 10, 15, 20, 25, 30]
    for words in told:
        pressure, xi, tc = float(words[0]), float(words[3]), float(words[5])
        assert xi == pytest.approx(3.3105 * exp(-0.0042 * pressure), abs=1e-3)
        assert tc == pytest.approx(1300 / 3.3105**2 * exp(2 * 0.0042 * pressure), abs=0.1)
    assert any("known up to 11 GPa" in line for line in lines)
    assert any("(read)" in line for line in lines)
    example = (Path(__file__).parents[3] / "docs" / "proposal.md").read_text("utf-8")
    assert f"from {float(told[0][5]):.0f} K to {float(told[-1][5]):.0f} K at 30 GPa" in example


def test_what_pressure_cannot_tell(tmp_path):
    empty = tmp_path / "empty.cif"
    empty.write_text("nothing", "utf-8")
    for name, words in (
        ("cacuo2", "no compressibility is known of 'cacuo2'.*--relax"),
        ("nacl", "is no candidate|neither an id"),
        ("cacuo", "neither an id of the reference library nor a file; near it: cacuo2"),
        (str(empty), "cannot be read"),
    ):
        with pytest.raises(PressureError, match=words):
            list(under_pressure(name, 10.0, False))


def test_a_potential_that_is_not_installed_is_told_with_its_remedy(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "chgnet", None)
    monkeypatch.setitem(sys.modules, "chgnet.model", None)
    with pytest.raises(PotentialError, match=r"--editable '\.\[relax\]'"):
        calculator("chgnet")
    with pytest.raises(PotentialError, match="chgnet"):
        list(under_pressure("cacuo2", 10.0, True))
    with pytest.raises(PotentialError, match="chgnet"):
        weigh(tmp_path, relax=True)
