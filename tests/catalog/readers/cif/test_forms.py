"""One crystal in the many forms that CIF allows: each is read as the same structure, or fails by name."""

from collections.abc import Callable

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from catalog.readers.reading import read_parts
from catalog.sources.base import Failure
from polywell.records import Entry

# HgBa2CuO4, P4/mmm: S. N. Putilin et al., Nature 362, 226 (1993), rounded.
MERCURY_OPERATIONS = """x,y,z -x,-y,z -y,x,z y,-x,z -x,y,-z x,-y,-z y,x,-z -y,-x,-z
-x,-y,-z x,y,-z y,-x,-z -y,x,-z x,-y,z -x,y,z -y,-x,z y,x,z""".split()
MERCURY_CELL = """_cell_length_a 3.8797
_cell_length_b 3.8797
_cell_length_c 9.509
"""
ANGLES = """_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
"""
LISTED = "loop_\n_space_group_symop_operation_xyz\n" + "\n".join(MERCURY_OPERATIONS) + "\n"
COLUMNS = """loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
"""
MERCURY_SITES = """Hg1 Hg 0 0 0 1
Ba1 Ba 0.5 0.5 0.2986 1
Cu1 Cu 0 0 0.5 1
O1 O 0.5 0 0.5 1
O2 O 0 0 0.2080 1
"""
MERCURY = "data_Hg1201\n" + MERCURY_CELL + ANGLES + LISTED + COLUMNS + MERCURY_SITES


@pytest.fixture
def read(raw_cif: Callable, needs: Callable) -> Callable[[str], Entry | Failure]:
    def one(text: str) -> Entry | Failure:
        (part,) = read_parts(raw_cif(text), needs)
        return part

    return one


def crystal(group: str, lattice: Lattice, sites: dict[str, list[tuple[float, float, float]]]) -> Structure:
    """The whole cell, by pymatgen's own table of groups."""
    species = [symbol for symbol, places in sites.items() for _ in places]
    return Structure.from_spacegroup(group, lattice, species, [p for ps in sites.values() for p in ps])


def assert_crystal(part: Entry | Failure, expected: Structure) -> None:
    """Same cell, and each site of one at the place of a site of the other."""
    assert isinstance(part, Entry) and part.structure is not None, part
    found = part.structure
    assert len(found) == len(expected)
    np.testing.assert_allclose(found.lattice.parameters, expected.lattice.parameters, atol=1e-6)
    distances = found.lattice.get_all_distances(found.frac_coords, expected.frac_coords)
    partner = distances.argmin(axis=1)
    assert sorted(partner) == list(range(len(expected)))
    assert distances.min(axis=1).max() < 2e-3
    assert [site.species for site in found] == [expected[int(index)].species for index in partner]


def mercury() -> Structure:
    return crystal(
        "P4/mmm",
        Lattice.tetragonal(3.8797, 9.509),
        {
            "Hg": [(0, 0, 0)],
            "Ba": [(0.5, 0.5, 0.2986)],
            "Cu": [(0, 0, 0.5)],
            "O": [(0.5, 0, 0.5), (0, 0, 0.208)],
        },
    )


def changed(old: str, new: str, text: str = MERCURY) -> str:
    assert old in text
    return text.replace(old, new)


def as_one(part: Entry | Failure) -> str:
    assert isinstance(part, Entry)
    return part.provenance.note or ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Cu 0 0 0.5 1", "Cu 0 0 0.5 ."),
        ("Cu 0 0 0.5 1", "Cu 0 0 0.5 ?"),
        ("O 0.5 0 0.5 1", "O 0.5 0 0.5 ."),
        ("_atom_site_occupancy\nHg1 Hg 0 0 0 1", "_atom_site_occupancy\nHg1 Hg 0 0 0 ."),
        ("0.2986", "0.2986(2)"),
        ("0.2986", "0.2986(0.0002)"),
        ("0.2986", "0.2986(?)"),
        ("0.2986", "0.2986(-)"),
        ("0.2986", "0.2986()"),
        ("0.2986", "0.2986(2"),
        ("0.2986", "0.2986 (2)"),
        ("0.2986", "0.2986 ± 0.0002"),
        ("0.2986", "'0.2986 +/- 0.0002'"),
        ("length_c 9.509", "length_c 9.509(0.0004)"),
        ("length_c 9.509", "length_c 9.509(?)"),
        ("length_c 9.509", "length_c 9.509 (4)"),
        ("alpha 90", "alpha 90.(0)"),
    ],
)
def test_values_that_are_unknown_or_uncertain_are_read(old: str, new: str, read: Callable) -> None:
    assert_crystal(read(changed(old, new)), mercury())


