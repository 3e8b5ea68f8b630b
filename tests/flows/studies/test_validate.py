"""`polywell validate` on a tiny folder: both layouts, what cannot be read, and the built-in rows made few."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from html import unescape
from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifWriter

from catalog.errors import HomeError, SourceError
from flows.studies.labelled import labelled_entries
from flows.studies.validate import NothingToEvaluateError, protocol_written, validate, verdict_of
from polywell.data.reference import reference_entries
from polywell.evidence.rows.rows import library_rows
from polywell.families import load_families
from polywell.screening import screen

TC_K = {
    "hgba2cuo4.18": "97",
    "tl2ba2cuo6": "0",
    "yba2cu3o7": "92.5",
    "bi2sr2cacu2o8": "",
    "lafeaso": "26",
    "fese": "8.5",
}
"""What the tables of the test say of six structures of the reference library; not all of it is true."""

COMPUTED = ("cacuo2", "hgba2cuo4.18", "tl2ba2cuo6", "yba2cu3o6.92", "la2cuo4-lto", "nd2cuo4")
"""Cuprates that stand in for a computed database, a compound each."""


@cache
def every_row():
    return library_rows(load_families())


@cache
def a_sixth():
    return every_row()[::6]


def cif_of(structure: Structure) -> str:
    """A file of the structure without its labels, of which two may be the same."""
    bare = [site.__class__(site.species, site.frac_coords, site.lattice) for site in structure]
    return str(CifWriter(Structure.from_sites(bare)))


def few(families):
    assert families.digest == load_families().digest
    return a_sixth()


def run(home: Path, against: str | None = None, **more):
    page = validate(home, None, against, **({"training": few, "resamples": 20} | more))
    assert page == home / "reports" / "validation" / "index.html"
    return page, json.loads((page.parent / "validation.json").read_text("utf-8"))


@pytest.fixture(scope="module", autouse=True)
def own_settings() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", "FAMILIES", "WORKERS"):
            patch.delenv(f"POLYWELL_{name}", raising=False)
        patch.setenv("POLYWELL_WORKERS", "1")
        yield


@pytest.fixture(scope="module")
def structures(tmp_path_factory) -> Path:
    """Six structures of the library as CIF, one that is no candidate, and a file that is none."""
    folder = tmp_path_factory.mktemp("data") / "cifs"
    folder.mkdir()
    for entry in reference_entries():
        if entry.id in TC_K:
            assert entry.structure is not None
            (folder / f"{entry.id}.cif").write_text(cif_of(entry.structure), "utf-8")
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    (folder / "salt.cif").write_text(str(CifWriter(salt)), "utf-8")
    (folder / "broken.cif").write_text("data_x\n_cell_length_a 3\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def table(structures) -> Path:
    lines = ["path,tc", *(f"cifs/{id_}.cif,{tc}" for id_, tc in TC_K.items())]
    lines += [
        "cifs/salt.cif,0",
        "cifs/broken.cif,3",
        "cifs/gone.cif,4",
        "cifs/fese.cif,37",
        "cifs/fese.cif,hot",
    ]
    path = structures.parent / "mine.csv"
    path.write_text("\n".join([*lines, ",5", ""]), "utf-8")
    return path


@pytest.fixture(scope="module")
def against_csv(table, tmp_path_factory):
    return run(tmp_path_factory.mktemp("home"), f"csv:{table}")


def test_rows_of_a_csv_are_predicted_or_named(against_csv) -> None:
    _, data = against_csv
    assert data["counts"] == {
        "training_rows": len(a_sixth()),
        "handed_in": 12,
        "unread": 4,
        "not_candidates": 1,
        "tested": 7,
        "superconducting": 5,
    }
    unread = {one["id"]: (one["cause"], one["message"]) for one in data["unread"]}
    assert unread["cifs/broken.cif"][0] == "NoStructureError"
    assert unread["cifs/gone.cif"][0] == "FileAccessError"
    assert unread["cifs/fese.cif (line 12)"] == (
        "UnusableRow",
        "line 12: tc is 'hot'; expected a number in K, or nothing",
    )
    assert "names no structure" in unread["line 13"][1]
    (salt,) = data["not_candidates"]
    assert (salt["id"], salt["cause"]) == ("cifs/salt.cif", "no_net_metal")


def test_zero_and_nothing_mean_not_superconducting(against_csv) -> None:
    _, data = against_csv
    measured = {
        one["id"]: one["tc_measured_k"] for one in data["predictions"] if one["predictor"] == "calibrated"
    }
    expected = {f"cifs/{id_}.cif": float(tc) if float(tc or 0) else None for id_, tc in TC_K.items()}
    assert measured == expected | {"cifs/fese.cif (line 11)": 37.0}


def test_a_chemical_system_of_the_library_is_predicted_without_its_training_rows(
    structures, tmp_path
) -> None:
    """Whatever the library says of Ba-Cu-Y, expected T_c and baselines of a file of it stay the same."""
    path = structures.parent / "one.csv"
    path.write_text("path,tc\ncifs/yba2cu3o7.cif,92.5\n", "utf-8")
    own = [row for row in every_row() if row.system == "Ba-Cu-Y"]
    others = [row for row in every_row() if row.family == "cuprate" and row.system != "Ba-Cu-Y"][::4]
    hot = [replace(row, tc_k=290.0) for row in own]
    assert len(hot) > 2
    one, other = (
        run(tmp_path, f"csv:{path}", training=lambda families, rows=rows: tuple(rows))[1]
        for rows in (others + own, others + hot)
    )
    assert {said["predictor"] for said in one["predictions"]} >= {
        "calibrated",
        "family median",
        "sheets",
        "ceiling",
    }
    for said, again in zip(one["predictions"], other["predictions"], strict=True):
        assert (said["predictor"], said["expected_k"]) == (again["predictor"], again["expected_k"])
    assert one["seen"] in (
        {"composition": 1, "chemical system": 0, "nothing": 0},
        {"composition": 0, "chemical system": 1, "nothing": 0},
    )


def test_the_page_says_what_it_evaluated(against_csv, table) -> None:
    page, data = against_csv
    text = page.read_text("utf-8")
    assert data["against"] == f"csv:{table}" and f"csv:{table}" in text
    assert list(verdict_of(page)) == data["verdict"]
    assert text.index(data["verdict"][0]) < text.index("handed in")
    assert set(data["digests"]) == {"outside", "training", "families", "reference", "measured", "supercon"}
    assert data["protocol_written"] == protocol_written() == "2026-11-28"
    assert "not corrected, 1 anchor compound, at least 4 are needed" in data["database_correction"]
    assert data["database_correction"] in unescape(text)


@pytest.mark.parametrize("below", ["superconductors_3D/data/final/MP", "data/final/MP"])
def test_the_layout_of_3dsc_wherever_it_begins(structures, tmp_path, below) -> None:
    folder = tmp_path / below
    (folder / "cifs").mkdir(parents=True)
    for path in structures.iterdir():
        (folder / "cifs" / path.name).write_bytes(path.read_bytes())
    (folder / "3DSC_MP.csv").write_text(
        "# comment of the release, with a comma\nformula_sc,weight,tc,cif\n"
        "Hg1Ba2Cu1O4.18,1.0,97.0,data/final/MP/cifs/hgba2cuo4.18.cif\n"
        '"La1Fe1As1O1",0.5,0.0,data/final/MP/cifs/lafeaso.cif\n',
        "utf-8",
    )
    for place in (tmp_path, folder):
        found = labelled_entries(f"3dsc:{place}")
        assert [Path(str(raw.payload)).is_file() for raw in found.entries] == [True, True]
        assert [raw.id.rpartition("/")[2] for raw in found.entries] == ["hgba2cuo4.18.cif", "lafeaso.cif"]
        assert [raw.provenance.tc_measured_k for raw in found.entries] == [97.0, 0.0]


def test_3dsc_is_evaluated(structures, tmp_path) -> None:
    (structures.parent / "3DSC_MP.csv").write_text(
        "# comment\nformula_sc,tc,cif\nHg1Ba2Cu1O4,97.0,data/final/MP/cifs/hgba2cuo4.18.cif\n", "utf-8"
    )
    _, data = run(tmp_path, f"3dsc:{structures.parent}")
    assert (data["counts"]["tested"], data["counts"]["unread"]) == (1, 0)
    assert data["verdict"][0].startswith("cuprate, 1 superconducting row")


def test_data_of_a_computation_are_corrected_by_their_own_anchors(tmp_path) -> None:
    """Cuprates of the library made 2 % too large: their heights come back, each by the other compounds."""
    lines = ["path,tc"]
    for entry in reference_entries():
        if entry.id in COMPUTED:
            structure = entry.structure.copy()
            structure.scale_lattice(structure.volume * 1.02**3)
            (tmp_path / f"{entry.id}.cif").write_text(cif_of(structure), "utf-8")
            lines.append(f"{entry.id}.cif,50")
    assert len(lines) == len(COMPUTED) + 1
    (tmp_path / "computed.csv").write_text("\n".join(lines), "utf-8")
    page, data = run(tmp_path / "home", f"csv:{tmp_path / 'computed.csv'}")
    said = data["database_correction"]
    assert f"ξ of {len(COMPUTED)} of {len(COMPUTED)} candidates corrected" in said
    assert (
        f"cuprate octahedron (unknown, with O or F): ξ × 0.980 ± 0.006 by {len(COMPUTED)} compounds" in said
    )
    assert "each row by those of other compounds" in page.read_text("utf-8")
    known = {entry.id: entry for entry in reference_entries()}
    for one in data["predictions"]:
        if one["predictor"] == "calibrated":
            measured = screen(known[one["id"].removesuffix(".cif")], load_families())
            assert one["ceiling_k"] == pytest.approx(measured.tc_ceiling_k, rel=0.015)


def test_the_built_in_rows_are_left_out_in_turn(tmp_path, capsys) -> None:
    rows = tuple(row for row in a_sixth() if row.family != "nickelate")
    page, data = run(tmp_path, training=lambda families: rows)
    splits = {"compound", "chemical system", "base element set", "structure type"}
    assert {one["split"] for one in data["scores"]} == splits
    assert data["against"] is None and data["counts"]["tested"] == len(rows)
    # Rows of the measured table that were not among the few are named as well.
    assert data["counts"]["handed_in"] == len(rows) + len(data["not_candidates"])
    assert {one["cause"] for one in data["not_candidates"]} == {"not among the rows"}
    said = capsys.readouterr()
    assert said.out == ""
    assert f"learning from: {len(rows)} measured rows" in said.err
    assert "predicting what was left out" in said.err
    assert page.read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("spec", "content", "message"),
    [
        ("parquet:x", None, "expected one of csv:FILE, 3dsc:DIR"),
        ("csv:", None, "expected one of"),
        ("csv:{}", None, "there is no file"),
        ("3dsc:{}", None, "there is no folder"),
        ("csv:{}", b"", "the table is empty; expected a heading with path and tc"),
        ("csv:{}", b"path,Tc\n", "a heading and no rows"),
        ("csv:{}", b"file,temperature\na,1\n", "no column path and tc among file, temperature"),
        ("3dsc:{}", b"formula_sc,tc\nA,1\n", "no column cif"),
        ("csv:{}", b"path,tc\n\xff,1\n", "not text in UTF-8"),
        ("csv:{}", b'path,tc\n"' + b"x" * 200_000 + b'",1\n', "line 2 is no row of a CSV"),
    ],
)
def test_what_cannot_be_opened_is_said_in_one_sentence(tmp_path, spec, content, message) -> None:
    path = tmp_path / "table"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=message):
        labelled_entries(spec.format(path))


def test_a_folder_without_the_table_of_3dsc_is_named(tmp_path) -> None:
    with pytest.raises(SourceError, match=r"there is no 3DSC_MP\.csv in"):
        labelled_entries(f"3dsc:{tmp_path}")


@pytest.mark.parametrize("tc", ["-1", "inf", "77 K", "501"])
def test_a_temperature_that_cannot_be_one_is_named(tmp_path, tc) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"\ufeff# mine\n tc , Path \n\n{tc},a.cif\nNaN,b.cif\n", "utf-8")
    found = labelled_entries(f"csv:{path}")
    (bad,) = found.unusable
    assert (bad.id, bad.error_type) == ("a.cif", "UnusableRow")
    assert bad.message.startswith(f"line 4: tc is '{tc}'")
    (good,) = found.entries
    assert (good.id, good.provenance.tc_measured_k) == ("b.cif", 0.0)
    assert good.payload == str(tmp_path / "b.cif")


def test_nothing_to_evaluate_is_an_error_and_leaves_no_page(structures, tmp_path) -> None:
    path = structures.parent / "salt.csv"
    path.write_text("path,tc\ncifs/salt.cif,0\ncifs/broken.cif,1\n", "utf-8")
    with pytest.raises(NothingToEvaluateError, match=r"got 1 NoStructureError, 1 no_net_metal; first"):
        run(tmp_path, f"csv:{path}")
    assert not (tmp_path / "reports" / "validation").exists()


def test_a_home_that_cannot_be_written_is_said(structures, tmp_path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(HomeError, match="cannot be written"):
        run(tmp_path / "file")
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "validation").write_text("in the way", "utf-8")
    path = structures.parent / "home.csv"
    path.write_text("path,tc\ncifs/fese.cif,9\n", "utf-8")
    with pytest.raises(HomeError, match="give another one with --home"):
        run(tmp_path, f"csv:{path}")
