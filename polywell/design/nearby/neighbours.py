"""The neighbours of a compound among the designs: more sheets, one other ion, other sheets, doping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pymatgen.core import Composition

from polywell.design.blocks.topology import ions, topology_of
from polywell.design.designs import Workshop
from polywell.design.errors import MEASURED_STIFFNESS
from polywell.design.library import measured_library
from polywell.design.recipes import Part, Recipe, recipes
from polywell.evidence.anchors import reference_records
from polywell.evidence.calibration import Calibration
from polywell.evidence.estimates import estimated
from polywell.families import built_in_families
from polywell.novelty.series import is_called
from polywell.records import Estimate, Outcome, Screening
from polywell.screening import screen_many

SOURCE = "design:around"


class Relation(StrEnum):
    """How a neighbour differs from the compound."""

    ITSELF = "itself"
    SERIES = "series"
    ION = "ion"
    SHEETS = "sheets"
    DOPED = "doped"


class UnknownCompoundError(ValueError):
    """No design is the compound that was named."""


@dataclass(frozen=True)
class Neighbour:
    """A design, how it differs, and what is said of it."""

    relation: Relation
    differs: str
    screening: Screening
    estimate: Estimate


def neighbours(name: str, calibration: Calibration) -> tuple[Neighbour, ...]:
    """The compound as it is designed, then its neighbours in the order of designs, those that can be built.

    Args:
        name: id of a design or of a reference structure, or a name of one: its formula, Hg-1223, YBCO.
        calibration: what the estimates are made by.

    Raises:
        UnknownCompoundError: nothing is called so, or no design is what is.
    """
    own = named(name)
    related = [(found, recipe) for recipe in recipes() if (found := relation(own, recipe)) is not None]
    related.sort(key=lambda one: list(Relation).index(one[0][0]))
    how = {recipe.id: found for found, recipe in related}
    entries = [entry for _, entry in workshop().entries(recipe for _, recipe in related)]
    screenings = screen_many(entries, built_in_families())
    kept = [(*how[one.id], one) for one in screenings if one.outcome is Outcome.CANDIDATE]
    estimates, _ = estimated([one for _, _, one in kept], calibration, built_in_families())
    return tuple(
        Neighbour(kind, differs, one, estimate)
        for (kind, differs, one), estimate in zip(kept, estimates, strict=True)
    )


def relation(own: Recipe, other: Recipe) -> tuple[Relation, str] | None:
    """How a recipe differs from another, and in words; None where it differs by more than one thing."""
    if own.id == other.id:
        return Relation.ITSELF, ""
    if own.sheet != other.sheet:
        same = (own.spacers, own.inner, own.sheets) == (other.spacers, other.inner, other.sheets)
        return (Relation.SHEETS, "".join(other.sheet)) if same else None
    if own.sheets != other.sheets or len(own.spacers) != len(other.spacers):
        return _of_series(own, other)
    mine, its = own.kinds, other.kinds
    turned = (*other.spacers[::-1], *its[len(other.spacers) :])  # two spacers have no order
    topologies = [topology_of(one.block) for one in mine]
    alike = [one for one in (its, turned) if [topology_of(part.block) for part in one] == topologies]
    if not alike:
        return None
    changed = min((_replaced(mine, one) for one in alike), key=len)
    if len(changed) > 1:
        return None
    if changed:
        host, guest = changed[0]
        pure = not any(change.share < 1 for change in other.changes)
        return (Relation.ION, f"{guest} for {host}") if pure else None
    doped = [change.text for change in other.changes if change.share < 1]
    return Relation.DOPED, ", ".join(doped) or "as written"


def _of_series(own: Recipe, other: Recipe) -> tuple[Relation, str] | None:
    """Equal spacers, and equal layers between the sheets where both have one."""
    if [one.name for one in own.spacers] != [one.name for one in other.spacers] or not own.spacers:
        return None
    if own.inner is not None and other.inner is not None and own.inner.name != other.inner.name:
        return None
    if own.inner is None and other.inner is not None and other.inner.changes:
        return None
    between = f", {other.inner.name} between" if own.inner is None and other.inner is not None else ""
    return Relation.SERIES, f"{other.sheets_text} sheets{between}"


def _replaced(mine: Sequence[Part], its: Sequence[Part]) -> list[tuple[str, str]]:
    """Ions by which parts of equal topology differ, each pair once."""
    pairs = (
        (host, guest)
        for one, two in zip(mine, its, strict=True)
        for host, guest in zip(ions(one.block), ions(two.block), strict=True)
    )
    return list(dict.fromkeys(pair for pair in pairs if pair[0] != pair[1]))


def named(name: str) -> Recipe:
    """The recipe that a name means.

    Raises:
        UnknownCompoundError: nothing is called so, or no design is what is.
    """
    by_id = {recipe.id: recipe for recipe in recipes()}
    if name in by_id:
        return by_id[name]
    found = reference_records(built_in_families())
    called = [one for one in found if one.outcome is Outcome.CANDIDATE and name == one.id]
    called += [one for one in found if one.outcome is Outcome.CANDIDATE and is_called(one, name)]
    if not called:
        raise UnknownCompoundError(
            f"{name!r} is no design and no reference structure; expected an id of either, or a formula or a "
            "name of a structure of the reference library, such as HgBa2CuO4, Hg-1223, cakfe4as4"
        )
    for screening in called:
        if (recipe := _designed(screening)) is not None:
            return recipe
    raise UnknownCompoundError(
        f"{name!r} is {called[0].id} of the reference library, and no design is stacked like it; give the id "
        "of a design (`polywell screen design:` lists them)"
    )


def _designed(screening: Screening) -> Recipe | None:
    """The first design of the elements of a structure that is stacked like it."""
    phase = screening.ceiling_phase
    if phase is None or screening.majority_formula is None:
        return None
    sheet = (phase.metal, phase.ligand)
    elements = {str(symbol) for symbol in Composition(screening.majority_formula).elements}
    alike = (one for one in recipes() if one.sheet == sheet and one.elements == elements)
    for recipe, entry in workshop().entries(alike):
        [made] = screen_many([entry], built_in_families())
        if (made.signature, made.series) == (screening.signature, screening.series):
            return recipe
    return None


def workshop() -> Workshop:
    """Where neighbours are built, of the blocks of measured crystals."""
    return Workshop(measured_library(), MEASURED_STIFFNESS, SOURCE)