@pytest.mark.parametrize("angles", ["", changed(" 90", " .", ANGLES), changed(" 90", " ?", ANGLES)])
def test_angles_left_out_are_90(angles: str, read: Callable) -> None:
    part = read(changed(ANGLES, angles))
    assert_crystal(part, mercury())
    assert "angle_alpha, angle_beta, angle_gamma left out: taken as 90°" in as_one(part)


@pytest.mark.parametrize("symmetry", ["'P 63/m m c'", "'P 6_3/m 2/m 2/c'"])
def test_the_angle_of_a_hexagonal_cell_is_120_where_it_is_left_out(symmetry: str, read: Callable) -> None:
    # NiAs: G. Haegg, rounded.
    part = read(
        f"data_NiAs\n_cell_length_a 3.60\n_cell_length_b 3.60\n_cell_length_c 5.01\n"
        f"_symmetry_space_group_name_H-M {symmetry}\n{COLUMNS}Ni1 Ni 0 0 0 1\nAs1 As 0.3333 0.6667 0.25 1\n"
    )
    sites = {"Ni": [(0, 0, 0)], "As": [(1 / 3, 2 / 3, 0.25)]}
    assert_crystal(part, crystal("P6_3/mmc", Lattice.hexagonal(3.6, 5.01), sites))
    assert "taken as 90 and 120°" in as_one(part)


@pytest.mark.parametrize("place", ["? ? ? 0.10", ". . . 0.10", "0.1 ? 0.2 1", "? ? ? ?"])
@pytest.mark.parametrize("symbol", ["H", "D"])
def test_hydrogen_without_a_place_is_left_out_with_a_note(place: str, symbol: str, read: Callable) -> None:
    part = read(MERCURY + f"{symbol}1 {symbol} {place}\n")
    assert_crystal(part, mercury())
    assert "hydrogen has no site: " in as_one(part)


@pytest.mark.parametrize("place", ["? ? ? 1", ". 0 0.5 1", "0 0 ? 0.5"])
def test_another_atom_without_a_place_fails_by_name(place: str, read: Callable) -> None:
    part = read(MERCURY + f"O7 O {place}\n")
    assert isinstance(part, Failure) and "O7 has no place" in part.message


def test_an_occupancy_that_is_no_number_fails_by_name(read: Callable) -> None:
    part = read(changed("0.2080 1", "0.2080 full"))
    assert isinstance(part, Failure) and "O2: its occupancy is 'full'" in part.message


# LaFeAsO, P4/nmm: Y. Kamihara et al., J. Am. Chem. Soc. 130, 3296 (2008), rounded.
IRON = f"""data_LaFeAsO
_chemical_formula_sum 'As Fe La O'
_cell_length_a 4.03268
_cell_length_b 4.03268
_cell_length_c 8.74111
{ANGLES}SYMMETRY
{COLUMNS}La1 La 0.25 0.25 0.14134 1
Fe1 Fe 0.75 0.25 0.5 1
As1 As 0.25 0.25 0.65122 1
O1 O 0.75 0.25 0 1
"""
IRON_ORIGIN_1 = (  # moved by (-1/4, 1/4, 0)
    IRON.replace("La 0.25 0.25", "La 0 0.5")
    .replace("Fe 0.75 0.25", "Fe 0 0")
    .replace("As 0.25 0.25", "As 0 0.5")
    .replace("O 0.75 0.25", "O 0 0")
)
IRON_LISTED = "loop_\n_symmetry_equiv_pos_as_xyz\n" + "\n".join(
    """x,y,z -x+1/2,-y+1/2,z -y+1/2,x,z y,-x+1/2,z -x,y+1/2,-z x+1/2,-y,-z y+1/2,x+1/2,-z -y,-x,-z
-x,-y,-z x+1/2,y+1/2,-z y+1/2,-x,-z -y,x+1/2,-z x,-y+1/2,z -x+1/2,y,z -y+1/2,-x+1/2,z y,x,z""".split()
)


