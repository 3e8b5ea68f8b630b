"""What every run works out once from the tables of polywell, worked out before runs are forked."""

from polywell.data.precursors import precursors
from polywell.design.errors import measured_stiffness
from polywell.design.recipes import measured_kitchen
from polywell.evidence.anchors import reference_library
from polywell.evidence.calibration_table import built_in_calibration
from polywell.evidence.chemical_system import system_of
from polywell.families import load_families


def remember() -> None:
    """Fill the caches of this process, and so of all that are forked from it."""
    reference_library(load_families())
    built_in_calibration()
    system_of(("Ca", "Cu", "O"), "CaCuO2", "Cu")
    precursors()
    measured_stiffness()
    assert measured_kitchen().types and measured_kitchen().tags  # what a dossier's neighbours are made of
