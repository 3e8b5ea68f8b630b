"""The powder pattern of a dossier as it is drawn and listed: sticks, ticks, labels, rows, and the profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from polywell.making.powder import RADIATIONS, Line, Pattern, Powder, Profile
from reports.dossier.competing import BesideLine, two_theta_deg

WIDTH, HEIGHT = 720, 210
LEFT, RIGHT, TOP, BOTTOM = 14, 706, 24, 160
"""Size of the picture in units of its own, and where the axes end in it."""

MARKS = 193
"""Height in the picture of the letters of other phases, below the numbers of the axis."""

LEAST_LISTED = 1.0
"""Per cent of the strongest line, for any radiation, from which on a line stands in the table."""

MAX_LISTED = 40
LABELS = 6
LABEL_APART = 34
"""Units of the picture that two labels keep between them."""

FAMILIES_NAMED = 3


@dataclass(frozen=True)
class PowderLine:
    """One line of the table: spacing in Å, and Miller indices as text."""

    d_ang: float
    hkl: str


@dataclass(frozen=True)
class Radiation:
    """One radiation: λ in Å; 2θ in degrees and height in per cent, as text, of the table's lines.

    `beside` holds 2θ of the lines of each other phase, as text; empty where the radiation does not reach one.
    """

    name: str
    label: str
    wavelength_ang: float
    two_theta_deg: tuple[str, ...]
    intensity: tuple[str, ...]
    said: str
    beside: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Drawing:
    """One radiation as drawn: a path of sticks, ticks (place, text), labels (place, height, text).

    `marks` are places and letters of the strongest lines of other phases.
    """

    name: str
    path: str
    ticks: tuple[tuple[float, str], ...]
    labels: tuple[tuple[float, float, str], ...]
    marks: tuple[tuple[float, str], ...]
    first_deg: float
    step_deg: float
    count: int
    runs: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class PowderTable:
    """The strongest lines, and for each radiation where they stand; `lines_total` counts weak ones too."""

    lines: tuple[PowderLine, ...]
    lines_total: int
    radiations: tuple[Radiation, ...]
    drawings: tuple[Drawing, ...]


def powder_table(found: Powder, beside: Sequence[BesideLine] = ()) -> PowderTable:
    """The pattern for the page: the strongest lines listed, all of them drawn.

    Args:
        found: lines and their places for each radiation.
        beside: other phases, whose strongest lines are marked.
    """
    highest = [max(shares) for shares in zip(*(one.intensity for one in found.patterns), strict=True)]
    strong = [place for place, share in enumerate(highest) if share >= LEAST_LISTED]
    listed = sorted(sorted(strong, key=lambda place: -highest[place])[:MAX_LISTED])
    return PowderTable(
        tuple(
            PowderLine(round(found.lines[place].d_ang, 4), indices(found.lines[place])) for place in listed
        ),
        len(found.lines),
        tuple(_radiation(one, found.lines, listed, beside) for one in found.patterns),
        tuple(_drawing(one, found.lines, beside) for one in found.patterns),
    )


def indices(line: Line) -> str:
    """Miller indices of a line's families, the strongest first: `1 0 3, 1 1 0`."""
    named = [_miller(hkl) for hkl in line.hkl[:FAMILIES_NAMED]]
    return ", ".join(named) + (" …" if len(line.hkl) > FAMILIES_NAMED else "")


def _miller(hkl: Sequence[int]) -> str:
    return " ".join(str(index).replace("-", "−") for index in hkl)


def _radiation(
    one: Pattern, lines: Sequence[Line], listed: Sequence[int], beside: Sequence[BesideLine]
) -> Radiation:
    top = max(range(len(one.intensity)), key=one.intensity.__getitem__)
    label = RADIATIONS[one.radiation]
    return Radiation(
        one.radiation,
        label,
        one.wavelength_ang,
        tuple(f"{one.two_theta_deg[place]:.2f}" for place in listed),
        tuple(f"{one.intensity[place]:.1f}" for place in listed),
        f"{label}, λ {one.wavelength_ang:.4f} Å: strongest line at 2θ = {one.two_theta_deg[top]:.2f}° "
        f"({indices(lines[top])}).",
        tuple(
            tuple("" if at is None else f"{at:.1f}" for at in _angles(phase, one.wavelength_ang))
            for phase in beside
        ),
    )


def _angles(phase: BesideLine, wavelength_ang: float) -> list[float | None]:
    return [two_theta_deg(d_ang, wavelength_ang) for d_ang in phase.d_ang]


def _drawing(one: Pattern, lines: Sequence[Line], beside: Sequence[BesideLine]) -> Drawing:
    end = 5 * (int(max(one.two_theta_deg) / 5) + 1)
    step = 10 if end > 50 else 5
    across = (RIGHT - LEFT) / end
    up = (BOTTOM - TOP) / 100
    sticks = [
        (round(LEFT + across * angle, 1), round(BOTTOM - up * share, 1))
        for angle, share in zip(one.two_theta_deg, one.intensity, strict=True)
    ]
    runs = _runs(one.profile)
    return Drawing(
        one.radiation,
        "".join(f"M{x:g} {BOTTOM}V{y:g}" for x, y in sticks),
        tuple((round(LEFT + across * at, 1), str(at)) for at in range(0, end + 1, step)),
        _labels(one, lines, sticks),
        tuple(
            (round(LEFT + across * at, 1), phase.letter)
            for phase in beside
            for at in _angles(phase, one.wavelength_ang)
            if at is not None and at <= end
        ),
        one.profile.first_deg,
        one.profile.step_deg,
        len(one.profile.heights),
        runs,
    )


def _labels(
    one: Pattern, lines: Sequence[Line], sticks: Sequence[tuple[float, float]]
) -> tuple[tuple[float, float, str], ...]:
    """Indices over the strongest lines, as far as they do not meet."""
    found: list[tuple[float, float, str]] = []
    for place in sorted(range(len(sticks)), key=lambda place: -one.intensity[place]):
        x, y = sticks[place]
        if all(abs(x - other) >= LABEL_APART for other, _, _ in found):
            found.append((x, round(y - 5, 1), _miller(lines[place].hkl[0])))
        if len(found) == LABELS:
            break
    return tuple(found)


def _runs(profile: Profile) -> tuple[tuple[int, ...], ...]:
    """The profile without its zeros: for each run of others the place of its first point, and the heights."""
    heights = np.array(profile.heights)
    risen = np.flatnonzero(heights)
    runs = np.split(risen, np.flatnonzero(np.diff(risen) > 1) + 1)
    return tuple((int(run[0]), *heights[run].tolist()) for run in runs)
