import numpy as np
import pytest
from scipy.spatial import ConvexHull

from polywell.geometry.polyhedra import face_counts

SQUARE = [(1, 0, 0), (0, 1, 0), (-1, 0, 0), (0, -1, 0)]
UPPER = [(2, 2, 0), (-2, 2, 0), (-2, -2, 0), (2, -2, 0)]


def on(height: float, points: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    return [(x, y, z + height) for x, y, z in points]


CUBE = [(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
OCTAHEDRON = [*SQUARE, (0, 0, 1.3), (0, 0, -1.1)]
# Metals at the corners of a square of edge √2, ligands over the four neighbouring hollows.
NONAHEDRON = [*SQUARE, *on(1.4, [(x / 2 * 2 / 2, y / 2 * 2 / 2, z) for x, y, z in UPPER]), (0, 0, -1.4)]
TRIDECAHEDRON = [*NONAHEDRON[:8], (0, 0, 3.2)]


@pytest.mark.parametrize(
    ("points", "faces"), [(CUBE, 6), (OCTAHEDRON, 8), (NONAHEDRON, 9), (TRIDECAHEDRON, 13)]
)
def test_faces(points: list[tuple[float, float, float]], faces: int) -> None:
    exact = np.array(points, dtype=float)
    shaken = exact + np.random.default_rng(1).uniform(-0.02, 0.02, exact.shape)
    assert face_counts(np.array([exact, shaken]), 10.0).tolist() == [faces, faces]


def test_unequal_anion_heights_fold_the_parallelograms() -> None:
    points = np.array([[*NONAHEDRON[:8], (0, 0, -1.0)]], dtype=float)
    assert face_counts(points, 1e-6) == 13


def test_flat_points_have_no_faces() -> None:
    assert face_counts(np.array([[*SQUARE, *UPPER]], dtype=float), 10.0) == 0


def test_faces_are_those_of_an_independent_hull() -> None:
    bodies = np.random.default_rng(2).normal(size=(50, 9, 3))
    assert face_counts(bodies, 1e-6).tolist() == [len(ConvexHull(body).simplices) for body in bodies]
