"""Where things lie: the catalog and the pages of one home directory."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from catalog.errors import HomeError

CATALOG_OF_CHECKOUT = Path("catalog") / "data"
PAGES_OF_CHECKOUT = Path("reports") / "pages"
"""The two folders of a checkout that runs write, beside the code; neither is a part of the program."""

_MISTAKEN = re.compile(r"%[0-9A-Fa-f]{2}|[\x00-\x1f\x7f\[\]\\^|\ud800-\udfff]")
"""What Delta's writer takes for something else in the path of a table, also in a URI that is well quoted:
`a%20b` for `a b`, a backslash for a slash; of others it makes an error or a panic (deltalake 1.5.1 and 1.6.6,
where each ASCII character was tried)."""


@cache
def checkout() -> Path | None:
    """The folder of the project's files, when the program runs from them; None where it was installed."""
    folder = Path(__file__).resolve().parent.parent
    try:
        project = (folder / "pyproject.toml").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return folder if re.search(r'^name = "polywell"$', project, re.M) else None


def check_writable(folder: Path) -> None:
    """Makes a folder, and writes what nobody sees into it.

    Raises:
        OSError: it cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):  # has no name that a killed process could leave
        pass


@dataclass(frozen=True)
class Home:
    """The two folders that a run writes: tables and published runs, and the pages."""

    catalog: Path
    reports: Path

    @classmethod
    def at(cls, directory: Path | None = None) -> Home:
        """The home in `directory`.

        None means the checkout's `catalog/data` and `reports/pages` when the program runs from one, and the
        working folder when it was installed: a home never lies beside installed packages.

        Raises:
            HomeError: a path that no home can have: no such user, or a name that the tables cannot bear.
        """
        project = checkout()
        if directory is None and project is not None:
            return cls(catalog=project / CATALOG_OF_CHECKOUT, reports=project / PAGES_OF_CHECKOUT)
        try:
            root = Path.cwd() if directory is None else Path(directory).expanduser()
            mistaken = _MISTAKEN.search(str(root)) or _MISTAKEN.search(os.path.realpath(root))
        except (OSError, RuntimeError) as error:  # a working folder that was removed; the folder of nobody
            raise HomeError(
                f"no home at {str(directory)!r} ({error}); give another one with --home DIR"
            ) from error
        if mistaken:
            raise HomeError(
                f"no home at {str(root)!r}: its tables would be sought elsewhere, for {mistaken[0]!r} stands "
                "in its path (as would % with two hexadecimal digits, a backslash, brackets, ^, |, a control "
                "character or what is no UTF-8); give another one with --home DIR"
            )
        return cls(catalog=root / "catalog", reports=root / "reports")

    @property
    def structures(self) -> Path:
        """Delta table of what was read."""
        return self.catalog / "structures"

    @property
    def predictions(self) -> Path:
        """Delta table of what was found in it."""
        return self.catalog / "predictions"

    @property
    def runs(self) -> Path:
        """Folder of the published runs."""
        return self.catalog / "runs"

    @property
    def records(self) -> Path:
        """Folder of the run records: one JSON file for every run, also for those that published nothing."""
        return self.catalog / "records"

    @property
    def latest(self) -> Path:
        """The newest published run: ranked, rejected and failed entries, and the manifest."""
        return self.catalog / "latest"

    def prepare(self) -> None:
        """Makes the folders and checks that they can be written.

        Raises:
            HomeError: a folder cannot be made or written.
        """
        for folder in (self.catalog, self.reports):
            try:
                check_writable(folder)
            except OSError as error:
                raise HomeError(
                    f"{folder} cannot be written ({error.strerror or error}); expected a writable folder: "
                    "give another one with --home DIR"
                ) from error
