"""What flows through polywell: an entry, and what is found of it, each record complete when it exists.

`Screening` is known when the entry alone was seen, `Estimate` when all candidates of its database were seen,
`Place` when the list was made, `Sighting` when a catalog stored it. Their fields are the columns of the
catalog; each says of itself what it means (`polywell.columns`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from polywell.columns import Column, columns_of
from polywell.geometry.sites import Sites, sites_of, structure_of

if TYPE_CHECKING:
    from pymatgen.core import Structure

EntryKey = tuple[str, str]
"""Source and id: what tells one entry from all others."""

PHASE_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu "
    "nu xi omicron pi rho sigma tau upsilon phi chi psi omega"
).split()


class Outcome(StrEnum):
    """Exactly one of these is said of every entry."""

    CANDIDATE = "candidate"
    REJECTED = "rejected"
    FAILED = "failed"


class Reason(StrEnum):
    """Why an entry is rejected; the list is closed."""

    NO_NET_METAL = "no_net_metal"
    NO_LIGAND = "no_ligand"
    NOT_PERIODIC = "not_periodic"
    OVERLAPPING_ATOMS = "overlapping_atoms"
    NO_SQUARE_NET = "no_square_net"
    NOT_LAYERED = "not_layered"
    NO_CAGE = "no_cage"
    NO_LAMBDA = "no_lambda"
    DEPRECATED = "deprecated"


class ElectronState(StrEnum):
    """What the carriers of a compound as it is written mean in its family; bounds in `tables/electrons.toml`."""

    PARENT = "parent"
    UNDERDOPED = "underdoped"
    NEAR_BEST = "near best"
    OVERDOPED = "overdoped"
    ELECTRON_DOPED = "electron-doped"
    OUTSIDE = "outside what exists"
    UNKNOWN = "unknown"


class Novelty(StrEnum):
    """What a candidate is to those who know the literature; see `polywell.novelty.judgement.RULE`."""

    KNOWN_SUPERCONDUCTOR = "known_superconductor"
    VARIANT = "variant"
    KNOWN_COMPOUND = "known_compound"
    NEW_IN_SERIES = "new_in_series"
    NEW_STACKING = "new_stacking"


class Possible(StrEnum):
    """Whether a candidate can exist as it is written; see `polywell.worth.possible`."""

    POSSIBLE = "possible"
    DOUBTFUL = "doubtful"
    IMPOSSIBLE = "impossible"


class RouteKind(StrEnum):
    """How a candidate is doped; see `polywell.worth.routes`."""

    AS_WRITTEN = "as written"
    PRECEDENT = "precedent"
    UNTRIED = "untried"
    NONE = "none"


REASON_MEANING = {
    Reason.NO_NET_METAL: "the composition holds no metal of the λ table",
    Reason.NO_LIGAND: "the composition holds no element that could bridge or cap the metal",
    Reason.NOT_PERIODIC: "the entry has fewer than the two periods of a net: a molecule or a chain",
    Reason.OVERLAPPING_ATOMS: "atoms stand closer to each other than any bond allows",
    Reason.NO_SQUARE_NET: "the metal forms no square net that is periodic in exactly two directions",
    Reason.NOT_LAYERED: "square nets run in more than one orientation, or are sheets of a framework, as in a perovskite",
    Reason.NO_CAGE: "a square net, but no complete cage on it",
    Reason.NO_LAMBDA: "cages, but the λ table has no row for this metal, cage kind and ligand",
    Reason.DEPRECATED: "a candidate, but the source has withdrawn the entry or marks it as wrong",
}


# One field a line: a table.
# fmt: off
@dataclass(frozen=True)
class Provenance:
    """What the source knows about an entry beyond its structure; None means that it does not say."""

    pressure_gpa: Annotated[float | None, Column("GPa", "Pressure", "Pressure at which the structure was determined, where the source says.", detail=150)] = None
    declared_formula: Annotated[str | None, Column("", "Declared formula", "Formula that the source declares, where its sites hold another composition.", detail=155)] = None
    doping: Annotated[str | None, Column("", "Doping", "Doping of the sample, as the source states it.", detail=160)] = None
    theoretical: Annotated[bool | None, Column("", "Theoretical", "True for a computed structure, false for a measured one, empty where the source does not say.", detail=170)] = None
    e_above_hull_ev: Annotated[float | None, Column("eV/atom", "Above hull", "Energy above the convex hull, where the source gives it.", listed=150)] = None
    tc_measured_k: Annotated[float | None, Column("K", "Measured T_c", "Measured critical temperature, where the source gives one.", listed=180)] = None
    tc_measured_kind: Annotated[str | None, Column("", "Kind of T_c", "What the measured value is: onset, zero resistance, magnetisation, or as stated.", detail=200)] = None
    citation: Annotated[str | None, Column("", "Citation", "Where the structure and the measured value can be read.", detail=210)] = None
    checked: Annotated[str | None, Column("", "Checked", "Whether the structure was read in its source, recalled, or built to a published ξ.", detail=220)] = None
    licence: Annotated[str | None, Column("", "Licence", "Licence of the entry, where the source states one.", detail=230)] = None
    note: Annotated[str | None, Column("", "Note", "Remarks of the source, and of the reader of its structure, on this entry.", detail=250, dropped=70)] = None
    database_version: Annotated[str | None, Column("", "Database version", "Version of the database when the entry was read from it.", result=False)] = None
    last_updated: Annotated[str | None, Column("", "Last updated", "When the source last changed the entry, as an ISO 8601 date.", result=False)] = None
    functional: Annotated[str | None, Column("", "Functional", "Functional or run type of the calculation behind the structure, where the source says.", detail=180)] = None
    magnetic_ordering: Annotated[str | None, Column("", "Magnetic ordering", "Magnetic ordering as the source states it: NM, FM, AFM, FiM, or unknown.", detail=190)] = None
    database_ids: Annotated[str | None, Column("", "Ids elsewhere", "Ids of the same structure in other databases, such as the ICSD, separated by commas.", detail=240)] = None
    built_of: Annotated[str | None, Column("", "Built of", "The blocks of a design, each with the measured crystals that it comes from and the ions that were replaced; empty for what was measured or computed.", detail=165)] = None
    mismatch: Annotated[float | None, Column("", "Mismatch", "Largest strain that a block or a sheet of a design has in the plane; empty for what was measured or computed.", digits=4, detail=166)] = None
    deprecated: Annotated[bool | None, Column("", "Deprecated", "True where the source has withdrawn the entry or marks it as wrong.")] = None


@dataclass(frozen=True)
class Entry:
    """One entry of a database.

    A structure is given as an object of pymatgen or, where nobody needs one, as `sites`, arrays that are made
    in a fraction of its time. Both may be None only where the composition alone decides (see
    `polywell.screening.rejected_by_composition`).
    """

    source: str
    id: str
    formula: str
    elements: tuple[str, ...]
    structure: Structure | None
    provenance: Provenance = Provenance()
    sites: Sites | None = None

    @property
    def key(self) -> EntryKey:
        """Source and id."""
        return self.source, self.id

    @property
    def as_sites(self) -> Sites | None:
        """The structure as arrays, however it was given."""
        return self.sites if self.sites is not None or self.structure is None else sites_of(self.structure)

    def with_structure(self) -> Entry:
        """The same entry with an object of pymatgen for whoever wants one."""
        return self if self.sites is None else replace(self, structure=structure_of(self.sites), sites=None)


@dataclass(frozen=True)
class Vertex:
    """One corner of a cage: a site of the entry's structure, in one periodic image."""

    site: Annotated[int, Column("", "Site", "Index of the site in the stored structure, from 0.")]
    image: Annotated[tuple[int, int, int], Column("", "Image", "Periodic image of the site, in lattice vectors.")]
    element: Annotated[str, Column("", "Element", "Majority element of the site.")]
    role: Annotated[str, Column("", "Role", "metal, ligand or apex.")]


