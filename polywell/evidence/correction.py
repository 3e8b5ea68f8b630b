"""Correction of computed heights: each database is calibrated by its own entries of measured compounds.

ln(ξ measured/ξ database) of the anchors (`polywell.evidence.anchors`) is pooled by `Group`, every compound
once. The median corrects ξ; its spread is 1.4826 × the median absolute deviation, never less than what
measured structures of one compound differ by among themselves. T_c of no compound is used.
"""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from math import exp, hypot, log, pi, sqrt
from statistics import median
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from polywell.evidence.anchors import Anchor, Group, Library, built_in_library, group_of
from polywell.evidence.plausible import Suspicion
from polywell.families import Families
from polywell.records import Outcome, Phase, ScreenRecord
from polywell.relation import critical_temperature_k

LEAST_COMPOUNDS = 4
"""Anchors of fewer different compounds give no correction: a median and a spread of three mean little."""
MAD_TO_DEVIATION = 1.4826
"""Median absolute deviation to standard deviation, for a normal distribution."""
MEASURED_SOURCES = ("reference",)
"""Sources whose structures were measured; their ξ is not corrected."""
PREFERENCE = ("measured", "r2SCAN", "GGA", "GGA+U", "unknown")
"""Which geometry gives the ξ of a compound, the best first."""


class CorrectionTableError(ValueError):
    """A table of corrections cannot be read."""


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
    def deviation(self) -> float:
        """Relative standard deviation of a corrected ξ: the spread, and the doubt about the median."""
        return self.spread * sqrt(1 + pi / 2 / len(self.compounds))


