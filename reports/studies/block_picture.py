"""A block between its two sheets, as a drawing of plain shapes: heights to scale, seen from the side."""

from __future__ import annotations

from dataclasses import dataclass

from polywell.design.blocks.layers import Atom, Block

SCALE = 22.0
"""Units of the drawing for one Å."""

ASIDE, UPWARD = 0.30, 0.12
"""How far the second edge of the square leads to the right and up, in parts of its length."""

EDGE = 16.0
"""Room around the drawing."""

ENDS = 0.02
"""An atom this near an end of an edge, in fractions of it, is drawn at both."""


@dataclass(frozen=True)
class Ball:
    """One atom: centre, radius, class of its colour, and its symbol."""

    x: float
    y: float
    r: float
    kind: str
    symbol: str


@dataclass(frozen=True)
class Picture:
    """Balls from the back to the front, outlines of both sheets as paths, and the picture in words."""

    width: float
    height: float
    sheets: tuple[str, ...]
    balls: tuple[Ball, ...]
    said: str


def picture(block: Block) -> Picture:
    """Draw a block with the sheet below and that above."""
    a, b = block.plane.a_ang, block.plane.b_ang
    top = block.thickness_ang
    placed = [(atom, *_kind(atom, "sheet")) for atom in block.below.atoms]
    placed += [(_moved(atom, block.shift, top), *_kind(atom, "sheet")) for atom in block.above.atoms]
    apexes = {symbol for side in block.apexes for symbol in side}
    for atom in block.atoms:
        placed.append((atom, *_kind(atom, "apex" if apexes & {s for s, _ in atom.mix} else "other")))
    low = min(atom.z for atom, _, _ in placed)
    high = max(atom.z for atom, _, _ in placed)
    width = 2 * EDGE + SCALE * (a + ASIDE * b)
    height = 2 * EDGE + SCALE * (high - low + UPWARD * b)

    def point(u: float, v: float, z: float) -> tuple[float, float]:
        x = EDGE + SCALE * (a * u + ASIDE * b * v)
        return round(x, 1), round(height - EDGE - SCALE * (z - low + UPWARD * b * v), 1)

    balls = []
    for atom, kind, radius in placed:
        for u in _images(atom.u):
            for v in _images(atom.v):
                x, y = point(u, v, atom.z)
                balls.append((-v, atom.z, u, Ball(x, y, radius, kind, atom.element)))
    balls.sort(key=lambda one: one[:3])
    outlines = tuple(
        "M"
        + "L".join(f"{x} {y}" for x, y in (point(u, v, z) for u, v in ((0, 0), (1, 0), (1, 1), (0, 1))))
        + "Z"
        for z in (0.0, top)
    )
    return Picture(
        round(width, 1),
        round(height, 1),
        outlines,
        tuple(ball for *_, ball in balls),
        f"{block.formula} between sheets {top:.2f} Å apart: "
        + ", ".join(
            f"{atom.element} at {atom.z:.2f} Å" for atom in sorted(block.atoms, key=lambda one: one.z)
        ),
    )


def _kind(atom: Atom, role: str) -> tuple[str, float]:
    """Class and radius of a ball."""
    if role == "sheet":
        return ("metal", 8.0) if atom.is_cation else ("ligand", 6.0)
    return (role, 10.0) if atom.is_cation else ("anion", 7.5)


def _moved(atom: Atom, shift: tuple[float, float], z: float) -> Atom:
    return Atom(atom.mix, atom.u + shift[0], atom.v + shift[1], atom.z + z)


def _images(fraction: float) -> tuple[float, ...]:
    folded = fraction % 1.0
    return (0.0, 1.0) if folded < ENDS or folded > 1 - ENDS else (folded,)
