"""Potentials by name, as calculators of ASE: those whose weights come in a wheel, and any other by import."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib import import_module, metadata
from typing import Any

from catalog.errors import CatalogError
from polywell.relaxing.rows import Potential

CPU, GPU = "cpu", "cuda"


class PotentialError(CatalogError):
    """There is no such potential, or it is not installed."""


@dataclass(frozen=True)
class Known:
    """A potential that can be named: its package, model, functional, and what may be done with its weights.

    `licence` is what the wheel says of the package that holds the weights, and `trained_on` their data.
    """

    package: str
    model: str
    functional: str
    licence: str
    trained_on: str
    make: Callable[[str, str], Any]


def _chgnet(model: str, device: str) -> Any:
    from chgnet.model.dynamics import CHGNetCalculator
    from chgnet.model.model import CHGNet

    loaded = CHGNet.load(model_name=model, use_device=device, verbose=False)
    return CHGNetCalculator(model=loaded, use_device=device)


def _sevennet(model: str, device: str) -> Any:
    from sevenn.calculator import SevenNetCalculator

    name, _, modal = model.partition(":")
    return SevenNetCalculator(name, device=device, modal=modal or None)


MODIFIED_BSD = "modified BSD, the Regents of the University of California (LICENSE of the wheel 0.4.2)"
MIT = "MIT, Yutack Park (LICENSE of the wheel 0.13.0; Matbench Discovery lists GPL-3.0 for versions to 0.11)"

TITLES = {"chgnet": "CHGNet", "sevenn": "SevenNet"}
"""What people call the packages."""

POTENTIALS = {
    "chgnet": Known("chgnet", "r2scan", "r2SCAN", MODIFIED_BSD, "MPtrj, then MP-r2SCAN", _chgnet),
    "chgnet-mp": Known("chgnet", "0.3.0", "PBE", MODIFIED_BSD, "MPtrj (GGA, GGA+U, corrected)", _chgnet),
    "sevennet-0": Known("sevenn", "7net-0", "PBE", MIT, "MPtrj (GGA, GGA+U)", _sevennet),
    "sevennet-l3i5": Known("sevenn", "7net-l3i5", "PBE", MIT, "MPtrj (GGA, GGA+U)", _sevennet),
}
"""By name. `PBE` stands for the mix of GGA and GGA+U, which an oxide of iron or nickel has with a U and no
other; licences were read in the wheels on 2026-11-30, and neither states another one for the weights."""

DEFAULT = "chgnet"
"""Its r2SCAN model: the functional whose lengths come nearest to the measured ones."""


def named(name: str) -> Potential:
    """The potential of this name as it stands in tables; another is `module:attribute`.

    Raises:
        PotentialError: there is none, or it is not installed.
    """
    known = POTENTIALS.get(name)
    if known is None:
        _attribute(name)
        return Potential(name, "")
    try:
        version = metadata.version(known.package)
    except metadata.PackageNotFoundError as error:
        raise _not_installed(known.package, str(error)) from error
    return Potential(f"{TITLES[known.package]} {version}, {known.model}", known.functional)


def weights_in_words(name: str) -> str:
    """The licence of a potential's weights, and what they were trained on, as far as is known."""
    known = POTENTIALS.get(name)
    if known is None:
        return "Of a calculator of your own neither licence nor training is known here."
    return f"Weights: {known.licence}; trained on {known.trained_on}."


def calculator(name: str, device: str | None = None) -> Any:
    """A potential as a calculator of ASE, with energy, forces and stress.

    Args:
        name: one of `POTENTIALS`, or `module:attribute`: a calculator, or what makes one when called.
        device: where it computes; as `device_here` says if None.

    Raises:
        PotentialError: there is none, or it is not installed.
    """
    known = POTENTIALS.get(name)
    if known is None:
        found = _attribute(name)
        return found() if callable(found) else found
    # What it warns of lies inside of the package, and what it prints says nothing of the structure.
    warnings.filterwarnings("ignore", module=known.package)
    try:
        with redirect_stdout(io.StringIO()):
            return known.make(known.model, device or device_here())
    except ImportError as error:
        raise _not_installed(known.package, str(error)) from error


def device_here() -> str:
    """Where torch computes here: on a graphics card where it sees one, else on the CPU, as without torch."""
    try:
        import torch
    except ImportError:
        return CPU
    return GPU if torch.cuda.is_available() else CPU


def one_thread() -> None:
    """Lets torch compute on one thread: for processes that stand side by side."""
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(1)


def _attribute(name: str) -> Any:
    """What `module:attribute` names, as whoever gives the command says it: no file and no service does."""
    module, colon, attribute = name.partition(":")
    if not colon:
        raise PotentialError(
            f"no potential is called {name!r}; expected one of {', '.join(POTENTIALS)}, or "
            "module:attribute of a calculator of ASE"
        )
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise PotentialError(
            f"the calculator {name!r} cannot be imported ({error}); expected module:attribute of one of ASE, "
            "on the path of Python"
        ) from error


def _not_installed(package: str, why: str) -> PotentialError:
    return PotentialError(
        f"the relaxation needs the package {package}, which cannot be imported ({why}); install it with: "
        f"pip install --constraint constraints.txt --editable '.[relax]' (docs/install.md tells how to get "
        "the CPU build of torch, which is far smaller)"
    )
