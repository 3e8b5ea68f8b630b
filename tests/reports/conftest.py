"""Rows of a made-up run, and the Chromium that opens its pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from catalog.store.predictions import record_to_row
from catalog.store.structures import entry_to_row
from polywell.data.reference import reference_entries
from polywell.families import load_families
from polywell.ranking import rank
from polywell.records import ENTRY_COLUMNS, PHASE_COLUMNS
from polywell.screening import screen

Row = dict[str, Any]

CHROMIUM = Path("/usr/bin/chromium")
DRIVER = "GPU stall due to ReadPixels"
"""What Chromium's software renderer says when a test reads the picture back; a page never does."""

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()

FAMILIES: list[Row] = [
    {
        "name": name,
        "metal": metal,
        "cages": cages,
        "ligands": ligands,
        "lambda_k_ang2": lam,
        "spread_k_ang2": spread,
        "source": "made up for a test",
    }
    for name, metal, cages, ligands, lam, spread in (
        ("cuprate", "Cu", ["octahedron"], ["O", "F"], 1300.0, 100.0),
        ("nickelate", "Ni", ["octahedron"], ["O"], 1300.0, 100.0),
        ("iron-based", "Fe", ["nonahedron", "tridecahedron"], ["As"], 400.0, 15.0),
    )
]
LAMBDA = {family["name"]: (family["lambda_k_ang2"], family["spread_k_ang2"]) for family in FAMILIES}


def phase(name: str, xi_ang: float, family: str, apexes: list[str]) -> Row:
    lam, spread = LAMBDA[family]
    values = {
        "phase": name,
        "cage": "octahedron",
        "metal": "Cu",
        "metal_mix": "Cu",
        "ligand": "O",
        "apexes": apexes,
        "xi_ang": xi_ang,
        "lateral_offset_ang": 0.0,
        "faces": 8,
        "count": 1,
        "bond_ang": 1.93,
        "bond_angle_deg": 178.0,
        "sheets_per_block": "2",
        "vertices": [],
        "lambda_k_ang2": lam,
        "tc_k": lam / xi_ang**2,
        "tc_low_k": (lam - spread) / xi_ang**2,
        "tc_high_k": (lam + spread) / xi_ang**2,
    }
    return {column.name: values.get(column.name) for column in PHASE_COLUMNS}


def candidate(id: str, xi_ang: float, family: str = "cuprate", **more: Any) -> Row:
    """A candidate with two cages, of height ξ and ξ + 0.2 Å; apexes Ca/Y and Ba/Ba."""
    lam, spread = LAMBDA[family]
    row: Row = {column.name: None for column in ENTRY_COLUMNS}
    row |= {
        "source": "made-up",
        "id": id,
        "formula": "YBa2Cu3O6.97",
        "elements": ["Ba", "Cu", "O", "Y"],
        "outcome": "candidate",
        "message": "",
        "family": family,
        "metal": "Cu",
        "phases": [
            phase("alpha", xi_ang, family, ["Ca", "Y"]),
            phase("beta", xi_ang + 0.2, family, ["Ba", "Ba"]),
        ],
        "xi_ceiling_ang": xi_ang,
        "xi_outer_ang": xi_ang + 0.2,
        "algorithm_version": 1,
        "families_digest": "0" * 64,
    }
    for which, xi in (("ceiling", xi_ang), ("outer", xi_ang + 0.2)):
        row[f"tc_{which}_k"] = lam / xi**2
        row[f"tc_{which}_low_k"] = (lam - spread) / xi**2
        row[f"tc_{which}_high_k"] = (lam + spread) / xi**2
    return row | more


def dropped(id: str, *, reason: str | None = None, error_type: str | None = None, **more: Any) -> Row:
    """A rejected or failed entry."""
    row: Row = {column.name: None for column in ENTRY_COLUMNS}
    row |= {
        "source": "made-up",
        "id": id,
        "formula": "SrTiO3",
        "elements": ["O", "Sr", "Ti"],
        "outcome": "rejected" if reason else "failed",
        "reason": reason,
        "error_type": error_type,
        "stage": "read" if error_type else None,
        "message": "a sentence",
        "phases": [],
    }
    return row | more


