"""What every run imports, or works out once from tables and templates, done before runs are forked."""

import importlib

from polywell.data.precursors import precursors
from polywell.design.recipes import measured_kitchen
from polywell.evidence.anchors import reference_library
from polywell.evidence.calibration_table import built_in_calibration
from polywell.evidence.chemical_system import system_of
from polywell.families import load_families
from reports.html.writing import environment

MODULES = (
    "catalog.readers.cif.symmetry",
    "catalog.readers.cif.values",
    "catalog.sources.files",
    "deltalake.fs",
    "flows.pipeline.steps.publishing",
    "flows.pipeline.steps.ranking",
    "flows.pipeline.steps.reading",
    "flows.pipeline.steps.screening",
    "polywell.novelty.judgement",
    "polywell.worth.try_first",
    "pyarrow.acero",
    "rich._emoji_codes",
    "scipy.spatial",
    "xlsxwriter",
)
"""What a run imports where it needs it."""


def remember() -> None:
    """Fill the caches of this process, and so of all that are forked from it."""
    reference_library(load_families())
    built_in_calibration()
    system_of(("Ca", "Cu", "O"), "CaCuO2", "Cu")
    precursors()
    for template in environment().list_templates(extensions=["j2"]):
        environment().get_template(template)
    for module in MODULES:
        importlib.import_module(module)
    assert measured_kitchen().types and measured_kitchen().tags  # what a dossier's neighbours are made of
