"""Figures of the nickelate claim, each drawn for light and for dark paper and carried as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from polywell.proposal.nickelate_claim.analysis import WeighedClaim
from polywell.proposal.rows import Row
from reports.html.figure import Image, Theme, image

MARKS = ("o", "s", "D", "^", "v", "p")


def figures(analysis: WeighedClaim) -> dict[str, Image]:
    """The figures of the page by name."""
    return {
        "heights": _heights(analysis),
        "predicted": _predicted(analysis),
        "classes": _classes(analysis),
        "years": _years(analysis),
    }


def _style(theme: Theme, place: int) -> dict[str, Any]:
    """Colour and mark of a class; beyond the colours of the theme the marks are open."""
    colour = theme.series[place % len(theme.series)]
    filled = place < len(theme.series)
    return {"color": colour, "marker": MARKS[place % len(MARKS)], "mfc": colour if filled else "none"}


def _claim(axes: Axes, theme: Theme, claim_k: float, vertical: bool = False) -> None:
    draw = axes.axvline if vertical else axes.axhline
    draw(claim_k, color=theme.ink, linewidth=1.0, linestyle=":")


def _seen(analysis: WeighedClaim) -> list[Row]:
    return [one for one in analysis.sightings if one.tc_k is not None and one.xi_ang is not None]


def _of(ones: Sequence[Row], name: str) -> list[Row]:
    return [one for one in ones if one.class_name == name]


def _heights(analysis: WeighedClaim) -> Image:
    seen = _seen(analysis)
    silent = [cell for cell in analysis.own_cells if cell.id not in {one.structure for one in seen}]

    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.add_subplot()
        heights = [cell.xi_ceiling_ang for cell in analysis.own_cells]
        curve = np.linspace(min(heights) - 0.06, max(heights) + 0.06, 120)
        lam, spread = analysis.lambda_k_ang2, analysis.lambda_spread_k_ang2
        axes.fill_between(
            curve, (lam - spread) / curve**2, (lam + spread) / curve**2, color=theme.soft, alpha=0.2, lw=0
        )
        axes.plot(curve, lam / curve**2, color=theme.soft, linewidth=1.4, label=f"λ/ξ², λ = {lam:g} K·Å²")
        unmeasured = [cell for cell in analysis.cells if not cell.standing]
        if unmeasured:
            points = np.array([(cell.xi_ceiling_ang, cell.tc_ceiling_k) for cell in unmeasured])
            axes.plot(*points.T, "|", ms=9, color=theme.soft, label="catalog, by the relation")
            axes.set_xlim(curve[0], curve[-1])
        _claim(axes, theme, analysis.claim_k)
        for place, row in enumerate(analysis.classes):
            own = _of(seen, row.class_name)
            style = _style(theme, place)
            if own:
                points = np.array([(one.xi_ang, one.tc_k) for one in own])
                axes.plot(*points.T, linestyle="", ms=6.5, label=row.class_name, **style)
            quiet = [cell.xi_ceiling_ang for cell in silent if cell.class_name == row.class_name]
            if quiet:
                axes.plot(
                    quiet, [0.0] * len(quiet), linestyle="", marker="x", ms=6, color=style["color"],
                    label=None if own else f"{row.class_name}, none seen",
                )  # fmt: skip
        axes.set(xlabel="ξ of the smallest cage (Å)", ylabel="$T_c$ (K)", ylim=(-5, 145))
        axes.grid(linewidth=0.6)
        figure.legend(loc="outside lower center", ncols=3)

    return image(
        draw,
        "Measured T_c of nickelates against the height of their smallest cage, and the curve of the relation",
        f"{len(seen)} measured T_c whose structure is known; crosses on the axis are structures without any. "
        f"Grey: the relation with one spread of λ. Dotted: {analysis.claim_k:g} K.",
        (7.2, 5.4),
    )


def _predicted(analysis: WeighedClaim) -> Image:
    seen = [one for one in _seen(analysis) if one.relation_k is not None]
    above = sum(one.tc_k > one.relation_k for one in seen)

    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.add_subplot()
        axes.plot([0, 135], [0, 135], color=theme.soft, linewidth=1.2)
        axes.annotate(
            "equal", (118, 118), xytext=(-6, 8), textcoords="offset points", color=theme.soft, ha="right"
        )
        _claim(axes, theme, analysis.claim_k)
        _claim(axes, theme, analysis.claim_k, vertical=True)
        for place, row in enumerate(analysis.classes):
            own = _of(seen, row.class_name)
            if own:
                points = np.array([(one.relation_k, one.tc_k) for one in own])
                axes.plot(*points.T, linestyle="", ms=6.5, label=row.class_name, **_style(theme, place))
        axes.set(xlabel="$T_c$ by the relation (K)", xlim=(85, 130))
        axes.set(ylabel="Measured $T_c$ (K)", ylim=(0, 130))
        axes.grid(linewidth=0.6)
        figure.legend(loc="outside lower center", ncols=3)

    said = f"{above} of {len(seen)} measured T_c lie above the line, where both are equal."
    if _falling(seen):
        said += " The two run against each other: where the relation gives more, less was measured."
    return image(draw, "Measured T_c of nickelates against T_c by the relation", said, (7.2, 5.4))


def _falling(seen: Sequence[Row]) -> bool:
    """Whether measured and predicted temperatures run against each other."""
    if len(seen) < 3:
        return False
    return bool(np.corrcoef([one.relation_k for one in seen], [one.tc_k for one in seen])[0, 1] < 0)


def _classes(analysis: WeighedClaim) -> Image:
    rows = list(reversed(analysis.classes))

    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.add_subplot()
        bars = (
            ("published λ ± one spread", theme.series[0], 0.24,
             [(row.tc_relation_low_k, row.tc_relation_k, row.tc_relation_high_k) for row in rows]),
            ("λ$_{eff}$, 80 %", theme.series[2], 0.0,
             [(row.tc_effective_low_k, row.tc_effective_k, row.tc_effective_high_k) for row in rows]),
            ("calibrated, 80 %", theme.series[1], -0.24,
             [(row.calibrated.low_k, row.calibrated.expected_k, row.calibrated.high_k)
              if row.calibrated else (None, None, None) for row in rows]),
        )  # fmt: skip
        for name, colour, shift, values in bars:
            label: str | None = name
            for place, (low, middle, high) in enumerate(values):
                if middle is None:
                    continue
                if low is not None and high is not None:
                    bar: dict[str, Any] = {"linewidth": 4, "alpha": 0.45, "solid_capstyle": "round"}
                    axes.plot([low, high], [place + shift] * 2, color=colour, **bar)
                axes.plot([middle], [place + shift], "o", color=colour, ms=6, label=label)
                label = None
        best = [(place, row.best.tc_k) for place, row in enumerate(rows) if row.best and row.best.tc_k]
        axes.plot(
            [tc for _, tc in best], [place for place, _ in best],
            linestyle="", marker="D", color=theme.ink, ms=7, label="best measured",
        )  # fmt: skip
        _claim(axes, theme, analysis.claim_k, vertical=True)
        axes.set_yticks(range(len(rows)), [row.class_name for row in rows])
        axes.set(ylim=(-0.6, len(rows) - 0.4), xlim=(0, None), xlabel="$T_c$ (K)")
        axes.grid(axis="x", linewidth=0.6)
        figure.legend(loc="outside lower center", ncols=2)

    tail = "" if analysis.calibrated else " The calibrated model was not asked."
    return image(
        draw,
        "Ceiling of T_c by class under the published λ, under measured T_c·ξ² and by the calibrated model",
        "Each for the smallest measured cage of the class (calibrated: its likeliest cell), with intervals; "
        f"dotted: {analysis.claim_k:g} K.{tail}",
        (8.4, 6.2),
    )


def _years(analysis: WeighedClaim) -> Image:
    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.add_subplot()
        years = [row.year for row in analysis.years]
        ends = [*years, years[-1] + 0.6]
        record = [row.record_k for row in analysis.years]
        calm = [row.ambient_record_k or np.nan for row in analysis.years]
        axes.step(ends, [*record, record[-1]], where="post", color=theme.series[0], lw=1.8, label="record")
        axes.step(
            ends, [*calm, calm[-1]], where="post", color=theme.series[2], lw=1.8, ls="--",
            label="record at ambient pressure",
        )  # fmt: skip
        best = [row.best_k for row in analysis.years]
        axes.plot(years, best, "o", color=theme.series[0], ms=6, label="best of the year")
        _claim(axes, theme, analysis.claim_k)
        axes.set_xticks(years)
        axes.set(ylim=(0, max(110.0, 1.1 * max(record))), ylabel="$T_c$ (K)")
        axes.grid(axis="y", linewidth=0.6)
        axes.legend(loc="upper left", bbox_to_anchor=(0.0, 0.9))

    last = analysis.years[-1]
    return image(
        draw,
        "Record T_c of nickelates by year, under any pressure and at ambient pressure",
        f"By {last.year}: {last.record_k:g} K under any pressure"
        + ("." if last.ambient_record_k is None else f", {last.ambient_record_k:g} K at ambient pressure."),
        (7.4, 4.2),
    )
