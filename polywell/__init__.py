"""Layered superconductors: a crystal structure in, cages, heights and critical temperatures out.

    >>> import polywell
    >>> from pymatgen.core import Lattice, Structure
    >>> cell = Lattice.tetragonal(3.8556, 3.1805)
    >>> places = [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0]]
    >>> polywell.analyze(Structure(cell, ["Ca", "Cu", "O", "O"], places))
    CaCuO2: candidate, cuprate
      alpha          octahedron Ca-Ca, ξ = 3.180 Å, λ/ξ² = 128.5 K
      ceiling        128.5 K (117.3 to 139.8 K)
      electrons      parent, valence +2.00, carriers 0
      expected T_c   ... K as written (80 %: ... to ... K)
      best doping    ... K (80 %: ... to ... K), ... holes per Cu: ...
      superconducts  with probability ...
      support        ..., ... measured compounds

`analyze` takes one structure, `screen` many; `__all__` says what is public. Nothing here touches the network,
the clock or a file other than the package's own tables and the ones it is given.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polywell.analysis import Analysis
    from polywell.api import analyze, screen

__all__ = ["ALGORITHM_VERSION", "Analysis", "__version__", "analyze", "screen"]

ALGORITHM_VERSION = 6
"""Raised whenever a result of `polywell.screening.screen` can change; written with every row."""

try:
    __version__ = version("polywell")
except PackageNotFoundError:  # a folder of sources on the path
    __version__ = "0 (not installed)"
"""Version of the package."""


def __getattr__(name: str) -> Any:
    """The front door, imported when it is first asked for: most modules of the pipeline need a part only."""
    if name in __all__:
        from polywell import api

        return getattr(api, name)
    raise AttributeError(f"polywell has no {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
