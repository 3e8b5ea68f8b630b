"""Every reference structure, screened, against heights and faces that were worked out another way."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from polywell.data.reference import reference_entries, reference_structures
from polywell.families import load_families
from polywell.records import Outcome, Phase
from polywell.screening import screen_many
from tests.polywell.data.independent_xi import INDEPENDENT_XI

ENTRIES = {entry.id: entry for entry in reference_entries()}
RECORDS = {record.id: record for record in screen_many(reference_entries(), load_families())}
REFERENCES = {reference.id: reference for reference in reference_structures()}
FACES = {"octahedron": 8, "nonahedron": 9, "tridecahedron": 13}
CORNERS = {"octahedron": 6, "nonahedron": 9, "tridecahedron": 9}


@pytest.mark.parametrize("id", REFERENCES)
def test_outcome_is_the_expected_one(id: str) -> None:
    record = RECORDS[id]
    said = "candidate" if record.outcome is Outcome.CANDIDATE else record.reason
    assert said == REFERENCES[id].expect, record.message


@pytest.mark.parametrize("id", INDEPENDENT_XI)
def test_heights_equal_the_arithmetic_on_tabulated_coordinates(id: str) -> None:
    expected = sorted((kind, sorted(apexes), round(xi, 3)) for kind, apexes, xi in INDEPENDENT_XI[id])
    found = sorted((phase.cage, sorted(phase.apexes), round(phase.xi_ang, 3)) for phase in RECORDS[id].phases)
    assert [row[:2] for row in found] == [row[:2] for row in expected]
    assert [row[2] for row in found] == pytest.approx([row[2] for row in expected], abs=0.002)


def test_independent_heights_cover_every_candidate() -> None:
    candidates = {id for id, reference in REFERENCES.items() if reference.expect == "candidate"}
    assert set(INDEPENDENT_XI) == candidates


PHASES = [(id, phase) for id, record in RECORDS.items() for phase in record.phases]


def corners(id: str, phase: Phase) -> np.ndarray:
    """Positions of the cage's vertices, from the structure itself."""
    structure = ENTRIES[id].structure
    return np.array(
        [
            structure.lattice.get_cartesian_coords(structure[vertex.site].frac_coords + vertex.image)
            for vertex in phase.vertices
        ]
    )


def faces_by_supporting_planes(points: np.ndarray, tolerance: float) -> int:
    """Faces of a hull as sets of points on one plane with nothing beyond it; no hull library involved."""
    faces: set[frozenset[int]] = set()
    for triple in combinations(range(len(points)), 3):
        origin, one, other = points[list(triple)]
        normal = np.cross(one - origin, other - origin)
        length = np.linalg.norm(normal)
        if length < 0.3:
            continue
        height = (points - origin) @ (normal / length)
        if (height <= tolerance).all() or (height >= -tolerance).all():
            faces.add(frozenset(np.flatnonzero(np.abs(height) <= tolerance).tolist()))
    return sum(not any(face < larger for larger in faces) for face in faces)


@pytest.mark.parametrize(
    ("id", "phase"), PHASES, ids=lambda value: value if isinstance(value, str) else value.phase
)
def test_cage_has_its_vertices_roles_and_faces(id: str, phase: Phase) -> None:
    assert len(phase.vertices) == CORNERS[phase.cage]
    roles = Counter(vertex.role for vertex in phase.vertices)
    assert roles["metal"] == 4
    assert roles["apex"] == len(phase.apexes)
    assert phase.faces == FACES[phase.cage]
    unequal = len(phase.anion_heights_ang) == 2 and np.ptp(phase.anion_heights_ang) > 0.005
    if phase.cage == "nonahedron" and unequal:
        return  # unequal anion heights fold its parallelograms: vertices and roles are the check
    assert faces_by_supporting_planes(corners(id, phase), tolerance=0.05) == FACES[phase.cage]


@pytest.mark.parametrize(
    ("id", "phase"), PHASES, ids=lambda value: value if isinstance(value, str) else value.phase
)
def test_metals_are_a_square_and_apexes_stand_on_its_axis(id: str, phase: Phase) -> None:
    points = corners(id, phase)
    ring, tips = points[:4], points[[vertex.role == "apex" for vertex in phase.vertices]]
    sides = np.linalg.norm(ring - np.roll(ring, 1, axis=0), axis=1)
    diagonals = np.linalg.norm(ring[:2] - ring[2:], axis=1)
    assert sides.max() / sides.min() < 1.1
    assert diagonals == pytest.approx(np.sqrt(2) * sides.mean(), rel=0.05)
    normal = np.cross(ring[1] - ring[0], ring[2] - ring[1])
    normal /= np.linalg.norm(normal)
    rise = (tips - ring.mean(axis=0)) @ normal
    lateral = tips - ring.mean(axis=0) - np.outer(rise, normal)
    assert np.linalg.norm(lateral, axis=1).max() < 0.3 * sides.mean()
    if phase.cage == "octahedron":
        assert np.ptp(rise) == pytest.approx(phase.xi_ang, abs=0.06)
    if phase.cage == "tridecahedron":
        assert abs(rise[0]) == pytest.approx(phase.xi_ang, abs=0.03)


