"""Records, manifest and reference library become the payload of a page."""

import math

import pytest

from polywell.records import REASON_MEANING, Reason
from reports.html.cells import MAX_TEXT
from reports.run.chart import MARGIN_ANG
from reports.run.payload import run_payload
from reports.run.table import MAX_LISTED
from tests.reports.written import write_run


def test_counts_and_sentences(small_run) -> None:
    payload = run_payload(**small_run.arguments())
    assert (payload.entries, payload.candidates, payload.rejected, payload.failed) == (47, 40, 5, 2)
    assert [(one.reason, one.count) for one in payload.reasons] == [
        ("no_net_metal", 3),
        ("no_lambda", 1),
        ("not_layered", 1),
    ]
    assert payload.reasons[0].meaning == REASON_MEANING[Reason.NO_NET_METAL]
    assert [(one.error_type, one.count) for one in payload.failures] == [("CellError", 2)]
    assert {family.name: family.candidates for family in payload.families} == {
        "cuprate": 14,
        "nickelate": 13,
        "iron-based": 13,
    }
    assert payload.started == "2026-11-22 18:30:02 UTC"


def test_envelope_counts_measured_structures_but_not_those_built_to_a_height(small_run) -> None:
    payload = run_payload(**small_run.arguments())
    # 1300/3.5² = 106 K: 90 K lies below 1.1 × that, 130 K does not; 400/2.9² = 47.6 K, 38 K lies below.
    assert [(one.family, one.below, one.total) for one in payload.envelopes] == [
        ("cuprate", 1, 2),
        ("iron-based", 1, 1),
    ]
    assert (payload.envelope_below, payload.envelope_total, payload.built_to_published) == (2, 3, 1)
    assert [point.name for point in payload.chart.measured] == ["below", "above", "iron"]


def test_measured_rows_without_a_temperature_are_neither_counted_nor_drawn(make, row, known) -> None:
    run = make(ranked=[row("a", 3.3)], measured=[known("none", 3.4, None), known("nan", 3.4, math.nan)])
    payload = run_payload(**run.arguments())
    assert payload.envelope_total == 0
    assert payload.chart.measured == ()


def test_the_row_of_a_candidate_shows_the_cage_that_gives_its_ceiling(make, row) -> None:
    table = run_payload(**make(ranked=[row("a", 3.2)]).arguments()).ranked_table
    cells = dict(zip([column.key for column in table.columns], table.rows[0], strict=False))
    assert cells["apexes"] == "Ca – Y"
    assert cells["tc_ceiling_k"] == pytest.approx(1300 / 3.2**2, abs=1e-3)
    assert cells["tc_ceiling_low_k"] == pytest.approx([1200 / 3.2**2, 1400 / 3.2**2], abs=1e-3)
    assert cells["tc_measured_k"] is None
    assert [phase[0] for phase in table.rows[0][-1]] == ["alpha", "beta"]


def test_curves_follow_the_relation_and_families_with_one_lambda_share_one(small_run) -> None:
    chart = run_payload(**small_run.arguments()).chart
    assert [curve.families for curve in chart.curves] == [("cuprate", "nickelate"), ("iron-based",)]
    for curve in chart.curves:
        xi, lam, spread = curve.xi_ang[7], curve.lambda_k_ang2, curve.spread_k_ang2
        assert curve.tc_k[7] == pytest.approx(lam / xi**2, rel=1e-4)
        assert curve.tc_low_k[7] == pytest.approx((lam - spread) / xi**2, rel=1e-4)
        assert curve.tc_high_k[7] == pytest.approx((lam + spread) / xi**2, rel=1e-4)
    # The widest iron-based point is candidate 38: 3.0 + 0.02 · 38 Å; the lowest the measured one at 2.9 Å.
    assert chart.curves[1].xi_ang[0] == pytest.approx(2.9 - MARGIN_ANG, abs=1e-3)
    assert chart.curves[1].xi_ang[-1] == pytest.approx(3.76 + MARGIN_ANG, abs=1e-3)


def test_the_distribution_counts_every_candidate_once_by_family(make, row) -> None:
    heights = (3.0, 3.05, 3.1, 3.2, 3.29)
    rows = [row(f"a{n}", xi) for n, xi in enumerate(heights)] + [row("b", 3.25, "nickelate")]
    found = run_payload(**make(ranked=rows).arguments()).chart.distribution
    assert found.edges_ang == pytest.approx([3.0, 3.1, 3.2, 3.3])
    assert dict(found.counts) == {"cuprate": (2, 1, 2), "nickelate": (0, 0, 1)}
    wide = [row("near", 2.0), row("far", 90.0)]
    assert len(run_payload(**make(ranked=wide).arguments()).chart.distribution.edges_ang) <= 201


def test_candidates_point_back_to_their_rows(small_run) -> None:
    payload = run_payload(**small_run.arguments())
    for point in payload.chart.candidates:
        assert payload.ranked_table.rows[point.row][1] == point.name


def test_long_lists_are_cut_and_keep_their_total(make, out) -> None:
    rejected = [out(f"x{n}", reason="no_net_metal") for n in range(MAX_LISTED + 5)]
    rejected.append(out("furthest", reason="no_lambda"))
    table = run_payload(**make(rejected=rejected).arguments()).rejected_table
    assert (len(table.rows), table.total) == (MAX_LISTED, MAX_LISTED + 6)
    assert table.rows[0][0] == "furthest"


