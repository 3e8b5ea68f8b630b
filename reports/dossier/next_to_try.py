"""What to try next to a candidate, and, for a design, what it is built of and what to look up first."""

from __future__ import annotations

import re
from dataclasses import dataclass

from polywell.data.reference import reference_structures
from polywell.design.nearby.around import next_to_try
from polywell.records import Entry, Screening
from reports.html.cells import MAX_NAME, clipped

_BLOCK = re.compile(r"(spacer|inner) (\S+) \((.*)\)")
"""A block as `Provenance.built_of` writes it: role, name, then parents and what was replaced."""


@dataclass(frozen=True)
class NextLine:
    """One neighbour: how it differs, its formula, ξ in Å and ceiling in K as designed, what misses."""

    differs: str
    id: str
    formula: str
    xi_ang: float
    ceiling_k: float
    note: str


@dataclass(frozen=True)
class BlockLine:
    """One block of a design: role, formula, parents each with its source, and what was replaced."""

    role: str
    name: str
    parents: tuple[tuple[str, str], ...]
    changes: tuple[str, ...]


@dataclass(frozen=True)
class NextLines:
    """The neighbours, why there are none, and of a design its blocks, its filters, and what to look up first.

    `filters` are names and findings.
    """

    found: tuple[NextLine, ...]
    why: str
    sheets: str
    blocks: tuple[BlockLine, ...]
    filters: tuple[tuple[str, str], ...]
    look_up: tuple[str, ...]


def next_lines(one: Screening, entry: Entry | None, before: NextLines | None = None) -> NextLines:
    """Gather both for one candidate.

    Args:
        one: the candidate.
        entry: with its structure; None where it is not at hand.
        before: what an earlier dossier said of the same structure, whose neighbours are taken over.
    """
    sheets, blocks = built_of(one.provenance.built_of or "")
    of_design = (sheets, blocks, _filters(one), _look_up(one, blocks)) if blocks else ("", (), (), ())
    if before is not None:
        return NextLines(before.found, before.why, *of_design)
    if entry is None or entry.structure is None:
        return NextLines((), "its structure is not at hand", *of_design)
    near, why = next_to_try(entry)
    lines = tuple(
        NextLine(
            differs=clipped(made.differs, MAX_NAME),
            id=clipped(made.screening.id, MAX_NAME),
            formula=clipped(made.screening.called, MAX_NAME),
            xi_ang=made.screening.xi_ceiling_ang or 0.0,
            ceiling_k=made.screening.tc_ceiling_k or 0.0,
            note=clipped(made.screening.provenance.note, MAX_NAME),
        )
        for made in near
    )
    return NextLines(lines, clipped(why, MAX_NAME), *of_design)


def built_of(text: str) -> tuple[str, tuple[BlockLine, ...]]:
    """The sheets of a design and its blocks, from what its provenance says; empty for what is none."""
    sheets, *rest = text.split("; ")
    if not rest:
        return sheets, ()
    sources = {row.id: row.structure_source for row in reference_structures()}
    blocks = []
    for part in rest:
        if found := _BLOCK.fullmatch(part):
            said = found[3].split(", ")
            parents = tuple((id_, sources[id_]) for id_ in said if id_ in sources)
            changes = tuple(some for some in said if some not in sources)
            blocks.append(BlockLine(found[1], found[2], parents, changes))
    return sheets, tuple(blocks)


def _filters(one: Screening) -> tuple[tuple[str, str], ...]:
    """What a design was asked, and the answers; questions that cannot be answered are left out."""
    origin, electrons = one.provenance, one.electrons
    index, away = electrons.instability_index, electrons.instability_note
    answers = {
        "Neutral": origin.doping,
        "Strain": None if origin.mismatch is None else f"{origin.mismatch:.1%} at most",
        "Tolerance factor": None
        if electrons.tolerance_factor is None
        else f"{electrons.tolerance_factor:.3f}",
        "Fit of its ions": electrons.fit_note or "each has as many anions as it is known with",
        "Global instability": away if index is None else f"{index:.2f}{f': {away}' if away else ''}",
        "Shortest contact": None
        if one.shortest_contact is None
        else f"{one.shortest_pair}, {one.shortest_contact:.2f} of the covalent radii",
    }
    return tuple((name, clipped(said, MAX_NAME)) for name, said in answers.items() if said)


def _look_up(one: Screening, blocks: tuple[BlockLine, ...]) -> tuple[str, ...]:
    """What would end the matter soonest: the compound itself, then its replacements, then its parents."""
    formula = clipped(one.called, MAX_NAME)
    series = f", or another compound of the series {one.series}" if one.series else ""
    said = [f"whether {formula}{series} was ever made with these ions: no database was asked"]
    for block in blocks:
        beside = f" in {block.parents[0][0]}" if block.parents else ""
        said += [f"how much of it takes {change}{beside}" for change in block.changes]
    for id_, source in dict.fromkeys(block.parents[0] for block in blocks if block.parents):
        said.append(f"how {id_} was made: {clipped(source, MAX_NAME)}")
    return tuple(dict.fromkeys(said))