# Fe-As distance from the tabulated cell: sqrt((a/2)² + h²) with the anion height h.
@pytest.mark.parametrize("id", ["lafeaso", "bafe2as2", "fese", "cefeaso", "kfe2as2"])
def test_bond_and_angle_of_an_iron_sheet(id: str) -> None:
    reference, phase = REFERENCES[id], RECORDS[id].phases[0]
    half, height = reference.a_ang / 2, phase.anion_heights_ang[0]
    assert phase.bond_ang == pytest.approx(np.hypot(half, height), abs=1e-6)
    assert phase.anion_angle_deg == pytest.approx(2 * np.degrees(np.arctan(half / height)), abs=1e-6)
    assert phase.edges_ang == pytest.approx((reference.a_ang / np.sqrt(2),) * 2, abs=1e-6)


@pytest.mark.parametrize(
    ("id", "sheets"),
    [
        ("la2cuo4-htt", "1"),
        ("hgba2cuo4.18", "1"),
        ("yba2cu3o6.91", "2"),
        ("hgba2cacu2o6", "2"),
        ("hgba2ca2cu3o8.16", "3"),
        ("hgba2ca3cu4o10", "4"),
        ("cacuo2", "infinite"),
        ("la3ni2o7", "2"),
        ("la4ni3o10-tetragonal", "3"),
        ("lafeaso", "1"),
        ("fese", "1"),
        ("kca2fe4as4f2", "2"),
    ],
)
def test_number_of_sheets_in_a_block(id: str, sheets: str) -> None:
    assert {phase.sheets_per_block for phase in RECORDS[id].phases} == {sheets}


def test_sheet_of_yba2cu3o7() -> None:
    reference, phase = REFERENCES["yba2cu3o6.91"], RECORDS["yba2cu3o6.91"].phases[0]
    height = {site.label: site.xyz[2] * reference.c_ang for site in reference.sites}
    copper = next(site.label for site in reference.sites if site.label.startswith("Cu") and site.xyz[2] > 0.1)
    planar = [site for site in reference.sites if site.label.startswith("O") and site.xyz[2] > 0.3]
    apical = next(
        site.label for site in reference.sites if site.label.startswith("O") and 0.1 < site.xyz[2] < 0.3
    )
    assert phase.sheet_distance_ang == pytest.approx(reference.c_ang - 2 * height[copper], abs=1e-6)
    assert phase.apical_ligands == ("O",)
    assert phase.apical_distances_ang == pytest.approx([height[copper] - height[apical]], abs=1e-6)
    assert phase.buckling_ang == pytest.approx(
        np.mean([abs(height[site.label] - height[copper]) for site in planar]), abs=1e-6
    )
    assert phase.edges_ang == pytest.approx(sorted((reference.a_ang, reference.b_ang)), abs=1e-6)


def test_sparse_chain_oxygen_makes_no_sheet() -> None:
    """In YBa2Cu3O6+x the chain layer would be a sheet with ξ ≈ 4.3 Å if occupancy were ignored."""
    for id in ("yba2cu3o6.26", "yba2cu3o6.45"):
        assert all(set(phase.apexes) == {"Y", "Ba"} and phase.xi_ang < 3.8 for phase in RECORDS[id].phases)


def test_mixed_metal_is_named_by_its_majority_and_keeps_the_mix() -> None:
    phase = RECORDS["bafe1.8co0.2as2"].phases[0]
    assert (phase.metal, phase.metal_mix) == ("Fe", "Fe0.9 Co0.1")


def test_interstitial_iron_does_not_hide_the_net() -> None:
    assert [phase.cage for phase in RECORDS["fe1.06te"].phases] == ["nonahedron"]


def test_phases_are_named_by_growing_height() -> None:
    for record in RECORDS.values():
        heights = [phase.xi_ang for phase in record.phases]
        assert heights == sorted(heights)
        assert [phase.phase for phase in record.phases] == ["alpha", "beta", "gamma", "delta"][: len(heights)]
