"""Designs of the library of a year, held against the compounds that were published later.

The protocol stands in `docs/designing.md`; it was written before anything was measured.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from polywell.design.assembly import SheetName
from polywell.design.designs import Workshop
from polywell.design.errors import stiffness_of_library, without_itself
from polywell.design.history.years import Compound, compounds, library_before, stacking_of
from polywell.design.library import Library, measured_library
from polywell.design.recipes import Kitchen, Recipe
from polywell.evidence.corrected_database import correct_database, corrected_material
from polywell.evidence.evaluation.hindsight import FEWEST_KNOWN, fit_before
from polywell.evidence.fitting import superconducting
from polywell.evidence.model.family import FamilyModel
from polywell.evidence.rows.rows import measured_rows
from polywell.families import Families, built_in_families
from polywell.records import Outcome, Screening
from polywell.screening import screen_many

YEARS = tuple(range(1987, 2021, 3))
"""Every third year, from the first with a library to 2020."""

NEAR_ANG = 0.05
"""Å: ξ of a design that is the compound's."""

DRAWN = 1000
"""Designs that stand for all of a year where places are told."""

SOURCE = "design:history"

Ions = tuple[SheetName, frozenset[str]]
"""Sheet and elements of a crystal, each site by its majority."""


@dataclass(frozen=True)
class Verdict:
    """What the designs of a year know of one later compound.

    `ahead` is the share of the designs with a higher ceiling than the one that stands for it, `ahead_by_tc`
    the share with a higher lower end of T_c by a calibration of the year, None where its family had none;
    `stacked` says that one has its signature, `design` that one has its ξ, too. `why` says why none does.
    """

    compound: Compound
    blocks_known: bool
    stacked: bool
    design: str | None
    xi_error_ang: float | None
    ahead: float | None
    why: str
    ahead_by_tc: float | None = None

    @property
    def designed(self) -> bool:
        """Whether a design is the compound."""
        return self.design is not None


@dataclass(frozen=True)
class Judged:
    """A year: structures before it, designs of them, and a verdict on every later compound.

    `calibrated` names the families with a calibration of the year.
    """

    year: int
    structures: int
    designs: int
    verdicts: tuple[Verdict, ...]
    calibrated: tuple[str, ...] = ()


def judged(year: int, whole: Library | None = None, drawn: int = DRAWN) -> Judged:
    """Hold the designs of the library of a year against all later compounds.

    Args:
        year: the library is what was published before it.
        whole: all structures; those that come with polywell if None.
        drawn: designs that places are told by.
    """
    whole = whole or measured_library()
    library = library_before(year, whole)
    before = {one.stacking for one in compounds(library)} if library.members else set()
    later = [one for one in compounds(whole) if one.year >= year and one.stacking not in before]
    kitchen = Kitchen(library)
    recipes = kitchen.recipes()
    workshop = Workshop(library, stiffness_of_library(library), SOURCE)
    sample, others = _drawn(workshop, recipes, drawn)
    ceilings = [float(one.tc_ceiling_k or 0.0) for one in sample] + [0.0] * others
    found = _of_ions(workshop, recipes, {_ions_of(one) for one in later})
    made = [_verdict(one, library, found.get(_ions_of(one), ()), ceilings) for one in later]
    stand = [one for _, one in made if one is not None]
    beside = [*sample, *stand] if stand else []
    wanted = frozenset(str(one.family) for one in beside)
    models = models_before(year, built_in_families(), wanted) if wanted else {}
    lows = lows_k(beside, models, built_in_families(), year) if models else [None] * len(beside)
    standing = iter(lows[len(sample) :])
    verdicts = tuple(
        verdict if one is None else _placed(verdict, next(standing), lows[: len(sample)], others)
        for verdict, one in made
    )
    return Judged(year, len(library.members), len(recipes), verdicts, tuple(sorted(models)))


def _placed(verdict: Verdict, low_k: float | None, lows: Sequence[float | None], others: int) -> Verdict:
    """A verdict with its place by T_c; drawn designs without a T_c stand behind all that have one."""
    if low_k is None:
        return verdict
    ahead = sum(one is not None and one > low_k for one in lows)
    return replace(verdict, ahead_by_tc=ahead / (len(lows) + others))


