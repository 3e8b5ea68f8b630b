import dataclasses
import re

import numpy as np
import pytest

from catalog.errors import (
    DuplicateIdError,
    MissingValueError,
    SourceChangedError,
    SourceError,
    SourceUnreachableError,
)
from catalog.readers.reading import read, read_parts
from catalog.sources import Chemistry, RawEntry, open_source
from catalog.sources.optimade import source as module
from catalog.sources.optimade.providers import DATABASES, FIELDS, provenance_of
from catalog.sources.optimade.source import OptimadeSource
from catalog.sources.web import Pace
from polywell.data.reference import reference_structures
from polywell.records import Provenance
from tests.catalog.listed import listed
from tests.catalog.services.conftest import QUICK, Service

IRON = Chemistry(frozenset({"Fe"}), frozenset({"As"}))
DATA = "/v1/structures"


def source_of(service: Service, chemistry: Chemistry | None = IRON, **more) -> OptimadeSource:
    fast = {"patience": QUICK, "pace": Pace(10_000), **more}
    return OptimadeSource(service.url, f"optimade:{service.url}", chemistry, **fast)


@pytest.fixture
def service(optimade_service: Service) -> Service:
    optimade_service.arm()
    return optimade_service


@pytest.fixture(scope="module")
def undisturbed(optimade_service: Service) -> list[RawEntry]:
    """What a pull gives when nothing goes wrong."""
    return list(source_of(optimade_service).raw_entries())


def library(chemistry: Chemistry) -> dict[str, object]:
    structures = {one.id: one.structure() for one in reference_structures()}
    return {
        id_: structure
        for id_, structure in structures.items()
        if chemistry.holds({element.symbol for element in structure.composition.elements})
    }


def occupancies(structure) -> list[dict[str, float]]:
    return [
        {species.symbol: round(float(amount), 9) for species, amount in sorted(site.species.items())}
        for site in structure
    ]


def test_every_entry_comes_with_its_occupancies(service) -> None:
    raws = {raw.id: raw for raw in source_of(service).raw_entries()}
    expected = library(IRON)
    assert set(raws) - {"split", "assembled"} == set(expected)
    assert any(not structure.is_ordered for structure in expected.values())
    for id_, structure in expected.items():
        (entry,) = read(raws[id_], lambda elements: True)
        assert occupancies(entry.structure) == occupancies(structure)
        np.testing.assert_allclose(entry.structure.cart_coords, structure.cart_coords, atol=1e-9)
        np.testing.assert_allclose(entry.structure.lattice.matrix, structure.lattice.matrix, atol=1e-12)


def test_mixed_sites_are_one_site_however_they_are_written(service) -> None:
    mixed = next(
        one.structure()
        for one in reference_structures()
        if any(len(site.species) > 1 for site in one.structure())
    )
    chemistry = Chemistry(frozenset(e.symbol for e in mixed.composition.elements), IRON.ligands)
    raws = {raw.id: raw for raw in source_of(service, chemistry).raw_entries()}
    for id_ in ("split", "assembled"):
        (entry,) = read(raws[id_], lambda elements: True)
        assert occupancies(entry.structure) == occupancies(mixed)
        np.testing.assert_allclose(entry.structure.cart_coords, mixed.cart_coords, atol=1e-9)
        assert "merged" in str(entry.provenance.note)


def test_what_the_provider_knows_is_kept(service) -> None:
    raws = {raw.id: raw for raw in source_of(service).raw_entries()}
    ids = [one.id for one in reference_structures()]
    for id_ in library(IRON):
        assert raws[id_].provenance.e_above_hull_ev == pytest.approx(0.001 * ids.index(id_))
        assert raws[id_].provenance.functional == "PBE"
        assert re.match(r"20[0-2]\d-05-06T07:08:09", str(raws[id_].provenance.last_updated))


