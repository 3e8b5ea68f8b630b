"""Structure types by word and by composition; the formulas are those of textbooks, not of the table."""

import pytest

from polywell.data.reference import reference_structures
from polywell.data.supercon.formulas import taken_apart
from polywell.data.supercon.types import structure_types, type_of_composition, type_of_word


@pytest.mark.parametrize(
    ("word", "family", "name"),
    [
        ("Y123", "cuprate", "Y-123"),
        ("T'", "cuprate", "T'-214"),
        ("T ", "cuprate", "La-214"),
        ("Thcr2Si2", "iron-based", "122"),
        ("T", "iron-based", None),
        ("223", "cuprate", None),
        ("", "cuprate", None),
    ],
)
def test_a_word_means_a_type_of_its_family_or_nothing(word, family, name) -> None:
    found = type_of_word(word, family)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("formula", "family", "name"),
    [
        ("Y1Ba2Cu3O6.2", "cuprate", "Y-123"),
        ("La2.5Ca1Ba2.5Cu6O14.1", "cuprate", "Y-123"),
        ("Y1Ba2Cu4O8", "cuprate", "Y-124"),
        ("Y2Ba4Cu7O15", "cuprate", "Y-247"),
        ("La1.85Sr0.15Cu1O4", "cuprate", "La-214"),
        ("Nd1.85Ce0.15Cu1O4", "cuprate", "T'-214"),
        ("Ca2Cu1O2Cl2", "cuprate", "T-214 oxyhalide"),
        ("Sr0.9La0.1Cu1O2", "cuprate", "infinite layer"),
        ("Hg1Ba2Ca2Cu3O8.4", "cuprate", "Hg-1223"),
        ("Tl0.5Pb0.5Sr2Ca1Cu2O7", "cuprate", "Tl-1212"),
        ("Tl2Ba2Cu1O6", "cuprate", "Tl-2201"),
        ("Bi1.8Pb0.2Sr2Ca2Cu3O10", "cuprate", "Bi-2223"),
        ("Pb2Sr2Y0.5Ca0.5Cu3O8", "cuprate", "Pb-2213"),
        ("Cu1Ba2Ca3Cu4O11", "cuprate", "Cu-1234"),
        ("Fe1.03Te0.6Se0.4", "iron-based", "11"),
        ("Li1Fe1As1", "iron-based", "111"),
        ("K0.8Fe1.6Se2", "iron-based", "122"),
        ("Sm1Fe1As1O0.8F0.2", "iron-based", "1111"),
        ("Ca1K1Fe4As4", "iron-based", "1144"),
        ("K1Ca2Fe4As4F2", "iron-based", "12442"),
        ("Sr2V1Fe1As1O3", "iron-based", "21311"),
        ("Ba1Fe2S3", "iron-based", None),
        ("Y1Ba2Cu0.95Zn0.05O7.95", "cuprate", None),
        ("Bi3Ni1", "nickel", None),
    ],
)  # fmt: skip
def test_a_composition_finds_its_type(formula, family, name) -> None:
    found = type_of_composition(taken_apart(formula).amounts, family, True)
    assert (found.name if found else None) == name


def test_without_oxygen_two_kinds_of_cations_say_nothing() -> None:
    assert type_of_composition({"Er": 0.5, "Ba": 0.5, "Cu": 1.0}, "cuprate", False) is None


def test_prototypes_are_in_the_reference_library() -> None:
    held = {one.structure_type for one in reference_structures()}
    for row in structure_types().values():
        assert {*row.prototypes, *row.fluorite} <= held, row.name
        assert row.analogue or not row.fluorite
    own = [word for row in structure_types().values() if not row.analogue for word in row.prototypes]
    assert len(own) == len(set(own))


def test_a_word_stands_once() -> None:
    words = [(row.family, word.lower()) for row in structure_types().values() for word in row.words]
    assert len(words) == len(set(words))
