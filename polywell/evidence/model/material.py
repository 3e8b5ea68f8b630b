"""What the model sees of a material: its composition, the electrons that this leaves, and its cages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pymatgen.core import Element

from polywell.electrons.valence import amounts_of, valence_in_family
from polywell.evidence.features import Features, features
from polywell.records import Screening

DIGITS = 5


@dataclass(frozen=True)
class Electrons:
    """Formal valence of the net's metal, lowest, usual and highest, and the share of other metals on the net.

    Electrons that other metals bring to the net lower the valence: it is the group of the net's metal less
    the d electrons per metal of the net.
    """

    low: float
    middle: float
    high: float
    foreign_share: float

    def ranging(self, middle: float, low: float | None, high: float | None) -> Electrons:
        """The same with as wide a range as another valence has; none where it is not known."""
        below, above = (0.0 if end is None else end - middle for end in (low, high))
        return replace(self, low=round(self.middle + below, DIGITS), high=round(self.middle + above, DIGITS))


@dataclass(frozen=True)
class Material:
    """One material.

    `amounts` are those of the elements for each atom of the net's metal, oxygen included even where it was
    not determined; `electrons` is None where it was not, or where an ion has no known charge.
    """

    features: Features
    amounts: tuple[tuple[str, float], ...]
    electrons: Electrons | None


def per_metal(amounts: Mapping[str, float], metal: str) -> tuple[tuple[str, float], ...]:
    """Amounts for each atom of a metal, by symbol, without the metal itself.

    Raises:
        ValueError: the composition does not hold the metal.
    """
    whole = amounts.get(metal, 0.0)
    if whole <= 0:
        raise ValueError(f"the composition {dict(amounts)} holds no {metal}; expected the metal of the net")
    return tuple(
        (symbol, round(amount / whole, 5)) for symbol, amount in sorted(amounts.items()) if symbol != metal
    )


def material_of(candidate: Screening) -> Material:
    """A candidate as the model sees it; its electrons are those of its structure.

    Raises:
        ValueError: the screening is no candidate, or its formula cannot be read.
    """
    metal, known = str(candidate.metal), candidate.electrons
    electrons = None
    if known.d_electrons is not None and known.formal_valence is not None:
        electrons = _shared(metal, known.d_electrons, known.foreign_share or 0.0).ranging(
            known.formal_valence, known.valence_low, known.valence_high
        )
    return Material(features(candidate), per_metal(amounts_of(candidate.formula), metal), electrons)


def made(features: Features, amounts: Mapping[str, float], metal: str, oxygen_known: bool = True) -> Material:
    """A material of these features and this composition."""
    return Material(
        features,
        per_metal(amounts, metal),
        electrons_of(amounts, features.family) if oxygen_known else None,
    )


def electrons_of(amounts: Mapping[str, float], family: str) -> Electrons | None:
    """The electrons of a composition; None where an ion has no known charge or the family no count."""
    try:
        found = valence_in_family(amounts, family)
    except ValueError:
        return None
    return _shared(found.metal, found.d_electrons, found.foreign_share).ranging(
        found.middle, found.low, found.high
    )


def _shared(metal: str, d_electrons: float, foreign_share: float) -> Electrons:
    """The valence that so many d electrons per metal of the net would leave to the net's own metal."""
    valence = round(float(Element(metal).group) - d_electrons, DIGITS)
    return Electrons(valence, valence, valence, round(foreign_share, DIGITS))
