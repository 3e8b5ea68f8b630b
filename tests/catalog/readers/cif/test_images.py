"""Crystals made of rows and operations as arrays, against pymatgen's parser: sites, order and every digit."""

import numpy as np
import pytest
import spglib
from pymatgen.core import SymmOp
from pymatgen.io.cif import CifParser

from catalog.readers.cif.images import crystal
from catalog.readers.cif.values import resolve
from catalog.readers.limits import LIMITS

SYMBOLS = "Cu Ni Fe O La Sr Ba Y As Se Cl F Bi Tl Hg Pr Nd H".split()
PLACES = (0.0, 0.5, 0.25, 0.3333, 0.6667, 0.125, 0.01, 0.9999)


def text_of(seed: int) -> str:
    """A CIF of some setting of some group, with atoms on special places, shared sites and charges."""
    draw = np.random.default_rng(seed)
    setting = int(draw.integers(1, 531))
    group = spglib.get_spacegroup_type(setting)
    found = spglib.get_symmetry_from_database(setting)
    words = [
        SymmOp.from_rotation_and_translation(*pair).as_xyz_str()
        for pair in zip(found["rotations"], found["translations"], strict=True)
    ]
    trigonal = 143 <= group.number <= 194
    a, b, c = draw.uniform(3, 9, 3).round(3)
    lengths = (a, a, a) if group.number > 194 else (a, a, c) if group.number > 74 else (a, b, c)
    angles = (90, 90, 120) if trigonal else (90, 90, 90) if group.number > 15 else (90, 98.5, 90)
    rows = []
    for number in range(int(draw.integers(1, 7))):
        place = [
            float(draw.choice(PLACES)) if draw.random() < 0.7 else round(float(draw.random()), 4)
            for _ in range(3)
        ]
        symbol, other = draw.choice(SYMBOLS, 2, replace=False).tolist()
        shared = draw.random() < 0.3
        share = round(float(draw.uniform(0.2, 0.6)), 2) if shared else 1
        rows.append((f"{symbol}{number}", symbol, *place, share))
        if shared:
            rows.append((f"{other}{number}", other, *place, round(1 - share, 2) if seed % 2 else 0.3))
    charges = "loop_\n _atom_type_symbol\n _atom_type_oxidation_number\n" + "".join(
        f" {symbol}{n}+ {n}\n" for n, symbol in enumerate(dict.fromkeys(row[1] for row in rows), start=1)
    )
    names = "label type_symbol fract_x fract_y fract_z occupancy".split()
    return (
        "data_x\n"
        + "".join(f"_cell_length_{name} {value}\n" for name, value in zip("abc", lengths, strict=True))
        + "".join(
            f"_cell_angle_{name} {value}\n"
            for name, value in zip(("alpha", "beta", "gamma"), angles, strict=True)
        )
        + "loop_\n _space_group_symop_operation_xyz\n"
        + "".join(f" '{word}'\n" for word in words)
        + (charges if seed % 3 == 0 else "")
        + "loop_\n"
        + "".join(f" _atom_site_{name}\n" for name in names)
        + "".join(" " + " ".join(map(str, row)) + "\n" for row in rows)
    )


def plain(structure):
    """Symbols and shares of each site, charges left out, and the exact coordinates."""
    return [
        ({kind.symbol: share for kind, share in site.species.items()}, tuple(site.frac_coords.tolist()))
        for site in structure
    ]


@pytest.mark.filterwarnings("ignore")  # of spglib's errors, and pymatgen's remarks
@pytest.mark.parametrize("start", range(0, 200, 100))
def test_both_readers_agree_to_the_last_digit(start):
    made = 0
    for seed in range(start, start + 100):
        block, _ = resolve(text_of(seed))
        found = crystal(block, LIMITS)
        if found is None:
            continue
        made += 1
        parser = CifParser.from_str(
            str(block),
            check_cif=False,
            occupancy_tolerance=LIMITS.max_occupancy,
            site_tolerance=LIMITS.position_tolerance,
        )
        [general] = parser.parse_structures(primitive=False, on_error="raise")
        assert (found.lattice.matrix == general.lattice.matrix).all(), seed
        assert plain(found) == plain(general), seed
    assert made >= 60


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("_cell_length_a 4.0", ""),
        ("'x, y, z'", "'-x, -y, -z'"),
        ("Cu1 Cu 0 0 0 1", "Cu1 Cu 0 0 0 0.7\n Ni1 Ni 0 0 0 0.32"),
        ("Cu1 Cu 0 0 0 1", "Ar1 Ar 0 0 0 1"),
        ("Cu1 Cu 0 0 0 1\n O1 O 0.5 0.5 0.5 1", "Cu1 Cu 0 0 0 0"),
    ],
)
def test_what_asks_for_a_judgement_is_left_to_pymatgen(old, new):
    text = (
        "data_x\n_cell_length_a 4.0\n_cell_length_b 4.0\n_cell_length_c 4.0\n_cell_angle_alpha 90\n"
        "_cell_angle_beta 90\n_cell_angle_gamma 90\nloop_\n _space_group_symop_operation_xyz\n 'x, y, z'\n"
        "loop_\n _atom_site_label\n _atom_site_type_symbol\n _atom_site_fract_x\n _atom_site_fract_y\n"
        " _atom_site_fract_z\n _atom_site_occupancy\n Cu1 Cu 0 0 0 1\n O1 O 0.5 0.5 0.5 1\n"
    )
    assert len(crystal(resolve(text)[0], LIMITS)) == 2
    assert old in text
    assert crystal(resolve(text.replace(old, new))[0], LIMITS) is None
