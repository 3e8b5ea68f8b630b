"""Faces of the convex hull of a cage."""

from __future__ import annotations

from math import cos, radians

from scipy.spatial import ConvexHull, QhullError

from polywell.geometry.ions import Floats


def face_count(points: Floats, coplanar_deg: float) -> int:
    """Number of faces of the convex hull of `points`, nearly coplanar neighbours merged.

    Args:
        points: (N, 3) in any unit.
        coplanar_deg: facets that share an edge and whose normals differ by less, in degrees, are one face.

    Returns:
        The count; 0 when the points span no volume.
    """
    try:
        hull = ConvexHull(points)
    except QhullError:
        return 0
    normals = hull.equations[:, :3]
    alike = (normals @ normals.T >= cos(radians(coplanar_deg))).tolist()
    neighbours = hull.neighbors.tolist()
    seen = [False] * len(neighbours)
    faces = 0
    for seed in range(len(neighbours)):
        if seen[seed]:
            continue
        seen[seed] = True
        faces += 1
        face = [seed]
        for facet in face:
            for other in neighbours[facet]:
                if not seen[other] and alike[facet][other]:
                    seen[other] = True
                    face.append(other)
    return faces