def test_the_filter_is_the_servers_and_the_pages_are_as_large_as_it_allows(service) -> None:
    source = source_of(service, Chemistry(frozenset({"Cu", "Fe"}), frozenset({"O", "As"})))
    count = len(list(source.raw_entries()))
    asked = [entry["query"] for entry in service.log(DATA)]
    assert all("elements+HAS+ANY+%22Cu%22%2C%22Fe%22+AND+elements+HAS+ANY+" in query for query in asked)
    assert [re.search(r"page_limit=(\d+)", query) is None for query in asked[:3]] == [False, False, True]
    assert len(asked) > 4
    assert source.expected_count() == count


def test_a_service_without_has_any_gets_the_longer_filter(service) -> None:
    service.arm("501")
    raws = list(source_of(service).raw_entries())
    assert {raw.id for raw in raws} >= set(library(IRON))
    assert "elements+HAS+%22Fe%22" in service.log(DATA)[1]["query"]


def test_the_index_tells_dates_and_costs_no_structure(service) -> None:
    index = dict(listed(source_of(service)))
    assert all("response_fields=last_modified" in entry["query"] for entry in service.log(DATA))
    raws = list(source_of(service).raw_entries())
    assert index == {raw.id: raw.provenance.last_updated for raw in raws}


def test_entries_come_by_id_even_where_the_service_does_not_filter_by_it(service, monkeypatch) -> None:
    monkeypatch.setattr(module, "IDS_AT_ONCE", 4)
    whole = {raw.id: raw for raw in source_of(service).raw_entries()}
    wanted = sorted(whole)[:6]
    assert {raw.id: raw for raw in source_of(service).raw_entries(wanted)} == {i: whole[i] for i in wanted}
    service.arm("501", "501", "501")
    assert {raw.id: raw for raw in source_of(service).raw_entries(wanted[:3])} == {
        i: whole[i] for i in wanted[:3]
    }
    assert len(service.log(DATA + "/")) == 3
    assert {raw.id: raw for raw in source_of(service).raw_entries(wanted)} == {i: whole[i] for i in wanted}
    with pytest.raises(SourceError, match="1 of 2 entries asked for are not there \\('no\"such'\\)"):
        list(source_of(service).raw_entries([wanted[0], 'no"such']))


@pytest.mark.parametrize(
    "fault", ["429", "429:0", "500", "502", "503", "504", "truncated", "html", "cut", "list"]
)
def test_a_passing_fault_changes_nothing(fault: str, undisturbed, service) -> None:
    service.arm("ok", "ok", "ok", fault, fault)
    assert list(source_of(service).raw_entries()) == undisturbed
    assert service.left() == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("401", "answered with an error: HTTP status 401"),
        ("429", "HTTP status 429"),
        ("429:99999", "asks to wait 99999 s"),
        ("500", "HTTP status 500"),
        ("503", "HTTP status 503"),
        ("truncated", "not complete JSON"),
        ("cut", "the connection broke off"),
        ("404", "answered with an error: HTTP status 404"),
        ("errors", "(Broken no disk)"),
        ("html", "not complete JSON"),
        ("list", "a JSON list"),
        ("loop", "in a circle"),
    ],
)
def test_a_lasting_fault_is_an_error_and_no_empty_answer(fault: str, words: str, service) -> None:
    service.arm(*[fault] * 60)
    with pytest.raises(SourceError, match=re.escape(words)) as error:
        list(source_of(service).raw_entries())
    assert "\n" not in str(error.value)


def test_a_slow_answer_is_asked_for_again_and_a_pause_kept(undisturbed, service) -> None:
    source = source_of(service, patience=dataclasses.replace(QUICK, read_s=0.5))
    service.arm("ok", "ok", "sleep:1.2", "429:1")
    assert list(source.raw_entries()) == undisturbed
    asked = [entry["time"] for entry in service.log(DATA)]
    assert asked[4] - asked[3] >= 1.0


def test_a_service_that_stays_slow_is_one_sentence(service) -> None:
    service.arm(*["sleep:0.5"] * 10)
    source = source_of(service, patience=dataclasses.replace(QUICK, read_s=0.1))
    with pytest.raises(SourceUnreachableError, match=r"no answer within 0\.1 s, \d times"):
        list(source.raw_entries())


