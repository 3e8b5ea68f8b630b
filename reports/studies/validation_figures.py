"""Figures of the validation page: measured against predicted T_c, and whether the intervals hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from polywell.evidence.evaluation.evaluate import CALIBRATED, EVERYTHING, Evaluation, Prediction, Split
from polywell.evidence.evaluation.reliability import Reliability, reliability
from reports.html.figure import Image, Theme, image

MARKS = ("o", "s", "D", "^", "v", "p")
TALLEST = 1.6
"""Intervals are cut at this multiple of the highest measured or expected T_c, lest one shrinks all."""


def measured_figure(family: str, rows: Sequence[Prediction], left_out: str) -> Image:
    """Expected T_c with its 80 % interval against the measured one, over superconducting rows.

    Args:
        family: name of the family.
        rows: predictions with an interval of measured superconductors; at least one.
        left_out: one sentence that says what the predictions had not seen.
    """
    measured = np.array([one.tc_measured_k for one in rows], dtype=float)
    expected = np.array([one.expected_k for one in rows], dtype=float)
    low = np.array([one.low_k for one in rows], dtype=float)
    high = np.array([one.high_k for one in rows], dtype=float)
    held = (low <= measured) & (measured <= high)
    right = 1.06 * float(measured.max())
    top = max(min(1.04 * float(high.max()), TALLEST * float(max(measured.max(), expected.max()))), right)
    cut = int((high > top).sum())

    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.add_subplot()
        axes.plot([0, right], [0, right], color=theme.soft, linewidth=1.2)
        for mask, mark, colour, name in (
            (held, "o", theme.series[0], "within the interval"),
            (~held, "D", theme.series[2], "outside of it"),
        ):
            if not mask.any():
                continue
            axes.vlines(measured[mask], low[mask], high[mask], color=colour, linewidth=0.9, alpha=0.45)
            axes.plot(measured[mask], expected[mask], mark, color=colour, ms=5, label=f"{name}: {mask.sum()}")
        axes.set_xlim(0, right)
        axes.set_ylim(0, top)
        axes.set_xlabel("Measured $T_c$ (K)")
        axes.set_ylabel("Expected $T_c$ (K)")
        axes.set_title(f"{family}: {len(rows)} superconducting rows")
        axes.grid(linewidth=0.6)
        _legend(figure, axes)

    note = f" {cut} intervals reach beyond the frame." if cut > 1 else ""
    note = " One interval reaches beyond the frame." if cut == 1 else note
    return image(
        draw,
        f"{family}: expected against measured T_c of {len(rows)} superconductors, {int(held.sum())} of them "
        "within their 80 % interval",
        f"The line is equality; the bars are 80 % intervals.{note} {left_out}",
        (6.0, 4.6),
    )


def reliability_figure(evaluation: Evaluation, splits: Sequence[Split]) -> Image | None:
    """Share of measured values that intervals held against the share that they promised; None without any."""
    panels: list[tuple[Split, list[tuple[str, tuple[Reliability, ...]]]]] = []
    for split in splits:
        rows = [one for one in evaluation.predictions if (one.split, one.predictor) == (split, CALIBRATED)]
        names = sorted({one.family for one in rows})
        curves = [(name, reliability([one for one in rows if one.family == name])) for name in names]
        if len(names) > 1:
            curves.append((EVERYTHING, reliability(rows)))
        panels.append((split, [(name, curve) for name, curve in curves if curve]))
    panels = [(split, curves) for split, curves in panels if curves]
    if not panels:
        return None

    def draw(figure: Figure, theme: Theme) -> None:
        axes = np.atleast_1d(figure.subplots(1, len(panels), sharey=True))
        for panel, (split, curves) in zip(axes, panels, strict=True):
            panel.plot([0, 100], [0, 100], color=theme.soft, linewidth=1.2)
            panel.axvline(80, color=theme.soft, linewidth=0.8, linestyle=":")
            for place, (name, curve) in enumerate(curves):
                everything = name == EVERYTHING
                panel.plot(
                    [100 * point.promised for point in curve],
                    [100 * point.held for point in curve],
                    color=theme.ink if everything else theme.series[place % len(theme.series)],
                    marker="" if everything else MARKS[place % len(MARKS)],
                    linestyle="--" if everything else "-",
                    linewidth=1.4,
                    ms=4,
                    label="all families" if everything else name,
                )
            panel.set_xlim(0, 100)
            panel.set_ylim(0, 100)
            panel.set_xlabel("Promised share (%)")
            panel.set_title(split.value if split is Split.OUTSIDE else f"{split.value} unseen")
            panel.grid(linewidth=0.6)
        axes[0].set_ylabel("Measured $T_c$ within the interval (%)")
        _legend(figure, axes[0])

    return image(
        draw,
        "Share of measured T_c within central intervals against the share that these promise, by family",
        "Below the line the intervals are too narrow, above it too wide; the dotted line marks the 80 % "
        "interval that the catalog shows.",
        (4.6 * len(panels) + 0.6, 4.4),
    )


def _legend(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=min(len(labels), 4))
