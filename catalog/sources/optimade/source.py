"""Any database that speaks OPTIMADE (https://www.optimade.org), specification 1.0 to 1.3."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from urllib.parse import urlsplit

from catalog.errors import DuplicateIdError, ReadError, SourceChangedError, SourceError
from catalog.sources.base import Asked, Chemistry, RawEntry, Source, Stamp, UniqueIds, all_found, in_batches
from catalog.sources.optimade.client import (
    COLUMN_FIELDS,
    SPAN_FIELDS,
    STRUCTURE_FIELDS,
    Item,
    NotUnderstoodError,
    OptimadeService,
    attributes_of,
    count_of,
    quoted,
)
from catalog.sources.optimade.providers import DATABASES, Database, provenance_of, provider_properties
from catalog.sources.rows import FileRow, row_or_error
from catalog.sources.values import symbols, text
from catalog.sources.web import PATIENCE, Pace, Patience, PoliteSession
from polywell.records import Provenance

IDS_AT_ONCE = 40
"""Ids of one filter, which travels in the address."""

REQUESTS_PER_S = 2.0
_MADE_UP = re.compile(r"#\d+$|^\((?:entry|entries after) \d+\)$")
"""Ids that are given here and not by the service."""


def opened(asked: Asked) -> Source:
    """The database or address that is asked for."""
    return OptimadeSource(asked.place, asked.name, asked.chemistry, trusted=asked.trusted)


class OptimadeSource:
    """Entries of one database, filtered by chemistry on its server, page by page."""

    def __init__(
        self,
        place: str,
        name: str,
        chemistry: Chemistry | None = None,
        patience: Patience = PATIENCE,
        pace: Pace | None = None,
        trusted: Collection[str] = (),
    ) -> None:
        """Finds the address; nothing is asked yet.

        Args:
            place: name of a database (see `DATABASES`) or its base URL.
            name: the spec as the user gave it.
            chemistry: what to filter by on the server; None asks for everything.
            patience: how long to wait for the service.
            pace: limit of the request rate.
            trusted: other addresses that the service may lead to.

        Raises:
            SourceError: neither a known name nor an address.
        """
        self.name = name
        self._database = _database(place, name)
        self._chemistry = chemistry
        pace = pace or Pace(REQUESTS_PER_S)
        self._session = PoliteSession(f"the OPTIMADE service {place!r}", pace, patience, trusted=trusted)
        self._service = OptimadeService(
            name, self._database.url, self._session, pace, self._database.page_limit
        )

    def version(self) -> str | None:
        """Version of the database, where the service tells one (`meta.database.version`).

        Raises:
            SourceError: the service does not answer.
        """
        with closing(self._session):
            self._service.forget()
            return self._version()

    def expected_count(self) -> int | None:
        """Number of entries that the service counts for the filter, where it does.

        Raises:
            SourceError: the service does not answer.
        """
        with closing(self._session):
            for page in self._service.pages(("id",), self._filters(), page_limit=1):
                return count_of(page)
        return None

    @in_batches
    def index(self) -> Iterator[Stamp]:
        """Ids of the chemistry, with their dates where the database has any.

        Raises:
            SourceError: as with `raw_entries`.
        """
        names = UniqueIds()
        with closing(self._session):
            entries = self._entries(("last_modified",), self._filters())
            for number, entry in enumerate(entries, start=1):
                id_, _ = names.take(text(entry.get("id")) or f"(entry {number})")
                yield id_, text(attributes_of(entry).get("last_modified"))

    def raw_entries(self, ids: Collection[str] | None = None) -> Iterator[RawEntry]:
        """Streams the entries of the chemistry, or those of `ids`; one that comes twice is an error.

        Raises:
            SourceError: the service fails, answers with errors, gives fewer entries than it promised, or
                does not hold one of `ids`.
        """
        with closing(self._session):
            yield from self._raw(self._found(ids) if ids is not None else self._all(self._filters()))

    def description(self) -> dict[str, str]:
        """Address, filter, and what the service states of itself."""
        facts = {
            "spec": self.name,
            "kind": f"OPTIMADE, {self._database.title}",
            "endpoint": self._database.url,
        }
        facts["filter"] = self._filters()[0]
        if self._service.has_been_asked:
            version = self._version()
            facts |= {} if version is None else {"version": version}
        if self._database.licence is not None:
            facts["licence"] = self._database.licence
        return facts

    def _raw(self, entries: Iterator[Item]) -> Iterator[RawEntry]:
        general = Provenance(
            licence=self._licence(),
            functional=self._database.functional,
            theoretical=self._database.theoretical,
            database_version=self._version(),
        )
        names = UniqueIds()
        for number, entry in enumerate(entries, start=1):
            row = row_or_error(partial(_row, entry, general), text(entry.get("id")))
            id_, again = names.take(row.id or f"(entry {number})")
            wrong: ReadError | None = None
            if again:
                wrong = DuplicateIdError(f"the service gave the id {row.id!r} again; ids must be unique")
            yield row.raw_entry(self.name, id_, "optimade", wrong)

    def _all(self, filters: Sequence[str]) -> Iterator[Item]:
        return self._entries(self._fields(), filters)

    def _entries(self, fields: Sequence[str], filters: Sequence[str]) -> Iterator[Item]:
        started = self._version()
        yield from self._service.entries(fields, filters)
        self._check_version(started)

    def _found(self, ids: Collection[str]) -> Iterator[Item]:
        """Entries by id: many in one filter, and one by one those that the filter does not give."""
        fields, started = self._fields(), self._version()
        wanted = sorted(set(ids))
        for start in range(0, len(wanted), IDS_AT_ONCE):
            some = wanted[start : start + IDS_AT_ONCE]
            given: set[str] = set()
            one_of = " OR ".join(f'id="{quoted(id_)}"' for id_ in some)
            try:
                for entry in self._service.entries(fields, [one_of]):
                    id_ = text(entry.get("id"))
                    if id_ in some:
                        given.add(id_)
                        yield entry
            except NotUnderstoodError:
                pass  # not every service filters by id; each has an address for every entry
            for id_ in sorted(set(some) - given):
                found = self._service.entry(id_, fields)
                if found is not None:
                    given.add(id_)
                    yield found
            made_up = [id_ for id_ in some if id_ not in given and _MADE_UP.search(id_)]
            for id_ in made_up:  # the index has them for entries that share an id or lack one
                complaint = (
                    f"the index has {id_!r} for entries that the service does not give, or for one with the "
                    "id of another one, or with none"
                )
                yield {"id": id_, "error": DuplicateIdError(complaint)}
            all_found(self.name, some, given.union(made_up))
        self._check_version(started)

    def _filters(self) -> list[str]:
        """The filter, in the short form and in one that simpler services understand too."""
        if self._chemistry is None:
            return [""]
        groups = [sorted(self._chemistry.metals), sorted(self._chemistry.ligands)]
        any_of = ["elements HAS ANY " + ",".join(f'"{symbol}"' for symbol in group) for group in groups]
        has = ["(" + " OR ".join(f'elements HAS "{symbol}"' for symbol in group) + ")" for group in groups]
        return [" AND ".join(any_of), " AND ".join(has)]

    def _fields(self) -> tuple[str, ...]:
        known = self._service.properties()
        wanted = (*STRUCTURE_FIELDS, *SPAN_FIELDS, *COLUMN_FIELDS, *provider_properties())
        return tuple(name for name in wanted if name in known)

    def _check_version(self, started: str | None) -> None:
        """That the database still has the version, where it tells one."""
        if started is None:
            return
        self._service.forget()
        now = self._version()
        if now != started:
            raise SourceChangedError(
                f"{self.name!r} changed from version {started} to {now} while it was read; "
                "nothing was stored, run again"
            )

    def _version(self) -> str | None:
        meta = self._service.about().get("meta")
        database = meta.get("database") if isinstance(meta, Mapping) else None
        version = database.get("version") if isinstance(database, Mapping) else None
        return None if not version else str(version)

    def _licence(self) -> str | None:
        """The licence that the service states for its entries, or else the one known for the database."""
        data = self._service.about().get("data")
        attributes = attributes_of(data) if isinstance(data, Mapping) else {}
        stated = attributes.get("available_licenses_for_entries") or attributes.get("available_licenses")
        if isinstance(stated, list) and stated:
            return ", ".join(str(name) for name in stated)
        return self._database.licence


def _database(place: str, name: str) -> Database:
    known = DATABASES.get(place.lower())
    if known is not None:
        return known
    parts = urlsplit(place)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SourceError(
            f"{name!r}: no database is called {place!r}; expected {', '.join(DATABASES)}, "
            "or the base URL of an OPTIMADE service (https://...)"
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise SourceError(
            f"expected the plain base URL of an OPTIMADE service, without user, ? or #: {parts.hostname}"
        )
    return Database(place.rstrip("/").removesuffix("/v1"), parts.netloc)


def _row(entry: Item, general: Provenance) -> FileRow:
    attributes = attributes_of(entry)
    error = entry.get("error")  # put there by the client: what comes of JSON is no error
    if isinstance(error, ReadError):
        return FileRow(entry["id"], error=error)
    fields = (*STRUCTURE_FIELDS, *SPAN_FIELDS)
    return FileRow(
        id=entry.get("id"),
        payload={name: attributes[name] for name in fields if attributes.get(name) is not None},
        formula=attributes.get("chemical_formula_reduced"),
        elements=symbols(attributes.get("elements")),
        provenance=provenance_of(attributes, general),
    )
