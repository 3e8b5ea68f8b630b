"""Tables of measurements: CSV and workbooks, and what is wrong with some."""

from pathlib import Path

import pytest
import xlsxwriter

from catalog.measurements.sheet import MeasurementsError, read_sheet

HEAD = ["formula", "structure_type", "tc_k", "kind", "source", "date"]
ROW = ["La1.85Sr0.15CuO4", "La-214", "37.5", "zero", "notebook 12", "2026-11-01"]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_text_is_read_with_any_separator(tmp_path: Path, mark: str):
    file = tmp_path / "own.csv"
    file.write_text(f"{mark.join(HEAD)}\n{mark * 5}\n{mark.join(ROW)}\n", "utf-8")
    (line,) = read_sheet(file)
    assert (line.number, line.cells) == (3, dict(zip(HEAD, ROW, strict=True)))


def test_a_workbook_says_the_same_with_numbers_and_dates_in_its_cells(tmp_path: Path):
    file = tmp_path / "own.xlsx"
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEAD)
    sheet.write_row(1, 0, [*ROW[:2], 37.5, *ROW[3:]])
    book.close()
    (line,) = read_sheet(file)
    assert line.cells == dict(zip(HEAD, ROW, strict=True))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("formula,tc_k,source,date,colour\n", "does not know the column 'colour'"),
        ("formula,tc_k,date\n", "misses the column 'source'"),
        ("tc_k,source,date\n", "misses the column 'structure or formula'"),
        ("formula,tc_k,source,date,date\n", "has twice the column 'date'"),
        ("formula,tc_k,source,date\n", "headings and no row"),
        ("formula,tc_k,source,date\nLa2CuO4,40,x,2026-11-01,more\n", "row 2: 5 cells under 4 headings"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(tmp_path: Path, text: str, why: str):
    file = tmp_path / "own.csv"
    file.write_text(text, "utf-8")
    with pytest.raises(MeasurementsError, match=why):
        read_sheet(file)


def test_what_is_no_workbook_and_what_is_no_file_are_sentences(tmp_path: Path):
    (tmp_path / "own.xlsx").write_text("formula", "utf-8")
    with pytest.raises(MeasurementsError, match="no workbook that can be read"):
        read_sheet(tmp_path / "own.xlsx")
    with pytest.raises(MeasurementsError, match=r"none\.csv: the file cannot be read.*expected CSV or xlsx"):
        read_sheet(tmp_path / "none.csv")
