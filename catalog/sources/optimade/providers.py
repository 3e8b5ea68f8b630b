"""OPTIMADE databases by name, and where each keeps what OPTIMADE has no common field for.

Addresses as listed by https://providers.optimade.org; recalled, not opened again. A field is asked for only
where the database lists it among its properties, so that a renamed one costs a value and no error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from catalog.sources.values import number, text
from polywell.records import Provenance

KPA_PER_GPA = 1e6


@dataclass(frozen=True)
class Database:
    """One database: its address, and what holds for all its entries.

    `page_limit` is the most entries of one page that it gives, where that is known to be less than usual.
    """

    url: str
    title: str
    licence: str | None = None
    functional: str | None = None
    theoretical: bool | None = None
    page_limit: int | None = None


DATABASES: dict[str, Database] = {
    "mp": Database("https://optimade.materialsproject.org", "Materials Project", "CC BY 4.0"),
    "alexandria-pbe": Database(
        "https://alexandria.icams.rub.de/pbe", "Alexandria, PBE", "CC BY 4.0", functional="PBE"
    ),
    "alexandria-pbesol": Database(
        "https://alexandria.icams.rub.de/pbesol", "Alexandria, PBEsol", "CC BY 4.0", functional="PBEsol"
    ),
    "oqmd": Database("https://oqmd.org/optimade", "Open Quantum Materials Database", "CC BY 4.0"),
    "cod": Database(
        "https://www.crystallography.net/cod/optimade",
        "Crystallography Open Database",
        "CC0 1.0",
        theoretical=False,
        page_limit=100,
    ),
    "jarvis": Database(
        "https://jarvis.nist.gov/optimade/jarvisdft", "JARVIS-DFT", functional="OptB88vdW", page_limit=50
    ),
    "nomad": Database("https://nomad-lab.eu/prod/v1/optimade", "NOMAD", "CC BY 4.0"),
    "aflow": Database("https://aflow.org/API/optimade", "AFLOW"),
    "mc3d": Database("https://aiida.materialscloud.org/mc3d/optimade", "Materials Cloud 3D", "CC BY 4.0"),
    "odbx": Database("https://optimade.odbx.science", "open database of xtals"),
    "gnome": Database(
        "https://optimade-gnome.odbx.science", "GNoME", "CC BY-NC 4.0", functional="PBE", theoretical=True
    ),
}


@dataclass(frozen=True)
class Field:
    """One property of one database, and the place in `Provenance` that it fills.

    `path` is the property's name, and after dots the keys inside of it; a dot inside a key is not needed
    so far. `read` makes the value; None from it means that the property says nothing.
    """

    path: tuple[str, ...]
    into: str
    read: Callable[[Any], Any]


def _at_least_zero(value: Any) -> float | None:
    """OQMD and JARVIS count the distance of a stable compound below zero, down to the next ones."""
    found = number(value)
    return None if found is None else max(found, 0.0)


def _gpa_from_kpa(value: Any) -> float | None:
    found = number(value)
    return None if found is None else found / KPA_PER_GPA


def _is_bad_status(value: Any) -> bool | None:
    return True if value in ("errors", "retracted") else None


def _is_computed(value: Any) -> bool | None:
    return True if value == "theoretical" else None


def _icsd(value: Any) -> str | None:
    digits = (text(value) or "").strip()
    return f"icsd-{digits}" if digits.isdigit() and digits.strip("0") else None


def _doi(value: Any) -> str | None:
    name = text(value)
    return f"doi:{name}" if name else None


FIELDS: tuple[Field, ...] = (
    Field(("_mp_stability", "gga_gga+u_r2scan", "energy_above_hull"), "e_above_hull_ev", number),
    Field(("_mp_stability", "gga_gga+u", "energy_above_hull"), "e_above_hull_ev", number),
    Field(("_mp_stability", "r2scan", "energy_above_hull"), "e_above_hull_ev", number),
    Field(("_alexandria_hull_distance",), "e_above_hull_ev", number),
    Field(("_alexandria_xc_functional",), "functional", text),
    Field(("_oqmd_stability",), "e_above_hull_ev", _at_least_zero),
    Field(("_jarvis_ehull",), "e_above_hull_ev", _at_least_zero),
    Field(("_jarvis_icsd",), "database_ids", _icsd),
    Field(("_odbx_thermodynamics", "hull_distance"), "e_above_hull_ev", number),
    Field(("_odbx_dft_parameters", "xc_functional"), "functional", text),
    Field(("_cod_cellpressure",), "pressure_gpa", _gpa_from_kpa),
    Field(("_cod_doi",), "citation", _doi),
    Field(("_cod_method",), "theoretical", _is_computed),
    Field(("_cod_status",), "deprecated", _is_bad_status),
)
"""The one table of provider-specific properties; of several for one place the first that speaks counts."""


def provider_properties() -> tuple[str, ...]:
    """Names of the properties in the table, each once."""
    return tuple(dict.fromkeys(row.path[0] for row in FIELDS))


def provenance_of(attributes: Mapping[str, Any], general: Provenance) -> Provenance:
    """What an entry says about itself, over what holds for the whole database."""
    values: dict[str, Any] = {}
    for row in FIELDS:
        value: Any = attributes
        for key in row.path:
            value = value.get(key) if isinstance(value, Mapping) else None
        found = None if value is None else row.read(value)
        if found not in (None, "") and row.into not in values:
            values[row.into] = found
    return replace(general, last_updated=text(attributes.get("last_modified")), **values)
