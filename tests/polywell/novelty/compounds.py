"""Known compounds as ordered supercells, defect cells and mixtures; and compounds that nobody made.

Each is made of a structure of the reference library: every site as its commonest element, sites that are
mostly empty left out, repeated, then changed. A change is an element, what takes its place (nothing: a
vacancy), and how many of such sites it takes (the first ones; negative: the last ones; None: all).
"""

from __future__ import annotations

from pymatgen.core import Structure

from polywell.data.reference import reference_structures
from polywell.records import Entry

Change = tuple[str, str, int | None]
Made = tuple[str, str, tuple[int, int, int], tuple[Change, ...]]
"""Name, structure of the library, repeats, and changes."""

ONCE = (1, 1, 1)

KNOWN: list[Made] = [
    # orderings in supercells
    ("La1.75Sr0.25CuO4", "la2cuo4-htt", (2, 1, 1), (("La", "Sr", 1),)),
    ("La1.875Ba0.125CuO4", "la2cuo4-htt", (2, 2, 1), (("La", "Ba", 1),)),
    ("La1.875Sr0.125CuO4", "la2cuo4-lto", (2, 1, 1), (("La", "Sr", 1),)),
    ("La1.75Ca0.25CuO4", "la2cuo4-htt", (2, 1, 1), (("La", "Ca", 1),)),
    ("La1.125Nd0.625Sr0.25CuO4", "la2cuo4-htt", (2, 2, 1), (("La", "Nd", 5), ("La", "Sr", 2))),
    ("Nd1.875Ce0.125CuO4", "nd2cuo4", (2, 2, 1), (("Nd", "Ce", 1),)),
    ("Pr1.75Ce0.25CuO4", "pr2cuo4", (2, 1, 1), (("Pr", "Ce", 1),)),
    ("Sm1.75Ce0.25CuO4", "nd2cuo4", (2, 1, 1), (("Nd", "Sm", None), ("Sm", "Ce", 1))),
    ("Eu1.75Ce0.25CuO4", "nd2cuo4", (2, 1, 1), (("Nd", "Eu", None), ("Eu", "Ce", 1))),
    ("Sr0.875La0.125CuO2", "srcuo2-infinite-layer", (2, 2, 2), (("Sr", "La", 1),)),
    ("Ca0.5Sr0.5CuO2", "cacuo2", (1, 1, 2), (("Ca", "Sr", 1),)),
    ("YBa2Cu3O7, 2x1x1", "yba2cu3o7", (2, 1, 1), ()),
    ("YBa2Cu3O6.5", "yba2cu3o7", (2, 1, 1), (("O", "", -1),)),
    ("Y0.75Ca0.25Ba2Cu3O7", "yba2cu3o7", (2, 2, 1), (("Y", "Ca", 1),)),
    ("YBaSrCu3O7", "yba2cu3o7", ONCE, (("Ba", "Sr", 1),)),
    ("YBa2Cu2.875Zn0.125O7", "yba2cu3o7", (2, 2, 2), (("Cu", "Zn", 1),)),
    ("NdBa1.75La0.25Cu3O7", "ndba2cu3o7", (2, 2, 1), (("Ba", "La", 1),)),
    ("GdBa2Cu3O6.5", "gdba2cu3o7", (2, 1, 1), (("O", "", -1),)),
    ("Y0.5Pr0.5Ba2Cu3O7", "yba2cu3o7", (2, 1, 1), (("Y", "Pr", 1),)),
    ("LuBa2Cu3O7", "yba2cu3o7", ONCE, (("Y", "Lu", None),)),
    ("DyBa2Cu4O8", "yba2cu4o8", ONCE, (("Y", "Dy", None),)),
    ("Y0.5Ca0.5Ba2Cu4O8", "yba2cu4o8", ONCE, (("Y", "Ca", 1),)),
    ("Bi2Sr2Ca0.5Y0.5Cu2O8", "bi2sr2cacu2o8", ONCE, (("Ca", "Y", 1),)),
    ("Bi1.5Pb0.5Sr2CaCu2O8", "bi2sr2cacu2o8", ONCE, (("Bi", "Pb", 1),)),
    ("Bi2Sr1.5La0.5CuO6", "bi2sr2cuo6", ONCE, (("Sr", "La", 1),)),
    ("Bi1.5Pb0.5Sr2Ca2Cu3O10", "bi2sr2ca2cu3o10", ONCE, (("Bi", "Pb", 1),)),
    ("Tl2Ba2CuO6, defect Tl", "tl2ba2cuo6", (2, 1, 1), (("Tl", "", 1),)),
    ("Tl1.75Ba2CaCu2O8", "tl2ba2cacu2o8", (2, 1, 1), (("Tl", "", 1),)),
    ("Tl2Ba2Ca2Cu3O10, 2x1x1", "tl2ba2ca2cu3o10", (2, 1, 1), ()),
    ("TlBaSrCaCu2O7", "tlba2cacu2o7", ONCE, (("Ba", "Sr", 1),)),
    ("Tl0.75Ba2Ca2Cu3O9", "tlba2ca2cu3o9", (2, 2, 1), (("Tl", "", 1),)),
    ("TlBaSrCa2Cu3O9", "tlba2ca2cu3o9", ONCE, (("Ba", "Sr", 1),)),
    ("Tl0.5Pb0.5Sr2CaCu2O7", "tlba2cacu2o7", (1, 1, 2), (("Tl", "Pb", 1), ("Ba", "Sr", None))),
    ("Tl0.5Bi0.5Sr2CaCu2O7", "tlba2cacu2o7", (1, 1, 2), (("Tl", "Bi", 1), ("Ba", "Sr", None))),
    ("TlBa2Ca3Cu4O11, 2x2x1", "tlba2ca3cu4o11", (2, 2, 1), ()),
    ("HgBa2CuO4, 2x2x1", "hgba2cuo4.18", (2, 2, 1), ()),
    ("Hg0.75Tl0.25Ba2CuO4", "hgba2cuo4.18", (2, 2, 1), (("Hg", "Tl", 1),)),
    ("HgBaSrCaCu2O6", "hgba2cacu2o6", ONCE, (("Ba", "Sr", 1),)),
    ("HgBa2Ca0.5Y0.5Cu2O6", "hgba2cacu2o6", (2, 1, 1), (("Ca", "Y", 1),)),
    ("Hg0.75Ba2Ca2Cu3O8", "hgba2ca2cu3o8.16", (2, 2, 1), (("Hg", "", 1),)),
    ("Hg0.75Pb0.25Ba2Ca2Cu3O8", "hgba2ca2cu3o8.16", (2, 2, 1), (("Hg", "Pb", 1),)),
    ("HgBa2Ca3Cu4O10, 1x1x2", "hgba2ca3cu4o10", (1, 1, 2), ()),
    ("Pb2Sr2Y0.5Ca0.5Cu3O8", "pb2sr2ycu3o8", ONCE, (("Y", "Ca", 1),)),
    ("RuSr2EuCu2O8", "rusr2gdcu2o8", ONCE, (("Gd", "Eu", None),)),
    ("Ca1.75Na0.25CuO2Cl2", "ca2cuo2cl2", (2, 1, 1), (("Ca", "Na", 1),)),
    # iron
    ("Ba0.5K0.5Fe2As2", "bafe2as2", ONCE, (("Ba", "K", 1),)),
    ("Ba0.75K0.25Fe2As2", "bafe2as2", (2, 1, 1), (("Ba", "K", 1),)),
    ("Sr0.5Na0.5Fe2As2", "srfe2as2", ONCE, (("Sr", "Na", 1),)),
    ("BaFe1.75Co0.25As2", "bafe2as2", (2, 1, 1), (("Fe", "Co", 1),)),
    ("BaFe2As1.5P0.5", "bafe2as2", ONCE, (("As", "P", 1),)),
    ("K0.75Fe2Se2", "k0.8fe2se2", (2, 1, 1), (("K", "", 1),)),
    ("LaFeAsO0.875F0.125", "lafeaso", (2, 2, 1), (("O", "F", 1),)),
    ("SmFeAsO0.75", "smfeaso", (2, 1, 1), (("O", "", -1),)),
    ("La0.5Nd0.5FeAsO", "lafeaso", ONCE, (("La", "Nd", 1),)),
    ("FeSe0.5Te0.5", "fese", ONCE, (("Se", "Te", 1),)),
    ("NaFe0.875Co0.125As", "nafeas", (2, 2, 1), (("Fe", "Co", 1),)),
    # nickel
    ("La2PrNi2O7 in one cell", "la3ni2o7-29.5gpa", ONCE, (("La", "Pr", 4),)),
    ("Nd0.75Sr0.25NiO2", "ndnio2", (2, 2, 1), (("Nd", "Sr", 1),)),
    ("La0.75Ca0.25NiO2", "lanio2", (2, 2, 1), (("La", "Ca", 1),)),
    ("La4Ni3O10, 2x1x1", "la4ni3o10-tetragonal", (2, 1, 1), ()),
]  # fmt: skip

