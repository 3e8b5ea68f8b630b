"""The reference library as a source."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.sources.base import RawEntry


class ReferenceSource:
    """The measured structures that come with polywell."""

    name = "reference"

    def raw_entries(self) -> Iterator[RawEntry]:
        """The entries of the library, in its own order."""
        from polywell.reference import reference_entries

        for entry in reference_entries():
            yield RawEntry(self.name, entry.id, "entry", entry, entry.formula, entry.provenance)

    def description(self) -> dict[str, str]:
        """Spec and digest of the library."""
        from polywell.reference import digest

        return {"spec": self.name, "kind": "reference library of polywell", "digest": digest()}
