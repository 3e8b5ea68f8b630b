"""What dressing errs: each measured structure dressed from another one, its ξ beside the measured one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import sqrt
from statistics import fmean

from polywell.data.reference import reference_structures
from polywell.data.supercon.types import StructureType, structure_types
from polywell.evidence.rows.dressing import Cell, Dressed, dressed
from polywell.evidence.rows.prototypes import Prototype, prototypes
from polywell.families import Families


@dataclass(frozen=True)
class Trial:
    """A reference structure dressed without itself; relative errors of ξ and of the other lengths.

    `geometry` is `SAME` when the prototype was another doping of the compound, `DRESSED` when it was another
    compound of the type, `ANALOGUE` when the whole type was left out.
    """

    id: str
    family: str
    geometry: str
    with_cell: bool
    prototype: str
    xi_ceiling: float
    xi_outer: float
    bond: float


SAME, DRESSED, ANALOGUE = "measured", "dressed", "analogue"
"""Where the geometry of a row comes from: its own compound, its structure type, or a related type."""


@cache
def trials(families: Families) -> tuple[Trial, ...]:
    """Every sound prototype of SuperCon's structure types dressed without itself, and without its type.

    With the cell that the reference states and without any: SuperCon gives one for a third of its reports.
    Where the type is left out, with the cell only.
    """
    return tuple(_trials(families))


@cache
def relative_noise(families: Families) -> Mapping[tuple[str, str, bool], float]:
    """Root mean square of the relative error of ξ by family, geometry, and whether a cell was known."""
    errors: dict[tuple[str, str, bool], list[float]] = defaultdict(list)
    for one in trials(families):
        errors[one.family, one.geometry, one.with_cell] += [one.xi_ceiling, one.xi_outer]
    return {key: sqrt(fmean(error**2 for error in some)) for key, some in sorted(errors.items())}


def noise_lines(families: Families) -> list[tuple[str, str, str, int, float, float]]:
    """Rows for a page: family, geometry, cell known or not, structures, and the errors of both ξ in %."""
    groups: dict[tuple[str, str, bool], list[Trial]] = defaultdict(list)
    for one in trials(families):
        groups[one.family, one.geometry, one.with_cell].append(one)
    return [
        (
            family,
            geometry,
            "cell known" if with_cell else "no cell",
            len(some),
            100 * sqrt(fmean(one.xi_ceiling**2 for one in some)),
            100 * sqrt(fmean(one.xi_outer**2 for one in some)),
        )
        for (family, geometry, with_cell), some in sorted(groups.items())
    ]


def _trials(families: Families) -> Iterator[Trial]:
    references = {one.id: one for one in reference_structures()}
    of_type = {
        word: kind for kind in structure_types().values() if not kind.analogue for word in kind.prototypes
    }
    for word, rows in sorted(prototypes(families).items()):
        kind = of_type.get(word)
        for one in rows if kind is not None else ():
            if not one.sound or kind is None:
                continue
            reference = references[one.id]
            amounts = {str(k): float(v) for k, v in reference.composition().get_el_amt_dict().items()}
            for cell in (Cell(reference.a_ang, reference.b_ang, reference.c_ang), Cell()):
                known = cell.c_ang is not None
                near = dressed(amounts, kind, cell, families, without=(one.id,))
                if near is not None:
                    yield _trial(one, SAME if near.same_compound else DRESSED, known, near)
                for other in _related(kind) if known else ():
                    far = dressed(amounts, other, cell, families)
                    if far is not None:
                        yield _trial(one, ANALOGUE, known, far)


def _related(kind: StructureType) -> Iterator[StructureType]:
    """The type with the prototypes of each other type of the family that could stand for it.

    Cuprates: as many sheets and electropositive ions; iron-based compounds: a spacer with oxygen or fluorine.
    """
    seen = {kind.prototypes}
    for other in structure_types().values():
        if other.family != kind.family or other.analogue or other.prototypes in seen:
            continue
        seen.add(other.prototypes)
        if kind.family == "iron-based":
            alike = min(kind.o, other.o) > 0
        else:
            alike = (other.a, other.rest - other.spacer) == (kind.a, kind.rest - kind.spacer)
        if alike and {*other.prototypes}.isdisjoint(kind.prototypes):
            yield kind.model_copy(update={"prototypes": other.prototypes})


def _trial(one: Prototype, geometry: str, with_cell: bool, found: Dressed) -> Trial:
    measured, made = one.features, found.features
    return Trial(
        id=one.id,
        family=measured.family,
        geometry=geometry,
        with_cell=with_cell,
        prototype=found.prototype,
        xi_ceiling=made.xi_ceiling_ang / measured.xi_ceiling_ang - 1,
        xi_outer=made.xi_outer_ang / measured.xi_outer_ang - 1,
        bond=made.bond_ang / measured.bond_ang - 1,
    )