@dataclass(frozen=True)
class Phase:
    """One distinct cage of a material. Lengths in Å, angles in degrees, temperatures in K."""

    phase: Annotated[str, Column("", "Phase", "alpha, beta, gamma, ... in order of growing ξ.", detail=10)]
    cage: Annotated[str, Column("", "Cage", "octahedron, nonahedron or tridecahedron.", detail=50)]
    metal: Annotated[str, Column("", "Metal", "Majority metal of the sheet.")]
    metal_mix: Annotated[str, Column("", "Metal mix", "All metals of the sheet with their share.", detail=70)]
    ligand: Annotated[str, Column("", "Ligand", "Majority element that bridges or caps the metals.", detail=80)]
    apexes: Annotated[tuple[str, ...], Column("", "Apexes", "Elements at the apexes, from the bottom up; an octahedron stands on the apex nearer to the sheet.", listed=130, detail=60)]
    xi_ang: Annotated[float, Column("Å", "ξ", "Height of the cage along the normal of the sheet, mean over its copies.", detail=20)]
    xi_spread_ang: Annotated[float, Column("Å", "Spread of ξ", "Largest minus smallest ξ among the copies of this cage.")]
    apex_heights_ang: Annotated[tuple[float, ...], Column("Å", "Apex heights", "Distance of each apex from the metal plane, in the order of apexes.")]
    lateral_offset_ang: Annotated[float, Column("Å", "Lateral offset", "Distance of the apexes from each other (octahedron) or from the hollow's axis, within the sheet.", detail=120)]
    faces: Annotated[int, Column("", "Faces", "Faces of the convex hull of the vertices, nearly coplanar facets merged: 8, 9 or 13 for an undistorted cage.", detail=110)]
    count: Annotated[int, Column("", "Count", "Number of these cages in one formula unit, shared sites counted by their majority.", detail=100)]
    edges_ang: Annotated[tuple[float, float], Column("Å", "Edges", "The two mean edges of the square of metals, shorter first.")]
    bond_ang: Annotated[float, Column("Å", "M-X", "Mean distance from metal to ligand.", detail=130)]
    bond_angle_deg: Annotated[float, Column("°", "M-X-M", "Mean angle at the ligand between the two metals of an edge.", detail=140)]
    buckling_ang: Annotated[float, Column("Å", "Buckling", "Mean distance of the bridging ligands from the metal plane (octahedron); of the metals from their mean plane (the others).")]
    apical_ligands: Annotated[tuple[str, ...], Column("", "Apical ligands", "Elements of the nearest anions above or below the metal, nearest first; empty when there is none.")]
    apical_distances_ang: Annotated[tuple[float, ...], Column("Å", "Apical distances", "Distances of the apical ligands from the metal.")]
    anion_heights_ang: Annotated[tuple[float, ...], Column("Å", "Anion heights", "Heights of the lower and upper anion plane above the metal plane (FeAs-type sheets), smaller first.")]
    anion_angle_deg: Annotated[float | None, Column("°", "X-M-X", "Mean angle X-M-X between two anions on the same side of an FeAs-type sheet.")]
    sheets_per_block: Annotated[str, Column("", "Sheets", "Number of sheets that share apexes: 1, 2, 3 ... or infinite.", listed=140, detail=90)]
    sheet_distance_ang: Annotated[float | None, Column("Å", "Sheet distance", "Smallest distance to a sheet that shares an apex; empty when there is none.")]
    vertices: Annotated[tuple[Vertex, ...], Column("", "Vertices", "Sites that make one copy of the cage: site index, periodic image, element and role.")]
    lambda_k_ang2: Annotated[float | None, Column("K·Å²", "λ", "λ of the family; empty when the λ table has none.")] = None
    tc_k: Annotated[float | None, Column("K", "T_c", "λ/ξ² of this cage.", detail=30)] = None
    tc_low_k: Annotated[float | None, Column("K", "T_c, low", "λ/ξ² with λ one spread lower.", detail=40)] = None
    tc_high_k: Annotated[float | None, Column("K", "T_c, high", "λ/ξ² with λ one spread higher.")] = None
    extrapolation: Annotated[str | None, Column("", "Extrapolation", "What of this cage lies outside the published range; empty when nothing does.", detail=150, setting="badge")] = None