def iron(text: str = IRON) -> Structure:
    """From the coordinates of origin 2, or moved to origin 1."""
    z_la, z_as = 0.14134, 0.65122
    sites = {
        "La": [(0.25, 0.25, z_la), (0.75, 0.75, 1 - z_la)],
        "Fe": [(0.75, 0.25, 0.5), (0.25, 0.75, 0.5)],
        "As": [(0.25, 0.25, z_as), (0.75, 0.75, 1 - z_as)],
        "O": [(0.75, 0.25, 0), (0.25, 0.75, 0)],
    }
    shift = np.array([-0.25, 0.25, 0]) if text is IRON_ORIGIN_1 else np.zeros(3)
    species = [symbol for symbol, places in sites.items() for _ in places]
    places = [np.array(place) + shift for places in sites.values() for place in places]
    return Structure(Lattice.tetragonal(4.03268, 8.74111), species, places)


@pytest.mark.parametrize("minus", list("\u2212\u2013\u2014\u2010\u2011\ufe63\uff0d"))
def test_whatever_looks_like_a_minus_is_one(minus: str, read: Callable) -> None:
    text = changed("0.65122", "-0.34878", changed("SYMMETRY", IRON_LISTED, IRON))
    text = text.replace("-", minus).replace(f"H{minus}M", "H-M")
    assert_crystal(read(text), iron())


@pytest.mark.parametrize("space", list("\xa0\u2002\u2009\u202f\u3000\u200b\ufeff"))
def test_whatever_looks_like_a_space_parts_words(space: str, read: Callable) -> None:
    lines = [line.replace(" ", space) if " 0" in line else line for line in MERCURY.split("\n")]
    assert_crystal(read("\n".join(lines)), mercury())


@pytest.mark.parametrize("quotes", ["‘’", "“”", "′′", "„“", "\x91\x92"])
def test_curly_quotes_around_a_value_are_quotes(quotes: str, read: Callable) -> None:
    text = changed("SYMMETRY", f"_symmetry_space_group_name_H-M {quotes[0]}P 4/n m m :2{quotes[1]}", IRON)
    assert_crystal(read(text), iron())


def test_foreign_characters_in_names_and_prose_do_no_harm(read: Callable) -> None:
    text = "data_x\n_publ_author_name 'Åsbrink’s Löngø µ “quoted”'\n" + MERCURY.split("\n", 1)[1]
    assert_crystal(read(changed("Cu1", "Cuα", text)), mercury())
    assert_crystal(read(changed("gamma 90", "gamma 90°", changed("9.509", "9.509 Å", text))), mercury())


@pytest.mark.parametrize(
    ("old", "new"), [("0.65122", "0.65\u0661"), ("0.65122", "\xd00.34878"), ("-x,-y,-z", "\xd0x,-y,-z")]
)
def test_a_foreign_character_in_a_number_or_operation_fails(old: str, new: str, read: Callable) -> None:
    assert isinstance(read(changed(old, new, changed("SYMMETRY", IRON_LISTED, IRON))), Failure)


def dotted(text: str) -> str:
    for category in ("_cell", "_atom_site", "_space_group_symop"):
        text = text.replace(category + "_", category + ".")
    return text


@pytest.mark.parametrize(
    "text",
    [
        dotted(MERCURY),
        dotted(MERCURY).replace("_atom_site.fract_x", "_Atom_Site.Fract_X"),
        "\n".join(line.upper() if line[:1] == "_" else line for line in MERCURY.split("\n")),
        MERCURY.replace("loop_", "LOOP_").replace("data_", "Data_"),
        MERCURY.replace("loop_\n", "Loop_ "),
    ],
    ids=["dots", "dots and capitals", "names in capitals", "keywords in capitals", "loops in one line"],
)
def test_names_may_have_dots_and_capitals(text: str, read: Callable) -> None:
    assert_crystal(read(text), mercury())


