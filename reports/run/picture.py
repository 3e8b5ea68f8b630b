"""A still picture of T_c against ξ, for documents: the relation's curves and what has been measured."""

from __future__ import annotations

import math
from io import BytesIO

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from reports.run.chart import Chart
from reports.run.payload import RunPayload

WIDTH_PX, HEIGHT_PX, DPI = 1200, 750, 150
LEFT_PX, BELOW_PX, EDGE_PX, LINE_PX = 90, 75, 18, 32
"""Room for the labels of the axes, free edge, and height of a line of the legend."""

COLOURS = ("#0072b2", "#009e73", "#d55e00", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe and Ito's palette, safe for colour-blind readers."""

MARKS = ("o", "s", "D", "^", "v", "p")
DASHES = ("-", "--", ":", "-.")
INK, SOFT = "#1c2126", "#5a646e"


def picture(payload: RunPayload) -> bytes:
    """Draw the run's chart as a PNG of 1200 × 750 pixels; equal payloads give equal bytes.

    It shows one curve per λ with the band of its spread, and the measured superconductors of the
    reference library; the candidates, which lie on the curves, are left out.

    Args:
        payload: payload of a run.
    """
    figure = Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _draw_curves(axes, payload.chart)
    _draw_measured(axes, payload.chart)
    axes.set_xlabel("Height of the cage ξ (Å)")
    axes.set_ylabel("Critical temperature (K)")
    axes.set_ylim(bottom=0)
    axes.margins(x=0)
    axes.grid(color="#dfe3e7", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=SOFT, labelcolor=INK)
    handles, labels = axes.get_legend_handles_labels()
    lines = math.ceil(len(handles) / 2)
    above = EDGE_PX + LINE_PX * lines
    figure.subplots_adjust(
        left=LEFT_PX / WIDTH_PX,
        right=1 - EDGE_PX / WIDTH_PX,
        bottom=BELOW_PX / HEIGHT_PX,
        top=1 - above / HEIGHT_PX,
    )
    if handles:
        # Above the axes, where no point can hide behind it.
        figure.legend(handles, labels, loc="upper left", ncols=2, fontsize=9, frameon=False)
    # A name and version of the drawing library would change the bytes without changing the picture.
    file = BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def _draw_curves(axes: Axes, chart: Chart) -> None:
    for place, curve in enumerate(chart.curves):
        names = _literal(", ".join(curve.families))
        label = f"λ = {curve.lambda_k_ang2:.0f} ± {curve.spread_k_ang2:.0f} K·Å² ({names})"
        axes.fill_between(curve.xi_ang, curve.tc_low_k, curve.tc_high_k, color=SOFT, alpha=0.14, linewidth=0)
        dash = DASHES[place % len(DASHES)]
        axes.plot(curve.xi_ang, curve.tc_k, dash, color=SOFT, linewidth=1.5, label=label)


def _draw_measured(axes: Axes, chart: Chart) -> None:
    for place, family in enumerate(chart.families):
        points = [point for point in chart.measured if point.family == family]
        if not points:
            continue
        axes.scatter(
            [point.xi_ang for point in points],
            [point.tc_k for point in points],
            s=34,
            marker=MARKS[place % len(MARKS)],
            color=COLOURS[place % len(COLOURS)],
            edgecolors="white",
            linewidths=0.6,
            zorder=3,
            label=f"{_literal(family)}, measured",
        )


def _literal(text: str) -> str:
    """Keep a name of the λ table from being read as a formula by matplotlib."""
    return text.replace("$", r"\$")
