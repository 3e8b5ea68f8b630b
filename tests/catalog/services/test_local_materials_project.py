"""The folder of mp-api beside the service: the same documents, and nothing fetched that lies there."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from deltalake import Schema, convert_to_deltalake

from catalog.errors import SourceError
from catalog.readers.reading import read
from catalog.sources import open_source
from catalog.sources.base import Chemistry
from catalog.sources.materials_project.documents import FIELDS
from tests.catalog.listed import listed
from tests.catalog.services.conftest import Service, local

CUPRATES = Chemistry(frozenset({"Cu"}), frozenset({"O"}))
KEY = "k" * 32


@pytest.fixture(scope="module")
def documents(mp_service: Service) -> list[dict]:
    """A hundred documents of the service, as it sends them."""
    mp_service.arm()
    with local() as session:
        wanted = {"_fields": ",".join(FIELDS), "_limit": 100, "elements": "Cu,O", "deprecated": "false"}
        answer = session.get(mp_service.url + "materials/summary/", params=wanted, headers={"x-api-key": KEY})
    return list(answer.json()["data"])


def kept(folder: Path, documents: list[dict]) -> Path:
    """The folder as mp-api 0.46.5 writes it (`client/core/client.py`, `_query_delta_backed`)."""
    from emmet.core.arrow import (
        arrowize,
    )  # seconds to import, which whoever only lists the tests need not wait for
    from emmet.core.summary import SummaryDoc

    target = folder / "build" / "collections" / "summary"
    target.mkdir(parents=True)
    schema = pa.schema(arrowize(SummaryDoc)).insert(0, pa.field("version", pa.string()))
    rows = []
    for one in documents:
        row = {**one, "version": "2026.10.01", "last_updated": datetime.fromisoformat(one["last_updated"])}
        row["builder_meta"] = {"license": (one.get("builder_meta") or {}).get("license")}
        row["database_IDs"] = list((one.get("database_IDs") or {}).items())
        rows.append({name: row.get(name) for name in schema.names})
    parts = pa.schema([pa.field("version", pa.string())])
    ds.write_dataset(
        pa.Table.from_pylist(rows, schema),
        base_dir=target,
        format="parquet",
        partitioning=ds.partitioning(parts, flavor="hive"),
        basename_template="group-1-part-{i}.zstd.parquet",
        existing_data_behavior="overwrite_or_ignore",
        max_rows_per_group=1024,
        file_options=ds.ParquetFileFormat().make_write_options(compression="zstd"),
    )
    convert_to_deltalake(str(target), partition_by=Schema.from_arrow(parts), partition_strategy="hive")
    return folder


def test_the_folder_gives_what_the_service_gives(mp_service, documents, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MP_API_KEY", KEY)
    monkeypatch.setenv("MP_API_ENDPOINT", mp_service.url)
    asked = open_source("materials-project", CUPRATES)
    found = open_source(f"materials-project:{kept(tmp_path, documents)}", CUPRATES)
    assert found.name == asked.name == "materials-project"
    there, here = dict(listed(asked)), dict(listed(found))
    # One entry, with one stamp, whoever gives it and in whichever form of the id: none is fetched again.
    assert here and here.items() <= there.items()
    assert all(id_.startswith("mp-") and id_[3:].isdigit() for id_ in here)
    some = list(here)[::7]
    ours, theirs = ({raw.id: raw for raw in one.raw_entries(some)} for one in (found, asked))
    assert ours.keys() == theirs.keys() == set(some)
    for id_ in some:
        [mine], [other] = (read(one[id_], lambda elements: True) for one in (ours, theirs))
        assert mine.structure is not None and other.structure is not None
        assert np.array_equal(mine.structure.lattice.matrix, other.structure.lattice.matrix)
        assert np.array_equal(mine.structure.frac_coords, other.structure.frac_coords)
        assert mine.structure.species == other.structure.species
        for name in (
            "e_above_hull_ev",
            "theoretical",
            "last_updated",
            "database_ids",
            "licence",
            "deprecated",
        ):
            assert getattr(mine.provenance, name) == getattr(other.provenance, name), name


def test_what_documents_lack_is_counted_and_none_is_lost(documents, tmp_path) -> None:
    bare = [dict(one) for one in documents[:10]]
    for place, name in enumerate(("structure", "energy_above_hull", "energy_above_hull", "theoretical")):
        bare[place][name] = None
    bare[5]["material_id"] = bare[6]["material_id"]
    source = open_source(f"materials-project:{kept(tmp_path, bare)}")
    raws = list(source.raw_entries())
    assert len(raws) == len({raw.id for raw in raws}) == 10
    assert [raw.kind for raw in raws].count("error") == 2  # without a structure, and an id that comes again
    expected = "structure 1, energy_above_hull 2, theoretical 1"
    told = source.description()["lacking"]
    assert all(part in told for part in expected.split(", ")) and told.endswith("of 10 documents read")


def test_a_folder_without_the_table_is_refused(tmp_path) -> None:
    with pytest.raises(SourceError, match="there is no table of the Materials Project"):
        open_source(f"materials-project:{tmp_path}")