INVENTED: list[Made] = [
    ("HgRa2CuO4", "hgba2cuo4.18", ONCE, (("Ba", "Ra", None),)),
    ("SnBa2CaCu2O6", "hgba2cacu2o6", ONCE, (("Hg", "Sn", None),)),
    ("ZrBa2CaCu2O7", "tlba2cacu2o7", ONCE, (("Tl", "Zr", None),)),
    ("WBa2Ca2Cu3O9", "tlba2ca2cu3o9", ONCE, (("Tl", "W", None),)),
    ("PtBa2CuO4", "hgba2cuo4.18", ONCE, (("Hg", "Pt", None),)),
    ("Sb2Ba2CuO6", "tl2ba2cuo6", ONCE, (("Tl", "Sb", None),)),
    ("In2Ba2CaCu2O8", "tl2ba2cacu2o8", ONCE, (("Tl", "In", None),)),
    ("Sn2Sr2Ca2Cu3O10", "bi2sr2ca2cu3o10", ONCE, (("Bi", "Sn", None),)),
    ("Cd2Ba2Ca2Cu3O10", "tl2ba2ca2cu3o10", ONCE, (("Tl", "Cd", None),)),
    ("HgBa2MgCu2O6", "hgba2cacu2o6", ONCE, (("Ca", "Mg", None),)),
    ("TlBa2Mg2Cu3O9", "tlba2ca2cu3o9", ONCE, (("Ca", "Mg", None),)),
    ("HgBa3Cu2O6", "hgba2cacu2o6", ONCE, (("Ca", "Ba", None),)),
    ("Tl2Cs2CuO6", "tl2ba2cuo6", ONCE, (("Ba", "Cs", None),)),
    ("ScBa2Cu3O7", "yba2cu3o7", ONCE, (("Y", "Sc", None),)),
    ("YRa2Cu3O7", "yba2cu3o7", ONCE, (("Ba", "Ra", None),)),
    ("MgCuO2", "cacuo2", ONCE, (("Ca", "Mg", None),)),
    ("CdCuO2", "cacuo2", ONCE, (("Ca", "Cd", None),)),
    ("Rb2CuO2F2", "ca2cuo2f2", ONCE, (("Ca", "Rb", None),)),
    ("Ba2CuO2I2", "ca2cuo2cl2", ONCE, (("Ca", "Ba", None), ("Cl", "I", None))),
    ("RaFe2As2", "bafe2as2", ONCE, (("Ba", "Ra", None),)),
    ("CdFe2As2", "bafe2as2", ONCE, (("Ba", "Cd", None),)),
    ("MgFe2As2", "cafe2as2", ONCE, (("Ca", "Mg", None),)),
    ("InFe2Se2", "k0.8fe2se2", ONCE, (("K", "In", None),)),
    ("ZnFeAs", "lifeas", ONCE, (("Li", "Zn", None),)),
    ("RaFeAsF", "cafeasf", ONCE, (("Ca", "Ra", None),)),
    ("HfFeAsO", "lafeaso", ONCE, (("La", "Hf", None),)),
    ("BaFeAsCl", "cafeasf", ONCE, (("Ca", "Ba", None), ("F", "Cl", None))),
    ("Sr2ZrFeAsO3", "sr2vfeaso3", ONCE, (("V", "Zr", None),)),
    ("ZrNiO2", "lanio2", ONCE, (("La", "Zr", None),)),
    ("Bi3Ni2O7", "la3ni2o7-29.5gpa", ONCE, (("La", "Bi", None),)),
]  # fmt: skip


