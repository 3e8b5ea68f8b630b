"""Cages as bodies: frames, faces and images."""

import numpy as np
import pytest

from polywell.geometry.polyhedra import (
    body,
    centrings,
    corner_points_ang,
    moved_near,
    sheet_frame,
    sites_in_block,
)
from polywell.records import Vertex

SQUARE = [[1.9, 1.9, 0.0], [-1.9, 1.9, 0.0], [-1.9, -1.9, 0.0], [1.9, -1.9, 0.0]]
OCTAHEDRON = np.array([*SQUARE, [0.0, 0.0, 1.8], [0.0, 0.0, -1.8]])
ROLES = ["metal"] * 4 + ["apex"] * 2


def rotation(seed: int) -> np.ndarray:
    matrix, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return matrix * np.linalg.det(matrix)


@pytest.mark.parametrize("seed", range(5))
def test_the_frame_stands_the_cage_on_its_sheet_whatever_its_orientation(seed: int) -> None:
    turned = OCTAHEDRON @ rotation(seed).T + np.array([3.0, -2.0, 7.0])
    frame = sheet_frame(turned, ROLES)
    placed = frame.place(turned)
    assert np.allclose(frame.axes @ frame.axes.T, np.eye(3))
    assert np.linalg.det(frame.axes) == pytest.approx(1)
    assert np.allclose(placed[:4, 1], 0, atol=1e-9)
    assert np.allclose(np.abs(placed[4:, 1]), 1.8)
    assert np.allclose(np.abs(placed[:4, [0, 2]]), 1.9)


def test_the_normal_points_to_the_apex_of_a_one_sided_cage() -> None:
    points = np.array([*SQUARE, [0.0, 0.0, -3.0]])
    frame = sheet_frame(points, ["metal"] * 4 + ["apex"])
    assert frame.place(points)[4, 1] == pytest.approx(3.0)


def test_an_octahedron_has_eight_triangles_and_twelve_edges_that_face_outwards() -> None:
    triangles, edges = body(OCTAHEDRON)
    assert len(triangles) == 8 and len(edges) == 12
    for one, two, three in triangles:
        corners = OCTAHEDRON[[one, two, three]]
        assert np.cross(corners[1] - corners[0], corners[2] - corners[0]) @ corners.mean(axis=0) > 0


def test_coplanar_triangles_share_no_edge() -> None:
    cube = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=float)
    triangles, edges = body(cube)
    assert (len(triangles), len(edges)) == (12, 12)


def test_a_cage_without_volume_has_no_faces() -> None:
    assert body(np.array(SQUARE)) == ((), ())


def test_a_sheet_needs_a_square() -> None:
    with pytest.raises(ValueError, match="got 2"):
        sheet_frame(OCTAHEDRON[:2], ["metal"] * 2)
    with pytest.raises(ValueError, match="one line"):
        sheet_frame(np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0]]), ["metal"] * 3)


def test_vertices_stand_where_site_and_image_say() -> None:
    lattice, fractions = np.diag([4.0, 4.0, 10.0]), np.array([[0.0, 0.0, 0.0], [0.5, 0.5, 0.2]])
    vertices = [Vertex(1, (0, 0, -1), "O", "apex"), Vertex(0, (1, 0, 0), "Cu", "metal")]
    assert np.allclose(corner_points_ang(lattice, fractions, vertices), [[2, 2, -8], [4, 0, 0]])


def test_a_far_cage_comes_near_by_whole_lattice_vectors() -> None:
    lattice = np.diag([3.8, 12.0, 3.8])
    far = OCTAHEDRON[:, [0, 2, 1]] + np.array([7.6, 12.0, -3.8])
    assert np.allclose(moved_near(far, lattice).mean(axis=0), 0, atol=1e-9)


def test_the_block_holds_every_image_once() -> None:
    lattice = np.diag([4.0, 5.0, 6.0])
    low, high = np.array([-4.1, -5.1, -6.1]), np.array([4.1, 5.1, 6.1])
    places, sites = sites_in_block(lattice, np.array([[0.0, 0.0, 0.0]]), np.zeros(3), low, high)
    assert len(places) == 27 and set(sites) == {0}
    assert len(np.unique(places.round(6), axis=0)) == 27


def test_a_body_centred_cell_is_brought_onto_itself_by_its_centring_alone() -> None:
    lattice = np.diag([4.0, 4.0, 12.0])
    kinds = ["Cu", "Cu", "La", "La", "La", "La"]
    places = np.array(
        [[0, 0, 0], [0.5, 0.5, 0.5], [0, 0, 0.36], [0, 0, 0.64], [0.5, 0.5, 0.86], [0.5, 0.5, 0.14]]
    )
    assert np.allclose(centrings(lattice, places, kinds), [[0, 0, 0], [0.5, 0.5, 0.5]])
    assert np.allclose(centrings(lattice, places, ["Cu", "Ni", *kinds[2:]]), [[0, 0, 0]])
    far = np.array([[2.0, 7.0, 2.0], [2.0, 9.0, 2.0]])  # in the frame: x, normal, z; half a cell up
    frame = lattice[:, [0, 2, 1]]
    moved = moved_near(far, frame, centrings(lattice, places, kinds))
    assert np.allclose(moved.mean(axis=0), [0, 2, 0])
