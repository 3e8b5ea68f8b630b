import dataclasses
import logging
import pickle
import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from catalog.errors import (
    DuplicateIdError,
    MissingValueError,
    SourceChangedError,
    SourceError,
    SourceRefusedError,
    SourceUnreachableError,
)
from catalog.readers.reading import read
from catalog.sources import Chemistry, RawEntry, open_source
from catalog.sources.licences import is_noncommercial
from catalog.sources.materials_project import client as module
from catalog.sources.materials_project.queries import ELEMENTS_CHARACTERS, queries
from catalog.sources.materials_project.source import MaterialsProjectSource
from catalog.sources.web import Pace
from tests.catalog.listed import listed
from tests.catalog.services.conftest import QUICK, Service
from tests.catalog.services.library import ordered_structures

KEY, KEY_WITH_TERMS, WRONG = "k" * 32, "n" * 32, "w" * 32
CUPRATES = Chemistry(frozenset({"Cu"}), frozenset({"O"}))
ALL = Chemistry(frozenset({"Cu", "Fe", "Ni"}), frozenset("As Cl F H N O P S Sb Se Te".split()))
DATA = "/materials/summary"


def source_of(service: Service, chemistry: Chemistry | None = CUPRATES, key: str = KEY, **more):
    fast = {"patience": QUICK, "pace": Pace(10_000), **more}
    return MaterialsProjectSource(chemistry, SecretStr(key), service.url, **fast)


@pytest.fixture
def service(mp_service: Service) -> Service:
    mp_service.arm()
    return mp_service


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 30)


@pytest.fixture(scope="module")
def undisturbed(mp_service: Service) -> list[RawEntry]:
    """What a pull gives when nothing goes wrong."""
    return list(source_of(mp_service).raw_entries())


def library(chemistry: Chemistry) -> dict[str, object]:
    """What the server was fed with, by id."""
    return {
        f"mp-{number}": structure
        for number, structure in enumerate(ordered_structures(), start=1)
        if chemistry.holds({element.symbol for element in structure.composition.elements})
    }


def test_every_document_of_the_chemistry_comes_once_with_its_structure(service, small_pages) -> None:
    raws = list(source_of(service, ALL).raw_entries())
    expected = library(ALL)
    found = {raw.id: raw for raw in raws}
    assert len(found) == len(raws) == len(expected) + 1 + 40  # the deprecated one and the extra ones
    for id_, structure in expected.items():
        [entry] = read(found[id_], lambda elements: True)
        assert entry.structure is not None and len(entry.structure) == len(structure)
        # The service rounds nothing: positions come back to the last digits that JSON keeps.
        assert entry.structure.lattice.matrix.tolist() == structure.lattice.matrix.tolist()
        assert [site.specie.symbol for site in entry.structure] == [site.specie.symbol for site in structure]
        assert abs(entry.structure.frac_coords - structure.frac_coords).max() == 0


def test_what_the_project_knows_is_kept(service) -> None:
    source = source_of(service)
    raws = {raw.id: raw for raw in source.raw_entries()}
    id_, raw = next((id_, raw) for id_, raw in raws.items() if int(id_[3:]) % 2 and int(id_[3:]) < 9000)
    number = int(id_[3:])
    known = raw.provenance
    assert known.e_above_hull_ev == pytest.approx(0.01 * number)
    assert known.theoretical is False and known.deprecated is False
    assert known.database_ids == f"SD42, icsd-{number}"
    assert known.magnetic_ordering == ("NM", "AFM", "FM")[number % 3]
    assert known.database_version == "2026.10.01" == source.description()["version"]
    assert re.match(r"2026-\d\d-\d\dT", str(known.last_updated))
    assert known.licence == "CC BY 4.0" and not is_noncommercial(known.licence)
    assert raws["mp-9001"].provenance.deprecated is True
    assert raws["mp-9001"].provenance.note == "deprecated: M001"
    assert pickle.loads(pickle.dumps(raw)) == raw


def test_gnome_rows_are_labelled_for_who_may_see_them(service) -> None:
    assert "mp-9002" not in {raw.id for raw in source_of(service).raw_entries()}
    raws = {raw.id: raw for raw in source_of(service, key=KEY_WITH_TERMS).raw_entries()}
    assert raws["mp-9002"].provenance.licence == "CC BY-NC 4.0"
    assert is_noncommercial(raws["mp-9002"].provenance.licence)


def test_the_filter_is_the_servers(service) -> None:
    list(source_of(service, Chemistry(frozenset({"Cu", "Fe"}), frozenset({"As", "O"}))).raw_entries())
    asked = [entry["query"] for entry in service.log(DATA)]
    assert any("elements=Fe%2CO" in query and "exclude_elements=Cu%2CAs" in query for query in asked)
    assert all("elements=" in query for query in asked)
    assert all(entry["key"] == KEY for entry in service.log(DATA))


