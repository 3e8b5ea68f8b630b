"""Tables of the page of the nickelate claim: the analysis as rows of cells with unit and digits."""

from __future__ import annotations

from polywell.proposal.nickelate_claim.analysis import WeighedClaim
from polywell.proposal.rows import Row
from reports.studies.nickelate_claim.words import (
    chance,
    heights,
    interval,
    large,
    percent,
    pressure,
    span,
)
from reports.studies.tables import Listing, listing_of, number, text


def listings(analysis: WeighedClaim) -> tuple[Listing, ...]:
    """Every table of the page that has rows."""
    every = (
        _by_class(analysis),
        _catalog(analysis),
        _chances(analysis),
        _effective(analysis),
        _targets(analysis),
        _smallest(analysis),
        _shrinkings(analysis),
        _relaxed(analysis),
        _trilayers(analysis),
        _substitutions(analysis),
        _years(analysis),
        _cells(analysis),
        _sightings(analysis),
    )
    return tuple(listing for listing in every if listing.rows)


def _by_class(analysis: WeighedClaim) -> Listing:
    return listing_of(
        "classes",
        "By class",
        analysis.classes,
        (text("Class"), lambda row: row.class_name),
        (number("Cells", digits=0), lambda row: row.cells),
        (text("ξ (Å)"), lambda row: heights(row.xi_smallest_ang, row.xi_largest_ang)),
        (
            number("λ/ξ²", "K", 0, "T_c by the relation for the smallest measured cage"),
            lambda row: row.tc_relation_k,
        ),
        (text("± one spread (K)"), lambda row: span(row.tc_relation_low_k, row.tc_relation_high_k)),
        (text(f"Cells above {analysis.claim_k:g} K"), lambda row: f"{row.above_claim} of {row.cells}"),
        (number("Best measured", "K", 1), lambda row: None if row.best is None else row.best.tc_k),
        (text("Compound"), lambda row: "none seen" if row.best is None else row.best.compound),
        (text("Pressure"), lambda row: "" if row.best is None else pressure(row.best.pressure_gpa)),
        (number("Year", digits=0), lambda row: None if row.best is None else row.best.year),
    )


def _catalog(analysis: WeighedClaim) -> Listing:
    return listing_of(
        "catalog",
        "Nickelates of the catalog, by source and class",
        analysis.catalog,
        (text("Source"), lambda row: row.source),
        (text("Class"), lambda row: row.class_name),
        (number("Entries", digits=0), lambda row: row.cells),
        (text("ξ (Å)"), lambda row: heights(row.xi_smallest_ang, row.xi_largest_ang)),
        (number("Median ξ", "Å", 3), lambda row: row.xi_middle_ang),
        (number("λ/ξ² there", "K", 0), lambda row: row.tc_middle_k),
        (number("λ/ξ² at the smallest", "K", 0), lambda row: row.tc_relation_k),
        (text(f"Entries above {analysis.claim_k:g} K"), lambda row: f"{row.above_claim} of {row.cells}"),
        (text("Smallest"), lambda row: f"{row.smallest_name} ({row.smallest_id})"),
    )


def _chances(analysis: WeighedClaim) -> Listing:
    return listing_of(
        "chances",
        "Chance to exceed the claim",
        analysis.classes,
        (text("Class"), lambda row: row.class_name),
        (number("Smallest measured ξ", "Å", 3), lambda row: row.xi_smallest_ang),
        (text("Published λ"), lambda row: percent(row.p_published)),
        (text("λ_eff"), lambda row: chance(row.p_effective)),
        (text("λ_eff of"), lambda row: "all nickelates" if row.effective_name == "all" else "own class"),
        (text("Calibrated"), lambda row: chance(row.p_calibrated)),
        (text("Calibrated T_c (K)"), lambda row: interval(row.calibrated)),
        (
            number("Smallest allowed ξ", "Å", 3, "by the ions and pressures used so far"),
            lambda row: row.xi_allowed_ang,
        ),
        (text("Published λ there"), lambda row: chance(row.p_published_allowed)),
        (text("λ_eff there"), lambda row: chance(row.p_effective_allowed)),
    )