@pytest.mark.parametrize(
    "line", ["data_collection at 10 K", "loop_", "_cell_length_a 99", "_atom_site_fract_x", "  DATA_x"]
)
def test_a_text_field_holds_no_names_and_no_blocks(line: str, read: Callable) -> None:
    field = f"_refine_details\n;\nTITL Hg1201\n{line}\n;\n"
    assert_crystal(read(changed(MERCURY_CELL, field + MERCURY_CELL)), mercury())
    assert_crystal(read(MERCURY + field), mercury())


def test_cartesian_places_are_those_of_the_cell(read: Callable) -> None:
    columns = COLUMNS.replace("fract", "Cartn")
    rows = ""
    for site in mercury():
        x, y, z = site.frac_coords * [3.8797, 3.8797, 9.509]
        rows += f"{site.specie}1 {site.specie} {x:.6f} {y:.6f} {z:.6f} 1\n"
    text = f"data_x\n{MERCURY_CELL}{ANGLES}_symmetry_space_group_name_H-M 'P 1'\n{columns}{rows}"
    assert_crystal(read(text), mercury())


# The columns of the matrix are a, b and c, here with b along y.
AXES = "".join(
    f"_atom_sites_Cartn_tran_matrix_{i}{j} {value}\n"
    for i, row in enumerate([(3.4641016, 0, 0), (-2, 4, 0), (0, 0, 6)], start=1)
    for j, value in enumerate(row, start=1)
)


@pytest.mark.parametrize(
    ("axes", "first", "second"),
    [
        ("", f"-1 {3**0.5:.8f} 3", "2 0 0"),
        (AXES, "0 2 3", "1.7320508 -1 0"),
        (AXES + "_atom_sites_Cartn_tran_vector_3 1.5\n", "0 2 4.5", "1.7320508 -1 1.5"),
    ],
)
def test_cartesian_axes_are_those_that_are_declared_or_those_of_the_pdb(
    axes: str, first: str, second: str, read: Callable
) -> None:
    # Without a declaration a along x, b in the plane of x and y, by hand for gamma = 120 degrees.
    origin = "0 0 1.5" if "vector" in axes else "0 0 0"
    text = (
        "data_x\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 6\n"
        + ANGLES.replace("gamma 90", "gamma 120")
        + "_space_group_IT_number 1\n"
        + COLUMNS.replace("fract", "Cartn")
        + f"Cu1 Cu {origin} 1\nO1 O {first} 1\nO2 O {second} 1\n{axes}"
    )
    expected = Structure(Lattice.hexagonal(4, 6), ["Cu", "O", "O"], [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0]])
    assert_crystal(read(text), expected)


@pytest.mark.parametrize(
    "symmetry",
    [
        "_symmetry_space_group_name_H-M 'P 4/n m m :2'",
        "_space_group_name_H-M_alt 'P4/nmm:2'",
        "_space_group_name_H-M_alt 'P 4/n m m Z'",
        "_space_group_name_H-M_alt 'P 4/n 21/m m :2'",
        "_space_group_name_H-M_alt 'P 4/n 21/m 2/m'",
        "_space_group_name_H-M_alt 'P 4/n m m (origin choice 2)'",
        "_space_group_name_H-M_alt 'p 4/N M m'",
        "_space_group_name_H-M_alt P_4/n_m_m",
        "_space_group_name_H-M_full 'P 4/n 2_1/m m'",
        "_space_group_name_H-M_ref 'P 4/n m m'",
        "_space_group_name_Hall '-P 4a 2a'",
        "_space_group_IT_number 129",
        "_space_group_IT_number 129\n_space_group_IT_coordinate_system_code 2",
        "_symmetry_Int_Tables_number 129\n_symmetry_space_group_name_H-M ?",
        "_space_group.name_H-M_alt 'P 4/n m m'\n_space_group.IT_coordinate_system_code '2'",
        "_symmetry_equiv_pos_as_xyz ?\n_symmetry_space_group_name_H-M 'P 4/n m m'",
        "_space_group_name_H-M_alt 'P 4/n m m (No. 129), origin at -1'",
        "_space_group_name_H-M_alt 'P4/nmm [origin 2]'",
        "_space_group_name_H-M_alt 'P 4/n m m S.G. 129'",
        "_symmetry_space_group_name_H-M_alt 'P 4/n m m O2'",
        "_symmetry_space_group_name_Schoenflies 'D_{4h}^7'",
        "_symmetry_space_group_name_H-M D4h7",
    ],
)
@pytest.mark.parametrize("formula", ["'As Fe La O'", "?"])
def test_the_second_origin_is_known_by_name_or_by_the_atoms(
    symmetry: str, formula: str, read: Callable
) -> None:
    part = read(changed("'As Fe La O'", formula, changed("SYMMETRY", symmetry, IRON)))
    assert_crystal(part, iron())
    assert "no operations listed" in as_one(part) and "P4/n2_1/mm:2" in as_one(part)