@dataclass(frozen=True)
class Electrons:
    """What charge neutrality and bond lengths say of the metal of a net; empty where there is no net."""

    formal_valence: Annotated[float | None, Column("", "Formal valence", "Charge of the metal that makes the formula neutral when every other ion has its usual charge, a mean over all its atoms, those of chains included; in FeAs-type nets a mean over all metals of the net. Empty where an element has no usual charge.", digits=2, detail=35)] = None
    valence_low: Annotated[float | None, Column("", "Formal valence, low", "The valence with the highest usual charges of all other ions.", digits=2, detail=34)] = None
    valence_high: Annotated[float | None, Column("", "Formal valence, high", "The valence with the lowest usual charges of all other ions.", digits=2, detail=36)] = None
    d_electrons: Annotated[float | None, Column("", "d electrons", "d electrons for each metal of the net at the formal valence; in FeAs-type nets foreign metals bring their own.", digits=2)] = None
    carriers: Annotated[float | None, Column("", "Carriers", "For each metal of the net: holes (valence less 2, negative for electrons) in CuO2-type nets, d electrons in all others.", digits=3, detail=32)] = None
    electron_state: Annotated[ElectronState | None, Column("", "State", "What the carriers mean for the compound as it is written: parent, underdoped, near best, overdoped, electron-doped, outside what exists, or unknown. Empty where there is no net.", detail=31, diffed=True)] = None
    foreign_share: Annotated[float | None, Column("", "Foreign metals", "Share of the metals of the net that are others than its own.", detail=37)] = None
    foreign_metals: Annotated[tuple[str, ...], Column("", "Foreign metals, kinds", "These metals, the most frequent first.")] = ()
    outside_share: Annotated[float | None, Column("", "Metal outside the nets", "Share of the atoms of the net's metal that stand outside the nets, as in chains.", detail=38)] = None
    bond_valences: Annotated[tuple[float, ...], Column("", "Bond valence sums", "Bond valence sum of the metals of each kind of sheet, the lowest first; empty where there are no parameters. On computed cells it carries the error of their lengths; with As, P, Se and Te it says no charge.", digits=2, detail=39)] = ()
    unusual_ions: Annotated[tuple[str, ...], Column("", "Unusual ions", "Ions that decide whether such a layer can be: hydride, peroxide, beside CuO2-type nets anions other than O, F, Cl, Br, metals outside the nets that may take their carriers, and cations that two anions or fewer hold.", detail=44)] = ()
    unusual_amounts: Annotated[tuple[float, ...], Column("", "Unusual ions, amounts", "How many of each there are for each metal of the nets.", digits=2, detail=45)] = ()
    instability_index: Annotated[float | None, Column("", "Global instability", "Global instability index: root mean square distance of the bond valence sums of all ions from their charges, in valence units. Above 0.2 a structure is strained or wrong; on computed cells it carries the error of their lengths. Empty where a bond has no parameters.", digits=2, detail=42)] = None
    instability_note: Annotated[str | None, Column("", "Global instability in words", "The ion that is furthest from its charge, where that is far; or why there is no index.", detail=43)] = None
    tolerance_factor: Annotated[float | None, Column("", "Tolerance factor", "Goldschmidt's factor (r_A + r_X)/√2(r_M + r_X) of a CuO2- or NiO2-type net, r_A the mean radius of the cations at the apexes of its cages; empty for other nets, and where a radius is missing.", digits=3, detail=46)] = None
    fit_note: Annotated[str | None, Column("", "Fit of the ions in words", "A tolerance factor that no measured crystal has, and cations outside the nets with fewer or more anions than they are known with; empty where all fit.", detail=47)] = None
    electron_note: Annotated[str | None, Column("", "Electrons in words", "What the carriers rest on: ions of several charges, bound anions, foreign metals, metal outside the nets, or why they cannot be said.", detail=33)] = None


