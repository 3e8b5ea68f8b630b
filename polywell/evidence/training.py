"""The training rows of the calibration: measured rows as the model sees them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict

from polywell.data.measured import digest as measured_digest
from polywell.data.reference import digest as reference_digest
from polywell.data.supercon.table import digest as supercon_digest
from polywell.evidence.calibration import Calibration, TrainingRow
from polywell.evidence.fitting import fit
from polywell.evidence.rows.rows import measured_rows
from polywell.families import Families


def calibrate(families: Families, own: Iterable[TrainingRow] = ()) -> Calibration:
    """The calibration of the built-in rows; its text is the table that comes with polywell.

    Args:
        families: the λ table.
        own: rows beside the built-in ones, such as measurements of one's own.
    """
    rows = sorted((*measured_rows(families), *own), key=lambda row: row.id)
    return fit(rows, families, digests(rows))


def digests(rows: Iterable[TrainingRow]) -> tuple[tuple[str, str], ...]:
    """Names and digests of what a calibration with the built-in rows is made from, beside the λ table."""
    return (("training", digest(rows)), *sources())


def sources() -> tuple[tuple[str, str], ...]:
    """Names and digests of the tables that the built-in rows come from."""
    return (
        ("reference", reference_digest()),
        ("measured", measured_digest()),
        ("supercon", supercon_digest()),
    )


def digest(rows: Iterable[TrainingRow]) -> str:
    """The sha256 of training rows as canonical JSON (keys sorted, no blanks)."""
    content = [asdict(row) for row in rows]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
