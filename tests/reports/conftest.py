"""Records of a made-up run, and the Chromium that opens its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from polywell.data.reference import reference_entries
from polywell.families import load_families
from polywell.ranking import rank
from polywell.records import Candidate, Entry, EntryKey, Estimate, Screening
from polywell.screening import screen
from tests.reports.made import Run, candidate, changed, dropped, in_order, measured

CHROMIUM = Path("/usr/bin/chromium")
DRIVER = "GPU stall due to ReadPixels"
"""What Chromium's software renderer says when a test reads the picture back; a page never does."""

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


@pytest.fixture(scope="session")
def small_run() -> Run:
    """Forty candidates of three families, five rejected, two failed, four measured."""
    families = ("cuprate", "nickelate", "iron-based")
    rows = [candidate(f"entry-{n:02d}", 3.0 + 0.02 * n, families[n % 3]) for n in range(40)]
    rows[4] = changed(
        rows[4], extrapolation="apex Mg", tc_measured_k=91.5, tc_measured_kind="zero resistance"
    )
    return Run(
        ranked=in_order(rows),
        rejected=[dropped(f"out-{n}", reason="no_net_metal") for n in range(3)]
        + [dropped("out-net", reason="not_layered"), dropped("out-lambda", reason="no_lambda")],
        failed=[dropped("bad-0", error_type="CellError"), dropped("bad-1", error_type="CellError")],
        measured=[
            measured("below", 3.5, 90.0),
            measured("above", 3.5, 130.0),
            measured("iron", 2.9, 38.0, "iron-based"),
            measured("built", 3.2, 120.0, checked="built to the published xi"),
        ],
    )


@pytest.fixture
def make() -> Callable[..., Run]:
    """Build a run from candidates, in the order of their ceilings, and from dropped and measured entries."""
    return lambda **given: Run(**(given | {"ranked": in_order(given.get("ranked", []))}))


@pytest.fixture
def row() -> Callable[..., Candidate]:
    return candidate


@pytest.fixture
def out() -> Callable[..., Screening]:
    return dropped


@pytest.fixture
def known() -> Callable[..., Screening]:
    return measured


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail(
            f"no Chromium at {CHROMIUM}: the pages must be tested in a real browser; "
            "install it, on Debian with `apt-get install chromium`"
        )
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@dataclass
class Opened:
    """A page in Chromium, with everything that it asked for and complained about."""

    page: Page
    requests: list[str]
    complaints: list[str]

    def rows(self, table: str = "ranked") -> list[list[str]]:
        """Texts of the rows that are drawn, cell by cell."""
        texts: list[list[str]] = self.page.evaluate(
            "name => [...document.querySelectorAll(`[data-table=${name}] tbody tr[data-place]`)]"
            ".map(row => [...row.cells].map(cell => cell.textContent))",
            table,
        )
        return texts

    def assert_quiet(self) -> None:
        """No request left the page, and nothing went wrong in it."""
        assert [url for url in self.requests if not url.startswith(("file:", "data:"))] == []
        assert self.complaints == []


@contextmanager
def opening(browser: Browser) -> Iterator[Callable[..., Opened]]:
    """Opens pages, each in a browser of its own, and closes them at the end of the block."""
    contexts = []

    def open_file(path: Path, fragment: str = "", **options: Any) -> Opened:
        context = browser.new_context(**({"viewport": {"width": 1400, "height": 900}} | options))
        contexts.append(context)
        opened = Opened(context.new_page(), [], [])
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.on(
            "console",
            lambda said: (
                opened.complaints.append(said.text)
                if said.type in ("error", "warning") and DRIVER not in said.text
                else None
            ),
        )
        opened.page.on("dialog", lambda dialog: opened.complaints.append(f"dialog: {dialog.message}"))
        opened.page.goto(f"{path.as_uri()}#{fragment}" if fragment else path.as_uri())
        return opened

    try:
        yield open_file
    finally:
        for context in contexts:
            context.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Opened]]:
    with opening(browser) as open_file:
        yield open_file


UNDRAWN = """
const middle = (places) => places.map(() => ({ x: 0, y: 0 }));
const viewer = new Proxy({}, { get: (_, name) => (name === "modelToScreen" ? middle : () => viewer) });
window.$3Dmol = { createViewer: () => viewer, elementColors: { Jmol: {} } };
"""
"""Stands in for the library that draws structures, where a test asks for something else: a Chromium without a
graphics card takes six seconds of a core for the first picture of each page."""


def undrawn(folder: Path) -> Path:
    """The folder of a run, the structures of its dossiers no longer drawn."""
    library = folder / "dossiers" / "3Dmol-min.js"
    assert library.exists()
    library.write_text(UNDRAWN, "utf-8")
    return folder


KNOWN_IDS = ("hgba2ca2cu3o8.16", "la3ni2o7", "cakfe4as4", "la1.9sr0.1cuo4", "yba2cu3o6.97")


@pytest.fixture(scope="session")
def known_candidates() -> tuple[list[Candidate], dict[EntryKey, Entry], Run]:
    """Candidates of the reference library in ranked order, their entries by source and id, and the run."""
    families = load_families()
    entries = {entry.key: entry for entry in reference_entries() if entry.id.startswith(KNOWN_IDS)}
    found = [changed(screen(entry, families), source="reference") for entry in entries.values()]
    ranked = rank([(one, Estimate()) for one in found])
    return ranked, entries, Run(ranked=ranked, measured=found, source="reference")
