"""The rules of cleaning, each on lines made for it; expected values by hand."""

import pytest

from polywell.data.supercon.cleaning import RAW_COLUMNS, RawTableError, cleaned
from polywell.data.supercon.formulas import Oxygen
from polywell.data.supercon.table import Flag


def line(number, formula, tc, **others):
    row = dict.fromkeys(RAW_COLUMNS, "") | {"family": "cuprate", "reference": "PHYSICA C,1(1990)1"}
    return row | {"supercon_number": str(number), "formula": formula, "tc_k": str(tc)} | others


def test_a_line_becomes_a_report() -> None:
    [one] = cleaned(
        [line(7, "Y1Ba2Cu3OX", 92.0, structure_type="Y123", a_ang="3.82", reference="A  B,2(1988)3")]
    )
    assert (one.numbers, one.formula, one.oxygen) == ((7,), "Ba2YCu3O7", Oxygen.OPEN)
    assert (one.type, one.tc_k, one.a_ang, one.c_ang) == ("Y-123", 92.0, 3.82, None)
    assert (one.year, one.reference, one.flags, one.usable) == (1988, "A B,2(1988)3", (), True)


def test_zero_is_not_seen() -> None:
    [one] = cleaned([line(1, "Pr1Ba2Cu3O7", 0, structure_type="Y123")])
    assert one.tc_k is None and one.usable


@pytest.mark.parametrize(
    ("formula", "others", "flag"),
    [
        ("Y1Ba2Cu0.95Zn0.05O7.95", {"structure_type": "Y124"}, Flag.MISFIT),
        ("Y1Ba1.9Ba0.1Cu3O7", {"structure_type": "Y123"}, Flag.TWICE),
        ("La1.85Sr0.15CuNi0.037O4", {"structure_type": "T"}, Flag.UNCOUNTED),
        ("Ho1Ba2Cu2.85No0.15O7", {"structure_type": "Y123"}, Flag.IMPOSSIBLE),
        ("Na1M0.3Fe2Se2", {"family": "iron-based", "structure_type": "ThCr2Si2"}, Flag.UNNAMED),
    ],
)
def test_what_is_in_doubt_is_flagged_and_not_usable(formula, others, flag) -> None:
    [one] = cleaned([line(1, formula, 30, **others)])
    assert flag in one.flags and not one.usable


def test_a_film_and_a_type_from_the_composition_are_said_and_usable() -> None:
    [one] = cleaned([line(1, "Fe1Se1", 40, family="iron-based", common_formula="FeSe monolayer")])
    assert one.flags == (Flag.ASSIGNED, Flag.FILM) and one.usable


def test_repetitions_are_one_report_with_all_numbers() -> None:
    same = [line(number, "La1.85Sr0.15Cu1O4", 36, structure_type="T") for number in (9, 4)]
    other = line(5, "La1.85Sr0.15Cu1O4", 37, structure_type="T")
    assert [one.numbers for one in cleaned([*same, other])] == [(4, 9), (5,)]


def test_an_outlier_is_told_from_four_reports_on() -> None:
    """Median 92 K of 91, 92, 92, 60: scatter 5 % of it, 4.6 K, so farther than 16.1 K is out."""
    lines = [line(k, "Y1Ba2Cu3O7", tc, structure_type="Y123") for k, tc in enumerate((91, 92, 92.5, 60))]
    assert [Flag.OUTLIER in one.flags for one in cleaned(lines)] == [False, False, False, True]
    assert not any(one.flags for one in cleaned(lines[1:]))


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"tc_k": "warm"}, "supercon_number 1: could not convert"),
        ({"formula": "??"}, r"supercon_number 1: formula '\?\?'"),
        ({"year": None}, "no year; expected the columns supercon_number, formula"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(broken, said) -> None:
    with pytest.raises(RawTableError, match=said):
        cleaned([line(1, "Y1Ba2Cu3O7", 92) | broken])


@pytest.mark.parametrize(
    ("year", "reference", "expected"),
    [
        ("1999.0", "X,1(1998)2", 1999),
        ("", "X,1(1998)2", 1998),
        ("", "cond-mat/0804.4290", 2008),
        ("", "X", None),
    ],
)
def test_the_year_is_that_of_the_report(year, reference, expected) -> None:
    [one] = cleaned([line(1, "Y1Ba2Cu3O7", 92, year=year, reference=reference)])
    assert one.year == expected
