"""Calibrated critical temperatures: what measured compounds say of a candidate, each family by itself.

The model, what it was chosen for and how non-superconductors enter is written in
`tables/calibration_protocol.md`, dated before its first fit. In short: boosted trees on composition,
electrons and cages; conformal intervals from rows of chemical systems that were not seen; a probability to
superconduct where it beats the base rate outside.

Prediction needs numpy only; `polywell.evidence.fitting` makes the table that is read here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from polywell.evidence.model.family import CalibratedTc, FamilyModel
from polywell.evidence.model.material import Material
from polywell.evidence.model.trees import Floats
from polywell.families import Families


@dataclass(frozen=True)
class TrainingRow:
    """One measured row: the material under its pressure, and what was seen.

    `tc_k` is None where nothing was seen. `compound`, `system` (elements without oxygen), `base` (the same
    without dopants) and `structure_type` are the keys by which rows leave together in the evaluation; `year`
    is that of the first report, None where it is not known.
    """

    id: str
    formula: str
    compound: str
    system: str
    base: str
    structure_type: str
    material: Material
    tc_k: float | None
    year: int | None = None

    @property
    def family(self) -> str:
        """Name of the family."""
        return self.material.features.family


@dataclass(frozen=True)
class Calibration:
    """The fitted models of all families, and the digests of what they were made from.

    `digests` names the training data and the tables that they came from; the λ of a family belongs to its
    model.
    """

    models: tuple[FamilyModel, ...]
    algorithm_version: int
    digests: tuple[tuple[str, str], ...]

    @property
    def training_digest(self) -> str:
        """Digest of the rows that the models were fitted to."""
        return dict(self.digests)["training"]

    def why_not(self, family: str, families: Families) -> str | None:
        """Why there is no estimate for candidates of a family; None where there is one.

        An estimate belongs to its family: what other rows of the λ table say does not matter.

        Args:
            family: name of a row of the λ table.
            families: the λ table of the screening.
        """
        model = self.model(family)
        if model is None:
            return f"no measured compound of the family {family} is in the calibration"
        row = next((row for row in families.rows if row.name == family), None)
        if row is None or row.digest != model.family_digest:
            given = "no row" if row is None else f"λ = {row.lambda_k_ang2:g}, or other cages or ions"
            return (
                f"the λ table has {given} for {family}, the calibration was fitted with "
                f"λ = {model.lambda_k_ang2:g}: there is none for this row yet"
            )
        return None

    def model(self, family: str) -> FamilyModel | None:
        """The model of a family; None when no measured row belongs to it."""
        return next((model for model in self.models if model.family == family), None)

    def predict(
        self, materials: Sequence[Material], xi_spread: Floats | float = 0.0
    ) -> list[CalibratedTc | None]:
        """Estimates for candidates, in order; None for a family that was never measured.

        Args:
            materials: the candidates.
            xi_spread: relative standard deviation of their ξ, one number or one each; it widens the interval.
        """
        spread = np.broadcast_to(np.asarray(xi_spread, dtype=float), (len(materials),))
        made: list[CalibratedTc | None] = [None] * len(materials)
        for model in self.models:
            own = [k for k, one in enumerate(materials) if one.features.family == model.family]
            found = model.predict([materials[k] for k in own], spread[own])
            for k, estimate in zip(own, found, strict=True):
                made[k] = estimate
        return made