def _verdict(
    compound: Compound, library: Library, found: Sequence[Screening], ceilings: Sequence[float]
) -> tuple[Verdict, Screening | None]:
    """The verdict, its place by T_c left out, and the design that stands for the compound."""
    rebuilt = without_itself(compound.target, library)
    known = not isinstance(rebuilt, str)
    same = [one for one in found if stacking_of(one) == compound.stacking]
    off = [(one, float(one.xi_ceiling_ang or 0.0) - compound.xi_ang) for one in same]
    near = [(one, error) for one, error in off if abs(error) <= NEAR_ANG]
    if near:
        one, error = near[0]
        ahead = sum(ceiling > float(one.tc_ceiling_k or 0.0) for ceiling in ceilings) / len(ceilings)
        return Verdict(compound, known, True, one.id, error, ahead, ""), one
    if off:
        error = min((error for _, error in off), key=abs)
        why = f"ξ is missed by {abs(error):.2f} Å"
        return Verdict(compound, known, True, None, error, None, why), None
    if isinstance(rebuilt, str):
        why = rebuilt.replace("no other crystal has", "before, no crystal had")
    elif found:
        why = "its ions are stacked otherwise only"
    else:
        why = "blocks known, but not with its ions, or not neutral with them"
    return Verdict(compound, known, False, None, None, None, why), None


def _ions_of(compound: Compound) -> Ions:
    cut = compound.target.cut
    sheet = (cut.sheets[0].metal, cut.sheets[0].ligand)
    return sheet, frozenset({*sheet, *(atom.element for block in cut.blocks for atom in block.atoms)})


def _of_ions(
    workshop: Workshop, recipes: Iterable[Recipe], wanted: set[Ions]
) -> Mapping[Ions, Sequence[Screening]]:
    """Candidates among the designs of the wanted elements and sheets, in the order of designs."""
    built = list(workshop.entries(one for one in recipes if (one.sheet, one.elements) in wanted))
    found: dict[Ions, list[Screening]] = defaultdict(list)
    screenings = screen_many([entry for _, entry in built], built_in_families())
    for (recipe, _), one in zip(built, screenings, strict=True):
        if one.outcome is Outcome.CANDIDATE:
            found[recipe.sheet, recipe.elements].append(one)
    return found


def _drawn(workshop: Workshop, recipes: Sequence[Recipe], drawn: int) -> tuple[list[Screening], int]:
    """Candidates among the designs drawn by the digest of their ids, and how many of these are none."""
    some = sorted(recipes, key=lambda one: hashlib.sha256(one.id.encode()).hexdigest())[:drawn]
    found = screen_many([entry for _, entry in workshop.entries(some)], built_in_families())
    kept = [one for one in found if one.tc_ceiling_k is not None]
    return kept, len(some) - len(kept)


def models_before(year: int, families: Families, wanted: frozenset[str]) -> Mapping[str, FamilyModel]:
    """The model of each wanted family, fitted to the measured rows published before a year.

    A family with fewer than `FEWEST_KNOWN` superconducting rows has none.
    """
    rows = measured_rows(families, before=year)
    found = {}
    for family in families.rows:
        own = [row for row in rows if row.family == family.name]
        if family.name in wanted and len(superconducting(own)) >= FEWEST_KNOWN:
            found[family.name] = fit_before(own, family, year)
    return found


def lows_k(
    candidates: Sequence[Screening], models: Mapping[str, FamilyModel], families: Families, year: int
) -> list[float | None]:
    """Lower ends in K of T_c at the best doping known before a year; None for a family without a model."""
    database = correct_database(candidates, families)
    corrected, spreads = [corrected_material(one) for one in database.candidates], database.spreads
    made: list[float | None] = [None] * len(corrected)
    for name, model in models.items():
        own = [k for k, one in enumerate(corrected) if one.features.family == name]
        with threadpool_limits(1):
            found = model.predict([corrected[k] for k in own], spreads[own], before=year)
        for k, one in zip(own, found, strict=True):
            made[k] = one.tc_best_low_k
    return made
