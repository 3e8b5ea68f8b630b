"""The claim about nickelates from the library, the measured table and the catalog of a home."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc

from catalog.home import Home
from catalog.runs.published import newest_by_source, published_runs
from catalog.store.durable import write_files
from catalog.store.predictions import candidates_of
from flows.options import home_at
from flows.progress import stage
from flows.relaxing.potentials import DEFAULT, calculator, named
from polywell.evidence.calibration_table import built_in_calibration
from polywell.proposal.nickelate_claim.analysis import WeighedClaim
from polywell.proposal.nickelate_claim.analysis import weigh as weighed
from polywell.proposal.nickelate_claim.data import ClaimData, built_in_data
from polywell.proposal.nickelate_claim.smallest_cages import relaxed_rows
from polywell.proposal.rows import Row
from polywell.records import Candidate
from reports.html.names import CEILING
from reports.studies.nickelate_claim.page import claim_files

LIBRARY = "reference"
"""The source that the analysis knows already."""


def weigh(home: Path | None, relax: bool = False, potential: str = DEFAULT) -> tuple[WeighedClaim, Path]:
    """Weighs the claim about nickelates and writes `ceiling.html` and `ceiling.json`.

    Args:
        home: folder of the catalog and the pages; from the environment or that of `Home.at` if None.
        relax: relax a structure of each class under pressure with a potential.
        potential: with which one (`flows.relaxing.potentials`).

    Returns:
        The analysis, and the path of the page.

    Raises:
        HomeError: the folder cannot be written.
        PotentialError: there is no such potential, or it is not installed.
        OptionError: a `POLYWELL_` variable is wrong.
    """
    place = home_at(home)
    place.prepare()
    data = built_in_data()
    analysis = weighed(
        data,
        catalogued(place),
        built_in_calibration().predict,
        _relaxed(data, potential) if relax else (),
    )
    return analysis, write_files(claim_files(place.reports / CEILING, analysis))[-1]


def catalogued(home: Home) -> list[Candidate]:
    """Candidates on nickel of every source but the reference library, each as the newest run lists it."""
    newest = newest_by_source(published_runs(home, complete=True))
    return [
        record
        for source, run in sorted(newest.items())
        if source != LIBRARY
        for record in candidates_of(
            run.ranked(where=(pc.field("source") == source) & (pc.field("metal") == "Ni"))
        )
    ]


def _relaxed(data: ClaimData, potential: str) -> list[Row]:
    name, forces = named(potential).name, calculator(potential)
    rows = []
    with stage("relaxing under pressure", "structures") as advance:
        for row in relaxed_rows(data, forces, name):
            rows.append(row)
            advance(1)
    return rows
