"""The page of the blocks: each kind drawn between its sheets, with what it is and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from polywell.design.inventory.blocks import REFERENCE, BlockKind, BlockRow, Inventory
from reports.html.cells import clipped
from reports.html.names import BLOCKS_DATA, BLOCKS_PAGE
from reports.html.study import study_files
from reports.html.writing import File, records_csv
from reports.studies.block_picture import picture

BLOCKS_CSV, BLOCKS_PARQUET = "blocks.csv", "blocks.parquet"
"""Every block as a table, beside the page."""

MOST_DRAWN = 300
"""Kinds that a page draws; of more, those of most crystals."""

MOST_PARENTS = 4
"""Crystals that are named with a block; all of them stand in the table."""

LONGEST = 120

TITLES = {
    ("bridged", "spacer"): "Spacers between CuO₂-type sheets",
    ("bridged", "inner"): "Inner layers, between two CuO₂-type sheets of one slab",
    ("capped", "spacer"): "Spacers between FeAs-type sheets",
}


def blocks_files(folder: Path, found: Inventory, origin: str) -> Iterator[File]:
    """Give the table of blocks as CSV, the kinds as JSON, and the page.

    Args:
        folder: where they go.
        found: the blocks.
        origin: whose crystals were cut, in words.
    """
    yield folder / BLOCKS_CSV, records_csv(BlockRow, found.rows)
    drawn = found.kinds[:MOST_DRAWN]
    yield from study_files(
        folder / BLOCKS_PAGE,
        folder / BLOCKS_DATA,
        {
            "origin": origin,
            "kinds": [
                {"name": one.name, "sheets": one.sheets, "parents": one.parents, **asdict(one.first)}
                for one in found.kinds
            ],
            "not_cut": [asdict(one) for one in found.missing],
        },
        "design_blocks",
        {
            "origin": origin,
            "found": found,
            "blocks": len(found.rows),
            "lent": sum(one.lent for one in found.kinds),
            "undrawn": len(found.kinds) - len(drawn),
            "groups": [
                (title, cards)
                for key, title in TITLES.items()
                if (cards := [_card(one) for one in drawn if (one.block.net, one.block.role) == key])
            ],
            "csv_name": BLOCKS_CSV,
            "parquet_name": BLOCKS_PARQUET,
        },
    )


def _card(kind: BlockKind) -> dict[str, Any]:
    """What the page says of one kind of block."""
    parents = [clipped(one, LONGEST) for one in kind.parents]
    return {
        "name": clipped(kind.name, LONGEST),
        "picture": picture(kind.block),
        "sheets": ", ".join(kind.sheets),
        "charge": "not known" if kind.charge is None else f"{kind.charge:+.2f} e".replace("-", "−"),
        "thickness_ang": kind.thickness_ang,
        "spread_ang": kind.spread_ang,
        "edge_ang": kind.edge_ang,
        "apexes": _apexes(kind.first),
        "parents": ", ".join(parents[:MOST_PARENTS]),
        "more_parents": max(0, len(parents) - MOST_PARENTS),
        "remark": _remark(kind),
    }


def _apexes(row: BlockRow) -> str:
    below, above = row.apex_below, row.apex_above
    if not below and not above:
        return "none: it closes no cage"
    if below == above:
        return f"{below} on both sides"
    return f"{below or 'none'} below, {above or 'none'} above"


def _remark(kind: BlockKind) -> str:
    if kind.lent:
        return ""
    if not kind.first.smallest:
        return "In a larger cell than its sheets need: no design is made of it."
    if kind.first.source != REFERENCE:
        return "Of a candidate, which nobody need have measured: no design is made of it."
    return "Measured under pressure or strain, or estimated: no design is made of it."
