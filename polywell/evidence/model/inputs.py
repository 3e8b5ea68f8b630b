"""The inputs of the model: columns that a chemist would name of a composition, its electrons and its cages.

What a material does not have (an apical ligand, a second sheet, electrons that are known) is nan.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import asinh

import numpy as np
from pymatgen.core import Element

from polywell.data.spacers import spacer_table
from polywell.evidence.features import NO_LIGAND, Features
from polywell.evidence.model.material import Material
from polywell.evidence.model.trees import Floats, Ints

RARE_EARTHS = tuple("Sc Y La Ce Pr Nd Sm Eu Gd Tb Dy Ho Er Tm Yb Lu".split())
ALKALINE_EARTHS = ("Ca", "Sr", "Ba")
ALKALIS = ("Li", "Na", "K", "Rb", "Cs")
RESERVOIR = ("Hg", "Tl", "Pb", "Bi")
LARGE = ("Ba", "Sr", "La")
"""Cations of the layers that hold the apical oxygen."""
HALOGENS = ("F", "Cl", "Br", "I")
PNICTOGENS = ("P", "As", "Sb")
CHALCOGENS = ("S", "Se", "Te")
MAGNETIC = ("Mn", "Cr", "Fe", "Co", "Ni")
CLOSED = ("Zn", "Mg", "Al", "Ga", "Ti", "V")
HIGH_VALENT = ("Nb", "Ta", "Mo", "W", "Re", "Ru", "Ir")
ANIONS = ("O", "N", "H", *HALOGENS, *PNICTOGENS, *CHALCOGENS)
DECIMALS = 6
"""Decimals of the inputs: sums come out alike whatever else is in the batch."""
PRESSURE_GPA = 5.0
"""GPa: pressures count in proportion below this and by their logarithm above."""

SUMS = {
    "rare earths": RARE_EARTHS,
    "alkaline earths": ALKALINE_EARTHS,
    "alkalis": ALKALIS,
    "reservoir": RESERVOIR,
    "halogens": HALOGENS,
    "magnetic": MAGNETIC,
    "closed": CLOSED,
    "high-valent": HIGH_VALENT,
    "anions": ANIONS,
}
"""Amounts together, for each atom of the net's metal."""
SHARES = {
    "Pr in rare earths": (("Pr",), RARE_EARTHS),
    "Ce, Th in rare earths": (("Ce", "Th"), (*RARE_EARTHS, "Th")),
    "Ca in Ca, rare earths": (("Ca",), ("Ca", *RARE_EARTHS)),
    "Ba in alkaline earths": (("Ba",), ALKALINE_EARTHS),
    "La in large": (("La",), LARGE),
    **{f"{one} in anions": ((one,), (*PNICTOGENS, *CHALCOGENS)) for one in ("P", "As", "S", "Se", "Te")},
}
"""One group of elements in another; absent where there is nothing of the other."""
ELECTRONS = ("valence", "valence low", "valence high", "foreign")
SIZES = ("cation radius", "cation radius spread", "cation electronegativity", "rare earth radius", "elements")
NUMBERS = (
    "apex_radius_inner_ang",
    "apex_radius_outer_ang",
    "sheet_distance_ang",
    "bond_ang",
    "bond_angle_deg",
    "buckling_ang",
    "apical_distance_ang",
    "anion_height_ang",
    "anion_angle_deg",
    "net_disorder",
)
RELATION = ("relation_k", "outer_k")
"""λ/ξ² of the smallest and of the largest cage: what the published relation says."""


def cage_columns() -> tuple[str, ...]:
    """Columns that come from the cages."""
    apical = tuple(f"apical {one}" for one in (NO_LIGAND, "O", "F", "Cl"))
    spacers = tuple(f"spacer {row.name}" for row in spacer_table().classes)
    return (*RELATION, *NUMBERS, "sheets", "pressure", *apical, *spacers)


def formula_columns(elements: Sequence[str]) -> tuple[str, ...]:
    """Columns that come from the composition alone, with these elements by themselves."""
    return (*ELECTRONS, *SIZES, *SUMS, *SHARES, *elements)


@dataclass(frozen=True)
class Batch:
    """Materials side by side: amounts (N, E) of `symbols` per metal, electrons (N, 4), cages by column.

    Electrons are the valence, usual, lowest and highest, and the share of foreign metals; nan where unknown.
    """

    symbols: tuple[str, ...]
    amounts: Floats
    electrons: Floats
    cages: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.amounts)

    def take(self, rows: Ints) -> Batch:
        """Some of the materials, in a new order; their arrays may be changed."""
        cages = {name: values[rows] for name, values in self.cages.items()}
        return Batch(self.symbols, self.amounts[rows].copy(), self.electrons[rows].copy(), cages)

    def amount(self, symbol: str) -> Floats:
        """Amount (N,) of an element."""
        if symbol not in self.symbols:
            return np.zeros(len(self))
        column: Floats = self.amounts[:, self.symbols.index(symbol)]
        return column

    def scaled_heights(self, factor: Floats) -> Batch:
        """The same materials with every height ξ times a factor (N,)."""
        return replace(
            self, cages={**self.cages, **{name: self.cages[name] / factor**2 for name in RELATION}}
        )


