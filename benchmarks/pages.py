"""How soon the page of a run answers, beside a plain table of the same rows.

    python benchmarks/pages.py [CANDIDATES]

The rows are those of the reference library, again and again under other ids. Both pages are opened by turns
in the same Chromium; a page is interactive once its table has drawn its rows and listens. The peer is what a
table widget starts from: every row in the document, in the columns that the page shows; its answer is a
sorted column, that of the page a filtered list. Quote the ratios: they hold on a busy machine too.
"""

from __future__ import annotations

import html
import statistics
import sys
import tempfile
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

from playwright.sync_api import sync_playwright

from catalog.store.durable import write_files
from polywell.evidence.anchors import reference_records
from polywell.families import load_families
from polywell.ranking import rank
from polywell.records import Candidate, Estimate, Outcome
from reports.run.page import run_files
from reports.run.table import ranked_table

ROUNDS = 5
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SORTED = """<script>
document.querySelector("thead").addEventListener("click", (event) => {
  const place = event.target.cellIndex, body = document.querySelector("tbody");
  const text = (row) => row.cells[place].textContent;
  const rows = [...body.rows].sort((one, other) => text(one).localeCompare(text(other)));
  body.append(...rows);
});
performance.mark("tables");
</script>"""


def candidates(count: int) -> list[Candidate]:
    found = [one for one in reference_records(load_families()) if one.outcome is Outcome.CANDIDATE]
    many = [replace(one, id=f"{one.id}-{n}") for n, one in enumerate(islice(cycle(found), count))]
    estimate = Estimate(
        tc_expected_k=60.0,
        tc_low_k=40.0,
        tc_high_k=88.0,
        tc_best_k=70.0,
        tc_best_low_k=50.0,
        tc_best_high_k=99.0,
    )
    return rank([(one, replace(estimate, compound=f"{one.formula}-{n}")) for n, one in enumerate(many)])


def manifest(count: int) -> dict[str, object]:
    counts = {"entries": count, "candidates": count, "rejected": 0, "failed": 0}
    times = {"started": "2026-11-29T00:00:00Z", "finished": "2026-11-29T00:00:01Z"}
    families = [row.model_dump(mode="json") for row in load_families().rows]
    return {
        "source": "benchmark",
        "sources": {"benchmark": counts | times},
        **times,
        **counts,
        "reasons": {},
        "failures": {},
        "families": families,
    }


def plain(ranked: list[Candidate]) -> str:
    table = ranked_table(ranked)
    shown = [
        (place, column)
        for place, column in enumerate(table.columns)
        if column.shown and column.kind != "block"
    ]
    head = "".join(f"<th>{html.escape(column.label)}</th>" for _, column in shown)
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(row[place]))}</td>" for place, _ in shown) + "</tr>"
        for row in table.rows
    )
    table_text = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f"<!doctype html><meta charset=utf-8>{table_text}{SORTED}"


def main(count: int) -> None:
    ranked = candidates(count)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        ours = write_files(run_files(folder, ranked, [], [], manifest(count), []))[-1]
        peer = folder / "plain.html"
        peer.write_text(plain(ranked), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        times: dict[str, list[tuple[float, float]]] = {"page": [], "plain table": []}
        for _ in range(ROUNDS):
            for what, path in (("page", ours), ("plain table", peer)):
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                page.goto(path.as_uri(), wait_until="commit")
                page.wait_for_selector("tbody tr")
                page.wait_for_timeout(3000)
                ready = page.evaluate("performance.getEntriesByName('tables')[0].startTime")
                answered = page.evaluate(
                    """async () => {
                        const begun = performance.now();
                        const field = document.querySelector("[data-table=ranked] input[type=search]");
                        if (field) { field.value = "Hg"; field.dispatchEvent(new Event("input")); }
                        else document.querySelector("thead th:nth-child(3)").click();
                        await new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); });
                        return performance.now() - begun;
                    }"""
                )
                times[what].append((ready, answered))
                page.close()
        browser.close()
    medians = {
        what: [statistics.median(one) for one in zip(*some, strict=True)] for what, some in times.items()
    }
    print(f"{count:,} candidates, median of {ROUNDS}")
    for what, (ready, answered) in medians.items():
        print(f"  {what}: interactive after {ready:.0f} ms, the next answer after {answered:.0f} ms")
    first, second = (
        mine / theirs for mine, theirs in zip(medians["page"], medians["plain table"], strict=True)
    )
    print(f"  page / plain table: {first:.2f} until interactive, {second:.2f} for an answer")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
