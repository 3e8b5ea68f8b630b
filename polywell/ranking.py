"""The ranking: a total order over the candidates, the entries of one compound numbered, none left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from polywell.records import Outcome, ScreenRecord


def rank(records: Iterable[ScreenRecord]) -> list[ScreenRecord]:
    """Order candidates by falling ceiling, ties by id and source.

    Each gets its place in the whole list and its place among the entries of the same compound.
    """
    candidates = [record for record in records if record.outcome is Outcome.CANDIDATE]
    candidates.sort(key=lambda record: (-(record.tc_ceiling_k or 0.0), record.id, record.source))
    seen: Counter[str] = Counter()
    ranked = []
    for place, record in enumerate(candidates, start=1):
        compound = record.compound or record.formula
        seen[compound] += 1
        ranked.append(replace(record, rank=place, rank_in_compound=seen[compound]))
    return ranked
