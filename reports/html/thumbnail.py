"""The cage block of a candidate as a small picture: seen along the sheets, in its own proportions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup

from polywell.making.substrates import INFINITE
from polywell.records import Phase, Screening
from reports.html.cells import clipped

WIDTH, HEIGHT = 48, 30
"""Size of the picture in units of its own."""

MARGIN = 3.0
MOST_SHEETS = 6
"""Sheets that are drawn of a block; more would be lines without cages between them."""

INFINITE_SHEETS = 2
"""Sheets that stand for infinitely many."""

STEP_ANG = 0.1
"""Heights and edges are drawn to this, so that like blocks share one picture."""

MAX_WORDS = 160

Point = tuple[float, float]


@dataclass(frozen=True)
class Thumbnail:
    """Paths of SVG: outlines of the cages, lines of the sheets, and ions as dots of a round stroke."""

    cages: str
    sheets: str
    ions: str

    def svg(self, said: str) -> Markup:
        """The picture as an element of its own.

        Args:
            said: what it shows, for those who do not see it.
        """
        return Markup(
            f'<svg class="block" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{{}}">'
            f'<path class="cage" d="{self.cages}"/><path class="net" d="{self.sheets}"/>'
            f'<path class="ion" d="{self.ions}"/></svg>'
        ).format(said)


def thumbnail(found: Screening) -> Thumbnail | None:
    """The block around the cage that gives the ceiling; None where there is no such cage."""
    main = found.ceiling_phase
    if main is None:
        return None
    own = [phase for phase in found.phases if phase.metal == main.metal]
    edge = _step(sum(main.edges_ang) / 2)
    if main.cage == "octahedron":
        octahedra = [phase for phase in own if phase.cage == main.cage]
        heights = _heights(octahedra, main, _sheets(main.sheets_per_block))
        return Thumbnail(*_octahedra(edge, tuple(map(_step, heights))))
    anions = [height for phase in own for height in phase.anion_heights_ang]
    low = _lowest(own, "nonahedron") / 2 or (sum(anions) / len(anions) if anions else edge / 2)
    return Thumbnail(*_layer(edge, _step(low), _step(_lowest(own, "tridecahedron"))))


def in_words(found: Screening) -> str:
    """What the picture of a candidate's block shows."""
    main = found.ceiling_phase
    if main is None:
        return ""
    apexes = " and ".join(dict.fromkeys(main.apexes)) or "no cation"
    said = f"{main.cage} {main.xi_ang:.2f} Å high, {apexes} at its apexes; sheets in a block: "
    return clipped(said + main.sheets_per_block, MAX_WORDS)


def _sheets(said: str) -> int:
    if said == INFINITE:
        return INFINITE_SHEETS
    return max(1, min(MOST_SHEETS, int(said))) if said.isdigit() else 1


def _heights(cages: Sequence[Phase], main: Phase, sheets: int) -> list[float]:
    """Heights of the cages from the bottom up: the highest outside, the ceiling's within."""
    outer = max((phase.xi_ang for phase in cages), default=main.xi_ang)
    return [outer, *[main.xi_ang] * (sheets - 2), outer] if sheets > 2 else [main.xi_ang] * sheets


def _lowest(phases: Sequence[Phase], cage: str) -> float:
    return min((phase.xi_ang for phase in phases if phase.cage == cage), default=0.0)


def _step(value: float) -> float:
    return round(value / STEP_ANG) * STEP_ANG


@cache
def _octahedra(edge: float, heights: tuple[float, ...]) -> tuple[str, str, str]:
    outlines: list[list[Point]] = []
    nets: list[list[Point]] = []
    ions: list[Point] = [(0.0, 0.0)]
    bottom = 0.0
    for height in heights:
        middle, top = bottom + height / 2, bottom + height
        outlines.append([(0, bottom), (edge / 2, middle), (0, top), (-edge / 2, middle)])
        nets.append([(-0.8 * edge, middle), (0.8 * edge, middle)])
        ions += [(-edge / 2, middle), (edge / 2, middle), (0, top)]
        bottom = top
    return _paths(outlines, nets, ions)


@cache
def _layer(edge: float, anion: float, cation: float) -> tuple[str, str, str]:
    """One FeAs-type layer: the nonahedron below and above its net, and the tridecahedron if there is one."""
    outlines: list[list[Point]] = [[(0, -anion), (edge, anion), (-edge, anion)]]
    ions: list[Point] = [
        (-edge / 2, 0),
        (edge / 2, 0),
        (0, -anion),
        (-edge, anion),
        (0, anion),
        (edge, anion),
    ]
    if cation:
        outlines.append([(-edge / 2, 0), (edge / 2, 0), (edge, anion), (0, cation), (-edge, anion)])
        ions.append((0, cation))
    return _paths(outlines, [[(-1.2 * edge, 0), (1.2 * edge, 0)]], ions)


def _paths(
    outlines: Sequence[Sequence[Point]], nets: Sequence[Sequence[Point]], ions: Sequence[Point]
) -> tuple[str, str, str]:
    every = [point for shape in (*outlines, *nets) for point in shape]
    xs, ys = [x for x, _ in every], [y for _, y in every]
    across, up = max(xs) - min(xs) or 1.0, max(ys) - min(ys) or 1.0
    scale = min((WIDTH - 2 * MARGIN) / across, (HEIGHT - 2 * MARGIN) / up)
    middle_x, middle_y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2

    def placed(point: Point) -> str:
        x, y = WIDTH / 2 + scale * (point[0] - middle_x), HEIGHT / 2 - scale * (point[1] - middle_y)
        return f"{x:.1f} {y:.1f}"

    def line(points: Sequence[Point]) -> str:
        return "M" + "L".join(map(placed, points))

    return (
        "".join(f"{line(shape)}Z" for shape in outlines),
        "".join(map(line, nets)),
        "".join(f"M{placed(point)}h0" for point in ions),
    )
