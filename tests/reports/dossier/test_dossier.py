"""Dossiers as data and as files: the numbers of the catalog, self-contained, escaped."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from pymatgen.core import Structure

from polywell.records import PHASE_COLUMNS
from polywell.relation import critical_temperature_k
from reports.dossier.dossier import Context, dossier
from reports.dossier.next_to_try import built_of, next_lines
from reports.dossier.scene import scene
from reports.html.writing import formula, typeset
from tests.reports.made import FAMILIES, changed
from tests.reports.written import write_dossier, write_dossiers, write_run

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<img src=x onerror=alert(3)>",
    "\"onmouseover='alert(4)'",
    "=cmd()",
    "{{ 7 * 7 }}",
    "\udc80\0",
    "n" * 10_000,
)


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def dossiers(known_candidates):
    ranked, structures, run = known_candidates
    context = Context.of(ranked, run.manifest(), run.measured, [one.screening.id for one in ranked])
    return {
        one.screening.id: (one.screening, dossier(one, structures[one.screening.key], context))
        for one in ranked
    }


def test_numbers_are_those_of_the_candidate(dossiers) -> None:
    for screening, found in dossiers.values():
        assert found.ceiling.tc_k == screening.tc_ceiling_k
        assert [phase.xi_ang for phase in found.phases] == [phase.xi_ang for phase in screening.phases]
        assert sum(phase.is_ceiling for phase in found.phases) == 1
        shorter = critical_temperature_k(
            0.99 * screening.xi_ceiling_ang, found.derivation.lambda_k_ang2 if found.derivation else 0
        )
        assert found.derivation is None or found.shorter_tc_k == pytest.approx(shorter)


def test_every_interval_lies_on_the_common_axis(dossiers) -> None:
    for _, found in dossiers.values():
        every = [phase.tc for phase in found.phases if phase.tc] + [one.tc for one in found.relatives]
        for interval in every:
            assert 0 <= interval.start <= interval.at <= interval.start + interval.length + 0.02 <= 100.02


def test_known_compounds_are_marked_with_their_measured_temperature(dossiers) -> None:
    _, found = dossiers["hgba2ca2cu3o8.16"]
    assert "rediscovery" in found.marks
    assert found.known is not None and found.known.tc_k is not None and found.known.tc_k >= 133
    assert {line.elements for line in found.hazards if line.severe and line.kind == "toxic"} == {"Hg"}
    assert found.cell is not None and (found.cell.symbol, found.cell.units) == ("P4/mmm", 1)
    assert any("toxic (Hg)" in sentence for sentence in found.in_short)


def test_iron_compounds_show_all_three_cages_with_nine_corners(dossiers) -> None:
    _, found = dossiers["cakfe4as4"]
    assert [phase.letter for phase in found.phases] == ["α", "β", "γ"]
    assert found.scene is not None
    assert [len(cage.corners) for cage in found.scene.cages] == [9, 9, 9]
    # Faces of a nonahedron and of two tridecahedra: edges = faces + corners - 2 (Euler).
    assert [len(cage.edges) for cage in found.scene.cages][1:] == [20, 20]


def test_cage_heights_in_the_picture_are_those_of_the_candidate(dossiers) -> None:
    screening, found = dossiers["hgba2ca2cu3o8.16"]
    for phase, cage in zip(screening.phases, found.scene.cages, strict=True):
        heights = [apex[2] for apex in cage.apexes]
        assert max(heights) - min(heights) == pytest.approx(phase.xi_ang, abs=0.01)
    assert found.scene.atoms and found.scene.bonds


def test_a_cage_of_another_structure_is_refused(known_candidates) -> None:
    ranked, structures, _ = known_candidates
    first = ranked[0].screening
    short = changed(structures[first.key], structure=Structure(np.eye(3), ["Cu"], [[0, 0, 0]]))
    with pytest.raises(ValueError, match="screen the source again"):
        scene(short, first.phases)


def test_without_a_structure_the_rest_is_told(small_run) -> None:
    context = Context.of(small_run.ranked, small_run.manifest(), small_run.measured)
    found = dossier(small_run.ranked[0], None, context)
    assert found.scene is None and found.cif == "" and found.in_short


def test_what_is_no_candidate_is_refused(small_run) -> None:
    context = Context.of(small_run.ranked, small_run.manifest(), [])
    with pytest.raises(ValueError, match="not a candidate"):
        dossier(replace(small_run.ranked[0], screening=small_run.rejected[0]), None, context)


def test_a_calibrated_estimate_is_told_where_there_is_one(small_run) -> None:
    one = changed(
        small_run.ranked[0],
        tc_expected_k=61.0,
        tc_low_k=40.0,
        tc_high_k=88.0,
        support=0.4,
        support_word="between measured compounds",
        nearest_known=("supercon:158994", "hg0.84ba2cu1.16o4.19", "supercon:158994", "no such row"),
        nearest_similarity=(0.8, 0.7, 0.6, 0.5),
        nearest_tc_k=(24.3, 134.0, 24.3, 92.0),
    )
    found = dossier(one, None, Context.of([one], small_run.manifest(), []))
    assert found.estimate is not None and found.estimate.tc.tc_k == 61.0
    assert [one.compound for one in found.relatives] == [
        "BaFe2As0.9P1.1 (SuperCon 158994)",
        "Hg0.84Ba2Cu1.16O4.19",
        "no such row",
    ]
    assert found.relatives[0].source == "Journal of the Physical Society of Japan, 81(2012)104710; SuperCon"
    assert any("61 K (40 to 88 K); between" in sentence for sentence in found.in_short)


def test_a_dossier_by_itself_carries_its_library_and_the_licence(dossiers, tmp_path) -> None:
    _, found = dossiers["la3ni2o7"]
    page = write_dossier(found, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [page.name, page.with_suffix(".json").name]
    html = page.read_text(encoding="utf-8")
    assert not [attrs["src"] for tag, attrs in Tags(html).tags if tag == "script" and "src" in attrs]
    assert "Copyright (c) 2014, University of Pittsburgh" in html and "$3Dmol" in html


def test_pages_share_one_library_and_the_json_says_the_same(known_candidates, tmp_path) -> None:
    ranked, structures, run = known_candidates
    write_dossiers(tmp_path, ranked, structures, run.manifest(), top=3)
    pages = sorted((tmp_path / "dossiers").glob("*.html"))
    assert {json.loads(page.with_suffix(".json").read_text())["id"] for page in pages} == {
        one.screening.id for one in ranked[:3]
    }
    assert "University of Pittsburgh" in (tmp_path / "dossiers" / "3Dmol-min.js").read_text(encoding="utf-8")
    for page in pages:
        tags = Tags(page.read_text(encoding="utf-8")).tags
        links = [value for _, attrs in tags for name in ("src", "href") if (value := attrs.get(name))]
        assert all(
            re.fullmatch(
                r"data:,|\.\./index\.html|https://doi\.org/\S+|[A-Za-z0-9_.-]+\.(html|json|js)", link
            )
            for link in links
        )
        assert page.stat().st_size < 150_000
        data = json.loads(page.with_suffix(".json").read_text())
        [found] = [one.screening for one in ranked if one.screening.id == data["id"]]
        assert data["ceiling"]["tc_k"] == found.tc_ceiling_k


def test_headings_say_what_they_mean_in_the_words_of_the_registry(dossiers, tmp_path) -> None:
    _, found = dossiers["cakfe4as4"]
    html = write_dossier(found, tmp_path).read_text("utf-8")
    meaning = {column.name: column.meaning for column in PHASE_COLUMNS}
    for name in ("xi_ang", "apexes", "bond_ang"):
        assert f'role="note">{typeset(meaning[name])}</span>' in html
    opened = [attrs["popovertarget"] for _, attrs in Tags(html).tags if "popovertarget" in attrs]
    ids = [attrs["id"] for _, attrs in Tags(html).tags if "id" in attrs]
    assert set(opened) <= set(ids) and len(ids) == len(set(ids))


def test_dossiers_of_an_older_run_are_removed(known_candidates, tmp_path) -> None:
    ranked, structures, run = known_candidates
    write_dossiers(tmp_path, ranked, structures, run.manifest(), top=3)
    write_dossiers(tmp_path, ranked[:1], structures, run.manifest(), top=3)
    assert sorted(path.suffix for path in (tmp_path / "dossiers").iterdir()) == [".html", ".js", ".json"]
    write_dossiers(tmp_path, ranked, structures, run.manifest(), top=0)
    assert list((tmp_path / "dossiers").iterdir()) == []


def test_hostile_text_adds_no_tag(make, row, tmp_path) -> None:
    rows = [
        row(
            f"{n}{text}",
            3.2 + n / 100,
            formula=text,
            note=text,
            citation=text,
            extrapolation=text,
            doping=text,
            compound="same",
        )
        for n, text in enumerate(HOSTILE)
    ]
    run = make(ranked=rows, source=HOSTILE[1])
    write_run(tmp_path, **run.arguments(), dossiers=len(HOSTILE))
    pages = list((tmp_path / "dossiers").glob("*.html"))
    assert len(pages) == len(HOSTILE)
    for page in pages:
        html = page.read_text(encoding="utf-8")
        tags = Tags(html).tags
        assert not [tag for tag, _ in tags if tag in ("img", "iframe", "object")]
        assert sum(tag == "script" for tag, _ in tags) == 3
        assert not [name for _, attrs in tags for name in attrs if name.startswith("on")]
        assert "<script>alert" not in html


def test_formulas_are_set_with_low_numbers() -> None:
    assert formula("YBa2Cu3O6.97") == "YBa<sub>2</sub><wbr>Cu<sub>3</sub><wbr>O<sub>6.97</sub>"
    assert formula("(Ba,K)2<b>") == "(Ba,K)<sub>2</sub>&lt;b&gt;"
    assert formula("2H-NbSe2") == "2H-NbSe<sub>2</sub>"
    assert formula("n" * 500) == "n" * 500


def test_formulas_in_a_sentence_are_set_and_what_only_looks_like_one_is_not() -> None:
    said = typeset("Known: (Tl0.5Pb0.5)Sr2CaCu2O7. T_c of Nd0.8Sr0.2NiO2, <b>")
    assert "CaCu<sub>2</sub><wbr>O<sub>7</sub>. T<sub>c</sub> of Nd<sub>0.8</sub><wbr>Sr" in said
    assert "&lt;b&gt;" in said
    for other in ("mp-1234 by SHA256", "10.1103/PhysRevB.58.IN2", "COD 4124A2", "A1B2" * 4000 + "x"):
        assert typeset(other) == other


def test_a_corrected_height_is_a_step_of_its_own_and_its_spread_a_share_of_the_doubt(
    known_candidates,
) -> None:
    ranked, _, run = known_candidates
    one = changed(
        ranked[0],
        theoretical=True,
        xi_corrected_ang=3.2,
        xi_correction_ratio=0.98,
        xi_correction_spread=0.02,
        xi_correction_compounds=7,
        tc_corrected_k=1300 / 3.2**2,
        tc_corrected_low_k=110.0,
        tc_corrected_high_k=145.0,
    )
    manifest = run.manifest() | {"families": [{**FAMILIES[0], "spread_k_ang2": 130.0}]}
    found = dossier(one, None, Context.of([one], manifest, []))
    derived = found.derivation
    assert derived is not None and derived.correction is not None
    assert (derived.correction.compounds, derived.correction.tc.low_k) == (7, 110.0)
    # λ: 130/1300 = 10 %; ξ: 2 × 2 % = 4 %; squares 100 and 16, of one copy of each cage nothing.
    assert derived.share_lambda == pytest.approx(100 * 100 / 116, abs=0.2)
    assert derived.share_xi == pytest.approx(100 * 16 / 116, abs=0.2)
    assert derived.deviation_k == pytest.approx(1300 / 3.2**2 * 0.01 * 116**0.5, rel=1e-3)
    assert any("corrected for its database by 7 measured compounds" in one.lower() for one in found.in_short)


def test_electrons_are_told_or_why_they_are_not(known_candidates, tmp_path) -> None:
    ranked, _, run = known_candidates
    one = next(one for one in ranked if one.screening.id == "la1.9sr0.1cuo4")
    context = Context.of([one], run.manifest(), [])
    html = write_dossier(dossier(one, None, context), tmp_path).read_text(encoding="utf-8")
    assert "</b>: by formal charges Cu is +2.10, which leaves 8.90 d electrons, 0.10 holes" in html
    assert ">underdoped</button>" in html
    full = changed(one, formal_valence=0.22, d_electrons=10.78, carriers=-1.78)
    html = write_dossier(dossier(full, None, context), tmp_path).read_text(encoding="utf-8")
    assert "would leave Cu more d electrons than a shell holds" in html and "10.78 d electrons" not in html
    unsaid = changed(one, formal_valence=None, electron_note="Xe has no formal charge")
    html = write_dossier(dossier(unsaid, None, context), tmp_path).read_text(encoding="utf-8")
    assert "The carriers cannot be counted: Xe has no formal charge." in html
    older = dossier(changed(one, electron_state=None), None, context)
    assert older.electrons is None


def test_the_structure_that_speaks_for_the_compound_is_named_where_it_is_another(small_run, tmp_path) -> None:
    ends = {"xi_compound_ang": 3.31, "xi_compound_low_ang": 3.2, "xi_compound_high_ang": 3.4}
    one = changed(small_run.ranked[0], **ends, geometry_from="reference/<b>")
    context = Context.of([one], small_run.manifest(), [])
    html = write_dossier(dossier(one, None, context), tmp_path).read_text(encoding="utf-8")
    assert "runs from 3.200 to 3.400 Å" in html and "reference/&lt;b&gt;" in html
    itself = changed(one, geometry_from=f"{one.screening.source}/{one.screening.id}")
    assert dossier(itself, None, context).geometry is None


def test_what_to_try_next_differs_by_one_thing(dossiers) -> None:
    _, found = dossiers["cakfe4as4"]
    near = {line.differs: line for line in found.next_to_try.found}
    assert near["Rb for K"].formula in ("CaRbFe4As4", "RbCaFe4As4", "RbCa(FeAs)4")
    assert all(0 < line.xi_ang < 5 for line in near.values())
    assert found.next_to_try.blocks == () == found.next_to_try.look_up


def test_a_design_says_what_it_is_built_of_and_what_to_look_up_first(dossiers) -> None:
    text = "3 x CuO; inner ca (cacuo2); spacer hgsr2o2 (hgba2cuo4.18, hgba2ca2cu3o8.16, Sr for Ba)"
    sheets, (inner, spacer) = built_of(text)
    assert sheets == "3 x CuO" and inner.changes == () and spacer.changes == ("Sr for Ba",)
    assert [id_ for id_, source in spacer.parents if source] == ["hgba2cuo4.18", "hgba2ca2cu3o8.16"]
    screening, _ = dossiers["hgba2ca2cu3o8.16"]
    made = next_lines(replace(screening, provenance=replace(screening.provenance, built_of=text)), None)
    assert "was ever made" in made.look_up[0]
    assert made.look_up[1] == "how much of it takes Sr for Ba in hgba2cuo4.18"
    assert made.found == () and made.why
    assert dict(made.filters)["Fit of its ions"] == "each has as many anions as it is known with"
    assert dict(made.filters)["Tolerance factor"].startswith("0.8")
