"""`polywell calibrate`: fits the calibration to measured rows, for the checkout or for a home of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from catalog.errors import HomeError
from catalog.home import Home
from catalog.measurements.calibration import BUILT_IN, OWN, calibration_file
from catalog.measurements.table import folder_of, measurements_of
from catalog.store.durable import write_files
from flows.progress import stage
from flows.studies.checkout import table_to_write, unwritable
from polywell.evidence.calibration import Calibration, TrainingRow
from polywell.evidence.calibration_table import (
    CalibrationTableError,
    built_in_calibration,
    from_text,
    to_text,
)
from polywell.evidence.own.rows import NoRowError, own_rows
from polywell.evidence.training import calibrate as fit_built_in
from polywell.families import Families, load_families

TABLE = Path("polywell") / "tables" / "calibration.toml"
"""The table, below the checkout."""

DIGITS = 12
"""Digits of a digest that are shown."""


@dataclass(frozen=True)
class Recalibrated:
    """Where the calibration was written, and one sentence for everything that moved."""

    path: Path
    changed: bool
    moved: tuple[str, ...]


def calibrate(
    checkout: Path | None = None, fit: Callable[[Families], Calibration] = fit_built_in
) -> Recalibrated:
    """Fits the calibration to the built-in rows and the built-in λ table, and replaces the table durably.

    Args:
        checkout: the folder of the project's files; the one that the program runs from if None.
        fit: makes the calibration.

    Raises:
        NotACheckoutError: there is no checkout, or its table cannot be written.
        FamilyTableError: the λ table cannot be used.
    """
    path = table_to_write(TABLE, checkout)
    done = _replaced(path, lambda: fit(load_families()))
    built_in_calibration.cache_clear()
    return done


def calibrate_home(
    home: Home, fit: Callable[[Families, Iterable[TrainingRow]], Calibration] = fit_built_in
) -> Recalibrated:
    """Fits the calibration of a home to the built-in rows and its own measurements; the built-in stays.

    Args:
        home: the home; its next run estimates by what is written here.
        fit: makes the calibration of the built-in rows and others.

    Raises:
        HomeError: the home cannot be read, a measurement is of no candidate any more, or the table cannot be
            written.
    """
    families, measured = load_families(), measurements_of(home)
    try:
        rows = own_rows(measured, families)
    except NoRowError as error:
        raise HomeError(
            f"{folder_of(home)}: a measurement is of no candidate of this polywell: {error}"
        ) from error
    home.prepare()

    def fitted() -> Calibration:
        made = fit(families, rows)
        more = ((BUILT_IN, built_in_calibration().training_digest), (OWN, str(len(rows))))
        return replace(made, digests=(*made.digests, *more))

    return _replaced(calibration_file(home), fitted)


def _replaced(path: Path, fit: Callable[[], Calibration]) -> Recalibrated:
    before = _read(path)
    with stage("fitting to", "measured rows") as advance:
        after = fit()
        advance(sum(model.rows for model in after.models))
    text = to_text(after)
    try:
        changed = not path.exists() or path.read_text(encoding="utf-8", errors="replace") != text
        if changed:
            write_files([(path, text.encode())])
    except OSError as error:
        raise unwritable(path, error.strerror or str(error)) from error
    return Recalibrated(path, changed, _moved(before, after) if changed else ("nothing moved",))


def _read(path: Path) -> Calibration | str:
    """The calibration before; in its place a few words where there is none that can be read."""
    try:
        return from_text(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return "there was no table before"
    except (CalibrationTableError, UnicodeDecodeError, ValueError) as error:
        return f"the table before could not be read: {error}"
    except OSError as error:
        raise unwritable(path, error.strerror or str(error)) from error


def _moved(before: Calibration | str, after: Calibration) -> tuple[str, ...]:
    """One sentence for each digest, family and number of rows that is another than before."""
    if isinstance(before, str):
        digests = tuple(f"{name}: {digest[:DIGITS]}" for name, digest in after.digests)
        return (before, *digests)
    moved = []
    if before.algorithm_version != after.algorithm_version:
        moved.append(f"algorithm version: {before.algorithm_version} to {after.algorithm_version}")
    old = dict(before.digests)
    for name, digest in after.digests:
        if old.get(name) != digest:
            moved.append(f"{name}: {old.get(name, 'none')[:DIGITS]} to {digest[:DIGITS]}")
    names = dict.fromkeys(model.family for model in (*before.models, *after.models))
    for family in names:
        moved.extend(_moved_family(family, before, after))
    return tuple(moved) or ("only the layout of the table moved",)


def _moved_family(family: str, before: Calibration, after: Calibration) -> list[str]:
    one, other = before.model(family), after.model(family)
    if one is None or other is None:
        return [f"{family}: {'new' if one is None else 'gone'}"]
    moved = []
    if (one.rows, one.superconducting) != (other.rows, other.superconducting):
        moved.append(
            f"{family}: {one.rows} rows to {other.rows}, superconducting {one.superconducting} to "
            f"{other.superconducting}"
        )
    for what, is_other in (
        ("trees", one.tc != other.tc),
        ("intervals", (one.interval, one.best_interval) != (other.interval, other.best_interval)),
        ("probability", one.odds != other.odds),
        ("measured rows", one.neighbourhood != other.neighbourhood),
    ):
        if is_other:
            moved.append(f"{family}: other {what}")
    return moved
