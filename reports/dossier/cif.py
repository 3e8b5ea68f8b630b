"""A structure of the catalog as a CIF: the full cell in P1, or the conventional one with its operations."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
from pymatgen.core.operations import SymmOp

from polywell.geometry.conventional import SYMMETRY_TOLERANCE_ANG, Conventional
from polywell.records import Entry
from reports.html.names import safe_name

LINE = 72
"""Characters of one line of a text, well below the 80 of CIF 1.0."""

MAX_TEXT = 400


def cif_text(entry: Entry) -> str:
    """Write the structure of an entry as a CIF.

    ASCII only, LF line ends, the same bytes for the same entry. Coordinates carry 10 decimals. The
    orientation of the cell in space is not kept, as a CIF has none.

    Raises:
        ValueError: the entry holds no structure.
    """
    if entry.structure is None:
        raise ValueError(f"{entry.id!r} holds no structure: a CIF needs lattice and coordinates")
    matrix = entry.structure.lattice.matrix
    lengths = np.linalg.norm(matrix, axis=1)
    a, b, c = matrix / lengths[:, None]
    angles = np.degrees(np.arccos(np.clip([b @ c, a @ c, a @ b], -1, 1)))
    sites = (
        (element.symbol, place, amount)
        for site, place in zip(entry.structure, entry.structure.frac_coords, strict=True)
        for element, amount in site.species.items()
    )
    head = _head(entry, "polywell, from the structure that was screened")
    group = ("_space_group_name_H-M_alt 'P 1'", "_space_group_IT_number 1")
    return _written(head, (*lengths, *angles), group, ["x, y, z"], sites)


def conventional_cif_text(entry: Entry, found: Conventional) -> str:
    """Write a structure in its conventional cell, idealised by its space group: one site for each orbit.

    Args:
        entry: where the structure comes from.
        found: its conventional cell.
    """
    cell = found.cell
    sites = (
        (symbol, cell.frac[site] % 1.0, share)
        for site in found.asymmetric
        for symbol, share in cell.mixes[site].items()
    )
    head = _head(
        entry,
        "polywell, from the structure that was screened, idealised by spglib "
        f"within {SYMMETRY_TOLERANCE_ANG} Angstrom",
    )
    group = (
        f"_space_group_name_H-M_alt '{found.symbol.replace('_', '')}'",
        f"_space_group_IT_number {found.number}",
    )
    operations = [
        SymmOp.from_rotation_and_translation(rotation, translation).as_xyz_str()
        for rotation, translation in zip(found.rotations, found.translations, strict=True)
    ]
    return _written(head, found.axes, group, operations, sites)


def sha256_of(text: str) -> str:
    """The sha256 of a text as UTF-8, in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _head(entry: Entry, method: str) -> list[str]:
    return [
        f"data_{safe_name(entry.source, entry.id)}",
        *_text("_audit_creation_method", method),
        *_text("_publ_section_comment", _origin(entry)),
    ]


def _written(
    head: Sequence[str],
    axes: Sequence[float],
    group: Sequence[str],
    operations: Sequence[str],
    sites: Iterable[tuple[str, Sequence[float], float]],
) -> str:
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines = [
        *head,
        *(f"_cell_{name} {value:.8f}" for name, value in zip(names, axes, strict=True)),
        *group,
        "loop_",
        "_space_group_symop_operation_xyz",
        *(f"'{operation}'" for operation in operations),
        "loop_",
        "_atom_site_label",
        "_atom_site_type_symbol",
        "_atom_site_fract_x",
        "_atom_site_fract_y",
        "_atom_site_fract_z",
        "_atom_site_occupancy",
    ]
    seen = dict[str, int]()
    for symbol, (x, y, z), share in sites:
        seen[symbol] = seen.get(symbol, 0) + 1
        lines.append(f"{symbol}{seen[symbol]} {symbol} {x:.10f} {y:.10f} {z:.10f} {share:.6g}")
    return "\n".join(lines) + "\n"


def _origin(entry: Entry) -> str:
    parts = [f"source: {entry.source}", f"id: {entry.id}"]
    given = (("citation", entry.provenance.citation), ("licence", entry.provenance.licence))
    parts += [f"{name}: {value}" for name, value in given if value]
    return "\n".join(part[:MAX_TEXT] for part in parts)


def _text(name: str, value: str) -> list[str]:
    """A text field of CIF; what is not printable ASCII becomes an escape, and no line can end the field."""
    plain = "".join(
        character if character == "\n" or " " <= character <= "~" else f"\\u{ord(character):04x}"
        for character in value
    )
    folded = [
        line[start : start + LINE]
        for line in plain.split("\n")
        for start in range(0, max(1, len(line)), LINE)
    ]
    return [name, ";", *(f" {line}" for line in folded), ";"]
