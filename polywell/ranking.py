"""The ranking: a total order over the candidates, the entries of one compound numbered, none left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from polywell.records import Outcome, ScreenRecord, with_values


class RankBy(StrEnum):
    """What a list can be ordered by: a column `tc_..._k`, highest first."""

    CEILING = "ceiling"
    OUTER = "outer"
    EXPECTED = "expected"
    LOW = "low"

    @property
    def column(self) -> str:
        """The column that decides."""
        return f"tc_{self.value}_k"


DEFAULT = RankBy.LOW
"""The order that the criterion of `tables/calibration_protocol.md` chose."""


def rank(records: Iterable[ScreenRecord], by: RankBy = DEFAULT) -> list[ScreenRecord]:
    """Order candidates; each gets its place in the list, by the published relation, and by the estimate.

    Suspect geometries come after all others in every order; then those without the value that decides, by
    their ceiling; ties by id and source. A candidate also gets its place among the entries of its compound.
    """
    candidates = [record for record in records if record.outcome is Outcome.CANDIDATE]
    published = _places(candidates, RankBy.CEILING)
    calibrated = _places([record for record in candidates if record.tc_low_k is not None], RankBy.LOW)
    seen: Counter[str] = Counter()
    ranked = []
    for place, record in enumerate(_ordered(candidates, by), start=1):
        compound = record.compound or record.formula
        seen[compound] += 1
        ranked.append(
            with_values(
                record,
                rank=place,
                rank_published=published[record.source, record.id],
                rank_calibrated=calibrated.get((record.source, record.id)),
                rank_in_compound=seen[compound],
            )
        )
    return ranked


def _ordered(records: Iterable[ScreenRecord], by: RankBy) -> list[ScreenRecord]:
    def key(record: ScreenRecord) -> tuple[bool, bool, float, str, str]:
        value = getattr(record, by.column)
        falling = record.tc_ceiling_k if value is None else value
        return (
            record.geometry_suspect is not None,
            value is None,
            -(falling or 0.0),
            record.id,
            record.source,
        )

    return sorted(records, key=key)


def _places(records: Iterable[ScreenRecord], by: RankBy) -> dict[tuple[str, str], int]:
    return {(record.source, record.id): place for place, record in enumerate(_ordered(records, by), start=1)}
