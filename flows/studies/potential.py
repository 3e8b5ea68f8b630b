"""The machine-learned potential of the extra `pressure`: CHGNet, whose weights come with its package."""

from __future__ import annotations

import sys
import warnings
from contextlib import redirect_stdout
from importlib import metadata
from typing import Any

from catalog.errors import CatalogError

MODEL = "r2scan"
"""Fitted to r2SCAN energies, the functional whose lengths come nearest to the measured ones."""


class PotentialError(CatalogError):
    """The potential is not installed."""


def load_potential() -> tuple[Any, str]:
    """The potential as an ASE calculator on the CPU, and its name with the version.

    Raises:
        PotentialError: the extra `pressure` is not installed.
    """
    try:
        from chgnet.model.dynamics import CHGNetCalculator
        from chgnet.model.model import CHGNet
    except ImportError as error:
        raise PotentialError(
            f"the relaxation needs the package chgnet, which cannot be imported ({error}); install it with: "
            "pip install --constraint constraints.txt --editable '.[pressure]' (docs/install.md tells how to "
            "get the CPU build of torch, which is far smaller)"
        ) from error
    # What it warns of lies inside of chgnet, and what it prints is no answer of the command.
    warnings.filterwarnings("ignore", module="chgnet")
    with redirect_stdout(sys.stderr):
        model = CHGNet.load(model_name=MODEL, use_device="cpu", verbose=False)
        calculator = CHGNetCalculator(model=model, use_device="cpu")
    return calculator, f"CHGNet {metadata.version('chgnet')}, {MODEL}"
