"""One measurement of one's own, and what the list had said of the material before it was measured."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from polywell.data.tables import Record

DIGITS_OF_ID = 12
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
"""A day as ISO 8601 writes it: days sort as their texts."""


class Kind(StrEnum):
    """What of the transition the temperature is."""

    ZERO = "zero"
    MID = "mid"
    ONSET = "onset"


class Answer(StrEnum):
    """Which of the two answers of the list a measurement is held against."""

    AS_WRITTEN = "as written"
    BEST_DOPING = "best doping"


class Forecast(Record):
    """What a published run said of a candidate, as it stood there; temperatures in K.

    `matched` tells whether the measurement named the candidate, or has its composition. `known` names the
    measured compound that the candidate already was; None for a forecast of something new. The probability is
    that of the compound as written: there is none at another doping.
    """

    run: str
    published: Day
    source: str
    id: str
    matched: Literal["id", "composition"]
    answer: Answer
    expected_k: float
    low_k: float
    high_k: float
    probability: Annotated[float, Field(ge=0, le=1)] | None
    known: str | None
    algorithm_version: int
    calibration_digest: str


class OwnMeasurement(Record):
    """One sample and what was seen of it.

    Attributes:
        material: what tells materials apart: the `source/id` of a catalog, the digest of a structure, or the
            formula where there is no structure.
        formula: composition of the sample; that of the structure where no other was given.
        structure: the structure as pymatgen writes it; None where the structure type stands for it.
        structure_type: a name of the table of structure types; empty where there is a structure and no name.
        tc_k: critical temperature in K; None where nothing was seen.
        lowest_k: where nothing was seen, the lowest temperature in K.
        pressure_gpa: that of the measurement; None means ambient.
        doping: how the sample was doped, in words.
        source: who says so.
        date: when it was measured.
        forecast: what the list had said of it, if it had.
        no_forecast: why there is none.
    """

    material: Annotated[str, Field(min_length=1)]
    formula: Annotated[str, Field(min_length=1)]
    structure: dict[str, Any] | None = None
    structure_type: str = ""
    tc_k: Annotated[float, Field(gt=0, le=400)] | None = None
    lowest_k: Annotated[float, Field(gt=0, le=400)] | None = None
    kind: Kind | None = None
    pressure_gpa: Annotated[float, Field(ge=0, le=1000)] | None = None
    doping: str = ""
    source: Annotated[str, Field(min_length=1)]
    date: Day
    forecast: Forecast | None = None
    no_forecast: str = ""

    @model_validator(mode="after")
    def _one_answer(self) -> OwnMeasurement:
        if (self.tc_k is None) == (self.lowest_k is None) or (self.tc_k is None) != (self.kind is None):
            raise ValueError(
                f"T_c {self.tc_k}, lowest {self.lowest_k}, kind {self.kind}: expected a T_c of one kind, or "
                "how far down nothing was seen"
            )
        return self

    @property
    def id(self) -> str:
        """Digest of what was measured, without what had been forecast: the same measurement has the same."""
        told = self.model_dump(mode="json", exclude={"structure", "forecast", "no_forecast"})
        text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:DIGITS_OF_ID]

    @property
    def superconducts(self) -> bool:
        """Whether superconductivity was seen."""
        return self.tc_k is not None

    @property
    def seen(self) -> str:
        """What was seen, in words."""
        return f"none down to {self.lowest_k:g} K" if self.tc_k is None else f"{self.tc_k:g} K ({self.kind})"
