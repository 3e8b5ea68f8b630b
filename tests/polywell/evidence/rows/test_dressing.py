"""Dressing: a prototype with its own composition is itself; other ions and cells move it as geometry says."""

from math import sqrt
from pathlib import Path

import pytest

from polywell.data.reference import reference_structures
from polywell.data.supercon.formulas import taken_apart
from polywell.data.supercon.types import structure_types
from polywell.evidence.rows.dressing import FOLLOWED, Cell, dressed
from polywell.evidence.rows.noise import ANALOGUE, DRESSED, SAME, noise_lines
from polywell.evidence.rows.prototypes import prototypes
from polywell.families import load_families

FAMILIES = load_families()


def made(formula, kind, cell=None, without=()):
    return dressed(taken_apart(formula).amounts, structure_types()[kind], cell or Cell(), FAMILIES, without)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Hg-1201", "Hg-1201"),
        ("T'-214", "T'-214"),
        ("111 (PbFCl)", "111"),
        ("Y-123", "Y-123"),
        ("1144", "1144"),
    ],
)
def test_a_prototype_dressed_with_itself_is_itself(word, kind) -> None:
    references = {one.id: one for one in reference_structures()}
    one = next(row for row in prototypes(FAMILIES)[word] if row.sound)
    amounts = dict(references[one.id].composition().get_el_amt_dict())
    found = dressed(amounts, structure_types()[kind], Cell(), FAMILIES)
    assert found.same_compound
    for name in ("xi_ceiling_ang", "xi_outer_ang", "bond_ang", "bond_angle_deg", "anion_height_ang"):
        expected = getattr(one.features, name)
        assert getattr(found.features, name) == (
            expected if expected is None else pytest.approx(expected, rel=2e-3)
        )
    for name in ("spacer", "sheets_per_block", "ligand", "apical", "family"):
        assert getattr(found.features, name) == getattr(one.features, name)


def test_an_infinite_layer_is_as_high_as_its_stacking_axis() -> None:
    found = made("Sr0.9La0.1Cu1O2", "infinite layer", Cell(3.949, None, 3.4102)).features
    assert found.xi_ceiling_ang == found.xi_outer_ang == pytest.approx(3.4102, rel=1e-3)
    assert found.bond_ang == pytest.approx(3.949 / 2)


def test_a_larger_ion_lengthens_its_bonds() -> None:
    """HgBa2CuO4 with calcium: r 1.42 to 1.12 Å, of which the bond follows FOLLOWED; the edge stays."""
    cell = Cell(3.8714, None, None)
    with_ba, with_ca = made("Hg1Ba2Cu1O4.18", "Hg-1201", cell), made("Hg1Ca2Cu1O4.18", "Hg-1201", cell)
    height, beside = with_ba.features.xi_ceiling_ang / 2, 3.8714 / 2
    bond = sqrt(height**2 + beside**2) - FOLLOWED["cuprate"] * (1.42 - 1.12)
    assert with_ca.features.xi_ceiling_ang == pytest.approx(2 * sqrt(bond**2 - beside**2))
    assert (with_ca.features.apex_radius_inner_ang, with_ca.compound) == (1.12, "Hg-1201: Ca Hg")


def test_122_is_a_quarter_of_its_stacking_axis_high() -> None:
    found = made("Sr0.6K0.4Fe2As2", "122", Cell(3.898, None, 12.898)).features
    assert found.xi_outer_ang == pytest.approx(12.898 / 4, rel=1e-3)
    assert found.bond_ang**2 == pytest.approx(found.anion_height_ang**2 + (3.898 / 2) ** 2)


def test_a_cell_in_another_setting_is_the_same_net() -> None:
    one, other = (made("Bi2Sr2Ca1Cu2O8", "Bi-2212", Cell(a)).features for a in (3.82, 3.82 * sqrt(2)))
    assert one.bond_ang == pytest.approx(other.bond_ang)


def test_what_stands_on_the_sheets_and_in_the_spacer_is_told() -> None:
    assert made("Y1Ba2Cu2.9Zn0.1O7", "Y-123").features.net_disorder == pytest.approx(0.05)
    assert made("K0.8Fe1.6Se2", "122").features.net_disorder == pytest.approx(0.2)
    assert made("C0.8Cu0.2Sr2Cu1O5", "M-1201").features.spacer == "carbonate-like"
    assert made("Hg1Ba2Ca4Cu5O12", "Hg-1245").features.sheets_per_block == "5"
    assert made("Sr2Ca1Cu2O4F2.4", "0212 oxyhalide").features.spacer == "halide"
    assert made("La1Fe1As1O0.9F0.1", "1111").features.spacer == "fluorite"
    assert made("Ca1Fe1As1F1", "1111").features.spacer == "halide"
    assert made("Ca0.85La0.15Fe1As2", "112").features.spacer == "fluorite"
    assert made("Fe0.9Ru1.1Ba1As2", "122") is None


def test_a_fluorite_block_stands_on_one_side() -> None:
    """Ru-1222: strontium on one side as in Ru-1212, gadolinium over the sheet as in Gd2CuO4 on the other."""
    found = made("Ru1Sr2Gd1.4Ce0.6Cu2O10", "Ru-1222")
    [ruthenate] = prototypes(FAMILIES)["Ru-1212"]
    outer = max(apex.height_ang for apex in ruthenate.outer)
    t_prime = {one.id: one.ceiling[0].height_ang for one in prototypes(FAMILIES)["T'-214"]}
    lowest, highest = min(t_prime.values()), max(t_prime.values())
    assert outer + lowest - 0.1 < found.features.xi_ceiling_ang < outer + highest + 0.1
    assert (found.features.sheets_per_block, found.features.sheet_distance_ang) == ("1", None)


def test_dressing_errs_more_the_farther_the_prototype() -> None:
    noise = {line[:3]: line[4] for line in noise_lines(FAMILIES)}
    for family in ("cuprate", "iron-based"):
        same, other, far = (noise[family, geometry, "cell known"] for geometry in (SAME, DRESSED, ANALOGUE))
        assert 0.1 < same < other < far < 15
    assert {line[1] for line in noise_lines(FAMILIES)} == {SAME, DRESSED, ANALOGUE}


def test_the_page_quotes_what_dressing_errs() -> None:
    page = (Path(__file__).resolve().parents[4] / "docs" / "supercon.md").read_text("utf-8")
    for family, geometry, cell, count, ceiling, outer in noise_lines(FAMILIES):
        assert f"| {family} | {geometry} | {cell} | {count} | {ceiling:.1f} | {outer:.1f} |" in page
