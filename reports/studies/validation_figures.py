"""Figures of the validation page: measured against predicted T_c, and the error through time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from polywell.evidence.evaluation.evaluate import Prediction
from polywell.evidence.evaluation.over_time import AFTER, TimePoint
from reports.html.figure import Image, Theme, image

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
        axes.set(xlim=(0, right), xlabel="Measured $T_c$ (K)", ylim=(0, top), ylabel="Expected $T_c$ (K)")
        axes.set_title(f"{family}: {len(rows)} superconducting rows")
        axes.grid(linewidth=0.6)
        figure.legend(loc="outside upper left", ncols=4)

    note = f" {cut} intervals reach beyond the frame." if cut > 1 else ""
    note = " One interval reaches beyond the frame." if cut == 1 else note
    return image(
        draw,
        f"{family}: expected against measured T_c of {len(rows)} superconductors, {int(held.sum())} of them "
        "within their 80 % interval",
        f"The line is equality; the bars are 80 % intervals.{note} {left_out}",
        (6.0, 4.6),
    )


def time_figure(points: Sequence[TimePoint]) -> Image | None:
    """Error on what came after each year, of the calibration and of two baselines; None without any point."""
    names = sorted({point.family for point in points})
    if not names:
        return None

    def draw(figure: Figure, theme: Theme) -> None:
        axes = np.atleast_1d(figure.subplots(1, len(names)))
        for panel, name in zip(axes, names, strict=True):
            own = [point for point in points if point.family == name]
            years = [point.year for point in own]
            errors = {
                "calibrated": [point.error_k for point in own],
                "forest on composition and valence": [point.forest_error_k for point in own],
                "family median": [point.median_error_k for point in own],
            }
            for (label, of), mark, colour in zip(errors.items(), "osD", theme.series, strict=False):
                panel.plot(years, of, color=colour, marker=mark, linewidth=1.4, ms=4, label=label)
            panel.set(title=name, xlabel="Fitted to what was published before", ylim=(0, None))
            panel.grid(linewidth=0.6)
        axes[0].set_ylabel(f"Mean absolute error of the next {AFTER} years (K)")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper left", ncols=4)

    return image(
        draw,
        "Mean absolute error on later measurements against the year of the fit, by family",
        f"Each point: fitted to all rows reported before the year, tested on compositions first reported "
        f"in the {AFTER} years from it.",
        (4.6 * len(names) + 0.6, 4.4),
    )
