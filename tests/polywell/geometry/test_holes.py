"""Nets with ordered holes and foreign corners, as their average with shared sites; ties; frameworks."""

from collections.abc import Sequence

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from scipy.spatial.transform import Rotation

from polywell.families import load_families
from polywell.records import Entry, Reason, Screening
from polywell.screening import screen

FAMILIES = load_families()
LAYER = Structure(
    Lattice.tetragonal(3.86, 3.2),
    ["Ca", "Cu", "O", "O"],
    [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0]],
)
SELENIDE = Structure(
    Lattice.tetragonal(3.8, 6.0),
    ["Fe", "Fe", "Se", "Se"],
    [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 1.45 / 6], [0, 0.5, -1.45 / 6]],
)
ROOT_2 = ((1, 1, 0), (1, -1, 0), (0, 0, 1))


def screened(structure: Structure) -> Screening:
    elements = tuple(sorted({one.symbol for one in structure.composition.elements}))
    entry = Entry("test", "x", structure.composition.reduced_formula, elements, structure)
    return screen(entry, FAMILIES)


def holed(parent: Structure, cell: Sequence[object], symbol: str, other: str | None = None) -> Structure:
    """A supercell without the first of its ions of an element, or with another in its place."""
    structure = parent * np.array(cell)
    first = next(k for k, site in enumerate(structure) if site.specie.symbol == symbol)
    if other is None:
        structure.remove_sites([first])
    else:
        structure.replace(first, other)
    return structure


def turned_and_moved(structure: Structure) -> Structure:
    """The same crystal by other vectors, in another orientation, from another origin, in another order."""
    turned = structure * np.array([[1, 0, 0], [2, 1, 0], [1, -1, 1]])
    matrix = turned.lattice.matrix @ Rotation.from_rotvec([0.3, -1.1, 0.7]).as_matrix().T
    species = [site.species for site in turned][::-1]
    return Structure(Lattice(matrix), species, turned.frac_coords[::-1] + np.array([0.31, 0.77, 0.13]))


def heights(record: Screening) -> list[tuple[str, float]]:
    return [(phase.cage, round(phase.xi_ang, 3)) for phase in record.phases]


# Every octahedron of the layer is c = 3.2 Å high, every nonahedron of the selenide 2 x 1.45 Å.
@pytest.mark.parametrize(
    ("parent", "cell", "symbol", "other", "share"),
    [
        (LAYER, (2, 2, 1), "O", None, "12% of the bridges"),
        (LAYER, ROOT_2, "O", None, "25% of the bridges"),
        (LAYER, ((2, 2, 0), (1, -1, 0), (0, 0, 1)), "O", None, "12% of the bridges"),
        (LAYER, (2, 2, 1), "Cu", None, "25% of the corners"),
        *[(LAYER, (2, 2, 1), "Cu", metal, f"{metal} holds 25%") for metal in ("Li", "Mg", "Al", "Ga")],
        (SELENIDE, ROOT_2, "Fe", None, "25% of the corners"),
        (SELENIDE, (2, 2, 1), "Fe", None, "12% of the corners"),
        (SELENIDE, (2, 2, 1), "Fe", "Li", "Li holds 12%"),
        (SELENIDE, (2, 1, 1), "Fe", None, "25% of the corners"),
        (SELENIDE, (3, 1, 1), "Fe", "Mg", "Mg holds 17%"),
        (SELENIDE, ROOT_2, "Se", None, "25% of the caps"),
        (SELENIDE, (2, 1, 1), "Se", None, "25% of the caps"),
        (SELENIDE, (2, 2, 1), "Se", None, "12% of the caps"),
    ],
)
def test_an_isolated_hole_does_not_end_a_net(
    parent: Structure, cell: Sequence[object], symbol: str, other: str | None, share: str
) -> None:
    record = screened(holed(parent, cell, symbol, other))
    assert heights(record) == ([("octahedron", 3.2)] if parent is LAYER else [("nonahedron", 2.9)])
    assert share in (record.net_note or "")
    larger = screened(holed(parent, cell, symbol, other) * (1, 2, 1))
    assert (heights(larger), larger.net_note) == (heights(record), record.net_note)
    assert [phase.count for phase in larger.phases] == [phase.count for phase in record.phases]
    turned = screened(turned_and_moved(holed(parent, cell, symbol, other)))
    assert (heights(turned), turned.net_note) == (heights(record), record.net_note)


