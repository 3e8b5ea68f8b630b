"""The second order of a year's designs: T_c by what had been measured before the year.

Nothing here chooses a design; the protocol stands in `docs/designing.md`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from polywell.evidence.corrected_database import correct_database, corrected_features
from polywell.evidence.evaluation.hindsight import FEWEST_KNOWN, fit_before
from polywell.evidence.fitting import superconducting
from polywell.evidence.model.family import FamilyModel
from polywell.evidence.model.material import material_of, with_features
from polywell.evidence.rows.rows import measured_rows
from polywell.evidence.training import training_rows
from polywell.families import Families
from polywell.records import Screening


def models_before(year: int, families: Families, wanted: frozenset[str]) -> Mapping[str, FamilyModel]:
    """The model of each wanted family, fitted to the measured rows published before a year.

    A family with fewer than `FEWEST_KNOWN` superconducting rows has none.
    """
    rows = training_rows(measured_rows(families, before=year), families)
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
    materials = [material_of(one.record) for one in database.candidates]
    features = [
        corrected_features(held.features, one)
        for held, one in zip(materials, database.candidates, strict=True)
    ]
    corrected = with_features(materials, features)
    spread = np.array([one.ceiling.deviation for one in database.candidates], dtype=float)
    made: list[float | None] = [None] * len(corrected)
    for name, model in models.items():
        own = [k for k, one in enumerate(corrected) if one.features.family == name]
        with threadpool_limits(1):
            found = model.predict([corrected[k] for k in own], spread[own], before=year)
        for k, one in zip(own, found, strict=True):
            made[k] = one.tc_best_low_k
    return made
