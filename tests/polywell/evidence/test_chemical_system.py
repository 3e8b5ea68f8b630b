"""What is known of a chemical system: each compound once, its failures too, with sources."""

import pytest

from polywell.evidence.chemical_system import OURS, SUPERCON, system_of


def called(elements: str, formula: str, metal: str):
    return {one.best.called: one for one in system_of(set(elements.split()), formula, metal).compounds}


def test_nickelates_and_what_was_looked_for_in_vain() -> None:
    found = called("La Ni O", "La3Ni2O7", "Ni")
    first = next(iter(found.values()))
    # La3Ni2O7 under pressure: 80 K and more (Sun et al., Nature 621, 493 (2023)); none at ambient pressure.
    assert first.own and first.best.tc_k >= 80 and first.best.pressure_gpa > 10 and first.failed >= 1
    none = found["LaNiO2"]
    assert none.best.tc_k is None and none.best.lowest_k is not None and none.failed == none.reports
    assert not any(one.own for one in list(found.values())[1:])


def test_a_compound_stands_once_whatever_its_oxygen_and_its_doping() -> None:
    found = called("Y Ba Cu O", "YBa2Cu3O6.9", "Cu")
    assert next(iter(found.values())).reports > 500
    assert sum(name.startswith("YBa2Cu3O") for name in found) == 1
    lsco = called("La Sr Cu O", "La2CuO4", "Cu")
    assert next(iter(lsco.values())).reports > 200 and len(lsco) < 6


def test_every_compound_is_of_the_elements_has_a_source_and_falls_in_temperature() -> None:
    elements = {"Hg", "Tl", "Ba", "Ca", "Cu", "O"}
    found = system_of(elements, "HgBa2Ca2Cu3O8", "Cu").compounds
    assert found[0].own and found[0].best.tc_k > 130
    temperatures = [one.best.tc_k or 0.0 for one in found[1:]]
    assert temperatures == sorted(temperatures, reverse=True)
    for one in found:
        assert one.best.source and one.reports >= 1 and one.failed <= one.reports
        assert one.best.table in range(OURS, SUPERCON + 1)


def test_mixtures_of_phases_are_counted_and_not_named() -> None:
    found = system_of({"Y", "Ba", "Cu", "O"}, "YBa2Cu3O7", "Cu")
    assert found.untyped > 0
    assert not any(one.best.formula == "Ba0.8Y1.2CuO4" for one in found.compounds)


def test_of_unheard_elements_nothing_is_known() -> None:
    found = system_of({"Xe", "F"}, "XeF2", "Cu")
    assert found.compounds == () and found.untyped == 0


@pytest.mark.parametrize("formula", ["no formula", "", "n" * 10_000])
def test_a_candidate_without_a_formula_has_no_compound_of_its_own(formula) -> None:
    found = system_of({"La", "Ni", "O"}, formula, "Ni")
    assert found.compounds and not any(one.own for one in found.compounds)
