"""Carrier counts as they were published, compound by compound.

Holes for each copper, and d electrons for each metal of the net. What is said of YBa2Cu3O6+x and the like
is the mean valence less 2, chains included: no count of the holes of the planes. read: the number, or the
rule that gives it, stands in the abstract of the source, opened on 2026-11-28; recalled: from memory of it.
"""

from typing import NamedTuple

import pytest

from polywell.electrons.valence import valence_in_family


class Count(NamedTuple):
    formula: str
    carriers: float
    source: str
    checked: str = "recalled"
    within: float = 0.005


HAASE = "Haase et al., Phys. Rev. B 69, 094504 (2004), abstract: x holes in the plane of La2-xSrxCuO4"
TOKURA = "Tokura, Takagi and Uchida, Nature 337, 345 (1989): x electrons in Nd2-xCexCuO4"
CAVA = "Cava et al., Physica C 165, 419 (1990): formal charges of copper in YBa2Cu3O6+x"
HG = "Antipov et al., Supercond. Sci. Technol. 15, R31 (2002): two holes for each O beyond"
AVCI = "Avci et al., Phys. Rev. B 85, 184507 (2012): one hole for each K, two Fe, in Ba1-xKxFe2As2"
CO = "Ni et al., Phys. Rev. B 78, 214515 (2008): one electron for each Co of Ba(Fe1-xCox)2As2"
NI = "Li et al., New J. Phys. 11, 025008 (2009): two electrons for each Ni of BaFe2-xNixAs2"
IIMURA = "Iimura et al., Nature Commun. 3, 943 (2012), abstract: an electron for each H, as for F"
HANNA = "Hanna et al., Phys. Rev. B 84, 024521 (2011), abstract: O2- = H- + e- in SmFeAsO1-xHx"
KAMIHARA = "Kamihara et al., J. Am. Chem. Soc. 130, 3296 (2008): one electron for each F"
IYO = "Iyo et al., J. Am. Chem. Soc. 138, 3410 (2016): 0.25 holes for each Fe of CaKFe4As4"
WANG = "Wang et al., J. Am. Chem. Soc. 138, 7856 (2016): 0.25 holes for each Fe of KCa2Fe4As4F2"
PAN = "Pan et al., Nature Mater. 21, 160 (2022), abstract: d8.8 of Nd6Ni5O12"
RP = "Zhang et al., Nature Phys. 13, 864 (2017), and Sun et al., Nature 621, 493 (2023): nominal charges"
LI = "Li et al., Nature 572, 624 (2019): 0.2 holes in Nd0.8Sr0.2NiO2, d8.8"

HOLES = (
    Count("La2CuO4", 0.0, HAASE, "read"),
    Count("La1.9Sr0.1CuO4", 0.10, HAASE, "read"),
    Count("La1.85Sr0.15CuO4", 0.15, HAASE, "read"),
    Count("La1.7Sr0.3CuO4", 0.30, HAASE, "read"),
    Count("La1.875Ba0.125CuO4", 0.125, "Tranquada et al., Nature 375, 561 (1995): 1/8 holes"),
    Count(
        "La2CuO4.06",
        0.12,
        "Jorgensen et al., Phys. Rev. B 38, 11337 (1988): two holes for each O beyond four",
    ),
    Count("YBa2Cu3O6", -1 / 3, CAVA),
    Count("YBa2Cu3O6.5", 0.0, CAVA),
    Count("YBa2Cu3O6.95", 0.3, CAVA),
    Count("YBa2Cu3O7", 1 / 3, CAVA),
    Count("YBa2Cu4O8", 0.25, "Karpinski et al., Nature 336, 660 (1988): mean charge of copper 2.25"),
    Count("Y2Ba4Cu7O15", 2 / 7, "Bordet et al., Nature 334, 596 (1988): mean charge of copper 2.29"),
    Count("HgBa2CuO4.08", 0.16, HG),
    Count("HgBa2CaCu2O6.22", 0.22, HG),
    Count("HgBa2Ca2Cu3O8.41", 0.273, HG),
    Count(
        "Tl2Ba2CuO6", 0.0, "Shimakawa, Physica C 204, 247 (1993): no holes without defects or O beyond six"
    ),
    Count("Tl2Ba2CuO6.1", 0.2, "Shimakawa, Physica C 204, 247 (1993): two holes for each O beyond six"),
    Count(
        "TlBa2CaCu2O7", 0.5, "Subramanian et al., Nature 332, 420 (1988): Tl 3+, mean charge of copper 2.5"
    ),
    Count("Tl0.5Pb0.5Sr2Ca2Cu3O9", 1 / 6, "Subramanian et al., Science 242, 249 (1988): Tl 3+ and Pb 4+"),
    Count(
        "Bi2Sr2CaCu2O8.16",
        0.16,
        "Presland et al., Physica C 176, 95 (1991): two holes for each O beyond eight",
    ),
    Count("Pb2Sr2Y0.5Ca0.5Cu3O8", -1 / 6, "Cava et al., Nature 336, 211 (1988): Cu 1+ and two Cu 2.25+"),
    Count("Ca1.84Na0.16CuO2Cl2", 0.16, "Hiroi et al., Nature 371, 139 (1994): one hole for each Na"),
    Count("Sr2CuO2Cl2", 0.0, "Miller et al., Phys. Rev. B 41, 1921 (1990): undoped"),
    Count("CaCuO2", 0.0, "Siegrist et al., Nature 334, 231 (1988): undoped"),
    Count("Nd1.85Ce0.15CuO4", -0.15, TOKURA),
    Count("Pr1.88Ce0.12CuO4", -0.12, TOKURA),
    Count("Sr0.86Nd0.14CuO2", -0.14, "Smith et al., Nature 351, 549 (1991): one electron for each Nd"),
    Count("Sr0.9La0.1CuO2", -0.10, "Er et al., Physica C 196, 271 (1992): one electron for each La"),
    Count(
        "RuSr2GdCu2O8",
        0.0,
        "McLaughlin et al., Phys. Rev. B 60, 7512 (1999): Ru 5+, from which 0.1 holes come",
    ),
)

