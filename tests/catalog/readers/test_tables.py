"""CSV with a column of structures, and JSON lines opened as a file."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifWriter

from catalog.errors import ParseError, TooManyStructuresError
from catalog.readers import structures_in
from catalog.readers.limits import ReadingLimits
from catalog.readers.reading import read_parts
from catalog.readers.tables import read_table
from catalog.sources.base import Failure
from polywell.records import Entry


def layer(metal: str) -> Structure:
    # Infinite layers CaMO2, P4/mmm, rounded.
    places = [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0, 0], [0, 0.5, 0]]
    return Structure(Lattice.tetragonal(3.86, 3.18), [metal, "Ca", "O", "O"], places)


CIFS = [str(CifWriter(layer(metal))) for metal in ("Cu", "Ni")]
JSONS = [json.dumps(layer(metal).as_dict()) for metal in ("Cu", "Ni")]


def table(header: list[str], rows: list[list[str]], separator: str = ",", end: str = "\r\n") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=end).writerows([header, *rows])
    return out.getvalue().encode()


ROWS = [["mp-1", "0.5; a, b", CIFS[0]], ["mp-2", "", CIFS[1]]]
HEADER = ["material_id", "remark", "cif"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.csv", table(HEADER, ROWS)),
        ("x.CSV", table(HEADER, ROWS, end="\n")),
        ("x.tsv", table(HEADER, ROWS, "\t")),
        ("x.csv", table(HEADER, ROWS, ";")),
        ("x.csv", table(HEADER, [[*row[:2], row[2].replace("\n", "\\n")] for row in ROWS])),
        ("x.csv", table(HEADER, ROWS, "|")),
        ("x.csv", b"\xef\xbb\xbf" + table(HEADER, ROWS)),
        ("x.csv", table(HEADER, ROWS).decode().encode("utf-16")),
        ("x.csv.gz", gzip.compress(table(HEADER, ROWS), mtime=0)),
        ("x.txt", table(HEADER, ROWS, "\t")),
        ("x.csv", table(["", "Material_ID", "CIF"], [["0", *ROWS[0][::2]], ["1", *ROWS[1][::2]]])),
        ("x.csv", table(["cif", "gap", "cod_id"], [[cif, "1", id_] for id_, _, cif in ROWS])),
        ("x.csv", table(["what", "n", "cif.conv"], ROWS)),
        ("x.csv", table([*HEADER, "structure"], [[*ROWS[0], JSONS[0]], [*ROWS[1], JSONS[1]]])),
        ("x.csv", table(["jid", "structure"], [["mp-1", JSONS[0]], ["mp-2", JSONS[1]]])),
        ("x.csv", table(HEADER, ROWS).replace(b"\r\nmp-2", b"\r\n\r\nmp-2")),
    ],
)  # fmt: skip
def test_the_structures_of_a_table_keep_their_ids(name: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    stem = name.removesuffix(".gz")
    found = [(entry.id, entry.formula) for entry in structures_in(tmp_path / name)]
    if name.endswith(".gz"):
        found = [(id_.replace(name, stem), formula) for id_, formula in found]
    assert found == [(f"{stem}#mp-1", "CaCuO2"), (f"{stem}#mp-2", "CaNiO2")]


def test_rows_without_an_id_are_numbered(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(table(["cif", "gap"], [[cif, "0"] for cif in CIFS]))
    assert [entry.id for entry in structures_in(tmp_path / "x.csv")] == ["x.csv", "x.csv#2"]


def test_a_row_without_a_structure_is_a_failure_of_its_own(
    tmp_path: Path, raw_path: Callable, needs: Callable
) -> None:
    rows = [*ROWS, ["mp-3", "", ""], ["mp-4"], ["mp-5", "", "lost"], ["mp-6", "", CIFS[0][:200]]]
    (tmp_path / "x.csv").write_bytes(table(HEADER, rows))
    parts = read_parts(raw_path(tmp_path / "x.csv", "x.csv"), needs)
    assert [part.id for part in parts] == [f"x.csv#mp-{number}" for number in range(1, 7)]
    assert [part.error_type if isinstance(part, Failure) else "" for part in parts] == [
        "", "", "MissingValueError", "MissingValueError", "NotAStructureError", "NoStructureError"
    ]  # fmt: skip
    assert isinstance(parts[2], Failure) and parts[2].message == "row 3, column 'cif': there is no structure"


def test_a_table_without_structures_says_what_it_holds() -> None:
    with pytest.raises(ParseError, match=r"2 rows and the columns 'id', 'gap', but no cell with a structure"):
        read_table(b"id,gap\nx,1\ny,2\n", ReadingLimits())
    with pytest.raises(TooManyStructuresError, match="JSON lines or Parquet"):
        read_table(table(HEADER, ROWS), ReadingLimits(structures=1))


def test_json_lines_are_read_line_by_line(tmp_path: Path, raw_path: Callable, needs: Callable) -> None:
    lines = [f'{{"material_id": "mp-{n}", "structure": {text}}}' for n, text in enumerate(JSONS, start=1)]
    (tmp_path / "x.jsonl").write_text("\n".join([lines[0], lines[1], "", "{broken"]) + "\n")
    parts = read_parts(raw_path(tmp_path / "x.jsonl", "x.jsonl"), needs)
    assert [part.id for part in parts] == ["x.jsonl#mp-1", "x.jsonl#mp-2", "x.jsonl#3"]
    assert isinstance(parts[0], Entry) and parts[0].formula == "CaCuO2"
    assert isinstance(parts[2], Failure) and "line 4 is no valid JSON" in parts[2].message
