"""Words of the pages with what they mean, most of them those of a column."""

from __future__ import annotations

from functools import cache

from polywell.records import ENTRY_COLUMNS, PHASE_COLUMNS

OF_COLUMNS = {
    "outer": "tc_outer_k",
    "support": "support",
    "likeness": "nearest_similarity",
    "sheets": "sheets_per_block",
    "suspect": "geometry_suspect",
    "expected": "tc_expected_k",
    "best": "tc_best_k",
    "ceiling": "tc_ceiling_k",
    "hull": "e_above_hull_ev",
    "gain": "gain_k",
    "probability": "superconducting_probability",
    "spacer": "spacer",
    "xi": "xi_ang",
    "extrapolation": "extrapolation",
    "series": "series",
    "novelty": "novelty",
    "state": "electron_state",
    "apexes": "apexes",
}
"""The column that says what a word means."""

OWN = {
    "block": "Sheets that follow each other with single planes of cations between them, and what lies around "
    "them. Spacers part one block from the next.",
    "suspect": "Ions at heights outside those measured for such ions: more likely a failed calculation than "
    "a new compound. The reason stands with the entry.",
    "likeness": "From 0, nothing in common, to 1, the same: how much the estimate takes from that measured "
    "compound.",
    "cage": "The polyhedron of ions around a hollow of the square net: octahedron in CuO2 sheets, nonahedron "
    "and tridecahedron in FeAs sheets.",
    "new": "What neither the table of measured superconductors nor SuperCon knows, nor varies what they "
    "know.",
}
"""Words without a column, or that say more than it."""


@cache
def words() -> dict[str, str]:
    """What each word means."""
    columns = {column.name: column.meaning for column in (*PHASE_COLUMNS, *ENTRY_COLUMNS)}
    return {word: columns[name] for word, name in OF_COLUMNS.items()} | OWN
