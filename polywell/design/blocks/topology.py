"""What blocks have in common whatever their ions: which places of the square follow each other."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from polywell.design.blocks.layers import Atom, Block

GRID = 4
"""Places over the square are told apart by quarters of its edges."""

PLANE_ANG = 0.6
"""Å: cations whose heights differ by less stand in one plane."""

BESIDE_ANG = 1.0
"""Å: an anion belongs to the plane of cations from which its height differs by less: apical oxygen stands
up to
0.9 Å over its Ba; the oxygen between two planes of a fluorite block, 1.1 Å and more."""


def place_of(atom: Atom) -> str:
    """The part of the square over which an atom stands, such as `22` over its middle, `00` over a corner."""
    return f"{round(atom.u * GRID) % GRID}{round(atom.v * GRID) % GRID}"


@cache
def planes(block: Block) -> list[list[int]]:
    """Numbers of the cations of a block, those of one height together, from the bottom up."""
    return _planes(tuple(atom.z if atom.is_cation else None for atom in block.atoms))


@cache
def _planes(heights: tuple[float | None, ...]) -> list[list[int]]:
    """The same for heights in Å, None for anions; blocks with other ions share them."""
    known = {k: height for k, height in enumerate(heights) if height is not None}
    found: list[list[int]] = []
    for k in sorted(known, key=known.__getitem__):
        if found and known[k] - known[found[-1][0]] < PLANE_ANG:
            found[-1].append(k)
        else:
            found.append([k])
    return found


@cache
def topology_of(block: Block) -> str:
    """Kind of sheet and role, the cations by plane, and the anions by the plane in or over which they stand.

    Blocks of equal topology differ by their ions and lengths alone.
    """
    words = [" ".join(sorted(place_of(block.atoms[k]) for k in plane)) for plane in planes(block)]
    shift = f"{round(block.shift[0] * GRID) % GRID}{round(block.shift[1] * GRID) % GRID}"
    anions = sorted(word for _, word in _anions(block))
    return " ".join([block.net, block.role, f"[{'|'.join(words)}]", *anions, f">{shift}"])


def in_order(block: Block) -> Block:
    """The block with its atoms in an order in which those of blocks of equal topology correspond."""
    cations = [
        k for plane in planes(block) for k in sorted(plane, key=lambda k: (place_of(block.atoms[k]), k))
    ]
    anions = [k for k, _ in sorted(_anions(block), key=lambda one: (one[1], block.atoms[one[0]].z, one[0]))]
    return replace(block, atoms=tuple(block.atoms[k] for k in (*cations, *anions)))


def _anions(block: Block) -> list[tuple[int, str]]:
    """Number and word of every anion: planes of cations under it, whether it is beside one, its place."""
    heights = [sum(block.atoms[k].z for k in plane) / len(plane) for plane in planes(block)]
    found = []
    for k, atom in enumerate(block.atoms):
        if not atom.is_cation:
            under = sum(height < atom.z - BESIDE_ANG for height in heights)
            beside = any(abs(height - atom.z) <= BESIDE_ANG for height in heights)
            found.append((k, f"{under}{'=' if beside else '-'}{place_of(atom)}"))
    return found


@cache
def ions(block: Block) -> tuple[str, ...]:
    """The elements of a block: cations plane by plane from the bottom up, then anions by height."""
    cations = [symbol for plane in planes(block) for symbol in sorted(block.atoms[k].element for k in plane)]
    anions = sorted((atom for atom in block.atoms if not atom.is_cation), key=lambda atom: (atom.z, atom.u))
    return (*cations, *(atom.element for atom in anions))
