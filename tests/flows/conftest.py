"""A small folder of structures, every outcome among them, and the command line as a user runs it."""

import gzip
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure

from tests.flows.crystals import CHECKOUT, cacuo2

Polywell = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("structures")
    (root / "deeper").mkdir()
    cif = cacuo2().to(fmt="cif")
    (root / "CaCuO2.cif").write_text(cif, "utf-8")
    (root / "truncated.cif").write_text(cif[: cif.index("_atom_site_")], "utf-8")
    (root / "[bold]empty[bold].cif").write_bytes(b"")
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    (root / "deeper" / "salt.cif.gz").write_bytes(gzip.compress(salt.to(fmt="cif").encode()))
    cuprite = Structure.from_spacegroup(  # Cu2O: linear O-Cu-O, no square anywhere
        "Pn-3m", Lattice.cubic(4.27), ["Cu", "O"], [[0, 0, 0], [0.25, 0.25, 0.25]]
    )
    (root / "deeper" / "POSCAR").write_text(cuprite.to(fmt="poscar"), "utf-8")
    water = "3\nwater\nO 0 0 0.119\nH 0 0.763 -0.477\nH 0 -0.763 -0.477\n"
    (root / "deeper" / "water.xyz").write_text(water, "utf-8")
    return root


@pytest.fixture(scope="session")
def polywell(tmp_path_factory) -> Polywell:
    """Runs the command line in a process of its own, with a Prefect home of its own."""
    prefect_home = tmp_path_factory.mktemp("prefect")

    def run(*words: object, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("POLYWELL_", "PREFECT_"))
        }
        environment |= {"PREFECT_HOME": str(prefect_home), "PYTHONPATH": str(CHECKOUT)} | variables
        return subprocess.run(
            [sys.executable, "-m", "flows.main", *map(str, words)],
            cwd=tmp_path_factory.getbasetemp(),
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )

    run.prefect_home = prefect_home  # type: ignore[attr-defined]
    return run
