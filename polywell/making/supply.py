"""What the elements of a compound cost, and how few countries they come from, by pymatgen's tables.

Prices of the pure elements, most of 2013: what a precursor of 99.99 % costs is another, larger number. The
Herfindahl-Hirschman index is the sum of the squared shares, in per cent, of the countries that mine or hold
an element: 10,000 is one country. Gaultois et al., Chem. Mater. 25, 2911 (2013), doi:10.1021/cm400893e.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from pymatgen.analysis.hhi import HHIModel
from pymatgen.core import Composition

CONCENTRATED = 2500.0
"""HHI above which a market is called concentrated (US Department of Justice, merger guidelines of 2010)."""

HHI_SOURCE = "Gaultois et al., Chem. Mater. 25, 2911 (2013)"
PRICE_SOURCE = "pymatgen's table of element prices, from Wolfram Alpha and Wikipedia"

_YEAR = re.compile(r'year\s*=\s*"(\d{4})"')


@dataclass(frozen=True)
class ElementSupply:
    """One element: shares of mass and price, price in USD/kg with its year, HHI of production and reserves.

    None stands for what the tables do not hold.
    """

    symbol: str
    mass_fraction: float
    usd_per_kg: float | None
    year: int | None
    hhi_production: float | None
    hhi_reserves: float | None
    price_share: float | None = None


@dataclass(frozen=True)
class Supply:
    """Price in USD of the elements in one gram, and HHI as means by mass; None where an element has none.

    Attributes:
        elements: by falling share of the price.
    """

    usd_per_gram: float | None
    hhi_production: float | None
    hhi_reserves: float | None
    elements: tuple[ElementSupply, ...]

    @property
    def unpriced(self) -> tuple[str, ...]:
        """Elements without a price."""
        return tuple(one.symbol for one in self.elements if one.usd_per_kg is None)

    @property
    def concentrated(self) -> tuple[ElementSupply, ...]:
        """Elements whose production is concentrated in few countries, the most concentrated first."""
        found = [one for one in self.elements if (one.hhi_production or 0.0) > CONCENTRATED]
        return tuple(sorted(found, key=lambda one: -(one.hhi_production or 0.0)))

    @property
    def years(self) -> tuple[int, ...]:
        """Years of the prices, each once."""
        return tuple(sorted({one.year for one in self.elements if one.year is not None}))


def supply(amounts: Mapping[str, float]) -> Supply:
    """What the elements of a compound cost, and where they come from.

    Args:
        amounts: ions of the formula.
    """
    composition = Composition(amounts)
    rows = [_element(str(one), composition.get_wt_fraction(one)) for one in composition.elements]
    rows.sort(key=lambda one: -(one.mass_fraction * (one.usd_per_kg or 0.0)))
    price = _sum([(one.mass_fraction, one.usd_per_kg) for one in rows])
    if price:
        rows = [replace(one, price_share=one.mass_fraction * (one.usd_per_kg or 0.0) / price) for one in rows]
    return Supply(
        None if price is None else price / 1000,
        _sum([(one.mass_fraction, one.hhi_production) for one in rows]),
        _sum([(one.mass_fraction, one.hhi_reserves) for one in rows]),
        tuple(rows),
    )


def _sum(shares: list[tuple[float, float | None]]) -> float | None:
    held = [(share, value) for share, value in shares if value is not None]
    return sum(share * value for share, value in held) if len(held) == len(shares) else None


def _element(symbol: str, fraction: float) -> ElementSupply:
    price, year = _prices().get(symbol, (None, None))
    indices: Any = HHIModel()  # type: ignore[no-untyped-call]
    held = indices.symbol_hhip_hhir.get(symbol, (None, None))
    return ElementSupply(symbol, float(fraction), price, year, *held)


@cache
def _prices() -> dict[str, tuple[float, int | None]]:
    """USD/kg of each element with its year, from the table behind pymatgen's `CostDBElements`.

    Read as it stands: that class makes an entry of a phase diagram of each line, which takes seconds.
    """
    text = files("pymatgen.analysis").joinpath("costdb_elements.csv").read_text(encoding="utf-8")
    found = {}
    for formula, price, _, reference in csv.reader(text.splitlines(), quotechar="|"):
        [symbol] = Composition(formula).get_el_amt_dict()
        said = _YEAR.search(reference)
        found[str(symbol)] = float(price), int(said[1]) if said else None
    return found
