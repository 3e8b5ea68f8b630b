"""What to try next to a crystal: more or fewer sheets, one other ion, other sheets, its best doping.

The crystal is cut into its blocks, and its neighbours are made of these: whoever gives a structure gets
neighbours, whatever database it comes from. Nothing is ordered by a T_c.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from polywell.design.blocks.folding import folded_many
from polywell.design.blocks.layers import Block, NotCut
from polywell.design.blocks.topology import ions, topology_of
from polywell.design.nearby.neighbours import Relation, workshop
from polywell.design.recipes import IN_TURN, MOST_SHEETS, Kitchen, Part, Recipe, measured_kitchen
from polywell.design.substitutions import Substitution, pure, single_substitutions
from polywell.families import built_in_families
from polywell.records import Entry, Outcome, Screening
from polywell.screening import screen_many

MOST = {Relation.DOPED: 1, Relation.SERIES: 2, Relation.ION: 4, Relation.SHEETS: 1}
"""Neighbours of each kind that are told, the nearest in size first."""


@dataclass(frozen=True)
class Next:
    """A neighbour: how it differs from the crystal, in words, and what its screening says."""

    relation: Relation
    differs: str
    screening: Screening


def next_to_try(entry: Entry) -> tuple[tuple[Next, ...], str]:
    """The nearest neighbours of a crystal among what can be designed, by kind.

    Args:
        entry: with a structure.

    Returns:
        The neighbours, and why there are none, else empty.
    """
    own = recipe_of(entry, measured_kitchen())
    if isinstance(own, str):
        return (), own
    builder = workshop()
    kept: dict[Relation, list[tuple[str, Entry]]] = {kind: [] for kind in MOST}
    for kind, differs, recipe in around(own, measured_kitchen()):
        if len(kept[kind]) < MOST[kind]:
            kept[kind] += [(differs, made) for _, made in builder.entries([recipe])]
    told = [(kind, differs, made) for kind, some in kept.items() for differs, made in some]
    screenings = screen_many([made for _, _, made in told], built_in_families())
    found = tuple(
        Next(kind, differs, one)
        for (kind, differs, _), one in zip(told, screenings, strict=True)
        if one.outcome is Outcome.CANDIDATE
    )
    return found, "" if found else "nothing that differs by one thing is neutral and can be built"


def recipe_of(entry: Entry, kitchen: Kitchen) -> Recipe | str:
    """The recipe of a crystal, every site as its most frequent element; why it has none as text."""
    [cut] = folded_many([entry])
    if isinstance(cut, NotCut):
        return cut.why
    sheet = cut.sheets[0]
    name = (sheet.metal, sheet.ligand)
    if name not in kitchen.sheets.get(sheet.net, ()) or any(
        (one.metal, one.ligand) != name for one in cut.sheets
    ):
        return f"no design has sheets like its {' and '.join(sorted({one.name for one in cut.sheets}))}"
    strange = [block for block in cut.blocks if topology_of(block) not in kitchen.library.by_topology]
    if strange:
        return f"no measured crystal has a block like its {strange[0].formula}"
    different, sheets = _slabs(cut.blocks)
    spacers = tuple(_part(block, kitchen) for block in different)
    inner = {(topology_of(block), ions(block)): block for block in cut.blocks if block.role == "inner"}
    if len(spacers) > 2 or len(inner) > 1 or len(sheets) > 2 or len(spacers) == len(sheets) == 2:
        return "more than two slabs or spacers follow each other, or two of both"
    layer = next((_part(block, kitchen) for block in inner.values()), None)
    return kitchen.recipe(_in_order(spacers), layer, sheets or (1,), name)


def _slabs(blocks: Sequence[Block]) -> tuple[tuple[Block, ...], tuple[int, ...]]:
    """Different spacers in their order, and the sheets of the slabs in turn.

    These are one number where all are alike, two in their order where slabs alternate.
    """
    ends = [k for k, block in enumerate(blocks) if block.role == "spacer"]
    different = {(topology_of(blocks[k]), ions(blocks[k])): blocks[k] for k in ends}
    lengths = [
        (after - before) % len(blocks) or len(blocks)
        for before, after in zip(ends, ends[1:] + ends[:1], strict=True)
    ]
    found = tuple(sorted(set(lengths)))
    if len(found) == 2 and not all(one != other for one, other in pairwise([*lengths, lengths[0]])):
        found = tuple(lengths)
    return tuple(different.values()), found


def _part(block: Block, kitchen: Kitchen) -> Part:
    return _known(kitchen.part(pure(block)), kitchen)


def _known(part: Part, kitchen: Kitchen) -> Part:
    """The block of the library with these ions, where it has one."""
    alike = kitchen.types.get(part.block.kind, ())
    return next((one for one in alike if one.name == part.name), part)


def _in_order(spacers: tuple[Part, ...]) -> tuple[Part, ...]:
    """Two spacers as designs have them: those of the library first, by name."""
    return tuple(sorted(spacers, key=lambda part: (bool(part.changes), part.name)))


def around(own: Recipe, kitchen: Kitchen) -> Iterator[tuple[Relation, str, Recipe]]:
    """Neutral neighbours of a recipe: the nearest number of sheets and the nearest ion of each kind first.

    One that is not neutral as it is written stands for itself with the dopant that makes it so.
    """
    seen = {own.id}
    for kind, differs, recipe in _tried(own, kitchen):
        found = recipe.balance()
        if found is None:
            continue
        made: Recipe | None = recipe
        if kind is Relation.DOPED or not found.exists:
            made = None if found.is_best else kitchen.doped(recipe, found)
        if made is not None and made.id not in seen:
            seen.add(made.id)
            shares = [change.text for change in made.changes if change.share < 1]
            yield kind, ", ".join([*([differs] if differs else []), *shares]), made


def _tried(own: Recipe, kitchen: Kitchen) -> Iterator[tuple[Relation, str, Recipe]]:
    yield Relation.DOPED, "", own
    yield from _series(own, kitchen)
    swaps = [
        (change.host, rank, number, part, change)
        for number, part in enumerate(own.kinds)
        for host in dict.fromkeys(one.host for one in _changes(part))
        for rank, change in enumerate(one for one in _changes(part) if one.host == host)
    ]
    for _, _, number, part, change in sorted(swaps, key=lambda one: (one[1], one[2], one[0])):
        changed = _known(part.with_change(change), kitchen)
        kinds = [changed if k == number else one for k, one in enumerate(own.kinds)]
        spacers = _in_order(tuple(kinds[: len(own.spacers)]))
        inner = kinds[-1] if own.inner else None
        yield Relation.ION, change.text, kitchen.recipe(spacers, inner, own.sheets, own.sheet)
    for sheet in kitchen.sheets[own.parts[0].block.net]:
        if sheet != own.sheet:
            yield (
                Relation.SHEETS,
                f"{''.join(sheet)} sheets",
                kitchen.recipe(own.spacers, own.inner, own.sheets, sheet),
            )


@cache
def _changes(part: Part) -> tuple[Substitution, ...]:
    return tuple(single_substitutions(part.block))


def _series(own: Recipe, kitchen: Kitchen) -> Iterator[tuple[Relation, str, Recipe]]:
    """The same spacers with other numbers of sheets; a single sheet gets each plain layer between."""
    if not own.spacers or own.spacers[0].block.net != "bridged":
        return
    layers = [own.inner] if own.inner else list(kitchen.types.get("bridged inner", ()))
    tried: list[tuple[int, ...]] = [(count,) for count in range(1, MOST_SHEETS + 1)]
    tried += IN_TURN if len(own.spacers) == 1 else ()
    mean = sum(own.sheets) / len(own.sheets)
    numbers = sorted(
        (counts for counts in tried if counts != own.sheets),
        key=lambda counts: (
            len(counts) > len(own.sheets),
            abs(sum(counts) / len(counts) - mean),
            [-count for count in counts],
        ),
    )
    for counts in numbers:
        for layer in [None] if counts == (1,) else layers:
            between = f", {layer.name} between" if layer is not None and own.inner is None else ""
            made = kitchen.recipe(own.spacers, layer, counts, own.sheet)
            yield Relation.SERIES, f"{made.sheets_text} sheet{'s' if counts != (1,) else ''}{between}", made
