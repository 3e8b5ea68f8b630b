"""The phases of a chemical system and those within it, by thermo documents of the Materials Project."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import closing
from typing import Any

from pydantic import SecretStr
from pymatgen.core import Structure

from catalog.errors import SourceError
from catalog.readers.reading import read
from catalog.relaxed.phases import CompetingPhase, CompetingPhases, system_of
from catalog.sources.base import RawEntry
from catalog.sources.materials_project.client import REQUESTS_PER_S, SERVICE, Document, Service, answered
from catalog.sources.materials_project.documents import id_of
from catalog.sources.values import number
from catalog.sources.web import PATIENCE, Pace, Patience
from polywell.relaxing.hull import chemical_systems

THERMO_TYPE = "GGA_GGA+U"
"""The project's largest hull; it only says which phases are near it."""

NEAR_EV = 0.03
"""eV per atom over that hull up to which a phase competes: another functional may put it onto its own."""

FIELDS = ["material_id", "chemsys", "energy_above_hull", "entries"]

SYSTEMS_AT_ONCE = 40
"""Chemical systems of one request: below a kilobyte of URL."""


def competing_phases(
    elements: Collection[str],
    key: SecretStr | None = None,
    endpoint: str | None = None,
    patience: Patience = PATIENCE,
    pace: Pace | None = None,
) -> CompetingPhases:
    """The phases of these elements that lie on the project's hull or near it, each with its structure.

    Args:
        elements: of the compound.
        key: the user's key; `MP_API_KEY` if None.
        endpoint: address of the service; `MP_API_ENDPOINT`, or the public one, if None.
        patience: how long to wait for the service.
        pace: limit of the request rate.

    Raises:
        SourceRefusedError: no key, or one that is refused.
        SourceError: the service fails, or gives what is no phase.
    """
    service = ThermoService(key, endpoint, patience, pace or Pace(REQUESTS_PER_S))
    with closing(service):
        documents = service.documents(chemical_systems(elements))
    return CompetingPhases(
        system_of(elements),
        str(service.version),
        tuple(sorted((_phase(document) for document in documents), key=lambda one: one.id)),
    )


class ThermoService(Service):
    """The thermo documents of chemical systems."""

    def documents(self, systems: Iterable[str]) -> list[Document]:
        """Those of the systems that lie within `NEAR_EV` of the hull, each once.

        Raises:
            SourceChangedError: the database changed meanwhile.
            SourceError: as for `competing_phases`.
        """
        from mp_api.client.routes.materials.thermo import ThermoRester

        asked = list(systems)
        rester = self._rester(ThermoRester)
        started = self.version
        found: list[Document] = []
        for first in range(0, len(asked), SYSTEMS_AT_ONCE):
            some = asked[first : first + SYSTEMS_AT_ONCE]
            found += self._documents(
                answered(
                    lambda some=some: rester.search(  # type: ignore[misc]
                        chemsys=some,
                        energy_above_hull=(0.0, NEAR_EV),
                        thermo_types=[THERMO_TYPE],
                        fields=FIELDS,
                        all_fields=False,
                    )
                )
            )
        self._check_version(started)
        return found


def _phase(document: Document) -> CompetingPhase:
    id_, above = id_of(document), number(document.get("energy_above_hull"))
    structure = _structure(document.get("entries"))
    if id_ is None or above is None or structure is None:
        lacking = "id" if id_ is None else "energy above the hull" if above is None else "structure"
        raise SourceError(
            f"{SERVICE} gave a phase without {lacking} ({id_ or document.get('chemsys')}); "
            "a newer mp-api may help"
        )
    return CompetingPhase(id_, above, structure)


def _structure(entries: Any) -> Structure | None:
    """The structure of the entry that the hull was made of, the first by name where there are several."""
    for name, entry in sorted((entries or {}).items()):
        held = entry.get("structure") if isinstance(entry, dict) else getattr(entry, "structure", None)
        payload = held.as_dict() if isinstance(held, Structure) else held
        if isinstance(payload, dict):
            [read_entry] = read(RawEntry(SERVICE, name, "pymatgen", payload), lambda _: True)
            return read_entry.structure
    return None
