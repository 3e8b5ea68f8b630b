"""The pages as files: complete, self-contained, escaped, and of bounded size."""

import json
import re
from html.parser import HTMLParser

import pytest

from polywell.records import ENTRY_COLUMNS, PHASE_COLUMNS, VERTEX_COLUMNS
from reports.run.page import columns_page
from tests.reports.written import write_run

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<img src=x onerror=alert(3)>",
    "\"onmouseover='alert(4)'",
    "../../etc/passwd",
    "=cmd()",
    "{{ 7 * 7 }}",
    "<!--<script>",
    "\u202egnp.exe",
    "\udc80\0",
    "n" * 10_000,
)


class Tags(HTMLParser):
    """Collects every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.fixture
def hostile_run(make, row, out, known):
    rows = [
        row(f"{n}{text}", 3.2 + 0.01 * n, formula=text, note=text, extrapolation=text)
        for n, text in enumerate(HOSTILE)
    ]
    return make(
        ranked=rows,
        rejected=[out(text, reason="no_cage", formula=text, message=text) for text in HOSTILE],
        failed=[out(text, error_type=text, formula=text, message=text) for text in HOSTILE],
        measured=[known(text, 3.3, 50.0, formula=text) for text in HOSTILE],
        source=HOSTILE[1],
    )


def test_run_page_is_self_contained(small_run, tmp_path) -> None:
    path = write_run(tmp_path / "latest", **small_run.arguments())
    assert path == tmp_path / "latest" / "index.html"
    assert sorted(file.name for file in path.parent.iterdir()) == [
        "columns.html",
        "index.html",
        "run.json",
        "tc_against_xi.png",
    ]
    tags = Tags(path.read_text(encoding="utf-8")).tags
    links = [value for _, attributes in tags for name in ("src", "href") if (value := attributes.get(name))]
    assert all(link.startswith(("#", "data:")) or link in ("columns.html", "run.json") for link in links)
    policy = next(
        attributes["content"] for tag, attributes in tags if tag == "meta" and "http-equiv" in attributes
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "script-src 'sha256-" in policy


def test_run_page_says_what_was_screened(small_run, tmp_path) -> None:
    html = write_run(tmp_path, **small_run.arguments()).read_text(encoding="utf-8")
    for text in (
        "made-up",
        "2026-11-22 18:30:02 UTC",
        "<b>47</b> entries",
        "<b>40</b> candidates",
        "the composition holds no metal of the λ table",
        "2 of 3 structures of the reference library",
        "0" * 64,
        "3.11.9",
    ):
        assert text in html


def test_the_numbers_of_the_page_stand_in_the_json_beside_it(small_run, tmp_path) -> None:
    write_run(tmp_path, **small_run.arguments())
    data = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert (data["entries"], data["candidates"], data["rejected"], data["failed"]) == (47, 40, 5, 2)
    assert [one["count"] for one in data["reasons"]] == [3, 1, 1]
    assert data["advice"]["known"][0]["id"] == small_run.ranked[0].screening.id
    assert sum(sum(of) for _, of in data["chart"]["distribution"]["counts"]) == 40


def test_the_same_run_gives_the_same_bytes(small_run, tmp_path) -> None:
    first = write_run(tmp_path / "a", **small_run.arguments()).read_bytes()
    assert write_run(tmp_path / "b", **small_run.arguments()).read_bytes() == first


def test_an_older_page_is_replaced(small_run, tmp_path) -> None:
    (tmp_path / "index.html").write_text("old")
    assert "old" != write_run(tmp_path, **small_run.arguments()).read_text(encoding="utf-8")


def test_a_page_that_cannot_be_made_leaves_the_older_one(small_run, tmp_path) -> None:
    (tmp_path / "index.html").write_text("old")
    arguments = small_run.arguments()
    arguments["manifest"]["entries"] = 0
    with pytest.raises(ValueError, match="sum to 47"):
        write_run(tmp_path, **arguments)
    assert (tmp_path / "index.html").read_text() == "old"


NOTHING = {"new": 0, "changed": 0, "withdrawn": 0} | {
    f"{kind}_candidates": [] for kind in ("new", "changed", "withdrawn")
}


def test_an_empty_run_has_a_page(make, tmp_path) -> None:
    html = write_run(tmp_path, **make().arguments()).read_text(encoding="utf-8")
    assert "The source gave no entry" in html
    assert "no measured T" in html


def test_forgotten_states_are_told(make, row, out, tmp_path) -> None:
    failed = [out(f"f{n}", error_type="CellError") for n in range(24)]
    rows = [row(f"c{n}", 3.2 + n / 100, formula="HgBa2CuO4") for n in range(6)]
    far = [row("a", 3.3, tc_expected_k=60.0, support_word="far from measured compounds")]

    def told(changes=None, **given) -> str:
        arguments = make(**given).arguments()
        arguments["manifest"] |= {} if changes is None else {"changes": changes}
        return write_run(tmp_path, **arguments).read_text(encoding="utf-8").split("<script type=")[0]

    everything_failed = told(failed=failed)
    assert "24 of 24 entries failed: nothing could be screened" in everything_failed
    assert 'role="alert"' in everything_failed and "No entry could be screened" in everything_failed
    assert "<b>24 of 30 entries failed.</b> Most often CellError (24)" in told(ranked=rows, failed=failed)
    calm = told(ranked=rows)
    assert 'role="alert"' not in calm and "the first list of its home" in calm
    assert "Nothing new worth trying" in calm
    rejected = told(rejected=[out("x", reason="no_net_metal")])
    assert "most often because the composition holds no metal of the λ table (1 of 1)" in rejected
    one = told(ranked=far)
    assert "<b>1</b> candidate<" in one and "Every candidate is far from all measured compounds" in one
    assert "1 candidates" not in one and "first 1" not in one
    unchanged = told(NOTHING | {"since": "2026-11-21"}, ranked=rows)
    assert "the candidates are those of run" in unchanged


def test_hostile_text_adds_no_tag(hostile_run, make, tmp_path) -> None:
    html = write_run(tmp_path, **hostile_run.arguments()).read_text(encoding="utf-8")
    tags = Tags(html).tags
    assert [tag for tag, _ in tags if tag in ("img", "iframe", "object")] == []
    assert sum(tag == "script" for tag, _ in tags) == 3
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
    assert not re.search(r"<script>alert", html)
    assert "{{ 7 * 7 }}" in html


def test_columns_page_names_every_column() -> None:
    html = columns_page()
    ids = {attributes["id"] for _, attributes in Tags(html).tags if "id" in attributes}
    for group, columns in (("entry", ENTRY_COLUMNS), ("phase", PHASE_COLUMNS), ("vertex", VERTEX_COLUMNS)):
        assert {f"{group}-{column.name}" for column in columns} <= ids
    assert "T<sub>c</sub> = λ/ξ²" in html


def test_five_thousand_candidates_stay_within_3_mb_and_3_kb_each(make, row, out, tmp_path) -> None:
    count = 5000
    run = make(
        ranked=[row(f"mp-{n}", 2.9 + n / count, citation="a paper, " * 12) for n in range(count)],
        rejected=[
            out(f"mp-{n}", reason="no_net_metal", message="a sentence of some length " * 4)
            for n in range(9000)
        ],
    )
    size = write_run(tmp_path, **run.arguments()).stat().st_size
    assert size < 3_000_000 + 3_000 * count
