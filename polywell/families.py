"""Families: which λ belongs to which metal, cage kind and ligand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pymatgen.core import Element

from polywell.data.elements import LIGANDS, NET_METALS
from polywell.data.tables import Record, Table, TableError, checked, read_table
from polywell.geometry.cages import OCTAHEDRON
from polywell.records import Phase

BUILT_IN = Path(__file__).parent / "tables" / "families.toml"


class FamilyTableError(TableError):
    """A λ table cannot be used."""


class Family(Record):
    """One row of the λ table. λ and its spread are in K·Å²."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    metal: str
    cages: Annotated[tuple[Literal["octahedron", "nonahedron", "tridecahedron"], ...], Field(min_length=1)]
    ligands: Annotated[tuple[str, ...], Field(min_length=1)]
    lambda_k_ang2: Annotated[float, Field(gt=0, lt=1e6)]
    spread_k_ang2: Annotated[float, Field(ge=0)]
    published_ligands: tuple[str, ...]
    published_apexes: tuple[str, ...]
    source: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _elements_exist(self) -> Family:
        if self.metal not in NET_METALS:
            raise ValueError(
                f"metal {self.metal!r} forms no net; expected one of {', '.join(sorted(NET_METALS))}"
            )
        for symbol in self.ligands + self.published_ligands:
            if symbol not in LIGANDS:
                raise ValueError(f"{symbol!r} is no ligand; expected some of {', '.join(sorted(LIGANDS))}")
        for symbol in self.published_apexes:
            if not Element.is_valid_symbol(symbol):
                raise ValueError(f"apex {symbol!r} is no element")
        if self.spread_k_ang2 >= self.lambda_k_ang2:
            raise ValueError(f"spread {self.spread_k_ang2} is not smaller than λ = {self.lambda_k_ang2}")
        return self

    @property
    def digest(self) -> str:
        """Digest of what a calibration of the family rests on: its λ, metal, cages and ligands."""
        content = {
            "cages": sorted(self.cages),
            "lambda_k_ang2": self.lambda_k_ang2,
            "ligands": sorted(self.ligands),
            "metal": self.metal,
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode("ascii")).hexdigest()


class _Table(Table):
    family: Annotated[tuple[Family, ...], Field(min_length=1)]


@dataclass(frozen=True)
class Families:
    """The λ table: its rows, the metals that can be screened, and the digest of its content."""

    rows: tuple[Family, ...]
    digest: str

    @cached_property
    def metals(self) -> frozenset[str]:
        """Metals that some row gives a λ for."""
        return frozenset(row.metal for row in self.rows)

    @cached_property
    def ligands(self) -> frozenset[str]:
        """Ligands that some row gives a λ for."""
        return frozenset(symbol for row in self.rows for symbol in row.ligands)

    def first_of(self, metals: Collection[str], cages: Collection[str], ligand: str) -> str | None:
        """Of several metals the first of the table with a λ for some of the cages and a ligand.

        None where no row has one of them.
        """
        for row in self.rows:
            if row.metal in metals and ligand in row.ligands and not set(cages).isdisjoint(row.cages):
                return row.metal
        return None

    def of(self, metal: str, cage: str, ligand: str) -> Family | None:
        """The row for a metal, cage kind and ligand; None when the table has none."""
        for row in self.rows:
            if row.metal == metal and cage in row.cages and ligand in row.ligands:
                return row
        return None


def load_families(path: Path | None = None) -> Families:
    """Read a λ table, the built-in one by default.

    Raises:
        FamilyTableError: the file cannot be read, is no TOML, breaks the schema, or says two λ for one
            metal, cage kind and ligand.
    """
    place = BUILT_IN if path is None else path
    try:
        rows = read_table(place, _Table).family
    except TableError as error:
        raise FamilyTableError(f"λ {error}") from error
    return _without_doubles(rows, f"λ table {place}")


def families_of(rows: Iterable[Family | Mapping[str, Any]]) -> Families:
    """A λ table made of rows, each a `Family` or a mapping with the names of its fields.

    Raises:
        FamilyTableError: a row breaks the schema, there is none, or two say a λ for one metal, cage kind and
            ligand.
    """
    try:
        table = checked({"schema": 1, "family": list(rows)}, _Table, "of the rows given")
    except TableError as error:
        raise FamilyTableError(f"λ {error}") from error
    return _without_doubles(table.family, "λ table of the rows given")


def _without_doubles(rows: tuple[Family, ...], origin: str) -> Families:
    names: dict[tuple[str, str, str], str] = {}
    for row in rows:
        for key in ((row.metal, cage, ligand) for cage in row.cages for ligand in row.ligands):
            if key in names:
                raise FamilyTableError(
                    f"{origin}: {key} stands in {names[key]!r} and in {row.name!r}; keep one"
                )
            names[key] = row.name
    canonical = json.dumps([row.model_dump(mode="json") for row in rows], sort_keys=True, ensure_ascii=True)
    return Families(rows, hashlib.sha256(canonical.encode()).hexdigest())


@cache
def built_in_families() -> Families:
    """The table of the published λ."""
    return load_families()


def of_one_family(phases: Iterable[Phase], ceiling: Phase) -> tuple[Phase, ...]:
    """The phases, in their order, that speak for the material as the ceiling's phase does.

    Those have a T_c, the ceiling's metal, and stand on bridged sheets (octahedra) or on capped ones (all
    others) as the ceiling's does.
    """
    flat = ceiling.cage == OCTAHEDRON
    return tuple(
        phase
        for phase in phases
        if phase.tc_k is not None and phase.metal == ceiling.metal and (phase.cage == OCTAHEDRON) == flat
    )


def beyond_published(family: Family, phase: Phase) -> str | None:
    """What of a cage lies outside the range for which λ was published, in words; None when nothing does."""
    beyond = []
    if phase.ligand not in family.published_ligands:
        beyond.append(f"ligand {phase.ligand}")
    strange = {symbol for symbol in phase.apexes if symbol not in LIGANDS}
    beyond.extend(f"apex {symbol}" for symbol in sorted(strange - set(family.published_apexes)))
    return ", ".join(beyond) or None
