"""All rows: complete, once each, and what they say of where they come from."""

from polywell.data.measured import measured_by_id
from polywell.data.supercon.table import supercon
from polywell.evidence.rows.called import called
from polywell.evidence.rows.rows import LIBRARY, SUPERCON, library_rows, measured_rows
from polywell.evidence.rows.standing import standing, trains
from polywell.families import load_families

FAMILIES = load_families()


def test_every_row_is_one_that_a_model_can_use() -> None:
    rows = measured_rows(FAMILIES)
    assert len({row.id for row in rows}) == len(rows)
    numbers = [
        part for row in rows if row.source == SUPERCON for part in row.id.removeprefix("supercon:").split("+")
    ]
    usable = {str(number) for one in supercon() if one.usable for number in one.numbers}
    assert len(numbers) == len(set(numbers)) and set(numbers) <= usable
    assert len(numbers) > 0.98 * len(usable)  # the rest has another metal on its sheets, or no net
    for row in rows:
        assert row.tc_noise_k >= 1.0 and 0.0 <= row.xi_noise < 0.15
        assert row.features.family == row.family and 1.5 < row.features.xi_ceiling_ang < 4.5
        assert row.features.xi_ceiling_ang <= row.features.xi_outer_ang
        assert row.tc_k is None or row.tc_k > 0
        assert 0.999 < sum(share for _, share in row.composition) < 1.001


def test_reports_of_one_composition_are_one_row_with_their_median() -> None:
    """HgBa2Ca2Cu3O8+z stands beside rows of the same compound in our table, under one key."""
    rows = {(row.source, row.formula, row.oxygen): row for row in measured_rows(FAMILIES)}
    row = rows[SUPERCON, "Sr0.15La1.85CuO4", ""]
    assert row.reports > 10 and 36.0 < row.tc_k < 40.0 and row.system == "Cu-La-O-Sr"
    ours = {one.compound for one in rows.values() if one.source == LIBRARY}
    assert {"La-214: La", "Y-123: Ba Y Cu", "Hg-1223: Ba Ca Hg", "122: Ba As"} <= ours
    assert row.compound == "La-214: La"


def test_before_a_year_nothing_later_is_known() -> None:
    early = measured_rows(FAMILIES, 1990)
    assert early and all(row.year is not None and row.year < 1990 for row in early)
    assert not any("Hg" in row.system for row in early)  # Putilin et al., Nature 362, 226 (1993)
    assert not any(row.family == "iron-based" for row in early)


def test_the_proposal_does_not_teach_itself() -> None:
    rows = {row.id: row for row in library_rows(FAMILIES)}
    for id_ in ("tlba2cacu2o7", "tlba2ca2cu3o9", "tlba2ca3cu4o11"):
        if id_ in rows and "proposal" in measured_by_id()[id_].source:
            assert not rows[id_].trains
    assert rows["yba2cu3o6.91"].trains
    quoted = replace_source(measured_by_id()["yba2cu3o6.91"], "the proposal's Table 1")
    assert not trains(quoted)


def replace_source(row, source):
    return row.model_copy(update={"source": source})


def test_what_our_rows_stand_on_adds_up() -> None:
    found = standing()
    structures = [found[name] for name in found if name.startswith("structures ")]
    assert sum(structures) == found["rows"] == found["T_c read"] + found["T_c recalled"]
    assert found["rows that train nothing"] >= found["structures built to a published ξ"]


def test_a_row_is_called_by_its_compound() -> None:
    report = next(row for row in supercon() if len(row.numbers) > 1)
    id = "supercon:" + "+".join(map(str, report.numbers))
    assert called(id) == f"{report.formula} (SuperCon {report.numbers[0]})"
    assert (called("yba2cu3o6.91"), called("nothing")) == ("YBa2Cu3O6.91", "nothing")
