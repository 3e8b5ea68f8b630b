"""The tally of forecasts against what was measured later."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from polywell.evidence.own.measurement import Answer, Forecast, OwnMeasurement

EVEN = 0.5
"""Probability from which on a forecast says that a material superconducts."""


@dataclass(frozen=True)
class Scored:
    """One measurement of which there was a forecast.

    `hit` tells whether the forecast was right about whether it superconducts: None where no probability was
    given. `within` tells whether T_c lies in the 80 % interval, `error_k` is measured minus expected; both
    are None where nothing was seen, for they are answers for a superconductor.
    """

    measured: OwnMeasurement
    forecast: Forecast

    @property
    def hit(self) -> bool | None:
        """Whether superconductivity was forecast and seen, or neither."""
        likely = self.forecast.probability
        return None if likely is None else (likely >= EVEN) == self.measured.superconducts

    @property
    def within(self) -> bool | None:
        """Whether T_c lies within the interval."""
        tc = self.measured.tc_k
        return None if tc is None else self.forecast.low_k <= tc <= self.forecast.high_k

    @property
    def error_k(self) -> float | None:
        """Measured minus expected, in K."""
        return None if self.measured.tc_k is None else self.measured.tc_k - self.forecast.expected_k

    @property
    def is_new(self) -> bool:
        """Whether the compound had not been measured yet, as far as was known."""
        return self.forecast.known is None

    @property
    def verdict(self) -> str:
        """Hit or miss, and where T_c lies, in words."""
        words = [] if self.hit is None else ["hit" if self.hit else "miss"]
        if self.within is not None:
            below = (self.error_k or 0.0) < 0
            words.append(
                "within the interval" if self.within else f"{'below' if below else 'above'} the interval"
            )
        return ", ".join(words) or "no probability to hold it against"


@dataclass(frozen=True)
class Tally:
    """Scores over a group of forecasts; None where no row can be scored.

    Attributes:
        group: which forecasts.
        forecasts: how many.
        superconducting: how many of the materials superconduct.
        mean_error_k: mean absolute error of the expected T_c in K, over superconductors.
        coverage: share of superconductors whose T_c lies in the 80 % interval.
        with_probability: how many forecasts gave a probability.
        brier: mean squared error of the probability; 0.25 is that of saying one half.
    """

    group: str
    forecasts: int
    superconducting: int
    mean_error_k: float | None
    coverage: float | None
    with_probability: int
    brier: float | None


GROUPS: tuple[tuple[str, Callable[[Scored], bool]], ...] = (
    ("all forecasts", lambda one: True),
    ("compounds never measured before", lambda one: one.is_new),
    ("as written", lambda one: one.forecast.answer is Answer.AS_WRITTEN),
    ("at the best doping", lambda one: one.forecast.answer is Answer.BEST_DOPING),
)
"""What is tallied, the whole first."""


def scored(measurements: Iterable[OwnMeasurement]) -> tuple[Scored, ...]:
    """The measurements of which there was a forecast, in their order."""
    return tuple(Scored(one, one.forecast) for one in measurements if one.forecast is not None)


def tallies(rows: Sequence[Scored]) -> tuple[Tally, ...]:
    """The tally of each group; nothing where nothing was scored."""
    return tuple(_tally(group, [one for one in rows if belongs(one)]) for group, belongs in GROUPS if rows)


def _tally(group: str, rows: Sequence[Scored]) -> Tally:
    errors = [abs(one.error_k) for one in rows if one.error_k is not None]
    held = [one.within for one in rows if one.within is not None]
    squares = [
        (one.forecast.probability - one.measured.superconducts) ** 2
        for one in rows
        if one.forecast.probability is not None
    ]
    return Tally(
        group,
        len(rows),
        len(errors),
        fmean(errors) if errors else None,
        fmean(held) if held else None,
        len(squares),
        fmean(squares) if squares else None,
    )


def sentence(tally: Tally) -> str:
    """A tally in one sentence."""
    if not tally.forecasts:
        return f"{tally.group}: none measured yet."
    said = f"{tally.group}: {tally.forecasts} measured, {tally.superconducting} superconduct"
    if tally.mean_error_k is not None and tally.coverage is not None:
        said += (
            f"; expected T_c misses by {tally.mean_error_k:.1f} K on average, "
            f"{100 * tally.coverage:.0f} % lie in the 80 % interval"
        )
    if tally.brier is not None:
        said += f"; Brier score {tally.brier:.3f} over {tally.with_probability} (one half always: 0.250)"
    return f"{said}."
