"""Figures that a page carries as data, each drawn twice: for light and for dark paper."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

DPI = 130
MEDIA = {"svg": "image/svg+xml", "png": "image/png"}


@dataclass(frozen=True)
class Image:
    """One figure: data addresses for light and dark paper, words for those who do not see it, and size."""

    light: str
    dark: str
    alt: str
    caption: str
    width: int
    height: int


@dataclass(frozen=True)
class Theme:
    """Colours of one kind of paper: of text, of axes and secondary marks, of grids, and of the series.

    Those of the series are safe for colour-blind readers.
    """

    ink: str
    soft: str
    line: str
    series: tuple[str, ...]


LIGHT = Theme(
    "#1c2126", "#5a646e", "#dfe3e7", ("#0072b2", "#008a63", "#d55e00", "#b0568d", "#a87400", "#3a8fc0")
)
DARK = Theme(
    "#e6e9ec", "#a3adb7", "#2c333a", ("#56b4e9", "#2fc79c", "#f08a3c", "#e29ac6", "#e69f00", "#9bd0f0")
)

Draw = Callable[[Figure, Theme], None]
"""Draws into an empty figure with the colours of a theme."""


def image(draw: Draw, alt: str, caption: str, inches: tuple[float, float], kind: str = "svg") -> Image:
    """Draw a figure for both kinds of paper; equal data give equal bytes."""
    light, dark = (_encoded(draw, theme, inches, kind) for theme in (LIGHT, DARK))
    width, height = (round(side * 100) for side in inches)
    return Image(light, dark, alt, caption, width, height)


def _encoded(draw: Draw, theme: Theme, inches: tuple[float, float], kind: str) -> str:
    settings: dict[Any, Any] = {
        "svg.hashsalt": "polywell",
        "font.size": 10,
        "text.color": theme.ink,
        "axes.labelcolor": theme.ink,
        "axes.edgecolor": theme.soft,
        "axes.titlecolor": theme.ink,
        "axes.titlesize": 10,
        "xtick.color": theme.soft,
        "ytick.color": theme.soft,
        "xtick.labelcolor": theme.ink,
        "ytick.labelcolor": theme.ink,
        "legend.labelcolor": theme.ink,
        "legend.frameon": False,
        "legend.fontsize": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "grid.color": theme.line,
        "axes.axisbelow": True,
    }
    with mpl.rc_context(settings):
        figure = Figure(figsize=inches, dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure, theme)
        file = BytesIO()
        # A date or a version would change the bytes without changing the figure.
        undated = {"Date": None} if kind == "svg" else {"Software": None}
        figure.savefig(file, format=kind, transparent=True, metadata=undated)
    return f"data:{MEDIA[kind]};base64,{base64.b64encode(file.getvalue()).decode()}"
