"""The sentences of a dossier, each made from numbers of the catalog and of the payload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from polywell.data.hazards import is_radioactive
from reports.dossier.cif import sha256_of
from reports.dossier.payload import Derivation, Estimate, HazardLine, KnownLine
from reports.dossier.scene import GREEK
from reports.run.table import Row, clipped, finite

MAX_NAME = 300
"""Characters of a formula or id that a heading carries; the list of provenance has the whole of it."""


def origin_word(theoretical: Any) -> str:
    """Name the origin of a structure: computed, measured, or nothing where the source does not say."""
    return "" if theoretical is None else "computed" if theoretical else "measured"


def marks(row: Row, known: KnownLine | None) -> list[str]:
    """Short marks beside the heading: rediscovery, extrapolation, origin of the structure."""
    found = []
    if known is not None:
        found.append("rediscovery" if known.tc_k is not None else "known, not superconducting")
    if row.get("geometry_suspect"):
        found.append("suspect geometry")
    if is_radioactive(row["elements"] or ()):
        found.append("radioactive")
    if row["extrapolation"]:
        found.append(f"extrapolation: {clipped(row['extrapolation'], MAX_NAME)}")
    if row["theoretical"] is not None:
        found.append(f"{origin_word(row['theoretical'])} structure")
    if row["deprecated"]:
        found.append("withdrawn by its source")
    return found


def in_short(
    row: Row,
    main: Row,
    known: KnownLine | None,
    estimate: Estimate | None,
    derived: Derivation | None,
    warned: Sequence[HazardLine],
) -> list[str]:
    """Sentences that say the most important first, each from numbers of the payload."""
    letter = GREEK.get(main.get("phase", ""), "smallest")
    apexes = " and ".join(dict.fromkeys(main.get("apexes") or ())) or "no cation"
    said = []
    if estimate is not None:
        low, high = estimate.tc.low_k, estimate.tc.high_k
        ends = f" ({low:.0f} to {high:.0f} K)" if low is not None and high is not None else ""
        likely = "" if estimate.probability is None else f", {100 * estimate.probability:.0f} % likely"
        word = f"; {estimate.support_word}" if estimate.support_word else ""
        said.append(f"Expected T_c, should it superconduct{likely}: {estimate.tc.tc_k:.0f} K{ends}{word}.")
    said.append(
        f"By the published relation T_c is at most {row['tc_ceiling_k']:.0f} K "
        f"({row['tc_ceiling_low_k']:.0f} to {row['tc_ceiling_high_k']:.0f} K): λ/ξ² of its {letter} cage, "
        f"{row['xi_ceiling_ang']:.3f} Å high, with {apexes} at the apexes. A ceiling, not a forecast."
    )
    if derived is not None and derived.correction is not None:
        said.append(
            f"Corrected for its database by {derived.correction.compounds} measured compounds, ξ is "
            f"{derived.correction.xi_ang:.3f} Å and the ceiling {derived.correction.tc.tc_k:.0f} K."
        )
    if row.get("geometry_suspect"):
        said.append(f"The geometry is suspect: {clipped(row['geometry_suspect'], MAX_NAME)}.")
    if known is None:
        said.append("Not in the table of measured superconductors.")
    elif known.tc_k is None:
        said.append(f"Known: {known.compound} was measured, and no superconductivity was seen.")
    else:
        pressure = f" at {known.pressure_gpa:g} GPa" if known.pressure_gpa else ""
        said.append(f"Known: {known.compound} superconducts at {known.tc_k:g} K{pressure} ({known.tc_kind}).")
    if row["extrapolation"]:
        said.append(
            f"λ was never published for this: {clipped(row['extrapolation'], MAX_NAME)}. "
            "The number is an extrapolation."
        )
    origin = {True: "computed", False: "measured"}.get(row["theoretical"])
    hull = finite(row["e_above_hull_ev"])
    if origin or hull is not None:
        stable = "" if hull is None else f", {1000 * hull:.0f} meV/atom above the convex hull"
        said.append(f"The structure is {origin or 'of unknown origin'}{stable}.")
    severe = [f"{one.kind} ({one.elements})" for one in warned if one.severe]
    if severe:
        said.append(f"Before making it: {'; '.join(severe)}.")
    return said


def cite_lines(row: Row, manifest: Mapping[str, Any], cif: str) -> list[str]:
    """What to name in a publication, one line for each thing."""
    where = f"entry {clipped(row['id'], MAX_NAME)} of {clipped(row['source'], MAX_NAME)}"
    version = row.get("database_version")
    lines = [
        f"Structure: {where}" + (f", version {clipped(version, MAX_NAME)}" if version else "") + ".",
        f"Screen: polywell {manifest.get('code_version', '')}, algorithm {row['algorithm_version']}, "
        f"λ table {str(row['families_digest'])[:12]}, run of {str(manifest.get('finished', ''))[:10]}.",
    ]
    if row["citation"]:
        lines.insert(1, f"Measured by: {clipped(row['citation'], MAX_NAME)}")
    if cif:
        lines.append(f"CIF of this page: sha256 {sha256_of(cif)}.")
    return lines