@dataclass(frozen=True)
class Screening:
    """What the entry alone says: candidate, rejected or failed, and everything behind it."""

    source: Annotated[str, Column("", "Source", "The database or folder that the entry came from.", listed=25, dropped=5)]
    id: Annotated[str, Column("", "Id", "The entry's id in its source, an opaque string.", listed=20, dropped=10)]
    formula: Annotated[str, Column("", "Formula", "Reduced formula, occupancies included.", listed=30, dropped=20, diffed=True, setting="formula")]
    elements: Annotated[tuple[str, ...], Column("", "Elements", "Elements of the entry, in alphabetical order.", detail=10)]
    outcome: Annotated[Outcome, Column("", "Outcome", "candidate, rejected or failed: exactly one is said of every entry.")]
    algorithm_version: Annotated[int, Column("", "Algorithm", "Version of the algorithm; raised whenever results can move.", cause="algorithm", result=False)]
    families_digest: Annotated[str, Column("", "λ table", "Digest of the λ table that was used.", cause="λ table", result=False)]
    reason: Annotated[Reason | None, Column("", "Reason", "Why the entry was rejected, from a closed list; empty otherwise.", dropped=30)] = None
    message: Annotated[str, Column("", "Message", "One sentence that explains the reason or the failure.", detail=260, dropped=60)] = ""
    error_type: Annotated[str | None, Column("", "Error", "Type of the exception that ended a failed entry.", dropped=40)] = None
    stage: Annotated[str | None, Column("", "Stage", "Where a failed entry failed: read or screen.", dropped=50)] = None
    family: Annotated[str | None, Column("", "Family", "Row of the λ table that gives the ceiling: metal, cage kind and ligand.", listed=40, diffed=True)] = None
    metal: Annotated[str | None, Column("", "Metal", "Majority metal of the sheet that gives the ceiling.", detail=30)] = None
    phases: Annotated[tuple[Phase, ...], Column("", "Phases", "Every distinct cage, in order of growing ξ.")] = ()
    tc_ceiling_k: Annotated[float | None, Column("K", "Ceiling", "T_c = λ/ξ² of the smallest cage: a ceiling by the published relation, not a promise.", listed=100, diffed=True)] = None
    tc_ceiling_low_k: Annotated[float | None, Column("K", "Ceiling, low", "The ceiling with λ one spread lower.", listed=110, diffed=True)] = None
    tc_ceiling_high_k: Annotated[float | None, Column("K", "Ceiling, high", "The ceiling with λ one spread higher.", diffed=True)] = None
    tc_outer_k: Annotated[float | None, Column("K", "Outer", "T_c = λ/ξ² of the largest cage of the same family.", detail=40, diffed=True)] = None
    tc_outer_low_k: Annotated[float | None, Column("K", "Outer, low", "The outer value with λ one spread lower.", detail=50)] = None
    tc_outer_high_k: Annotated[float | None, Column("K", "Outer, high", "The outer value with λ one spread higher.")] = None
    xi_ceiling_ang: Annotated[float | None, Column("Å", "ξ of the ceiling", "Height ξ of the cage that gives the ceiling.", listed=120, diffed=True)] = None
    xi_outer_ang: Annotated[float | None, Column("Å", "ξ of the outer cage", "Height ξ of the largest cage of the same family.", detail=60, diffed=True)] = None
    extrapolation: Annotated[str | None, Column("", "Extrapolation", "What lies outside the range on which λ was published (ligand, apex); empty when nothing does.", listed=170, diffed=True, setting="badge")] = None
    spacer: Annotated[str | None, Column("", "Spacer", "Class of what fills the space between the blocks of sheets, from a closed list.", detail=77)] = None
    net_disorder: Annotated[float | None, Column("", "Net disorder", "Share of the sites of the sheets that another metal or a vacancy takes.")] = None
    net_note: Annotated[str | None, Column("", "Nets in words", "What was decided about the nets: the metal that names one in a tie, empty corners, corners with other cations, missing ligands, nets left out of a framework; empty where nothing was.", detail=75)] = None
    apex_radius_inner_ang: Annotated[float | None, Column("Å", "Inner apex radius", "Mean ionic radius of the apex cations of the ceiling's cage; empty when these are anions or have no radius.")] = None
    apex_radius_outer_ang: Annotated[float | None, Column("Å", "Outer apex radius", "Mean ionic radius of the apex cations of the largest cage; empty when these are anions or have no radius.")] = None
    majority_formula: Annotated[str | None, Column("", "Majority formula", "Reduced formula with every site as its commonest element and sites that are mostly empty left out: the composition up to doping.")] = None
    volume_per_ion_ang3: Annotated[float | None, Column("Å³", "Volume per ion", "Volume of the cell for each site that is not mostly empty.")] = None
    shortest_contact: Annotated[float | None, Column("", "Shortest contact", "Smallest distance of two ions over the sum of their covalent radii.", digits=2)] = None
    shortest_pair: Annotated[str | None, Column("", "Shortest pair", "The two ions of that contact, and their distance.")] = None
    signature: Annotated[str | None, Column("", "Signature", "Stacking from the sheets outward: net and sheets of a block, ions between them, planes of cations by their distance.", detail=76)] = None
    series: Annotated[str | None, Column("", "Series", "Member of a homologous series, or structure type, as chemists name it: Hg-1223, T'-214, RP n=2, 1111. Empty for a stacking without a name.", detail=4)] = None
    formula_written: Annotated[str | None, Column("", "Formula as written", "Formula in the order and for the unit that chemists use.", detail=3, setting="formula")] = None
    electrons: Electrons = Electrons()
    provenance: Provenance = Provenance()

    def __post_init__(self) -> None:
        if self.outcome is Outcome.CANDIDATE and (self.tc_ceiling_k is None or not self.phases):
            raise ValueError(f"{self.id!r}: a candidate needs phases and a ceiling, got {self.tc_ceiling_k}")
        if (self.outcome is Outcome.REJECTED) != (self.reason is not None):
            raise ValueError(
                f"{self.id!r}: a reason belongs to a rejection, got {self.outcome}/{self.reason}"
            )
        if (self.outcome is Outcome.FAILED) != (self.error_type is not None):
            raise ValueError(
                f"{self.id!r}: an error belongs to a failure, got {self.outcome}/{self.error_type}"
            )

    @property
    def key(self) -> EntryKey:
        """Source and id."""
        return self.source, self.id

    @property
    def called(self) -> str:
        """What people call it: by its formula as chemists write it, the reduced one, or the id."""
        return self.formula_written or self.formula or self.id

    @property
    def ceiling_phase(self) -> Phase | None:
        """The cage that gives the ceiling; None where there is none."""
        held = (phase for phase in self.phases if phase.tc_k is not None)
        return next((phase for phase in held if phase.xi_ang == self.xi_ceiling_ang), None)


