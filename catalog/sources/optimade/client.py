"""The OPTIMADE protocol: pages along their links, promises kept, and errors that are errors.

The client is our own, a page long: the one of optimade-python-tools 1.5 holds every page of an answer in
memory, asks forever after a status 429, and gives a service's failure back as an empty list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

import requests

from catalog.errors import NotGivenError, SourceChangedError, SourceError, SourceUnreachableError
from catalog.sources.web import Pace, PoliteSession, within

STRUCTURE_FIELDS = (
    "lattice_vectors", "cartesian_site_positions", "species_at_sites", "species", "assemblies",
    "structure_features", "dimension_types", "nperiodic_dimensions",
)  # fmt: skip
SPAN_FIELDS = (
    "fractional_site_positions", "site_coordinate_span", "space_group_symmetry_operations_xyz",
)  # fmt: skip
"""Fields of specification 1.3 that some structures cannot do without; asked for where they are listed."""

COLUMN_FIELDS = ("chemical_formula_reduced", "elements", "last_modified")

PAGE = 500
"""Entries asked for in one page; a service that gives fewer says so with status 400 or 403."""

SMALL_PAGE = 100
"""Entries asked for in the second attempt."""

LONGEST_DELAY_S = 60.0
"""Longest pause between requests that a service may ask for (`request_delay`)."""

MOST_PAGES = 100_000
"""Pages of one answer."""

MOST_IDLE_PAGES = 10
"""Pages in a row that bring no new entry."""

_REFUSED_PAGE = frozenset({400, 403, 422})
_REFUSED_LATER = frozenset({400, 403, 404, 413, 414, 416, 422, 501})
"""Statuses with which a service refuses a page that is too deep, or parameters that its link did not have."""

_UNKNOWN_FILTER = frozenset({400, 422, 501})

Item = Mapping[str, Any]


class NotUnderstoodError(SourceUnreachableError):
    """The service does not know a filter or a parameter."""


class DeepPageError(SourceUnreachableError):
    """The service gives the first pages and refuses a later one."""


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

        Where a service refuses its later pages, the rest comes by id; an item that fails stands for what it
        does not give even so.

        Raises:
            NotUnderstoodError: no form of the filter is understood.
            SourceError: the service fails, gives fewer entries than it promised, or does not end.
        """
        seen: set[str] = set()
        received, promised, idle = 0, None, 0
        try:
            for page in self.pages(fields, filters):
                data = page["data"]
                received += len(data)
                promised = count_of(page) if promised is None else promised
                # Some count the entries of the page; whoever counts all of them does not give many more.
                if promised is not None and len(data) < promised < (received - PAGE) / 2:
                    raise SourceError(
                        f"{self._name!r} gave {received} entries where it counts {promised}; run again later"
                    )
                idle = 0 if not seen.issuperset(map(_id, data)) else idle + 1
                if idle > MOST_IDLE_PAGES:
                    raise SourceError(
                        f"{self._name!r} gives page after page without a new entry; run again later"
                    )
                seen.update(map(_id, data))
                yield from data
        except DeepPageError as refusal:
            for page in self._pages_by_id(fields, filters):
                fresh = [entry for entry in page["data"] if _id(entry) not in seen]
                seen.update(map(_id, fresh))
                received += len(fresh)
                yield from fresh
            if promised is None or received < promised:
                yield not_given(received, promised, str(refusal))
        else:
            if promised is not None and received < promised:
                raise SourceChangedError(
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
        answer, asked = self._first_page(fields, filters, page_limit)
        seen: set[str] = set()
        for number in range(MOST_PAGES):
            if number and answer.status_code in _REFUSED_LATER:
                raise DeepPageError(_refusal(answer))
            page = self._checked(answer)
            yield page
            link = self._next_link(page, answer.url)
            if link is None:
                return
            if link in seen:
                raise SourceError(f"{self._name!r} leads from page to page in a circle ({link[:200]})")
            seen.add(link)
            self._pause(page)
            whole = _with_parameters(link, asked)
            answer = self._session.get(whole)
            if whole != link and answer.status_code in _REFUSED_LATER:
                answer = self._session.get(link)
        raise SourceError(f"{self._name!r} gives more than {MOST_PAGES} pages, the limit for one question")

    def _pages_by_id(self, fields: Sequence[str], filters: Sequence[str]) -> Iterator[Item]:
        """First pages only, each of the entries behind the last one of the page before, in the order of ids.

        It ends where the service is at its end, does not understand the question, or gives the same again.
        """
        seen: set[str] = set()
        more = ""
        for _ in range(MOST_PAGES):
            sorted_by = {"sort": "id"}
            answer, _ = self._first_page(fields, [_joined(one, more) for one in filters], None, sorted_by)
            if answer.status_code != 200:
                return
            page = self._checked(answer)
            ids = [_id(entry) for entry in page["data"]]
            if seen.issuperset(ids):
                return
            yield page
            seen.update(ids)
            self._pause(page)
            more = f'id > "{quoted(ids[-1])}"'

    def _pause(self, page: Item) -> None:
        """Waits as long as the service asks for."""
        delay = page.get("meta", {}).get("request_delay")
        if isinstance(delay, (int, float)) and delay > 0:
            self._pace.wait(min(float(delay), LONGEST_DELAY_S))

    def _first_page(
        self,
        fields: Sequence[str],
        filters: Sequence[str],
        page_limit: int | None,
        more: Mapping[str, str] | None = None,
    ) -> tuple[requests.Response, dict[str, Any]]:
        """The first answer of status 200, or else the last one, and the parameters that it was asked with."""
        limits: list[int | None] = [page_limit or self._page_limit]
        if page_limit is None:
            limits += [SMALL_PAGE, None] if self._page_limit > SMALL_PAGE else [None]
        answer, asked = None, dict[str, Any]()
        for limit in limits:
            for one in filters:
                given = {
                    "filter": one,
                    "response_fields": ",".join(fields),
                    "page_limit": limit,
                    **(more or {}),
                }
                asked = {name: value for name, value in given.items() if value}
                answer = self._get("structures", asked)
                if answer.status_code == 200:
                    if page_limit is None and limit is not None:
                        self._page_limit = limit
                    return answer, asked
                if answer.status_code not in _UNKNOWN_FILTER:
                    break
            if answer is not None and answer.status_code not in _REFUSED_PAGE | _UNKNOWN_FILTER:
                break
        assert answer is not None
        return answer, asked

    def _checked(self, answer: requests.Response) -> Item:
        """The page of an answer; whatever is no page becomes an error."""
        page = _page_of(answer)
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
        try:
            return within(urljoin(here, str(link)), self._url, self._session.trusted)
        except ValueError as error:
            raise SourceError(f"{self._name!r} has a link to its next page, but {error}") from error

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


def not_given(received: int, promised: int | None, why: str) -> Item:
    """An item in place of the entries that a service refuses to give, which fails."""
    of = "" if promised is None else f" of {promised}"
    return {
        "id": f"(entries after {received})",
        "error": NotGivenError(
            f"the service gives {received}{of} entries and refuses the rest, also by id ({why})"
        ),
    }


def quoted(text: str) -> str:
    """The text as it stands between the quotation marks of a filter."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _is_item(value: object) -> bool:
    return isinstance(value, Mapping)


def _id(entry: Item) -> str:
    return str(entry.get("id"))


def _joined(*conditions: str) -> str:
    return " AND ".join(f"({one})" for one in conditions if one)


def _with_parameters(link: str, asked: Mapping[str, Any]) -> str:
    """The link with the filter and the fields that were asked for, where it has lost them."""
    parts = urlsplit(link)
    named = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    lost = {
        name: asked[name] for name in ("filter", "response_fields") if name in asked and name not in named
    }
    whole = "&".join(filter(None, (parts.query, urlencode(lost))))
    return parts._replace(query=whole).geturl() if lost else link


def _page_of(answer: requests.Response) -> Item:
    """The mapping that an answer holds; an empty one where it holds something else."""
    try:
        page = answer.json()
    except (ValueError, RecursionError):
        return {}
    return page if isinstance(page, Mapping) else {}


def _refusal(answer: requests.Response) -> str:
    """A refusal in the service's own words."""
    return f"HTTP status {answer.status_code}{_words(_page_of(answer).get('errors'))}"


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
