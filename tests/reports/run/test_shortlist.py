"""The shortlist as files: complete, readable elsewhere, and harmless in a spreadsheet."""

import csv
import io
import json
import re
import warnings
import zipfile
from dataclasses import dataclass
from xml.etree import ElementTree

import pytest
from pymatgen.core import Structure

from polywell.records import ENTRY_COLUMNS, Entry
from reports.dossier.cif import cif_text
from reports.html.names import safe_name
from reports.html.writing import records_csv, unarmed
from reports.run.exports.shortlist import Filter, FilterError, chosen
from reports.run.schema import schema_text
from tests.reports.made import changed
from tests.reports.written import write_shortlist

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
HOSTILE = (
    "=cmd()",
    '=HYPERLINK("http://example.org","x")',
    "+1+1",
    "-2",
    "@SUM(A1)",
    "\t=1",
    " =1",
    '"=1',
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "a\nb;c,d",
    "\0\x1b[31m",
    "\udc80",
    "n" * 10_000,
)


def lines(path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def sheets(path) -> dict[str, str]:
    with zipfile.ZipFile(path) as book:
        return {name: book.read(name).decode() for name in book.namelist() if name.endswith(".xml")}


def test_every_candidate_stands_in_the_table_with_its_numbers(small_run, tmp_path) -> None:
    write_shortlist(tmp_path, small_run.ranked, {}, small_run.manifest())
    rows = lines(tmp_path / "shortlist.csv")
    assert [row["id"] for row in rows] == [one.screening.id for one in small_run.ranked]
    for row, one in zip(rows, small_run.ranked, strict=True):
        assert float(row["tc_ceiling_k"]) == one.screening.tc_ceiling_k
        assert row["cif"] == ""


def test_no_cell_starts_a_formula(make, row, tmp_path) -> None:
    run = make(
        ranked=[row(text, 3.2 + n / 100, formula=text, citation=text) for n, text in enumerate(HOSTILE)]
    )
    write_shortlist(tmp_path, run.ranked, {}, run.manifest())
    for line in csv.reader(io.StringIO((tmp_path / "shortlist.csv").read_text("utf-8-sig"), newline="")):
        for cell in line:
            try:
                float(cell)
            except ValueError:
                assert not cell.lstrip(" '\"\t").startswith(("=", "+", "-", "@")) or cell.startswith("'"), (
                    cell
                )
    book = sheets(tmp_path / "shortlist.xlsx")
    for name, text in book.items():
        assert ElementTree.fromstring(text) is not None
        assert "<f>" not in text and "<hyperlink" not in text, name
    assert "=cmd()" in book["xl/sharedStrings.xml"]


def test_a_harmless_text_stays_as_it_is() -> None:
    assert unarmed("YBa2Cu3O7") == "YBa2Cu3O7"
    assert unarmed("=1") == "'=1"


def test_tables_of_studies_are_as_harmless() -> None:
    @dataclass
    class Made:
        id: str
        gain: float | None

    assert records_csv(Made, [Made("=cmd()", -1.0), Made("\ud800", None)]).decode("utf-8-sig") == (
        "id,gain\r\n'=cmd(),-1.0\r\n\\ud800,\r\n"
    )


def test_the_workbook_has_units_and_notes(small_run, tmp_path) -> None:
    wanted = Filter(family="cuprate", exclude_elements=frozenset({"Hg"}), top=7)
    rows = chosen(small_run.ranked, wanted)
    write_shortlist(tmp_path, rows, {}, small_run.manifest(), wanted)
    book = sheets(tmp_path / "shortlist.xlsx")
    texts = "".join(ElementTree.fromstring(book["xl/sharedStrings.xml"]).itertext())
    for said in (
        "eV/atom",
        "family cuprate; without Hg; the first 7",
        "a published relation that is contested",
    ):
        assert said in texts
    body = ElementTree.fromstring(book["xl/worksheets/sheet1.xml"]).find(f"{SHEET}sheetData")
    assert body is not None and len(body) == 2 + 7


def test_filters_keep_what_they_say(make, row) -> None:
    run = make(
        ranked=[
            row("stable", 3.1, e_above_hull_ev=0.0),
            row("poison", 3.2, elements=("Cu", "Hg", "O"), e_above_hull_ev=0.0),
            row("steep", 3.3, e_above_hull_ev=0.2),
            row("silent", 3.4),
            row("iron", 2.9, "iron-based", e_above_hull_ev=0.01),
        ]
    )
    ids = lambda wanted: [one.screening.id for one in chosen(run.ranked, wanted)]  # noqa: E731
    assert ids(Filter()) == ["stable", "poison", "steep", "silent", "iron"]
    assert ids(Filter(max_hull_ev=0.05)) == ["stable", "poison", "iron"]
    assert ids(Filter(exclude_elements=frozenset({"Hg"}), top=2)) == ["stable", "steep"]
    assert ids(Filter(family="iron-based")) == ["iron"]
    for wrong, said in (
        (Filter(exclude_elements=frozenset({"Xx"})), "'Xx' is no element"),
        (Filter(family="cuprates"), "cuprate, iron-based"),
        (Filter(top=-1), "expected a number of candidates"),
    ):
        with pytest.raises(FilterError, match=said):
            chosen(run.ranked, wrong)


def test_the_archive_holds_the_structures_under_safe_names(known_candidates, tmp_path) -> None:
    ranked, structures, run = known_candidates
    evil = changed(structures[ranked[0].screening.key], id="../../../x\n;data_evil")
    rows = [*ranked, changed(ranked[0], id=evil.id)]
    written = write_shortlist(tmp_path, rows, {**structures, evil.key: evil}, run.manifest())
    assert written.candidates == written.cifs == len(rows)
    with zipfile.ZipFile(tmp_path / "cifs.zip") as archive:
        names = archive.namelist()
        assert len(names) == len(rows)
        assert all(re.fullmatch(r"[A-Za-z0-9_.-]+\.cif", name) and ".." not in name for name in names)
        assert {row["cif"] for row in lines(tmp_path / "shortlist.csv")} == set(names)
        for one in ranked:
            name = safe_name(one.screening.source, one.screening.id)
            text = archive.read(f"{name}.cif").decode("ascii")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                read = Structure.from_str(text, fmt="cif")
            assert len(read) == len(structures[one.screening.key].structure)
    first = (tmp_path / "cifs.zip").read_bytes()
    write_shortlist(tmp_path, rows, {**structures, evil.key: evil}, run.manifest())
    assert (tmp_path / "cifs.zip").read_bytes() == first


def test_a_cif_gives_back_cell_sites_and_occupancies(known_candidates) -> None:
    _, structures, _ = known_candidates
    for entry in structures.values():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read = Structure.from_str(cif_text(entry), fmt="cif")
        assert read.volume == pytest.approx(entry.structure.volume, rel=1e-6)
        total = entry.structure.composition.num_atoms
        assert read.composition.num_atoms == pytest.approx(total, rel=1e-4)
    with pytest.raises(ValueError, match="holds no structure"):
        cif_text(Entry("s", "x", "CuO", ("Cu", "O"), None))


def test_names_differ_for_different_ids_and_have_no_path() -> None:
    ids = ("a/b", "b", "B", "..", "../b", "n" * 5000, "n" * 5001, "", "\udc80", "con")
    names = [safe_name("s", id) for id in ids]
    assert len(set(names)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,70}", name) for name in names)
    assert safe_name("s", "b") != safe_name("t", "b")


def test_the_schema_names_every_column_with_unit_and_meaning() -> None:
    schema = json.loads(schema_text())
    assert set(schema["properties"]) == {column.name for column in ENTRY_COLUMNS}
    assert schema["properties"]["tc_ceiling_k"]["unit"] == "K"
    phase = schema["properties"]["phases"]["items"]["properties"]
    assert phase["vertices"]["items"]["properties"]["site"]["type"] == ["integer", "null"]
