"""Measured structures that calibrate a potential, and how far off it is with and without its correction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import median

from polywell.data.reference import reference_structures
from polywell.evidence.anchors import sound_records
from polywell.evidence.corrected_database import correct_database
from polywell.families import Families
from polywell.records import Outcome, Screening
from polywell.relaxing.cells import Ordered, RelaxationError, ordered

Kind = tuple[str, str]
"""Family and cage: what potentials err alike in."""

ANCHORS = 12
"""Compounds of a kind that are relaxed where nobody says how many: a correction needs four."""


@dataclass(frozen=True)
class Missed:
    """By how much ξ of the anchors of one kind is missed, in Å: medians of absolute values.

    `plain` as relaxed, `corrected` by the anchors of other compounds; None where these are too few.
    `ratio` is the median of ξ measured over ξ relaxed.
    """

    family: str
    cage: str
    cages: int
    compounds: int
    ratio: float
    plain_ang: float
    corrected_ang: float | None


def kinds_of(records: Collection[Screening]) -> frozenset[Kind]:
    """The kinds of all cages of candidates."""
    return frozenset(
        (str(record.family), phase.cage)
        for record in records
        if record.outcome is Outcome.CANDIDATE
        for phase in record.phases
        if phase.tc_k is not None
    )


def anchor_structures(wanted: Collection[Kind], families: Families, most: int) -> dict[str, Ordered]:
    """Measured structures of the wanted kinds by id, one a compound, the smallest cells first.

    Those with sites that have no majority cannot be relaxed and are passed over.

    Args:
        wanted: families and cages.
        families: the λ table.
        most: compounds of each kind.
    """
    held = {one.id: one for one in reference_structures()}
    sized = []
    for record in sound_records(families):
        kinds = kinds_of([record]) & frozenset(wanted)
        if not kinds:
            continue
        try:
            found = ordered(held[record.id].structure())
        except RelaxationError:
            continue
        sized.append((len(found.structure), record.id, str(record.majority_formula), kinds, found))
    taken: Counter[Kind] = Counter()
    compounds: set[str] = set()
    chosen: dict[str, Ordered] = {}
    for _, id_, compound, kinds, found in sorted(sized, key=lambda row: row[:2]):
        if compound not in compounds and any(taken[kind] < most for kind in kinds):
            compounds.add(compound)
            taken.update(kinds)
            chosen[id_] = found
    return chosen


def missed(records: Sequence[Screening], families: Families) -> tuple[Missed, ...]:
    """How far the heights of relaxed anchors are from the measured ones, kind by kind.

    Each anchor is corrected as if its own compound had never been measured.

    Args:
        records: the relaxed anchors, screened, of one source.
        families: the λ table.
    """
    found = correct_database(records, families, of_others=True)
    ratios = {
        (one.record.id, phase.phase.cage): phase.ratio if phase.applied else None
        for one in found.candidates
        for phase in one.phases
    }
    together: dict[Kind, list[tuple[str, float, float, float | None]]] = defaultdict(list)
    for one in found.anchors:
        ratio = ratios[one.id, one.group.cage]
        plain = abs(one.xi_database_ang - one.xi_measured_ang)
        corrected = None if ratio is None else abs(ratio * one.xi_database_ang - one.xi_measured_ang)
        together[one.group.family, one.group.cage].append((one.compound, one.ratio, plain, corrected))
    made = []
    for (family, cage), rows in sorted(together.items()):
        known = [corrected for *_, corrected in rows if corrected is not None]
        made.append(
            Missed(
                family,
                cage,
                len(rows),
                len({compound for compound, *_ in rows}),
                median(ratio for _, ratio, _, _ in rows),
                median(plain for _, _, plain, _ in rows),
                median(known) if len(known) == len(rows) else None,
            )
        )
    return tuple(made)
