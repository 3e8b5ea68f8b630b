"""The tables that come with polywell, and those that a person hands in: TOML, checked against a model."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import tomli
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

Model = TypeVar("Model", bound=BaseModel)

TABLES = files("polywell") / "tables"


class TableError(ValueError):
    """A table cannot be used."""


class Record(BaseModel):
    """What stands in a table: the fields of its kind and no others, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Table(Record):
    """A table, with the version of its form."""

    schema_version: Annotated[Literal[1], Field(alias="schema")]


def load_table(name: str, model: type[Model]) -> Model:
    """Read a table of the package.

    Args:
        name: its path below `polywell/tables`, such as `reference/iron.toml`.
        model: what it holds.

    Raises:
        TableError: see `read_table`.
    """
    return read_table(TABLES.joinpath(*name.split("/")), model)


def load_rows(name: str, key: str, kind: type[Model]) -> tuple[Model, ...]:
    """Read a table of the package that holds nothing but rows of one kind, at least one, in its own order.

    Args:
        name: as for `load_table`.
        key: what the rows are called there.
        kind: what a row holds.

    Raises:
        TableError: see `read_table`.
    """
    rows: Any = {key: (tuple[kind, ...], Field(min_length=1))}  # type: ignore[valid-type]
    found: tuple[Model, ...] = getattr(load_table(name, create_model("Rows", __base__=Table, **rows)), key)
    return found


def read_table(place: Traversable, model: type[Model]) -> Model:
    """Read a table.

    Args:
        place: the file.
        model: what it holds.

    Raises:
        TableError: the file cannot be read, is no TOML, or breaks the model; the sentence names the first
            field that does.
    """
    try:
        if isinstance(place, Path) and place.exists() and not place.is_file():
            raise OSError("it is no regular file")  # a pipe would be waited for, a device be read for ever
        content = tomli.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # also too many digits, and too many brackets
        raise TableError(f"table {place}: {error}; expected a TOML file like those in {TABLES}") from error
    return checked(content, model, str(place))


def checked(content: dict[str, Any], model: type[Model], origin: str) -> Model:
    """The content of a table as its model.

    Raises:
        TableError: the content breaks the model.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise TableError(f"table {origin}: {place}: {first['msg']} (got {_shown(first['input'])})") from error


def digest_of(content: Any) -> str:
    """The sha256 of content as canonical JSON (keys sorted, no blanks, UTF-8)."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _shown(value: object) -> str:
    try:
        return f"{value!r:.80}"
    except ValueError:  # Python writes no number of more than some thousand digits
        return f"a number of {value.bit_length() if isinstance(value, int) else 'very many'} bits"
