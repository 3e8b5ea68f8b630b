"""What dressing errs: each measured structure dressed from another one, its ξ beside the measured one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import sqrt
from statistics import fmean

from polywell.data.reference import reference_structures
from polywell.data.supercon.types import StructureType, structure_types
from polywell.evidence.features import Features
from polywell.evidence.rows.dressing import Cell, dressed
from polywell.evidence.rows.prototypes import prototypes
from polywell.families import Families

SAME, DRESSED, ANALOGUE = "measured", "dressed", "analogue"
"""Where a dressed geometry comes from: its own compound, its structure type, or a related type."""


def noise_lines(families: Families) -> list[tuple[str, str, str, int, float, float]]:
    """Rows for a page: family, geometry, cell known or not, structures, and the errors of both ξ in %."""
    groups: dict[tuple[str, str, bool], list[tuple[float, float]]] = defaultdict(list)
    for key, errors in _trials(families):
        groups[key].append(errors)
    return [
        (
            family,
            geometry,
            "cell known" if with_cell else "no cell",
            len(some),
            100 * sqrt(fmean(ceiling**2 for ceiling, _ in some)),
            100 * sqrt(fmean(outer**2 for _, outer in some)),
        )
        for (family, geometry, with_cell), some in sorted(groups.items())
    ]


def _trials(families: Families) -> Iterator[tuple[tuple[str, str, bool], tuple[float, float]]]:
    """Every sound prototype of SuperCon's structure types dressed without itself, and without its type.

    With the cell that the reference states and without any: SuperCon gives one for a third of its reports.
    Where the type is left out, with the cell only.

    Yields:
        Family, geometry and whether there was a cell; the relative errors of both ξ.
    """
    references = {one.id: one for one in reference_structures()}
    of_type = {
        word: kind for kind in structure_types().values() if not kind.analogue for word in kind.prototypes
    }
    for word, rows in sorted(prototypes(families).items()):
        kind = of_type.get(word)
        for one in rows if kind is not None else ():
            if not one.sound or kind is None:
                continue
            reference, family = references[one.id], one.features.family
            amounts = {str(k): float(v) for k, v in reference.composition().get_el_amt_dict().items()}
            for cell in (Cell(reference.a_ang, reference.b_ang, reference.c_ang), Cell()):
                known = cell.c_ang is not None
                near = dressed(amounts, kind, cell, families, without=(one.id,))
                if near is not None:
                    geometry = SAME if near.same_compound else DRESSED
                    yield (family, geometry, known), _errors(one.features, near.features)
                for other in _related(kind) if known else ():
                    far = dressed(amounts, other, cell, families)
                    if far is not None:
                        yield (family, ANALOGUE, known), _errors(one.features, far.features)


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


def _errors(measured: Features, made: Features) -> tuple[float, float]:
    return (
        made.xi_ceiling_ang / measured.xi_ceiling_ang - 1,
        made.xi_outer_ang / measured.xi_outer_ang - 1,
    )