def test_queries_share_no_document_and_lose_none() -> None:
    compounds = [{"Cu", "O"}, {"Cu", "As", "O"}, {"Fe", "Cu", "Se"}, {"Fe", "O", "F"}, {"Ni", "Cu"}, {"O"}]
    for compound in compounds:
        document = {"elements": sorted(compound)}
        hits = [
            query
            for query in queries(ALL)
            if not query.deprecated and set(query.elements) <= compound and query.holds(document)
        ]
        assert len(hits) == ALL.holds(compound)
    for query in queries(
        Chemistry(frozenset({"Cu", "Fe", "Ni"}), ALL.ligands | set("BCI") | {"Br", "Ge", "Si"})
    ):
        assert len(",".join(query.criteria().get("exclude_elements", ()))) <= ELEMENTS_CHARACTERS


def test_without_a_chemistry_everything_comes(service, small_pages) -> None:
    ids = [raw.id for raw in source_of(service, None).raw_entries()]
    assert len(ids) == len(set(ids)) == len(ordered_structures()) + 41


def test_the_index_tells_dates_and_costs_no_structure(service) -> None:
    source = source_of(service)
    index = dict(listed(source))
    assert all("structure" not in entry["query"] for entry in service.log(DATA))
    raws = {raw.id: raw for raw in source.raw_entries()}
    assert index == {id_: raw.provenance.last_updated for id_, raw in raws.items()}
    assert source.expected_count() == len(raws)


def test_entries_come_by_id_deprecated_ones_too(service, monkeypatch) -> None:
    monkeypatch.setattr(module, "IDS_AT_ONCE", 7)
    wanted = [f"mp-{20_000 + number}" for number in range(16)] + ["mp-9001"]
    source = source_of(service)
    whole = {raw.id: raw for raw in source.raw_entries()}
    raws = list(source.raw_entries(wanted))
    assert sorted(raw.id for raw in raws) == sorted(wanted)
    assert all(raw == whole[raw.id] for raw in raws)
    assert list(source.raw_entries([])) == []
    with pytest.raises(SourceError, match=r"no document of 1 ids asked for \(mp-777777\)"):
        list(source.raw_entries(["mp-20000", "mp-777777"]))


@pytest.mark.parametrize(
    "fault", ["429", "429:0", "500", "502", "503", "504", "truncated", "html", "cut", "list"]
)
def test_a_passing_fault_changes_nothing(fault: str, undisturbed, service, small_pages) -> None:
    service.arm("ok", "ok", fault, "ok", fault, fault)
    assert list(source_of(service).raw_entries()) == undisturbed
    assert service.left() == []


def test_a_slow_answer_is_asked_for_again(undisturbed, service) -> None:
    source = source_of(service, patience=dataclasses.replace(QUICK, read_s=0.5))
    service.arm("ok", "ok", "sleep:1.2")
    assert list(source.raw_entries()) == undisturbed


def test_a_service_that_stays_slow_is_one_sentence(service) -> None:
    source = source_of(service, patience=dataclasses.replace(QUICK, read_s=0.1))
    service.arm("ok", *["sleep:0.5"] * 10)
    with pytest.raises(SourceUnreachableError, match=r"no answer within 0\.1 s, 4 times"):
        list(source.raw_entries())


def test_a_key_that_is_refused_in_the_middle_is_told(service, small_pages) -> None:
    service.arm("ok", "ok", "ok", "401")
    with pytest.raises(SourceRefusedError, match="the key was refused"):
        list(source_of(service).raw_entries())
    assert service.left() == []


def test_a_pause_that_the_service_asks_for_is_kept(service) -> None:
    service.arm("429:1")
    list(source_of(service).raw_entries())
    first, second = service.log(DATA)[:2]
    assert first["query"] == second["query"] and second["time"] - first["time"] >= 1.0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("429", "HTTP status 429"),
        ("429:99999", "asks to wait 99999 s"),
        ("500", "HTTP status 500"),
        ("503", "HTTP status 503"),
        ("truncated", "not complete JSON"),
        ("html", "it begins with '<html><body>Sign in"),
        ("cut", "the connection broke off"),
        ("list", "a JSON list, not an object"),
    ],
)
def test_a_lasting_fault_is_one_sentence(fault: str, words: str, service) -> None:
    service.arm("ok", "ok", *[fault] * 10)
    with pytest.raises(SourceUnreachableError, match=re.escape(words)) as error:
        list(source_of(service).raw_entries())
    assert "\n" not in str(error.value) and len(str(error.value)) < 300
    assert service.url.split("/")[2] in str(error.value)


