"""What a dossier says for the bench: its numbers are those of the science, its words fit what is missing."""

import json

import pytest

from polywell.geometry.conventional import conventional
from polywell.making.powder import RADIATIONS, powder
from reports.dossier.bench import bench
from reports.dossier.dossier import Context, dossier
from reports.dossier.pattern import MAX_LISTED, powder_table
from tests.reports.made import changed
from tests.reports.written import write_dossier


@pytest.fixture(scope="module")
def known(known_candidates):
    ranked, structures, _ = known_candidates
    return {one.screening.id: (one, conventional(structures[one.screening.key].as_sites)) for one in ranked}


def test_the_lines_of_the_page_are_those_that_were_calculated(known) -> None:
    one, cell = known["yba2cu3o6.97"]
    calculated, shown = powder(cell), bench(one, cell).powder
    assert [radiation.name for radiation in shown.radiations] == list(RADIATIONS)
    strongest = {round(line.d_ang, 4) for line in shown.lines}
    for pattern, radiation, drawing in zip(
        calculated.patterns, shown.radiations, shown.drawings, strict=True
    ):
        assert len(shown.lines) == len(radiation.two_theta_deg) == len(radiation.intensity) <= MAX_LISTED
        assert "100.0" in radiation.intensity
        assert drawing.path.count("M") == len(calculated.lines)
        listed = [
            f"{angle:.2f}"
            for angle, line in zip(pattern.two_theta_deg, calculated.lines, strict=True)
            if round(line.d_ang, 4) in strongest
        ]
        assert list(radiation.two_theta_deg) == listed
    # ICDD 38-1433 (recalled): 103 and 110 near 32.8°.
    assert "32.9" in shown.radiations[0].said and "1 0 3, 1 1 0" in shown.radiations[0].said


def test_the_profile_is_whole_again_from_its_runs(known) -> None:
    _, cell = known["la3ni2o7"]
    calculated = powder(cell)
    for pattern, drawing in zip(calculated.patterns, powder_table(calculated).drawings, strict=True):
        heights = [0] * drawing.count
        for first, *run in drawing.runs:
            heights[first : first + len(run)] = run
        assert tuple(heights) == pattern.profile.heights


def test_grams_are_given_as_written_and_at_the_best_doping(known) -> None:
    one, cell = known["la3ni2o7"]
    doped = bench(changed(one, best_doping="0.16 holes per Ni: 11 % Sr on La"), cell).weighing
    assert [product.route for product in doped.products] == ["", "0.16 holes per Ni: 11 % Sr on La"]
    assert [product.formula for product in doped.products] == ["La3Ni2O7", "La2.67Sr0.33Ni2O7"]
    grams = {part.formula: part.grams for part in doped.portions}
    # La3Ni2O7: 416.715 + 117.387 + 111.993 = 646.10 g/mol; 1.5 La2O3 of 325.807 and 2 NiO of 74.692 g/mol.
    assert grams["La2O3"][0] == pytest.approx(1.5 * 325.807 / 646.10, abs=2e-4)
    assert grams["NiO"][0] == pytest.approx(2 * 74.692 / 646.10, abs=2e-4)
    # La2.67Sr0.33Ni2O7: 370.876 + 28.915 + 117.387 + 111.993 = 629.17 g/mol; SrCO3 of 147.628 g/mol.
    assert grams["SrCO3"] == (None, pytest.approx(0.33 * 147.628 / 629.17, abs=2e-4))
    for words in (None, "as it is", "8 % Sr on Nd"):
        assert len(bench(changed(one, best_doping=words), cell).weighing.products) == 1


def test_poisonous_precursors_are_marked(known) -> None:
    one, cell = known["hgba2ca2cu3o8.16"]
    found = {part.formula: part for part in bench(one, cell).weighing.portions}
    assert found["HgO"].severe and "toxic" in found["HgO"].hazards and "volatile" in found["HgO"].hazards
    assert not found["CuO"].severe


def test_strain_is_told_where_it_matters(known) -> None:
    nickelate, cuprate = (bench(*known[id]) for id in ("la3ni2o7", "yba2cu3o6.97"))
    assert nickelate.strains and nickelate.edges_ang is not None
    assert cuprate.strains == () and cuprate.edges_ang is None
    slao = next(one for one in nickelate.strains if one.substrate.name == "SrLaAlO4")
    # Ko et al., Nature 638, 935 (2025): about 2 % of pressure in the plane.
    assert slao.mean_percent == pytest.approx(-2, abs=0.3)


def test_the_page_tells_all_of_it_and_the_json_too(known_candidates, tmp_path) -> None:
    ranked, structures, run = known_candidates
    one = next(one for one in ranked if one.screening.id == "la3ni2o7")
    found = dossier(one, structures[one.screening.key], Context.of([one], run.manifest(), []))
    page = write_dossier(found, tmp_path)
    html = page.read_text(encoding="utf-8")
    for words in ("none down to 2 K", "83 K</b>", "Herfindahl-Hirschman", "SrLaAlO<sub>4</sub>", "NiO</th>"):
        assert words in html, words
    told = json.loads(page.with_suffix(".json").read_text("utf-8"))["bench"]
    assert told["powder"]["drawings"] == [] and len(told["powder"]["lines"]) > 10
    assert {line["compound"] for line in told["system"]} >= {"La3Ni2O7", "LaNiO2"}
    assert told["supply"]["usd_per_gram"] > 0 and told["strains"]
    assert "recalled" in {line["checked"] for line in told["weighing"]["portions"]}


def test_without_structure_or_formula_the_page_says_so(small_run, tmp_path) -> None:
    one = changed(small_run.ranked[0], formula="no formula", elements=("Cu", "O"))
    found = dossier(one, None, Context.of([one], small_run.manifest(), []))
    assert found.bench.powder is None and found.bench.weighing is None and found.bench.supply is None
    html = write_dossier(found, tmp_path).read_text(encoding="utf-8")
    assert "There is no pattern: the structure, or its symmetry, was not at hand." in html
    assert "Its formula is none that could be weighed." in html
