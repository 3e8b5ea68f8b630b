"""The tables of the checkout, which are made from data and written back by a command."""

from __future__ import annotations

import os
from pathlib import Path

from catalog.errors import CatalogError
from catalog.home import checkout as own_checkout


class NotACheckoutError(CatalogError):
    """A table is not one that may be written here."""


def table_to_write(table: Path, checkout: Path | None = None) -> Path:
    """Where a table of the checkout stands.

    Args:
        table: its path below the checkout.
        checkout: the folder of the project's files; the one that the program runs from if None.

    Raises:
        NotACheckoutError: there is no checkout, or the folder of the table cannot be written.
    """
    folder = checkout or own_checkout()
    if folder is None or not (folder / "pyproject.toml").is_file() or not (folder / table).parent.is_dir():
        raise NotACheckoutError(
            f"{folder or 'an installed package'} is no checkout of polywell (no pyproject.toml, or no "
            f"{table.parent}); the table is one of its files: install a checkout with "
            "`pip install --editable .` and write it there"
        )
    path = folder / table
    if not os.access(path.parent, os.W_OK):
        raise unwritable(path, "no permission")
    return path


def unwritable(path: Path, why: str) -> NotACheckoutError:
    """The error for a table that cannot be replaced."""
    return NotACheckoutError(
        f"{path} cannot be written ({why}); expected a checkout that you may write: change its permissions"
    )