HIDDEN: list[Made] = [
    # a spacer of two ions in equal parts, halves of an isovalent ion, rare earths for Ca, nets with vacancies
    ("TlHgBa2CuO6", "tl2ba2cuo6", ONCE, (("Tl", "Hg", 2),)),
    ("Tl1.5Hg0.5Ba2Ca2Cu3O10", "tl2ba2ca2cu3o10", ONCE, (("Tl", "Hg", 1),)),
    ("Sr0.5Ba0.5CuO2", "srcuo2-infinite-layer", (1, 1, 2), (("Sr", "Ba", 1),)),
    ("La2Cu0.75O4", "la2cuo4-htt", (2, 1, 1), (("Cu", "", 1),)),
    ("KFe1.75Se2", "k0.8fe2se2", (2, 1, 1), (("Fe", "", 1),)),
    ("CaLaBaCu3O7", "yba2cu3o7", ONCE, (("Y", "Ca", None), ("Ba", "La", 1))),
    ("Y2Ba4Cu7O14", "y2ba4cu7o15", ONCE, (("O", "", -1),)),
    ("Bi2Sr2YCu2O8", "bi2sr2cacu2o8", ONCE, (("Ca", "Y", None),)),
    ("Ru0.5Nb0.5Sr2GdCu2O8", "rusr2gdcu2o8", (2, 1, 1), (("Ru", "Nb", 1),)),
    ("Hg0.75Re0.25Ba2CaCu2O6", "hgba2cacu2o6", (2, 2, 1), (("Hg", "Re", 1),)),
    ("CaK0.5Rb0.5Fe4As4", "cakfe4as4", (2, 1, 1), (("K", "Rb", 1),)),
    ("La2.75Sr0.25Ni2O7", "la3ni2o7-29.5gpa", ONCE, (("La", "Sr", 1),)),
]  # fmt: skip