IRON = (
    Count("LaFeAsO", 6.0, KAMIHARA),
    Count("LaFeAsO0.89F0.11", 6.11, KAMIHARA),
    Count("LaFeAsO0.7H0.3", 6.30, IIMURA, "read"),
    Count("SmFeAsO0.8H0.2", 6.20, HANNA, "read"),
    Count(
        "CaFeAsH", 6.0, "Hosono and Matsuishi, Curr. Opin. Solid State Mater. Sci. 17, 49 (2013): H-", "read"
    ),
    Count("Gd0.8Th0.2FeAsO", 6.20, "Wang et al., EPL 83, 67006 (2008): one electron for each Th"),
    Count("Ba0.6K0.4Fe2As2", 5.80, AVCI),
    Count("KFe2As2", 5.50, AVCI),
    Count("BaFe1.88Co0.12As2", 6.06, CO),
    Count("BaFe1.9Ni0.1As2", 6.10, NI),
    Count(
        "BaFe1.9Mn0.1As2", 5.95, "Thaler et al., Phys. Rev. B 84, 144528 (2011): Mn as one hole, nominally"
    ),
    Count("BaFe1.3Ru0.7As2", 6.0, "Rullier-Albenque et al., Phys. Rev. B 81, 224503 (2010): Ru isovalent"),
    Count("BaFe2As1.4P0.6", 6.0, "Kasahara et al., Phys. Rev. B 81, 184519 (2010): P isovalent"),
    Count("FeSe", 6.0, "Hsu et al., Proc. Natl. Acad. Sci. 105, 14262 (2008): Fe 2+"),
    Count("LiFeAs", 6.0, "Tapp et al., Phys. Rev. B 78, 060505 (2008): undoped"),
    Count("CaKFe4As4", 5.75, IYO),
    Count("KCa2Fe4As4F2", 5.75, WANG),
    Count("K2Fe4Se5", 6.0, "Bao et al., Chin. Phys. Lett. 28, 086104 (2011): Fe 2+, two in ten vacant"),
    Count("LaFeSiH", 6.0, "Bernardini et al., Phys. Rev. B 97, 100504 (2018): the electrons of LaFeAsO"),
    Count(
        "Ca0.9La0.1FeAs2",
        6.1,
        "Katayama et al., J. Phys. Soc. Jpn. 82, 123702 (2013): As 1- in chains, 0.1 electrons",
    ),
    Count(
        "Ca10Pt4As8Fe10As10",
        6.2,
        "Neupane et al., Phys. Rev. B 85, 094510 (2012): Pt 2+, As2 4-, 0.2 electrons",
    ),
)

NICKEL = (
    Count("La3Ni2O7", 7.5, RP),
    Count("La4Ni3O10", 7.333, RP),
    Count("La2NiO4", 8.0, RP),
    Count("La4Ni3O8", 8.667, "Zhang et al., Proc. Natl. Acad. Sci. 113, 8945 (2016): Ni 1.33+"),
    Count("Nd6Ni5O12", 8.8, PAN, "read"),
    Count("NdNiO2", 9.0, LI),
    Count("Nd0.8Sr0.2NiO2", 8.8, LI),
)

FAMILIES = {"cuprate": HOLES, "iron-based": IRON, "nickelate": NICKEL}


@pytest.mark.parametrize(
    ("family", "count"),
    [
        pytest.param(family, count, id=count.formula)
        for family, counts in FAMILIES.items()
        for count in counts
    ],
)
def test_the_carriers_are_those_that_were_published(family: str, count: Count) -> None:
    found = valence_in_family(count.formula, family)
    assert found.carriers == pytest.approx(count.carriers, abs=count.within)
