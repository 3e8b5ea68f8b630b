"""What a dossier holds, typed: the parts of its page, each with its units."""

from __future__ import annotations

from dataclasses import dataclass

from polywell.doping import Replacement
from reports.dossier.bench import Bench
from reports.dossier.next_to_try import NextLines
from reports.dossier.scene import Scene
from reports.html.cells import finite

RIGHT_DEG = 0.005
"""Degrees within which an angle is written as a right one."""
D_SHELL = 10
"""Electrons that a d shell holds."""


@dataclass(frozen=True)
class Fact:
    """One labelled text with the meaning of its column."""

    label: str
    value: str
    meaning: str = ""


@dataclass(frozen=True)
class CellLine:
    """The conventional cell: axes in Å, angles in degrees, density in g/cm³, within a tolerance in Å.

    `units` is how many of the formula it holds; None where that is no whole number.
    """

    symbol: str
    number: int
    axes: tuple[float, float, float, float, float, float]
    units: int | None
    density_g_cm3: float
    tolerance_ang: float

    @property
    def lengths(self) -> list[tuple[str, float]]:
        """The axes by their names."""
        return list(zip("abc", self.axes[:3], strict=True))

    @property
    def slanted(self) -> list[tuple[str, float]]:
        """The angles, by their names, that are not right."""
        named = zip("αβγ", self.axes[3:], strict=True)
        return [(name, angle) for name, angle in named if abs(angle - 90) > RIGHT_DEG]


@dataclass(frozen=True)
class Interval:
    """A temperature in K with its ends, and where these lie on the common axis, in per cent of its length."""

    tc_k: float
    low_k: float | None
    high_k: float | None
    at: float
    start: float
    length: float

    @classmethod
    def on(cls, end_k: float, tc_k: float, low: float | None = None, high: float | None = None) -> Interval:
        """Place a temperature on an axis that ends at `end_k`."""
        low_k, high_k = finite(low), finite(high)
        start = 100 * (tc_k if low_k is None else max(0.0, low_k)) / end_k
        stop = 100 * (tc_k if high_k is None else high_k) / end_k
        at = min(100, 100 * tc_k / end_k)
        return cls(tc_k, low_k, high_k, round(at, 2), round(start, 2), round(min(100, stop) - start, 2))


@dataclass(frozen=True)
class PhaseLine:
    """One cage; lengths in Å. `tc` is None where the λ table has no row for it."""

    name: str
    letter: str
    cage: str
    apexes: str
    metal: str
    ligand: str
    xi_ang: float
    xi_spread_ang: float
    bond_ang: float | None
    bond_angle_deg: float | None
    sheets: str
    faces: int
    count: int
    is_ceiling: bool
    extrapolation: str
    tc: Interval | None


@dataclass(frozen=True)
class Correction:
    """ξ in Å after the correction of its database: the ratio, its spread, and by how many compounds."""

    xi_ang: float
    ratio: float
    spread_percent: float
    compounds: int
    tc: Interval


@dataclass(frozen=True)
class Derivation:
    """How the ceiling was reached: λ ± spread over ξ², the correction of ξ, shares of the doubt in per cent.

    `tc_k` and its doubt are those of the corrected ceiling where there is a correction.
    """

    letter: str
    lambda_k_ang2: float
    spread_k_ang2: float
    lambda_source: str
    xi_ang: float
    xi_doubt_percent: float
    xi_origin: str
    tc_k: float
    deviation_k: float
    share_lambda: float
    share_xi: float
    share_copies: float
    correction: Correction | None
    correction_note: str


@dataclass(frozen=True)
class Expectation:
    """The calibrated estimate, as written and at the best doping, should the compound superconduct."""

    tc: Interval
    best: Interval | None
    best_doping: str
    support: float | None
    support_word: str
    probability: float | None


@dataclass(frozen=True)
class RelativeLine:
    """One measured superconductor beside the candidate; ξ and its distance in Å, T_c in K."""

    compound: str
    doping: str
    pressure_gpa: float | None
    xi_ang: float | None
    distance_ang: float | None
    similarity: float | None
    tc: Interval
    tc_kind: str
    source: str
    doi: str


@dataclass(frozen=True)
class KnownLine:
    """What the table of measured superconductors says of this very compound; `tc_k` None: none was seen."""

    compound: str
    tc_k: float | None
    tc_kind: str
    pressure_gpa: float | None
    doping: str
    source: str
    checked: str
    reports: int


@dataclass(frozen=True)
class Sibling:
    """Another entry of the same compound."""

    rank: int
    id: str
    formula: str
    xi_ang: float
    tc_k: float
    theoretical: str
    e_above_hull_ev: float | None
    link: str


@dataclass(frozen=True)
class CompoundGeometry:
    """ξ in Å of the structure that speaks for the compound, and its ends over all with the same cages."""

    structure: str
    xi_ang: float
    low_ang: float
    high_ang: float


@dataclass(frozen=True)
class HazardLine:
    """One remark on elements of the compound."""

    severe: bool
    kind: str
    elements: str
    meaning: str
    source: str
    checked: str


@dataclass(frozen=True)
class ElectronsLine:
    """Electrons of the net's metal (`polywell.records.Electrons`); `holes` of CuO2 nets alone."""

    state: str
    valence: float | None
    low: float | None
    high: float | None
    d_electrons: float | None
    holes: float | None
    bond_valences: tuple[float, ...]
    note: str

    @property
    def beyond_shell(self) -> str:
        """How the usual charges contradict the d shell of the metal; empty where they do not."""
        if self.d_electrons is None or 0 <= self.d_electrons <= D_SHELL:
            return ""
        return "more d electrons than a shell holds" if self.d_electrons > 0 else "fewer than no d electrons"


@dataclass(frozen=True)
class StripeLine:
    """One step of the stripe series, and the doping as a fraction and as a number."""

    n: int
    fraction: str
    doping: float
    meaning: str


@dataclass(frozen=True)
class PressureLine:
    """Pressure in GPa for a 1 % shorter normal at a measured compressibility of a relative, in 1/GPa."""

    name: str
    kappa_per_gpa: float
    pressure_gpa: float
    source: str


@dataclass(frozen=True)
class Dossier:
    """Everything that the page of one candidate shows; `axis_k` is the end of the common temperature axis."""

    file: str
    source: str
    id: str
    formula: str
    series: str
    novelty: str
    cell: CellLine | None
    links: tuple[tuple[str, str], ...]
    family: str
    metal: str
    rank: int
    candidates: int
    in_short: tuple[str, ...]
    marks: tuple[str, ...]
    axis_k: float
    axis_ticks: tuple[tuple[int, float], ...]
    phases: tuple[PhaseLine, ...]
    ceiling: Interval
    derivation: Derivation | None
    estimate: Expectation | None
    estimate_note: str
    known: KnownLine | None
    relatives: tuple[RelativeLine, ...]
    relatives_by: str
    siblings: tuple[Sibling, ...]
    siblings_total: int
    geometry: CompoundGeometry | None
    hazards: tuple[HazardLine, ...]
    electrons: ElectronsLine | None
    stripes: tuple[StripeLine, ...]
    replacements: tuple[Replacement, ...]
    bench: Bench
    next_to_try: NextLines
    shorter_xi_ang: float | None
    shorter_tc_k: float | None
    shorter_change_k: float | None
    pressures: tuple[PressureLine, ...]
    provenance: tuple[Fact, ...]
    cite: tuple[str, ...]
    cif: str
    cif_sha256: str
    cif_conventional: str
    scene: Scene | None
