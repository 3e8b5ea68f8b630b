"""Tables of the page of the nickelate ceiling: the analysis as rows of cells with unit and digits."""

from __future__ import annotations

from polywell.proposal.ceiling import CeilingAnalysis
from polywell.proposal.ceiling_rows import Interval
from polywell.proposal.ceiling_verdict import percent
from polywell.proposal.listings import Listing, number, text


def listings(analysis: CeilingAnalysis) -> tuple[Listing, ...]:
    """Every table of the page."""
    return (
        _by_class(analysis),
        _chances(analysis),
        _effective(analysis),
        _targets(analysis),
        _smallest(analysis),
        _shrinkings(analysis),
        _trilayers(analysis),
        _substitutions(analysis),
        _years(analysis),
        _cells(analysis),
        _sightings(analysis),
    )


def _by_class(analysis: CeilingAnalysis) -> Listing:
    rows = [
        (
            row.class_name,
            row.cells,
            _heights(row.xi_smallest_ang, row.xi_largest_ang),
            row.tc_relation_k,
            _span(row.tc_relation_low_k, row.tc_relation_high_k),
            f"{row.above_claim} of {row.cells}",
            None if row.best is None else row.best.tc_k,
            "none seen" if row.best is None else row.best.compound,
            "" if row.best is None else _pressure(row.best.pressure_gpa),
            None if row.best is None else row.best.year,
        )
        for row in analysis.classes
    ]
    columns = (
        text("Class"),
        number("Cells", digits=0),
        text("ξ (Å)"),
        number("λ/ξ²", "K", 0, "T_c by the relation for the smallest measured cage"),
        text("± one spread (K)"),
        text(f"Cells above {analysis.claim_k:g} K"),
        number("Best measured", "K", 1),
        text("Compound"),
        text("Pressure"),
        number("Year", digits=0),
    )
    return Listing("classes", "By class", "", columns, tuple(rows))


def _chances(analysis: CeilingAnalysis) -> Listing:
    rows = [
        (
            row.class_name,
            row.xi_smallest_ang,
            percent(row.p_published),
            _chance(row.p_effective),
            "all nickelates" if row.effective_name == "all" else "own class",
            _chance(row.p_calibrated),
            _interval(row.calibrated),
            row.xi_allowed_ang,
            _chance(row.p_published_allowed),
            _chance(row.p_effective_allowed),
        )
        for row in analysis.classes
    ]
    columns = (
        text("Class"),
        number("Smallest measured ξ", "Å", 3),
        text("Published λ"),
        text("λ_eff"),
        text("λ_eff of"),
        text("Calibrated"),
        text("Calibrated T_c (K)"),
        number("Smallest allowed ξ", "Å", 3, "by the ions and pressures used so far"),
        text("Published λ there"),
        text("λ_eff there"),
    )
    return Listing("chances", "Chance to exceed the claim", "", columns, tuple(rows))


def _effective(analysis: CeilingAnalysis) -> Listing:
    rows = [
        (
            "all nickelates" if row.class_name == "all" else row.class_name,
            row.structures,
            row.median_k_ang2,
            None if row.spread_log is None else 100 * row.spread_log,
            row.lowest_k_ang2,
            row.highest_k_ang2,
            100 * row.share_of_published,
            row.above_published,
        )
        for row in analysis.effective
    ]
    columns = (
        text("Class"),
        number("Structures", digits=0),
        number("λ_eff", "K·Å²", 0, "geometric mean of T_c·ξ²"),
        number("Spread", "%", 0, "standard deviation of ln λ_eff"),
        number("Lowest", "K·Å²", 0),
        number("Highest", "K·Å²", 0),
        number(f"Share of {analysis.lambda_k_ang2:g}", "%", 0),
        number(f"Above {analysis.lambda_k_ang2:g}", digits=0),
    )
    return Listing("effective", "λ_eff = T_c·ξ² of measured nickelates", "", columns, tuple(rows))


