"""Rows of the tables of a study: numbers by the names of their columns."""

from __future__ import annotations

from typing import Any


class Row(dict[str, Any]):
    """One row; a column is read as an attribute, and rows are equal when all their columns are."""

    def __getattr__(self, column: str) -> Any:
        """The value of a column."""
        try:
            return self[column]
        except KeyError:
            raise AttributeError(f"no column {column!r}; known: {', '.join(self)}") from None