@pytest.mark.parametrize(
    "symbol", ["P 4/n m m", "P 4/n m m :1", "P 4/n m m S", "P4nmm", "P 4/n 21/m 2/m (origin 1)"]
)
def test_the_first_origin_is_known_by_name_or_by_the_atoms(symbol: str, read: Callable) -> None:
    text = changed("SYMMETRY", f"_space_group_name_H-M_alt '{symbol}'", IRON_ORIGIN_1)
    assert_crystal(read(text), iron(IRON_ORIGIN_1))


# Orthorhombic La2CuO4 in the setting Bmab of group 64: V. B. Grande et al. (1977), rounded.
LANTHANUM = f"""data_La2CuO4
_cell_length_a 5.3548
_cell_length_b 5.3954
_cell_length_c 13.1532
{ANGLES}SYMMETRY
{COLUMNS}Cu1 Cu 0 0 0 1
La1 La 0 -0.0062 0.3614 1
O1 O 0.25 0.25 -0.0075 1
O2 O 0 0.0319 0.1827 1
"""


def lanthanum() -> Structure:
    """The sites of B m a b by hand: mirror at x = 0, glide a across b, glide b across c, centring B."""
    lattice = Lattice.orthorhombic(5.3548, 5.3954, 13.1532)
    orbit: dict[str, list[tuple[float, float, float]]] = {"Cu": [], "La": [], "O": []}

    def add(symbol: str, places: list[tuple[float, float, float]]) -> None:
        for x, y, z in places:
            orbit[symbol] += [(x, y, z), (x + 0.5, y, z + 0.5)]  # B centring

    add("Cu", [(0, 0, 0), (0.5, 0.5, 0)])
    for symbol, y, z in (("La", -0.0062, 0.3614), ("O", 0.0319, 0.1827)):
        add(symbol, [(0, y, z), (0, -y, -z), (0.5, 0.5 + y, -z), (0.5, 0.5 - y, z)])
    z = -0.0075
    add("O", [(0.25, 0.25, z), (0.75, 0.75, -z), (0.75, 0.25, z), (0.25, 0.75, -z)])
    species = [symbol for symbol, places in orbit.items() for _ in places]
    return Structure(lattice, species, [place for places in orbit.values() for place in places])


@pytest.mark.parametrize(
    "symmetry",
    [
        "_space_group_name_H-M_alt 'B m a b'",
        "_space_group_name_H-M_alt Bmab\n_space_group_IT_number 64",
        "_space_group_name_H-M_alt 'B m e b'",
        "_space_group_name_H-M_alt 'B 2/m 21/e 2/b'",
        "_symmetry_space_group_name_H-M 'B 2/m 21/a 2/b'",
        "_space_group_name_H-M_ref 'B m a b'",
        "_space_group_IT_number 64\n_space_group_IT_coordinate_system_code a-cb",
    ],
)
def test_a_setting_is_known_by_its_symbol_of_before_and_after_1992(symmetry: str, read: Callable) -> None:
    part = read(changed("SYMMETRY", symmetry, LANTHANUM))
    assert_crystal(part, lanthanum())


