"""The table of all kinds of sources: how each is called, what it gives, and how it is opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from os.path import exists, expanduser, samefile
from typing import TYPE_CHECKING

from catalog.errors import SourceError
from catalog.sources.base import Asked, Chemistry, Source
from catalog.sources.optimade.providers import DATABASES

if TYPE_CHECKING:
    from pydantic import SecretStr


@dataclass(frozen=True)
class SourceKind:
    """One kind of source.

    Attributes:
        form: how its spec is written: a word, and behind a colon the place where one is needed, in
            brackets one that may be left out.
        example: a spec.
        meaning: one sentence about what it gives.
        opener: makes the source of what is asked for.
        needs: what the user must have; empty for nothing.
    """

    form: str
    example: str
    meaning: str
    opener: Callable[[Asked], Source]
    needs: str = ""

    def place_in(self, spec: str) -> str | None:
        """The place that a spec of this kind names, empty where the kind has none; None for another spec."""
        word, colon, _ = self.form.partition(":")
        if not colon:
            return "" if spec == word else None
        found = spec.removeprefix(f"{word}:")
        if self.form.endswith("]") and spec == f"{word}:":
            return ""
        return found if found and found != spec else None


def _of(module: str) -> Callable[[Asked], Source]:
    """The function `opened` of a module, which is imported when a source is opened and not before."""

    def opener(asked: Asked) -> Source:
        source: Source = import_module(module).opened(asked)
        return source

    return opener


SOURCES: tuple[SourceKind, ...] = (
    SourceKind(
        "reference",
        "reference",
        "The measured structures that come with polywell.",
        _of("catalog.sources.reference"),
    ),
    SourceKind(
        "files:DIR",
        "files:~/structures",
        "A folder of structure files: CIF, POSCAR, and others.",
        _of("catalog.sources.files"),
    ),
    SourceKind(
        "parquet:FILE",
        "parquet:lemat-bulk.parquet",
        "A Parquet file in the layout of LeMat-Bulk, or with the columns material_id and cif.",
        _of("catalog.sources.bulk.parquet"),
    ),
    SourceKind(
        "materials-project",
        "materials-project",
        "The Materials Project, deprecated entries included and marked.",
        _of("catalog.sources.materials_project.source"),
        needs="a key in MP_API_KEY",
    ),
    SourceKind(
        "materials-project:[DIR]",
        "materials-project:~/mp_datasets",
        "The same documents as mp-api keeps them on this machine; the list is that of materials-project.",
        _of("catalog.sources.materials_project.local"),
    ),
    SourceKind(
        "optimade:NAME or URL",
        "optimade:cod",
        f"Any OPTIMADE service: {', '.join(DATABASES)}, or a base URL.",
        _of("catalog.sources.optimade.source"),
    ),
    SourceKind(
        "alexandria:FILE or DIR",
        "alexandria:alexandria_000.json.bz2",
        "A dump of computed structure entries as Alexandria publishes them, or a folder of such files.",
        _of("catalog.sources.bulk.alexandria"),
    ),
    SourceKind(
        "jsonl:FILE",
        "jsonl:summary.jsonl.gz",
        "Summary documents of the Materials Project, one a line, plain or gzipped.",
        _of("catalog.sources.bulk.jsonl"),
    ),
    SourceKind("ase:FILE", "ase:c2db.db", "A database of ASE (SQLite).", _of("catalog.sources.bulk.ase_db")),
    SourceKind(
        "design:[LIMIT]",
        "design:",
        "Compounds designed from blocks of measured ones: 3000, LIMIT, all; LIMIT@20GPa, LIMIT@SrLaAlO4.",
        _of("catalog.sources.design"),
    ),
)


def open_source(
    spec: str,
    chemistry: Chemistry | None = None,
    key: SecretStr | None = None,
    trusted: tuple[str, ...] = (),
) -> Source:
    """The source that `spec` names; its own name is the spec as it was given.

    Args:
        spec: one of the forms of `SOURCES`.
        chemistry: metals and ligands worth looking at. Services give the entries that have them and no
            others; files give the others without their structure. None means everything.
        key: the user's key for a service that needs one; from the environment if None.
        trusted: addresses (https://host) beside its own that a service may lead to.

    Raises:
        SourceError: an unknown form, a missing path, a missing column, or a missing key.
    """
    if trusted:
        from catalog.sources.web import origin_of

        for address in trusted:
            try:
                origin_of(address)
            except ValueError as error:
                raise SourceError(f"cannot trust {address!r} ({error}); expected https://host") from error
    try:
        spec.encode()
    except UnicodeEncodeError as error:
        raise SourceError(f"{spec!r} holds bytes that are no text in UTF-8; rename that folder") from error
    for kind in SOURCES:
        place = kind.place_in(spec)
        if place is not None:
            return kind.opener(Asked(spec, place, chemistry, key, trusted))
    expected = ", ".join(kind.form for kind in SOURCES)
    hint = f"; for this path write files:{spec}" if exists(expanduser(spec)) else ""
    raise SourceError(f"unknown source {spec!r}; expected one of {expected}{hint}")


def is_same_place(spec: str, other: str) -> bool:
    """Whether specs of one kind name one file or folder of this machine, such as `files:a` and `files:a/`."""
    (kind, _, place), (other_kind, _, other_place) = spec.partition(":"), other.partition(":")
    try:
        return kind == other_kind and samefile(expanduser(place), expanduser(other_place))
    except (OSError, ValueError):  # one is no path, or gone
        return False
