"""Where a crystal cleaves, how deep its sheets then lie, and the contrast that a microscope would see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polywell.geometry.stacking import NoSheetError, Stacking, stacking
from polywell.proposal.rows import Row

if TYPE_CHECKING:
    from pymatgen.core import Structure

SAME_GAP_ANG = 0.01
"""Å: gaps that differ by less are equally wide."""

EXPOSED_SHEET_ANG = 0.3
"""Å: a sheet nearer to the cleavage plane is itself the surface."""


def stm_contrast(h_alpha_ang: float, h_beta_ang: float) -> float:
    """Intensity k = h_α/h_β of the side bars relative to the centre bar (proposal, STM contrast).

    Raises:
        ValueError: the depths are not 0 ≤ h_α < h_β.
    """
    if not 0 <= h_alpha_ang < h_beta_ang:
        raise ValueError(f"expected depths 0 ≤ h_α < h_β in Å, got {h_alpha_ang} and {h_beta_ang}")
    return h_alpha_ang / h_beta_ang


def cleavage(structure: Structure) -> Row:
    """Find the cleavage plane of a layered structure: the widest gap between its atomic planes.

    The two sides of the gap, and equally wide gaps, may differ; the surface with the shallowest sheet
    that is not itself the surface is taken, or a bare sheet if there is no other.

    Returns:
        `gap_ang`, the width of the gap; `exposed`, the elements of the surface plane; `h_alpha_ang` and
        `h_beta_ang`, the depths of the nearest and second-nearest sheet below it; `contrast`, k = h_α/h_β.

    Raises:
        NoSheetError: the structure has no sheets, or a single atomic plane.
    """
    found = stacking(structure)
    if len(found.planes) < 2:
        raise NoSheetError("a crystal of one atomic plane has no gap to cleave")
    neighbours = list(zip(found.planes, found.planes[1:] + found.planes[:1], strict=True))
    gaps = [(upper.height_ang - lower.height_ang) % found.period_ang for lower, upper in neighbours]
    surfaces = [
        (*_depths(found, plane.height_ang, down), plane.elements, gap)
        for (lower, upper), gap in zip(neighbours, gaps, strict=True)
        if gap >= max(gaps) - SAME_GAP_ANG
        for plane, down in ((lower, -1.0), (upper, 1.0))
    ]
    covered = [surface for surface in surfaces if surface[0] >= EXPOSED_SHEET_ANG]
    near, second, exposed, gap = min(covered or surfaces, key=lambda one: (round(one[0], 6), one[2]))
    contrast = stm_contrast(near, second)
    return Row(gap_ang=gap, exposed=exposed, h_alpha_ang=near, h_beta_ang=second, contrast=contrast)


def _depths(found: Stacking, surface: float, down: float) -> tuple[float, float]:
    """Depths of the two nearest sheets on the side of the crystal that is left."""
    depths = []
    for sheet in found.sheets_ang:
        depth = (down * (sheet - surface)) % found.period_ang
        depths += [0.0 if found.period_ang - depth < 1e-6 else depth, depth + found.period_ang]
    nearest, second = sorted(depths)[:2]
    return nearest, second