@dataclass(frozen=True)
class Estimate:
    """What all candidates of its database, and the measured compounds, say of one candidate."""

    compound: Annotated[str | None, Column("", "Compound", "Majority formula of the parent under which polymorphs, orderings and doped variants of one compound stand.", detail=110)] = None
    xi_corrected_ang: Annotated[float | None, Column("Å", "Corrected ξ", "Smallest ξ after the database's own correction by its measured compounds; empty where it is not corrected.", detail=70)] = None
    xi_correction_ratio: Annotated[float | None, Column("", "Correction of ξ", "Median of measured ξ over the database's ξ among the anchors of this run type, magnetic state, family and cage; empty where nothing is corrected.", cause="correction")] = None
    xi_correction_spread: Annotated[float | None, Column("", "Spread of the correction", "Relative standard deviation of the corrected ξ; it widens the calibrated interval.", cause="correction")] = None
    xi_correction_compounds: Annotated[int | None, Column("", "Anchor compounds", "Number of different measured compounds among the anchors of this cage.")] = None
    xi_correction_note: Annotated[str | None, Column("", "Correction in words", "What was corrected by how much, or why nothing was.", detail=100)] = None
    tc_corrected_k: Annotated[float | None, Column("K", "Corrected ceiling", "T_c = λ/ξ² of the smallest cage after correction; empty where it is not corrected.", detail=80, diffed=True)] = None
    tc_corrected_low_k: Annotated[float | None, Column("K", "Corrected ceiling, low", "The corrected ceiling less the joint spread of λ and of the correction.", detail=90)] = None
    tc_corrected_high_k: Annotated[float | None, Column("K", "Corrected ceiling, high", "The corrected ceiling with the joint spread of λ and of the correction.")] = None
    geometry_suspect: Annotated[str | None, Column("", "Suspect geometry", "Heights outside those measured for such ions, with the numbers; such an entry never heads the list; empty when none is.", listed=160, diffed=True, setting="badge")] = None
    geometry_from: Annotated[str | None, Column("", "Geometry from", "The structure whose ξ speaks for the compound: a measured one before r2SCAN, GGA and GGA+U.")] = None
    xi_compound_ang: Annotated[float | None, Column("Å", "ξ of the compound", "Smallest ξ of that structure, corrected where it is corrected.")] = None
    xi_compound_low_ang: Annotated[float | None, Column("Å", "ξ of the compound, low", "Smallest such ξ among all structures of the compound with the same cages.")] = None
    xi_compound_high_ang: Annotated[float | None, Column("Å", "ξ of the compound, high", "Largest such ξ among all structures of the compound with the same cages.")] = None
    tc_expected_k: Annotated[float | None, Column("K", "Expected T_c", "Calibrated T_c of the compound as it is written, at the corrected ξ, should it superconduct.", listed=50, diffed=True)] = None
    tc_low_k: Annotated[float | None, Column("K", "Expected, low", "Lower end of the 80 % interval of the expected T_c.", listed=60, diffed=True)] = None
    tc_high_k: Annotated[float | None, Column("K", "Expected, high", "Upper end of the 80 % interval of the expected T_c.", diffed=True)] = None
    tc_best_k: Annotated[float | None, Column("K", "T_c at best doping", "Calibrated T_c at the best doping that the compound's chemistry can reach, should it superconduct.", listed=62, diffed=True)] = None
    tc_best_low_k: Annotated[float | None, Column("K", "Best doping, low", "Lower end of the 80 % interval of the T_c at the best doping.", listed=64, diffed=True)] = None
    tc_best_high_k: Annotated[float | None, Column("K", "Best doping, high", "Upper end of the 80 % interval of the T_c at the best doping.", diffed=True)] = None
    best_doping: Annotated[str | None, Column("", "Best doping", "Route to the best doping among those tried, and how much of it: carriers for each metal of the net, guest and host, or oxygen.", detail=106)] = None
    superconducting_probability: Annotated[float | None, Column("", "Superconducts", "Probability that the compound as it is written superconducts, measured superconductors and others weighing alike; empty where the model does no better than the base rate.", listed=70, digits=2)] = None
    best_probability: Annotated[float | None, Column("", "Superconducts at best", "The same probability at the best doping.", digits=2, diffed=True)] = None
    support: Annotated[float | None, Column("", "Support", "From 0, far from all measured compounds, to 1, at one of them.", digits=2)] = None
    support_word: Annotated[str | None, Column("", "Support in words", "Close to, between, or far from measured compounds.", listed=80)] = None
    nearest_known: Annotated[tuple[str, ...], Column("", "Nearest known", "The measured superconductors most alike, most similar first.")] = ()
    nearest_similarity: Annotated[tuple[float, ...], Column("", "Similarity", "How alike each nearest known superconductor is, from 0 to 1.")] = ()
    nearest_tc_k: Annotated[tuple[float, ...], Column("K", "T_c of the nearest", "Measured T_c of each nearest known superconductor.")] = ()
    nearest_residual_k: Annotated[tuple[float, ...], Column("K", "Residual of the nearest", "Measured minus fitted T_c of each nearest known superconductor.")] = ()
    calibration_digest: Annotated[str | None, Column("", "Calibration", "Digest of the training data of the calibration in force when the run was published; empty for entries that are no candidates.", cause="calibration", result=False)] = None
    estimate_note: Annotated[str | None, Column("", "No estimate", "Why there is no estimate of T_c; empty where there is one.", detail=105)] = None


