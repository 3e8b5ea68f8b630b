"""The one registry of columns: name, type, unit, label, and one sentence of meaning.

The Parquet schema, the labels of the report and the column page are made from it. Names equal the
fields of `polywell.records.ScreenRecord` (its provenance unfolded) and `polywell.records.Phase`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column of a table.

    `type` is one of string, float64, int32, bool, list<string>, list<float64>, list<int32>, list<phase>,
    list<vertex>; `unit` is empty for numbers without one.
    """

    name: str
    type: str
    unit: str
    label: str
    meaning: str


def _columns(*rows: tuple[str, str, str, str, str]) -> tuple[Column, ...]:
    return tuple(Column(*row) for row in rows)


ENTRY_COLUMNS = _columns(
    ("rank", "int32", "", "Rank", "Place in the list of candidates, in the order that the manifest names (rank_by); 1 is the first."),
    ("rank_published", "int32", "", "Published rank", "Place by falling ceiling, the published relation alone; suspect geometries come last, ties by id."),
    ("rank_calibrated", "int32", "", "Calibrated rank", "Place by the lower end of the calibrated estimate; suspect geometries come last, ties by id; empty where there is no estimate."),
    ("source", "string", "", "Source", "The database or folder that the entry came from."),
    ("id", "string", "", "Id", "The entry's id in its source, an opaque string."),
    ("formula", "string", "", "Formula", "Reduced formula, occupancies included."),
    ("elements", "list<string>", "", "Elements", "Elements of the entry, in alphabetical order."),
    ("outcome", "string", "", "Outcome", "candidate, rejected or failed: exactly one is said of every entry."),
    ("reason", "string", "", "Reason", "Why the entry was rejected, from a closed list; empty otherwise."),
    ("message", "string", "", "Message", "One sentence that explains the reason or the failure."),
    ("error_type", "string", "", "Error", "Type of the exception that ended a failed entry."),
    ("stage", "string", "", "Stage", "Where a failed entry failed: read or screen."),
    ("family", "string", "", "Family", "Row of the λ table that gives the ceiling: metal, cage kind and ligand."),
    ("metal", "string", "", "Metal", "Majority metal of the sheet that gives the ceiling."),
    ("tc_ceiling_k", "float64", "K", "Ceiling", "T_c = λ/ξ² of the smallest cage: a ceiling by the published relation, not a promise."),
    ("tc_ceiling_low_k", "float64", "K", "Ceiling, low", "The ceiling with λ one spread lower."),
    ("tc_ceiling_high_k", "float64", "K", "Ceiling, high", "The ceiling with λ one spread higher."),
    ("tc_outer_k", "float64", "K", "Outer", "T_c = λ/ξ² of the largest cage of the same family."),
    ("tc_outer_low_k", "float64", "K", "Outer, low", "The outer value with λ one spread lower."),
    ("tc_outer_high_k", "float64", "K", "Outer, high", "The outer value with λ one spread higher."),
    ("xi_ceiling_ang", "float64", "Å", "ξ of the ceiling", "Height ξ of the cage that gives the ceiling."),
    ("xi_outer_ang", "float64", "Å", "ξ of the outer cage", "Height ξ of the largest cage of the same family."),
    ("extrapolation", "string", "", "Extrapolation", "What lies outside the range on which λ was published (ligand, apex); empty when nothing does."),
    ("xi_corrected_ang", "float64", "Å", "Corrected ξ", "Smallest ξ after the database's own correction by its measured compounds; empty where it is not corrected."),
    ("xi_correction_ratio", "float64", "", "Correction of ξ", "Median of measured ξ over the database's ξ among the anchors of this run type, magnetic state, family and cage; empty where nothing is corrected."),
    ("xi_correction_spread", "float64", "", "Spread of the correction", "Relative standard deviation of the corrected ξ; it widens the calibrated interval."),
    ("xi_correction_compounds", "int32", "", "Anchor compounds", "Number of different measured compounds among the anchors of this cage."),
    ("xi_correction_note", "string", "", "Correction in words", "What was corrected by how much, or why nothing was."),
    ("tc_corrected_k", "float64", "K", "Corrected ceiling", "T_c = λ/ξ² of the smallest cage after correction; empty where it is not corrected."),
    ("tc_corrected_low_k", "float64", "K", "Corrected ceiling, low", "The corrected ceiling less the joint spread of λ and of the correction."),
    ("tc_corrected_high_k", "float64", "K", "Corrected ceiling, high", "The corrected ceiling with the joint spread of λ and of the correction."),
    ("geometry_suspect", "string", "", "Suspect geometry", "Heights outside those measured for such ions, with the numbers; such an entry never heads the list; empty when none is."),
    ("geometry_from", "string", "", "Geometry from", "The structure whose ξ speaks for the compound: a measured one before r2SCAN, GGA and GGA+U."),
    ("xi_compound_ang", "float64", "Å", "ξ of the compound", "Smallest ξ of that structure, corrected where it is corrected."),
    ("xi_compound_low_ang", "float64", "Å", "ξ of the compound, low", "Smallest such ξ among all structures of the compound with the same cages."),
    ("xi_compound_high_ang", "float64", "Å", "ξ of the compound, high", "Largest such ξ among all structures of the compound with the same cages."),
    ("tc_expected_k", "float64", "K", "Expected T_c", "Median of the calibrated estimate at the corrected ξ, should the compound superconduct."),
    ("tc_low_k", "float64", "K", "Expected, low", "Lower end of the central 80 % of the calibrated estimate."),
    ("tc_high_k", "float64", "K", "Expected, high", "Upper end of the central 80 % of the calibrated estimate."),
    ("superconducting_probability", "float64", "", "Superconducts", "Share of superconductors among measured compounds like it; one half far from all data."),
    ("support", "float64", "", "Support", "From 0, the published relation alone, to 1, measured compounds just like it."),
    ("support_word", "string", "", "Support in words", "Close to, between, or far from measured compounds."),
    ("nearest_known", "list<string>", "", "Nearest known", "The measured superconductors most alike, most similar first."),
    ("nearest_similarity", "list<float64>", "", "Similarity", "How alike each nearest known superconductor is, from 0 to 1."),
    ("nearest_tc_k", "list<float64>", "K", "T_c of the nearest", "Measured T_c of each nearest known superconductor."),
    ("nearest_residual_k", "list<float64>", "K", "Residual of the nearest", "Measured minus fitted T_c of each nearest known superconductor."),
    ("spacer", "string", "", "Spacer", "Class of what fills the space between the blocks of sheets, from a closed list."),
    ("net_disorder", "float64", "", "Net disorder", "Share of the sites of the sheets that another metal or a vacancy takes."),
    ("apex_radius_inner_ang", "float64", "Å", "Inner apex radius", "Mean ionic radius of the apex cations of the ceiling's cage; empty when these are anions or have no radius."),
    ("apex_radius_outer_ang", "float64", "Å", "Outer apex radius", "Mean ionic radius of the apex cations of the largest cage; empty when these are anions or have no radius."),
    ("majority_formula", "string", "", "Majority formula", "Reduced formula with every site as its commonest element and sites that are mostly empty left out: the composition up to doping."),
    ("volume_per_ion_ang3", "float64", "Å³", "Volume per ion", "Volume of the cell for each site that is not mostly empty."),
    ("phases", "list<phase>", "", "Phases", "Every distinct cage, in order of growing ξ."),
    ("compound", "string", "", "Compound", "Majority formula of the parent under which polymorphs, orderings and doped variants of one compound stand."),
    ("rank_in_compound", "int32", "", "Rank in compound", "Place among the candidates of the same compound; 1 is the first."),
    ("pressure_gpa", "float64", "GPa", "Pressure", "Pressure at which the structure was determined, where the source says."),
    ("doping", "string", "", "Doping", "Doping of the sample, as the source states it."),
    ("theoretical", "bool", "", "Theoretical", "True for a computed structure, false for a measured one, empty where the source does not say."),
    ("e_above_hull_ev", "float64", "eV/atom", "Above hull", "Energy above the convex hull, where the source gives it."),
    ("tc_measured_k", "float64", "K", "Measured T_c", "Measured critical temperature, where the source gives one."),
    ("tc_measured_kind", "string", "", "Kind of T_c", "What the measured value is: onset, zero resistance, magnetisation, or as stated."),
    ("citation", "string", "", "Citation", "Where the structure and the measured value can be read."),
    ("checked", "string", "", "Checked", "Whether the structure was read in its source, recalled, or built to a published ξ."),
    ("licence", "string", "", "Licence", "Licence of the entry, where the source states one."),
    ("note", "string", "", "Note", "Remark of the source on this entry."),
    ("database_version", "string", "", "Database version", "Version of the database when the entry was read from it."),
    ("last_updated", "string", "", "Last updated", "When the source last changed the entry, as an ISO 8601 date."),
    ("functional", "string", "", "Functional", "Functional or run type of the calculation behind the structure, where the source says."),
    ("magnetic_ordering", "string", "", "Magnetic ordering", "Magnetic ordering as the source states it: NM, FM, AFM, FiM, or unknown."),
    ("database_ids", "string", "", "Ids elsewhere", "Ids of the same structure in other databases, such as the ICSD, separated by commas."),
    ("deprecated", "bool", "", "Deprecated", "True where the source has withdrawn the entry or marks it as wrong."),
    ("first_seen", "string", "", "First seen", "Date (UTC) of the first run that found the entry in its source."),
    ("last_changed", "string", "", "Last changed", "Date (UTC) of the last run in which the entry, or what its own structure says, changed; moves of a correction or calibration are told by the run's changes."),
    ("structure_digest", "string", "", "Structure digest", "Digest of the structure that was screened; empty where the composition alone decided."),
    ("calibration_digest", "string", "", "Calibration", "Digest of the training data of the calibration in force when the run was published; empty for entries that are no candidates."),
    ("algorithm_version", "int32", "", "Algorithm", "Version of the algorithm; raised whenever results can move."),
    ("families_digest", "string", "", "λ table", "Digest of the λ table that was used."),
)  # fmt: skip

