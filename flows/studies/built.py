"""`make built`: writes the tables that are made of the other tables alone."""

from __future__ import annotations

from pathlib import Path

from catalog.store.durable import write_files
from flows.studies.checkout import table_to_write
from polywell.data.built import text_of
from polywell.design.library import Member, made_members
from polywell.evidence.anchors import made_records
from polywell.families import built_in_families
from polywell.making.impurities import Trace, made_traces
from polywell.records import Screening

FOLDER = Path("polywell") / "tables" / "built"
"""Where they stand, below the checkout."""


def texts() -> dict[str, str]:
    """Each table, made anew, by the name of its file."""
    families = built_in_families()
    return {
        "impurity_lines.json": text_of(Trace, made_traces(), families),
        "library.json": text_of(Member, made_members(), families),
        "reference_records.json": text_of(Screening, made_records(families), families),
    }


if __name__ == "__main__":
    write_files((table_to_write(FOLDER / name), text.encode()) for name, text in texts().items())
