"""`polywell measured build`: cleans the raw file of SuperCon and writes it into the checkout as a table."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from catalog.errors import SourceError
from catalog.store.durable import write_files
from flows.studies.checkout import table_to_write, unwritable
from polywell.data.supercon.cleaning import RawTableError, cleaned
from polywell.data.supercon.table import FILE, counts, supercon, to_text

TABLE = Path("polywell", "tables", *FILE)
"""The table, below the checkout."""


@dataclass(frozen=True)
class Built:
    """Where the table was written, whether it moved, and how many reports there are of each kind."""

    path: Path
    changed: bool
    counts: dict[str, int]


def build(raw: Path, checkout: Path | None = None) -> Built:
    """Cleans the raw file and replaces the table durably; the same file gives the same bytes.

    Args:
        raw: the file of MDR SuperCon as CSV in UTF-8, with the columns `cleaning.RAW_COLUMNS`.
        checkout: the folder of the project's files; the one that the program runs from if None.

    Raises:
        SourceError: no such file, no text, or not the columns or values of SuperCon.
        NotACheckoutError: there is no checkout, or its table cannot be written.
    """
    path = table_to_write(TABLE, checkout)
    try:
        rows = csv.DictReader(StringIO(raw.read_bytes().decode("utf-8-sig"), newline=""), strict=True)
        reports = cleaned(rows)
    except OSError as error:
        raise SourceError(f"{raw}: {error.strerror or error}; give the raw file of SuperCon") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{raw} is not text in UTF-8 (byte {error.start}); save it as UTF-8") from error
    except (RawTableError, csv.Error) as error:
        raise SourceError(f"{raw}: {error}") from error
    text = to_text(reports).encode()
    try:
        changed = not path.exists() or path.read_bytes() != text
        if changed:
            write_files([(path, text)])
    except OSError as error:
        raise unwritable(path, error.strerror or str(error)) from error
    supercon.cache_clear()
    return Built(path, changed, counts(reports))
