"""Which metal names a net, and what had to be decided about nets, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from polywell.families import Families
from polywell.geometry.cages import NONAHEDRON, OCTAHEDRON, TRIDECAHEDRON
from polywell.geometry.find import CagedNets, Geometry, Net
from polywell.geometry.ions import Ions
from polywell.geometry.layers.sheets import Sheet
from polywell.geometry.nets.square_nets import BRIDGED

CAGES_ON = {True: (OCTAHEDRON,), False: (NONAHEDRON, TRIDECAHEDRON)}
"""Kinds of cage by whether their net is bridged."""


def named(geometry: Geometry, families: Families) -> Geometry:
    """The geometry with each net named by its majority metal, and in a tie by the λ table.

    Of metals with equal shares the one that stands first in the table with a λ for the net's cages and ligand
    names it, else the first in the alphabet.
    """

    def of(part: CagedNets) -> CagedNets:
        if all(len(sheet.tied) == 1 for sheet in part.sheets):
            return part
        cages = CAGES_ON[part.nets.kind == BRIDGED]
        return replace(part, sheets=[_named(sheet, cages, families) for sheet in part.sheets])

    completed = {id(part): named(part, families) for part in geometry.parts[1:]}
    return replace(
        geometry,
        bridged=of(geometry.bridged),
        capped=of(geometry.capped),
        completed={place: (completed[id(part)], at) for place, (part, at) in geometry.completed.items()},
    )


def _named(sheet: Sheet, cages: Sequence[str], families: Families) -> Sheet:
    if len(sheet.tied) == 1:
        return sheet
    return replace(sheet, metal=families.first_of(sheet.tied, cages, sheet.ligand) or sheet.metal)


def net_note(ions: Ions, nets: Sequence[Net], frameworks: Sequence[Net], families: Families) -> str | None:
    """What was decided about the nets of one structure; None where nothing was.

    Args:
        ions: those of its batch.
        nets: its nets that count.
        frameworks: those left out because they belong to a framework.
        families: the λ table.
    """
    said = [sentence for net in nets for sentence in _decided(ions, net, families)]
    said += [f"a {net.sheet.metal_mix} net belongs to a framework and is left out" for net in frameworks]
    return "; ".join(dict.fromkeys(said)) or None


def _decided(ions: Ions, net: Net, families: Families) -> Iterator[str]:
    sheet = net.sheet
    if len(sheet.tied) > 1:
        cages = CAGES_ON[net.kind == BRIDGED]
        why = "has a λ" if families.first_of([sheet.metal], cages, sheet.ligand) else "is first by name"
        with_one = [one for one in sheet.tied if families.first_of([one], cages, sheet.ligand)]
        why = "stands first in the λ table" if len(with_one) > 1 else why
        shared = " and ".join(sheet.tied)
        yield f"{shared} have equal shares of the net: it is called by {sheet.metal}, which {why}"
    corners = [ion for ion in net.metals if ion in net.holes]
    if corners:
        yield f"{len(corners) / len(net.metals):.0%} of the corners of the {sheet.metal} net are empty"
    symbols = Counter(ions.elements[ion] for ion in net.foreign)
    for symbol, count in sorted(symbols.items()):
        yield f"{symbol} holds {count / len(net.metals):.0%} of the corners of the {sheet.metal} net"
    ligands = set(net.ligands)
    missing, what = ligands.intersection(net.holes), "bridges" if net.kind == BRIDGED else "caps"
    if missing:
        yield f"{len(missing) / len(ligands):.0%} of the {what} of the {sheet.metal} net are missing"