def _targets(analysis: CeilingAnalysis) -> Listing:
    rows = [
        (
            row.tc_k,
            row.xi_published_ang,
            _heights(row.xi_published_low_ang, row.xi_published_high_ang),
            row.xi_highest_ang,
            row.xi_median_ang,
            row.cells_below,
            "none" if row.pressure_needed_gpa == 0 else _large(row.pressure_needed_gpa),
        )
        for row in analysis.targets
    ]
    columns = (
        number("T_c", "K", 0),
        number("ξ, published λ", "Å", 3),
        text("± one spread (Å)"),
        number("ξ, highest λ_eff", "Å", 3),
        number("ξ, mean λ_eff", "Å", 3),
        number("Measured cells", digits=0, meaning="with a ξ at most that of the published λ"),
        text("Pressure on the smallest"),
    )
    return Listing("targets", "Heights that temperatures ask for", "", columns, tuple(rows))


def _smallest(analysis: CeilingAnalysis) -> Listing:
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
            _span(lam / row.pressed_range_ang[1] ** 2, lam / row.pressed_range_ang[0] ** 2),
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


def _shrinkings(analysis: CeilingAnalysis) -> Listing:
    rows = [
        (row.name, 1000 * row.kappa_per_gpa, f"to {row.up_to_gpa:g} GPa", row.source)
        for row in analysis.shrinkings.rows
    ]
    columns = (text("Compound"), number("-d ln ξ/dp", "10⁻³/GPa", 2), text("Measured"), text("Source"))
    return Listing("shrinkings", "How fast cages shrink", "", columns, tuple(rows))


def _trilayers(analysis: CeilingAnalysis) -> Listing:
    rows = [
        (
            row.name + (" †" if row.built else ""),
            row.class_name,
            _pressure(row.pressure_gpa),
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


def _substitutions(analysis: CeilingAnalysis) -> Listing:
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


def _years(analysis: CeilingAnalysis) -> Listing:
    rows = [
        (
            row.year,
            row.best_k,
            row.compound,
            row.class_name,
            _pressure(row.pressure_gpa),
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


def _cells(analysis: CeilingAnalysis) -> Listing:
    rows = [
        (
            cell.name,
            cell.class_name,
            _pressure(cell.pressure_gpa),
            cell.xi_ceiling_ang,
            cell.xi_outer_ang,
            cell.tc_ceiling_k,
            _span(cell.tc_ceiling_low_k, cell.tc_ceiling_high_k),
            cell.tc_outer_k,
            _interval(cell.calibrated),
            cell.doubt or f"{cell.source}: {cell.id}",
        )
        for cell in analysis.cells
    ]
    columns = (
        text("Structure"),
        text("Class"),
        text("Pressure"),
        number("ξ smallest", "Å", 3),
        number("ξ largest", "Å", 3),
        number("λ/ξ²", "K", 0),
        text("± one spread (K)"),
        number("λ/ξ² outer", "K", 0),
        text("Calibrated (K)"),
        text("Standing"),
    )
    return Listing("cells", "Every nickelate structure", "", columns, tuple(rows))


def _sightings(analysis: CeilingAnalysis) -> Listing:
    rows = [
        (
            one.compound,
            one.class_name,
            one.tc_k,
            one.kind if one.superconducting else "not superconducting",
            _pressure(one.pressure_gpa),
            one.year,
            one.sample,
            one.xi_ang,
            one.relation_k,
            one.lambda_k_ang2,
            one.source,
        )
        for one in analysis.sightings
    ]
    columns = (
        text("Compound"),
        text("Class"),
        number("T_c", "K", 1),
        text("Kind"),
        text("Pressure"),
        number("Year", digits=0),
        text("Sample"),
        number("ξ", "Å", 3),
        number("λ/ξ²", "K", 0),
        number("T_c·ξ²", "K·Å²", 0),
        text("Source"),
    )
    return Listing("sightings", "Every measurement", "", columns, tuple(rows))


def _pressure(gpa: float | None) -> str:
    if gpa is None:
        return "not stated"
    return "ambient" if gpa == 0 else f"{gpa:g} GPa"


def _span(low: float, high: float) -> str:
    return f"{low:.0f}–{high:.0f}"


def _heights(low: float, high: float) -> str:
    return f"{low:.2f}–{high:.2f}" if f"{low:.2f}" != f"{high:.2f}" else f"{low:.2f}"


def _large(pressure_gpa: float) -> str:
    return f"{pressure_gpa:.0f} GPa" if pressure_gpa < 1000 else "over 1000 GPa"


def _interval(interval: Interval | None) -> str:
    if interval is None:
        return "–"
    return f"{interval.expected_k:.0f} ({interval.low_k:.0f}–{interval.high_k:.0f})"


def _chance(chance: float | None) -> str:
    return "–" if chance is None else percent(chance)
