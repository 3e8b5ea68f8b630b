import random
import warnings

from pymatgen.core import Composition, Element

from catalog.readers.composition import elements_and_formula

SPECIAL = ("Li4 Fe4 P4 O16", "Ca3 P2 O8", "Na2 O2", "O8", "H2 O2", "Xe1 F2", "Fe4", "N2 H8 S1 O4", "Cu1.5 O2")


def test_formulas_read_as_pymatgen_reduces_them_without_lone_ones() -> None:
    draw = random.Random(5)
    symbols = [element.symbol for element in Element if element.symbol not in ("D", "T")]
    mixed = [
        {one: float(draw.choice((1, 2, 4, 6, 12))) for one in draw.sample(symbols, 4)} for _ in range(300)
    ]
    for amounts in [Composition(formula).as_dict() for formula in SPECIAL] + mixed:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # elements without an electronegativity
            expected = Composition(amounts).reduced_formula
        elements, formula = elements_and_formula(amounts)
        assert elements == tuple(sorted(amounts))
        assert formula.replace("1", "") == expected.replace("1", "")
        assert Composition(formula) == Composition(expected)
