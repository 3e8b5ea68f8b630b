"""What the user may set once and for all, in the environment; the command line wins over it."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from polywell.ranking import DEFAULT, RankBy


def cores() -> int:
    """Number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Settings(BaseSettings):
    """`POLYWELL_HOME`, `_FAMILIES`, `_WORKERS`, `_DOSSIERS` and `_RANK_BY`; an empty variable is not set.

    Raises:
        pydantic.ValidationError: a variable holds something else than its type allows.
    """

    model_config = SettingsConfigDict(env_prefix="POLYWELL_", env_ignore_empty=True, frozen=True)

    home: Path | None = Field(
        None, description="folder of the catalog and the pages; the checkout's or the working one if not set"
    )
    families: Path | None = Field(default=None, description="a λ table to use in place of the built-in one")
    workers: int = Field(default_factory=cores, ge=1, le=1024, description="number of worker processes")
    dossiers: int = Field(50, ge=0, description="how many of the first candidates get a page of their own")
    rank_by: RankBy = Field(DEFAULT, description="order of the list: ceiling, outer, expected or low")