def measured(id: str, xi_ang: float, tc_k: float | None, family: str = "cuprate", **more: Any) -> Row:
    """A row of the reference library."""
    return {
        "id": id,
        "formula": "HgBa2CuO4",
        "family": family,
        "xi_ceiling_ang": xi_ang,
        "xi_outer_ang": xi_ang,
        "tc_ceiling_k": LAMBDA[family][0] / xi_ang**2,
        "tc_measured_k": tc_k,
        "tc_measured_kind": "onset",
        "citation": "nobody, nowhere",
        "checked": "read",
    } | more


@dataclass(frozen=True)
class Run:
    """Rows of a run; its manifest counts them."""

    ranked: list[Row] = field(default_factory=list)
    rejected: list[Row] = field(default_factory=list)
    failed: list[Row] = field(default_factory=list)
    measured: list[Row] = field(default_factory=list)
    source: str = "made-up"

    def manifest(self) -> Row:
        return {
            "source": self.source,
            "source_description": {"spec": self.source, "licence": "none"},
            "started": "2026-11-22T18:30:02Z",
            "finished": "2026-11-22T18:30:19+00:00",
            "entries": len(self.ranked) + len(self.rejected) + len(self.failed),
            "candidates": len(self.ranked),
            "rejected": len(self.rejected),
            "failed": len(self.failed),
            "reasons": dict(Counter(row["reason"] for row in self.rejected)),
            "failures": dict(Counter(row["error_type"] for row in self.failed)),
            "algorithm_version": 1,
            "families": FAMILIES,
            "families_digest": "0" * 64,
            "reference_digest": "1" * 64,
            "code_version": "0.1.0",
            "versions": {"python": "3.11.9"},
            "files": {"ranked.parquet": "2" * 64},
        }

    def arguments(self) -> Row:
        """What `write_run` and `run_payload` take, by name."""
        return {
            "ranked": self.ranked,
            "rejected": self.rejected,
            "failed": self.failed,
            "manifest": self.manifest(),
            "measured": self.measured,
        }


def ranks(rows: list[Row]) -> list[Row]:
    ordered = sorted(rows, key=lambda row: (-row["tc_ceiling_k"], row["id"]))
    return [row | {"rank": place} for place, row in enumerate(ordered, 1)]


@pytest.fixture(scope="session")
def small_run() -> Run:
    """Forty candidates of three families, five rejected, two failed, four measured."""
    families = ("cuprate", "nickelate", "iron-based")
    rows = [candidate(f"entry-{n:02d}", 3.0 + 0.02 * n, families[n % 3]) for n in range(40)]
    rows[4] |= {"extrapolation": "apex Mg", "tc_measured_k": 91.5, "tc_measured_kind": "zero resistance"}
    return Run(
        ranked=ranks(rows),
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
    """Build a run from `candidate`, `dropped` and `measured` rows."""
    return lambda **rows: Run(**(rows | {"ranked": ranks(rows.get("ranked", []))}))


@pytest.fixture
def row() -> Callable[..., Row]:
    return candidate


@pytest.fixture
def out() -> Callable[..., Row]:
    return dropped


@pytest.fixture
def known() -> Callable[..., Row]:
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


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Opened]]:
    contexts = []

    def open_file(path: Path, **options: Any) -> Opened:
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
        opened.page.goto(path.as_uri())
        return opened

    yield open_file
    for context in contexts:
        context.close()


KNOWN_IDS = ("hgba2ca2cu3o8.41", "la3ni2o7", "cakfe4as4", "la1.9sr0.1cuo4", "yba2cu3o6.97")


@pytest.fixture(scope="session")
def known_candidates() -> tuple[list[Row], dict[str, Row], Run]:
    """Candidates of the reference library: ranked rows, their rows of the structures table, and the run."""
    families = load_families()
    entries = {entry.id: entry for entry in reference_entries()}
    some = [entry for id, entry in entries.items() if id.startswith(KNOWN_IDS)]
    ranked = [record_to_row(record) for record in rank(screen(entry, families) for entry in some)]
    structures = {row["id"]: entry_to_row(entries[row["id"]]) for row in ranked}
    rows = [row | {"source": "reference"} for row in ranked]
    run = Run(ranked=rows, measured=rows, source="reference")
    return rows, structures, run
