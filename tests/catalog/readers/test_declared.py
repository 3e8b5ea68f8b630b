"""What a formula declares beside the sites: dopants without a site are notes, a cut list of atoms fails."""

from collections.abc import Collection

import pytest
from pymatgen.core import Lattice, Structure

from catalog.errors import MissingAtomsError
from catalog.readers.composition import amounts_of
from catalog.readers.declared import Formula, net_metal


def cell(**amounts: float) -> Structure:
    """Sites of these elements, each of the given occupancy; all that counts is how much there is of each."""
    sites = [(symbol, share) for symbol, total in amounts.items() for share in _shares(total)]
    places = [[index / len(sites), 0, 0] for index in range(len(sites))]
    return Structure(Lattice.cubic(50), [{symbol: share} for symbol, share in sites], places)


def _shares(total: float) -> list[float]:
    return [1.0] * int(total) + ([total % 1] if total % 1 else [])


MERCURY, LSCO, Y123 = (
    cell(Hg=1, Ba=2, Cu=1, O=4),
    cell(La=4, Cu=2, O=8),
    cell(Y=1, Ba=2, Cu=3, O=7),
)


def compared(formula: str, structure: Structure, counted: bool = False) -> list[str]:
    amounts = amounts_of(formula)
    assert amounts
    return Formula(amounts, net_metal(lambda elements: True)).compare(structure, 0.25, counted)


@pytest.mark.parametrize(
    ("formula", "structure", "note"),
    [
        ("Ba2 Cu Hg0.85 O4.22 Re0.15", MERCURY, "0.15 Re are declared and have no site"),
        ("Ba2 Cu Hg O4 C0.1", MERCURY, "0.1 C are declared and have no site"),
        ("Ba2 Cu Hg0.7 O4", MERCURY, "the share of Hg differs from the declared formula by 43 %"),
        ("Ba2 Cu Hg O5.2", MERCURY, "the share of O differs from the declared formula by 23 %"),
        ("La1.8 Sr0.2 Cu O4", LSCO, "0.2 Sr are declared and have no site"),
        ("La3.6 Sr0.4 Cu2 O8", LSCO, "0.4 Sr are declared and have no site"),
        ("La Fe As O0.8 F0.2", cell(La=2, Fe=2, As=2, O=2), "0.2 F are declared and have no site"),
        ("Ba0.6 K0.4 Fe2 As2", cell(Ba=1, Fe=2, As=2), "0.4 K are declared and have no site"),
        ("La1.5 Sr0.5 Cu O4", cell(La=1.8, Sr=0.2, Cu=1, O=4), "the share of Sr differs"),
        ("Fe Se0.8 Te0.2", cell(Fe=2, Se=2), "0.2 Te are declared and have no site"),
        ("Ba Fe1.84 Co0.16 As2", cell(Ba=2, Fe=4, As=4), "0.16 Co are declared and have no site"),
        ("Cu La2 O4 D2", LSCO, "the declared hydrogen has no site"),
        ("Y0.9 Ca0.1 Ba2 Cu3 O6.8", Y123, "0.1 Ca are declared and have no site"),
    ],
)
def test_a_dopant_without_a_site_is_a_note(formula: str, structure: Structure, note: str) -> None:
    assert note in "; ".join(compared(formula, structure))


@pytest.mark.parametrize(
    ("formula", "structure", "words"),
    [
        ("La2 Cu0.9 Ni0.1 O4", LSCO, "declares Ni"),  # a metal of the λ table
        ("La2 Cu O4 F2", LSCO, "declares F"),  # as much as there is copper
        ("Y Ba2 Cu3 O7", cell(Ba=2, Cu=3, O=7), "declares Y"),  # half of the rarest element
        ("Y0.9 Ca0.1 Ba2 Cu3 O7", cell(Ba=2, Cu=3, O=7), "declares Ca, Y"),  # the same, of two elements
        ("La1.2 Sr0.8 Cu O4", LSCO, "declares Sr"),
        ("Fe Se0.7 Te0.3", cell(Fe=2, Se=2), "declares Te"),  # more than a tenth of all atoms
        ("Ba2 Cu Hg O4", cell(Hg=1, Ba=1, Cu=1, O=4), "1 Ba where the declared formula asks for 2"),
        ("La2 Cu O4", cell(La=4, Cu=1, O=8), "1 Cu where the declared formula asks for 2"),
    ],
)
def test_what_could_change_a_net_must_have_its_sites(formula: str, structure: Structure, words: str) -> None:
    with pytest.raises(MissingAtomsError, match=words):
        compared(formula, structure)


def test_a_formula_that_counts_the_atoms_allows_no_dopant() -> None:
    with pytest.raises(MissingAtomsError, match="declares Sr"):
        compared("La17 Sr1 Cu9 O36", cell(La=17, Cu=9, O=36), counted=True)


def test_the_metals_of_a_table_in_force_are_net_metals() -> None:
    def screens_palladium(elements: Collection[str]) -> bool:
        return "Pd" in elements

    assert [net_metal(screens_palladium)(symbol) for symbol in ("Pd", "Cu", "Re")] == [True, True, False]
    assert [net_metal(lambda elements: True)(symbol) for symbol in ("Pd", "Cu", "Re")] == [False, True, False]
