from pathlib import Path

import pytest

from catalog.errors import HomeError
from catalog.home import CHECKOUT, Home


def test_a_home_lies_in_its_directory_and_nothing_is_made(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "h")
    assert (home.catalog, home.reports) == (tmp_path / "h" / "catalog", tmp_path / "h" / "reports")
    assert home.latest == home.catalog / "latest"
    assert list(tmp_path.iterdir()) == []


def test_without_a_directory_the_checkout_is_home() -> None:
    home = Home.at(None)
    assert (home.catalog, home.reports) == (CHECKOUT / "catalog" / "data", CHECKOUT / "reports" / "html")
    assert (CHECKOUT / "catalog" / "home.py").is_file()


def test_preparing_makes_the_folders(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "h")
    home.prepare()
    home.prepare()
    assert home.catalog.is_dir() and home.reports.is_dir()
    assert list(home.catalog.iterdir()) == []


def test_a_home_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeError, match=r"cannot be written .* --home DIR"):
        Home.at(tmp_path / "file").prepare()


def test_a_read_only_folder_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, data: bytes) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(HomeError, match="Read-only file system"):
        Home.at(tmp_path).prepare()
