"""What a run may be told, each option once: command line, Prefect, environment and file take it from here.

An option is a field of `ScreenOptions`: its name, type, default, limits and meaning stand there and nowhere
else. It is `--its-name` on the command line, `its_name` among the parameters of the flow, and
`POLYWELL_ITS_NAME` in the environment. `its_name` in the file `polywell.toml` of a home comes after these.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomli
from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from catalog.errors import CatalogError
from catalog.home import Home, checkout
from polywell.ranking import DEFAULT, RankBy

PREFIX = "POLYWELL_"

FILE = "polywell.toml"
"""File of a home with options for it."""


class OptionError(CatalogError):
    """An option, or the environment in its place, holds what it cannot hold."""


@dataclass(frozen=True)
class Metavar:
    """What stands for the value of an option in the help."""

    text: str


def cores() -> int:
    """Number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _names(given: object) -> object:
    return given.replace(",", " ").split() if isinstance(given, str) else given


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)]
"""Several names, in one text with commas between them or in a list."""


class ScreenOptions(BaseSettings):
    """Everything that a run may be told.

    What is not given comes from the environment, then from the file of the home, then from its default.

    An empty variable of the environment is not set. Secrets are no options: of a key only the name of the
    block that holds it is one.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True)

    source: str = Field(
        "reference",
        description="reference, files:DIR, parquet:FILE, materials-project; `polywell sources` lists all.",
    )
    home: Annotated[Path | None, Metavar("DIR")] = Field(
        None, description="Folder of the catalog and the pages; the checkout's or the working one if not set."
    )
    families: Annotated[Path | None, Metavar("FILE")] = Field(
        None, description="A λ table of your own (TOML) in place of the built-in one."
    )
    workers: Annotated[int, Metavar("N")] = Field(
        default_factory=cores, ge=1, le=1024, description="Worker processes; one for each core if not set."
    )
    engine: Annotated[Literal["local", "dask"], Metavar("local|dask")] = Field(
        "local", description="Who reads and screens: processes of this machine, or a Dask cluster."
    )
    dask_address: Annotated[str | None, Metavar("ADDRESS")] = Field(
        None, description="Dask scheduler, such as tcp://10.0.0.1:8786."
    )
    rank_by: Annotated[RankBy, Metavar("|".join(RankBy))] = Field(
        DEFAULT, description="Order of the list; low is the lower end of the calibrated estimate."
    )
    exclude_noncommercial: bool = Field(
        False, description="Leave out entries that may not be used commercially."
    )
    dossiers: Annotated[int, Metavar("N")] = Field(
        50, ge=0, description="How many of the first candidates get a page of their own."
    )
    keep_runs: Annotated[int, Metavar("N")] = Field(
        10, ge=2, description="Published runs that stay on disk for each source that was screened."
    )
    keep_days: Annotated[int, Metavar("DAYS")] = Field(
        14, ge=1, description="Days for which the files of older versions of the tables stay."
    )
    key_block: Annotated[str | None, Metavar("NAME")] = Field(
        None,
        description="Prefect Secret block with your key for the source; else MP_API_KEY, or pymatgen's.",
    )
    trust: Annotated[Names, Metavar("ADDRESS,...")] = Field(
        (), description="Addresses (https://host) beside its own that a service may lead to."
    )
    notify: Annotated[Names, Metavar("TYPE/NAME,...")] = Field(
        (), description="Prefect's notification blocks to tell of new candidates and of failures."
    )
    notify_above_k: Annotated[float, Metavar("K")] = Field(
        50.0, description="Least T_c in K of a new candidate that is worth a notification."
    )
    notify_by: Annotated[Literal["ceiling", "expected", "best"], Metavar("ceiling|expected|best")] = Field(
        "ceiling",
        description="Which T_c: the ceiling, what is expected as written, or that at best doping.",
    )
    pages_url: Annotated[str | None, Metavar("ADDRESS")] = Field(
        None,
        pattern="^https?://",
        description="Where the pages are served, such as http://127.0.0.1:5000/reports: for links.",
    )

    fail_above: Annotated[float | None, Metavar("SHARE")] = Field(
        None,
        ge=0,
        le=1,
        description="Share of failed entries above which a run ends as failed, once it is published; "
        "0.01 is one in a hundred, off if not set.",
    )

    log_level: Annotated[Literal["info", "warning", "error"], Metavar("info|warning|error")] = Field(
        "info",
        description="Least level of the lines that are said: warning for what goes wrong and no more.",
    )

    @model_validator(mode="after")
    def _engine_has_its_address(self) -> Self:
        if (self.engine == "dask") != (self.dask_address is not None):
            raise ValueError(
                f"engine {self.engine!r} with the Dask address {self.dask_address!r}; expected local or "
                "dask, and an address such as tcp://127.0.0.1:8786 for dask and for no other"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given, the environment, and the file of the home that the two name."""
        home = init_settings().get("home") or _environment().get(variable("home"))
        return init_settings, env_settings, InitSettingsSource(settings_cls, _in_file(settings_file(home)))

    @classmethod
    def of(cls, given: Mapping[str, Any] | None = None) -> Self:
        """The options that are given by their names; one that is None is not given.

        Raises:
            OptionError: one of them, a variable of the environment, or the file of the home cannot be used.
        """
        named = {name: value for name, value in (given or {}).items() if value is not None}
        try:
            return cls(**named)
        except ValidationError as error:
            raise OptionError(_sentence(error.errors()[0], named)) from error

    def in_force(self, given: Collection[str] = ()) -> Iterator[tuple[str, str, str]]:
        """Each option with its value and where that comes from.

        Args:
            given: names of the options that were given, and not found.
        """
        file = settings_file(self.home)
        for name in type(self).model_fields:
            found = str(file) if name in self.model_fields_set else "default"
            yield name, _text(getattr(self, name)), _origin(name, given) or found


