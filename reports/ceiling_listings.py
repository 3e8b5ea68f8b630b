"""Tables of the page of the nickelate ceiling: the analysis as rows of cells with unit and digits."""

from __future__ import annotations

from polywell.proposal.ceiling import CeilingAnalysis
from polywell.proposal.ceiling_verdict import percent
from polywell.proposal.listings import Listing, number, text
from reports import ceiling_moves as moves
from reports.ceiling_words import chance, heights, interval, large, pressure, span


def listings(analysis: CeilingAnalysis) -> tuple[Listing, ...]:
    """Every table of the page that has rows."""
    every = (
        _by_class(analysis),
        _catalog(analysis),
        _chances(analysis),
        _effective(analysis),
        _targets(analysis),
        moves.smallest(analysis),
        moves.shrinkings(analysis),
        moves.relaxed(analysis),
        moves.trilayers(analysis),
        moves.substitutions(analysis),
        moves.years(analysis),
        _cells(analysis),
        _sightings(analysis),
    )
    return tuple(listing for listing in every if listing.rows)


def _by_class(analysis: CeilingAnalysis) -> Listing:
    rows = [
        (
            row.class_name,
            row.cells,
            heights(row.xi_smallest_ang, row.xi_largest_ang),
            row.tc_relation_k,
            span(row.tc_relation_low_k, row.tc_relation_high_k),
            f"{row.above_claim} of {row.cells}",
            None if row.best is None else row.best.tc_k,
            "none seen" if row.best is None else row.best.compound,
            "" if row.best is None else pressure(row.best.pressure_gpa),
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


def _catalog(analysis: CeilingAnalysis) -> Listing:
    rows = [
        (
            row.source,
            row.class_name,
            row.cells,
            heights(row.xi_smallest_ang, row.xi_largest_ang),
            row.xi_middle_ang,
            row.tc_middle_k,
            row.tc_smallest_k,
            f"{row.above_claim} of {row.cells}",
            f"{row.smallest_formula} ({row.smallest_id})",
        )
        for row in analysis.catalog
    ]
    columns = (
        text("Source"),
        text("Class"),
        number("Entries", digits=0),
        text("ξ (Å)"),
        number("Median ξ", "Å", 3),
        number("λ/ξ² there", "K", 0),
        number("λ/ξ² at the smallest", "K", 0),
        text(f"Entries above {analysis.claim_k:g} K"),
        text("Smallest"),
    )
    return Listing("catalog", "Nickelates of the catalog, by source and class", "", columns, tuple(rows))


def _chances(analysis: CeilingAnalysis) -> Listing:
    rows = [
        (
            row.class_name,
            row.xi_smallest_ang,
            percent(row.p_published),
            chance(row.p_effective),
            "all nickelates" if row.effective_name == "all" else "own class",
            chance(row.p_calibrated),
            interval(row.calibrated),
            row.xi_allowed_ang,
            chance(row.p_published_allowed),
            chance(row.p_effective_allowed),
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
            heights(row.xi_published_low_ang, row.xi_published_high_ang),
            row.xi_highest_ang,
            row.xi_median_ang,
            row.cells_below,
            "none" if row.pressure_needed_gpa == 0 else large(row.pressure_needed_gpa),
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


def _cells(analysis: CeilingAnalysis) -> Listing:
    rows = [
        (
            cell.name,
            cell.class_name,
            pressure(cell.pressure_gpa),
            cell.xi_ceiling_ang,
            cell.xi_outer_ang,
            cell.tc_ceiling_k,
            span(cell.tc_ceiling_low_k, cell.tc_ceiling_high_k),
            cell.tc_outer_k,
            interval(cell.calibrated),
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
            pressure(one.pressure_gpa),
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
