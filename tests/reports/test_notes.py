"""What a reader remarks on an entry ("P 1 assumed") is seen wherever its answer is shown."""

from flows.cli.cages import as_json
from flows.cli.terminal import print_cages
from flows.results.explain import dossier_lines
from polywell.analysis import Analysis
from reports.dossier.dossier import Context, dossier
from reports.run.exports.shortlist import columns_of_shortlist
from reports.run.table import Table, failed_table, ranked_table, rejected_table
from tests.reports.made import candidate, dropped, in_order

NOTE = "the CIF has neither operations nor a space group: P 1 assumed"
LONG = "; ".join([NOTE] * 4)


def column(table: Table) -> list[object]:
    place = [column.key for column in table.columns].index("note")
    return [row[place] for row in table.rows]


def test_the_lists_of_the_page_and_the_shortlist_hold_the_note() -> None:
    ranked = in_order([candidate("a", 3.2, note=NOTE), candidate("b", 3.3)])
    assert column(ranked_table(ranked)) == [NOTE, ""]
    assert column(rejected_table([dropped("c", reason="no_square_net", note=NOTE)], 1)) == [NOTE]
    assert column(failed_table([dropped("d", error_type="ParseError", note=NOTE)], 1)) == [NOTE]
    read = {column.name: of for column, of in columns_of_shortlist(()).items()}
    assert read["note"](ranked[0]) == NOTE


def test_the_dossier_and_its_lines_hold_the_note() -> None:
    [one] = in_order([candidate("a", 3.2, note=NOTE)])
    page = dossier(one, None, Context.of([one], {"candidates": 1}, []))
    assert (NOTE, "Note") in [(fact.value, fact.label) for fact in page.provenance]
    assert f"  Note: {NOTE}" in dossier_lines(page)


def test_the_terminal_and_a_notebook_show_the_note_once(capsys) -> None:
    [one] = in_order([candidate("a", 3.2, note=LONG)])
    rejected = dropped("c", reason="no_square_net", note=NOTE, message="no net")
    answers = [as_json("a.cif", one.screening), as_json("c.cif", rejected)]
    assert [answer["note"] for answer in answers] == [LONG, NOTE]
    print_cages(answers)
    shown = "".join(capsys.readouterr().out.split())
    assert shown.count("P1assumed") == 5
    for record in (one.screening, rejected):
        found = Analysis(record)
        assert record.provenance.note and record.provenance.note in repr(found)
        assert record.provenance.note in found._repr_html_()