def batch_of(materials: Sequence[Material], lambda_k_ang2: float, more: Collection[str] = ()) -> Batch:
    """Materials side by side.

    Args:
        materials: N materials of one family.
        lambda_k_ang2: λ of the family.
        more: elements that get a column though no material holds them.
    """
    symbols = tuple(sorted({symbol for one in materials for symbol, _ in one.amounts} | set(more)))
    place = {symbol: k for k, symbol in enumerate(symbols)}
    amounts = np.zeros((len(materials), len(symbols)))
    electrons = np.full((len(materials), len(ELECTRONS)), np.nan)
    for k, one in enumerate(materials):
        for symbol, amount in one.amounts:
            amounts[k, place[symbol]] = amount
        if one.electrons is not None:
            known = one.electrons
            electrons[k] = known.middle, known.low, known.high, known.foreign_share
    return Batch(symbols, amounts, electrons, _of_cages([one.features for one in materials], lambda_k_ang2))


def inputs(batch: Batch, columns: Sequence[str]) -> Floats:
    """The inputs (N, D) of N materials; lengths in Å, angles in degrees, temperatures in K.

    Args:
        batch: what is to be predicted.
        columns: names among `formula_columns` and `cage_columns`, in the order of the result.
    """
    values = _of_formula(batch) | dict(batch.cages)
    made = [values[name] if name in values else batch.amount(name) for name in columns]
    held: Floats = np.column_stack(made) if made else np.zeros((len(batch), 0))
    return held.round(DECIMALS)


@cache
def _size(symbol: str) -> tuple[float, float]:
    """Mean cationic radius in Å, 1 where it is not known, and electronegativity of an element."""
    one = Element(symbol)
    return float(one.average_cationic_radius or one.atomic_radius or 1.0), float(one.X)


def _of_formula(batch: Batch) -> dict[str, Floats]:
    place = {symbol: k for k, symbol in enumerate(batch.symbols)}
    cations = [k for symbol, k in place.items() if symbol not in ANIONS]
    sizes = np.array([_size(batch.symbols[k]) for k in cations]).reshape(-1, 2)
    earths = [place[one] for one in RARE_EARTHS if one in place]
    radii = np.array([_size(batch.symbols[k])[0] for k in earths])

    def total(symbols: Sequence[str]) -> Floats:
        made: Floats = batch.amounts[:, [place[one] for one in symbols if one in place]].sum(axis=1)
        return made

    made = {name: total(symbols) for name, symbols in SUMS.items()}
    with np.errstate(invalid="ignore", divide="ignore"):
        for name, (part, rest) in SHARES.items():
            whole = total(rest)
            made[name] = np.where(whole > 0, total(part) / whole, np.nan)
        held = batch.amounts[:, cations]
        mean, negativity = ((held @ sizes) / held.sum(axis=1)[:, None]).T
        square = held @ sizes[:, 0] ** 2 / held.sum(axis=1)
        made["cation radius"] = mean
        made["cation radius spread"] = np.sqrt(np.maximum(square - mean**2, 0.0))
        made["cation electronegativity"] = negativity
        some = batch.amounts[:, earths]
        made["rare earth radius"] = some @ radii / some.sum(axis=1)
    made["elements"] = 1.0 + (batch.amounts > 0).sum(axis=1)
    return made | dict(zip(ELECTRONS, batch.electrons.T, strict=True))


def _of_cages(held: Sequence[Features], lambda_k_ang2: float) -> dict[str, Floats]:
    made: dict[str, Floats] = {}
    for name in NUMBERS:
        given = [getattr(one, name) for one in held]
        made[name] = np.array([np.nan if value is None else value for value in given], dtype=np.float64)
    for name, height in zip(RELATION, ("xi_ceiling_ang", "xi_outer_ang"), strict=True):
        made[name] = lambda_k_ang2 / np.array([getattr(one, height) for one in held], dtype=np.float64) ** 2
    counts = [0.0 if one.sheets_per_block == "infinite" else 1 / int(one.sheets_per_block) for one in held]
    made["sheets"] = np.array(counts, dtype=np.float64)
    made["pressure"] = np.array([asinh((one.pressure_gpa or 0.0) / PRESSURE_GPA) for one in held])
    for name in cage_columns():
        kind, _, word = name.partition(" ")
        if kind in ("apical", "spacer"):
            made[name] = np.array([float(getattr(one, kind) == word) for one in held])
    return made
