"""A structure of the catalog as a CIF: the full cell in P1, every site with its occupancy."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from polywell.records import Entry
from reports.html.names import safe_name

if TYPE_CHECKING:
    from pymatgen.core import Structure

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
    names = ("a", "b", "c")
    lines = [
        f"data_{safe_name(entry.source, entry.id)}",
        *_text("_audit_creation_method", "polywell, from the structure that was screened"),
        *_text("_publ_section_comment", _origin(entry)),
        *(f"_cell_length_{name} {length:.8f}" for name, length in zip(names, lengths, strict=True)),
        *(
            f"_cell_angle_{name} {angle:.8f}"
            for name, angle in zip(("alpha", "beta", "gamma"), angles, strict=True)
        ),
        "_space_group_name_H-M_alt 'P 1'",
        "_space_group_IT_number 1",
        "loop_",
        "_space_group_symop_operation_xyz",
        "'x, y, z'",
        "loop_",
        "_atom_site_label",
        "_atom_site_type_symbol",
        "_atom_site_fract_x",
        "_atom_site_fract_y",
        "_atom_site_fract_z",
        "_atom_site_occupancy",
        *_sites(entry.structure),
    ]
    return "\n".join(lines) + "\n"


def sha256_of(text: str) -> str:
    """The sha256 of a text as UTF-8, in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _sites(structure: Structure) -> list[str]:
    lines, seen = [], dict[str, int]()
    for site, (x, y, z) in zip(structure, structure.frac_coords, strict=True):
        for element, amount in site.species.items():
            symbol = element.symbol
            seen[symbol] = seen.get(symbol, 0) + 1
            lines.append(f"{symbol}{seen[symbol]} {symbol} {x:.10f} {y:.10f} {z:.10f} {amount:.6g}")
    return lines


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
