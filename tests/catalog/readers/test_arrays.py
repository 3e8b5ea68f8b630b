from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from catalog.errors import (
    BadCellError,
    BadCoordinatesError,
    MissingAtomsError,
    MissingValueError,
    NoStructureError,
    NotPeriodicError,
    ParseError,
    ReadError,
    TooManySitesError,
    UnknownElementError,
)
from catalog.readers.limits import ReadingLimits
from catalog.readers.reading import read, read_parts
from catalog.sources.base import Failure, RawEntry

CUBE = [[4.0, 0, 0], [0, 4.0, 0], [0, 0, 4.0]]


def optimade(names=("Cu", "O"), places=((0, 0, 0), (2, 0, 0)), elements=None, **more) -> RawEntry:
    payload = {
        "lattice_vectors": CUBE,
        "species_at_sites": list(names),
        "cartesian_site_positions": [list(place) for place in places],
        **more,
    }
    return RawEntry("optimade:x", "1", "optimade", payload, None, elements=elements)


def species(name: str, symbols, shares, **more) -> dict:
    return {"name": name, "chemical_symbols": list(symbols), "concentration": list(shares), **more}


def sites(raw: RawEntry) -> list[dict[str, float]]:
    (entry,) = read(raw, lambda elements: True)
    assert entry.structure is not None
    return [{el.symbol: float(x) for el, x in site.species.items()} for site in entry.structure]


def test_a_pymatgen_dict_comes_back_bit_for_bit(la2cuo4: Structure, doped: Structure) -> None:
    for structure in (la2cuo4, doped, la2cuo4.copy().add_oxidation_state_by_guess() or la2cuo4):
        raw = RawEntry("jsonl:x", "1", "pymatgen", structure.as_dict())
        (entry,) = read(raw, lambda elements: True)
        assert entry.structure is not None
        assert np.array_equal(entry.structure.frac_coords, structure.frac_coords)
        assert np.array_equal(entry.structure.lattice.matrix, structure.lattice.matrix)
        assert entry.formula == structure.composition.reduced_formula.replace("1", "") or structure is doped


def test_charges_and_isotopes_are_dropped() -> None:
    structure = Structure(Lattice(CUBE), ["Cu2+", "D+"], [[0, 0, 0], [0.5, 0, 0]])
    assert sites(RawEntry("x", "1", "pymatgen", structure.as_dict())) == [{"Cu": 1.0}, {"H": 1.0}]


def test_concentrations_and_vacancies() -> None:
    mixed = [species("M", ["Cu", "Ni", "vacancy"], [0.5, 0.25, 0.25]), species("O", ["O"], [1.0])]
    assert sites(optimade(("M", "O"), species=mixed)) == [{"Cu": 0.5, "Ni": 0.25}, {"O": 1.0}]


def test_empty_sites_are_left_out_and_the_others_keep_their_places() -> None:
    raw = optimade(("void", "Cu"), species=[species("void", ["vacancy"], [1.0])])
    (entry,) = read(raw, lambda elements: True)
    assert entry.formula == "Cu" and entry.structure is not None
    assert entry.structure.frac_coords.tolist() == [[0.5, 0, 0]]


def test_partial_sites_at_one_place_become_one_also_across_the_border() -> None:
    listed = [species("La9", ["La"], [0.9]), species("Sr1", ["Sr"], [0.1])]
    raw = optimade(("La9", "Sr1", "O"), ((0, 0, 0), (3.9999999, 0, 0), (2, 2, 2)), species=listed)
    assert sites(raw) == [{"La": 0.9, "Sr": 0.1}, {"O": 1.0}]


def test_groups_that_exclude_each_other_share_by_their_probability() -> None:
    groups = [{"sites_in_groups": [[0], [1, 2]], "group_probabilities": [0.75, 0.25]}]
    raw = optimade(("Cu", "Ni", "O"), ((0, 0, 0), (0, 0, 0), (1, 1, 1)), assemblies=groups)
    assert sites(raw) == [{"Cu": 0.75, "Ni": 0.25}, {"O": 0.25}]


@pytest.mark.parametrize(
    ("stated", "kept"), [("CuO", None), ("Cu4 O4", None), ("Li0.1Cu0.9O", "Li0.1Cu0.9O")]
)
def test_a_stated_formula_that_the_sites_do_not_hold_is_kept(stated: str, kept: str | None) -> None:
    (entry,) = read(replace(optimade(), formula=stated), lambda elements: True)
    assert entry.formula == "CuO"
    assert entry.provenance.declared_formula == kept


