"""The same answer for every description of one crystal: every reference structure, or one of each kind."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from polywell.data.reference import reference_entries
from polywell.families import load_families
from polywell.records import Entry, Screening
from polywell.screening import screen, screen_many

FAMILIES = load_families()
ENTRIES = {entry.id: entry for entry in reference_entries()}
RECORDS = dict(zip(ENTRIES, screen_many(list(ENTRIES.values()), FAMILIES), strict=True))
EXACT, DISPLACED = 2e-3, 0.05


@dataclass(frozen=True)
class Seen:
    """What must not depend on the description: outcome, and the phases without their vertices."""

    outcome: str
    reason: str | None
    phases: tuple[tuple[str, str, str, tuple[str, ...], int, int, str], ...]
    heights: tuple[float, ...]


def seen(record: Screening) -> Seen:
    rows = sorted(
        (
            (p.cage, p.metal, p.ligand, p.apexes, p.faces, p.count, p.sheets_per_block),
            p.xi_ang,
        )
        for p in record.phases
    )
    return Seen(
        record.outcome.value,
        record.reason,
        tuple(row for row, _ in rows),
        tuple(height for _, height in rows),
    )


def assert_same(id: str, structure: Structure, within: float) -> None:
    entry: Entry = replace(ENTRIES[id], structure=structure)
    record = screen(entry, FAMILIES)
    expected, found = seen(RECORDS[id]), seen(record)
    assert replace(found, heights=()) == replace(expected, heights=()), record.message
    assert found.heights == pytest.approx(expected.heights, abs=within)
    if expected.outcome == "candidate":
        relative = 2 * within / expected.heights[0] + 1e-9
        assert record.tc_ceiling_k == pytest.approx(RECORDS[id].tc_ceiling_k, rel=relative)
        assert record.tc_outer_k == pytest.approx(RECORDS[id].tc_outer_k, rel=relative)


def rebuilt(
    structure: Structure, matrix: np.ndarray, cart: np.ndarray, order: np.ndarray | None = None
) -> Structure:
    order = np.arange(len(structure)) if order is None else order
    return Structure(
        Lattice(matrix), [structure[k].species for k in order], cart[order], coords_are_cartesian=True
    )


def kind(id: str) -> tuple[object, ...]:
    """What the geometry meets: cages, sheets in a block, long and short edges, buckling, shared sites."""
    record = RECORDS[id]
    cages = sorted(
        (p.cage, p.metal, p.ligand, p.sheets_per_block, np.ptp(p.edges_ang) > 0.01, p.buckling_ang > 0.05)
        for p in record.phases
    )
    return record.outcome.value, record.reason, tuple(cages), ENTRIES[id].structure.is_ordered


ALL = pytest.mark.parametrize("id", ENTRIES)
ONE_OF_EACH_KIND = pytest.mark.parametrize("id", {kind(id): id for id in ENTRIES}.values())
SEED = st.integers(min_value=0, max_value=2**32 - 1)


@ALL
def test_primitive_cell(id: str) -> None:
    assert_same(id, ENTRIES[id].structure.get_primitive_structure(tolerance=0.01), EXACT)


@ONE_OF_EACH_KIND
def test_reduced_cells(id: str) -> None:
    for algorithm in ("niggli", "LLL"):
        assert_same(id, ENTRIES[id].structure.get_reduced_structure(algorithm), EXACT)


@ONE_OF_EACH_KIND
@settings(max_examples=4)
@given(shape=st.tuples(*[st.integers(1, 2)] * 3))
def test_supercell(id: str, shape: tuple[int, int, int]) -> None:
    assert_same(id, ENTRIES[id].structure * shape, EXACT)


@ONE_OF_EACH_KIND
def test_sheared_supercell(id: str) -> None:
    assert_same(id, ENTRIES[id].structure * np.array([[1, 1, 0], [-1, 1, 0], [0, 1, 1]]), EXACT)


@ALL
@settings(max_examples=2)
@given(seed=SEED)
def test_axes_origin_order_and_orientation(id: str, seed: int) -> None:
    """Permuted and negated axes (left-handed cells among them), any origin, rotated, mirrored, shuffled."""
    random = np.random.default_rng(seed)
    structure = ENTRIES[id].structure
    matrix, frac = structure.lattice.matrix, structure.frac_coords + random.uniform(-2, 2, 3)
    frac = frac + random.integers(-3, 4, frac.shape)
    axes = random.permutation(3)
    signs = random.choice([-1.0, 1.0], 3)
    matrix, frac = signs[:, None] * matrix[axes], frac[:, axes] * signs
    turn, upper = np.linalg.qr(random.normal(size=(3, 3)))
    turn = turn * np.sign(np.diag(upper)) * random.choice([-1.0, 1.0])
    matrix = matrix @ turn
    assert_same(id, rebuilt(structure, matrix, frac @ matrix, random.permutation(len(structure))), EXACT)


@ALL
@settings(max_examples=1)
@given(seed=SEED)
def test_small_displacements(id: str, seed: int) -> None:
    """Every atom moved by 0.02 Å in a random direction, split and shared sites moved as one."""
    random = np.random.default_rng(seed)
    structure = ENTRIES[id].structure
    steps = random.normal(size=(len(structure), 3))
    steps *= 0.02 / np.linalg.norm(steps, axis=1, keepdims=True)
    assert_same(id, rebuilt(structure, structure.lattice.matrix, structure.cart_coords + steps), DISPLACED)


@settings(max_examples=3)
@given(seed=SEED)
def test_a_batch_says_what_single_entries_say(seed: int) -> None:
    random = np.random.default_rng(seed)
    chosen = [list(ENTRIES.values())[k] for k in random.permutation(len(ENTRIES))[:40]]
    assert screen_many(chosen, FAMILIES) == [screen(entry, FAMILIES) for entry in chosen]
