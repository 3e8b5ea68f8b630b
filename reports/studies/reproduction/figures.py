"""Figures of the reproduction page: what is published, and what the relations and structures give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from polywell.proposal.reproduction.printed import Pair
from polywell.proposal.reproduction.reproduce import Reproduction
from polywell.proposal.reproduction.surveys import Survey
from polywell.proposal.rows import Row
from reports.html.figure import Image, Theme, image

MARKS = ("o", "s", "D", "^", "v", "p")
HIGHEST_EV, LOWEST_EV = 8.0, -8.0
"""Energies outside are cut in the maps: there the nucleus of a bare point charge is near."""


def figures(found: Reproduction) -> dict[str, list[Image]]:
    """Every figure of the page, by section."""
    drawn = found.drawn
    [landscapes] = [one for one in found.surveys["landscape"] if one.key == "landscape"]
    return {
        "table1": [_table_figure(drawn, 1, "Table 1")],
        "table2": [_table_figure(drawn, 2, "Table 2")],
        "stripes": [_stripes(drawn)],
        "trilayers": [_trilayers(drawn)],
        "landscape": [*(_maps(name, *pair) for name, pair in drawn.maps.items()), _depths(landscapes)],
        "resonance": [_resonance(found.of("resonance"))],
        "domes": [_domes(drawn), _compressed(drawn)],
    }


def _table_figure(drawn: Row, table: int, title: str) -> Image:
    rows = [row for row in drawn.rows if row.table == table]
    lam = rows[0].family_lambda

    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.add_subplot()
        heights = [xi for row in rows for xi in row.printed_xi.values()]
        curve = np.linspace(min(heights) - 0.08, max(heights) + 0.08, 100)
        axes.plot(curve, lam / curve**2, color=theme.soft, linewidth=1.4, label=f"λ = {lam:.0f} K·Å²")
        for row in rows:
            span = sorted(row.printed_xi.values())
            axes.plot(span, [row.tc_k] * len(span), color=theme.soft, linewidth=0.6, alpha=0.6)
        chosen = [(row.printed_xi[row.printed_phase], row.tc_k) for row in rows]
        other = [
            (xi, row.tc_k) for row in rows for name, xi in row.printed_xi.items() if name != row.printed_phase
        ]
        if other:
            axes.plot(
                *np.array(other).T, "o", mfc="none", color=theme.series[2], ms=6, label="phase passed over"
            )
        axes.plot(*np.array(chosen).T, "o", color=theme.series[0], ms=6, label="phase that the table names")
        axes.set(xlabel="Printed ξ (Å)", ylabel="Printed $T_c$ (K)")
        axes.grid(linewidth=0.6)
        axes.legend(loc="best")

    several = [row for row in rows if len(row.printed_xi) > 1]
    count, nearest = len(several), sum(row.printed_phase == row.nearest_phase for row in several)
    return image(
        draw,
        f"{title}: printed T_c against printed ξ with the curve of λ; the named phases lie near it",
        f"A line joins the phases of one compound ({count} of {len(rows)} have more than one). "
        f"{nearest} of these name the phase whose T_c·ξ² is nearest to λ.",
        (7.2, 4.2),
    )


def _stripes(drawn: Row) -> Image:
    def draw(figure: Figure, theme: Theme) -> None:
        axes = np.atleast_1d(figure.subplots(1, len(drawn.stripes), sharey=True))
        for panel, lattice in zip(axes, drawn.stripes, strict=True):
            edge = lattice.cell_ang[0] / 4
            for points, mark, colour, name in (
                (lattice.first, "o", theme.series[0], "first plane"),
                (lattice.second, "s", theme.series[2], "second plane"),
            ):
                panel.plot(*(points / edge).T, mark, color=colour, ms=5, label=name)
            panel.set(title=f"n = {lattice.n}, x = {lattice.doping:.3f}", aspect="equal")
            panel.set(xlabel="along a (edges)", xticks=range(0, 9, 2), xlim=(-0.7, 8.2))
            panel.set(yticks=range(0, 13, 2), ylim=(-0.7, 12.2))
            panel.grid(linewidth=0.6)
        axes[0].set_ylabel("along b (edges)")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper left", ncols=2)

    counts = ", ".join(str(lattice.n) for lattice in drawn.stripes)
    return image(
        draw,
        f"Doped sites of both kinds of plane for n = {counts}",
        "Doped sites of both kinds of CuO2 plane over a window; one stripe cell is 4a × nb, the planes are "
        "displaced by (a/2, a/2). x counts the sites of both planes over the metals of one.",
        (9.0, 4.1),
    )


def _trilayers(drawn: Row) -> Image:
    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.add_subplot()
        for place, (name, curve) in enumerate(drawn.doping.items()):
            seen = drawn.measured_k[name]
            label = name if seen is None else f"{name}: measured {seen:g} K"
            axes.plot(curve.doping, curve.tc_k, color=theme.series[place], linewidth=1.6, label=label)
        first = next(iter(drawn.doping.values()))
        for at in (first.flat_from, first.flat_to):
            axes.axvline(at, color=theme.soft, linewidth=0.8, linestyle=":")
        for sheets in (1, 2, 3):
            inside = first.doping[np.array(first.fermi_sheets) == sheets]
            said = f"{sheets} Fermi {'sheet' if sheets == 1 else 'sheets'}"
            middle, frame = (float(inside.mean()), 0.02), ("data", "axes fraction")
            axes.annotate(said, middle, xycoords=frame, ha="center", color=theme.soft, fontsize=9)
        axes.set(xlabel="Doping p", ylabel="$T_c$ by the rule (K)", ylim=(0, None))
        axes.grid(linewidth=0.6)
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.1))

    first = next(iter(drawn.doping.values()))
    return image(
        draw,
        "T_c against doping of trilayer compounds, flat where one outer plane fills after the other",
        "The proposal’s rule drawn, not data: each plane on one parabola, filled in turn, which also makes "
        f"the Fermi sheets; what was measured stands in the legend. Flat from p = {first.flat_from:.2f} to "
        f"{first.flat_to:.2f}. The height is λ/ξ² of the outer cage.",
        (7.2, 4.0),
    )


def _maps(name: str, plane: Row, normal: Row) -> Image:
    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.subplots(1, 2)
        levels = np.linspace(LOWEST_EV, HIGHEST_EV, 17)
        for panel, one, title, along, across in (
            (axes[0], plane, "in the plane of the sheet", "along a (Å)", "along b (Å)"),
            (axes[1], normal, "diagonal and normal", "along the diagonal (Å)", "along the normal (Å)"),
        ):
            centre = float(one.energy_ev[len(one.y_ang) // 2, len(one.x_ang) // 2])
            energy = np.clip(one.energy_ev - centre, LOWEST_EV, HIGHEST_EV)
            shown = panel.contourf(one.x_ang, one.y_ang, energy, levels=levels, cmap="cividis")
            shown.set_edgecolor("face")
            panel.plot(0, 0, "+", color="white", ms=9)
            panel.annotate("Γ", (0, 0), xytext=(5, 4), textcoords="offset points", color="white")
            panel.set(title=title, aspect="equal", xlabel=along, ylabel=across)
        figure.colorbar(shown, ax=list(axes), label="energy less that at Γ (eV)", shrink=0.85)

    centre = float(plane.energy_ev[len(plane.y_ang) // 2, len(plane.x_ang) // 2])
    return image(
        draw,
        f"Maps of an electron's energy around the hollow of {name}, in the sheet and along the normal",
        f"{name}: energy of an electron among point charges, less that at Γ ({centre:+.2f} eV from the "
        "mean of the cell). Left, Γ is a minimum with low passes on the diagonals; right, it is a maximum "
        f"along the normal. Cut at ±{HIGHEST_EV:.0f} eV.",
        (8.6, 3.9),
        kind="png",
    )


def _depths(landscapes: Survey) -> Image:
    shown = [one for one in landscapes.rows if one.landscape.depth_ev is not None]
    families = sorted({one.reference.family for one in shown})

    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.add_subplot()
        for place, family in enumerate(families):
            ours = [one for one in shown if one.reference.family == family]
            points = np.array([(one.xi_ang, one.landscape.depth_ev) for one in ours])
            axes.plot(*points.T, MARKS[place], color=theme.series[place], ms=5, label=family)
        axes.set(xlabel="ξ of the smallest cage (Å)", ylabel="Depth of Γ within the sheet (eV)")
        axes.grid(linewidth=0.6)
        axes.legend()

    return image(
        draw,
        "Depth of the site Γ within the sheet against ξ for cuprates and nickelates",
        f"{len(shown)} structures of the reference library; depth from Γ up to the lowest pass.",
        (7.2, 4.0),
    )


def _resonance(pairs: Sequence[Pair]) -> Image:
    wanted = [
        (pair, mode)
        for mode in ("alpha", "gamma")
        for pair in pairs
        if pair.printed.key == f"resonance.e_{mode}" and isinstance(pair.computed, float)
    ]
    measured = {
        mode: pair.printed.number
        for mode in ("alpha", "gamma")
        for pair in pairs
        if pair.printed.key == f"resonance.e_{mode}_measured"
    }

    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.add_subplot()
        origins = list(dict.fromkeys(pair.origin for pair, _ in wanted))
        for place, mode in enumerate(("alpha", "gamma")):
            for pair, of in wanted:
                if of == mode and isinstance(pair.computed, float):
                    k = origins.index(pair.origin)
                    said = f"structure {pair.origin}" if pair.basis == "structure" else pair.origin
                    style: dict[str, Any] = {"color": theme.series[k], "label": None if place else said}
                    axes.plot(place + 0.13 * (k - 1), pair.computed, MARKS[k], ms=8, **style)
            if mode in measured:
                said = "_" if place else "measured"
                ends = place - 0.3, place + 0.3
                axes.hlines(measured[mode], *ends, color=theme.ink, linewidth=1.4, label=said)
        axes.set_xticks([0, 1], ["α", "γ"])
        axes.set(xlim=(-0.6, 1.6), ylim=(0, None), ylabel="$E_R$ (meV)")
        axes.grid(axis="y", linewidth=0.6)
        axes.legend(loc="lower left")

    return image(
        draw,
        "Resonance energies of CaKFe4As4 by three sets of heights beside measurement",
        "θ is fixed by the measured E of β each time; what differs is ξ of α.",
        (6.2, 3.8),
    )


def _domes(drawn: Row) -> Image:
    fixed, shrinking = drawn.domes

    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.add_subplot()
        for curve, colour, name, dash in (
            (fixed, theme.series[0], "heights as they are, λ/ξ²", "-"),
            (shrinking, theme.series[1], "heights that shrink with the cell", "--"),
        ):
            axes.plot(curve.pressure_gpa, curve.tc_k, dash, color=colour, linewidth=1.6, label=name)
        measured = np.array([(point.x, point.y) for point in drawn.dome_points])
        axes.plot(*measured.T, "D", color=theme.series[2], ms=6, label="measured, as the proposal quotes")
        _pressure_axes(axes, "K0.8Fe2Se2")

    return image(
        draw,
        "T_c of K0.8Fe2Se2 against pressure: two domes, insulating between and after them",
        "The edges of the domes are the published transition pressures. The relation has nothing that ends a "
        "dome: T_c can only rise while a cage shrinks.",
        (7.2, 3.8),
    )


def _compressed(drawn: Row) -> Image:
    source = drawn.compressed_source
    curve = drawn.compressed

    def draw(figure: Figure, theme: Theme) -> None:
        axes = figure.add_subplot()
        inside = curve.pressure_gpa <= source.range_gpa[1]
        for part, dash, name in ((inside, "-", "measured"), (~inside, "--", "carried on")):
            where, label = curve.pressure_gpa[part], f"relation, κ {name}"
            axes.plot(where, curve.tc_k[part], dash, color=theme.series[0], linewidth=1.6, label=label)
        for place, kind in enumerate(("onset", "other")):
            some = [one for one in source.tc if ("onset" in one.kind) == (kind == "onset")]
            points = np.array([(one.pressure_gpa, one.tc_k) for one in some])
            if len(points):
                label = "measured, onset" if kind == "onset" else "measured, bulk or zero resistance"
                axes.plot(*points.T, MARKS[place], color=theme.series[2 + place], ms=6, label=label)
        _pressure_axes(axes, source.name)
        axes.set_ylim(bottom=100)

    rise = (float(curve.tc_k[-1]) - float(curve.tc_k[0])) / float(curve.pressure_gpa[-1])
    said = "" if source.slope_k_per_gpa is None else f"; measured about {source.slope_k_per_gpa:+.1f} K/GPa"
    return image(
        draw,
        f"T_c of {source.name} against pressure by the relation and as measured",
        f"{source.name}: the relation rises by {rise:+.2f} K/GPa on average up to "
        f"{float(curve.pressure_gpa[-1]):.0f} GPa{said}. Beyond {source.range_gpa[1]:.0f} GPa the "
        "compressibility is carried on unmeasured.",
        (7.2, 3.8),
    )


def _pressure_axes(axes: Axes, title: str) -> None:
    axes.set(title=title.replace("$", ""), xlabel="Pressure (GPa)", ylabel="$T_c$ (K)", ylim=(0, None))
    axes.grid(linewidth=0.6)
    axes.legend(loc="best")