def test_what_has_no_site_is_remarked() -> None:
    listed = [species("O", ["O"], [1.0], attached=["H"], nattached=[1])]
    raw = optimade(species=listed, structure_features=["implicit_atoms"], elements=("Cu", "H", "O"))
    (entry,) = read(raw, lambda elements: True)
    note = str(entry.provenance.note)
    assert "H attached to O" in note and "no site" in note and "hydrogen" in note


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (optimade(("Cu", "Xx")), UnknownElementError),
        (optimade(("Cu", "Qq")), UnknownElementError),
        (optimade(places=((0, 0, 0),)), BadCoordinatesError),
        (optimade(places=((0, 0, 0), (1, float("nan"), 0))), BadCoordinatesError),
        (optimade(places=((0, 0, 0), (1, 2))), BadCoordinatesError),
        (optimade(places=((0, 0, 0), ("a", "b", "c"))), BadCoordinatesError),
        (optimade(lattice_vectors=[[1, 0, 0], [0, 1, 0]]), BadCellError),
        (optimade(lattice_vectors=None), BadCellError),
        (optimade(lattice_vectors=[[4, 0, 0], [4, 0, 0], [0, 0, 4]]), BadCellError),
        (optimade(lattice_vectors=[[4, 0, 0], [0, float("inf"), 0], [0, 0, 4]]), BadCellError),
        (optimade(dimension_types=[1, 0, 0]), NotPeriodicError),
        (optimade(nperiodic_dimensions=2), NotPeriodicError),
        (optimade(species_at_sites=None), MissingValueError),
        (optimade(elements=("Ba", "Cu", "O")), MissingAtomsError),
        (optimade(species=[species("Cu", ["Cu"], [1.5])]), BadCoordinatesError),
        (optimade(species=[species("Cu", ["Cu", "Ni"], [-0.5, 1.0])]), BadCoordinatesError),
        (optimade(species=[species("Cu", ["Cu", "Ni"], [1.0])]), ParseError),
        (optimade(species=[{"name": "Cu"}]), ParseError),
        (optimade(species="Cu"), ParseError),
        (optimade(assemblies=[{"sites_in_groups": [[9]], "group_probabilities": [1.0]}]), ParseError),
        (optimade(names=[f"H{i}" for i in range(3)]), UnknownElementError),
        (optimade(names=["H"] * 9, places=[(i, 0, 0) for i in range(9)]), TooManySitesError),
        (RawEntry("x", "1", "pymatgen", {"sites": [{"species": 3}], "lattice": {}}), ParseError),
        (RawEntry("x", "1", "pymatgen", {"lattice": {"matrix": CUBE}}), MissingValueError),
        (
            RawEntry(
                "x", "1", "pymatgen", {"lattice": {"matrix": CUBE, "pbc": [True, False, False]}, "sites": []}
            ),
            NotPeriodicError,
        ),
        (RawEntry("x", "1", "optimade", {}, "CuO", elements=("Cu", "O")), MissingValueError),
    ],
)
def test_what_is_wrong_is_named(raw: RawEntry, error: type[ReadError]) -> None:
    with pytest.raises(error) as caught:
        read(raw, lambda elements: True, ReadingLimits(sites=5))
    assert "\n" not in str(caught.value)
    (failure,) = read_parts(raw, lambda elements: True, ReadingLimits(sites=5))
    assert isinstance(failure, Failure) and failure.error_type == error.__name__


def test_a_structure_that_is_not_needed_is_not_built() -> None:
    broken = optimade(("Mg", "O"), lattice_vectors="none")
    (entry,) = read(broken, lambda elements: "Cu" in elements)
    assert entry.structure is None and (entry.formula, entry.elements) == ("MgO", ("Mg", "O"))
    left_out = RawEntry("x", "1", "optimade", {}, "O4La2Mg1", elements=("La", "Mg", "O"))
    (entry,) = read(left_out, lambda elements: "Cu" in elements)
    assert (entry.formula, entry.elements) == ("La2MgO4", ("La", "Mg", "O"))
    nameless = RawEntry("x", "1", "optimade", {}, None, elements=("La", "O"))
    assert read(nameless, lambda elements: False)[0].elements == ("La", "O")


def test_an_element_that_only_the_declaration_has_is_looked_for() -> None:
    asked: list[set[str]] = []
    with pytest.raises(MissingAtomsError):
        read(
            optimade(("Mg", "O"), elements=("Cu",)),
            lambda elements: bool(asked.append(set(elements))) or True,
        )
    assert asked == [{"Cu", "Mg", "O"}]


def test_a_failure_keeps_what_is_known_of_the_composition() -> None:
    (failure,) = read_parts(optimade(lattice_vectors=None), lambda elements: True)
    assert isinstance(failure, Failure) and (failure.formula, failure.elements) == ("CuO", ("Cu", "O"))