def settings_file(home: Path | str | None) -> Path:
    """Where a home keeps its options: in its folder; for the checkout's own, in the checkout."""
    if home is None:
        return (checkout() or Path()) / FILE
    return Path(os.path.expanduser(home)) / FILE


def _environment() -> dict[str, str]:
    """The variables of the environment that hold something, in capitals: their case does not matter."""
    return {name.upper(): value for name, value in os.environ.items() if value}


def _in_file(path: Path) -> dict[str, Any]:
    """The options that a file holds; none where there is no file.

    Raises:
        OptionError: it cannot be read, or holds what is no option; the value is not told, as it may be a key.
    """
    try:
        held = tomli.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise OptionError(
            f"{path} cannot be read ({str(error)[:200]}); expected TOML such as workers = 4"
        ) from error
    known = [name for name in ScreenOptions.model_fields if name != "home"]
    strange = [name for name in held if name not in known]
    if strange:
        raise OptionError(f"{path} sets {strange[0]!r}; expected some of {', '.join(known)}")
    return held


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def variable(name: str) -> str:
    """The variable of the environment that sets an option."""
    return f"{PREFIX}{name}".upper()


def flag(name: str) -> str:
    """The option as the command line writes it."""
    return "--" + name.replace("_", "-")


def home_at(given: Path | str | None) -> Home:
    """The home that is given, or else that of `POLYWELL_HOME`, or else that of `Home.at`.

    Raises:
        OptionError: a variable of the environment cannot be used.
    """
    return Home.at(ScreenOptions.of({"home": given}).home)


def folder_below(given: Path | str | None) -> Path:
    """The folder of that home, for homes of their own inside of it; the checkout's own has its catalog."""
    folder = ScreenOptions.of({"home": given}).home
    return Home.at(None).catalog if folder is None else folder


def _sentence(error: ErrorDetails, given: Mapping[str, Any]) -> str:
    """What is wrong, with the name under which the user gave it."""
    message = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return message
    name = str(error["loc"][0])
    expected = error.get("ctx", {}).get("expected")
    if expected is not None:
        message = f"expected {str(expected).replace(chr(39), '')}"
    return f"{_origin(name, given) or f'{name} in {FILE}'} is {error['input']!r}; {message}"


def _origin(name: str, given: Collection[str]) -> str | None:
    """Flag or variable that sets an option; None where neither does."""
    if name in given:
        return flag(name)
    return variable(name) if variable(name) in _environment() else None
