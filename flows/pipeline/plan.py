"""What one run is to do, checked before anything starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.errors import CatalogError
from catalog.home import Home
from catalog.sources import Chemistry, Source, open_source
from flows.pipeline.settings import Settings
from polywell.data.elements import LIGANDS
from polywell.families import Families, load_families
from polywell.ranking import DEFAULT, RankBy

if TYPE_CHECKING:
    from pydantic import SecretStr


ENGINES = ("local", "dask")
"""Who reads and screens: processes of this machine, or a Dask cluster."""


class OrderError(CatalogError):
    """There is no such order of the list."""


class EngineError(CatalogError):
    """There is no such engine, or it lacks its address."""


@dataclass(frozen=True)
class Plan:
    """What one run is to do, checked before anything starts."""

    source: Source
    home: Home
    families: Families
    workers: int
    without_noncommercial: bool = False
    dask_address: str | None = None
    dossiers: int = 50
    rank_by: RankBy = DEFAULT


def make_plan(
    source: str,
    home: str | Path | None,
    families: str | Path | None,
    workers: int | None,
    without_noncommercial: bool = False,
    key: SecretStr | None = None,
    engine: str = "local",
    dask_address: str | None = None,
    dossiers: int | None = None,
    rank_by: str | None = None,
) -> Plan:
    """Opens and checks everything that a run is told; what is None comes from the environment.

    Raises:
        CatalogError: the source cannot be opened, the home not be written, or there is no such order.
        FamilyTableError: the λ table cannot be used.
        pydantic.ValidationError: a `POLYWELL_` variable is wrong.
    """
    if engine not in ENGINES or (engine == "dask") != (dask_address is not None):
        raise EngineError(
            f"engine {engine!r} with the Dask address {dask_address!r}; expected {' or '.join(ENGINES)}, and "
            "an address such as tcp://127.0.0.1:8786 for dask and for no other"
        )
    settings = Settings()
    table = load_families(_path(families) or settings.families)
    opened = open_source(source, Chemistry(frozenset(table.metals), frozenset(LIGANDS)), key)
    chosen = Home.at(_path(home) or settings.home)
    chosen.prepare()
    return Plan(
        opened,
        chosen,
        table,
        workers or settings.workers,
        without_noncommercial,
        dask_address,
        settings.dossiers if dossiers is None else dossiers,
        _order(rank_by) or settings.rank_by,
    )


def _order(given: str | None) -> RankBy | None:
    try:
        return None if given is None else RankBy(given)
    except ValueError:
        raise OrderError(
            f"a list cannot be ranked by {given!r}; expected one of {', '.join(RankBy)}"
        ) from None


def home_folder(home: str | None) -> Path | None:
    """The folder of the home that is given, or of `POLYWELL_HOME`; None where neither is."""
    return _path(home) or Settings().home


def _path(given: str | Path | None) -> Path | None:
    return Path(given) if given is not None else None
