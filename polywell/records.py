"""What flows through polywell: an entry, its cages and phases, and the one record that comes out.

The field names of `Phase` and `ScreenRecord` are the column names of the catalog; their types,
units and meanings stand in `polywell.columns`.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymatgen.core import Structure

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


REASON_MEANING = {
    Reason.NO_NET_METAL: "the composition holds no metal of the λ table",
    Reason.NO_LIGAND: "the composition holds no element that could bridge or cap the metal",
    Reason.NOT_PERIODIC: "the entry has no three-dimensional periodic cell",
    Reason.OVERLAPPING_ATOMS: "atoms stand closer to each other than any bond allows",
    Reason.NO_SQUARE_NET: "the metal forms no square net that is periodic in exactly two directions",
    Reason.NOT_LAYERED: "square nets run in more than one orientation, as in a perovskite",
    Reason.NO_CAGE: "a square net, but no complete cage on it",
    Reason.NO_LAMBDA: "cages, but the λ table has no row for this metal, cage kind and ligand",
    Reason.DEPRECATED: "a candidate, but the source has withdrawn the entry or marks it as wrong",
}


@dataclass(frozen=True)
class Provenance:
    """What the source knows about an entry beyond its structure; None means that it does not say."""

    pressure_gpa: float | None = None
    doping: str | None = None
    theoretical: bool | None = None
    e_above_hull_ev: float | None = None
    tc_measured_k: float | None = None
    tc_measured_kind: str | None = None
    citation: str | None = None
    checked: str | None = None
    licence: str | None = None
    note: str | None = None
    database_version: str | None = None
    last_updated: str | None = None
    functional: str | None = None
    magnetic_ordering: str | None = None
    database_ids: str | None = None
    deprecated: bool | None = None


@dataclass(frozen=True)
class Entry:
    """One entry of a database.

    `structure` may be None only where the composition alone decides (see
    `polywell.screening.rejected_by_composition`).
    """

    source: str
    id: str
    formula: str
    elements: tuple[str, ...]
    structure: Structure | None
    provenance: Provenance = Provenance()


@dataclass(frozen=True)
class Vertex:
    """One corner of a cage: a site of the entry's structure, in one periodic image."""

    site: int
    image: tuple[int, int, int]
    element: str
    role: str  # "metal", "apex" or "ligand"


@dataclass(frozen=True)
class Phase:
    """One distinct cage of a material. Lengths in Å, angles in degrees, temperatures in K."""

    phase: str
    cage: str  # "octahedron", "nonahedron" or "tridecahedron"
    metal: str
    metal_mix: str
    ligand: str
    apexes: tuple[str, ...]
    xi_ang: float
    xi_spread_ang: float
    apex_heights_ang: tuple[float, ...]
    lateral_offset_ang: float
    faces: int
    count: int
    edges_ang: tuple[float, float]
    bond_ang: float
    bond_angle_deg: float
    buckling_ang: float
    apical_ligands: tuple[str, ...]
    apical_distances_ang: tuple[float, ...]
    anion_heights_ang: tuple[float, ...]
    anion_angle_deg: float | None
    sheets_per_block: str
    sheet_distance_ang: float | None
    vertices: tuple[Vertex, ...]
    lambda_k_ang2: float | None = None
    tc_k: float | None = None
    tc_low_k: float | None = None
    tc_high_k: float | None = None
    extrapolation: str | None = None


@dataclass(frozen=True)
class ScreenRecord:
    """What polywell says of one entry: candidate, rejected or failed, and everything behind it."""

    source: str
    id: str
    formula: str
    elements: tuple[str, ...]
    outcome: Outcome
    algorithm_version: int
    families_digest: str
    reason: Reason | None = None
    message: str = ""
    error_type: str | None = None
    stage: str | None = None
    family: str | None = None
    metal: str | None = None
    phases: tuple[Phase, ...] = ()
    tc_ceiling_k: float | None = None
    tc_ceiling_low_k: float | None = None
    tc_ceiling_high_k: float | None = None
    tc_outer_k: float | None = None
    tc_outer_low_k: float | None = None
    tc_outer_high_k: float | None = None
    xi_ceiling_ang: float | None = None
    xi_outer_ang: float | None = None
    extrapolation: str | None = None
    spacer: str | None = None
    net_disorder: float | None = None
    apex_radius_inner_ang: float | None = None
    apex_radius_outer_ang: float | None = None
    majority_formula: str | None = None
    volume_per_ion_ang3: float | None = None
    xi_corrected_ang: float | None = None
    xi_correction_ratio: float | None = None
    xi_correction_spread: float | None = None
    xi_correction_compounds: int | None = None
    xi_correction_note: str | None = None
    tc_corrected_k: float | None = None
    tc_corrected_low_k: float | None = None
    tc_corrected_high_k: float | None = None
    geometry_suspect: str | None = None
    geometry_from: str | None = None
    xi_compound_ang: float | None = None
    xi_compound_low_ang: float | None = None
    xi_compound_high_ang: float | None = None
    tc_expected_k: float | None = None
    tc_low_k: float | None = None
    tc_high_k: float | None = None
    superconducting_probability: float | None = None
    support: float | None = None
    support_word: str | None = None
    nearest_known: tuple[str, ...] = ()
    nearest_similarity: tuple[float, ...] = ()
    nearest_tc_k: tuple[float, ...] = ()
    nearest_residual_k: tuple[float, ...] = ()
    calibration_digest: str | None = None
    rank: int | None = None
    rank_published: int | None = None
    rank_calibrated: int | None = None
    compound: str | None = None
    rank_in_compound: int | None = None
    first_seen: str | None = None
    last_changed: str | None = None
    structure_digest: str | None = None
    provenance: Provenance = field(default_factory=Provenance)

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


def with_values(record: ScreenRecord, **values: Any) -> ScreenRecord:
    """The record with other values in some fields.

    Does what `dataclasses.replace` does without naming all fields and checking them again, which takes
    ten times as long, where every candidate of a database gets its place.

    Args:
        record: stays as it is.
        values: by the names of the fields; none that `ScreenRecord` checks.
    """
    made = copy(record)
    made.__dict__.update(values)
    return made
