"""The reference library as a source."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from catalog.sources.base import Asked, RawEntry, Source, Stamp, all_found, in_batches


def opened(asked: Asked) -> Source:
    """The reference library."""
    return ReferenceSource()


class ReferenceSource:
    """The measured structures that come with polywell."""

    name = "reference"

    def raw_entries(self, ids: Collection[str] | None = None) -> Iterator[RawEntry]:
        """The entries of the library, in its own order."""
        from polywell.data.reference import reference_entries

        wanted = None if ids is None else set(ids)
        if wanted is not None:
            all_found(self.name, wanted, {entry.id for entry in reference_entries()})
        for entry in reference_entries():
            if wanted is None or entry.id in wanted:
                yield RawEntry(self.name, entry.id, "entry", entry, entry.formula, entry.provenance)

    @in_batches
    def index(self) -> Iterator[Stamp]:
        """The ids; the library keeps no dates."""
        from polywell.data.reference import reference_entries

        for entry in reference_entries():
            yield entry.id, None

    def version(self) -> str:
        """Digest of the library."""
        from polywell.data.reference import digest

        return digest()

    def expected_count(self) -> int:
        """Number of structures in the library."""
        from polywell.data.reference import reference_entries

        return len(reference_entries())

    def description(self) -> dict[str, str]:
        """Spec and digest of the library."""
        from polywell.data.reference import digest

        return {"spec": self.name, "kind": "reference library of polywell", "digest": digest()}
