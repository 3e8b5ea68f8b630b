"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

HomeFolder = Annotated[
    Path | None,
    typer.Option("--home", metavar="DIR", help="Folder of the catalog and the pages.  [$POLYWELL_HOME]"),
]
FamiliesFile = Annotated[
    Path | None, typer.Option("--families", metavar="FILE", help="A λ table of your own (TOML).")
]
