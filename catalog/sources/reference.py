"""The reference library as a source."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from catalog.sources.base import Asked, RawEntry, Source, Stamp, asked_for, in_batches
from polywell.data.reference import digest, reference_entries


def opened(asked: Asked) -> Source:
    """The reference library."""
    return ReferenceSource()


class ReferenceSource:
    """The measured structures that come with polywell."""

    name = "reference"

    def raw_entries(self, ids: Collection[str] | None = None) -> Iterator[RawEntry]:
        """The entries of the library, in its own order."""
        every = (
            RawEntry(self.name, entry.id, "entry", entry, entry.formula, entry.provenance)
            for entry in reference_entries()
        )
        return asked_for(every, ids, self.name)

    @in_batches
    def index(self) -> Iterator[Stamp]:
        """The ids; the library keeps no dates."""
        for entry in reference_entries():
            yield entry.id, None

    def version(self) -> str:
        """Digest of the library."""
        return digest()

    def expected_count(self) -> int:
        """Number of structures in the library."""
        return len(reference_entries())

    def description(self) -> dict[str, str]:
        """Spec and digest of the library."""
        return {"spec": self.name, "kind": "reference library of polywell", "digest": digest()}