@dataclass(frozen=True)
class Place:
    """Where a candidate stands in the list, which measured compound it is, and whether to try it first."""

    rank: Annotated[int, Column("", "Rank", "Place in the list of candidates, in the order that the manifest names (rank_by); 1 is the first.", listed=10, result=False)]
    rank_published: Annotated[int, Column("", "Published rank", "Place by falling ceiling, the published relation alone; suspect geometries and impossible cells come last, ties by id.", detail=130, result=False)]
    rank_in_compound: Annotated[int, Column("", "Rank in compound", "Place among the candidates of the same compound; 1 is the first.", detail=120, result=False)]
    rank_calibrated: Annotated[int | None, Column("", "Calibrated rank", "Place by the lower end of the T_c at the best doping; suspect geometries and impossible cells come last, ties by id; empty where there is no estimate.", detail=140, result=False)] = None
    known: Annotated[str | None, Column("", "Known", "Measured compound that the candidate is, up to doping; formulas are compared, not structures. Empty where it is none of the table.", listed=90, result=False, setting="badge")] = None
    known_tc_k: Annotated[float | None, Column("K", "T_c of the known", "Measured T_c of that compound: zero resistance, else the middle of the transition, else its onset; the highest of that kind.", detail=192, result=False)] = None
    known_pressure_gpa: Annotated[float | None, Column("GPa", "Pressure of the known", "Pressure of that measurement; empty at ambient pressure.", detail=194, result=False)] = None
    novelty: Annotated[Novelty | None, Column("", "Novelty", "known_superconductor, variant (of one), known_compound (without T_c on record), new_in_series, or new_stacking.", detail=5, result=False)] = None
    novelty_note: Annotated[str | None, Column("", "Novelty in words", "Which compound it is or varies, and what differs.", detail=6, result=False)] = None
    possible: Annotated[Possible | None, Column("", "Possible", "possible, doubtful, or impossible as it is written: by formal valence, bond valences, contacts, energy, foreign metals and heights, never by a T_c.", detail=7, setting="badge", result=False)] = None
    possible_note: Annotated[str | None, Column("", "What speaks against it", "Every measure beyond its bound, with the number; empty where nothing is.", detail=8, result=False)] = None
    route: Annotated[RouteKind | None, Column("", "Route", "How it is doped: as written, by a route with a precedent in its series, by one untried there, or none.", detail=107, result=False)] = None
    route_note: Annotated[str | None, Column("", "Route in words", "Which ion of which site and how much, or oxygen, with the precedent and its source.", detail=108, result=False)] = None
    gain_k: Annotated[float | None, Column("K", "Expected gain", "Probability to superconduct at the best doping, times the lower end of T_c there, less by the verdict, the route and the support; empty without an estimate.", listed=48, result=False)] = None
    rank_new: Annotated[int | None, Column("", "New", "Place in the list of what is new, one line for each compound; empty for what is known, cannot be, or has no route to a doping.", listed=46, result=False)] = None
    try_first: Annotated[int | None, Column("", "Try first", "Place among what to try first; empty for all others.", detail=1, result=False)] = None
    passed_over: Annotated[str | None, Column("", "Passed over", "Why it is not to be tried first: known, reported (in SuperCon), variant (of a known one), without (measured without superconductivity), suspect, radioactive, unstable; empty where nothing speaks against it.", detail=2, result=False)] = None


@dataclass(frozen=True)
class Sighting:
    """What the catalog remembers of an entry."""

    structure_digest: Annotated[str | None, Column("", "Structure digest", "Digest of the structure that was screened; empty where the composition alone decided.", cause="structure")] = None
    first_seen: Annotated[str | None, Column("", "First seen", "Date (UTC) of the first run that found the entry in its source.", result=False)] = None
    last_changed: Annotated[str | None, Column("", "Last changed", "Date (UTC) of the last run in which the entry, or what its own structure says, changed; moves of a correction or calibration are told by the run's changes.", result=False)] = None
# fmt: on


@dataclass(frozen=True)
class Candidate:
    """One line of the list: a candidate, with all that is known of it."""

    screening: Screening
    estimate: Estimate
    place: Place
    sighting: Sighting = Sighting()


ENTRY_COLUMNS = (*columns_of(Place), *columns_of(Screening), *columns_of(Estimate), *columns_of(Sighting))
"""Columns of the published files."""
SCREENING_COLUMNS = (*columns_of(Screening), *columns_of(Sighting))
"""Columns of what is known of an entry by itself."""
PHASE_COLUMNS = columns_of(Phase)
VERTEX_COLUMNS = columns_of(Vertex)
