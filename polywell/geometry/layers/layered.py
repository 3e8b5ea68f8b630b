"""Which nets of a structure count: those of a metal that are parallel, but for the sheets of frameworks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import cos, radians

from polywell.geometry.find import Geometry, Net
from polywell.geometry.ions import Floats
from polywell.geometry.nets.frameworks import frameworks
from polywell.geometry.tolerances import TOLERANCES, Tolerances
from polywell.records import REASON_MEANING, Reason

Verdict = tuple[Reason, str]
"""Why an entry is rejected, and the sentence that says so."""

NO_NET = Reason.NO_SQUARE_NET, REASON_MEANING[Reason.NO_SQUARE_NET]
"""What is said of an entry without a square net, as every one that is `without_right_angles`."""

IN_COLUMNS = "the octahedra share apical ligands along the normal, without end or from surface to surface"
"""What is said of an entry all of whose nets are sheets of frameworks."""


@dataclass(frozen=True)
class Layers:
    """The nets that count, by the number of their structure, and those left out as sheets of a framework.

    `verdicts` say of each other structure why it has none.
    """

    kept: dict[int, list[Net]]
    left_out: dict[int, list[Net]]
    verdicts: dict[int, Verdict]


def layers_of(
    geometry: Geometry,
    structures: Iterable[int],
    metals: Collection[str],
    tolerances: Tolerances = TOLERANCES,
) -> Layers:
    """The nets that count.

    Args:
        geometry: what was found in a batch of structures.
        structures: the numbers of those in question.
        metals: where a structure has nets of these, others do not count.
        tolerances: those of the geometry.
    """
    kept: dict[int, list[Net]] = {}
    verdicts: dict[int, Verdict] = {}
    for structure in structures:
        found = _parallel(geometry, structure, metals, tolerances)
        if isinstance(found, list):
            kept[structure] = found
        else:
            verdicts[structure] = found
    bridged = geometry.bridged
    asked = [
        net.number
        for nets in kept.values()
        if any(net.cages for net in nets)
        for net in nets
        if net.among is bridged
    ]
    columns = frameworks(geometry.ions, bridged.nets, asked, tolerances)
    left_out = {
        structure: [net for net in nets if net.among is bridged and net.number in columns]
        for structure, nets in kept.items()
    }
    for structure, out in left_out.items():
        if len(out) == len(kept[structure]):
            del kept[structure]
            verdicts[structure] = Reason.NOT_LAYERED, IN_COLUMNS
        elif out:
            kept[structure] = [net for net in kept[structure] if net not in out]
    return Layers(kept, left_out, verdicts)


def _parallel(
    geometry: Geometry, structure: int, metals: Collection[str], tolerances: Tolerances
) -> list[Net] | Verdict:
    """The nets of one structure that run parallel to all others of their metal, or why there is none."""
    if structure in geometry.overlaps:
        return Reason.OVERLAPPING_ATOMS, geometry.overlaps[structure]
    nets = geometry.nets(structure)
    known = [net for net in nets if net.sheet.metal in metals] or nets
    orientations = _orientations(known, tolerances)
    kept = [net for net in known if orientations[net.sheet.metal] == 1]
    if geometry.closes_in_space(structure) or (known and not kept):
        most = max(orientations.values(), default=2)
        return Reason.NOT_LAYERED, f"square nets in {max(most, 2)} or more orientations"
    return kept or NO_NET


def _orientations(nets: Sequence[Net], tolerances: Tolerances) -> dict[str, int]:
    """Number of orientations in which the nets of each metal run.

    Metals are counted apart, so that a row more in the λ table says nothing of the other families.
    """
    least = cos(radians(tolerances.parallel))
    directions: dict[str, list[Floats]] = {}
    for net in nets:
        own = directions.setdefault(net.sheet.metal, [])
        if all(abs(float(net.normal @ known)) < least for known in own):
            own.append(net.normal)
    return {metal: len(own) for metal, own in directions.items()}
