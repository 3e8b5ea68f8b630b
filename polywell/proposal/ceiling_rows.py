"""Rows of the nickelate ceiling: a frozen record for each kind of number, lengths in Å, temperatures in K."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """A calibrated T_c in K: median and central 80 %."""

    expected_k: float
    low_k: float
    high_k: float


@dataclass(frozen=True)
class CellRow:
    """One nickelate structure: its class, its heights, the relation's T_c with one spread of λ."""

    source: str
    id: str
    name: str
    formula: str
    class_name: str
    rule: str
    pressure_gpa: float | None
    doubt: str
    xi_ceiling_ang: float
    xi_outer_ang: float
    tc_ceiling_k: float
    tc_ceiling_low_k: float
    tc_ceiling_high_k: float
    tc_outer_k: float
    calibrated: Interval | None


@dataclass(frozen=True)
class CatalogRow:
    """What one source of the catalog holds of one class: heights in Å, T_c by the relation in K."""

    source: str
    class_name: str
    cells: int
    xi_smallest_ang: float
    xi_middle_ang: float
    xi_largest_ang: float
    smallest_id: str
    smallest_formula: str
    tc_smallest_k: float
    tc_middle_k: float
    above_claim: int


@dataclass(frozen=True)
class Sighting:
    """One measurement: T_c or its absence, and λ = T_c·ξ² where the structure is known."""

    id: str
    compound: str
    structure: str | None
    class_name: str
    superconducting: bool
    tc_k: float | None
    kind: str
    pressure_gpa: float | None
    year: int | None
    sample: str
    xi_ang: float | None
    relation_k: float | None
    lambda_k_ang2: float | None
    source: str

    @property
    def film(self) -> bool:
        """Whether the sample is strained: a film or a membrane."""
        return self.sample in ("film", "membrane")


@dataclass(frozen=True)
class RelaxedRow:
    """Shrinking of a measured cage by relaxation with a potential: heights in Å, -d ln ξ/dp in 1/GPa.

    `xi_pressed_ang` is the measured ξ pressed to `pressure_gpa` with that shrinking, `tc_pressed_k` the
    relation's T_c there. They are None, and `why` says the reason, where the relaxation failed.
    """

    class_name: str
    id: str
    potential: str
    xi_measured_ang: float
    xi_relaxed_ang: float | None
    kappa_per_gpa: float | None
    pressure_gpa: float
    xi_pressed_ang: float | None
    tc_pressed_k: float | None
    why: str = ""


@dataclass(frozen=True)
class EffectiveLambda:
    """λ_eff = T_c·ξ² of a class: geometric mean, standard deviation of its logarithm, range, K·Å²."""

    class_name: str
    structures: int
    median_k_ang2: float
    spread_log: float | None
    lowest_k_ang2: float
    highest_k_ang2: float
    share_of_published: float
    above_published: int


@dataclass(frozen=True)
class ClassRow:
    """One class: its smallest cage, what the relation and λ_eff make of it, and chances above the claim.

    `p_…` are probabilities for one more compound at `xi_smallest_ang`, `p_…_allowed` at `xi_allowed_ang`, the
    smallest ξ that the ions used so far and the pressures used so far allow. Intervals of λ_eff hold 80 %.
    """

    class_name: str
    rule: str
    cells: int
    xi_smallest_ang: float
    xi_largest_ang: float
    smallest_id: str
    tc_relation_k: float
    tc_relation_low_k: float
    tc_relation_high_k: float
    above_claim: int
    best: Sighting | None
    measured: int
    effective_name: str
    tc_effective_k: float
    tc_effective_low_k: float | None
    tc_effective_high_k: float | None
    p_published: float
    p_effective: float | None
    p_calibrated: float | None
    xi_allowed_ang: float | None
    p_published_allowed: float | None
    p_effective_allowed: float | None
    calibrated: Interval | None


@dataclass(frozen=True)
class TargetRow:
    """ξ that a temperature asks for: under the published λ ± one spread, the mean and the highest λ_eff.

    `pressure_needed_gpa` would press the smallest measured cage to that of the published λ.
    """

    tc_k: float
    xi_published_ang: float
    xi_published_low_ang: float
    xi_published_high_ang: float
    xi_median_ang: float
    xi_highest_ang: float
    cells_below: int
    smallest_id: str
    pressure_needed_gpa: float


@dataclass(frozen=True)
class TrilayerRow:
    """A block of three sheets: heights of inner and outer cages, the relation's T_c, and the measured one."""

    id: str
    name: str
    class_name: str
    metal: str
    built: bool
    pressure_gpa: float | None
    inner_ang: float
    outer_ang: float
    tc_inner_k: float
    tc_outer_k: float
    measured_k: float | None


@dataclass(frozen=True)
class SubstitutionRow:
    """Chemical pressure: a host, what replaces its lanthanum, the estimate, and the measured T_c."""

    class_name: str
    host: str
    host_k: float
    replaced: str
    coordination: int
    change_k: float
    estimate_k: float
    measured_k: float | None


@dataclass(frozen=True)
class RecordYear:
    """The best T_c reported in a year, the record by then, and by how much the year raised it."""

    year: int
    compound: str
    class_name: str
    best_k: float
    pressure_gpa: float | None
    record_k: float
    ambient_record_k: float | None
    gained_k: float