@pytest.mark.parametrize(
    "symbol",
    ["I 4/m 2/m 2/m", "I4mmm", "I 4/m m m :1", "i 4/m m m", "I_4/m_m_m", "-I 4 2", "I 4/mmm (139)", "D4h^17"],
)
def test_a_group_of_one_setting_is_known_however_it_is_written(
    symbol: str, symmetric_cif: str, la2cuo4: Structure, read: Callable
) -> None:
    name = "_space_group_name_Hall" if symbol[0] == "-" else "_space_group_name_H-M_alt"
    text = changed("_symmetry_space_group_name_H-M 'I 4/m m m'", f"{name} '{symbol}'", symmetric_cif)
    assert_crystal(read(text), la2cuo4)


@pytest.mark.parametrize("symbol", ["F 4/m m m", "F m m m"])
def test_a_doubled_cell_has_the_symmetry_of_the_single_one(
    symbol: str, la2cuo4: Structure, read: Callable
) -> None:
    # a - b, a + b and c of the cell of I 4/m m m: (0, 1/2, 0) becomes (1/4, 1/4, 0).
    a = la2cuo4.lattice.a * 2**0.5
    part = read(
        f"data_x\n_cell_length_a {a}\n_cell_length_b {a}\n_cell_length_c 13.2\n{ANGLES}"
        f"_space_group_name_H-M_alt '{symbol}'\n{COLUMNS}Cu1 Cu 0 0 0 1\nLa1 La 0 0 0.361 1\n"
        "O1 O 0.25 0.25 0 1\nO2 O 0 0 0.182 1\n"
    )
    assert_crystal(part, la2cuo4 * [[1, -1, 0], [1, 1, 0], [0, 0, 1]])


def test_operations_that_are_fewer_than_those_of_the_named_group_are_remarked_on(read: Callable) -> None:
    part = read(changed(LISTED, f"_space_group_name_H-M_alt 'I 4/m m m'\n{LISTED}"))
    assert "16 operations are listed, and I 4/m m m has 32" in as_one(part)


@pytest.mark.parametrize("symbol", [".", "?", "63Cu", "CU", "Cu2+"])
def test_an_atom_is_never_dropped_for_its_symbol(symbol: str, read: Callable) -> None:
    assert_crystal(read(changed("Cu1 Cu", f"Cu1 {symbol}")), mercury())
    assert_crystal(read(changed("Cu1 Cu", f"63Cu1 {symbol}")), mercury())


@pytest.mark.parametrize("symbol", ["\u0421u", "M", "7"])
def test_what_is_no_element_fails_and_says_so(symbol: str, read: Callable) -> None:
    part = read(changed("Cu1 Cu", f"{symbol} {symbol}"))
    assert isinstance(part, Failure) and part.error_type == "UnknownElementError"


@pytest.mark.parametrize("row", ["Va1 Va 0.5 0.5 0 1", "X1 X 0.5 0.5 0 1", "Q1 Q 0.5 0.5 0 1 "])
def test_a_row_without_an_atom_is_left_out_with_a_remark(row: str, read: Callable) -> None:
    part = read(MERCURY + row + "\n")
    assert_crystal(part, mercury())
    assert f"left out, as they hold no atom: {row.split()[0]}" in as_one(part)
    flagged = MERCURY.replace("_occupancy\n", "_occupancy\n_atom_site_calc_flag\n").replace(" 1\n", " 1 d\n")
    assert_crystal(read(flagged + "C1 C 0.5 0.5 0 1 dum\n"), mercury())


def test_rows_that_symmetry_makes_of_others_are_counted_once(read: Callable) -> None:
    others = "Ba2 Ba 0.5 0.5 0.7014 1\nO3 O 0 0.5 0.5 1\nO4 O 0 0 0.792 1\n"
    part = read(MERCURY + others)
    assert_crystal(part, mercury())
    assert "3 rows repeat atoms that symmetry makes of others" in as_one(part)


def test_an_occupancy_below_zero_fails(read: Callable) -> None:
    part = read(changed("Cu 0 0 0.5 1", "Cu 0 0 0.5 -0.3(1)"))
    assert isinstance(part, Failure) and "Cu1 is occupied -0.3 times" in part.message


