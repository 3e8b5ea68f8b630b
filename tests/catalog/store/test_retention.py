"""Old versions of a table go, the rows and what guards them stay."""

from pathlib import Path

import pytest
from deltalake import DeltaTable

from catalog.store.delta.digests import kept_digests, wrong_files
from catalog.store.delta.lake import apply
from catalog.store.delta.retention import forget_versions
from tests.catalog.store.test_lake import HOSTILE, NONE, batch_of, held


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "structures"
    for night in range(4):
        apply(path, [batch_of([("a", night), ("b", 0)])], NONE, "s", complete=True)
    apply(path, [batch_of([("a", 8)], HOSTILE)], NONE, HOSTILE, complete=True)
    apply(path, [batch_of([("a", 9)], HOSTILE)], NONE, HOSTILE, complete=True)
    return path


def files(table: Path) -> set[Path]:
    return set(table.glob("*/*.parquet"))


def test_files_of_older_versions_go_when_they_are_old_enough(table: Path) -> None:
    assert len(files(table)) == 6
    assert forget_versions(table, 1) == 0 and len(files(table)) == 6  # somebody may be reading
    assert forget_versions(table, 0) == 4
    assert {Path(uri.removeprefix("file://")).name for uri in DeltaTable(str(table)).file_uris()} == {
        path.name for path in files(table)
    }
    assert held(table) == {"a": 3, "b": 0} and held(table, HOSTILE) == {"a": 9}
    assert forget_versions(table, 0) == 0


def test_a_table_goes_on_afterwards_and_is_as_guarded_as_before(table: Path) -> None:
    forget_versions(table, 0)
    digests = kept_digests(table)
    assert {str(path.relative_to(table)) for path in files(table)} <= digests.keys()
    assert wrong_files(table, list(digests), digests) == {}
    apply(table, [batch_of([("c", 1)])], NONE, "s")
    assert held(table) == {"a": 3, "b": 0, "c": 1}


def test_no_table_has_no_versions(tmp_path: Path) -> None:
    assert forget_versions(tmp_path / "structures", 0) == 0