PHASE_COLUMNS = _columns(
    ("phase", "string", "", "Phase", "alpha, beta, gamma, ... in order of growing ξ."),
    ("cage", "string", "", "Cage", "octahedron, nonahedron or tridecahedron."),
    ("metal", "string", "", "Metal", "Majority metal of the sheet."),
    ("metal_mix", "string", "", "Metal mix", "All metals of the sheet with their share."),
    ("ligand", "string", "", "Ligand", "Majority element that bridges or caps the metals."),
    ("apexes", "list<string>", "", "Apexes", "Elements at the apexes, from the bottom up; an octahedron stands on the apex nearer to the sheet."),
    ("xi_ang", "float64", "Å", "ξ", "Height of the cage along the normal of the sheet, mean over its copies."),
    ("xi_spread_ang", "float64", "Å", "Spread of ξ", "Largest minus smallest ξ among the copies of this cage."),
    ("apex_heights_ang", "list<float64>", "Å", "Apex heights", "Distance of each apex from the metal plane, in the order of apexes."),
    ("lateral_offset_ang", "float64", "Å", "Lateral offset", "Distance of the apexes from each other (octahedron) or from the hollow's axis, within the sheet."),
    ("faces", "int32", "", "Faces", "Faces of the convex hull of the vertices, nearly coplanar facets merged: 8, 9 or 13 for an undistorted cage."),
    ("count", "int32", "", "Count", "Number of these cages in one formula unit, shared sites counted by their majority."),
    ("edges_ang", "list<float64>", "Å", "Edges", "The two mean edges of the square of metals, shorter first."),
    ("bond_ang", "float64", "Å", "M-X", "Mean distance from metal to ligand."),
    ("bond_angle_deg", "float64", "°", "M-X-M", "Mean angle at the ligand between the two metals of an edge."),
    ("buckling_ang", "float64", "Å", "Buckling", "Mean distance of the bridging ligands from the metal plane (octahedron); of the metals from their mean plane (the others)."),
    ("apical_ligands", "list<string>", "", "Apical ligands", "Elements of the nearest anions above or below the metal, nearest first; empty when there is none."),
    ("apical_distances_ang", "list<float64>", "Å", "Apical distances", "Distances of the apical ligands from the metal."),
    ("anion_heights_ang", "list<float64>", "Å", "Anion heights", "Heights of the lower and upper anion plane above the metal plane (FeAs-type sheets), smaller first."),
    ("anion_angle_deg", "float64", "°", "X-M-X", "Mean angle X-M-X between two anions on the same side of an FeAs-type sheet."),
    ("sheets_per_block", "string", "", "Sheets", "Number of sheets that share apexes: 1, 2, 3 ... or infinite."),
    ("sheet_distance_ang", "float64", "Å", "Sheet distance", "Smallest distance to a sheet that shares an apex; empty when there is none."),
    ("vertices", "list<vertex>", "", "Vertices", "Sites that make one copy of the cage: site index, periodic image, element and role."),
    ("lambda_k_ang2", "float64", "K·Å²", "λ", "λ of the family; empty when the λ table has none."),
    ("tc_k", "float64", "K", "T_c", "λ/ξ² of this cage."),
    ("tc_low_k", "float64", "K", "T_c, low", "λ/ξ² with λ one spread lower."),
    ("tc_high_k", "float64", "K", "T_c, high", "λ/ξ² with λ one spread higher."),
    ("extrapolation", "string", "", "Extrapolation", "What of this cage lies outside the published range; empty when nothing does."),
)  # fmt: skip

VERTEX_COLUMNS = _columns(
    ("site", "int32", "", "Site", "Index of the site in the stored structure, from 0."),
    ("image", "list<int32>", "", "Image", "Periodic image of the site, in lattice vectors."),
    ("element", "string", "", "Element", "Majority element of the site."),
    ("role", "string", "", "Role", "metal, ligand or apex."),
)
