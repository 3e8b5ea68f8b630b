"""The Materials Project: its summary documents as entries."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing
from functools import partial

from pydantic import SecretStr

from catalog.errors import DuplicateIdError, MissingValueError, ReadError
from catalog.sources.base import Asked, Chemistry, RawEntry, Source, Stamp, UniqueIds, in_batches
from catalog.sources.materials_project.client import MATERIAL_ID, REQUESTS_PER_S, SummaryService
from catalog.sources.materials_project.documents import (
    FIELDS,
    INDEX_FIELDS,
    Lacking,
    date_of,
    id_of,
    row_of,
)
from catalog.sources.rows import row_or_error
from catalog.sources.web import PATIENCE, Pace, Patience


def opened(asked: Asked) -> Source:
    """The Materials Project, with the key that is given or in the environment."""
    return MaterialsProjectSource(asked.chemistry, asked.key, trusted=asked.trusted)


class MaterialsProjectSource:
    """Summary documents of the Materials Project, deprecated ones included and marked.

    Nothing is asked before the first entry, the version or the index is wanted. The key stays in the
    session: it is in no entry, no message and no description.
    """

    name = "materials-project"

    def __init__(
        self,
        chemistry: Chemistry | None = None,
        key: SecretStr | None = None,
        endpoint: str | None = None,
        patience: Patience = PATIENCE,
        pace: Pace | None = None,
        trusted: Collection[str] = (),
    ) -> None:
        """Finds the key and the address.

        Args:
            chemistry: what to filter by on the server; None asks for everything.
            key: the user's key; `MP_API_KEY` if None.
            endpoint: address of the service; `MP_API_ENDPOINT`, or the public one, if None.
            patience: how long to wait for the service.
            pace: limit of the request rate.
            trusted: other addresses that the service may lead to.

        Raises:
            SourceRefusedError: no key, or one that cannot be right.
            SourceError: no address.
        """
        self._chemistry = chemistry
        self._lacking = Lacking()
        self._service = SummaryService(key, endpoint, patience, pace or Pace(REQUESTS_PER_S), trusted)

    def version(self) -> str:
        """Version of the database, such as `2026.10.01`, asked anew each time; needs no right key.

        Raises:
            SourceError: the service does not answer, or is none of this kind.
        """
        with closing(self._service):
            return self._service.version_now()

    def expected_count(self) -> int:
        """Number of documents that the service counts for the whole pull; one request a query.

        Raises:
            SourceError: the service does not answer, or refuses the key.
        """
        with closing(self._service):
            return self._service.count(self._chemistry)

    @in_batches
    def index(self) -> Iterator[Stamp]:
        """Ids and dates of all documents of the chemistry: one request for a thousand of them.

        Raises:
            SourceError: as with `raw_entries`.
        """
        names = UniqueIds()
        with closing(self._service):
            documents = self._service.documents(self._chemistry, INDEX_FIELDS)
            for number, document in enumerate(documents, start=1):
                yield names.take(id_of(document) or f"(document {number})")[0], date_of(document)

    def raw_entries(self, ids: Collection[str] | None = None) -> Iterator[RawEntry]:
        """Streams the documents, page by page, or those of `ids` only.

        A second document of one id, or one without structure, is an entry that fails.

        Raises:
            SourceChangedError: the database changed meanwhile.
            SourceRefusedError: the key is wrong.
            SourceError: the service fails, or gives another number of documents than it promised.
        """
        names = UniqueIds()
        nameless = [id_ for id_ in sorted(set(ids or ())) if not MATERIAL_ID.fullmatch(id_)]
        for id_ in nameless:
            complaint = f"the index has {id_!r} for a document with the id of another one, or with none"
            yield RawEntry(self.name, names.take(id_)[0], "error", DuplicateIdError(complaint))
        if ids is None:
            documents = self._service.documents(self._chemistry, FIELDS)
        else:
            documents = self._service.documents_of(sorted(set(ids).difference(nameless)))
        with closing(self._service):
            for number, document in enumerate(documents, start=1):
                self._lacking.see(document)
                row = row_or_error(partial(row_of, document, self._service.version), id_of(document))
                id_, again = names.take(row.id or f"(document {number})")
                wrong: ReadError | None = None
                if row.id is None:
                    wrong = MissingValueError("the service gave a document without material_id")
                elif again:
                    wrong = DuplicateIdError(f"the service gave the id {row.id!r} again; ids must be unique")
                yield row.raw_entry(self.name, id_, "pymatgen", wrong)

    def description(self) -> dict[str, str]:
        """Address, version of the last pull, filter, and what the documents that were read lack."""
        facts = {
            "spec": self.name,
            "kind": "Materials Project, summary documents",
            "endpoint": self._service.endpoint,
        }
        if self._service.version is not None:
            facts["version"] = self._service.version
        if self._chemistry is not None:
            facts["metals"] = ", ".join(sorted(self._chemistry.metals))
            facts["ligands"] = ", ".join(sorted(self._chemistry.ligands))
        if self._lacking.sentence:
            facts["lacking"] = self._lacking.sentence
        return facts

    def __repr__(self) -> str:
        """Name and address; never the key."""
        return f"{type(self).__name__}({self._service.endpoint!r})"