LIKE_REPORTS: list[Made] = [
    # alike to what SuperCon reports without one of its ions: Ba2Ca2Cu3O9, Ba2CuO4, Ba2Cu3O7
    ("GeBa2Ca2Cu3O9", "tlba2ca2cu3o9", ONCE, (("Tl", "Ge", None),)),
    ("MgBa2CuO4", "hgba2cuo4.18", ONCE, (("Hg", "Mg", None),)),
    ("AlBa2Cu3O7", "yba2cu3o7", ONCE, (("Y", "Al", None),)),
]  # fmt: skip


def entry(made: Made) -> Entry:
    """One of the table as an entry of a source that knows nothing but the structure."""
    name, prototype, repeats, changes = made
    record = next(one for one in reference_structures() if one.id == prototype)
    mixed = record.structure()
    kept = [site for site in mixed if site.species.num_atoms > 0.5]
    cell = Structure(
        mixed.lattice,
        [max(site.species.items(), key=lambda item: item[1])[0].symbol for site in kept],
        [site.frac_coords for site in kept],
    )
    cell.make_supercell(repeats)
    symbols = [site.specie.symbol for site in cell]
    for old, new, count in changes:
        places = [place for place, symbol in enumerate(symbols) if symbol == old]
        assert places, f"{name}: no {old}"
        for place in places[count:] if (count or 0) < 0 else places[:count]:
            symbols[place] = new
    whole = [place for place, symbol in enumerate(symbols) if symbol]
    changed = Structure(cell.lattice, [symbols[k] for k in whole], [cell[k].frac_coords for k in whole])
    composition = changed.composition
    elements = tuple(sorted(element.symbol for element in composition.elements))
    return Entry("made", name, composition.reduced_formula, elements, changed)
