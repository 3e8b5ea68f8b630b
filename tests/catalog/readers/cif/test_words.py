"""The words of a CIF: what lends, what is left open, what is quoted, and what it costs."""

from collections.abc import Callable

import pytest

from catalog.readers.cif.words import block_of, closed
from catalog.readers.limits import ReadingLimits
from catalog.readers.reading import read_parts
from catalog.sources.base import Failure
from polywell.records import Entry
from tests.catalog.readers.cif.test_forms import ANGLES, COLUMNS, LISTED, MERCURY_CELL, MERCURY_SITES

CELL = MERCURY_CELL + ANGLES
ATOMS = COLUMNS + MERCURY_SITES


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("'a b'", "a b"),
        ("'a''b'", "a''b"),
        ("'it's'", "it's"),
        ("'a\"b'", 'a"b'),
        ("\"a 'b' c\"", "a 'b' c"),
        ("'''a\n'b' c'''", "a 'b' c"),
        ("''", ""),
        ("'a", "'a"),
        ("a'b", "a'b"),
        ("a#b", "a#b"),
        ("'a #b'", "a #b"),
        ("x # comment", "x"),
        ("\n;a\n _b c\n;", "a _b c"),
        ("\n;\n;", ""),
        ("_b", ""),
    ],
)
def test_values_in_any_quotes(word: str, value: str) -> None:
    assert block_of(f"data_x _a {word}\n_c 'd'\n").data["_a"] == value
    assert block_of(f"data_x _a {word}\n_c 'd'\n").data["_c"] == "d"


def test_a_loop_that_is_not_filled_is_left_out() -> None:
    block = block_of("data_x\nloop_ _a _b 1 2 3\nloop_\n_c\nloop_ _d\n 'x y' _e 5")
    assert block.data == {"_c": [], "_d": ["x y"], "_e": "5"}


@pytest.fixture
def read(raw_cif: Callable, needs: Callable) -> Callable[[str], list[Entry | Failure]]:
    return lambda text: read_parts(raw_cif(text), needs)


def volumes(parts: list[Entry | Failure]) -> list[int]:
    """Sites of each structure: 8 with the symmetry of HgBa2CuO4, 5 rows without."""
    return [len(part.structure) for part in parts if isinstance(part, Entry) and part.structure is not None]


@pytest.mark.parametrize(
    "text",
    [
        f"data_global\n{LISTED}data_I\n{CELL}{ATOMS}",
        f"data_global\n{LISTED}{CELL}data_I\n{ATOMS}",
        f"data_I\n{CELL}{ATOMS}data_symmetry\n{LISTED}",
        f"data_far\n_symmetry_space_group_name_H-M 'P 1'\ndata_near\n{LISTED}data_I\n{CELL}{ATOMS}",
        f"data_global\n_space_group_name_H-M_alt 'P 4/m m m'\ndata_I\n{CELL}{ATOMS}",
    ],
)
def test_what_a_block_lacks_is_taken_from_one_without_atoms(text: str, read: Callable) -> None:
    parts = read(text)
    assert volumes(parts) == [8]
    assert "the symmetry is that of the block" in str(parts[0].provenance.note)


def test_a_block_keeps_its_own_and_borrows_nothing_from_a_structure(read: Callable) -> None:
    own = f"data_global\n_symmetry_space_group_name_H-M 'P 1'\ndata_I\n{CELL}{LISTED}{ATOMS}"
    assert volumes(read(own)) == [8]
    first, second = read(f"data_I\n{CELL}{LISTED}{ATOMS}data_II\n{CELL}{ATOMS}")
    assert volumes([first]) == [8]
    assert isinstance(second, Failure) and "neither operations nor a space group" in second.message


TWO = f"data_I\n{CELL}{LISTED}{ATOMS}_remark\n{{}}data_II\n{CELL}{{}}{LISTED}{ATOMS}"


@pytest.mark.parametrize("second", ["", "_remark\n;\nfull\n;\n", "_remark\n;\nopen too\n"])
def test_a_field_left_open_does_not_swallow_the_next_block(second: str, read: Callable) -> None:
    parts = read(TWO.format(";\nleft open\n", second))
    assert [part.id for part in parts] == ["x", "x#part2"]
    assert volumes(parts) == ([8] if "open" in second else [8, 8])
    assert "a text field before data_II is not closed" in str(parts[0].provenance.note)


def test_a_field_left_open_before_the_atoms_fails_and_says_why(read: Callable) -> None:
    first, second = read(f"data_I\n_remark\n;\nopen\n{CELL}{LISTED}{ATOMS}data_II\n{CELL}{LISTED}{ATOMS}")
    assert isinstance(first, Failure) and "a text field before data_II is not closed" in first.message
    assert volumes([second]) == [8]


def test_fields_that_are_closed_may_hold_anything(read: Callable) -> None:
    quiet = read(TWO.format(";\ndata_III\nloop_\n_atom_site_label\nCu1\n;\n", ""))
    assert volumes(quiet) == [8, 8]
    assert "a text field holds data_III with atoms" in str(quiet[0].provenance.note)
    assert closed(TWO.format(";\nloop_ _a\n;\n", ""))[1] == []


def test_a_field_left_open_at_the_end_is_told(read: Callable) -> None:
    [part] = read(f"data_I\n{CELL}{LISTED}{ATOMS}_remark\n;\nleft open\n")
    assert volumes([part]) == [8] and "the last text field is not closed" in str(part.provenance.note)


LONG = 120_000
HOSTILE = {
    "quotes": "'" * LONG + "x",
    "quotes apart": " 'a" * (LONG // 3),
    "double quotes apart": ' "a' * (LONG // 3),
    "lines after a loop": "loop_" + "\n" * LONG + "x\nloop_\n",
    "lines after a name": "loop_\n_symmetry_equiv_pos_site_id" + "\n" * LONG + "x\nloop_\n",
    "loops": "loop_\n" * (LONG // 6),
    "loops with spaces": ("loop_" + " " * 100) * (LONG // 105),
    "names": "loop_\n" + "_a\n" * (LONG // 3),
    "underscores": "loop_ " + "_" * LONG,
    "rows": "loop_\n_atom_site_label\n" + " A 1 \n" * (LONG // 6) + "x",
    "fields": ";\n" * (LONG // 2 + 1),
    "headings": "_a\n;" + "data_x\n" * (LONG // 7),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_cost_of_a_text_grows_with_its_length(name: str, raw_cif: Callable, needs: Callable) -> None:
    # Of a cost that grows with the square, each takes minutes; as it is, each takes a small part of a second.
    text = f"data_x\n{CELL}{ATOMS}{HOSTILE[name]}"
    for part in read_parts(raw_cif(text), needs, ReadingLimits(wall_seconds=15)):
        assert isinstance(part, Entry) or part.error_type != "TimeLimitError"
