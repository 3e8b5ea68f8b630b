"""Reference library: measured crystal structures, with their source, for testing the science.

The tables in ``tables/reference`` hold one record per compound and state: the asymmetric unit, the
cell, the measured critical temperature, and for each value whether it was read in the named source
or only recalled. The compounds of Tables 1 and 2 of the proposal carry the published cage heights
beside the measured structure; an entry built to those heights says so and tests nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator
from pymatgen.core import Composition, Element, Lattice, Structure

from polywell.data.orbits import check_cell, orbits
from polywell.data.tables import Record, digest_of, load_table
from polywell.records import Entry, Provenance, Reason

TABLE_NAMES = ("cuprates", "iron", "nickelates", "controls")
"""Files of the library, without their suffix."""

Family = Literal["cuprate", "iron-based", "nickelate", "control"]
BUILT = "built to the published xi"
Checked = Literal["read", "recalled", "built to the published xi"]
Standing = Literal["read", "recalled", "estimated", "built", "derived from built"]
"""What a cell stands on, the best first; `standings` decides it for every page, count and command."""

ESTIMATED = ("estimated", "extrapolated", "fractions of")
"""A structure of which `recalled_fields` says one of these was carried on from others, not measured."""

Expectation = Literal["candidate"] | Reason
Positive = Annotated[float, Field(gt=0)]
Angle = Annotated[float, Field(gt=0, lt=180)]
Occupancy = Annotated[float, Field(gt=0, le=1)]

OCCUPANCY_SLACK = 1e-6
"""A site's occupancies may exceed one by this much, to allow for rounding in the tables."""

ORBIT_TOLERANCE = 1e-4
"""Two images of a site closer than this, in fractions of the cell, are one atom: a special position."""


class Site(Record):
    """One site of the asymmetric unit, with its occupancies and fractional coordinates."""

    label: str = Field(min_length=1)
    species: dict[str, Occupancy] = Field(min_length=1)
    xyz: tuple[float, float, float]

    @model_validator(mode="after")
    def _check_species(self) -> Site:
        for symbol in self.species:
            if not Element.is_valid_symbol(symbol):
                raise ValueError(f"site {self.label}: {symbol!r} is no element; write deuterium as H or D")
        total = sum(self.species.values())
        if total > 1 + OCCUPANCY_SLACK:
            raise ValueError(f"site {self.label}: occupancies sum to {total:.4f}, expected at most 1")
        return self


class PublishedRow(Record):
    """A row of the proposal's Table 1 (cuprates) or 2 (iron-based), as printed there.

    ``phase`` is the cage whose height reproduces the row's λ; the proposal chose it after the fact.
    """

    table: Literal[1, 2]
    row: str = Field(min_length=1)
    tc_k: Positive
    xi_alpha_ang: Positive | None = None
    xi_beta_ang: Positive | None = None
    xi_gamma_ang: Positive | None = None
    lambda_k_ang2: Positive
    phase: Literal["alpha", "beta", "gamma"]