@dataclass(frozen=True)
class CorrectedPhase:
    """A phase with its corrected height in Å, its relative standard deviation and T_c in K.

    `ratio` is 1 and `deviation` 0 where nothing was corrected; `anchors` counts compounds.
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

    record: ScreenRecord
    phases: tuple[CorrectedPhase, ...]
    ceiling: CorrectedPhase
    suspicions: tuple[Suspicion, ...] = ()

    @property
    def geometry_suspect(self) -> str:
        """The suspicions in words with their numbers; empty when there is none."""
        return "; ".join(dict.fromkeys(one.text for one in self.suspicions))

    @property
    def sort_key(self) -> tuple[bool, float, str, str]:
        """Sorts by falling corrected ceiling, all suspect geometries after all others."""
        return bool(self.suspicions), -self.ceiling.tc_k, self.record.id, self.record.source


@dataclass(frozen=True)
class CompoundGeometry:
    """All entries of one compound: whose ξ counts, and how far they lie apart (Å, ceilings as corrected)."""

    compound: str
    chosen: CorrectedRecord
    others: tuple[CorrectedRecord, ...]
    xi_low_ang: float
    xi_high_ang: float


def corrections(anchors: Iterable[Anchor], floor: float | None = None) -> tuple[Correction, ...]:
    """Pool anchors by group; groups with too few compounds are kept and say so by `applies`.

    Args:
        anchors: as `polywell.evidence.anchors.find_anchors` finds them; those of measured sources do no harm.
        floor: least spread; by default `reference_scatter` of the reference library.
    """
    least = reference_scatter() if floor is None else floor
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
                max(least, robust_deviation(values)),
                tuple(sorted(compounds)),
                sum(len(logs) for logs in compounds.values()),
            )
        )
    return tuple(sorted(made, key=lambda row: tuple(asdict(row.group).values())))


def robust_deviation(values: Sequence[float]) -> float:
    """Standard deviation by the median absolute deviation; 0 for a single value."""
    middle = median(values)
    return MAD_TO_DEVIATION * median(abs(value - middle) for value in values)


def reference_scatter(library: Library | None = None) -> float:
    """Relative scatter of ξ among measured structures of one compound: dopings, samples, refinements."""
    away: list[float] = []
    for rows in (built_in_library() if library is None else library).values():
        for key in {key for row in rows for key in row.heights}:
            heights = [log(row.heights[key][0]) for row in rows if key in row.heights]
            if len(heights) > 1:
                away.extend(abs(height - median(heights)) for height in heights)
    return MAD_TO_DEVIATION * median(away) if away else 0.0


def correct(
    record: ScreenRecord,
    known: Iterable[Correction],
    families: Families,
    suspicions: tuple[Suspicion, ...] = (),
    measured_sources: Collection[str] = MEASURED_SOURCES,
) -> CorrectedRecord:
    """Correct the heights of one candidate; its cages without a correction stay and say why.

    The interval of T_c joins one spread of λ and twice the relative deviation of ξ as independent.

    Raises:
        ValueError: the record is no candidate.
    """
    if record.outcome is not Outcome.CANDIDATE:
        raise ValueError(f"{record.source}/{record.id} is {record.outcome}, expected a candidate")
    by_group = {row.group: row for row in known}
    made = []
    for phase in record.phases:
        family = families.of(phase.metal, phase.cage, phase.ligand)
        if family is None or family.name != record.family:
            continue
        row = by_group.get(group_of(record, phase.cage))
        why = _why_not(record, row, measured_sources)
        ratio, deviation = (row.ratio, row.deviation) if row is not None and not why else (1.0, 0.0)
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


def _why_not(record: ScreenRecord, row: Correction | None, measured_sources: Collection[str]) -> str:
    if record.source in measured_sources:
        return "not corrected: a measured structure"
    if row is None:
        return f"not corrected: no anchors, at least {LEAST_COMPOUNDS} compounds are needed"
    if not row.applies:
        return f"not corrected: {len(row.compounds)} anchor compounds, at least {LEAST_COMPOUNDS} are needed"
    return ""


def geometry_kind(record: ScreenRecord, measured_sources: Collection[str] = MEASURED_SOURCES) -> str:
    """How the geometry of an entry was found: one of `PREFERENCE`."""
    if record.source in measured_sources:
        return "measured"
    functional = (record.provenance.functional or "").upper().replace(" ", "")
    if not functional:
        return "unknown"
    if "SCAN" in functional:
        return "r2SCAN"
    return "GGA+U" if functional.endswith(("+U", "_U")) or "+U" in functional else "GGA"


def by_compound(
    found: Iterable[CorrectedRecord], measured_sources: Collection[str] = MEASURED_SOURCES
) -> tuple[CompoundGeometry, ...]:
    """Group entries by compound and choose whose ξ counts, in order of the chosen ones' sort keys.

    A sound geometry comes before a suspect one, then `PREFERENCE` decides, then the smaller deviation, then
    the energy above the hull, then id and source.
    """
    together: dict[str, list[CorrectedRecord]] = defaultdict(list)
    for one in found:
        together[one.record.compound or one.record.formula].append(one)

    def order(one: CorrectedRecord) -> tuple[bool, int, float, float, str, str]:
        hull = one.record.provenance.e_above_hull_ev
        return (
            bool(one.suspicions),
            PREFERENCE.index(geometry_kind(one.record, measured_sources)),
            one.ceiling.deviation,
            float("inf") if hull is None else hull,
            one.record.id,
            one.record.source,
        )

    made = []
    for compound, members in together.items():
        chosen, *others = sorted(members, key=order)
        heights = [one.ceiling.xi_ang for one in members]
        made.append(CompoundGeometry(compound, chosen, tuple(others), min(heights), max(heights)))
    return tuple(sorted(made, key=lambda one: one.chosen.sort_key))


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    run_type: str
    magnetic: str
    family: str
    cage: Literal["octahedron", "nonahedron", "tridecahedron"]
    ratio: Annotated[float, Field(gt=0)]
    spread: Annotated[float, Field(ge=0)]
    compounds: Annotated[tuple[str, ...], Field(min_length=1)]
    anchors: Annotated[int, Field(ge=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    reference_digest: str
    correction: tuple[_Row, ...] = ()


def to_text(rows: Iterable[Correction], reference_digest: str) -> str:
    """Write corrections as a TOML table; `from_text` reads it back."""
    lines = ["# ξ measured / ξ database: median and relative spread over the anchor compounds of each group."]
    lines += ["schema = 1", f"reference_digest = {json.dumps(reference_digest)}"]
    for row in rows:
        values = {**asdict(row.group), "ratio": row.ratio, "spread": row.spread}
        lines += ["", "[[correction]]"]
        lines += [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
        lines += [f"compounds = {json.dumps(row.compounds, ensure_ascii=False)}", f"anchors = {row.anchors}"]
    return "\n".join(lines) + "\n"


def from_text(text: str) -> tuple[Correction, ...]:
    """Read a table of corrections.

    Raises:
        CorrectionTableError: the text is no such table.
    """
    try:
        rows = _Table.model_validate(tomllib.loads(text)).correction
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise CorrectionTableError(
            f"table of corrections: {error}; expected the table that `to_text` writes"
        ) from error
    return tuple(
        Correction(
            Group(row.source, row.run_type, row.magnetic, row.family, row.cage),
            row.ratio,
            row.spread,
            row.compounds,
            row.anchors,
        )
        for row in rows
    )