def test_a_long_text_is_cut_with_its_length(make, row) -> None:
    table = run_payload(**make(ranked=[row("i" * (MAX_TEXT + 1), 3.2)]).arguments()).ranked_table
    text = table.rows[0][1]
    assert isinstance(text, str)
    assert text.endswith(f"… (cut, {MAX_TEXT + 1} characters)")


def test_null_and_nan_are_both_not_given(make, row) -> None:
    run = make(ranked=[row("a", 3.2, tc_measured_k=math.nan, extrapolation=None, theoretical=False)])
    table = run_payload(**run.arguments()).ranked_table
    cells = dict(zip([column.key for column in table.columns], table.rows[0], strict=False))
    assert (cells["tc_measured_k"], cells["extrapolation"], cells["theoretical"]) == (None, "", "no")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"entries": 48}, "sum to 47"),
        ({"candidates": 39, "rejected": 6}, "40 rows for 39 candidates"),
        ({"failed": 1, "rejected": 6}, "2 rows for 1 failed"),
        ({"reasons": {"bad_luck": 5}}, "expected some of no_net_metal"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(small_run, change, message) -> None:
    arguments = small_run.arguments()
    arguments["manifest"] |= change
    with pytest.raises(ValueError, match=message):
        run_payload(**arguments)


def test_a_manifest_without_its_counts_is_refused(small_run) -> None:
    arguments = small_run.arguments()
    del arguments["manifest"]["reasons"]
    with pytest.raises(ValueError, match="lacks reasons"):
        run_payload(**arguments)


def test_changes_since_the_last_run_are_named(small_run, tmp_path) -> None:
    arguments = small_run.arguments()
    arguments["manifest"]["changes"] = {
        "since": "20261121T000000Z-aa",
        "new": 20,
        "new_candidates": [
            {"id": f"n{n}", "formula": "<b>X</b>", "tc_ceiling_k": 90.0, "why": "new in the source"}
            for n in range(20)
        ],
        "changed": 0,
        "changed_candidates": [],
        "withdrawn": 0,
        "withdrawn_candidates": [],
    }
    changes = run_payload(**arguments).changes
    assert changes is not None and [kind for kind, _, _ in changes.kinds] == ["new", "changed", "withdrawn"]
    assert [count for _, count, _ in changes.kinds] == [20, 0, 0]
    html = write_run(tmp_path, **arguments).read_text(encoding="utf-8")
    assert "20 new, 0 changed, 0 withdrawn among the candidates" in html
    assert "<b>X</b>" not in html and "n12" not in html.split('id="changes"')[1].split("</section>")[0]


def test_a_first_run_has_nothing_to_compare_with(small_run) -> None:
    arguments = small_run.arguments()
    arguments["manifest"]["changes"] = {"since": None, "new": 1}
    assert run_payload(**arguments).changes is None
    assert not any("changes" in fact.name for fact in run_payload(**arguments).run_facts)


def test_the_correction_of_the_source_is_a_table_and_one_sentence(small_run, tmp_path) -> None:
    arguments = small_run.arguments()
    group = {
        "family": "cuprate",
        "cage": "octahedron",
        "run_type": "GGA+U",
        "magnetic": "FM",
        "ratio": 0.986,
        "spread": 0.0085,
        "compounds": ["CaCuO2", "<b>Nd2CuO4</b>"],
        "applied": False,
        "why_not": "2 anchor compounds, at least 4 are needed",
    }
    arguments["manifest"]["correction"] = {"corrected": 31, "suspect": 1, "groups": [group]}
    html = write_run(tmp_path, **arguments).read_text(encoding="utf-8")
    row = html.split('id="correction"')[1].split("</table>")[0]
    assert ">0.986<" in row and ">0.9<" in row and "GGA+U, FM" in row and "at least 4 are needed" in row
    assert "&lt;b&gt;Nd2CuO4" in row
    assert 'ξ of 31 of 40 candidates is <a href="#correction">corrected</a>' in html
    assert "1 has a suspect geometry and comes last" in html


def test_points_of_the_chart_stand_at_the_height_that_was_used_and_know_suspects(make, row) -> None:
    rows = [
        row("plain", 3.2),
        row("corrected", 3.3, xi_corrected_ang=3.24, formula_written="YBa2Cu3O7"),
        row("odd", 3.4, geometry_suspect="Ba at 9 Å"),
    ]
    points = {one.name: one for one in run_payload(**make(ranked=rows).arguments()).chart.candidates}
    assert [points[name].used_ang for name in ("plain", "corrected", "odd")] == [3.2, 3.24, 3.4]
    assert [name for name, one in points.items() if one.suspect] == ["odd"]
    assert points["odd"].note == "suspect: Ba at 9 Å" and points["corrected"].formula == "YBa2Cu3O7"


def test_what_is_new_or_changed_is_found_in_the_list(make, row) -> None:
    arguments = make(ranked=[row(f"c{n}", 3.2 + n / 100) for n in range(4)]).arguments()
    changes = {f"{kind}_candidates": [] for kind in ("new", "changed", "withdrawn")}
    arguments["manifest"]["changes"] = changes | {
        "since": "2026-11-21",
        "new": 2,
        "changed": 0,
        "withdrawn": 0,
        "new_candidates": [
            {"source": "made-up", "id": id, "formula": "X", "tc_ceiling_k": 90.0, "why": "new in the source"}
            for id in ("c3", "c1", "gone")
        ],
    }
    assert run_payload(**arguments).since == {"new": (1, 3)}
    arguments["manifest"]["changes"]["joined"] = {"made-up": 4}
    assert run_payload(**arguments).since["joined"] == (0, 1, 2, 3)
