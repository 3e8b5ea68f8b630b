"""Coordinates of candidates in feature space, and how alike two candidates are: the kernel.

Scales, references and the form of the kernel are fixed by `tables/calibration_protocol.md`; nothing here
depends on a measured T_c.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import asinh, sqrt

import numpy as np
from numpy.typing import NDArray

from polywell.data.elements import LIGANDS
from polywell.data.spacers import spacer_table
from polywell.evidence.features import NO_LIGAND, Features

Floats = NDArray[np.float64]

GROUPS = ("cage", "sheets", "plane", "apical", "spacer", "disorder", "pressure")
TERMS = ("family", *GROUPS, "close")
"""Terms of the kernel, in the order of its variances."""

LACKING = 1.0
"""How far a material that lacks a feature stands from one that has its reference value."""
OTHER_WORD = 1.5
"""How far two different words stand apart."""
PRESSURE_GPA = 5.0
"""GPa: pressures count in proportion below this and by their logarithm above."""
CLOSE = 2.0
"""Distance over which the term of close neighbours falls."""
ENVELOPE = 4.0
"""Distance over which every term falls."""


@dataclass(frozen=True)
class Scale:
    """One number of the feature vector: its group, the length that counts as one, and the reference.

    `reference` is the value at which a material stands that lacks the feature.
    """

    name: str
    group: str
    unit: float
    reference: float = 0.0


_CAGE = (
    Scale("xi_ceiling_ang", "cage", 0.3),
    Scale("xi_outer_ang", "cage", 0.3),
    Scale("apex_radius_inner_ang", "cage", 0.2, 1.2),
    Scale("apex_radius_outer_ang", "cage", 0.2, 1.2),
)
SCALES = {
    "bridged": (
        *_CAGE,
        Scale("sheet_distance_ang", "sheets", 0.4, 3.3),
        Scale("bond_ang", "plane", 0.03),
        Scale("bond_angle_deg", "plane", 10.0),
        Scale("buckling_ang", "plane", 0.2),
        Scale("apical_distance_ang", "apical", 0.3, 2.4),
        Scale("net_disorder", "disorder", 0.1),
    ),
    "capped": (
        *_CAGE,
        Scale("sheet_distance_ang", "sheets", 1.0, 6.5),
        Scale("bond_ang", "plane", 0.05),
        Scale("anion_height_ang", "plane", 0.12, 1.35),
        Scale("anion_angle_deg", "plane", 4.0, 110.0),
        Scale("net_disorder", "disorder", 0.1),
    ),
}
"""Scales over CuO2-type (bridged) and FeAs-type (capped) sheets."""

INVERSE_SHEETS = 0.35
"""1/n of sheets a block that counts as one; infinitely many are 0."""


@cache
def _words() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Features that are words: their group and the words that each can be."""
    ligands = tuple(sorted(LIGANDS))
    return {
        "ligand": ("plane", ligands),
        "apical": ("apical", (NO_LIGAND, *ligands)),
        "spacer": ("spacer", tuple(row.name for row in spacer_table().classes)),
    }


def sheet_kind(features: Features) -> str:
    """Which scales go with these features: bridged or capped."""
    return "bridged" if features.anion_height_ang is None else "capped"


def coordinates(rows: Sequence[Features], kind: str) -> list[Floats]:
    """Coordinates of candidates in feature space, group by group.

    Args:
        rows: N candidates.
        kind: whose scales to use, bridged or capped.

    Returns:
        For each of `GROUPS` an array (N, D) without unit; Euclidean distances between rows of it are the
        distances of the kernel.

    Raises:
        ValueError: a word is none that the feature can be.
    """
    columns: dict[str, list[Floats]] = {group: [] for group in GROUPS}
    for scale in SCALES[kind]:
        given = [getattr(row, scale.name) for row in rows]
        values = np.array([scale.reference if value is None else value for value in given], dtype=np.float64)
        columns[scale.group].append((values - scale.reference) / scale.unit)
        if any(value is None for value in given) or scale.reference:
            columns[scale.group].append(np.array([LACKING * (value is None) for value in given], dtype=float))
    counts = [0.0 if row.sheets_per_block == "infinite" else 1 / int(row.sheets_per_block) for row in rows]
    columns["sheets"].append(np.array(counts) / INVERSE_SHEETS)
    columns["pressure"].append(np.array([asinh((row.pressure_gpa or 0.0) / PRESSURE_GPA) for row in rows]))
    for name, (group, words) in _words().items():
        said = [getattr(row, name) for row in rows]
        strange = sorted(set(said) - set(words))
        if strange:
            raise ValueError(f"{name} {strange[0]!r}: expected one of {', '.join(words)}")
        hot = np.array([[word == one for one in words] for word in said], dtype=float).reshape(-1, len(words))
        columns[group].extend(hot.T * (OTHER_WORD / sqrt(2)))
    return [np.column_stack(columns[group]) for group in GROUPS]


def squared_distances(one: Sequence[Floats], other: Sequence[Floats]) -> Floats:
    """Squared distances within each group, (G, N, M), of N candidates from M others."""
    return np.array([_squared(a, b) for a, b in zip(one, other, strict=True)])


def _squared(one: Floats, other: Floats) -> Floats:
    lengths = np.einsum("ij,ij->i", one, one)[:, None] + np.einsum("ij,ij->i", other, other)
    squared: Floats = np.maximum(lengths - 2.0 * one @ other.T, 0.0)
    return squared


def terms(squared: Floats) -> Floats:
    """The terms of the kernel with variance one, (T, N, M), from squared distances (G, N, M).

    Each is 1 at the same place and falls to 0 far away, whichever features make it far.
    """
    whole = squared.sum(axis=0)
    envelope = np.exp(-whole / (2 * ENVELOPE**2))
    close = np.exp(-whole / (2 * CLOSE**2))
    return np.concatenate(([envelope], np.exp(-squared / 2) * envelope, [close * envelope]))