@pytest.mark.parametrize("ids", [None, ["cacuo2"], "index"])
def test_a_version_that_changes_meanwhile_is_an_error(ids, service) -> None:
    def read(source):
        return list(listed(source) if ids == "index" else source.raw_entries(ids))

    service.arm("version:1")
    source_of(service).expected_count()
    steady = source_of(service)
    assert read(steady) and steady.version() == "1"
    service.arm("version:1", "ok", "ok", "version:2")
    source_of(service).expected_count()
    with pytest.raises(SourceChangedError, match="changed from version 1 to 2 while it was read"):
        read(source_of(service))


def test_fewer_entries_than_promised_are_an_error(service) -> None:
    service.arm("ok", "ok", "short")
    count = source_of(service).expected_count()
    service.arm("ok", "ok", "short")
    with pytest.raises(
        SourceError, match=rf"gave {int(count or 0) - 1} entries where it had promised {count}"
    ):
        list(source_of(service).raw_entries())


def test_an_entry_that_comes_twice_or_bare_is_a_row_that_fails(service) -> None:
    service.arm("ok", "ok", "twice")
    (again,) = [raw for raw in source_of(service).raw_entries() if raw.kind == "error"]
    assert isinstance(again.payload, DuplicateIdError)
    (by_id,) = source_of(service).raw_entries([again.id])
    assert by_id.id == again.id and isinstance(by_id.payload, DuplicateIdError)
    service.arm("ok", "ok", "bare")
    raws = list(source_of(service).raw_entries())
    failures = [part for raw in raws for part in read_parts(raw, lambda e: True) if hasattr(part, "stage")]
    assert [failure.error_type for failure in failures] == [MissingValueError.__name__]


def test_a_service_that_is_not_there_is_one_sentence() -> None:
    nobody = OptimadeSource("http://127.0.0.1:9", "optimade:http://127.0.0.1:9", IRON, patience=QUICK)
    with pytest.raises(SourceUnreachableError, match="the connection was refused"):
        list(nobody.raw_entries())
    with pytest.raises(SourceUnreachableError, match="the connection was refused"):
        nobody.version()


@pytest.mark.parametrize("place", ["nosuch", "ftp://x", "http://", "https://user:word@host"])
def test_neither_a_name_nor_an_address_is_refused(place: str) -> None:
    with pytest.raises(SourceError, match="base URL of an OPTIMADE service") as error:
        open_source(f"optimade:{place}")
    assert "word" not in str(error.value)


def test_names_stand_for_addresses() -> None:
    for name, database in DATABASES.items():
        assert database.url.startswith("https://") and not database.url.endswith("/")
        assert open_source(f"optimade:{name}").description()["endpoint"] == database.url


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"_mp_stability": {"gga_gga+u": {"energy_above_hull": 0.25}}}, {"e_above_hull_ev": 0.25}),
        (
            {"_mp_stability": {"gga_gga+u_r2scan": {"energy_above_hull": 0.1}, "r2scan": None}},
            {"e_above_hull_ev": 0.1},
        ),
        ({"_oqmd_stability": -0.03}, {"e_above_hull_ev": 0.0}),
        ({"_jarvis_ehull": 0.02, "_jarvis_icsd": "44"}, {"e_above_hull_ev": 0.02, "database_ids": "icsd-44"}),
        ({"_odbx_thermodynamics": {"hull_distance": 0.5}}, {"e_above_hull_ev": 0.5}),
        ({"_odbx_thermodynamics": "none", "_alexandria_hull_distance": float("nan")}, {}),
        (
            {"_cod_cellpressure": 20_000_000.0, "_cod_status": "retracted"},
            {"pressure_gpa": 20.0, "deprecated": True},
        ),
        (
            {"_cod_doi": "10.1/x", "_cod_method": "theoretical"},
            {"citation": "doi:10.1/x", "theoretical": True},
        ),
        ({"last_modified": "2026-01-01T00:00:00Z"}, {"last_updated": "2026-01-01T00:00:00Z"}),
    ],
)
def test_provider_fields_find_their_places(attributes: dict, expected: dict) -> None:
    assert provenance_of(attributes, Provenance()) == Provenance(**expected)


def test_every_row_of_the_table_fills_a_column() -> None:
    assert all(hasattr(Provenance(), row.into) for row in FIELDS)
