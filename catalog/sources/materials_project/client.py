"""The service of the Materials Project, through its own client: documents whole, counted, of one version."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import SecretStr

from catalog.errors import SourceChangedError, SourceError, SourceRefusedError
from catalog.sources.base import Chemistry
from catalog.sources.materials_project.documents import FIELDS, id_of
from catalog.sources.materials_project.queries import Query, queries
from catalog.sources.web import Pace, Patience, PoliteSession

if TYPE_CHECKING:
    from mp_api.client.core.client import BaseRester
    from mp_api.client.routes.materials.summary import SummaryRester

SERVICE = "the Materials Project"
ENDPOINT = "https://api.materialsproject.org/"
KEY_PAGE = "https://materialsproject.org/api"
KEY_VARIABLE, ENDPOINT_VARIABLE = "MP_API_KEY", "MP_API_ENDPOINT"
KEY_CHARACTERS = 32
PYMATGEN_VARIABLE = "PMG_MAPI_KEY"

PAGE = 1000
"""Documents of one request; the service gives no more (mp-api 0.46, read November 2026)."""

IDS_AT_ONCE = 100
"""Ids of one request: about 1.2 kB of URL."""

REQUESTS_PER_S = 10.0
"""The published limit is 25 a second."""

HEARTBEAT_PAGES = 10
"""Pages between two requests for the version of the database."""

MATERIAL_ID = re.compile(r"[A-Za-z]+-[A-Za-z0-9]+")
"""What the service takes for an id; the index has others for documents that share one or lack one."""

Document = dict[str, Any]
Answer = TypeVar("Answer")
Rester = TypeVar("Rester", bound="BaseRester")


class Service:
    """The service: `endpoint` is the address, `version` that of the database at the last pull."""

    def __init__(
        self,
        key: SecretStr | None,
        endpoint: str | None,
        patience: Patience,
        pace: Pace,
        trusted: Collection[str] = (),
    ) -> None:
        """Finds the key and the address; arguments as for `MaterialsProjectSource`."""
        self._key = SecretStr(checked_key(key))
        self.endpoint = _checked_endpoint(endpoint or os.environ.get(ENDPOINT_VARIABLE) or ENDPOINT)
        self.version: str | None = None
        self._session = PoliteSession(
            SERVICE,
            pace,
            patience,
            refusals=dict.fromkeys((401, 403), _refusal("the key was refused")),
            secret=self._key.get_secret_value(),
            trusted=trusted,
        )

    def close(self) -> None:
        """Ends the connections; the next question opens new ones."""
        self._session.close()

    def version_now(self) -> str:
        """Version of the database, asked anew; needs no right key."""
        return self._heartbeat()[0]

    def _heartbeat(self) -> tuple[str, list[str]]:
        answer = self._session.get(self.endpoint + "heartbeat")
        known: Mapping[str, Any] = answer.json() if answer.status_code == 200 else {}
        version = known.get("db_version")
        if not version:
            raise SourceError(
                f"{self.endpoint} tells no database version (HTTP status {answer.status_code}); "
                f"expected the address of a Materials Project service in {ENDPOINT_VARIABLE}"
            )
        batches = known.get("access_controlled_batch_ids")
        return str(version), list(batches) if isinstance(batches, list) else []

    def _check_version(self, started: str | None) -> None:
        now = self._heartbeat()[0]
        if now != started:
            raise SourceChangedError(
                f"the database of {SERVICE} changed from version {started} to {now} while it was read; "
                "nothing was stored, run again"
            )

    def _rester(self, kind: type[Rester]) -> Rester:
        """A client of the project's for one kind of documents, over this service's session."""
        heartbeat = self._heartbeat()
        self.version = heartbeat[0]

        class OverThisSession(kind):  # type: ignore[misc, valid-type]
            # The client's own heartbeat has no timeout, and is remembered as long as the process lives.
            @staticmethod
            def _get_heartbeat_info(endpoint: str) -> tuple[str, list[str]]:
                return heartbeat

            @cached_property
            def available_fields(self) -> list[str]:
                # The client makes them anew for each field of each request: half a second of work.
                return super().available_fields  # type: ignore[no-any-return]

        return answered(
            lambda: OverThisSession(
                self._key.get_secret_value(),
                endpoint=self.endpoint,
                session=self._session,
                use_document_model=False,
                mute_progress_bars=True,
            )
        )

    @staticmethod
    def _documents(found: Sequence[object]) -> list[Document]:
        documents: list[Document] = [document for document in found if isinstance(document, dict)]
        if len(documents) != len(found):
            raise SourceError(f"{SERVICE} gave {len(found) - len(documents)} items that are no documents")
        return documents


class SummaryService(Service):
    """The summary documents."""

    _counted: tuple[str | None, Chemistry | None, list[tuple[Query, int]]] | None = None

    def count(self, chemistry: Chemistry | None) -> int:
        """Number of documents that the service counts for a chemistry; one request a query."""
        return sum(count for _, count in self._parts(self._summaries(), chemistry))

    def documents(self, chemistry: Chemistry | None, fields: Sequence[str]) -> Iterator[Document]:
        """All documents of a chemistry, each once, with the promises of the service kept."""
        rester = self._summaries()
        started = self.version
        parts = self._parts(rester, chemistry)
        pages = 0
        for query, count in parts:
            for page in range(1, -(-count // PAGE) + 1):
                due = min(PAGE, count - PAGE * (page - 1))
                documents = self._search(
                    rester, fields, **query.criteria(), _page=page, _sort_fields="material_id"
                )
                pages += 1
                if pages % HEARTBEAT_PAGES == 0 or len(documents) != due:
                    self._check_version(started)
                if len(documents) != due:
                    raise SourceChangedError(
                        f"{SERVICE} gave {len(documents)} documents where it had promised {due} "
                        f"({query.criteria()}, page {page} of {count}); nothing was stored, run again"
                    )
                yield from (document for document in documents if query.holds(document))
        self._check_version(started)

    def documents_of(self, ids: Sequence[str]) -> Iterator[Document]:
        """The documents of some ids, deprecated ones too, which the service gives only when asked for."""
        rester = self._summaries()
        started = self.version
        for start in range(0, len(ids), IDS_AT_ONCE):
            left = list(ids[start : start + IDS_AT_ONCE])
            for deprecated in (False, True):
                if left:
                    some = self._search(
                        rester, FIELDS, material_ids=left, deprecated=deprecated, num_chunks=1
                    )
                    yield from some
                    given = {id_of(document) for document in some}
                    left = [id_ for id_ in left if id_ not in given]
            if left:
                self._check_version(started)
                raise SourceChangedError(
                    f"{SERVICE} has no document of {len(left)} ids asked for ({', '.join(left[:3])}); "
                    "they were withdrawn since the index was read, run again"
                )
        self._check_version(started)

    def _summaries(self) -> SummaryRester:
        from mp_api.client.routes.materials.summary import SummaryRester

        return self._rester(SummaryRester)

    def _parts(self, rester: SummaryRester, chemistry: Chemistry | None) -> list[tuple[Query, int]]:
        """The queries, each with what the service counts for it; asked once for a version."""
        if self._counted is None or self._counted[:2] != (self.version, chemistry):
            counted = [(query, self._count(rester, query)) for query in queries(chemistry)]
            self._counted = self.version, chemistry, counted
        return self._counted[2]

    def _count(self, rester: SummaryRester, query: Query) -> int:
        criteria = {
            name: ",".join(value) if isinstance(value, list) else value
            for name, value in query.criteria().items()
        }
        return int(answered(lambda: rester.count(criteria)))

    def _search(self, rester: SummaryRester, fields: Sequence[str], **filters: Any) -> list[Document]:
        found = answered(
            lambda: rester.search(fields=list(fields), all_fields=False, chunk_size=PAGE, **filters)
        )
        return self._documents(found)


def answered(ask: Callable[[], Answer]) -> Answer:
    """What the client answers; its own errors become one sentence."""
    from mp_api.client.core.exceptions import MPRestError

    try:
        return ask()
    except MPRestError as error:
        words = " ".join(str(error).split())[:300]
        raise SourceError(
            f"{SERVICE} did not do what was asked ({words}); a newer mp-api may help"
        ) from error
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError(
            f"{SERVICE} answered in a form that the client does not know ({type(error).__name__}: "
            f"{str(error)[:200]}); a newer mp-api may help"
        ) from error


def checked_key(given: SecretStr | None) -> str:
    """The key that is given, or that of the environment, if it has the form of one.

    Raises:
        SourceRefusedError: there is none, or it cannot be right; the message does not hold it.
    """
    key = (given.get_secret_value() if given is not None else key_here()[0]).strip()
    if not key:
        raise SourceRefusedError(_refusal("there is no key"))
    if len(key) != KEY_CHARACTERS or not key.isascii() or not key.isprintable():
        raise SourceRefusedError(
            _refusal(f"the key has {len(key)} characters, a right one has {KEY_CHARACTERS} plain ones")
        )
    return key


def key_here() -> tuple[str, str]:
    """The key of this machine, and where it is: `MP_API_KEY`, or where pymatgen keeps it; else both empty.

    pymatgen reads `PMG_MAPI_KEY`, of the environment or of its file `.pmgrc.yaml`, when it is imported.
    """
    for variable in (KEY_VARIABLE, PYMATGEN_VARIABLE):
        if key := os.environ.get(variable, ""):
            return key, variable
    from pymatgen.core import SETTINGS

    key = str(SETTINGS.get(PYMATGEN_VARIABLE) or "")
    return key, f"{PYMATGEN_VARIABLE} of pymatgen's settings" if key else ""


def _refusal(why: str) -> str:
    return (
        f"{SERVICE} lets nobody in without a key, and {why}; put your own, from {KEY_PAGE}, in {KEY_VARIABLE}"
    )


def _checked_endpoint(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise SourceError(
            f"{ENDPOINT_VARIABLE} is no address of a service; expected one such as {ENDPOINT}, without a user"
        )
    return endpoint if endpoint.endswith("/") else endpoint + "/"
