"""Would the list have helped, on the validation page: sentences, those against it first, and a figure."""

from __future__ import annotations

from collections.abc import Callable

from matplotlib.figure import Figure

from polywell.evidence.evaluation.hindsight import (
    AFTER,
    FEWEST_KNOWN,
    GOOD,
    ORDERS,
    Hindsight,
    Score,
    Unlisted,
    YearList,
)
from reports.html.figure import Image, Theme, image

MARKS = ("o", "s", "D", "^", "v", "x")
PANELS: dict[str, Callable[[Score], float | None]] = {
    "Good in the first tenth (%)": lambda score: 100 * score.good_share,
    "Mean place of records (%), 0 the first": lambda score: score.records,
}


def helped_sentences(helped: Hindsight) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A sentence for each list: first those that nobody had or that another order beats, then the others."""
    lost = [_unlisted(one) for one in helped.unlisted]
    lost += [_sentence(one) for one in helped.lists if one.better]
    return tuple(lost), tuple(_sentence(one) for one in helped.lists if not one.better)


def helped_figure(helped: Hindsight) -> Image | None:
    """Good compounds in the first tenth, and where the records stood, of each list; None without any list."""
    lists = helped.lists
    if not lists:
        return None
    names = [f"{one.family}\n{one.year}" for one in lists]

    def draw(figure: Figure, theme: Theme) -> None:
        panels = figure.subplots(1, 2)
        for panel, (title, value) in zip(panels, PANELS.items(), strict=True):
            for number, order in enumerate(ORDERS):
                heights = [value(one.scores[number]) for one in lists]
                known = [k for k, height in enumerate(heights) if height is not None]
                is_last = number == len(ORDERS) - 1
                panel.plot(
                    known,
                    [heights[k] for k in known],
                    MARKS[number],
                    color=theme.soft if is_last else theme.series[number % len(theme.series)],
                    ms=8 if number == 0 else 5,
                    label=order,
                )
            panel.set_xticks(range(len(lists)), names, fontsize=8)
            panel.set(title=title, xlim=(-0.5, len(lists) - 0.5), ylim=(-3, 103))
            panel.grid(linewidth=0.6)
        panels[1].invert_yaxis()
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper left", ncols=3)

    return image(
        draw,
        f"Of {len(lists)} lists of earlier years: good compounds in the first tenth, and where records "
        "stood, by the expected gain and by other orders",
        f"Higher is better in both. Each list: made from what was published before the year, of compounds "
        f"first measured in the {AFTER} years from it.",
        (11.0, 4.6),
    )


def _unlisted(one: Unlisted) -> str:
    return (
        f"{one.family}, the list of {one.year}: there was none, as fewer than {FEWEST_KNOWN} superconducting "
        f"rows were known; {one.superconductors} of the {one.compounds} compounds that came superconduct, "
        f"up to {one.highest_k:.3g} K."
    )


def _sentence(one: YearList) -> str:
    own = one.own
    about = f"{one.family}, the list of {one.year}"
    found = (
        f"of its first {one.tenth} of {one.compounds} compounds {100 * own.good_share:.0f} % superconduct "
        f"above {GOOD * one.record_k:.3g} K"
    )
    if own.records is not None:
        found += f", and the {one.records} records stand at {own.records:.0f} % of it"
    best = (
        f"the best that came ({one.best_formula}, {one.best_measured_k:.3g} K) at place {one.best_place:.0f}"
    )
    others = {score.order: score for score in one.scores}
    if one.better:
        named = ", ".join(f"{order} ({_numbers(others[order])})" for order in one.better)
        return f"{about}: {found}; better did {named}; {best}."
    return f"{about}: {found}; no other order does better, chance gives {_numbers(one.scores[-1])}; {best}."


def _numbers(score: Score) -> str:
    records = "" if score.records is None else f", records at {score.records:.0f} %"
    return f"{100 * score.good_share:.0f} %{records}"
