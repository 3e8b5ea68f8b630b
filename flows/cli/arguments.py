"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

HomeFolder = Annotated[
    Path | None,
    typer.Option("--home", metavar="DIR", help="Folder of the catalog and the pages.  [$POLYWELL_HOME]"),
]
SourceName = Annotated[
    str | None,
    typer.Option(
        "--source", metavar="NAME", help="Entries or runs of this source only; its name or beginning."
    ),
]
FamiliesFile = Annotated[
    Path | None, typer.Option("--families", metavar="FILE", help="A λ table of your own (TOML).")
]
PotentialName = Annotated[
    str,
    typer.Option(
        "--potential",
        metavar="NAME",
        help="chgnet, chgnet-mp, sevennet-0, sevennet-l3i5, or module:attribute of a calculator of ASE.",
    ),
]
