"""Tables of the nickelate ceiling that tell what can move it: ions, pressure, trilayers, years."""

from __future__ import annotations

from polywell.proposal.ceiling import CeilingAnalysis
from polywell.proposal.listings import Listing, number, text
from reports.ceiling_words import pressure, span


def smallest(analysis: CeilingAnalysis) -> Listing:
    """The smallest cages that ions and pressures allow, by class."""
    lam = analysis.lambda_k_ang2
    rows = [
        (
            row.class_name,
            row.factor,
            row.used_ion,
            row.xi_used_ang,
            f"{row.smallest_ion}{' *' if row.carried_on else ''}",
            row.xi_smallest_ang,
            row.pressure_gpa,
            row.pressed_used_ang,
            row.pressed_smallest_ang,
            span(lam / row.pressed_range_ang[1] ** 2, lam / row.pressed_range_ang[0] ** 2),
        )
        for row in analysis.smallest
    ]
    columns = (
        text("Class"),
        number("Measured / touching", digits=3, meaning="median over the ambient cells of the class"),
        text("Smallest ion used"),
        number("ξ with it", "Å", 3),
        text("Smallest rare earth"),
        number("ξ with it", "Å", 3),
        number("Pressure", "GPa", 0),
        number("ξ pressed, used ion", "Å", 3),
        number("ξ pressed, smallest", "Å", 3),
        text("λ/ξ² over the range (K)"),
    )
    return Listing("smallest", "The smallest cages", "", columns, tuple(rows))


def shrinkings(analysis: CeilingAnalysis) -> Listing:
    """How fast measured cages shrink."""
    rows = [
        (row.name, 1000 * row.kappa_per_gpa, f"to {row.up_to_gpa:g} GPa", row.source)
        for row in analysis.shrinkings.rows
    ]
    columns = (text("Compound"), number("-d ln ξ/dp", "10⁻³/GPa", 2), text("Measured"), text("Source"))
    return Listing("shrinkings", "How fast cages shrink", "", columns, tuple(rows))


def relaxed(analysis: CeilingAnalysis) -> Listing:
    """How fast cages shrink by relaxation with a potential."""
    rows = [
        (
            row.class_name,
            row.id,
            row.xi_measured_ang,
            row.xi_relaxed_ang,
            None if row.kappa_per_gpa is None else 1000 * row.kappa_per_gpa,
            row.pressure_gpa,
            row.xi_pressed_ang,
            row.tc_pressed_k,
            row.why or row.potential,
        )
        for row in analysis.relaxed
    ]
    columns = (
        text("Class"),
        text("Structure"),
        number("Measured ξ", "Å", 3),
        number("Relaxed ξ", "Å", 3, "without pressure; only its relative change is used"),
        number("-d ln ξ/dp", "10⁻³/GPa", 2, "at zero pressure"),
        number("Pressure", "GPa", 0),
        number("Measured ξ, pressed", "Å", 3),
        number("λ/ξ² there", "K", 0),
        text("By"),
    )
    return Listing("relaxed", "Shrinking by relaxation", "", columns, tuple(rows))


def trilayers(analysis: CeilingAnalysis) -> Listing:
    """Blocks of three sheets, of nickel and of copper."""
    rows = [
        (
            row.name + (" †" if row.built else ""),
            row.class_name,
            pressure(row.pressure_gpa),
            row.inner_ang,
            row.outer_ang,
            row.tc_inner_k,
            row.tc_outer_k,
            row.measured_k,
        )
        for row in analysis.trilayers
    ]
    columns = (
        text("Compound"),
        text("Class"),
        text("Pressure"),
        number("ξ inner", "Å", 3),
        number("ξ outer", "Å", 3),
        number("λ/ξ² inner", "K", 0),
        number("λ/ξ² outer", "K", 0),
        number("Measured", "K", 1),
    )
    return Listing("trilayers", "Trilayers of nickel and of copper", "", columns, tuple(rows))


def substitutions(analysis: CeilingAnalysis) -> Listing:
    """Chemical pressure by smaller rare earths."""
    rows = [
        (
            row.class_name,
            row.host,
            row.host_k,
            row.replaced,
            f"{row.change_k:+.1f}",
            row.estimate_k,
            row.measured_k,
        )
        for row in analysis.substitutions
    ]
    columns = (
        text("Class"),
        text("Host"),
        number("T_c of the host", "K", 1),
        text("Replaced"),
        text("Change (K)"),
        number("Estimate", "K", 1),
        number("Measured", "K", 1),
    )
    return Listing("substitutions", "Chemical pressure", "", columns, tuple(rows))


def years(analysis: CeilingAnalysis) -> Listing:
    """The record by year."""
    rows = [
        (
            row.year,
            row.best_k,
            row.compound,
            row.class_name,
            pressure(row.pressure_gpa),
            row.record_k,
            "" if row.gained_k == 0 else f"+{row.gained_k:g}",
            row.ambient_record_k,
        )
        for row in analysis.years
    ]
    columns = (
        number("Year", digits=0),
        number("Best of the year", "K", 1),
        text("Compound"),
        text("Class"),
        text("Pressure"),
        number("Record", "K", 1),
        text("Gained (K)"),
        number("Record, ambient", "K", 1),
    )
    return Listing("years", "The record by year", "", columns, tuple(rows))