# Two holes that are neighbours, the shortest vector of the cell apart, and a row of corners that are.
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("parent", "cell", "symbol", "other", "apart"),
    [
        (LAYER, (3, 3, 1), "Cu", None, 3.86),
        (LAYER, (3, 3, 1), "Cu", "Li", 3.86),
        (LAYER, (2, 2, 1), "O", None, 3.86 / 2**0.5),
        (LAYER, (4, 1, 1), "Cu", "Mg", 0),
        (LAYER, (4, 1, 1), "Cu", None, 0),
        (SELENIDE, (2, 2, 1), "Fe", None, 3.8 / 2**0.5),
        (SELENIDE, (2, 2, 1), "Se", None, (3.8**2 / 2 + 2.9**2) ** 0.5),
        (SELENIDE, (4, 1, 1), "Se", None, 3.8),
    ],
)
def test_neighbouring_holes_do_not_end_a_net_that_repeats_around_them(
    parent: Structure, cell: Sequence[object], symbol: str, other: str | None, apart: float, turned: bool
) -> None:
    structure = parent * np.array(cell)
    alike = [k for k, site in enumerate(structure) if site.specie.symbol == symbol]
    gone = [alike[0], min(alike, key=lambda k: abs(structure.get_distance(alike[0], k) - apart))]
    for one in sorted(set(gone), reverse=True):
        if other is None:
            structure.remove_sites([one])
        else:
            structure.replace(one, other)
    record = screened(turned_and_moved(structure) if turned else structure)
    assert {height for _, height in heights(record)} == {3.2 if parent is LAYER else 2.9}


def test_a_hollow_that_most_cells_of_the_average_fill_bears_no_cage() -> None:
    # Two nets of CuO2 that share their oxygens, each in the hollows of the other, as in BaCu3O4: one Cu of
    # four is missing, in order or not.
    planes = Structure(LAYER.lattice, [*LAYER.species, "Cu"], [*LAYER.frac_coords, [0.5, 0.5, 0]])
    ordered = planes * np.array([[2, 0, 0], [0, 2, 0], [0, 0, 1]])
    gone = [k for k, site in enumerate(ordered) if site.specie.symbol == "Cu"]
    origin = ordered.lattice.get_cartesian_coords
    first = min(gone, key=lambda k: np.linalg.norm(ordered[k].coords - origin([0, 0, 0])))
    second = min(gone, key=lambda k: np.linalg.norm(ordered[k].coords - origin([0.25, 0.75, 0])))
    ordered.remove_sites([first, second])
    mixed = Structure(
        planes.lattice,
        [{"Cu": 0.75} if site.specie.symbol == "Cu" else site.species for site in planes],
        planes.frac_coords,
    )
    for structure in (ordered, mixed):
        assert screened(structure).phases == ()


def test_vacancies_of_k2fe4se5_in_order_and_in_disorder_give_one_answer() -> None:
    """√5 x √5 cell: z of Fe 0.2524, of Se over the whole square 0.1351 and over four with a vacancy 0.1462.

    On average over five squares ξα = 14.1128 (0.3649 - 0.1462 + 4 (0.3538 - (3 x 0.1462 + 0.1351) / 4)) / 5
    and ξβ = 14.1128 / 4 Å (values of W. Bao et al. 2011, recalled).
    """
    cell = Lattice.tetragonal(8.7306, 14.1128)
    places = {
        "K1": (0, 0, 0),
        "K2": (0.4032, 0.1796, 0),
        "Fe1": (0, 0.5, 0.25),
        "Fe2": (0.2006, 0.0918, 0.2524),
    }
    places |= {"Se1": (0.5, 0.5, 0.1351), "Se2": (0.1147, 0.3, 0.1462)}

    def structure(filled: float) -> Structure:
        species = ["K", "K", {"Fe": filled}, "Fe", "Se", "Se"]
        return Structure.from_spacegroup("I4/m", cell, species, list(places.values()))

    for filled in (0.06, 0.51):
        record = screened(structure(filled))
        assert [phase.xi_ang for phase in record.phases] == pytest.approx([2.9926, 3.5282], abs=2e-3)
    assert screened(structure(0.06)).net_disorder == pytest.approx(0.2)


