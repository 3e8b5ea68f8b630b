"""The table of hazards and what it says of compositions."""

import re

from pymatgen.core import Element

from polywell.data.hazards import hazards, is_radioactive, remarks


def kinds(elements: set[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for hazard in hazards(elements):
        found.setdefault(hazard.remark.kind, set()).update(hazard.elements)
    return found


def test_poisonous_and_volatile_metals_of_the_record_holders_are_named() -> None:
    assert {"Hg"} == kinds({"Hg", "Cu", "O"})["toxic"]
    assert {"Tl"} == kinds({"Tl", "Cu", "O"})["volatile"]
    assert hazards({"Hg", "Ba", "Cu", "O"})[0].remark.level == "severe"
    assert kinds({"K", "Fe", "As"})["toxic"] == {"As"}
    assert kinds({"K", "Fe", "As"})["air-sensitive"] == {"K"}


def test_every_element_without_a_stable_isotope_is_radioactive_and_bismuth_is_not() -> None:
    # No stable isotope up to lawrencium: Tc, Pm, and all from Po on; Bi-209 lives 2e19 years.
    unstable = {e.symbol for e in Element if (e.Z in (43, 61) or e.Z >= 84) and e.Z <= 103}
    listed = {symbol for row in remarks() if row.kind == "radioactive" for symbol in row.elements}
    assert listed == unstable
    assert is_radioactive({"Th", "Fe"}) and not is_radioactive({"Bi", "Cu"})


def test_a_composition_that_the_table_does_not_name_gives_nothing() -> None:
    assert hazards({"O", "Fe"}) == ()
    assert hazards(set()) == ()


def test_every_remark_has_a_source_that_can_be_opened_or_bought() -> None:
    for remark in remarks():
        assert re.search(r"https://\S+|Handbook", remark.source), remark
        assert remark.checked == "recalled" or re.search(r"20\d\d-\d\d-\d\d", remark.source)
