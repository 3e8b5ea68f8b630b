"""What is designed, and in which order: every stacking of the measured blocks and of those with other ions.

A recipe is a list of blocks and the sheet between them. Its cost says how much of it nobody has seen: 2 for
every ion that was replaced, 1 for sheets of a metal that the crystals of its spacer lack, 1 for a second
spacer, 1 for slabs of another thickness in turn, 1 for every sheet beyond three. Cheap ones come first; equal
ones in the order of their ids. No length and no T_c has a say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import combinations, cycle, islice

from polywell.data.hazards import is_radioactive
from polywell.design.assembly import SheetName
from polywell.design.blocks.layers import Block, amounts_of, written
from polywell.design.blocks.topology import ions, topology_of
from polywell.design.library import Library, distance_ang, measured_library
from polywell.design.neutrality import Balance, Charge, balance, charge_in, deciding, dopants
from polywell.design.substitutions import Substitution, pure, single_substitutions, substituted
from polywell.families import built_in_families
from polywell.geometry.cages import NONAHEDRON, OCTAHEDRON

MOST_SHEETS = 6
"""Sheets in a slab."""

IN_TURN = ((1, 2), (1, 3), (2, 3))
"""Sheets of two slabs that follow each other in turn, as in the polymorphs 1212 and 1313 of nickelates."""

MOST_CHANGES = 2
"""Ions that are replaced in one design, those that dope it left out."""

FULL = 0.75
"""A block with an emptier site lends its lengths, but is not built with that site full."""

STANDINGS = ("read", "recalled", "estimated", "derived from built", "built")
"""What a cell stands on, the best first."""


@dataclass(frozen=True, eq=False)
class Part:
    """A block of the library, or one with other ions: what is wanted, and what tells it from its like.

    `tag` is that of its topology, which no other ion changes.
    """

    block: Block
    topology: str
    tag: str
    changes: tuple[Substitution, ...] = ()
    _changed: dict[Substitution, Part] = field(default_factory=dict)
    _charges: dict[tuple[str, frozenset[str]], Charge | None] = field(default_factory=dict)

    @cached_property
    def name(self) -> str:
        """How it is called: its formula for the cell of a sheet, and its tag."""
        return f"{written(amounts_of(self.block.atoms)).lower()}{self.tag}"

    def with_change(self, change: Substitution) -> Part:
        """The block with one ion more replaced, made once."""
        if change not in self._changed:
            block = substituted(self.block, change)
            self._changed[change] = Part(block, self.topology, self.tag, (*self.changes, change))
        return self._changed[change]

    @cached_property
    def kind(self) -> str:
        """Its topology and ions."""
        return f"{self.topology} {ions(self.block)}"

    @cached_property
    def elements(self) -> frozenset[str]:
        """Its elements, each site by its majority."""
        return frozenset(atom.element for atom in self.block.atoms)

    @cached_property
    def deciding(self) -> frozenset[str]:
        """Its cations that decide on the charges of others."""
        return deciding().intersection(amounts_of(self.block.atoms))

    def charge_beside(self, metal: str, others: frozenset[str]) -> Charge | None:
        """Its charge among ions that decide on charges, where the metal of the sheets takes what is left.

        None where an ion has none.
        """
        if (metal, others) not in self._charges:
            self._charges[metal, others] = charge_in(self.block, metal, others | {metal})
        return self._charges[metal, others]


@dataclass(frozen=True)
class Recipe:
    """Spacers that follow each other, the slabs of sheets between them, and what stands in these.

    `sheets` are those of the slabs in turn, one number where all are alike. Without a spacer the inner layer
    fills every gap, without end.
    """

    id: str
    spacers: tuple[Part, ...]
    inner: Part | None
    sheets: tuple[int, ...]
    sheet: SheetName
    cost: int

    @property
    def kinds(self) -> tuple[Part, ...]:
        """Its spacers, and what stands between its sheets."""
        return (*self.spacers, *((self.inner,) if self.inner else ()))

    @property
    def elements(self) -> frozenset[str]:
        """Elements of its sheets and blocks."""
        return frozenset(self.sheet).union(*(part.elements for part in self.kinds))

    @property
    def parts(self) -> tuple[Part, ...]:
        """The blocks of the cell, from the bottom up."""
        if not self.spacers:
            return self.kinds
        inner = (self.inner,) if self.inner else ()
        turns = max(len(self.spacers), len(self.sheets))
        slabs = zip(islice(cycle(self.sheets), turns), cycle(self.spacers), strict=False)
        return tuple(part for count, spacer in slabs for part in (*inner * (count - 1), spacer))

    @property
    def sheets_text(self) -> str:
        """The numbers of sheets in words."""
        return " and ".join(map(str, self.sheets)) + (" in turn" if len(self.sheets) > 1 else "")

    @property
    def changes(self) -> tuple[Substitution, ...]:
        """All substitutions, each once."""
        return tuple(dict.fromkeys(change for part in self.parts for change in part.changes))

    def balance(self) -> Balance | None:
        """What neutrality leaves to the metal; None where an ion has no charge."""
        parts = self.parts
        others = frozenset[str]().union(*(part.deciding for part in self.kinds))
        charges = [part.charge_beside(self.sheet[0], others) for part in parts]
        known = [one for one in charges if one is not None]
        if len(known) < len(charges):
            return None
        return balance(known, len(parts), self.sheet, parts[0].block.net)


@dataclass(frozen=True)
class Kitchen:
    """The parts that a library gives, and the recipes that are made of them."""

    library: Library

    @cached_property
    def sheets(self) -> Mapping[str, tuple[SheetName, ...]]:
        """Sheets that the library holds and the λ table knows, by kind of net."""
        families = built_in_families()
        found: dict[str, set[SheetName]] = defaultdict(set)
        for one in self.library.members:
            sheet = one.cut.sheets[0]
            cage = OCTAHEDRON if sheet.net == "bridged" else NONAHEDRON
            if families.of(sheet.metal, cage, sheet.ligand) is not None:
                found[sheet.net].add((sheet.metal, sheet.ligand))
        return {net: tuple(sorted(some)) for net, some in sorted(found.items())}

    @cached_property
    def types(self) -> Mapping[str, tuple[Part, ...]]:
        """The different blocks of the library with pure sites, by kind, as `bridged spacer`.

        Blocks of equal topology and ions are one; the one of the best standing, then with the fewest foreign
        ions, stands for them.
        """
        together: dict[tuple[str, tuple[str, ...]], list[tuple[int, float, str, Block]]] = defaultdict(list)
        for member in self.library.members:
            for block in member.cut.blocks:
                if any(sum(share for _, share in atom.mix) < FULL for atom in block.atoms):
                    continue
                foreign = distance_ang(pure(block), block)
                rank = STANDINGS.index(member.standing)
                together[topology_of(block), ions(block)].append((rank, foreign, block.parent, block))
        found: dict[str, list[Part]] = defaultdict(list)
        for (_, held), some in sorted(together.items()):
            if is_radioactive(held):
                continue
            block = pure(min(some, key=lambda one: one[:3])[3])
            found[block.kind].append(self.part(block))
        return {
            kind: tuple(sorted(parts, key=lambda part: part.name)) for kind, parts in sorted(found.items())
        }

    def part(self, block: Block) -> Part:
        """A block whose topology the library has, as a part."""
        return Part(block, topology_of(block), self.tags[topology_of(block)])

    @cached_property
    def tags(self) -> Mapping[str, str]:
        """What tells topologies apart that can have equal formulas: the commonest has no tag."""
        kinds: dict[tuple[str, ...], dict[str, int]] = defaultdict(dict)
        for key, blocks in self.library.by_topology.items():
            block = blocks[0]
            counts = tuple(str(sum(a.is_cation == cation for a in block.atoms)) for cation in (True, False))
            kinds[block.net, block.role, *counts][key] = len(blocks)
        made = {}
        for alike in kinds.values():
            for place, key in enumerate(sorted(alike, key=lambda one: (-alike[one], one))):
                made[key] = "" if not place else f".{chr(ord('a') + place)}"
        return made

    @cached_property
    def seen_in(self) -> Mapping[str, frozenset[str]]:
        """Metals of the sheets beside which each kind of block was measured."""
        found: dict[str, set[str]] = defaultdict(set)
        for member in self.library.members:
            for block in member.cut.blocks:
                found[f"{topology_of(block)} {ions(block)}"].add(member.cut.sheets[0].metal)
        return {key: frozenset(some) for key, some in found.items()}

    def varied(self, kind: str, most_changes: int) -> Iterator[Part]:
        """Blocks of a kind, as `bridged inner`: those of the library, with one ion replaced, with two."""
        known = self.types.get(kind, ())
        yield from known
        seen = {part.name for part in known}
        for _ in range(most_changes):
            fresh = []
            for part in known:
                taken = {change.place for change in part.changes}
                for change in single_substitutions(part.block):
                    made = part.with_change(change)
                    if change.place not in taken and made.name not in seen:
                        seen.add(made.name)
                        fresh.append(made)
            yield from fresh
            known = tuple(fresh)

    def recipes(self) -> list[Recipe]:
        """All recipes that are neutral at a valence that exists, cheapest first, each with its doped one."""
        made: dict[str, Recipe] = {}
        for recipe in self._tried():
            found = recipe.balance()
            if found is None:
                continue
            if found.exists:
                made.setdefault(recipe.id, recipe)
            if not found.is_best:
                doped = self.doped(recipe, found)
                if doped is not None and doped.id not in made and _exists(doped):
                    made[doped.id] = doped
        return sorted(made.values(), key=lambda one: (one.cost, one.id))

    def _tried(self) -> Iterator[Recipe]:
        for net, sheets in self.sheets.items():
            spacers = list(self.varied(f"{net} spacer", MOST_CHANGES))
            plain = [part for part in spacers if not part.changes]
            once = [part for part in spacers if len(part.changes) <= 1]
            inner = list(self.varied(f"{net} inner", 1))
            layers = [part for part in inner if not part.changes]
            for sheet in sheets:
                for part in inner:
                    yield self.recipe((), part, (1,), sheet)
                for spacer in spacers:
                    yield self.recipe((spacer,), None, (1,), sheet)
                for count in range(2, MOST_SHEETS + 1):
                    for spacer in once:
                        for part in inner:
                            if len(spacer.changes) + len(part.changes) <= MOST_CHANGES:
                                yield self.recipe((spacer,), part, (count,), sheet)
                for pair in combinations(once, 2):
                    if sum(len(part.changes) for part in pair) <= MOST_CHANGES:
                        yield self.recipe(pair, None, (1,), sheet)
                for pair in combinations(plain, 2):
                    for part in layers:
                        for count in (2, 3):
                            yield self.recipe(pair, part, (count,), sheet)
                for part in layers:
                    for spacer in plain:
                        for counts in IN_TURN:
                            yield self.recipe((spacer,), part, counts, sheet)

    def recipe(
        self,
        spacers: tuple[Part, ...],
        inner: Part | None,
        sheets: tuple[int, ...],
        sheet: SheetName,
        cost: int | None = None,
    ) -> Recipe:
        """The recipe of some parts, with its id, and its cost where none is given."""
        first = spacers[0] if spacers else inner
        assert first is not None
        bridged = first.block.net == "bridged"
        layers = "+".join(str(count - 1) for count in sheets)
        middle = f"-{layers}x{inner.name}" if inner and spacers else ""
        stacked = "+".join(part.name for part in spacers) or f"inf-{first.name}"
        name = f"{sheet[0]}{sheet[1]}{2 if bridged else ''}".lower()
        if cost is None:
            parts = (*spacers, *((inner,) if inner else ()))
            changes = sum(len(part.changes) for part in parts)
            strange = any(sheet[0] not in self.seen_in.get(part.kind, sheet) for part in parts)
            more = max(0, len(spacers) - 1) + len(sheets) - 1
            cost = 2 * changes + int(strange) + more + max(0, max(sheets) - 3)
        return Recipe(f"{stacked}{middle}-{name}", spacers, inner, sheets, sheet, cost)

    def doped(self, recipe: Recipe, found: Balance) -> Recipe | None:
        """A recipe with the nearest guest that brings its best carriers; None where none does."""
        parts = recipe.parts
        choices = []
        for part in dict.fromkeys(recipe.kinds):
            for rank, change in dopants(part.block, parts.count(part), found):
                choices.append((rank, part.name, change.guest, part, change))
        if not choices:
            return None
        _, _, _, part, change = min(choices, key=lambda one: one[:3])
        changed = part.with_change(change)
        spacers = tuple(changed if one is part else one for one in recipe.spacers)
        inner = changed if recipe.inner is part else recipe.inner
        return self.recipe(spacers, inner, recipe.sheets, recipe.sheet, recipe.cost)


def _exists(recipe: Recipe) -> bool:
    """Whether it is neutral at a valence that exists: a dopant can decide on the charge of another ion."""
    found = recipe.balance()
    return found is not None and (found.exists or found.is_best)


@cache
def measured_kitchen() -> Kitchen:
    """Recipes from the structures that come with polywell."""
    return Kitchen(measured_library())


@cache
def recipes() -> tuple[Recipe, ...]:
    """All of them, in their order."""
    return tuple(measured_kitchen().recipes())
