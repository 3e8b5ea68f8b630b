"""The OPTIMADE protocol: pages along their links, promises kept, and errors that are errors.

The client is our own, a page long: the one of optimade-python-tools 1.5 holds every page of an answer in
memory, asks forever after a status 429, and gives a service's failure back as an empty list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import requests

from catalog.errors import SourceError, SourceUnreachableError
from catalog.sources.web import Pace, PoliteSession

STRUCTURE_FIELDS = (
    "lattice_vectors", "cartesian_site_positions", "species_at_sites", "species", "assemblies",
    "structure_features", "dimension_types", "nperiodic_dimensions",
)  # fmt: skip
COLUMN_FIELDS = ("chemical_formula_reduced", "elements", "last_modified")

PAGE = 500
"""Entries asked for in one page; a service that gives fewer says so with status 400 or 403."""

SMALL_PAGE = 100
"""Entries asked for in the second attempt."""

LONGEST_DELAY_S = 60.0
"""Longest pause between requests that a service may ask for (`request_delay`)."""

_REFUSED_PAGE = frozenset({400, 403, 422})
_UNKNOWN_FILTER = frozenset({400, 422, 501})

Item = Mapping[str, Any]


class NotUnderstoodError(SourceUnreachableError):
    """The service does not know a filter or a parameter."""


class OptimadeService:
    """One service, asked through a session that retries; `name` stands in messages."""

    def __init__(
        self, name: str, url: str, session: PoliteSession, pace: Pace, page_limit: int | None = None
    ) -> None:
        """Takes the base URL, without a version, and the most entries of a page where that is known."""
        self._name = name
        self._url = url
        self._session = session
        self._pace = pace
        self._page_limit = page_limit or PAGE
        self._info: Item | None = None
        self._properties: frozenset[str] | None = None

    def about(self) -> Item:
        """What the service says of itself at `/info`."""
        if self._info is None:
            answer = self._get("info", {})
            if answer.status_code != 200:
                self._checked(answer)
            self._info = answer.json()
        return self._info

    def properties(self) -> frozenset[str]:
        """Properties that the service lists; those of the specification where it lists none."""
        if self._properties is None:
            answer = self._get("info/structures", {})
            data = answer.json().get("data") if answer.status_code == 200 else None
            listed = data.get("properties") if isinstance(data, Mapping) else None
            names = frozenset(listed) if isinstance(listed, Mapping) else frozenset()
            self._properties = names | set(STRUCTURE_FIELDS) | ({*COLUMN_FIELDS} if not names else set())
            self._properties |= {"chemical_formula_reduced", "elements"}
        return self._properties

    def entries(self, fields: Sequence[str], filters: Sequence[str]) -> Iterator[Item]:
        """All entries of a filter, counted against what the service promised.

        Raises:
            NotUnderstoodError: no form of the filter is understood.
            SourceError: the service fails, or gives fewer entries than it promised.
        """
        received, promised = 0, None
        for page in self.pages(fields, filters):
            promised = count_of(page) if promised is None else promised
            data = page["data"]
            received += len(data)
            yield from data
        if promised is not None and received < promised:
            raise SourceError(
                f"{self._name!r} gave {received} entries where it had promised {promised}; "
                "nothing was stored, run again"
            )

    def entry(self, id_: str, fields: Sequence[str]) -> Item | None:
        """One entry by its id; None where the service has none."""
        answer = self._get(f"structures/{quote(id_, safe='')}", {"response_fields": ",".join(fields)})
        data = answer.json().get("data") if answer.status_code == 200 else None
        return data if isinstance(data, Mapping) else None

    def forget(self) -> None:
        """Asks anew, the next time, what the service says of itself."""
        self._info = None

    @property
    def has_been_asked(self) -> bool:
        """Whether the service has already been asked about itself."""
        return self._info is not None

    def pages(
        self, fields: Sequence[str], filters: Sequence[str], page_limit: int | None = None
    ) -> Iterator[Item]:
        """One answer after the other, along the links that the service gives.

        Args:
            fields: properties to ask for.
            filters: the same question in several forms; the first that the service understands counts.
            page_limit: entries of one page, instead of as many as the service gives.
        """
        answer = self._first_page(fields, filters, page_limit)
        seen: set[str] = set()
        while True:
            page = self._checked(answer)
            yield page
            link = self._next_link(page, answer.url)
            if link is None:
                return
            if link in seen:
                raise SourceError(f"{self._name!r} leads from page to page in a circle ({link[:200]})")
            seen.add(link)
            delay = page.get("meta", {}).get("request_delay")
            if isinstance(delay, (int, float)) and delay > 0:
                self._pace.wait(min(float(delay), LONGEST_DELAY_S))
            answer = self._session.get(link)

    def _first_page(
        self, fields: Sequence[str], filters: Sequence[str], page_limit: int | None
    ) -> requests.Response:
        limits: list[int | None] = [page_limit or self._page_limit]
        if page_limit is None:
            limits += [SMALL_PAGE, None] if self._page_limit > SMALL_PAGE else [None]
        answer = None
        for limit in limits:
            for one in filters:
                asked = {"filter": one, "response_fields": ",".join(fields), "page_limit": limit}
                answer = self._get("structures", {name: value for name, value in asked.items() if value})
                if answer.status_code == 200:
                    if page_limit is None and limit is not None:
                        self._page_limit = limit
                    return answer
                if answer.status_code not in _UNKNOWN_FILTER:
                    break
            if answer is not None and answer.status_code not in _REFUSED_PAGE | _UNKNOWN_FILTER:
                break
        assert answer is not None
        return answer

    def _checked(self, answer: requests.Response) -> Item:
        """The page of an answer; whatever is no page becomes an error."""
        try:
            page = answer.json()
        except ValueError:
            page = {}
        page = page if isinstance(page, Mapping) else {}
        errors = page.get("errors")
        if answer.status_code != 200 or errors:
            kind = NotUnderstoodError if answer.status_code in _UNKNOWN_FILTER else SourceUnreachableError
            raise kind(
                f"{self._name!r} answered with an error: HTTP status {answer.status_code}{_words(errors)}; "
                "check the address and the service, then run again"
            )
        data, meta = page.get("data"), page.get("meta", {})
        if not isinstance(data, list) or not isinstance(meta, Mapping) or not all(map(_is_item, data)):
            raise SourceError(
                f"{self._name!r} answered without a list of entries; "
                f"expected an OPTIMADE service at {self._url}"
            )
        return page

    def _next_link(self, page: Item, here: str) -> str | None:
        links = page.get("links")
        link = links.get("next") if isinstance(links, Mapping) else None
        if isinstance(link, Mapping):
            link = link.get("href")
        if not link:
            if page.get("meta", {}).get("more_data_available") is True:
                raise SourceError(f"{self._name!r} says that there are more entries, but not where")
            return None
        full = urljoin(here, str(link))
        if urlsplit(full).scheme not in ("http", "https"):
            raise SourceError(f"{self._name!r} leads to {full[:200]!r}, which is no web address")
        return full

    def _get(self, path: str, asked: Mapping[str, Any]) -> requests.Response:
        return self._session.get(f"{self._url}/v1/{path}", params=dict(asked))


def attributes_of(entry: Item) -> Item:
    """The attributes of an entry; empty where it has none."""
    attributes = entry.get("attributes")
    return attributes if isinstance(attributes, Mapping) else {}


def count_of(page: Item) -> int | None:
    """Number of entries that match the filter, where the service tells."""
    count = page.get("meta", {}).get("data_returned")
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None


def quoted(text: str) -> str:
    """The text as it stands between the quotation marks of a filter."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _is_item(value: object) -> bool:
    return isinstance(value, Mapping)


def _words(errors: object) -> str:
    """The service's own words about its errors, on one line."""
    if not isinstance(errors, list):
        return ""
    words = [
        " ".join(str(error.get(part)) for part in ("title", "detail") if error.get(part))
        if isinstance(error, Mapping) else str(error)
        for error in errors
    ]  # fmt: skip
    return f" ({' '.join('; '.join(words).split())[:300]})"
