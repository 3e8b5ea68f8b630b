"""The ranking: a total order over the candidates, the entries of one compound numbered, none left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from polywell.records import Outcome, ScreenRecord


def rank(records: Iterable[ScreenRecord]) -> list[ScreenRecord]:
    """Order candidates by falling ceiling, ties by id and source.

    Each gets its place in the whole list, its place among the entries of the same compound, and its place by
    the lower end of the calibrated estimate where it has one.
    """
    candidates = [record for record in records if record.outcome is Outcome.CANDIDATE]
    candidates.sort(key=lambda record: (-(record.tc_ceiling_k or 0.0), record.id, record.source))
    estimated = [record for record in candidates if record.tc_low_k is not None]
    estimated.sort(key=lambda record: (-(record.tc_low_k or 0.0), record.id, record.source))
    calibrated = {(record.source, record.id): place for place, record in enumerate(estimated, start=1)}
    seen: Counter[str] = Counter()
    ranked = []
    for place, record in enumerate(candidates, start=1):
        compound = record.compound or record.formula
        seen[compound] += 1
        ranked.append(
            replace(
                record,
                rank=place,
                rank_calibrated=calibrated.get((record.source, record.id)),
                rank_in_compound=seen[compound],
            )
        )
    return ranked
