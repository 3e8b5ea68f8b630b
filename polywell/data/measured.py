"""Measured superconductivity: what was seen, of which sample, how, and who says so.

The tables in ``tables/measured`` hold one row per compound, doping, pressure and report. Each names a
structure of the reference library. Onset, zero resistance and the Meissner effect are kept apart; what was
not seen is absent, never zero. Evaluation leaves whole compounds out by ``compound_key``, whole structure
types by ``structure_type_key``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Literal

from pydantic import Field, model_validator

from polywell.data.reference import Positive, reference_structures, representative
from polywell.data.tables import Record, digest_of, load_table

TABLE_NAMES = ("cuprates", "iron", "nickelates")
"""Files of the table, without their suffix."""

MEISSNER_SLACK_K = 3.0
"""Diamagnetism may set in this much above the resistive onset: two thermometers, two samples."""

FIRST_YEAR = 1986
"""Bednorz and Müller, the first row that could stand here."""


class Measured(Record):
    """One report of superconductivity, or of its absence.

    ``structure`` is an id of the reference library; where it is the structure of a near doping or
    pressure, ``note`` says so. ``compound_key`` is shared by all dopings, isovalent mixtures and pressures
    of a compound. ``checked`` speaks of the temperature or its absence: read in ``source``, or recalled in
    the parts named by ``recalled_fields``. ``pressure_gpa`` is absent where the source gives none.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9.+_-]*$")
    structure: str = Field(min_length=1)
    compound: str = Field(min_length=1)
    compound_key: str = Field(pattern=r"^[a-z0-9][a-z0-9.]*$")
    structure_type_key: str = Field(min_length=1)
    doping: str = ""
    doping_holes_per_cu: Annotated[float, Field(ge=-0.5, le=0.5)] | None = None
    pressure_gpa: Annotated[float, Field(ge=0)] | None = None
    tc_onset_k: Positive | None = None
    tc_zero_k: Positive | None = None
    tc_meissner_k: Positive | None = None
    tc_k: Positive | None = None
    tc_kind: str = ""
    superconducting: bool
    lowest_measured_k: Positive | None = None
    year: Annotated[int, Field(ge=FIRST_YEAR)] | None = None
    source: str = Field(min_length=1)
    doi: str = Field(default="", pattern=r"^(10\.\d{4,}/\S+)?$")
    sample: Literal["bulk", "crystal", "film"]
    checked: Literal["read", "recalled"]
    recalled_fields: tuple[str, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _check_temperatures(self) -> Measured:
        temperatures = self.temperatures_k()
        if self.superconducting and not temperatures:
            raise ValueError(f"{self.id}: superconducting, so at least one critical temperature is expected")
        if not self.superconducting and temperatures:
            raise ValueError(f"{self.id}: has {', '.join(temperatures)}, so superconducting must be true")
        if self.tc_k is not None and not self.tc_kind:
            raise ValueError(f"{self.id}: tc_k needs tc_kind, the source's words for it")
        onset = self.tc_onset_k
        if onset is not None and (self.tc_zero_k or 0.0) > onset:
            raise ValueError(f"{self.id}: tc_zero_k = {self.tc_zero_k} is above the onset, {onset} K")
        if onset is not None and (self.tc_meissner_k or 0.0) > onset + MEISSNER_SLACK_K:
            raise ValueError(f"{self.id}: tc_meissner_k = {self.tc_meissner_k} is above the onset, {onset} K")
        return self

    @model_validator(mode="after")
    def _check_provenance(self) -> Measured:
        recalled = set(self.recalled_fields)
        if unknown := recalled - set(type(self).model_fields):
            raise ValueError(f"{self.id}: recalled_fields names {sorted(unknown)}; expected fields of a row")
        if self.checked == "recalled" and not recalled:
            raise ValueError(f"{self.id}: recalled, so recalled_fields must name what was recalled")
        if self.checked == "read" and (wrong := {*self.temperatures_k(), "superconducting"} & recalled):
            raise ValueError(f"{self.id}: {sorted(wrong)} recalled, so checked must be 'recalled'")
        return self

    def temperatures_k(self) -> dict[str, float]:
        """Return the critical temperatures that were seen, by field name, in kelvin."""
        fields = ("tc_onset_k", "tc_zero_k", "tc_meissner_k", "tc_k")
        return {name: value for name in fields if (value := getattr(self, name)) is not None}

    def representative_tc_k(self) -> float | None:
        """Return the one temperature to compare with a prediction, in kelvin; None where nothing was seen.

        The definition is that of `polywell.data.reference.representative`: zero resistance, else the middle
        of the transition, else its onset, else the Meissner effect.
        """
        return representative(self.tc_zero_k, self.tc_k, self.tc_onset_k, self.tc_meissner_k)

    def definition(self) -> int:
        """Which temperature `representative_tc_k` is: 0 zero, 1 middle, 2 onset, 3 Meissner, 4 none."""
        found = (self.tc_zero_k, self.tc_k, self.tc_onset_k, self.tc_meissner_k)
        return next((rank for rank, value in enumerate(found) if value is not None), len(found))

    def representative_kind(self) -> str:
        """Which temperature `representative_tc_k` is, in words; empty where nothing was seen."""
        return ("zero resistance", self.tc_kind, "onset", "Meissner effect", "")[self.definition()]

    def highest_tc_k(self) -> float | None:
        """The highest temperature of any definition, in K: what a claim of never more must beat."""
        return max(self.temperatures_k().values(), default=None)


class _Table(Record):
    measured: tuple[Measured, ...]


@cache
def measured_superconductors() -> tuple[Measured, ...]:
    """Read and validate the table, sorted by id; non-superconductors are rows too.

    Raises:
        TableError: If a row misses a field, has an unknown one or contradicts itself.
        ValueError: If two rows share an id, or a row names a structure that the library does not hold.
    """
    known = {record.id for record in reference_structures()}
    rows: dict[str, Measured] = {}
    for table in TABLE_NAMES:
        for row in load_table(f"measured/{table}.toml", _Table).measured:
            if row.id in rows:
                raise ValueError(f"id {row.id!r} occurs twice, again in {table}.toml; ids must be unique")
            if row.structure not in known:
                raise ValueError(
                    f"{row.id}: structure {row.structure!r} is not in the reference library; add it there"
                )
            rows[row.id] = row
    return tuple(rows[key] for key in sorted(rows))


@cache
def measured_by_id() -> Mapping[str, Measured]:
    """The rows of the table by their id."""
    return {row.id: row for row in measured_superconductors()}


@cache
def digest() -> str:
    """The digest of the table, as `digest_of` makes it."""
    return digest_of([row.model_dump(mode="json") for row in measured_superconductors()])
