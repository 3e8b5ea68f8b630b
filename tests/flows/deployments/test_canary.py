"""The canary: what counts as a movement of the reference library's ranking."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalog.home import Home
from catalog.runs.published import PublishedRun
from flows.deployments import canary
from flows.deployments.canary import CanaryError, lists_of, movements, watch

A, B, C = (["a", "s1", "f", 90.0], ["b", "s2", "f", 80.0], ["c", "s3", "f", 70.0])


@pytest.mark.parametrize(
    ("before", "now", "moved"),
    [
        ([A, B, C], [A, B, C], []),
        ([A, B], [A, C, B], []),  # the library grew
        ([A, B, C], [A, ["b", "changed", "f", 60.0], C], []),  # a structure was corrected
        ([A, B], [["a", "s1", "f", 91.0], B], ["a"]),
        ([A, B], [B, A], ["a", "b"]),
        ([A, B], [A], ["b"]),  # no candidate any more
    ],
)
def test_movements(before, now, moved):
    assert movements(before, now) == moved


def test_the_baseline_stays_until_the_version_moves(tmp_path, monkeypatch):
    baseline = tmp_path / "baseline.json"
    monkeypatch.setattr(canary, "lists_of", lambda run: {"ranking": run, "estimates": []})
    watch([A, B], baseline)
    for _ in range(2):
        with pytest.raises(CanaryError, match=r"moved at a, b .*version is still"):
            watch([B, A], baseline)
    watch([A, B, C], baseline)
    monkeypatch.setattr(canary, "ALGORITHM_VERSION", canary.ALGORITHM_VERSION + 1)
    watch([C, B, A], baseline)
    watch([C, B, A], baseline)


def test_the_estimates_are_watched_apart_and_another_calibration_is_no_movement(tmp_path, monkeypatch):
    baseline = tmp_path / "baseline.json"
    monkeypatch.setattr(canary, "lists_of", lambda run: {"ranking": [A, B], "estimates": run})
    watch([["a", "s1", "f", None, "c1", 40.0], ["b", "s2", "f", None, "c1", 30.0]], baseline)
    with pytest.raises(CanaryError, match="moved at b "):
        watch([["a", "s1", "f", None, "c1", 40.0], ["b", "s2", "f", None, "c1", 35.0]], baseline)
    watch([["b", "s2", "f", None, "c2", 50.0], ["a", "s1", "f", None, "c2", 41.0]], baseline)


def test_the_lists_hold_what_a_run_published(tmp_path):
    rows = [
        {"id": "a", "rank_published": 2, "rank_calibrated": 1, "tc_ceiling_k": 80.0, "tc_low_k": 40.0},
        {"id": "b", "rank_published": 1, "rank_calibrated": None, "tc_ceiling_k": 90.0, "tc_low_k": None},
    ]
    made = {
        "structure_digest": "s",
        "families_digest": "f",
        "geometry_suspect": None,
        "calibration_digest": "c",
    }
    pq.write_table(pa.Table.from_pylist([row | made for row in rows]), tmp_path / "ranked.parquet")
    assert lists_of(PublishedRun(Home.at(tmp_path), "one", tmp_path, {})) == {
        "ranking": [["b", "s", "f", None, 90.0], ["a", "s", "f", None, 80.0]],
        "estimates": [["a", "s", "f", None, "c", 40.0]],
    }
