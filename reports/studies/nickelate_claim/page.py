"""The page of the nickelate claim: the verdict, its numbers and figures, and the same as JSON."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from polywell.proposal.nickelate_claim.analysis import WeighedClaim
from polywell.proposal.rows import Row
from reports.html.names import CEILING_PAGE
from reports.html.study import study_files
from reports.html.writing import File
from reports.studies.nickelate_claim.figures import figures
from reports.studies.nickelate_claim.tables import listings
from reports.studies.nickelate_claim.words import finding, headline, sides, verdict_data
from reports.studies.tables import Listing

PAGE, DATA = CEILING_PAGE, "ceiling.json"
SCHEMA = 1
"""Version of the JSON's layout; raised when a reader of the older one would misread it."""
OPEN_ROWS = 20
"""Longer tables scroll in a box of their own."""
_INDEX = re.compile(r"(?<=[Tλrξ])_(c|eff|O)(?![A-Za-z])")


def claim_files(folder: Path, analysis: WeighedClaim) -> Iterator[File]:
    """Give `ceiling.html` and `ceiling.json`.

    Args:
        folder: where the two files go.
        analysis: what `polywell.proposal.nickelate_claim.analysis.weigh` returned.
    """
    shown = {
        "analysis": analysis,
        "finding": finding(analysis.verdict),
        "headline": headline(analysis.verdict),
        "sides": tuple(sides(analysis.verdict).items()),
        "counts": _counts(analysis),
        "images": figures(analysis),
        "listings": {listing.key: _shown(listing) for listing in listings(analysis)},
        "unplaced": sum(one.superconducting and one.xi_ang is None for one in analysis.sightings),
    }
    values = claim_data(analysis)
    return study_files(folder / PAGE, folder / DATA, values, "nickelate_claim", shown, _typeset)


def claim_data(analysis: WeighedClaim) -> dict[str, Any]:
    """The whole analysis as plain values for JSON."""
    return {
        "schema": SCHEMA,
        **asdict(analysis),
        "verdict": verdict_data(analysis.verdict),
    }


def _counts(analysis: WeighedClaim) -> tuple[tuple[str, str], ...]:
    own, seen = analysis.own_cells, analysis.seen
    last = analysis.years[-1]
    return (
        (str(len(own)), f"cells of the library: {_stand(own)}"),
        (str(len(seen)), "reports of T_c"),
        (f"{last.record_k:g} K", "measured record"),
        (f"{max(row.tc_relation_k for row in analysis.classes):.0f} K", "highest by the relation"),
        (f"{analysis.claim_k:g} K", "the claim"),
    )


def _stand(cells: Sequence[Row]) -> str:
    counted = Counter(cell.standing for cell in cells)
    return ", ".join(f"{count} {name}" for name, count in counted.most_common())


def _shown(listing: Listing) -> dict[str, Any]:
    return {**vars(listing), "rows": listing.written("–"), "tall": len(listing.rows) > OPEN_ROWS}


def _typeset(words: str) -> Markup:
    """Set the indices of T_c and λ_eff low."""
    return Markup(_INDEX.sub(r"<sub>\1</sub>", str(escape(words))))
