"""All rows: complete, once each, and what they say of where they come from."""

from polywell.data.measured import measured_by_id
from polywell.data.supercon.table import supercon
from polywell.evidence.rows.called import PREFIX, called
from polywell.evidence.rows.rows import library_rows, measured_rows
from polywell.evidence.rows.standing import standing, trains
from polywell.families import load_families

FAMILIES = load_families()


def test_every_row_is_one_that_a_model_can_use() -> None:
    rows = measured_rows(FAMILIES)
    assert len({row.id for row in rows}) == len(rows)
    numbers = [
        part for row in rows if row.id.startswith(PREFIX) for part in row.id.removeprefix(PREFIX).split("+")
    ]
    usable = {str(number) for one in supercon() if one.usable for number in one.numbers}
    assert len(numbers) == len(set(numbers)) and set(numbers) <= usable
    assert len(numbers) > 0.98 * len(usable)  # the rest has another metal on its sheets, or no net
    for row in rows:
        cages = row.material.features
        assert cages.family == row.family and 1.5 < cages.xi_ceiling_ang < 4.5
        assert cages.xi_ceiling_ang <= cages.xi_outer_ang
        assert row.tc_k is None or row.tc_k > 0


def test_reports_of_one_composition_are_one_row_with_their_median() -> None:
    """HgBa2Ca2Cu3O8+z stands beside rows of the same compound in our table, under one key."""
    rows = measured_rows(FAMILIES)
    [row] = [
        row
        for row in rows
        if row.id.startswith(PREFIX)
        and row.formula == "Sr0.15La1.85CuO4"
        and row.material.electrons is not None
    ]
    assert row.id.count("+") >= 10 and 36.0 < row.tc_k < 40.0 and row.system == "Cu-La-Sr"
    ours = {one.compound for one in rows if not one.id.startswith(PREFIX)}
    assert {"La-214: La", "Y-123: Ba Y Cu", "Hg-1223: Ba Ca Hg", "122: Ba As"} <= ours
    assert row.compound == "La-214: La"


def test_before_a_year_nothing_later_is_known() -> None:
    early = measured_rows(FAMILIES, 1990)
    assert early and all(row.year is not None and row.year < 1990 for row in early)
    assert not any("Hg" in row.system for row in early)  # Putilin et al., Nature 362, 226 (1993)
    assert not any(row.family == "iron-based" for row in early)


def test_the_proposal_does_not_teach_itself() -> None:
    rows = {row.id for row in library_rows(FAMILIES)}
    for id_ in ("tlba2cacu2o7", "tlba2ca2cu3o9", "tlba2ca3cu4o11"):
        if id_ in measured_by_id() and "proposal" in measured_by_id()[id_].source:
            assert id_ not in rows
    assert "yba2cu3o6.91" in rows
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
