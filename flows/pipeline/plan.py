"""What one run is to do, checked before anything starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from catalog.home import Home
from catalog.measurements.calibration import InForce, built_in, calibration_in_force
from catalog.sources import Chemistry, Source, open_source
from flows.options import ScreenOptions
from polywell.data.elements import LIGANDS
from polywell.families import Families, load_families

if TYPE_CHECKING:
    from pydantic import SecretStr


@dataclass(frozen=True)
class Plan:
    """What one run is to do: the source, home, λ table and calibration that its options name, opened."""

    source: Source
    home: Home
    families: Families
    options: ScreenOptions
    in_force: InForce = field(default_factory=built_in)


def make_plan(options: ScreenOptions, key: SecretStr | None = None) -> Plan:
    """Opens and checks everything that a run is told.

    Args:
        options: what the run is told.
        key: the user's key for the source; from the environment if None.

    Raises:
        CatalogError: the source cannot be opened, or the home not be written.
        FamilyTableError: the λ table cannot be used.
    """
    families = load_families(options.families)
    chemistry = Chemistry(frozenset(families.metals), frozenset(LIGANDS))
    source = open_source(options.source, chemistry, key, options.trust)
    home = Home.at(options.home)
    home.prepare()
    return Plan(source, home, families, options, calibration_in_force(home))
