"""The canary: what counts as a movement of the reference library's ranking."""

import pytest

from flows import canary
from flows.canary import CanaryError, movements, watch

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
    monkeypatch.setattr(canary, "ranking_of", lambda run: run)
    watch([A, B], baseline)
    for _ in range(2):
        with pytest.raises(CanaryError, match=r"moved at a, b .*version is still"):
            watch([B, A], baseline)
    watch([A, B, C], baseline)
    monkeypatch.setattr(canary, "ALGORITHM_VERSION", canary.ALGORITHM_VERSION + 1)
    watch([C, B, A], baseline)
    watch([C, B, A], baseline)
