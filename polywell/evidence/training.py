"""The training rows of the calibration: measured rows as the model sees them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace

from polywell.data.measured import digest as measured_digest
from polywell.data.reference import digest as reference_digest
from polywell.data.supercon.table import digest as supercon_digest
from polywell.electrons.valence import amounts_of
from polywell.evidence.calibration import Calibration, TrainingRow
from polywell.evidence.fitting import fit
from polywell.evidence.model.material import made
from polywell.evidence.rows.joined import rounded
from polywell.evidence.rows.rows import Row, measured_rows
from polywell.families import Families

DOPANT = 0.1
"""An element with less than this for each atom of the net's metal is a dopant."""
AS_WRITTEN = ""
"""What a row says of its oxygen where its formula was determined."""


def training_row(row: Row, metal: str) -> TrainingRow:
    """A measured row as the model sees it.

    Args:
        row: a row of the measured tables.
        metal: that of the nets of its family.
    """
    amounts = amounts_of(row.formula)
    return TrainingRow(
        id=row.id,
        formula=row.formula,
        compound=row.compound,
        system=system_of(amounts),
        base=base_of(amounts, metal),
        structure_type=row.structure_type,
        material=made(
            rounded(replace(row.features, pressure_gpa=row.pressure_gpa)),
            amounts,
            metal,
            oxygen_known=row.oxygen == AS_WRITTEN,
        ),
        tc_k=row.tc_k,
        year=row.year,
    )


def training_rows(rows: Iterable[Row], families: Families) -> tuple[TrainingRow, ...]:
    """Rows that may train, in order of id; those of a family without a row in the λ table are passed over."""
    metals = {family.name: family.metal for family in families.rows}
    found = [training_row(row, metals[row.family]) for row in rows if row.trains and row.family in metals]
    return tuple(sorted(found, key=lambda row: row.id))


def built_in_rows(families: Families) -> tuple[TrainingRow, ...]:
    """The training rows that come with polywell."""
    return training_rows(measured_rows(families), families)


def calibrate(families: Families, own: Iterable[Row] = ()) -> Calibration:
    """The calibration of the built-in rows; its text is the table that comes with polywell.

    Args:
        families: the λ table.
        own: rows beside the built-in ones, such as measurements of one's own.
    """
    rows = training_rows((*measured_rows(families), *own), families)
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


def system_of(amounts: Mapping[str, float]) -> str:
    """The chemical system: elements without oxygen."""
    return "-".join(sorted(symbol for symbol in amounts if symbol != "O"))


def base_of(amounts: Mapping[str, float], metal: str) -> str:
    """The chemical system without dopants."""
    least = DOPANT * amounts.get(metal, 0.0)
    return system_of({symbol: amount for symbol, amount in amounts.items() if amount >= least})


def digest(rows: Iterable[TrainingRow]) -> str:
    """The sha256 of training rows as canonical JSON (keys sorted, no blanks)."""
    content = [asdict(row) for row in rows]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