@pytest.mark.parametrize("turned", [False, True])
def test_rows_of_missing_bridges_and_half_of_the_corners_are_no_isolated_holes(turned: bool) -> None:
    structure = LAYER * (3, 1, 1)
    cut = [k for k, site in enumerate(structure) if np.allclose(site.frac_coords, [1 / 6, 0, 0], atol=1e-6)]
    structure.remove_sites(cut)
    if turned:
        structure = structure.get_primitive_structure() * np.array(ROOT_2)
    assert screened(structure).reason is Reason.NO_SQUARE_NET
    assert screened(holed(LAYER, ROOT_2, "Cu", "Li")).reason is Reason.NO_SQUARE_NET


def stack(metals: Sequence[str], spacer: str = "La", vacuum: float = 0.0, closed: bool = False) -> Structure:
    """Perovskite layers 3.84 Å high, MO2 and AO by turns; `closed` puts one AO below the first too."""
    c, rows = 3.84, []
    for k, metal in enumerate(metals):
        rows += [
            (metal, 0, 0, k),
            ("O", 0.5, 0, k),
            ("O", 0, 0.5, k),
            (spacer, 0.5, 0.5, k + 0.5),
            ("O", 0, 0, k + 0.5),
        ]
    if closed:
        rows += [(spacer, 0.5, 0.5, -0.5), ("O", 0, 0, -0.5)]
    height = len(metals) * c + vacuum
    return Structure(
        Lattice.tetragonal(3.84, height),
        [row[0] for row in rows],
        [[x, y, z * c / height] for _, x, y, z in rows],
    )


@pytest.mark.parametrize(
    "structure",
    [
        stack(["Ni"] * 5, vacuum=15),
        stack(["Ni"] * 5, vacuum=15, closed=True),
        stack(["Ti"] * 3 + ["Ni"] * 3, vacuum=15),
        stack(["Ni", "Al"]),
        stack(["Ni", "Ti"]),
        stack(["Cu", "Sn"]),
    ],
)
def test_a_perovskite_is_not_layered_in_slabs_and_superlattices(structure: Structure) -> None:
    assert screened(structure).reason is Reason.NOT_LAYERED


def test_single_sheets_and_blocks_closed_by_rock_salt_are_layered() -> None:
    """ξ is the distance of two LaO layers, as in the perovskite."""
    for sheets in (1, 2, 3):
        record = screened(stack(["Ni"] * sheets, vacuum=15, closed=True))
        assert {round(phase.xi_ang, 3) for phase in record.phases} == {3.84}


@pytest.mark.parametrize("other", ["Co", "Cr", "Ni", "Ga"])
def test_in_a_tie_the_metal_with_a_λ_names_a_capped_net(other: str) -> None:
    shared, ordered = SELENIDE.copy(), SELENIDE.copy()
    shared.replace_species({"Fe": {"Fe": 0.5, other: 0.5}})
    ordered.replace(0, other)
    for structure in (shared, ordered) if other != "Ga" else (shared,):
        record = screened(structure)
        assert record.metal == "Fe"
        assert "equal shares of the net: it is called by Fe, which has a λ" in (record.net_note or "")


@pytest.mark.parametrize(
    ("pair", "metal", "why"),
    [("Ni Co", "Ni", "has a λ"), ("Cu Fe", "Cu", "has a λ"), ("Ni Cu", "Cu", "stands first in the λ table")],
)
def test_in_a_tie_the_λ_table_names_a_bridged_net(pair: str, metal: str, why: str) -> None:
    one, other = pair.split()
    structure = LAYER.copy()
    structure.replace(1, {one: 0.5, other: 0.5})
    record = screened(structure)
    assert record.metal == metal
    assert why in (record.net_note or "")


def test_a_chloride_net_is_as_long_as_its_bridges() -> None:
    """K2NiF4 type with Cu-Cl-Cu of 5.09 Å: ξ = 2 (0.5 - 0.3575) 15.5 = 4.4175 Å."""
    species, places = ["Rb", "Cu", "Cl", "Cl"], [(0, 0, 0.3575), (0, 0, 0), (0, 0.5, 0), (0, 0, 0.155)]
    structure = Structure.from_spacegroup("I4/mmm", Lattice.tetragonal(5.09, 15.5), species, places)
    assert screened(structure).xi_ceiling_ang == pytest.approx(4.4175)
