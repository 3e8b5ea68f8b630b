"""The page of the scoreboard: forecasts of a home against what was measured later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from matplotlib.figure import Figure

from polywell.evidence.own.measurement import Forecast, OwnMeasurement
from polywell.evidence.own.scoreboard import Scored, Tally, sentence
from reports.html.cells import clipped
from reports.html.figure import Image, Theme, image
from reports.html.names import SCOREBOARD_DATA, SCOREBOARD_PAGE
from reports.html.study import study_files
from reports.html.writing import File
from reports.studies.tables import Listing, listing_of, number, text

MISSING = "–"
LONGEST = 120
"""Characters of a text in a cell; the data beside the page have the whole."""


def scoreboard_files(
    folder: Path, measured: Sequence[OwnMeasurement], rows: Sequence[Scored], tallies: Sequence[Tally]
) -> Iterator[File]:
    """Give the page of the scoreboard and its data.

    Args:
        folder: where they go.
        measured: all measurements of the home.
        rows: those of which there was a forecast.
        tallies: the scores, those of all forecasts first; empty where nothing was scored.
    """
    others = [one for one in measured if one.forecast is None]
    return study_files(
        folder / SCOREBOARD_PAGE,
        folder / SCOREBOARD_DATA,
        {
            "tallies": [asdict(one) for one in tallies],
            "measurements": [
                {"id": one.id, **one.model_dump(mode="json", exclude={"structure"})} for one in measured
            ],
        },
        "scoreboard",
        {
            "sentences": [sentence(one) for one in tallies],
            "listings": [one for one in (_scored_listing(rows), _others_listing(others)) if one.rows],
            "image": _figure(rows),
            "measured": len(measured),
            "scored": len(rows),
            "missing": MISSING,
        },
    )


def _scored_listing(rows: Sequence[Scored]) -> Listing:
    return listing_of(
        "scored",
        "Forecast and measured",
        rows,
        (text("Sample"), lambda one: clipped(one.measured.formula, LONGEST)),
        (text("Candidate"), lambda one: clipped(f"{one.forecast.source}/{one.forecast.id}", LONGEST)),
        (text("Measured"), lambda one: one.measured.seen),
        (number("Expected", "K", 0), lambda one: one.forecast.expected_k),
        (text("80 % (K)"), lambda one: f"{one.forecast.low_k:.0f} to {one.forecast.high_k:.0f}"),
        (number("Probability"), lambda one: one.forecast.probability),
        (text("Verdict"), lambda one: one.verdict),
        (text("Known before"), lambda one: clipped(one.forecast.known or "no", LONGEST)),
        (text("Answer"), lambda one: one.forecast.answer.value),
        (text("Forecast of"), lambda one: one.forecast.published),
        (text("Measured on"), lambda one: one.measured.date),
        (text("Run"), lambda one: one.forecast.run),
        (number("Algorithm", digits=0), lambda one: one.forecast.algorithm_version),
        (text("Source"), lambda one: clipped(one.measured.source, LONGEST)),
    )


def _others_listing(rows: Sequence[OwnMeasurement]) -> Listing:
    return listing_of(
        "others",
        "Measured without a forecast",
        rows,
        (text("Sample"), lambda one: clipped(one.formula, LONGEST)),
        (text("Measured"), lambda one: one.seen),
        (number("Pressure", "GPa", 1), lambda one: one.pressure_gpa),
        (text("Why there is none"), lambda one: clipped(one.no_forecast, 2 * LONGEST)),
        (text("Measured on"), lambda one: one.date),
        (text("Source"), lambda one: clipped(one.source, LONGEST)),
    )


def _figure(rows: Sequence[Scored]) -> Image | None:
    """Expected T_c with its interval against the measured one; what was not seen stands at 0 K."""
    if not rows:
        return None
    names = {True: "within the interval", False: "outside of it", None: "none seen"}
    groups: dict[str, list[tuple[float, Forecast]]] = {name: [] for name in names.values()}
    for one in rows:
        groups[names[one.within]].append((one.measured.tc_k or 0.0, one.forecast))
    top = 1.06 * max(max(one.forecast.high_k, one.measured.tc_k or 0.0) for one in rows)

    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.add_subplot()
        axes.plot([0, top], [0, top], color=theme.soft, linewidth=1.2)
        for (name, some), mark, colour in zip(groups.items(), "oDs", (0, 2, 3), strict=True):
            if some:
                at, said = [tc for tc, _ in some], [forecast for _, forecast in some]
                low, high = [one.low_k for one in said], [one.high_k for one in said]
                axes.vlines(at, low, high, color=theme.series[colour], linewidth=1.1, alpha=0.6)
                expected = [one.expected_k for one in said]
                axes.plot(at, expected, mark, color=theme.series[colour], ms=6, label=f"{name}: {len(some)}")
        axes.set(xlim=(-0.02 * top, top), xlabel="Measured $T_c$ (K)")
        axes.set(ylim=(0, top), ylabel="Forecast $T_c$ (K)")
        axes.grid(linewidth=0.6)
        figure.legend(loc="outside upper left", ncols=3)

    return image(
        draw,
        f"Forecast against measured T_c of {len(rows)} samples",
        "The line is equality; the bars are the 80 % intervals of the forecasts. Samples without "
        "superconductivity stand at 0 K: the interval is that of a superconductor, and does not count.",
        (6.0, 4.6),
    )
