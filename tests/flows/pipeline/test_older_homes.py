"""Homes that older programs left: opened as they are, and brought to this version by the next run.

`homes/algorithm-N.tar.xz` holds the catalog of a home, made by the program of that version of the algorithm
(commits 777cbd8 and 29aadca, `polywell screen files:cifs --home OUT`): two runs over CaCuO2, rock salt and an
empty file, the second with a copy of CaCuO2 besides.
"""

import json
import shutil
import tarfile
from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure

from polywell import ALGORITHM_VERSION
from tests.flows.crystals import cacuo2

HOMES = Path(__file__).parent / "homes"
FIRST, SECOND = {1: "20261129T155448Z", 2: "20261129T155611Z"}, {1: "20261129T155531Z", 2: "20261129T155640Z"}


@pytest.fixture(scope="module")
def cifs(tmp_path_factory):
    """The structures, where the command line works."""
    folder = tmp_path_factory.getbasetemp() / "cifs"
    folder.mkdir()
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    for name, text in (("CaCuO2", cacuo2().to(fmt="cif")), ("salt", salt.to(fmt="cif")), ("empty", "")):
        (folder / f"{name}.cif").write_text(text, "utf-8")
    shutil.copy(folder / "CaCuO2.cif", folder / "copy.cif")
    return folder.name


@pytest.mark.parametrize("older", [1, 2])
def test_a_home_of_an_older_program_is_read_and_brought_up_to_date_once(older, polywell, cifs, tmp_path):
    with tarfile.open(HOMES / f"algorithm-{older}.tar.xz") as held:
        held.extractall(tmp_path, filter="data")

    def said(*words):
        done = polywell(*words, "--home", tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    listed = [line.split() for line in said("runs").splitlines() if "files:cifs" in line]
    assert [(line[3], line[-1]) for line in listed] == [("published", "latest"), ("published", "kept")]
    assert "1 new, 0 changed, 0 withdrawn" in said("diff")
    assert "CaCuO2.cif of files:cifs, rank 1 of 2" in said("explain", "CaCuO2.cif")
    refused = polywell("rollback", FIRST[older], "--home", tmp_path)
    assert refused.returncode == 2 and "published by an older polywell" in refused.stderr

    told = f"last screened by version {older} of the algorithm, this is version {ALGORITHM_VERSION}"
    assert said("screen", f"files:{cifs}", "--workers", 1, "--plain").count(told) == 1
    again = said("screen", f"files:{cifs}", "--workers", 1, "--plain")
    assert "unchanged since" in again and told not in again
    moved = json.loads(said("diff", "--json", SECOND[older]))
    assert (moved["new"], moved["changed"], moved["withdrawn"]) == (0, 2, 0)
    assert all("algorithm" in one["why"] for one in moved["changed_candidates"])
