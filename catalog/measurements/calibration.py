"""The calibration of a home: the built-in one, or that which was fitted with its own measurements too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from catalog.errors import HomeError
from catalog.home import Home
from catalog.measurements.table import measurements_of
from polywell import ALGORITHM_VERSION
from polywell.evidence.calibration import Calibration
from polywell.evidence.calibration_table import CalibrationTableError, built_in_calibration, from_text

FILE = "calibration.toml"
BUILT_IN, OWN = "built_in", "own_measurements"
"""Names among the digests of such a calibration: the built-in one of its time, and how many it added."""


@dataclass(frozen=True)
class InForce:
    """The calibration by which a home estimates.

    `path` is None for the built-in one. `own` counts measurements of the home that it was fitted to.
    `note` says what is to be done about it, if anything.
    """

    calibration: Calibration
    path: Path | None = None
    own: int = 0
    note: str | None = None

    @property
    def sentence(self) -> str:
        """Which one it is."""
        digest = self.calibration.training_digest[:12]
        if self.path is None:
            return f"built-in ({digest})"
        return f"{self.path} ({digest}), with {self.own} own measurements"


def built_in() -> InForce:
    """The calibration that comes with polywell."""
    return InForce(built_in_calibration())


def calibration_file(home: Home) -> Path:
    """Where the calibration of a home lies."""
    return home.catalog / FILE


def calibration_in_force(home: Home) -> InForce:
    """The home's own calibration where it is of this program and its tables; else the built-in one.

    Raises:
        HomeError: a file is there and cannot be read.
    """
    path, comes_with = calibration_file(home), built_in_calibration()
    kept = len(measurements_of(home))
    again = f"`polywell calibrate --home {home.catalog.parent}` fits it anew"
    try:
        own = from_text(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        note = f"own measurements in no calibration yet: {kept}; {again}" if kept else None
        return InForce(comes_with, note=note)
    except OSError as error:
        raise HomeError(f"{path} cannot be read ({error.strerror or error}); make it readable") from error
    except (CalibrationTableError, ValueError) as error:
        return InForce(
            comes_with, note=f"{path} cannot be used ({error}), the built-in one stands in: {again}"
        )
    digests = dict(own.digests)
    if own.algorithm_version != ALGORITHM_VERSION or digests.get(BUILT_IN) != comes_with.training_digest:
        return InForce(comes_with, note=f"{path} is of another polywell, the built-in one stands in: {again}")
    number = int(digests.get(OWN, "0"))
    note = f"{kept - number} own measurements are not in it yet: {again}" if kept != number else None
    return InForce(own, path, number, note)
