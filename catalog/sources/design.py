"""Designs as a source: crystals of the blocks of measured ones, the most cautious first."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from catalog.errors import NotAStructureError, SourceError
from catalog.sources.base import Asked, RawEntry, Source, Stamp, all_found, in_batches
from polywell.design.conditions.condition import Condition, ConditionError, condition_of
from polywell.design.designs import Designs, digest
from polywell.records import Provenance

FIRST = 3000
"""Designs that are given where nobody says how many."""

ALL = "all"


def opened(asked: Asked) -> Source:
    """The source of the first designs, as many as the place says: `N`, and `N@20GPa` or `N@SUBSTRATE`.

    Raises:
        SourceError: the place is no number of designs, or names no pressure and no substrate.
    """
    place, _, under = asked.place.partition("@")
    try:
        condition = condition_of(under) if under else None
    except ConditionError as error:
        raise SourceError(f"{asked.name!r}: {error}") from error
    if place == ALL:
        return DesignSource(asked.name, None, condition)
    if place and not (place.isascii() and place.isdigit() and int(place) > 0):
        raise SourceError(f"{asked.name!r}: {place!r} is no number of designs; expected 1, 2 ... or {ALL!r}")
    return DesignSource(asked.name, int(place) if place else FIRST, condition)


class DesignSource:
    """Designs of `polywell.design`, in their order; `limit` is their number at most, None for all.

    `condition` is the pressure or the substrate that all of them stand under.
    """

    def __init__(self, name: str, limit: int | None, condition: Condition | None = None) -> None:
        self.name = name
        self._designs = Designs(name, limit, condition)

    def raw_entries(self, ids: Collection[str] | None = None) -> Iterator[RawEntry]:
        """The designs; one that its blocks do not allow carries the error."""
        wanted = None if ids is None else set(ids)
        if wanted is not None:
            all_found(self.name, wanted, set(self._designs.ids))
        for made in self._designs.entries(wanted):
            if isinstance(made, tuple):
                id_, error = made
                yield RawEntry(self.name, id_, "error", NotAStructureError(str(error)), None, Provenance())
            else:
                yield RawEntry(self.name, made.id, "entry", made, made.formula, made.provenance)

    @in_batches
    def index(self) -> Iterator[Stamp]:
        """The ids, all with what decides the designs."""
        stamp = self.version()
        for id_ in self._designs.ids:
            yield id_, stamp

    def version(self) -> str:
        """Digest of the library, the tables and the rules."""
        return digest()

    def expected_count(self) -> int:
        """Number of designs."""
        return len(self._designs.recipes)

    def description(self) -> dict[str, str]:
        """Spec and digest."""
        return {"spec": self.name, "kind": "designs of polywell", "digest": self.version()}
