from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catalog.home import Home
from catalog.runs.diff import COLUMNS, change_of, compare, published_changes
from catalog.runs.publish import publish
from catalog.runs.published import PublishedRun, new_name
from tests.catalog.stored import tables_of


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., PublishedRun]:
    home = Home.at(tmp_path)
    home.prepare()

    def put(*lists: Any, since: str | None = None) -> PublishedRun:
        tables = tables_of(*lists)
        names = ("candidates", "rejected", "failed")
        counts = {name: table.num_rows for name, table in zip(names, tables, strict=True)}
        facts = {**counts, "entries": sum(counts.values()), "changes": {"since": since}}
        return publish(home, new_name(home), *tables, facts)

    return put


def test_what_came_moved_and_left_between_two_runs(
    put: Callable, candidate: Callable, rejected: Callable, failed: Callable
) -> None:
    before = put([candidate("moves"), candidate("leaves"), candidate("falls")], [rejected("rises")], [])
    lists = (
        [candidate("moves", tc_ceiling_k=40.0), candidate("rises"), candidate("comes")],
        [rejected("other")],
        [failed("falls")],
    )
    after = put(*lists, since=before.name)
    found = compare(before, after)
    assert [(change.id, change.why) for change in found.new] == [
        ("rises", "was rejected: no_net_metal"),
        ("comes", "new in the source"),
    ]
    assert [(change.id, change.moved) for change in found.changed] == [
        ("moves", (("tc_ceiling_k", 38.6, 40.0),))
    ]
    assert [(change.id, change.why) for change in found.withdrawn] == [
        ("leaves", "no longer in the source"),
        ("falls", "now failed: EmptyFileError"),
    ]
    assert published_changes(after) == found


def test_a_first_run_and_one_whose_predecessor_is_gone_have_new_candidates_only(
    put: Callable, candidate: Callable
) -> None:
    for since in (None, "20260101T000000Z-00000000"):
        found = published_changes(put([candidate("a")], [], [], since=since))
        assert (found.since, len(found.new), found.changed, found.withdrawn) == (None, 1, (), ())


@pytest.mark.parametrize(
    ("own", "why"), [((0, 3), "calibration: own measurements 0 → 3"), ((3, 3), "calibration")]
)
def test_a_calibration_that_own_measurements_moved_says_so(own: tuple[int, int], why: str) -> None:
    row = dict.fromkeys(COLUMNS) | {"id": "a", "formula": "CaCuO2", "tc_ceiling_k": 38.6}
    old, new = (
        {"tc_expected_k": tc, "calibration_digest": digest} for tc, digest in ((30.0, "a"), (31.0, "b"))
    )
    change = change_of(row | old, row | new, own)
    assert change is not None and (change.why, change.moved) == (why, (("tc_expected_k", 30.0, 31.0),))
