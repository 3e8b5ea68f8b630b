"""Correction of computed heights: each database is calibrated by its own entries of measured compounds.

ln(ξ measured/ξ database) of the anchors (`polywell.evidence.anchors`) is pooled by `Group`, every compound
once. The median corrects ξ; its spread is 1.4826 × the median absolute deviation, never less than what
measured structures of one compound differ by among themselves. T_c of no compound is used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from math import exp, hypot, log, pi, sqrt
from statistics import median

from polywell.design.conditions.condition import relative_doubt
from polywell.design.table import design_table
from polywell.evidence.anchors import (
    HANDED_IN,
    MEASURED_SOURCE,
    Anchor,
    Cages,
    Group,
    Library,
    cages_of,
    group_of,
    is_calculated,
)
from polywell.evidence.height_bounds import Suspicion
from polywell.families import Families
from polywell.records import Outcome, Phase, Screening
from polywell.relation import critical_temperature_k

LEAST_COMPOUNDS = 4
"""Anchors of fewer different compounds give no correction: a median and a spread of three mean little."""
MAD_TO_DEVIATION = 1.4826
"""Median absolute deviation to standard deviation, for a normal distribution."""
PREFERENCE = ("measured", "r2SCAN", "GGA", "GGA+U", "unknown")
"""Which geometry gives the ξ of a compound, the best first."""


@dataclass(frozen=True)
class Correction:
    """What anchors say of one group.

    `ratio` is the median of ξ measured/ξ database, `spread` the relative standard deviation of one entry's
    ratio about it, `compounds` the different compounds, `anchors` the cages behind it.
    """

    group: Group
    ratio: float
    spread: float
    compounds: tuple[str, ...]
    anchors: int

    @property
    def applies(self) -> bool:
        """Whether there are enough compounds to correct with."""
        return len(self.compounds) >= LEAST_COMPOUNDS

    @property
    def why_not(self) -> str:
        """Why it does not apply; empty when it does."""
        if self.applies:
            return ""
        count = len(self.compounds)
        found = f"{count} anchor compound{'' if count == 1 else 's'}"
        return f"{found}, at least {LEAST_COMPOUNDS} are needed"

    @property
    def deviation(self) -> float:
        """Relative standard deviation of a corrected ξ: the spread, and the doubt about the median."""
        return self.spread * sqrt(1 + pi / 2 / len(self.compounds))


@dataclass(frozen=True)
class CorrectedPhase:
    """A phase with its corrected height in Å, its relative standard deviation and T_c in K.

    `ratio` is 1 and `deviation` 0 where nothing was corrected, but for designs (`polywell.design`), which
    have the deviation that leaving measured compounds out shows; `anchors` counts compounds.
    """

    phase: Phase
    ratio: float
    deviation: float
    anchors: int
    applied: bool
    why: str
    xi_ang: float
    tc_k: float
    tc_low_k: float
    tc_high_k: float


@dataclass(frozen=True)
class CorrectedRecord:
    """A candidate after correction: the cages of its family, the one of the ceiling, and what is suspect."""

    record: Screening
    phases: tuple[CorrectedPhase, ...]
    ceiling: CorrectedPhase
    suspicions: tuple[Suspicion, ...] = ()

    @property
    def geometry_suspect(self) -> str:
        """The suspicions in words with their numbers; empty when there is none."""
        return "; ".join(dict.fromkeys(one.text for one in self.suspicions))


@dataclass(frozen=True)
class CompoundGeometry:
    """All entries of one compound with the same cages: whose ξ counts, and how far they lie apart.

    Heights in Å are those of the smallest cage, corrected where they are. `measured` holds id and height of
    the measured structure of the compound, where an entry was matched to one.
    """

    compound: str
    chosen: CorrectedRecord
    others: tuple[CorrectedRecord, ...]
    measured: tuple[str, float] | None = None

    @property
    def geometry_from(self) -> str:
        """The structure whose ξ counts, as source and id."""
        if self.measured is not None:
            return f"{MEASURED_SOURCE}/{self.measured[0]}"
        return f"{self.chosen.record.source}/{self.chosen.record.id}"

    @property
    def xi_ang(self) -> float:
        """ξ of that structure."""
        return self.chosen.ceiling.xi_ang if self.measured is None else self.measured[1]

    @cached_property
    def heights_ang(self) -> tuple[float, ...]:
        """ξ of all structures of the compound, in growing order."""
        measured = () if self.measured is None else (self.measured[1],)
        return tuple(sorted([one.ceiling.xi_ang for one in (self.chosen, *self.others)] + [*measured]))


def corrections(anchors: Iterable[Anchor], floor: float) -> tuple[Correction, ...]:
    """Pool anchors by group; groups with too few compounds are kept and say so by `applies`.

    Args:
        anchors: as `polywell.evidence.anchors.find_anchors` finds them.
        floor: least spread, such as `reference_scatter` of the library that the anchors were matched to.
    """
    together: dict[Group, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for anchor in anchors:
        together[anchor.group][anchor.compound].append(log(anchor.ratio))
    made = []
    for group, compounds in together.items():
        values = [median(logs) for logs in compounds.values()]
        made.append(
            Correction(
                group,
                exp(median(values)),
                max(floor, robust_deviation(values)),
                tuple(sorted(compounds)),
                sum(len(logs) for logs in compounds.values()),
            )
        )
    return tuple(sorted(made, key=lambda row: tuple(asdict(row.group).values())))


def robust_deviation(values: Sequence[float]) -> float:
    """Standard deviation by the median absolute deviation; 0 for a single value."""
    middle = median(values)
    return MAD_TO_DEVIATION * median(abs(value - middle) for value in values)


def reference_scatter(library: Library) -> float:
    """Relative scatter of ξ among measured structures of one compound: dopings, samples, refinements."""
    away: list[float] = []
    for rows in (rows for kinds in library.values() for rows in kinds.values()):
        for key in {key for row in rows for key in row.heights}:
            heights = [log(row.heights[key][0]) for row in rows if key in row.heights]
            if len(heights) > 1:
                away.extend(abs(height - median(heights)) for height in heights)
    return MAD_TO_DEVIATION * median(away) if away else 0.0


def correct(
    record: Screening,
    known: Mapping[Group, Correction],
    families: Families,
    suspicions: tuple[Suspicion, ...] = (),
) -> CorrectedRecord:
    """Correct the heights of one candidate; its cages without a correction stay and say why.

    The interval of T_c joins one spread of λ and twice the relative deviation of ξ as independent.

    Raises:
        ValueError: the record is no candidate.
    """
    if record.outcome is not Outcome.CANDIDATE:
        raise ValueError(f"{record.source}/{record.id} is {record.outcome}, expected a candidate")
    made = []
    for phase in record.phases:
        family = families.of(phase.metal, phase.cage, phase.ligand)
        if family is None or family.name != record.family:
            continue
        row = known.get(group_of(record, phase.cage))
        why = _why_not(record, row)
        ratio, deviation = (row.ratio, row.deviation) if row is not None and not why else (1.0, 0.0)
        if record.provenance.built_of is not None:
            own = design_table().xi_error.get(phase.cage, 0.0)
            deviation = hypot(own, relative_doubt(record.provenance, phase.metal))
        xi = phase.xi_ang * ratio
        tc = critical_temperature_k(xi, family.lambda_k_ang2)
        doubt = hypot(family.spread_k_ang2 / family.lambda_k_ang2, 2 * deviation)
        compounds = 0 if row is None else len(row.compounds)
        said = why or f"ξ × {ratio:.3f} ± {deviation:.3f} by {compounds} measured compounds"
        made.append(
            CorrectedPhase(
                phase, ratio, deviation, compounds, not why, said, xi, tc,
                max(0.0, tc * (1 - doubt)), tc * (1 + doubt),
            )
        )  # fmt: skip
    ceiling = min(made, key=lambda one: (one.xi_ang, one.phase.phase))
    return CorrectedRecord(record, tuple(made), ceiling, suspicions)


def _why_not(record: Screening, row: Correction | None) -> str:
    if record.source == MEASURED_SOURCE:
        return "not corrected: a measured structure"
    if record.provenance.built_of is not None:
        return "not corrected: a design; its interval carries the error of designs of measured compounds"
    if record.source != HANDED_IN and not is_calculated(record):
        return "not corrected: a structure of one's own, which names no calculation"
    if row is None:
        return f"not corrected: no anchors, at least {LEAST_COMPOUNDS} compounds are needed"
    return f"not corrected: {row.why_not}" if row.why_not else ""


def geometry_kind(record: Screening) -> str:
    """How the geometry of an entry was found: one of `PREFERENCE`."""
    if record.source == MEASURED_SOURCE:
        return "measured"
    functional = (record.provenance.functional or "").upper().replace(" ", "")
    if not functional:
        return "unknown"
    if "SCAN" in functional:
        return "r2SCAN"
    return "GGA+U" if functional.endswith(("+U", "_U")) or "+U" in functional else "GGA"


def by_compound(
    found: Sequence[CorrectedRecord],
    anchors: Iterable[Anchor],
    compounds: Sequence[str],
) -> tuple[CompoundGeometry, ...]:
    """Group entries of one compound that have the same cages, and choose whose ξ counts.

    The measured structure that an entry was matched to comes first. Among the entries a sound geometry comes
    before a suspect one, then `PREFERENCE` decides, then the smaller deviation, then the energy above the
    hull, then id and source.

    Args:
        found: corrected candidates.
        anchors: those found among them.
        compounds: the compound of each of them.
    """
    together: dict[tuple[str, Cages], list[CorrectedRecord]] = defaultdict(list)
    for name, one in zip(compounds, found, strict=True):
        together[name, cages_of(one.record)].append(one)
    matched: dict[tuple[str, str], tuple[str, float]] = {}
    for anchor in anchors:
        key = (anchor.group.source, anchor.id)
        lowest = min(anchor.xi_measured_ang, matched.get(key, (anchor.reference, anchor.xi_measured_ang))[1])
        matched[key] = (anchor.reference, lowest)

    def order(one: CorrectedRecord) -> tuple[bool, int, float, float, str, str]:
        hull = one.record.provenance.e_above_hull_ev
        return (
            bool(one.suspicions),
            PREFERENCE.index(geometry_kind(one.record)),
            one.ceiling.deviation,
            float("inf") if hull is None else hull,
            one.record.id,
            one.record.source,
        )

    made = []
    for (compound, _), members in together.items():
        chosen, *others = sorted(members, key=order)
        known = (matched.get((one.record.source, one.record.id)) for one in (chosen, *others))
        measured = next((pair for pair in known if pair is not None), None)
        made.append(CompoundGeometry(compound, chosen, tuple(others), measured))
    return tuple(made)
