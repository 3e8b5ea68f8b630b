"""A crystal whose cage can be worked out by hand, and what must be said of the small folder of `conftest`."""

from pathlib import Path

from pymatgen.core import Lattice, Structure

CHECKOUT = Path(__file__).resolve().parents[2]

CACUO2_A_ANG, CACUO2_C_ANG = 3.8556, 3.1805
"""Infinite-layer CaCuO2, P4/mmm; cell as read in the data of arXiv:2112.09735 (see the reference library).

Its cage reaches from one plane of Ca to the next: ξ = c.
"""


def cacuo2() -> Structure:
    return Structure(
        Lattice.tetragonal(CACUO2_A_ANG, CACUO2_C_ANG),
        ["Cu", "Ca", "O", "O"],
        [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0, 0], [0, 0.5, 0]],
    )


OUTCOMES = {
    "CaCuO2.cif": ("candidate", None),
    "[bold]empty[bold].cif": ("failed", "EmptyFileError"),
    "deeper/POSCAR": ("rejected", "no_square_net"),
    "deeper/salt.cif.gz": ("rejected", "no_net_metal"),
    "deeper/water.xyz": ("rejected", "not_periodic"),
    "truncated.cif": ("failed", "NoStructureError"),
}
"""What must be said of each file of the folder; reason or type of error."""