def test_a_page_shorter_than_promised_is_an_error(service, small_pages) -> None:
    service.arm("ok", "ok", "ok", "short")
    with pytest.raises(SourceError, match=r"gave \d+ documents where it had promised") as error:
        list(source_of(service).raw_entries())
    given, promised = map(int, re.findall(r"(\d+) (?:documents|\()", str(error.value))[:2])
    assert given == promised - 1


def test_a_version_that_changes_meanwhile_is_an_error(service, small_pages) -> None:
    service.arm("ok", "ok", "ok", "version:2026.11.05")
    try:
        with pytest.raises(SourceChangedError, match=r"changed from version 2026\.10\.01 to 2026\.11\.05"):
            list(source_of(service).raw_entries())
        assert source_of(service).version() == "2026.11.05"
    finally:
        service.arm("version:2026.10.01")
        with pytest.raises(SourceChangedError):
            listed(source_of(service))
    assert source_of(service).version() == "2026.10.01"


def test_a_second_document_of_one_id_is_a_row_that_fails(service) -> None:
    service.arm("ok", "ok", "twice")
    raws = list(source_of(service).raw_entries())
    (again,) = [raw for raw in raws if raw.kind == "error"]
    assert isinstance(again.payload, DuplicateIdError) and again.id.endswith("#2")
    assert len({raw.id for raw in raws}) == len(raws)
    (by_id,) = source_of(service).raw_entries([again.id])
    assert by_id.id == again.id and isinstance(by_id.payload, DuplicateIdError)


def test_a_document_without_structure_is_a_row_that_fails(service) -> None:
    service.arm("ok", "ok", "bare")
    raws = list(source_of(service).raw_entries())
    (bare,) = [raw for raw in raws if raw.kind == "error"]
    assert isinstance(bare.payload, MissingValueError) and bare.elements and bare.provenance.last_updated


def test_a_wrong_key_is_told_in_one_sentence(service) -> None:
    with pytest.raises(
        SourceRefusedError, match=r"the key was refused; put your own, from .*, in MP_API_KEY"
    ) as error:
        list(source_of(service, key=WRONG).raw_entries())
    assert WRONG not in str(error.value)
    assert source_of(service, key=WRONG).version() == "2026.10.01"


@pytest.mark.parametrize(("key", "words"), [("", "there is no key"), ("short", "has 5 characters")])
def test_a_missing_or_impossible_key_is_told_before_anything_is_asked(
    key: str, words: str, monkeypatch
) -> None:
    monkeypatch.setenv("MP_API_KEY", key)
    with pytest.raises(SourceRefusedError, match=words):
        open_source("materials-project")
    monkeypatch.delenv("MP_API_KEY")
    with pytest.raises(SourceRefusedError, match="there is no key"):
        open_source("materials-project")


def test_key_and_address_come_from_the_environment(service, monkeypatch) -> None:
    monkeypatch.setenv("MP_API_KEY", KEY)
    monkeypatch.setenv("MP_API_ENDPOINT", service.url.rstrip("/"))
    source = open_source("materials-project", CUPRATES)
    assert source.name == "materials-project" and source.version() == "2026.10.01"


def test_without_a_network_there_is_one_sentence() -> None:
    nobody = MaterialsProjectSource(CUPRATES, SecretStr(KEY), "http://127.0.0.1:9/", patience=QUICK)
    with pytest.raises(SourceUnreachableError, match=r"127\.0\.0\.1:9: the connection was refused, 2 times"):
        nobody.version()
    nowhere = MaterialsProjectSource(CUPRATES, SecretStr(KEY), "http://nowhere.invalid/", patience=QUICK)
    with pytest.raises(SourceUnreachableError, match=r"nowhere\.invalid: its name cannot be resolved"):
        list(nowhere.raw_entries())


def test_another_kind_of_service_is_refused(service) -> None:
    elsewhere = MaterialsProjectSource(CUPRATES, SecretStr(KEY), service.url + "elsewhere/", patience=QUICK)
    with pytest.raises(SourceError, match="tells no database version"):
        elsewhere.version()
    for address in ("ftp://x/", "nonsense", "https://user:word@x/"):
        with pytest.raises(SourceError, match="MP_API_ENDPOINT is no address") as error:
            MaterialsProjectSource(CUPRATES, SecretStr(KEY), address)
        assert "word" not in str(error.value)


def test_the_key_is_nowhere_to_be_seen(service, caplog, capfd, tmp_path: Path) -> None:
    caplog.set_level(logging.DEBUG)
    source = source_of(service)
    raws = list(source.raw_entries())
    service.arm(*["500"] * 9)
    with pytest.raises(SourceError) as error:
        list(source.raw_entries())
    shown = [repr(source), str(source.description()), repr(error.value), str(error.value), caplog.text]
    shown += [repr(raw) for raw in raws[:5]] + list(capfd.readouterr())
    assert not any(KEY in text for text in shown)
    assert KEY.encode() not in pickle.dumps(raws)
