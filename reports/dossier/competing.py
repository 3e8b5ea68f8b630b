"""What a compound competes with: its distance from the hull as its source says, and phases beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

import numpy as np

from polywell.making.impurities import likely_beside, trace
from polywell.making.powder import Powder
from polywell.records import Candidate
from reports.html.cells import MAX_NAME, clipped, finite

FREE_DEG = 0.3
"""2θ at Cu Kα that a line keeps from those of the compound to stand free."""

NEAR_PERCENT = 5.0
"""Lines of the compound below this share of the strongest hide nothing."""

ON_HULL_EV = 0.0005
"""eV per atom that pages no longer show."""


@dataclass(frozen=True)
class BesideLine:
    """One phase that is likely beside the compound: its letter in the picture, and its strongest lines.

    `d_ang` are spacings in Å, the strongest first; `free` says of each whether the compound has no
    line there.
    """

    letter: str
    formula: str
    d_ang: tuple[float, ...]
    free: tuple[bool, ...]
    source: str
    checked: str


def beside(ions: Mapping[str, float], pattern: Powder | None) -> tuple[BesideLine, ...]:
    """The phases that are likeliest beside a compound, with their strongest lines.

    Args:
        ions: of the compound.
        pattern: its powder pattern; None where there is none, so that no line can be said to stand free.
    """
    found = []
    for letter, phase in zip(ascii_lowercase, likely_beside(ions), strict=False):
        lines = trace(phase.formula).lines
        spacings = tuple(d_ang for d_ang, _ in lines)
        free = tuple(pattern is not None and stands_free(d_ang, pattern) for d_ang in spacings)
        found.append(BesideLine(letter, phase.formula, spacings, free, phase.source, phase.checked))
    return tuple(found)


def stands_free(d_ang: float, pattern: Powder) -> bool:
    """Whether no strong line of a compound hides one of another phase, at Cu Kα."""
    own = pattern.patterns[0]
    at = two_theta_deg(d_ang, own.wavelength_ang)
    return at is not None and not any(
        abs(at - angle) < FREE_DEG and share >= NEAR_PERCENT
        for angle, share in zip(own.two_theta_deg, own.intensity, strict=True)
    )


def two_theta_deg(d_ang: float, wavelength_ang: float) -> float | None:
    """Where a line of this spacing stands, in degrees; None where the radiation does not reach it."""
    sine = wavelength_ang / (2 * d_ang)
    return None if sine >= 1 else float(2 * np.degrees(np.arcsin(sine)))


def against_others(one: Candidate, others: Sequence[Candidate]) -> list[str]:
    """Sentences on the energy of a compound beside that of other phases, as sources say it.

    Args:
        one: the candidate.
        others: other entries of its compound.
    """
    hull = finite(one.screening.provenance.e_above_hull_ev)
    if hull is None:
        said = ["Its source gives no energy above the convex hull: how stable it is, is not known here."]
    elif hull <= ON_HULL_EV:
        said = ["By its source it lies on the convex hull: nothing in that database is more stable."]
    else:
        said = [
            f"By its source it lies {1000 * hull:.0f} meV/atom above the convex hull: so much would be "
            "gained by decomposing. Into what, the source does not say here."
        ]
    rivals = [
        (energy, other.screening.id)
        for other in others
        if other.screening.source == one.screening.source
        and (energy := finite(other.screening.provenance.e_above_hull_ev)) is not None
        and hull is not None
        and energy < hull - ON_HULL_EV
    ]
    if hull is not None and rivals:
        energy, id = min(rivals)
        said.append(
            f"Another structure of the compound, {clipped(id, MAX_NAME)}, lies "
            f"{1000 * (hull - energy):.0f} meV/atom lower."
        )
    return said
