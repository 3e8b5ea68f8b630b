"""Whether a cage is as high as its ions allow, by the heights that were measured in its family.

A collapsed anion plane of a non-magnetic calculation, or one that a Hubbard U pushed out, lies outside the
heights of every measured compound of that family, cage and ion. The bounds come from the reference library.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from statistics import median

from polywell.data.elements import LIGANDS, covalent_radius
from polywell.data.spacers import spacer_table
from polywell.evidence.anchors import AMBIENT_GPA, sound_records
from polywell.families import Families
from polywell.geometry.cages import NONAHEDRON, OCTAHEDRON
from polywell.records import Outcome, Phase, Screening

LEAST_OF_ION = 5
"""Measured heights of the same ion that make bounds of its own; with fewer, its radius gives them."""
LEAST_OF_FAMILY = 4
"""Measured heights of a family and cage kind below which nothing is judged."""
WIDENED = 3.0
"""The measured range is widened on both sides by this many robust deviations of an ion's heights."""
MAD_TO_DEVIATION = 1.4826

Key = tuple[str, str, str, str]
"""Family, cage kind, role and ligand."""

ROLE = {"anion": "anion plane", "apex": "apex"}


@dataclass(frozen=True)
class Bounds:
    """Heights in Å over the plane of the metals that measured compounds allow an ion.

    `by` is "ion" where compounds with that ion were measured, else "radius"; `measured` counts heights.
    """

    low_ang: float
    high_ang: float
    measured: int
    by: str


@dataclass(frozen=True)
class Suspicion:
    """One height in Å outside its bounds, or of an apex for which no measured cage gives any (None)."""

    phase: str
    role: str
    ion: str
    height_ang: float
    bounds: Bounds | None

    @property
    def text(self) -> str:
        """The suspicion in words, with its numbers."""
        if self.bounds is None:
            return f"no measured cage has {self.ion} at its apex (here at {self.height_ang:.3f} Å)"
        word = "low" if self.height_ang < self.bounds.low_ang else "high"
        basis = f"of {self.ion}" if self.bounds.by == "ion" else "by ionic radius"
        return (
            f"{self.ion} {ROLE[self.role]} at {self.height_ang:.3f} Å is too {word}: "
            f"{self.bounds.low_ang:.3f}-{self.bounds.high_ang:.3f} Å allowed {basis} "
            f"({self.bounds.measured} measured)"
        )


@dataclass(frozen=True)
class Limits:
    """Measured heights less the ion's radius, by family, cage kind, role and ligand: (ion, excess in Å).

    Anion planes of all ligands stand together (under an empty one), as they differ by their radius; the
    height of an apex depends on the ligands under it.
    """

    measured: Mapping[Key, tuple[tuple[str, float], ...]]
    _known: dict[tuple[Key, str], Bounds | None] = field(default_factory=dict, compare=False, repr=False)

    def lacks(self, key: Key, ion: str) -> bool:
        """Whether cages of a family were measured, but none of this kind with an ion in this role."""
        family, cage, role, _ = key
        alike = [rows for known, rows in self.measured.items() if known[:3] == (family, cage, role)]
        measured = any(symbol == ion for rows in alike for symbol, _ in rows)
        return not measured and any(known[0] == family for known in self.measured)

    def bounds(self, key: Key, ion: str) -> Bounds | None:
        """The heights that an ion may have; None where too few of them or no radius are known.

        The measured range is widened by `WIDENED` times the robust deviation of single heights from the
        median of their ion, over all ions of the family and role.
        """
        if (key, ion) not in self._known:
            self._known[key, ion] = self._bounds(key, ion)
        return self._known[key, ion]

    def _bounds(self, key: Key, ion: str) -> Bounds | None:
        rows = self.measured.get(key, ())
        radius = ion_radius_ang(ion, key[1])
        if radius is None or len(rows) < LEAST_OF_FAMILY:
            return None
        ions: dict[str, list[float]] = defaultdict(list)
        for symbol, excess in rows:
            ions[symbol].append(excess)
        away = [abs(one - median(own)) for own in ions.values() if len(own) > 1 for one in own]
        margin = WIDENED * MAD_TO_DEVIATION * (median(away) if away else 0.0)
        own = ions.get(ion, [])
        taken, by = (own, "ion") if len(own) >= LEAST_OF_ION else ([excess for _, excess in rows], "radius")
        return Bounds(radius + min(taken) - margin, radius + max(taken) + margin, len(taken), by)


def ion_radius_ang(ion: str, cage: str) -> float | None:
    """Radius in Å that heights are compared by: covalent for ligands, ionic for apex cations.

    None for cations that the table of spacers does not list.
    """
    if ion in LIGANDS:
        return covalent_radius(ion)
    table = spacer_table()
    capped = None if cage == OCTAHEDRON else table.apex_radius_over_capped_nets_ang.get(ion)
    return table.apex_radius_ang.get(ion) if capped is None else capped


def heights(phase: Phase, family: str) -> Iterator[tuple[Key, str, float]]:
    """Heights of a cage as (key, ion, Å over the metal plane).

    Anion planes count with the nonahedron, apexes with the other cages.
    """
    if phase.cage == NONAHEDRON:
        key = (family, phase.cage, "anion", "")
        yield from ((key, phase.ligand, height) for height in phase.anion_heights_ang)
    else:
        key = (family, phase.cage, "apex", phase.ligand)
        apexes = zip(phase.apexes, phase.apex_heights_ang, strict=True)
        yield from ((key, symbol, height) for symbol, height in apexes)


def limits_of(records: Iterable[Screening]) -> Limits:
    """The heights of measured candidates, each record once for an ion and role."""
    together: dict[Key, list[tuple[str, float]]] = defaultdict(list)
    for record in records:
        if record.outcome is not Outcome.CANDIDATE:
            continue
        for key, ion, excess in sorted(set(_excesses(record))):
            together[key].append((ion, excess))
    return Limits({key: tuple(rows) for key, rows in sorted(together.items())})


def _excesses(record: Screening) -> Iterator[tuple[Key, str, float]]:
    for phase in record.phases:
        if phase.tc_k is None:
            continue
        for key, ion, height in heights(phase, str(record.family)):
            radius = ion_radius_ang(ion, phase.cage)
            if radius is not None:
                yield key, ion, round(height - radius, 4)


@cache
def reference_limits(families: Families) -> Limits:
    """Limits by the reference library: measured at ambient pressure, not strained, heights not estimated."""
    return limits_of(sound_records(families))


def suspicions(record: Screening, limits: Limits) -> tuple[Suspicion, ...]:
    """Heights of a candidate's cages outside their bounds; none for an entry stated to be under pressure.

    An apex ion that has no bounds (its radius is not in the table of spacers, or too few cages over its
    ligands were measured) and stands in no measured cage is suspect at any height, if the family was measured
    at all.

    The heights are those of the entry, before any correction.
    """
    if record.outcome is not Outcome.CANDIDATE or (record.provenance.pressure_gpa or 0.0) > AMBIENT_GPA:
        return ()
    found = []
    for phase in record.phases:
        if phase.tc_k is None:
            continue
        for key, ion, height in heights(phase, str(record.family)):
            bounds = limits.bounds(key, ion)
            if bounds is None:
                outside = key[2] == "apex" and limits.lacks(key, ion)
            else:
                outside = not bounds.low_ang <= height <= bounds.high_ang
            if outside:
                found.append(Suspicion(phase.phase, key[2], ion, height, bounds))
    return tuple(found)
