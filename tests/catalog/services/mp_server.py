"""The Materials Project's own summary and thermo resources (emmet-api) over databases in memory, faulty.

Its documents are the ordered structures of the reference library, under ids made for it: mp-1, mp-2 ...
in the library's order; `EXTRA` more of the first one; a deprecated one and a GNoME one (BY-NC).
Thermo documents are made of `PHASES`.
"""

import sys
from datetime import UTC, datetime, timedelta

import mongomock
from emmet.api.core.api import MAPI
from emmet.api.resource.utils import CollectionWithKey
from emmet.api.routes.materials.summary.resources import summary_resource
from emmet.api.routes.materials.thermo.resources import thermo_resource
from emmet.core.base import EmmetMeta
from emmet.core.summary import SummaryDoc
from emmet.core.thermo import ThermoDoc
from emmet.core.types.typing import format_identifier
from pymatgen.core import Lattice, Structure
from pymatgen.entries.computed_entries import ComputedStructureEntry

from tests.catalog.services.faults import Faults, serve
from tests.catalog.services.library import ordered_structures

KEYS = {"k" * 32: "plain", "n" * 32: "nc"}
VERSION = "2026.10.01"
DEPRECATED, NONCOMMERCIAL = 9001, 9002


PHASES = {
    "mp-501": ("Ca", -1.9),
    "mp-502": ("Cu", -4.1),
    "mp-503": ("O", -4.9),
    "mp-504": ("Ca O", -13.0),
    "mp-505": ("Cu O", -10.6),
    "mp-506": ("Ca O O", -15.0),
    "mp-507": ("Ba", -1.9),
}
"""Ids, elements of a cell, its energy in eV. mp-506 lies far above the hull, mp-507 in another system."""


class Collection:
    """The three calls that emmet-api makes of an asynchronous pymongo collection, on mongomock."""

    def __init__(self, documents):
        self.inner = mongomock.MongoClient().db.summary
        self.inner.insert_many(documents)

    async def count_documents(self, criteria, **_):
        return self.inner.count_documents(criteria)

    async def estimated_document_count(self, **_):
        return self.inner.estimated_document_count()

    async def aggregate(self, pipeline, **_):
        rows = list(self.inner.aggregate(pipeline))

        class Cursor:
            async def to_list(self, _length=None):
                return rows

        return Cursor()


def document(number: int, structure, licence: str = "BY-C", deprecated: bool = False, **more) -> dict:
    made = SummaryDoc.from_structure(
        meta_structure=structure,
        material_id=f"mp-{number}",
        deprecated=deprecated,
        last_updated=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number % 100),
        builder_meta=EmmetMeta(license=licence),
        origins=[],
        warnings=[],
        **more,
    ).model_dump(mode="json")
    return {**made, "material_id": format_identifier(f"mp-{number}", legacy=False)}


def documents(extra: int) -> list[dict]:
    ordered = ordered_structures()
    found = [
        document(
            number,
            structure,
            energy_above_hull=0.01 * number,
            theoretical=number % 2 == 0,
            ordering=("NM", "AFM", "FM")[number % 3],
            database_IDs={"icsd": [f"icsd-{number}"], "pauling": ["SD42"]} if number % 2 else None,
        )
        for number, structure in enumerate(ordered, start=1)
    ]
    cuprate = next(s for s in ordered if {"Cu", "O"} <= {e.symbol for e in s.composition.elements})
    found.append(document(DEPRECATED, cuprate, deprecated=True, deprecation_reasons=["M001"]))
    found.append(document(NONCOMMERCIAL, cuprate, licence="BY-NC", energy_above_hull=0.2))
    template = document(1, cuprate, energy_above_hull=0.0)
    for number in range(20_000, 20_000 + extra):
        found.append({**template, "material_id": format_identifier(f"mp-{number}", legacy=False)})
    return found


def thermo_documents() -> list[dict]:
    entries = []
    for id_, (symbols, energy) in PHASES.items():
        cell = symbols.split()
        places = [[number / len(cell)] * 3 for number in range(len(cell))]
        structure = Structure(Lattice.cubic(2.5 * len(cell)), cell, places)
        data = {"material_id": id_, "run_type": "GGA", "task_id": id_}
        entries.append(
            ComputedStructureEntry(structure, energy, data=data, parameters={"run_type": "GGA"}, entry_id=id_)
        )
    made = ThermoDoc.from_entries(entries, thermo_type="GGA_GGA+U")
    return [
        {
            **document.model_dump(mode="json"),
            "material_id": format_identifier(str(document.material_id), legacy=False),
            "builder_meta": EmmetMeta(license="BY-C").model_dump(mode="json"),
        }
        for document in made
    ]


def main(extra: int) -> None:
    resource = summary_resource(CollectionWithKey(Collection(documents(extra))))
    thermo = thermo_resource(CollectionWithKey(Collection(thermo_documents())))
    heartbeat = {
        "db_version": VERSION,
        "suffix": None,
        "access_controlled_batch_ids": ["gnome_r2scan_statics"],
    }
    app = MAPI({"materials": [resource, thermo]}, heartbeat_meta=heartbeat).app
    serve(
        Faults(
            app,
            lambda path: path.startswith("/materials") or path.startswith("/_version"),
            lambda version: heartbeat.update(db_version=version),
            KEYS,
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