def _effective(analysis: WeighedClaim) -> Listing:
    return listing_of(
        "effective",
        "λ_eff = T_c·ξ² of measured nickelates",
        analysis.effective,
        (text("Class"), lambda row: "all nickelates" if row.class_name == "all" else row.class_name),
        (number("Structures", digits=0), lambda row: row.structures),
        (number("λ_eff", "K·Å²", 0, "geometric mean of T_c·ξ²"), lambda row: row.median_k_ang2),
        (
            number("Spread", "%", 0, "standard deviation of ln λ_eff"),
            lambda row: None if row.spread_log is None else 100 * row.spread_log,
        ),
        (number("Lowest", "K·Å²", 0), lambda row: row.lowest_k_ang2),
        (number("Highest", "K·Å²", 0), lambda row: row.highest_k_ang2),
        (number(f"Share of {analysis.lambda_k_ang2:g}", "%", 0), lambda row: 100 * row.share_of_published),
        (number(f"Above {analysis.lambda_k_ang2:g}", digits=0), lambda row: row.above_published),
    )


def _targets(analysis: WeighedClaim) -> Listing:
    return listing_of(
        "targets",
        "Heights that temperatures ask for",
        analysis.targets,
        (number("T_c", "K", 0), lambda row: row.tc_k),
        (number("ξ, published λ", "Å", 3), lambda row: row.xi_published_ang),
        (text("± one spread (Å)"), lambda row: heights(row.xi_published_low_ang, row.xi_published_high_ang)),
        (number("ξ, highest λ_eff", "Å", 3), lambda row: row.xi_highest_ang),
        (number("ξ, mean λ_eff", "Å", 3), lambda row: row.xi_median_ang),
        (
            number("Measured cells", digits=0, meaning="with a ξ at most that of the published λ"),
            lambda row: row.cells_below,
        ),
        (
            text("Pressure on the smallest"),
            lambda row: "none" if row.pressure_needed_gpa == 0 else large(row.pressure_needed_gpa),
        ),
    )


def _cells(analysis: WeighedClaim) -> Listing:
    return listing_of(
        "cells",
        "Every nickelate structure",
        analysis.cells,
        (text("Structure"), lambda cell: cell.name),
        (text("Class"), lambda cell: cell.class_name),
        (text("Pressure"), lambda cell: pressure(cell.pressure_gpa)),
        (number("ξ smallest", "Å", 3), lambda cell: cell.xi_ceiling_ang),
        (number("ξ largest", "Å", 3), lambda cell: cell.xi_outer_ang),
        (number("λ/ξ²", "K", 0), lambda cell: cell.tc_ceiling_k),
        (text("± one spread (K)"), lambda cell: span(cell.tc_ceiling_low_k, cell.tc_ceiling_high_k)),
        (number("λ/ξ² outer", "K", 0), lambda cell: cell.tc_outer_k),
        (text("Calibrated (K)"), lambda cell: interval(cell.calibrated)),
        (text("Standing"), lambda cell: _standing(cell)),
    )


def _standing(cell: Row) -> str:
    """What a cell of the library stands on, or where one of the catalog is from."""
    if not cell.standing:
        return f"{cell.source}: {cell.id}"
    known = cell.standing in ("read", "recalled")
    return f"structure {cell.standing}" if known else "height estimated"


def _sightings(analysis: WeighedClaim) -> Listing:
    return listing_of(
        "sightings",
        "Every measurement",
        analysis.sightings,
        (text("Compound"), lambda one: one.compound),
        (text("Class"), lambda one: one.class_name),
        (number("T_c", "K", 1, "the highest of any definition"), lambda one: one.tc_k),
        (number("Zero resistance", "K", 1), lambda one: one.zero_k),
        (text("Kind"), lambda one: one.kind if one.superconducting else "not superconducting"),
        (text("Pressure"), lambda one: pressure(one.pressure_gpa)),
        (number("Year", digits=0), lambda one: one.year),
        (text("Sample"), lambda one: one.sample),
        (number("ξ", "Å", 3), lambda one: one.xi_ang),
        (number("λ/ξ²", "K", 0), lambda one: one.relation_k),
        (number("T_c·ξ²", "K·Å²", 0), lambda one: one.lambda_k_ang2),
        (text("Source"), lambda one: f"{one.source} ({one.checked})"),
    )


def _smallest(analysis: WeighedClaim) -> Listing:
    """The smallest cages that ions and pressures allow, by class."""
    lam = analysis.lambda_k_ang2
    return listing_of(
        "smallest",
        "The smallest cages",
        analysis.smallest,
        (text("Class"), lambda row: row.class_name),
        (
            number("Measured / touching", digits=3, meaning="median over the ambient cells of the class"),
            lambda row: row.factor,
        ),
        (text("Smallest ion used"), lambda row: row.used_ion),
        (number("ξ with it", "Å", 3), lambda row: row.xi_used_ang),
        (text("Smallest rare earth"), lambda row: f"{row.smallest_ion}{' *' if row.carried_on else ''}"),
        (number("ξ with it", "Å", 3), lambda row: row.xi_smallest_ang),
        (number("Pressure", "GPa", 0), lambda row: row.pressure_gpa),
        (number("ξ pressed, used ion", "Å", 3), lambda row: row.pressed_used_ang),
        (number("ξ pressed, smallest", "Å", 3), lambda row: row.pressed_smallest_ang),
        (
            text("λ/ξ² over the range (K)"),
            lambda row: span(lam / row.pressed_range_ang[1] ** 2, lam / row.pressed_range_ang[0] ** 2),
        ),
    )


