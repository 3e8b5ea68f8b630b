"""The strict reader against pymatgen's general one, on texts that pymatgen wrote."""

import warnings

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifParser, CifWriter

from catalog.readers.cif.plain import read_plain
from catalog.readers.cif.scan import blocks

ELEMENTS = "Cu Ni Fe O La Sr Ba Y As Se H F Bi Tl Hg".split()


def random_structure(seed: int) -> Structure:
    """A cell of any shape with ordered, partly occupied and mixed sites."""
    rng = np.random.default_rng(seed)
    lattice = Lattice.from_parameters(*rng.uniform(3, 30, 3), *rng.uniform(70, 110, 3))
    count = int(rng.integers(1, 40))
    species: list[object] = []
    for _ in range(count):
        kind = rng.integers(0, 3) if seed % 2 else 0
        first, second = rng.choice(ELEMENTS[:10], 2, replace=False)
        share = round(float(rng.uniform(0.05, 0.9)), 3)
        if {str(first), str(second)} == {"O", "H"}:
            kind = 0
        species.append(
            [str(first), {str(first): share}, {str(first): share, str(second): round(0.99 - share, 3)}][kind]
        )
    coordinates = rng.uniform(-0.4, 1.6, (count, 3)) if seed % 3 else rng.integers(0, 997, (count, 3)) / 997
    return Structure(lattice, species, coordinates)


@pytest.mark.parametrize("start", range(0, 300, 50))
def test_both_readers_agree(start: int) -> None:
    for seed in range(start, start + 50):
        (block,) = blocks(str(CifWriter(random_structure(seed))))
        plain = read_plain(block)
        assert plain is not None, seed
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "fractional coordinates rounded": not the point here
            general = CifParser.from_str(block, check_cif=False).parse_structures(primitive=False)[0]
        assert_same(plain, general)


def assert_same(left: Structure, right: Structure) -> None:
    assert len(left) == len(right)
    np.testing.assert_array_equal(left.lattice.matrix, right.lattice.matrix)
    distances = left.lattice.get_all_distances(left.frac_coords, right.frac_coords)
    partner = distances.argmin(axis=1)
    assert sorted(partner) == list(range(len(right)))
    assert distances.min(axis=1).max() < 5e-3  # the general reader moves 0.3333 to 1/3, up to 1e-4 of an edge
    for site, index in zip(left, partner, strict=True):
        assert site.species.almost_equals(right[int(index)].species)


def test_sites_keep_the_order_and_the_numbers_of_the_file(la2cuo4_cif: str) -> None:
    plain = read_plain(blocks(la2cuo4_cif)[0])
    assert plain is not None
    rows = [line.split() for line in la2cuo4_cif.splitlines() if line.startswith("  ") and "," not in line]
    assert [site.species_string for site in plain] == [row[0] for row in rows]
    np.testing.assert_array_equal(plain.frac_coords, [[float(word) for word in row[3:6]] for row in rows])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("'x, y, z'", "'-x, y, z'"),
        ("  1  'x, y, z'\n", "  1  'x, y, z'\n  2  '-x, -y, -z'\n"),
        (" _atom_site_occupancy\n", " _atom_site_U_iso_or_equiv\n"),
        ("_cell_length_a   3.78000000", "_cell_length_a   3.780(2)"),
        ("0.36100000", "0.361(3)"),
        ("0.36100000", "?"),
        ("0.36100000", "nan"),
        ("  Cu  Cu0", "  Cu  'Cu 0'"),
        ("  Cu  Cu0", "  Vac  V0"),
        ("loop_\n _atom_site_type_symbol", "_x ?\nloop_\n _x_y\n 1\nloop_\n _atom_site_type_symbol"),
        ("  Cu  Cu0  1  0.00000000  0.00000000  0.00000000  1\n", "  Cu  Cu0  1  0.0  0.0\n"),
        ("0.00000000  1\n", "0.00000000  1.3\n"),
        ("0.00000000  1\n", "0.00000000  0\n"),
    ],
)
def test_any_other_layout_is_left_to_the_general_reader(old: str, new: str, la2cuo4_cif: str) -> None:
    assert read_plain(blocks(la2cuo4_cif)[0]) is not None
    changed = la2cuo4_cif.replace(old, new, 1)
    assert changed != la2cuo4_cif
    assert read_plain(blocks(changed)[0]) is None
