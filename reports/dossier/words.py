"""The sentences of a dossier, each made from numbers of the catalog and of the payload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from polywell.data.hazards import is_radioactive
from polywell.records import Candidate, Provenance, Screening
from reports.dossier.cif import sha256_of
from reports.dossier.payload import Derivation, Expectation, HazardLine, KnownLine
from reports.dossier.scene import GREEK
from reports.html.cells import MAX_NAME, clipped, finite
from reports.html.writing import counted


def origin_word(provenance: Provenance) -> str:
    """Name the origin of a structure: computed, measured, designed, or nothing where nobody says."""
    if provenance.built_of is not None:
        return "designed"
    return "" if provenance.theoretical is None else "computed" if provenance.theoretical else "measured"


def marks(one: Candidate, known: KnownLine | None) -> list[str]:
    """Short marks beside the heading: rediscovery, extrapolation, origin of the structure."""
    found, provenance = [], one.screening.provenance
    if known is not None:
        found.append("rediscovery" if known.tc_k is not None else "known, not superconducting")
    if one.estimate.geometry_suspect:
        found.append("suspect geometry")
    if is_radioactive(one.screening.elements):
        found.append("radioactive")
    if one.screening.extrapolation:
        found.append(f"extrapolation: {clipped(one.screening.extrapolation, MAX_NAME)}")
    if origin_word(provenance):
        found.append(f"{origin_word(provenance)} structure")
    if provenance.deprecated:
        found.append("withdrawn by its source")
    return found


def in_short(
    one: Candidate,
    known: KnownLine | None,
    expected: Expectation | None,
    derived: Derivation | None,
    warned: Sequence[HazardLine],
) -> list[str]:
    """Sentences that say the most important first, each from numbers of the candidate and the payload."""
    screening, main = one.screening, one.screening.ceiling_phase
    letter = "smallest" if main is None else GREEK.get(main.phase, "smallest")
    apexes = " and ".join(dict.fromkeys(() if main is None else main.apexes)) or "no cation"
    said = []
    if expected is not None:
        low, high = expected.tc.low_k, expected.tc.high_k
        ends = f" ({low:.0f} to {high:.0f} K)" if low is not None and high is not None else ""
        likely = "" if expected.probability is None else f", {100 * expected.probability:.0f} % likely"
        word = f"; {expected.support_word}" if expected.support_word else ""
        said.append(f"Expected T_c, should it superconduct{likely}: {expected.tc.tc_k:.0f} K{ends}{word}.")
    elif one.estimate.estimate_note:
        said.append(f"There is no estimate of T_c: {clipped(one.estimate.estimate_note, MAX_NAME)}.")
    said.append(
        f"By the published relation T_c is at most {screening.tc_ceiling_k:.0f} K "
        f"({screening.tc_ceiling_low_k:.0f} to {screening.tc_ceiling_high_k:.0f} K): λ/ξ² "
        f"of its {letter} cage, {screening.xi_ceiling_ang:.3f} Å high, with {apexes} at the apexes. "
        "A ceiling, not a forecast."
    )
    if derived is not None and derived.correction is not None:
        by = counted(derived.correction.compounds, "measured compound")
        said.append(
            f"Corrected for its database by {by}, ξ is {derived.correction.xi_ang:.3f} Å "
            f"and the ceiling {derived.correction.tc.tc_k:.0f} K."
        )
    if one.estimate.geometry_suspect:
        said.append(f"The geometry is suspect: {clipped(one.estimate.geometry_suspect, MAX_NAME)}.")
    if known is None:
        said.append("Not in the table of measured superconductors.")
    elif known.tc_k is None:
        said.append(f"Known: {known.compound} was measured, and no superconductivity was seen.")
    else:
        pressure = f" at {known.pressure_gpa:g} GPa" if known.pressure_gpa else ""
        said.append(f"Known: {known.compound} superconducts at {known.tc_k:g} K{pressure} ({known.tc_kind}).")
    if screening.extrapolation:
        said.append(
            f"λ was never published for this: {clipped(screening.extrapolation, MAX_NAME)}. "
            "The number is an extrapolation."
        )
    origin = origin_word(screening.provenance)
    hull = finite(screening.provenance.e_above_hull_ev)
    if origin or hull is not None:
        stable = "" if hull is None else f", {1000 * hull:.0f} meV/atom above the convex hull"
        said.append(f"The structure is {origin or 'of unknown origin'}{stable}.")
    if screening.provenance.built_of is not None:
        said.append(f"Built of: {clipped(screening.provenance.built_of, MAX_NAME)}.")
    severe = [f"{line.kind} ({line.elements})" for line in warned if line.severe]
    if severe:
        said.append(f"Before making it: {'; '.join(severe)}.")
    return said


def cite_lines(screening: Screening, manifest: Mapping[str, Any], cif: str) -> list[str]:
    """What to name in a publication, one line for each thing."""
    given = screening.provenance
    where = f"entry {clipped(screening.id, MAX_NAME)} of {clipped(screening.source, MAX_NAME)}"
    version = f", version {clipped(given.database_version, MAX_NAME)}" if given.database_version else ""
    lines = [f"Structure: {where}{version}."]
    if given.citation:
        lines.append(f"Measured by: {clipped(given.citation, MAX_NAME)}")
    lines.append(
        f"Screen: polywell {manifest.get('code_version', '')}, algorithm {screening.algorithm_version}, "
        f"λ table {screening.families_digest[:12]}, run of {str(manifest.get('finished', ''))[:10]}."
    )
    if cif:
        lines.append(f"CIF of this page: sha256 {sha256_of(cif)}.")
    return lines
