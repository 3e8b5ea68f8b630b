"""From recipes to entries: crystals with their lengths, what they are built of, and what speaks against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import islice

from pymatgen.core import Composition

from polywell.data.reference import digest as library_digest
from polywell.data.tables import digest_of
from polywell.design.assembly import Assembled, SheetName, Stiffness, assembled
from polywell.design.blocks.layers import Role, Sheet
from polywell.design.conditions.condition import Condition, pressed, remark
from polywell.design.errors import MEASURED_STIFFNESS
from polywell.design.library import Library, blend, measured_library
from polywell.design.neutrality import best_carriers
from polywell.design.recipes import Part, Recipe, recipes
from polywell.design.sizes import Blend
from polywell.design.table import design_table
from polywell.making.substrates import substrates
from polywell.pressure.compression import compressibilities
from polywell.records import Entry, Provenance

DESIGNED = "designed: neither measured nor computed"
"""What the provenance of a design says of its structure."""

MISMATCH_DIGITS = 4

RULES_VERSION = 2
"""Raised by whoever changes how designs are chosen or built."""


class NoDesignError(ValueError):
    """A recipe cannot be built."""


@dataclass
class Workshop:
    """Builds entries from recipes; blocks that come again are made once.

    `source` is the name that its entries carry, `condition` what all of them stand under.
    """

    library: Library
    stiffness: Stiffness
    source: str
    condition: Condition | None = None
    _blends: dict[tuple[Part, SheetName, tuple[Role, Role]], Blend] = field(default_factory=dict)

    def built(self, recipe: Recipe) -> Assembled:
        """The crystal of a recipe.

        Raises:
            NoDesignError: a bond of its sheets cannot span the cell, or the library lost a block.
        """
        blends = self._blends_of(recipe)
        try:
            under = self.condition
            made = assembled(
                blends, recipe.sheet, self.library, self.stiffness, None if under is None else under.edge_ang
            )
            if under is not None and under.pressure_gpa is not None:
                made = replace(made, sites=pressed(made.sites, recipe.sheet[0], under.pressure_gpa))
        except ValueError as error:
            raise NoDesignError(f"{recipe.id}: {error}; it cannot be built so") from error
        return made

    def entry(self, recipe: Recipe) -> Entry:
        """The entry of a recipe, with what it is built of in its provenance.

        Raises:
            NoDesignError: see `built`.
        """
        made = self.built(recipe)
        amounts = made.sites.amounts
        formula = str(Composition({s: round(n, 4) for s, n in amounts.items()}).reduced_formula)
        return Entry(
            source=self.source,
            id=self.id_of(recipe),
            formula=formula,
            elements=tuple(sorted(amounts)),
            structure=None,
            sites=made.sites,
            provenance=Provenance(
                checked=DESIGNED,
                pressure_gpa=None if self.condition is None else self.condition.pressure_gpa,
                built_of=self._built_of(recipe),
                mismatch=round(made.mismatch, MISMATCH_DIGITS),
                doping=_doping(recipe),
                note=self._note(made, recipe),
            ),
        )

    def entries(self, recipes: Iterable[Recipe]) -> Iterator[tuple[Recipe, Entry]]:
        """Recipes with their entries; one whose blocks do not fit its sheets is no design."""
        for recipe in recipes:
            try:
                yield recipe, self.entry(recipe)
            except NoDesignError:
                continue

    def id_of(self, recipe: Recipe) -> str:
        """The id of the entry of a recipe."""
        return recipe.id if self.condition is None else f"{recipe.id}{self.condition.tag}"

    def _blends_of(self, recipe: Recipe) -> list[Blend]:
        """The blocks of a recipe among their neighbours, from the bottom up."""
        parts = recipe.parts
        roles = [part.block.role for part in parts]
        beyond = zip(roles[-1:] + roles[:-1], roles[1:] + roles[:1], strict=True)
        return [self._blend(part, recipe.sheet, two) for part, two in zip(parts, beyond, strict=True)]

    def _blend(self, part: Part, sheet: SheetName, beyond: tuple[Role, Role]) -> Blend:
        key = (part, sheet, beyond)
        if key not in self._blends:
            bare = Sheet(part.block.net, *sheet, ())
            wanted = replace(part.block, below=bare, above=bare, beyond=beyond)
            made = blend(wanted, self.library, part.topology)
            if made is None:
                raise NoDesignError(f"the library holds no block like {part.name}; cut it anew")
            self._blends[key] = made
        return self._blends[key]

    def _built_of(self, recipe: Recipe) -> str:
        """The blocks in words, each with the crystals that it comes from, and what was replaced in it."""
        said = []
        for part, mean in zip(recipe.parts, self._blends_of(recipe), strict=True):
            changed = "".join(f", {change.text}" for change in part.changes)
            said.append(f"{part.block.role} {part.name} ({', '.join(mean.parents[:MOST_NAMED])}{changed})")
        sheets = f"{recipe.sheets_text} x {recipe.sheet[0]}{recipe.sheet[1]}"
        under = [] if self.condition is None else [self.condition.text]
        return "; ".join([sheets, *dict.fromkeys(said), *under])

    def _note(self, made: Assembled, recipe: Recipe) -> str | None:
        bound, said = design_table().strain, []
        if made.mismatch > bound:
            misfit = f"beyond {bound:.0%} blocks and sheets do not fit each other"
            said.append(f"strained by {made.mismatch:.1%}: {misfit}")
        if self.condition is not None:
            said.append(remark(self.condition, recipe.sheet[0], made.forced))
        return "; ".join(said) or None


MOST_NAMED = 2
"""Parents of a block that are named, the nearest first."""


def _doping(recipe: Recipe) -> str | None:
    """The valence that neutrality leaves, and what is missing to the best carriers."""
    found = recipe.balance()
    if found is None:
        return None
    metal = recipe.sheet[0]
    said = f"{metal} {found.valence:+.2f}"
    if found.is_best:
        return f"{said}, neutral at the best doping"
    best = best_carriers(found.family, found.carriers)
    if best == found.carriers:
        return said
    more = "less" if found.off > 0 else "more"
    return f"{said}; {abs(found.off):.2f} {more} electrons for each {metal} are best"


@dataclass(frozen=True)
class Designs:
    """All designs from the structures that come with polywell, or the first of them.

    `limit` is their number at most, None for all; `condition` is what all of them stand under.
    """

    source: str
    limit: int | None = None
    condition: Condition | None = None

    @cached_property
    def workshop(self) -> Workshop:
        """Where they are built."""
        return Workshop(measured_library(), MEASURED_STIFFNESS, self.source, self.condition)

    @property
    def ids(self) -> Iterator[str]:
        """The ids of the entries, in their order."""
        return map(self.workshop.id_of, self.recipes)

    @property
    def recipes(self) -> tuple[Recipe, ...]:
        """What they are built of, in their order."""
        return recipes() if self.limit is None else tuple(islice(recipes(), self.limit))

    def entries(self, wanted: Iterable[str] | None = None) -> Iterator[Entry | tuple[str, NoDesignError]]:
        """The entries in their order, those wanted alone if ids are given; an id and why where one fails."""
        ids = None if wanted is None else set(wanted)
        for id_, recipe in zip(self.ids, self.recipes, strict=True):
            if ids is None or id_ in ids:
                try:
                    yield self.workshop.entry(recipe)
                except NoDesignError as error:
                    yield id_, error


@cache
def digest() -> str:
    """What changes whenever a design may: sha256 of the library, the table, and the version of the rules."""
    parts = {
        "library": library_digest(),
        "table": design_table().model_dump(mode="json", by_alias=True),
        "rules": RULES_VERSION,
        "conditions": [
            [one.model_dump(mode="json") for one in compressibilities()],
            [one.model_dump(mode="json") for one in substrates()],
        ],
    }
    return digest_of(parts)