class ReferenceStructure(Record):
    """One measured crystal structure and what is known of its superconductivity.

    ``checked`` speaks of the structure: every coordinate read in ``structure_source``, or recalled in
    the parts named by ``recalled_fields``, or built to the published cage heights. ``derived_from`` is
    the id of a structure whose fractions it keeps. ``tc_checked`` speaks of the critical temperature. A
    temperature that was not seen is absent, never zero.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9.+_-]*$")
    name: str = Field(min_length=1)
    formula: str = Field(min_length=1)
    family: Family
    structure_type: str = Field(min_length=1)
    space_group: str = Field(min_length=1)
    a_ang: Positive
    b_ang: Positive
    c_ang: Positive
    alpha_deg: Angle = 90.0
    beta_deg: Angle = 90.0
    gamma_deg: Angle = 90.0
    sites: tuple[Site, ...] = Field(min_length=1)
    temperature_k: Positive | None = None
    pressure_gpa: Annotated[float, Field(ge=0)] | None = None
    density_g_cm3: Positive | None = None
    doping: str = ""
    structure_source: str = Field(min_length=1)
    doi: str = ""
    checked: Checked
    recalled_fields: tuple[str, ...] = ()
    derived_from: str = ""
    superconducting: bool | None = None
    tc_onset_k: Positive | None = None
    tc_zero_k: Positive | None = None
    tc_k: Positive | None = None
    tc_kind: str = ""
    lowest_measured_k: Positive | None = None
    tc_source: str = ""
    tc_checked: Literal["read", "recalled", "none"] = "none"
    published: PublishedRow | None = None
    difference: str = ""
    expect: Expectation
    note: str = ""

    @model_validator(mode="after")
    def _check_provenance(self) -> ReferenceStructure:
        if self.checked == "recalled" and not self.recalled_fields:
            raise ValueError(f"{self.id}: recalled, so recalled_fields must name what was recalled")
        if self.checked == BUILT and self.published is None:
            raise ValueError(f"{self.id}: built to the published xi, but no published row is given")
        measured = (self.tc_onset_k, self.tc_zero_k, self.tc_k)
        if any(tc is not None for tc in measured):
            if not self.tc_source or self.tc_checked == "none":
                raise ValueError(f"{self.id}: a critical temperature needs tc_source and tc_checked")
            if self.superconducting is not True:
                raise ValueError(f"{self.id}: has a critical temperature, so superconducting must be true")
        if (self.family == "control") != (self.expect != "candidate"):
            raise ValueError(f"{self.id}: family {self.family!r} does not go with expect {self.expect!r}")
        return self

    def structure(self) -> Structure:
        """Build the conventional cell with site occupancies, all symmetry images included.

        Returns:
            A structure in angstrom, its sites in the order of the table, labels kept on every image.

        Raises:
            ValueError: If pymatgen knows no such space group, or the cell does not fit it.
        """
        lattice = Lattice.from_parameters(
            self.a_ang, self.b_ang, self.c_ang, self.alpha_deg, self.beta_deg, self.gamma_deg
        )
        check_cell(self.space_group, lattice)
        places = orbits(self.space_group, [site.xyz for site in self.sites], ORBIT_TOLERANCE)
        counts = [len(images) for images in places]
        species = [Composition(site.species) for site in self.sites]
        return Structure(
            lattice,
            [one for one, count in zip(species, counts, strict=True) for _ in range(count)],
            np.concatenate(places),
            labels=[site.label for site, count in zip(self.sites, counts, strict=True) for _ in range(count)],
        )

    def known_tc_k(self) -> float | None:
        """The measured T_c in K: zero resistance, else what the source calls T_c, else the onset."""
        return representative(self.tc_zero_k, self.tc_k, self.tc_onset_k)

    def composition(self) -> Composition:
        """Return the composition named by ``formula``, with deuterium counted as hydrogen."""
        return _without_deuterium(Composition(self.formula))


def representative(
    zero_k: float | None, tc_k: float | None, onset_k: float | None, meissner_k: float | None = None
) -> float | None:
    """The one T_c of a sample, in K: zero resistance, else the middle of the transition, else its onset.

    What a source calls T_c, without an onset or zero, counts as the middle. The Meissner effect comes last.
    """
    return next((found for found in (zero_k, tc_k, onset_k, meissner_k) if found is not None), None)


class _Table(Record):
    structure: tuple[ReferenceStructure, ...]


def _without_deuterium(composition: Composition) -> Composition:
    amounts: dict[str, float] = {}
    for symbol, amount in composition.get_el_amt_dict().items():
        element = "H" if symbol == "D" else symbol
        amounts[element] = amounts.get(element, 0.0) + amount
    return Composition(amounts)


@cache
def reference_structures() -> tuple[ReferenceStructure, ...]:
    """Read and validate the library, sorted by id.

    Raises:
        TableError: If a record misses a field, has an unknown one or contradicts itself.
        ValueError: If two records share an id, or one is derived from an id that the library lacks.
    """
    records: dict[str, ReferenceStructure] = {}
    for table in TABLE_NAMES:
        for record in load_table(f"reference/{table}.toml", _Table).structure:
            if record.id in records:
                raise ValueError(f"id {record.id!r} occurs twice, again in {table}.toml; ids must be unique")
            records[record.id] = record
    for record in records.values():
        if record.derived_from and record.derived_from not in records:
            raise ValueError(f"{record.id}: derived_from {record.derived_from!r} is no id of the library")
    return tuple(records[key] for key in sorted(records))


@cache
def standings() -> dict[str, Standing]:
    """What the cell of every structure of the library stands on, by id.

    What keeps the fractions of a built cell gives back the height to which that was built, at any pressure.
    """
    records = {record.id: record for record in reference_structures()}
    return {id: _standing(record, records) for id, record in records.items()}


def is_built(id: str) -> bool:
    """Whether a structure was built to a published ξ, or keeps the fractions of one that was."""
    return standings()[id] in ("built", "derived from built")


def _standing(record: ReferenceStructure, records: Mapping[str, ReferenceStructure]) -> Standing:
    if record.checked == BUILT:
        return "built"
    parent = record
    for _ in records:
        if not parent.derived_from:
            break
        parent = records[parent.derived_from]
        if parent.checked == BUILT:
            return "derived from built"
    if record.derived_from or any(word in field for field in record.recalled_fields for word in ESTIMATED):
        return "estimated"
    return "read" if record.checked == "read" else "recalled"


@cache
def digest() -> str:
    """The digest of the library, as `digest_of` makes it."""
    return digest_of([record.model_dump(mode="json") for record in reference_structures()])


@cache
def reference_entries() -> tuple[Entry, ...]:
    """Return the library as entries of the source `reference`, ready to be screened, in order of id."""
    return tuple(_entry(record) for record in reference_structures())


def _entry(record: ReferenceStructure) -> Entry:
    structure = record.structure()
    composition = _without_deuterium(structure.composition)
    measured = record.known_tc_k()
    kind = "zero resistance" if record.tc_zero_k else record.tc_kind or "onset"
    standing: str = standings()[record.id]
    told = {"built": BUILT, "derived from built": f"{BUILT}, in the cell that it keeps"}
    return Entry(
        source="reference",
        id=record.id,
        formula=composition.reduced_formula,
        elements=tuple(sorted(element.symbol for element in composition.elements)),
        structure=structure,
        provenance=Provenance(
            pressure_gpa=record.pressure_gpa,
            doping=record.doping or None,
            theoretical=False,
            tc_measured_k=measured,
            tc_measured_kind=kind if measured else None,
            citation=" ".join(
                part for part in (record.structure_source, record.doi and f"doi:{record.doi}") if part
            ),
            checked=told.get(standing, standing),
            note=record.note or None,
        ),
    )
