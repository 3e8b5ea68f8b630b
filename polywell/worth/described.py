"""What is judged: a candidate's screening, or a compound of which less is known."""

from __future__ import annotations

from typing import Protocol

from polywell.records import Electrons, Provenance


class Described(Protocol):
    """Those columns of `polywell.records.Screening` that verdict and route look at."""

    @property
    def family(self) -> str | None:
        """Row of the λ table."""

    @property
    def metal(self) -> str | None:
        """That of the net."""

    @property
    def elements(self) -> tuple[str, ...]:
        """In alphabetical order."""

    @property
    def series(self) -> str | None:
        """As chemists name it."""

    @property
    def electrons(self) -> Electrons:
        """Of the net's metal."""

    @property
    def shortest_contact(self) -> float | None:
        """Over the sum of covalent radii."""

    @property
    def shortest_pair(self) -> str | None:
        """The two ions of that contact."""

    @property
    def provenance(self) -> Provenance:
        """What the source says."""
