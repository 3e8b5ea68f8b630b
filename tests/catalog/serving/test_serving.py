"""The list of a home as an OPTIMADE provider, in the eyes of its own validator."""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
import uvicorn
from optimade.adapters import Structure as Adapter
from optimade.validator import ImplementationValidator
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Structure

from catalog.errors import RunError
from catalog.home import Home
from catalog.runs.publish import publish
from catalog.runs.published import new_name
from catalog.serving.app import Served
from catalog.serving.documents import attributes, provider_fields
from catalog.store.delta.lake import apply
from catalog.store.structures import entry_to_row, structures_schema
from polywell.data.reference import reference_structures
from polywell.geometry.sites import sites_of
from polywell.records import Entry
from tests.catalog.services.conftest import local
from tests.catalog.stored import tables_of

SOURCE = "files:/data/x"
EMPTY = pa.array([], pa.string())

# The server asks a model of pydantic for its fields by the instance (optimade 1.5.0, here in a thread).
# The validator asks for a field of a made-up provider, which the server warns of in its answer.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Accessing the 'model_fields':DeprecationWarning", "ignore:Field '_crazyprovider_field'"
)


@pytest.fixture(scope="module")
def crystals() -> dict[str, Structure]:
    """A dozen measured crystals, with disorder and without."""
    return {one.id: one.structure() for one in reference_structures()[::25]}


@pytest.fixture
def home(tmp_path: Path, crystals: dict[str, Structure], candidate: Callable) -> Home:
    """A home whose list holds the crystals."""
    home = Home.at(tmp_path)
    home.prepare()
    entries = [
        Entry(
            SOURCE, id_, one.composition.reduced_formula, tuple(sorted(el.symbol for el in one.elements)), one
        )
        for id_, one in crystals.items()
    ]
    rows = pa.RecordBatch.from_pylist([entry_to_row(entry) for entry in entries], structures_schema())
    apply(home.structures, [rows], EMPTY, SOURCE)
    published(home, candidate, list(crystals))
    (home.reports / "latest").mkdir()
    (home.reports / "latest" / "index.html").write_text("<p>the list</p>", "utf-8")
    return home


def published(home: Home, candidate: Callable, ids: list[str]) -> None:
    """Publishes a list of these ids."""
    records = [candidate(id_, tc_ceiling_k=100.0 - number) for number, id_ in enumerate(ids)]
    tables = tables_of(records, [], [])
    counts = {"entries": len(ids), "candidates": len(ids), "rejected": 0, "failed": 0}
    manifest = {**counts, "source": SOURCE, "finished": "2026-11-29T02:30:00+00:00"}
    publish(home, new_name(home), *tables, manifest)


@pytest.fixture
def address(home: Home) -> Iterator[str]:
    """The web server of `polywell serve`, on a free port."""
    server = uvicorn.Server(uvicorn.Config(Served(home), "127.0.0.1", 0, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server ended while it started"
        time.sleep(0.02)
    [listening] = server.servers[0].sockets
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(20)


def test_the_validator_of_optimade_finds_nothing_wrong(
    address: str, home: Home, crystals: dict[str, Structure], candidate: Callable, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    random.seed(0)  # it draws the entries and fields that it asks for
    validator = ImplementationValidator(base_url=address, respond_json=True)
    validator.validate_implementation()
    results = json.loads(capsys.readouterr().out)
    assert validator.valid, json.dumps({n: v for n, v in results.items() if "messages" in n})
    assert results["success_count"] > 40
    # It wants references, which a list has none of.
    optional = [
        (name, why) for name, why in results["optional_failure_messages"] if "Query references" not in why
    ]
    assert optional == []

    with local() as session:
        # What stands in a column can be asked for, and is described as the column is.
        wanted = {"filter": "_polywell_tc_ceiling_k > 97.5", "response_fields": "_polywell_tc_ceiling_k"}
        found = session.get(f"{address}/v1/structures", params=wanted).json()
        first = list(crystals)[:3]
        assert [one["id"] for one in found["data"]] == [f"{SOURCE}/{id_}" for id_ in first]
        told = session.get(f"{address}/v1/info/structures").json()["data"]["properties"]
        assert (told["_polywell_tc_expected_k"]["unit"], told["_polywell_tc_expected_k"]["type"]) == (
            "K",
            "float",
        )
        assert "as it is written" in told["_polywell_tc_expected_k"]["description"]
        # The pages stand beside it, and nothing else of the home does.
        assert session.get(address).text == "<p>the list</p>"
        assert session.get(f"{address}/reports/%2e%2e/catalog/latest/manifest.json").status_code == 404
        # The next night's list is served without a new start.
        published(home, candidate, first[1:])
        assert session.get(f"{address}/v1/structures").json()["meta"]["data_available"] == 2


def test_a_structure_comes_back_as_it_was(crystals: dict[str, Structure]) -> None:
    is_ordered = {one.is_ordered for one in crystals.values()}
    assert is_ordered == {True, False}
    for id_, one in crystals.items():
        given = attributes(sites_of(one))
        back = Adapter({"id": id_, "type": "structures", "attributes": given | {"last_modified": None}})
        assert StructureMatcher(primitive_cell=False, scale=False).fit(back.as_pymatgen, one), id_
        if one.is_ordered:
            one.remove_oxidation_states()
            same = Adapter.ingest_from(one).attributes
            for name in (
                "chemical_formula_reduced",
                "chemical_formula_anonymous",
                "elements_ratios",
                "nsites",
            ):
                assert getattr(same, name) == pytest.approx(given[name]), (id_, name)


def test_a_home_without_a_list_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no published run yet"):
        Served(Home.at(tmp_path))


def test_fields_bear_our_prefix_and_a_type_of_optimade() -> None:
    fields = provider_fields()
    assert {one["type"] for one in fields} == {"string", "float", "integer", "boolean", "list"}
    assert all(one["name"].startswith("_polywell_") and one["description"] for one in fields)
