"""When structures and compounds were published, and the library that a year had."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from polywell.data.measured import measured_superconductors
from polywell.data.reference import reference_structures, representative
from polywell.design.library import Library, Member, measured_library
from polywell.evidence.anchors import reference_records
from polywell.families import built_in_families
from polywell.records import Outcome, Screening

IN_BRACKETS = re.compile(r"\((?:\D*?)((?:19|20)\d\d)(?:\s*[-–]\s*((?:19|20)\d\d))?\)")
NEW_ARXIV = re.compile(r"arXiv:(\d\d)\d\d\.\d{4,5}")
OLD_ARXIV = re.compile(r"(?:cond-mat|supr-con)/(\d\d)\d{5}")

OLD_CENTURY = 90
"""Two digits of a year from here on are of the last century: arXiv began in 1991."""

AMBIENT_GPA = 0.1
"""GPa: a T_c measured below is one without pressure."""

Stacking = tuple[str, str | None]
"""Signature and series."""


@dataclass(frozen=True)
class Compound:
    """All structures of one stacking that lend blocks.

    `target` is the first of them to be published, `year` the first of all reports of the stacking, `tc_k` its
    highest T_c without pressure; None where none was seen.
    """

    stacking: Stacking
    structure_type: str
    target: Member
    xi_ang: float
    year: int
    tc_k: float | None


def year_in(source: str) -> int | None:
    """The year that a citation names first; that of its arXiv number where it names none."""
    if found := IN_BRACKETS.search(source):
        return int(found[2] or found[1])
    if found := NEW_ARXIV.search(source):
        return 2000 + int(found[1])
    if found := OLD_ARXIV.search(source):
        return (1900 if int(found[1]) >= OLD_CENTURY else 2000) + int(found[1])
    return None


@cache
def _first_measured() -> Mapping[str, int]:
    found: dict[str, int] = {}
    for row in measured_superconductors():
        if row.year is not None:
            found[row.structure] = min(row.year, found.get(row.structure, row.year))
    return found


@cache
def years() -> Mapping[str, int | None]:
    """The year of each reference structure by id; None where neither source nor measured row has one."""
    return {
        one.id: year_in(one.structure_source) or _first_measured().get(one.id)
        for one in reference_structures()
    }


def library_before(year: int, library: Library) -> Library:
    """The members that were published before a year; those without one are left out."""
    return Library(tuple(one for one in library.members if (years()[one.cut.id] or year) < year))


@cache
def screened() -> Mapping[str, Screening]:
    """Every reference structure that is a candidate, by id."""
    found = reference_records(built_in_families())
    return {one.id: one for one in found if one.outcome is Outcome.CANDIDATE}


def stacking_of(found: Screening) -> Stacking:
    """Signature and series of a candidate."""
    return str(found.signature), found.series


@cache
def _tc_k() -> Mapping[str, float]:
    """The highest T_c without pressure of each reference structure."""
    highest: dict[str, float] = {}
    seen = [
        (row.structure, row.pressure_gpa, row.representative_tc_k()) for row in measured_superconductors()
    ]
    seen += [
        (one.id, one.pressure_gpa, representative(one.tc_zero_k, one.tc_k, one.tc_onset_k, None))
        for one in reference_structures()
    ]
    for id_, pressure, tc in seen:
        if tc is not None and (pressure or 0.0) < AMBIENT_GPA:
            highest[id_] = max(tc, highest.get(id_, 0.0))
    return highest


def compounds(library: Library | None = None) -> tuple[Compound, ...]:
    """The compounds of a library, by year and signature; those that no report dates are left out.

    Args:
        library: that of the structures that come with polywell if None.
    """
    members: dict[Stacking, list[Member]] = defaultdict(list)
    for member in (library or measured_library()).members:
        if member.cut.id in screened():
            members[stacking_of(screened()[member.cut.id])].append(member)
    ids: dict[Stacking, list[str]] = defaultdict(list)
    for id_, found in screened().items():
        ids[stacking_of(found)].append(id_)
    types = {one.id: one.structure_type for one in reference_structures()}
    made = []
    for stacking, some in members.items():
        dated = [years()[id_] for id_ in ids[stacking]] + [_first_measured().get(i) for i in ids[stacking]]
        known = [year for year in dated if year is not None]
        if not known:
            continue
        target = min(some, key=lambda one: (years()[one.cut.id] or 9999, one.cut.id))
        tcs = [_tc_k()[id_] for id_ in ids[stacking] if id_ in _tc_k()]
        xi = screened()[target.cut.id].xi_ceiling_ang
        assert xi is not None  # of a candidate
        id_ = target.cut.id
        made.append(Compound(stacking, types[id_], target, xi, min(known), max(tcs, default=None)))
    return tuple(sorted(made, key=lambda one: (one.year, one.stacking[0], str(one.stacking[1]))))