@pytest.mark.parametrize(
    ("symbol", "hexagonal"),
    [("R -3 m", True), ("R -3 m :H", True), ("R -3 m", False), ("R -3 m R", False), ("R -3 m :r", False)],
)
def test_the_axes_of_a_rhombohedral_group_are_those_of_its_cell(
    symbol: str, hexagonal: bool, read: Callable
) -> None:
    a, c, alpha, gamma = (2.88, 14.18, 90, 120) if hexagonal else (4.99, 4.99, 33.5, 33.5)
    na, o = ("0 0 0.5", "0 0 0.23") if hexagonal else ("0.5 0.5 0.5", "0.23 0.23 0.23")
    part = read(
        f"data_x\n_cell_length_a {a}\n_cell_length_b {a}\n_cell_length_c {c}\n"
        f"_cell_angle_alpha {alpha}\n_cell_angle_beta {alpha}\n_cell_angle_gamma {gamma}\n"
        f"_symmetry_space_group_name_H-M '{symbol}'\n"
        f"{COLUMNS}Ni1 Ni 0 0 0 1\nNa1 Na {na} 1\nO1 O {o} 1\n"
    )
    assert isinstance(part, Entry) and part.structure is not None
    assert (len(part.structure), part.formula) == (12 if hexagonal else 4, "NaNiO2")


@pytest.mark.parametrize(
    ("symmetry", "words"),
    [
        ("_space_group_name_H-M_alt 'P 4/q m m'", "_space_group_name_H-M_alt 'P 4/q m m'"),
        ("_space_group_name_H-M_alt 'P 4/n m m :7'", "P 4/n m m :7"),
        ("_space_group_name_H-M_alt 'P 4/n m m (a+1/8,b,c)'", "not understood"),
        ("_space_group_IT_number 231", "231"),
        ("loop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\n-x,-y,q", "'-x,-y,q' is not understood"),
        (
            "loop_\n_space_group_symop_ssg_operation_algebraic\nx1,x2,x3,x4\n-x1,-x2,-x3,-x4",
            "the structure is modulated",
        ),
        (
            "_cell_modulation_dimension 1\nloop_\n_space_group_symop.magn_ssg_id\n"
            "_space_group_symop.magn_ssg_operation_algebraic\n1 x1,x2,x3,x4,+1\n2 -x1,-x2,-x3,-x4,-1",
            "the structure is modulated",
        ),
    ],
)
def test_a_symmetry_that_is_not_understood_fails_and_says_so(
    symmetry: str, words: str, read: Callable
) -> None:
    part = read(changed("SYMMETRY", symmetry, IRON))
    assert isinstance(part, Failure) and words in part.message


def test_p1_is_p1_where_it_is_declared(read: Callable) -> None:
    for symmetry in ("_symmetry_space_group_name_H-M 'P 1'", "_space_group_IT_number 1"):
        part = read(changed(LISTED, symmetry + "\n"))
        assert isinstance(part, Entry) and part.structure is not None and len(part.structure) == 5


@pytest.mark.parametrize(
    "symmetry", ["", "_space_group_name_H-M_alt ?\n", "_symmetry_cell_setting tetragonal\n"]
)
def test_where_no_symmetry_is_declared_p1_is_assumed_of_a_whole_cell_alone(
    symmetry: str, read: Callable
) -> None:
    part = read(changed(LISTED, symmetry))
    assert isinstance(part, Failure) and "they may be an asymmetric unit" in part.message
    others = "Ba2 Ba 0.5 0.5 0.7014 1\nO3 O 0 0.5 0.5 1\nO4 O 0 0 0.792 1\n"
    part = read(changed(LISTED, symmetry) + others)
    assert_crystal(part, mercury())
    assert "P 1 assumed" in as_one(part)


def test_moments_beside_ordinary_operations_do_not_hide_them(read: Callable) -> None:
    moments = "loop_\n_atom_site_moment_label\n_atom_site_moment_crystalaxis_x\nCu1 0.5\n"
    assert_crystal(read(MERCURY + moments), mercury())


@pytest.mark.filterwarnings("ignore:Set OLD_ERROR_HANDLING")  # spglib's announcement
def test_every_symbol_of_the_table_means_one_group() -> None:
    import spglib

    from catalog.readers.cif.symmetry import _table

    for symbol, settings in _table().items():
        assert len({spglib.get_spacegroup_type(setting).number for setting in settings}) == 1, symbol
