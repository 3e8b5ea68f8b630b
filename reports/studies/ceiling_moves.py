"""Tables of the nickelate ceiling that tell what can move it: ions, pressure, trilayers, years."""

from __future__ import annotations

from polywell.proposal.ceiling import CeilingAnalysis
from reports.studies.ceiling_words import pressure, span
from reports.studies.tables import Listing, listing_of, number, text


def smallest(analysis: CeilingAnalysis) -> Listing:
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


def shrinkings(analysis: CeilingAnalysis) -> Listing:
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


def relaxed(analysis: CeilingAnalysis) -> Listing:
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


def trilayers(analysis: CeilingAnalysis) -> Listing:
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


def substitutions(analysis: CeilingAnalysis) -> Listing:
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


def years(analysis: CeilingAnalysis) -> Listing:
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
