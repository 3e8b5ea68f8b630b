"""Known compounds are recognised in supercells, defect cells and mixtures; invented ones are not."""

import pytest

from polywell.data.reference import reference_entries, reference_structures
from polywell.families import built_in_families
from polywell.known import known_compound
from polywell.novelty.judgement import judge
from polywell.novelty.record import OfSeries
from polywell.novelty.series import member_called, series
from polywell.novelty.written import written
from polywell.records import Novelty, Outcome
from polywell.screening import screen_many
from tests.polywell.novelty.compounds import HIDDEN, INVENTED, KNOWN, LIKE_REPORTS, entry

RECOGNISED = {Novelty.KNOWN_SUPERCONDUCTOR, Novelty.VARIANT, Novelty.KNOWN_COMPOUND}


@pytest.fixture(scope="module")
def judged() -> dict[str, Novelty]:
    screenings = screen_many(
        [entry(made) for made in (*KNOWN, *INVENTED, *HIDDEN, *LIKE_REPORTS)], built_in_families()
    )
    assert {one.outcome for one in screenings} == {Outcome.CANDIDATE}
    return {one.id: judge(one, known_compound(one.formula, str(one.metal)))[0] for one in screenings}


def test_the_sets_are_as_large_as_they_should_be() -> None:
    assert (len({made[0] for made in KNOWN}), len({made[0] for made in INVENTED})) == (60, 30)


def test_known_compounds_are_recognised_in_every_guise(judged) -> None:
    missed = [made[0] for made in KNOWN if judged[made[0]] not in RECOGNISED]
    assert len(missed) <= 3, missed
    assert [made[0] for made in HIDDEN if judged[made[0]] not in RECOGNISED] == []


def test_no_invented_compound_is_recognised(judged) -> None:
    assert [made[0] for made in (*INVENTED, *LIKE_REPORTS) if judged[made[0]] in RECOGNISED] == []


def test_asking_what_a_series_holds_teaches_it_no_number_of_sheets() -> None:
    held = OfSeries()
    held.most[2]["Ba"] = 2.0
    assert held.most_of("Ba", 5) == 2.0
    assert list(held.most) == [2]


SERIES = {
    "hgba2ca2cu3o8.16": ("Hg-1223", "CuO x3 | Ca | Ba | Hg"),
    "tl0.5pb0.5sr2cacu2o7": ("Tl-1212", "CuO x2 | Ca | Sr | Pb"),
    "tl2ba2cuo6": ("Tl-2201", "CuO x1 | - | Ba | Tl"),
    "bi2sr2cacu2o8": ("Bi-2212", "CuO x2 | Ca | Sr | Bi"),
    "yba2cu3o7": ("Y-123", "CuO x2 | Y | Ba | Cu"),
    "yba2cu4o8": ("Y-124", "CuO x2 | Y | Ba | Cu"),
    "y2ba4cu7o15": ("Y-247", "CuO x2 | Y | Ba | Cu"),
    "la2cuo4-lto": ("La-214", "CuO x1 | - | La"),
    "nd2cuo4": ("T'-214", "CuO x1 | - | Nd"),
    "cacuo2": ("infinite layer", "CuO xinf | Ca"),
    "la1.6sr0.4cacu2o6": ("La-2126", "CuO x2 | Ca | La"),
    "la3ni2o7-29.5gpa": ("RP n=2", "NiO x2 | La | La"),
    "la5ni3o11-21gpa": (None, "NiO x1+2 | La | La"),
    "nd6ni5o12-film": ("reduced RP n=5", "NiO x5 | Nd | Nd"),
    "fese": ("11", "FeSe x1 | -"),
    "lifeas": ("111", "FeAs x1 | - | Li"),
    "bafe2as2": ("122", "FeAs xinf | Ba"),
    "cakfe4as4": ("1144", "FeAs xinf | Ca K"),
    "lafeaso": ("1111", "FeAs x1 | - | La"),
    "kca2fe4as4f2": ("12442", "FeAs x2 | K | Ca"),
    "sr2vfeaso3": ("21311", "FeAs x1 | - | Sr | V | Sr"),
    "sr3sc2o5fe2as2": ("32522", "FeAs x1 | - | Sr | Sc | Sr"),
}
"""Names and stackings as the papers that the library names give them, inside out."""


def test_compounds_of_the_library_get_the_name_of_their_series() -> None:
    wanted = [one for one in reference_entries() if one.id in SERIES]
    found = {one.id: (one.series, one.signature) for one in screen_many(wanted, built_in_families())}
    assert found == SERIES


def test_types_of_the_measured_tables_are_members() -> None:
    assert {member_called(row.structure_type) is None for row in reference_structures()} == {True, False}
    assert all(
        member_called(said.partition(":")[0]) for row in series() for said in row.types if "{" not in said
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Hg-1201", ("Hg-12(n-1)n", 1)),
        ("Hg-1256", ("Hg-12(n-1)n", 6)),
        ("Cu-1234", ("M-12(n-1)n", 4)),
        ("Cd-1212", ("M-12(n-1)n", 2)),
        ("Ru-1212", ("Ru-1212", 2)),
        ("RP n=3", ("RP n", 3)),
        ("Hg-910", None),
        ("Hg-1213", None),
    ],
)
def test_the_name_of_a_member_says_series_and_sheets(name, expected) -> None:
    member = member_called(name)
    assert (member and (member[0].name, member[1])) == expected


@pytest.mark.parametrize(
    ("amounts", "metal", "bridged", "formula"),
    [
        ({"Ba": 6, "Ca": 12, "Cu": 15, "Hg": 3, "O": 37}, "Cu", True, "HgBa2Ca4Cu5O12.3"),
        ({"Ba": 2, "Cu": 3, "O": 6.95, "Y": 1}, "Cu", True, "YBa2Cu3O6.95"),
        ({"Bi": 4, "Ca": 2, "Cu": 4, "O": 16, "Sr": 4}, "Cu", True, "Bi2Sr2CaCu2O8"),
        ({"Cl": 2, "Cu": 1, "O": 2, "Sr": 2}, "Cu", True, "Sr2CuO2Cl2"),
        ({"Cu": 2, "Gd": 1, "O": 8, "Ru": 1, "Sr": 2}, "Cu", True, "RuSr2GdCu2O8"),
        ({"As": 2, "Ba": 1, "Co": 0.2, "Fe": 1.8}, "Fe", False, "BaFe1.8Co0.2As2"),
        ({"As": 1, "Fe": 1, "O": 3, "Sr": 2, "V": 1}, "Fe", False, "Sr2VFeAsO3"),
    ],
)
def test_formulas_are_written_as_chemists_write_them(amounts, metal, bridged, formula) -> None:
    assert written(amounts, metal, bridged) == formula
