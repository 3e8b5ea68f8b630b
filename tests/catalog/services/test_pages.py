"""Pages as services of the field give them: links that lose their fields, deep pages refused, other hosts."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from catalog.errors import NotGivenError, SourceError
from catalog.sources import open_source
from catalog.sources.optimade import client
from catalog.sources.optimade.source import OptimadeSource
from catalog.sources.web import Pace
from tests.catalog.listed import listed
from tests.catalog.services.conftest import QUICK

IDS = ["b", "d", "a", "c", "f", "e", "g"]
"""In an order that is not that of the ids."""

Asked = dict[str, str]
Page = tuple[int, dict]


def attributes(id_: str) -> dict:
    return {"chemical_formula_reduced": f"Cu{ord(id_)}", "species_at_sites": ["Cu"], "lattice_vectors": [[1]]}


class Pages:
    """A service with two entries a page; `quirk` may change an answer, told what was asked."""

    def __init__(self, quirk: Callable[["Pages", Asked, dict], Page | None]) -> None:
        self.quirk, self.asked = quirk, list[Asked]()
        self.url = ""

    def answer(self, path: str, asked: Asked) -> Page:
        if not path.endswith("/structures") or "info" in path:
            return 200, {"data": {"properties": {}}, "meta": {}}
        self.asked.append(asked)
        ids = sorted(IDS) if asked.get("sort") == "id" else IDS
        _, _, last = asked.get("filter", "").partition('id > "')
        ids = [id_ for id_ in ids if id_ > last.partition('"')[0]]
        start = int(asked.get("page_offset", 0))
        fields = asked.get("response_fields", "").split(",")
        rows = [
            {
                "id": id_,
                "attributes": {name: value for name, value in attributes(id_).items() if name in fields},
            }
            for id_ in ids[start : start + 2]
        ]
        kept = "&".join(f"{name}={value}" for name, value in asked.items() if name != "page_offset")
        more = f"/v1/structures?{kept}&page_offset={start + 2}" if start + 2 < len(ids) else None
        page = {"data": rows, "links": {"next": more}, "meta": {"data_returned": len(ids)}}
        return self.quirk(self, asked, page) or (200, page)


@pytest.fixture
def serve() -> Iterator[Callable[..., tuple[Pages, OptimadeSource]]]:
    servers: list[HTTPServer] = []

    def start(quirk: Callable[[Pages, Asked, dict], Page | None]) -> tuple[Pages, OptimadeSource]:
        pages = Pages(quirk)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                asked = {name: value[0] for name, value in parse_qs(parts.query).items()}
                status, page = pages.answer(parts.path, asked)
                body = json.dumps(page).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        pages.url = f"http://127.0.0.1:{server.server_port}"
        return pages, OptimadeSource(pages.url, "optimade:x", None, QUICK, Pace(1e6))

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def loses_fields(pages: Pages, asked: Asked, page: dict) -> None:
    if page["links"]["next"]:
        page["links"]["next"] = (
            f"{pages.url}/v1/structures?page_offset={int(asked.get('page_offset', 0)) + 2}"
        )


def takes_links_as_they_are(pages: Pages, asked: Asked, page: dict) -> Page | None:
    if "cursor" in asked and len(asked) > 1:
        return 400, {"errors": [{"detail": "cursor is enough"}]}
    start = int(asked.get("cursor", 0))
    data = [{"id": id_, "attributes": attributes(id_)} for id_ in IDS[start : start + 2]]
    more = f"/v1/structures?cursor={start + 2}" if start + 2 < len(IDS) else None
    return 200, {"data": data, "links": {"next": {"href": more}}, "meta": {"data_returned": len(IDS)}}


@pytest.mark.parametrize("quirk", [loses_fields, takes_links_as_they_are])
def test_a_link_that_lost_the_fields_gets_them_back(serve, quirk) -> None:
    _, source = serve(quirk)
    raws = list(source.raw_entries())
    assert [raw.id for raw in raws] == IDS
    assert [raw.formula for raw in raws] == [f"Cu{ord(id_)}" for id_ in IDS]
    assert all(raw.payload for raw in raws)


def refuses_deep_pages(pages: Pages, asked: Asked, page: dict) -> Page | None:
    deep = int(asked.get("page_offset", 0)) > 2
    return (400, {"errors": [{"detail": "window too large"}]}) if deep else None


def knows_no_order(pages: Pages, asked: Asked, page: dict) -> Page | None:
    unknown = "sort" in asked or "id >" in asked.get("filter", "")
    return (501, {"errors": [{"detail": "no sort"}]}) if unknown else refuses_deep_pages(pages, asked, page)


def heeds_no_filter(pages: Pages, asked: Asked, page: dict) -> Page | None:
    if asked.pop("filter", None) or asked.pop("sort", None):
        return pages.answer("/v1/structures", asked)
    return refuses_deep_pages(pages, asked, page)


def test_where_deep_pages_are_refused_the_rest_comes_by_id(serve) -> None:
    pages, source = serve(refuses_deep_pages)
    raws = list(source.raw_entries())
    assert [raw.id for raw in raws[:4]] == IDS[:4] and sorted(raw.id for raw in raws) == sorted(IDS)
    assert {raw.kind for raw in raws} == {"optimade"}
    assert pages.asked[-2]["filter"] == '(id > "f")' and pages.asked[-1]["sort"] == "id"
    assert {id_ for id_, _ in listed(source)} == set(IDS)


@pytest.mark.parametrize("quirk", [knows_no_order, heeds_no_filter])
def test_where_nothing_helps_the_first_pages_stay_and_a_row_says_what_is_missing(serve, quirk) -> None:
    _, source = serve(quirk)
    raws = list(source.raw_entries())
    assert [raw.id for raw in raws] == [*IDS[:4], "(entries after 4)"]
    assert isinstance(raws[-1].payload, NotGivenError)
    assert (
        "gives 4 of 7 entries and refuses the rest, also by id (HTTP status 400 (window too large))"
        in str(raws[-1].payload)
    )
    assert [id_ for id_, _ in listed(source)] == [raw.id for raw in raws]
    assert [raw.kind for raw in source.raw_entries(["(entries after 4)"])] == ["error"]


def test_a_link_to_another_place_is_one_sentence_unless_it_is_trusted(serve) -> None:
    there, _ = serve(lambda pages, asked, page: None)
    other = there.url.replace("127.0.0.1", "localhost")

    def leads_away(pages: Pages, asked: Asked, page: dict) -> None:
        page["links"]["next"] = f"{other}/v1/structures?page_offset=2"

    here, source = serve(leads_away)
    with pytest.raises(SourceError, match=rf"link to its next page, but it leads to another place, {other};"):
        list(source.raw_entries())
    assert not there.asked
    trusting = OptimadeSource(here.url, "optimade:x", None, QUICK, Pace(1e6), trusted=[other])
    assert [raw.id for raw in trusting.raw_entries()] == IDS and there.asked


@pytest.mark.parametrize(
    ("name", "bound", "words"),
    [
        ("MOST_PAGES", 3, "more than 3 pages, the limit"),
        ("MOST_IDLE_PAGES", 2, "page after page without a new"),
    ],
)
def test_endless_pages_have_an_end(serve, monkeypatch, name: str, bound: int, words: str) -> None:
    monkeypatch.setattr(client, name, bound)
    number = iter(range(1000))

    def goes_on(pages: Pages, asked: Asked, page: dict) -> None:
        page["links"]["next"] = f"/v1/structures?page_number={next(number)}"
        page["meta"] = {}

    _, source = serve(goes_on)
    with pytest.raises(SourceError, match=words):
        list(source.raw_entries())


def test_more_entries_than_are_counted_have_an_end(serve, monkeypatch) -> None:
    monkeypatch.setattr(client, "PAGE", 0)
    number = iter(range(1000))

    def goes_on(pages: Pages, asked: Asked, page: dict) -> None:
        at = next(number)
        page["data"] = [{"id": f"{at}", "attributes": {}}, {"id": f"{at}b", "attributes": {}}]
        page |= {"links": {"next": f"/v1/structures?page_number={at}"}, "meta": {"data_returned": 3}}

    _, source = serve(goes_on)
    with pytest.raises(SourceError, match="gave 8 entries where it counts 3"):
        list(source.raw_entries())


def test_what_is_no_address_cannot_be_trusted() -> None:
    with pytest.raises(SourceError, match=r"cannot trust 'evil\.org'"):
        open_source("optimade:cod", trusted=("evil.org",))
