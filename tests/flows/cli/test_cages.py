"""`polywell cages`: one JSON object a line, exit codes, nothing that acts on the terminal."""

import json
import math

import pytest

from polywell.families import load_families
from tests.flows.crystals import CACUO2_C_ANG, CHECKOUT, OUTCOMES

KEYS = ["path", "formula", "formula_written", "outcome", "reason", "message", "note"]
KEYS += ["family", "tc_ceiling_k", "tc_outer_k", "phases"]
PHASE_KEYS = ["phase", "cage", "metal", "xi_ang", "apexes", "faces", "count", "lateral_offset_ang", "tc_k"]


def strictly(line):
    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    return json.loads(line, parse_constant=refuse)


def test_json_of_a_folder(polywell, folder):

    done = polywell("cages", folder, "--json")
    assert done.returncode == 0, done.stderr
    answers = {answer["path"]: answer for answer in map(strictly, done.stdout.splitlines())}
    assert done.stdout.isascii()
    assert {path: (a["outcome"], a["reason"]) for path, a in answers.items()} == {
        f"{folder}/{name}": said for name, said in OUTCOMES.items()
    }
    assert all(list(answer) == KEYS for answer in answers.values())
    for answer in answers.values():
        assert (answer["outcome"] == "candidate") == bool(answer["phases"])
        assert answer["message"] or answer["outcome"] == "candidate"


def test_a_cage_as_tabulated_coordinates_give_it(polywell, folder):

    done = polywell("cages", folder / "CaCuO2.cif", "--json")
    [answer] = map(strictly, done.stdout.splitlines())
    [family] = [row for row in load_families().rows if row.name == answer["family"]]
    expected = family.lambda_k_ang2 / CACUO2_C_ANG**2
    assert answer["path"] == str(folder / "CaCuO2.cif")
    assert answer["formula"] == "CaCuO2"
    assert answer["tc_ceiling_k"] == answer["tc_outer_k"] == pytest.approx(expected, rel=1e-5)
    [phase] = answer["phases"]
    assert list(phase) == PHASE_KEYS
    assert (phase["phase"], phase["cage"], phase["metal"]) == ("alpha", "octahedron", "Cu")
    assert (phase["apexes"], phase["faces"], phase["count"]) == (["Ca", "Ca"], 8, 1)
    assert phase["xi_ang"] == pytest.approx(CACUO2_C_ANG, abs=1e-5)
    assert math.isclose(phase["lateral_offset_ang"], 0, abs_tol=1e-5)


def test_paths_stay_as_they_were_given(polywell, folder):
    done = polywell("cages", folder / "." / "CaCuO2.cif", f"{folder}/deeper/../CaCuO2.cif", "--json")
    assert [strictly(line)["path"] for line in done.stdout.splitlines()] == [
        f"{folder}/CaCuO2.cif",
        f"{folder}/deeper/../CaCuO2.cif",
    ]


def test_several_structures_of_one_file_have_a_line_each(polywell, folder, tmp_path):
    text = (folder / "CaCuO2.cif").read_text("utf-8")
    (tmp_path / "two.cif").write_text(text + text.replace("data_", "data_second_"), "utf-8")
    done = polywell("cages", tmp_path / "two.cif", "--json")
    assert [strictly(line)["path"] for line in done.stdout.splitlines()] == [
        f"{tmp_path}/two.cif",
        f"{tmp_path}/two.cif#2",
    ]


def test_the_table_shows_names_as_they_are(started, folder, tmp_path):
    hostile = tmp_path / "[red]\x1b[31m\u202egone[red].cif"
    hostile.write_bytes((folder / "CaCuO2.cif").read_bytes())
    done = started("cages", hostile, COLUMNS="200", FORCE_COLOR="1")
    assert done.returncode == 0, done.stderr
    assert "\x1b[31m" not in done.stdout and "\u202e" not in done.stdout
    shown = "".join(done.stdout.split())
    assert "octahedron" in shown
    assert "\\x1b[31m" in shown


def test_a_pipe_gets_no_colours(polywell, folder):
    assert "\x1b" not in polywell("cages", folder / "CaCuO2.cif").stdout


def test_nothing_could_be_read(polywell, folder, tmp_path):
    empty = folder / "[bold]empty[bold].cif"
    done = polywell("cages", empty, "--json")
    assert done.returncode == 1
    assert strictly(done.stdout)["outcome"] == "failed"
    assert polywell("cages", tmp_path).returncode == 1  # a folder without files


def test_wrong_usage(polywell, folder, tmp_path):
    table = tmp_path / "families.toml"
    table.write_text("schema = 1\nfamily = [{name = 'mine'}]\n", "utf-8")
    cacuo2 = folder / "CaCuO2.cif"
    for words in (
        ("cages",),
        ("cages", tmp_path / "missing.cif"),
        ("cages", cacuo2, tmp_path / "missing.cif"),
        ("cages", cacuo2, "--families", table),
        ("cages", cacuo2, "--families", tmp_path / "missing.toml"),
        ("cages", cacuo2, "--colour"),
    ):
        done = polywell(*words)
        assert done.returncode == 2, (words, done.stderr)
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        assert done.stderr.strip()


def test_a_look_needs_no_prefect_no_pandas_and_no_home(started, folder, tmp_path):
    watcher = tmp_path / "sitecustomize.py"
    watcher.write_text(
        "import atexit, sys\n"
        "heavy = ('prefect', 'pandas', 'mp_api', 'matplotlib')\n"
        "seen = lambda: [print('imported', name, file=sys.stderr) for name in heavy if name in sys.modules]\n"
        "atexit.register(seen)\n",
        "utf-8",
    )

    done = started("cages", folder / "CaCuO2.cif", PYTHONPATH=f"{tmp_path}:{CHECKOUT}", HOME="/nonexistent")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
