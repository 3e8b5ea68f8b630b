"""The cleaned table as it comes with polywell, and its text."""

from dataclasses import replace
from pathlib import Path

import pytest

from polywell.data.supercon.table import FILE, HEAD, counts, from_text, supercon, to_text
from polywell.data.tables import TABLES, TableError

DOCS = Path(__file__).resolve().parents[4] / "docs" / "supercon.md"


def test_the_table_is_what_its_reports_write() -> None:
    assert to_text(supercon()) == TABLES.joinpath(*FILE).read_text("utf-8")


def test_the_head_names_source_licence_and_change() -> None:
    for said in ("MDR SuperCon 240322", "CC BY 4.0", "doi:10.48505/nims.3837", "Changed: "):
        assert said in HEAD


def test_every_line_of_the_raw_file_is_accounted_for_once() -> None:
    numbers = [number for one in supercon() for number in one.numbers]
    assert len(numbers) == len(set(numbers)) == counts(supercon())["lines of the raw file"]


def test_the_page_quotes_the_counts_of_the_command() -> None:
    page = DOCS.read_text("utf-8")
    for what, number in counts(supercon()).items():
        assert f"| {what} | {number} |" in page


def test_known_reports_are_there() -> None:
    """Takagi et al., Jpn. J. Appl. Phys. 26 (1987) L223: (La0.925Sr0.075)2CuO4 at 36 K."""
    [one] = [one for one in supercon() if one.numbers == (12,)]
    assert (one.formula, one.tc_k, one.year) == ("Sr0.15La1.85CuO4", 36.0, 1987)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("numbers,formula\n1,Y\n", "columns .* run `polywell measured build`"),
        (to_text([]) + "1,Y1\n", "not enough values"),
        (to_text(supercon()[:1]).replace(",29,", ",warm,"), "could not convert"),
    ],
)
def test_a_table_that_is_none_is_refused(wrong, said) -> None:
    with pytest.raises(TableError, match=said):
        from_text(wrong)


def test_flags_and_numbers_survive() -> None:
    flagged = next(one for one in supercon() if len(one.flags) > 1)
    many = replace(flagged, numbers=(3, 5), tc_k=36.25, c_ang=None)
    assert from_text(to_text([many])) == (many,)
