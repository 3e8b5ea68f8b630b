"""Reports that came after the measured tables: scored by a calibration before they may train one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from polywell.data.supercon.formulas import Oxygen, taken_apart
from polywell.data.tables import load_table
from polywell.electrons.valence import amounts_of
from polywell.evidence.anchors import reference_records
from polywell.evidence.features import features
from polywell.evidence.model.family import CalibratedTc
from polywell.evidence.model.material import Material, made
from polywell.evidence.rows.joined import DECIMALS, rounded, shares_of
from polywell.evidence.rows.noise import relative_noise
from polywell.evidence.rows.rows import Row, least_noise_k
from polywell.families import Families
from polywell.records import Screening

TABLE, BESIDE = "measured/reports.toml", "nickelate_reports.toml"
"""The reports that score a calibration, and those of nickelates beside them, which do not."""
REPORT = "report"
"""Source of these rows."""
OF_FAMILY = {"nickelate": "cuprate"}
"""Family whose noise of dressing stands for one that has no types of its own: the cages are the same."""


class Reported(BaseModel):
    """A row of `tables/measured/reports.toml`, where the fields are explained, or of the table beside it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

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


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    report: tuple[Reported, ...]


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
    return load_table(name, _Table).report


@cache
def reported(families: Families) -> tuple[Row, ...]:
    """The reports as rows with the features of their structures under their pressure; none of them trains.

    Raises:
        ValueError: a report names a structure that is no candidate of the reference library.
    """
    records = {record.id: record for record in reference_records(families)}
    return tuple(_row(one, records, families) for one in table())


def forecasts(
    families: Families, predict: Callable[[Sequence[Material]], Sequence[CalibratedTc | None]]
) -> tuple[Forecast, ...]:
    """What a calibration says of the reports, in the order of the table.

    Args:
        families: the λ table of the features.
        predict: estimates for materials, such as `Calibration.predict`.
    """
    metals = {family.name: family.metal for family in families.rows}
    expected = predict([
        made(row.features, amounts_of(row.formula), metals[row.family]) for row in reported(families)
    ])  # fmt: skip
    return tuple(Forecast(one, found) for one, found in zip(table(), expected, strict=True))


def _row(one: Reported, records: Mapping[str, Screening], families: Families) -> Row:
    if one.structure not in records:
        raise ValueError(f"{one.id}: no structure {one.structure!r} in the reference library; add it there")
    found = features(records[one.structure])
    pressure = found.pressure_gpa if one.pressure_gpa is None else one.pressure_gpa
    amounts = taken_apart(one.formula).amounts
    noise = relative_noise(families)[OF_FAMILY.get(found.family, found.family), one.geometry, True]
    return Row(
        id=f"{REPORT}:{one.id}",
        source=REPORT,
        formula=one.formula,
        composition=shares_of(amounts),
        oxygen=Oxygen.WRITTEN,
        family=found.family,
        structure_type=one.structure_type_key,
        compound=one.id,
        system="-".join(sorted(amounts)),
        tc_k=one.tc_k,
        tc_noise_k=least_noise_k(one.tc_k),
        reports=1,
        year=one.year,
        features=rounded(replace(found, pressure_gpa=pressure)),
        geometry=one.geometry,
        xi_noise=round(noise, DECIMALS),
        trains=False,
        pressure_gpa=pressure,
    )
