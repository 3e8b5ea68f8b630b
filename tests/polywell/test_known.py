"""Which formulas are a measured compound up to doping, and which are its relatives."""

import pytest

from polywell.data.measured import measured_superconductors
from polywell.known import known_compound, nearest_relatives


@pytest.mark.parametrize(
    ("formula", "metal", "key"),
    [
        ("La2CuO4", "Cu", "la2cuo4"),
        ("La1.85Sr0.15CuO4", "Cu", "la2cuo4"),
        ("YBa2Cu3O6", "Cu", "yba2cu3o7"),
        ("Ba0.6K0.4Fe2As2", "Fe", "bafe2as2"),
        ("LaFeAsO0.9F0.1", "Fe", "lafeaso"),
        ("KFe2Se2", "Fe", "kfe2se2"),
        ("La3Ni2O7", "Ni", "la3ni2o7"),
        ("La4Ni3O10", "Ni", "la4ni3o10"),
    ],
)
def test_a_doped_formula_is_its_compound(formula, metal, key) -> None:
    known = known_compound(formula, metal)
    assert known is not None
    assert known.rows[0].compound_key == key


@pytest.mark.parametrize(
    ("formula", "metal"),
    [
        ("Sr2CuO2Br2", "Cu"),
        ("HgBa2Ca4Cu5O12", "Cu"),  # five sheets are another compound than four
        ("MgCuO2", "Cu"),
        ("LaFeSiO", "Fe"),
        ("=cmd()", "Cu"),
        ("<script>", "Cu"),
        ("", "Cu"),
        ("n" * 10_000, "Cu"),
        ("La2CuO4", "Ni"),
    ],
)
def test_other_compounds_and_texts_match_nothing(formula, metal) -> None:
    assert known_compound(formula, metal) is None


def test_a_compound_that_was_measured_without_superconductivity_is_known_without_a_temperature() -> None:
    known = known_compound("CaCuO2", "Cu")
    assert known is not None and known.best is None and known.tc_k is None


def test_unlike_definitions_of_tc_are_not_compared() -> None:
    """Hg1223 shows zero resistance at 153 K under 22 GPa at best; its onsets, to 164 K, are another thing."""
    known = known_compound("HgBa2Ca2Cu3O8", "Cu")
    assert known is not None and known.best is not None
    assert (known.tc_k, known.best.pressure_gpa, known.best.representative_kind()) == (
        153.0,
        22.0,
        "zero resistance",
    )


def test_relatives_are_superconductors_of_the_metal_by_nearness_of_height() -> None:
    heights = {row.structure: 3.0 + 0.01 * n for n, row in enumerate(measured_superconductors())}
    found = nearest_relatives(3.5, heights, "Cu")
    assert len(found) == 5
    assert [one.distance_ang for one in found] == sorted(one.distance_ang for one in found)
    assert all(one.row.representative_tc_k() for one in found)
    assert len({one.row.compound_key for one in found}) == 5
    assert nearest_relatives(3.5, {}, "Cu") == ()