P4MMM = [
    f"{x},{y},{z}"
    for z in ("z", "-z")
    for axes in ("xy", "yx")
    for x, y in product(*([sign + axis for sign in ("", "-")] for axis in axes))
]
OPERATIONS, PLACES = "space_group_symmetry_operations_xyz", "fractional_site_positions"
INFINITE_LAYERS = [[3.86, 0, 0], [0, 3.86, 0], [0, 0, 3.2]]
ASYMMETRIC = [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0]]
"""CaCuO2 by its three sites under P 4/m m m; the oxygen has two images in the cell."""


def domain(**more) -> RawEntry:
    payload = {
        "lattice_vectors": INFINITE_LAYERS,
        "species_at_sites": ["Ca", "Cu", "O"],
        "fractional_site_positions": ASYMMETRIC,
        "site_coordinate_span": "asymmetric_unit",
        "space_group_symmetry_operations_xyz": P4MMM,
        **more,
    }
    return RawEntry("optimade:x", "1", "optimade", payload, None, elements=("Ca", "Cu", "O"))


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"site_coordinate_span": "molecular_fundamental_domain"},
        {
            "fractional_site_positions": None,
            "cartesian_site_positions": [[1.93, 1.93, 1.6], [0, 0, 0], [1.93, 0, 0]],
        },
        {"fractional_site_positions": [[0.5, 0.5, 0.5], [0, 0, 0], [0.4996, -0.0004, 1.0]]},
        {
            "site_coordinate_span": "unit_cell", "species_at_sites": ["Ca", "Cu", "O", "O"],
            "fractional_site_positions": [*ASYMMETRIC, [0, 0.5, 0]],
        },
    ],
)  # fmt: skip
def test_a_fundamental_domain_becomes_the_cell(more) -> None:
    (entry,) = read(domain(**more), lambda elements: True)
    assert entry.formula == "CaCuO2" and entry.structure is not None
    assert [site.specie.symbol for site in entry.structure] == ["Ca", "Cu", "O", "O"]
    expected = [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0]]
    apart = entry.structure.frac_coords[:, None] - np.array(expected)
    assert sorted(np.argmin(np.abs(apart - np.round(apart)).max(axis=2), axis=1)) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("more", "error", "words"),
    [
        ({"site_coordinate_span": "molecular_entities"}, NoStructureError, "span 'molecular_entities'"),
        ({"site_coordinate_span": 7}, NoStructureError, "span '7'"),
        ({OPERATIONS: None}, ParseError, f"{OPERATIONS}, .* are missing"),
        ({OPERATIONS: ["x,y"]}, ParseError, "operation 'x,y' is not understood"),
        ({OPERATIONS: ["x,y,1/0"]}, ParseError, "'x,y,1/0' is not understood"),
        ({OPERATIONS: ["x,y,z"] * 401}, TooManySitesError, "401 symmetry operations"),
        ({PLACES: [[0, 0, 0], [0, 0, None], None]}, BadCoordinatesError, r"site 1 \(Cu\) has no"),
        ({PLACES: [[0, 0, 0], [0, 0], [0]]}, BadCoordinatesError, "expected 3 rows"),
    ],
)
def test_a_domain_that_cannot_be_made_whole_says_why(more, error: type[ReadError], words: str) -> None:
    with pytest.raises(error, match=words):
        read(domain(**more), lambda elements: True)


def test_groups_of_sites_keep_their_shares_in_the_whole_cell() -> None:
    more = {
        "species_at_sites": ["H", "Ca", "Cu", "O", "F"],
        "fractional_site_positions": [None, *ASYMMETRIC, ASYMMETRIC[2]],
        "assemblies": [{"sites_in_groups": [[3], [4]], "group_probabilities": [0.75, 0.25]}],
    }
    assert sites(domain(**more)) == [{"Ca": 1.0}, {"Cu": 1.0}, *[{"O": 0.75, "F": 0.25}] * 2]
    (entry,) = read(domain(**more), lambda elements: True)
    assert "the declared hydrogen has no site" in str(entry.provenance.note)


def test_a_placeholder_is_left_out_and_a_lone_element_fills_its_site() -> None:
    known = [
        species("Cu", ["Cu"], [1.0]),
        species("q", ["X"], [1.0]),
        {"name": "O", "chemical_symbols": ["O"]},
    ]
    raw = optimade(("Cu", "O", "q", "X"), [[0, 0, 0], [2, 0, 0], [0, 2, 0], [0, 0, 2]], species=known)
    assert sites(raw) == [{"Cu": 1.0}, {"O": 1.0}]
    (entry,) = read(raw, lambda elements: True)
    assert "X, which is no chemical element" in str(entry.provenance.note)
    with pytest.raises(ParseError, match="2 elements and no concentrations"):
        read(optimade(species=[{"name": "Cu", "chemical_symbols": ["Cu", "Ni"]}]), lambda elements: True)
