from pathlib import Path

import pytest

from catalog.errors import HomeError
from catalog.home import Home, checkout


def test_a_home_lies_in_its_directory_and_nothing_is_made(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "h")
    assert (home.catalog, home.reports) == (tmp_path / "h" / "catalog", tmp_path / "h" / "reports")
    assert home.latest == home.catalog / "latest"
    assert list(tmp_path.iterdir()) == []


def test_without_a_directory_the_checkout_is_home() -> None:
    home, project = Home.at(None), checkout()
    assert project == Path(__file__).resolve().parents[2]
    assert (home.catalog, home.reports) == (project / "catalog" / "data", project / "reports" / "pages")


def test_what_a_checkout_is_home_to_is_no_part_of_the_program() -> None:
    home, project = Home.at(None), Path(__file__).resolve().parents[2]
    ignored = (project / ".gitignore").read_text("utf-8").splitlines()
    for folder in (home.catalog, home.reports):
        assert f"{folder.relative_to(project).as_posix()}/" in ignored
        assert not list(folder.rglob("*.py"))


def test_where_the_program_is_installed_the_working_folder_is_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.home.checkout", lambda: None)
    monkeypatch.chdir(tmp_path)
    home = Home.at(None)
    assert (home.catalog, home.reports) == (tmp_path / "catalog", tmp_path / "reports")


@pytest.mark.parametrize("project", [None, '[project]\nname = "another"\n'])
def test_only_the_files_of_this_project_are_a_checkout(
    project: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if project is not None:
        (tmp_path / "pyproject.toml").write_text(project, "utf-8")
    monkeypatch.setattr("catalog.home.__file__", str(tmp_path / "catalog" / "home.py"))
    assert checkout.__wrapped__() is None


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
    def refuse(dir: Path) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(HomeError, match="Read-only file system"):
        Home.at(tmp_path).prepare()


def test_a_path_that_the_tables_cannot_bear_is_refused(tmp_path: Path) -> None:
    for name in ("a%20b", "[ab]", "a\\b", "a^b", "a|b", "a\nb", "\x1b[31m", "a\udcffb", "a\0b"):
        with pytest.raises(HomeError, match=r"no home at .*; give another one with --home DIR"):
            Home.at(tmp_path / name)
    (tmp_path / "[real]").mkdir()
    (tmp_path / "link").symlink_to("[real]")
    with pytest.raises(HomeError, match="no home at"):
        Home.at(tmp_path / "link" / "below")


def test_the_folder_of_nobody_is_no_home() -> None:
    with pytest.raises(HomeError, match=r"'~nobody-at-all/x' .*--home DIR"):
        Home.at(Path("~nobody-at-all/x"))
