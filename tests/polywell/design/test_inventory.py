"""The blocks of some crystals, each with where it comes from, and the kinds among them."""

import pytest

from polywell.data.reference import reference_entries
from polywell.design.inventory.blocks import inventory

IDS = ("hgba2cuo4.18", "hgba2ca2cu3o8.16", "ca0.86sr0.14cuo2", "cakfe4as4", "bafe2as2")


@pytest.fixture(scope="module")
def some():
    by_id = {entry.id: entry for entry in reference_entries()}
    return inventory([by_id[id_] for id_ in (*IDS, "fese")] if "fese" in by_id else map(by_id.get, IDS))


def test_every_gap_between_two_sheets_is_a_row(some):
    counts = {id_: sum(row.id == id_ for row in some.rows) for id_ in IDS}
    assert counts["hgba2cuo4.18"] == 1  # one sheet in its cell
    assert counts["hgba2ca2cu3o8.16"] == 3  # two layers of Ca, and the spacer
    assert counts["cakfe4as4"] == 2  # Ca, K
    assert len(some.rows) == sum(len(kind.rows) for kind in some.kinds)


def test_a_kind_is_named_with_its_parents_charge_and_apexes(some):
    spacer = next(kind for kind in some.kinds if kind.name == "HgBa2O2")
    assert set(spacer.parents) == {"hgba2cuo4.18", "hgba2ca2cu3o8.16"}
    assert spacer.charge == pytest.approx(2 + 2 * 2 - 2 * 2)
    assert spacer.first.apex_below == spacer.first.apex_above == "Ba"
    assert spacer.lent and spacer.sheets == ("CuO2",)
    calcium = next(kind for kind in some.kinds if (kind.name, kind.block.role) == ("Ca", "inner"))
    assert calcium.charge == pytest.approx(2.0)
    assert calcium.edge_ang == pytest.approx(3.86, abs=0.03)  # a of infinite layers and of Hg-1223
