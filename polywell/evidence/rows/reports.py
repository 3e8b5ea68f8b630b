"""Reports that came after the measured tables: scored by a calibration before they may train one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

from pydantic import Field, model_validator

from polywell.data.tables import Record, load_rows
from polywell.electrons.valence import amounts_of
from polywell.evidence.anchors import reference_records
from polywell.evidence.features import features
from polywell.evidence.model.family import CalibratedTc
from polywell.evidence.model.material import Material, made
from polywell.evidence.rows.rows import rounded, under_pressure
from polywell.families import Families
from polywell.records import Screening

TABLE, BESIDE = "measured/reports.toml", "nickelate_reports.toml"
"""The reports that score a calibration, and those of nickelates beside them, which do not."""


class Reported(Record):
    """A row of `tables/measured/reports.toml`, where the fields are explained, or of the table beside it."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.+_-]*$")]
    formula: Annotated[str, Field(min_length=1)]
    structure: Annotated[str, Field(min_length=1)]
    structure_type_key: Annotated[str, Field(min_length=1)]
    geometry: Literal["dressed", "analogue"]
    tc_k: Annotated[float, Field(gt=0)] | None = None
    tc_kind: Annotated[str, Field(min_length=1)]
    pressure_gpa: Annotated[float, Field(ge=0)] | None = None
    sample: Literal["bulk", "crystal", "film", "membrane"]
    year: int
    source: Annotated[str, Field(min_length=1)]
    doi: str = Field(default="", pattern=r"^(10\.\d{4,}/\S+)?$")
    read: Literal["abstract", "listing"]
    checked: Literal["read", "recalled"]
    note: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _check_read(self) -> Reported:
        if (self.read == "listing") != (self.checked == "recalled"):
            raise ValueError(f"{self.id}: what comes from a listing is recalled, an abstract is read")
        return self


@dataclass(frozen=True)
class Forecast:
    """What a calibration expected of a report, and what was measured; T_c in K."""

    report: Reported
    expected: CalibratedTc | None

    @property
    def within(self) -> bool | None:
        """Whether the measured T_c lies in the interval; None where nothing was seen or nothing expected."""
        if self.expected is None or self.report.tc_k is None:
            return None
        return self.expected.tc_low_k <= self.report.tc_k <= self.expected.tc_high_k


@cache
def table(name: str = TABLE) -> tuple[Reported, ...]:
    """The reports, in the order of a table."""
    return load_rows(name, "report", Reported)


def forecasts(
    families: Families, predict: Callable[[Sequence[Material]], Sequence[CalibratedTc | None]]
) -> tuple[Forecast, ...]:
    """What a calibration says of the reports, in the order of the table.

    Args:
        families: the λ table of the features.
        predict: estimates for materials, such as `Calibration.predict`.

    Raises:
        ValueError: a report names a structure that is no candidate of the reference library.
    """
    records = {record.id: record for record in reference_records(families)}
    expected = predict([_material(one, records) for one in table()])
    return tuple(Forecast(one, found) for one, found in zip(table(), expected, strict=True))


def _material(one: Reported, records: Mapping[str, Screening]) -> Material:
    """The composition of a report in the cages of its structure under its pressure."""
    if one.structure not in records:
        raise ValueError(f"{one.id}: no structure {one.structure!r} in the reference library; add it there")
    record = records[one.structure]
    found = rounded(under_pressure(features(record), one.pressure_gpa))
    return made(found, amounts_of(one.formula), str(record.metal))