def _shrinkings(analysis: WeighedClaim) -> Listing:
    """How fast measured cages shrink."""
    return listing_of(
        "shrinkings",
        "How fast cages shrink",
        analysis.shrinkings.rows,
        (text("Compound"), lambda row: row.name),
        (number("-d ln ξ/dp", "10⁻³/GPa", 2), lambda row: 1000 * row.kappa_per_gpa),
        (text("Measured"), lambda row: f"to {row.up_to_gpa:g} GPa"),
        (text("Source"), lambda row: row.source),
    )


def _relaxed(analysis: WeighedClaim) -> Listing:
    """How fast cages shrink by relaxation with a potential."""
    return listing_of(
        "relaxed",
        "Shrinking by relaxation",
        analysis.relaxed,
        (text("Class"), lambda row: row.class_name),
        (text("Structure"), lambda row: row.id),
        (number("Measured ξ", "Å", 3), lambda row: row.xi_measured_ang),
        (
            number("Relaxed ξ", "Å", 3, "without pressure; only its relative change is used"),
            lambda row: row.xi_relaxed_ang,
        ),
        (
            number("-d ln ξ/dp", "10⁻³/GPa", 2, "at zero pressure"),
            lambda row: None if row.kappa_per_gpa is None else 1000 * row.kappa_per_gpa,
        ),
        (number("Pressure", "GPa", 0), lambda row: row.pressure_gpa),
        (number("Measured ξ, pressed", "Å", 3), lambda row: row.xi_pressed_ang),
        (number("λ/ξ² there", "K", 0), lambda row: row.tc_pressed_k),
        (text("By"), lambda row: row.why or row.potential),
    )


def _trilayers(analysis: WeighedClaim) -> Listing:
    """Blocks of three sheets, of nickel and of copper."""
    return listing_of(
        "trilayers",
        "Trilayers of nickel and of copper",
        analysis.trilayers,
        (text("Compound"), lambda row: row.name + (" †" if row.built else "")),
        (text("Class"), lambda row: row.class_name),
        (text("Pressure"), lambda row: pressure(row.pressure_gpa)),
        (number("ξ inner", "Å", 3), lambda row: row.inner_ang),
        (number("ξ outer", "Å", 3), lambda row: row.outer_ang),
        (number("λ/ξ² inner", "K", 0), lambda row: row.tc_inner_k),
        (number("λ/ξ² outer", "K", 0), lambda row: row.tc_outer_k),
        (number("Measured", "K", 1), lambda row: row.measured_k),
    )


def _substitutions(analysis: WeighedClaim) -> Listing:
    """Chemical pressure by smaller rare earths."""
    return listing_of(
        "substitutions",
        "Chemical pressure",
        analysis.substitutions,
        (text("Class"), lambda row: row.class_name),
        (text("Host"), lambda row: row.host),
        (number("T_c of the host", "K", 1), lambda row: row.host_k),
        (text("Replaced"), lambda row: row.replaced),
        (text("Change (K)"), lambda row: f"{row.change_k:+.1f}"),
        (number("Estimate", "K", 1), lambda row: row.estimate_k),
        (number("Measured", "K", 1), lambda row: row.measured_k),
    )


def _years(analysis: WeighedClaim) -> Listing:
    """The record by year."""
    return listing_of(
        "years",
        "The record by year",
        analysis.years,
        (number("Year", digits=0), lambda row: row.year),
        (number("Best of the year", "K", 1), lambda row: row.best_k),
        (text("Compound"), lambda row: row.compound),
        (text("Class"), lambda row: row.class_name),
        (text("Pressure"), lambda row: pressure(row.pressure_gpa)),
        (number("Record", "K", 1), lambda row: row.record_k),
        (text("Gained (K)"), lambda row: "" if row.gained_k == 0 else f"+{row.gained_k:g}"),
        (number("Record, ambient", "K", 1), lambda row: row.ambient_record_k),
    )
