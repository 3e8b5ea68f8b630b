"""The powder pattern of a structure: its lines for each radiation, and the profile that they add up to.

The lines are those of pymatgen's `XRDCalculator`: scattering factors of neutral atoms by site and share, the
factor of Lorentz and polarisation for a powder between two flat slits, neither vibration nor absorption nor
anomalous scattering nor preferred orientation. Without anomalous scattering |F|² does not depend on the
wavelength: one calculation gives the lines of every radiation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from polywell.geometry.conventional import Conventional
from polywell.geometry.ions import Floats, Ints
from polywell.geometry.sites import structure_of

RADIATIONS = {"CuKa": "Cu Kα", "MoKa": "Mo Kα", "AgKa": "Ag Kα", "CoKa": "Co Kα"}
"""Names in pymatgen's table of wavelengths (means of Kα1 and Kα2), and for people; the first is usual."""

FIRST_DEG, LAST_DEG = 3.0, 90.0
"""2θ at Cu Kα within which lines are calculated; other radiations show the same lines, at their angles."""

ONE_LINE_DEG = 0.02
"""2θ at Cu Kα: lines no farther apart than this are one; no laboratory diffractometer parts them."""

LEAST = 0.1
"""Lines below this share of the strongest, in per cent, are left out."""

STEP_DEG = 0.02
WIDTH_DEG = 0.1
"""Step of the profile in 2θ, and full width at half height of its lines: a Gaussian each."""

PROFILE_TOP = 1000
"""Height of the profile's highest point."""


@dataclass(frozen=True)
class Line:
    """One line: spacing in Å, and Miller indices of its families of planes in the conventional cell."""

    d_ang: float
    hkl: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Profile:
    """A profile: 2θ of its first point, step, both in degrees, and whole heights of at most `PROFILE_TOP`."""

    first_deg: float
    step_deg: float
    heights: tuple[int, ...]


@dataclass(frozen=True)
class Pattern:
    """The lines of one radiation, in the order of `Powder.lines`.

    Attributes:
        radiation: its name in `RADIATIONS`.
        wavelength_ang: in Å.
        two_theta_deg: in degrees.
        intensity: in per cent of its strongest line.
        profile: what a diffractometer would draw.
    """

    radiation: str
    wavelength_ang: float
    two_theta_deg: tuple[float, ...]
    intensity: tuple[float, ...]
    profile: Profile


@dataclass(frozen=True)
class Powder:
    """The lines of a structure by falling spacing, and for each radiation where they stand and how high."""

    lines: tuple[Line, ...]
    patterns: tuple[Pattern, ...]


def unscattered(elements: Collection[str]) -> tuple[str, ...]:
    """Elements that pymatgen has no scattering factor of, so that no pattern can be calculated."""
    from pymatgen.analysis.diffraction.xrd import ATOMIC_SCATTERING_PARAMS

    return tuple(sorted(symbol for symbol in elements if symbol not in ATOMIC_SCATTERING_PARAMS))


def powder(found: Conventional) -> Powder:
    """The powder pattern of a structure, shared and partly filled sites as they are.

    Intensities of lines that stand together add up, their spacing is the mean by |F|².

    Args:
        found: its conventional cell, to which the Miller indices refer.

    Raises:
        ValueError: an element has no scattering factor; see `unscattered`.
    """
    from pymatgen.analysis.diffraction.xrd import (  # takes a second, and only dossiers need it
        WAVELENGTHS,
        XRDCalculator,
    )

    missing = unscattered({symbol for mix in found.cell.mixes for symbol in mix})
    if missing:
        raise ValueError(f"no scattering factor of {', '.join(missing)}: ask `unscattered` before `powder`")
    usual, *_ = RADIATIONS
    made = XRDCalculator(usual).get_pattern(
        structure_of(found.cell), scaled=False, two_theta_range=(FIRST_DEG, LAST_DEG)
    )
    spacings, heights = np.array(made.d_hkls), np.array(made.y)
    bare = heights / lorentz_polarisation(WAVELENGTHS[usual] / (2 * spacings))
    groups = _as_one(np.array(made.x))
    mean = np.bincount(groups, bare * spacings) / np.bincount(groups, bare)
    strong = np.zeros(len(mean), dtype=bool)
    angles, shares = {}, {}
    for radiation in RADIATIONS:
        sines = WAVELENGTHS[radiation] / (2 * mean)
        risen = np.bincount(groups, bare * lorentz_polarisation(WAVELENGTHS[radiation] / (2 * spacings)))
        angles[radiation] = np.degrees(2 * np.arcsin(sines))
        shares[radiation] = 100 * risen / risen.max()
        strong |= shares[radiation] >= LEAST
    members = np.split(np.arange(len(groups)), np.flatnonzero(np.diff(groups)) + 1)
    lines = tuple(
        Line(float(mean[group]), tuple(_indices(made.hkls, members[group], heights)))
        for group in np.flatnonzero(strong)
    )
    patterns = tuple(
        Pattern(
            radiation,
            WAVELENGTHS[radiation],
            tuple(angles[radiation][strong].tolist()),
            tuple(shares[radiation][strong].tolist()),
            profile(angles[radiation][strong], shares[radiation][strong]),
        )
        for radiation in RADIATIONS
    )
    return Powder(lines, patterns)


def lorentz_polarisation(sines: Floats) -> Floats:
    """(1 + cos² 2θ) / (sin² θ cos θ) of sin θ: what a powder's intensity rises by over |F|²."""
    theta = np.arcsin(sines)
    return np.asarray((1 + np.cos(2 * theta) ** 2) / (sines**2 * np.cos(theta)))


def profile(two_theta_deg: Floats, intensity: Floats) -> Profile:
    """The sum of a Gaussian for each line, its height in per cent, and the highest point at `PROFILE_TOP`."""
    reach = round(2 * WIDTH_DEG / STEP_DEG)  # at twice the width a Gaussian has fallen to 2e-5
    first = round(float(two_theta_deg.min()) / STEP_DEG) - reach - 1
    middle = np.rint(two_theta_deg / STEP_DEG).astype(int)
    places = middle[:, None] + np.arange(-reach, reach + 1)[None]
    apart = (places * STEP_DEG - two_theta_deg[:, None]) / WIDTH_DEG
    risen = np.bincount(
        (places - first).ravel(), (intensity[:, None] * np.exp(-4 * np.log(2) * apart**2)).ravel()
    )
    heights = np.rint(PROFILE_TOP * risen / risen.max()).astype(int)
    return Profile(round(first * STEP_DEG, 6), STEP_DEG, tuple(heights.tolist()))


def _as_one(two_theta_deg: Floats) -> Ints:
    """The number of the line that each reflection belongs to, by rising angle."""
    groups, start = np.zeros(len(two_theta_deg), dtype=np.int64), two_theta_deg[0]
    for place, angle in enumerate(two_theta_deg[1:], start=1):
        apart = angle - start > ONE_LINE_DEG
        groups[place] = groups[place - 1] + apart
        start = angle if apart else start
    return groups


def _indices(
    families: Sequence[Sequence[Mapping[str, Any]]], members: Ints, heights: Floats
) -> Iterator[tuple[int, ...]]:
    """Miller indices of the reflections of one line, those of the strongest first."""
    for member in sorted(members.tolist(), key=lambda place: -heights[place]):
        for family in families[member]:
            yield tuple(family["hkl"])
