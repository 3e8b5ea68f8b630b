from pathlib import Path

import pytest

from catalog.home import Home
from flows import measured
from flows.measured import kept_measured_rows, measured_rows
from polywell.families import load_families


def test_measured_rows_are_kept_until_what_they_depend_on_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, families = Home.at(tmp_path), load_families()
    made = measured_rows(families)
    calls: list[object] = []
    monkeypatch.setattr(measured, "measured_rows", lambda given: calls.append(given) or made)
    assert kept_measured_rows(home, families) == kept_measured_rows(home, families)
    assert len(calls) == 1
    kept = {row["id"]: row["tc_ceiling_k"] for row in kept_measured_rows(home, families)}
    assert kept == {row["id"]: row["tc_ceiling_k"] for row in made} and len(kept) > 100
    monkeypatch.setattr(measured, "digest", lambda: "another library")
    kept_measured_rows(home, families)
    assert len(calls) == 2
