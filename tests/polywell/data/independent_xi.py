"""Cage heights of the reference library by arithmetic on the tabulated coordinates alone.

A second construction of ξ, to hold the program's cage finder against: it reads the tables, knows from
each structure type which site stands above which hollow, and multiplies fractions by the height of the
cell. No structure is built, no neighbour is looked for, nothing of the package is imported.

`INDEPENDENT_XI` maps an id to its cages ``(kind, apex symbols, ξ in Å)``, distinct cages only, in the
order of growing ξ. An octahedron has two apexes (lower, upper), a nonahedron one (the anion below the
hollow), a tridecahedron one (the cation above it). Of a shared site the majority element is named; an
occupancy below one half does not count. So of the two anion heights of a split site the majority's is
taken; the occupancy-weighted mean would be 3.225 Å in FeSe0.44Te0.56 and 2.554 Å in BaFe2(As0.7P0.3)2.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

TABLES = Path(__file__).parents[3] / "polywell" / "tables" / "reference"

Cage = tuple[str, list[str], float]
Recipe = Callable[["Cell"], list[Cage]]


class Cell:
    """One record of the tables, seen along its stacking axis (c unless said otherwise)."""

    def __init__(self, row: dict[str, Any], axis: str = "c") -> None:
        self.sites = {site["label"]: site for site in row["sites"]}
        self.index = "abc".index(axis)
        # Only the monoclinic record stacks along a slanted axis; its sheets are normal to a*.
        slant = math.sin(math.radians(row.get("beta_deg", 90.0))) if axis == "a" else 1.0
        self.height = row[f"{axis}_ang"] * slant

    def z(self, label: str) -> float:
        return float(self.sites[label]["xyz"][self.index])

    def symbol(self, label: str) -> str:
        species = self.sites[label]["species"]
        return str(max(species, key=species.__getitem__))

    def octahedron(self, lower: str, upper: str, fraction: float) -> Cage:
        return "octahedron", [self.symbol(lower), self.symbol(upper)], abs(fraction) * self.height

    def nonahedron(self, anion: str, fraction: float) -> Cage:
        return "nonahedron", [self.symbol(anion)], abs(fraction) * self.height

    def tridecahedron(self, cation: str, fraction: float) -> Cage:
        return "tridecahedron", [self.symbol(cation)], abs(fraction) * self.height


# --- cuprates and nickelates ------------------------------------------------------------------------


def one_cation_in_the_middle(apex: str, middle: str) -> Recipe:
    """Sheet between `apex` at z and `middle` at 1/2, as in Y-123 and Hg-1212."""
    return lambda s: [s.octahedron(apex, middle, 0.5 - s.z(apex))]


def middle_at_zero(apex: str, middle: str) -> Recipe:
    """Sheet between `middle` at 0 and `apex` at z, both over the hollow after centring."""
    return lambda s: [s.octahedron(middle, apex, s.z(apex))]


def around_zero(apex: str) -> Recipe:
    """Sheet on the mirror at 0, the same apex at z above and below."""
    return lambda s: [s.octahedron(apex, apex, 2 * s.z(apex))]


def between(lower: str, upper: str) -> Recipe:
    """Sheet between two cations of which the table gives the sites nearest to it."""
    return lambda s: [s.octahedron(lower, upper, s.z(upper) - s.z(lower))]


def mirror_at_half(apex: str) -> Recipe:
    """Sheet on the mirror at 1/2 (or body-centred at 0), the same apex at z below and above."""
    return lambda s: [s.octahedron(apex, apex, 2 * (0.5 - s.z(apex)))]


def infinite_layer(apex: str) -> Recipe:
    return lambda s: [s.octahedron(apex, apex, 1.0)]


def trilayer_from_half(outer: str, inner: str) -> Recipe:
    """Inner sheet at 1/2: inner/inner cage and outer/inner cage."""
    return lambda s: [
        s.octahedron(inner, inner, 2 * (0.5 - s.z(inner))),
        s.octahedron(outer, inner, s.z(inner) - s.z(outer)),
    ]


def trilayer_from_zero(outer: str, inner: str) -> Recipe:
    """Inner sheet at 0: inner/inner cage and inner/outer cage."""
    return lambda s: [
        s.octahedron(inner, inner, 2 * s.z(inner)),
        s.octahedron(inner, outer, s.z(outer) - s.z(inner)),
    ]


def tetralayer(outer: str, second: str, middle: str) -> Recipe:
    """Inner sheets between `second` and `middle` at 1/2, outer ones between `outer` and `second`."""
    return lambda s: [
        s.octahedron(second, middle, 0.5 - s.z(second)),
        s.octahedron(outer, second, s.z(second) - s.z(outer)),
    ]


def t_prime(cation: str) -> Recipe:
    """Nd2CuO4 with the sheet at 0: the body-centred image of the cation lies at |1/2 - z|."""
    return lambda s: [s.octahedron(cation, cation, 2 * abs(0.5 - s.z(cation)))]


def ltt(cation: str, metal: str) -> Recipe:
    """P4_2/ncm, origin choice 1: the sheet is at the metal, the next one half a cell further."""
    return lambda s: [s.octahedron(cation, cation, 2 * (0.5 - (s.z(cation) - s.z(metal))))]


def reduced_trilayer(inner: str, outer: str) -> Recipe:
    """Nd4Ni3O8, inner sheet at 0: the body-centred images of both cations stand over the hollows."""
    return lambda s: [
        s.octahedron(inner, inner, 2 * (s.z(inner) - 0.5)),
        s.octahedron(inner, outer, s.z(outer) - s.z(inner)),
    ]


def trilayer_nickelate(outer: str, inner: str) -> Recipe:
    """La4Ni3O10, inner sheet at 1/2: inner cations at z, body-centred images of the outer ones at 1/2 - z."""
    return lambda s: [
        s.octahedron(outer, inner, s.z(inner) - (0.5 - s.z(outer))),
        s.octahedron(inner, inner, 2 * (0.5 - s.z(inner))),
    ]


def hybrid_1212(s: Cell) -> list[Cage]:
    """La5Ni3O11: a single sheet at 0 between La1 and its image, a double one between La2 and La3 at 1/2."""
    return [s.octahedron("La1", "La1", 2 * s.z("La1")), s.octahedron("La2", "La3", 0.5 - s.z("La2"))]


# --- iron-based --------------------------------------------------------------------------------------


def sheet(iron: float, anion: str, cation: str | None) -> Recipe:
    """One kind of sheet at the height `iron`: anion planes at equal distance, one cation over the hollow.

    The images of anion and cation nearest to the sheet are taken through the inversion between cells,
    so only the distance to the sheet modulo the cell counts.
    """

    def recipe(s: Cell) -> list[Cage]:
        cages = [s.nonahedron(anion, 2 * abs(_nearest(s.z(anion) - iron)))]
        if cation is not None:
            cages.append(s.tridecahedron(cation, abs(_nearest(s.z(cation) - iron))))
        return sorted(cages, key=lambda cage: cage[2])

    return recipe


def _nearest(fraction: float) -> float:
    return fraction - round(fraction)


def alternating(lower: str, upper: str, iron: str, inner: str, outer: str, upper_at: float | None) -> Recipe:
    """Sheets between two different spacers: `inner` anion towards the upper spacer, `outer` towards 0."""

    def recipe(s: Cell) -> list[Cage]:
        top = s.z(upper) if upper_at is None else upper_at
        return sorted(
            [
                s.nonahedron(inner, s.z(inner) - s.z(outer)),
                s.tridecahedron(lower, s.z(iron)),
                s.tridecahedron(upper, top - s.z(iron)),
            ],
            key=lambda cage: cage[2],
        )

    return recipe


_123 = one_cation_in_the_middle("Ba1", "Y1")
_OOH = sheet(0.0, "Se1", None)


RECIPES: dict[str, Recipe | tuple[str, Recipe]] = {
    # Y-123 family: Ba at z, rare earth at 1/2
    **dict.fromkeys(
        (
            "yba2cu3o6.91",
            "yba2cu3o6.97",
            "yba2cu3o7",
            "yba2cu3o6.83",
            "yba2cu3o6.92",
            "yba2cu3o6.45",
            "yba2cu3o6.26",
            "yba2cu3o6",
            "y0.9ba2.1cu3o6",
        ),
        _123,
    ),
    "ndba2cu3o7": one_cation_in_the_middle("Ba1", "Nd1"),
    "gdba2cu3o7": one_cation_in_the_middle("Ba1", "Gd1"),
    "ybba2cu3o7": one_cation_in_the_middle("Ba1", "Yb1"),
    "prba2cu3o7": one_cation_in_the_middle("Ba1", "Pr1"),
    "yba2cu4o8": ("b", middle_at_zero("Ba1", "Y1")),
    # 214
    "la2cuo4-lto": ("b", mirror_at_half("La1")),
    "la2cuo4-htt": mirror_at_half("La1"),
    "la1.85sr0.15cuo4": mirror_at_half("La1"),
    "la1.85ba0.15cuo4": mirror_at_half("La1"),
    "la1.875ba0.125cuo4-ltt": ltt("La1", "Cu1"),
    "nd2cuo4": t_prime("Nd1"),
    "nd1.85ce0.15cuo4": t_prime("Nd1"),
    "pr2cuo4": t_prime("Pr1"),
    "sr2cuo2f2": t_prime("Sr1"),
    "ca2cuo2cl2": mirror_at_half("Ca1"),
    "sr2cuo2cl2": mirror_at_half("Sr1"),
    "sr2cuo2f2.6": mirror_at_half("Sr1"),
    "ba2cuo3.2": mirror_at_half("Ba1"),
    # infinite layer
    "cacuo2": infinite_layer("Ca1"),
    "ca0.86sr0.14cuo2": infinite_layer("Ca1"),
    "sr0.9la0.1cuo2": infinite_layer("Sr1"),
    "srcuo2-infinite-layer": infinite_layer("Sr1"),
    # Hg, Tl, Bi, Pb, Ru
    "hgba2cuo4.18": mirror_at_half("Ba1"),
    "hgba2cacu2o6": one_cation_in_the_middle("Ba1", "Ca1"),
    "hgba2ca2cu3o8.16": trilayer_from_half("Ba1", "Ca1"),
    "hgba2ca3cu4o10": tetralayer("Ba1", "Ca1", "Ca2"),
    "tl2hgba4cu2o10": between("Ba1", "Ba2"),
    "tl2ba2cuo6": around_zero("Ba1"),
    "tl2ba2cacu2o8": middle_at_zero("Ba1", "Ca1"),
    "tl2ba2ca2cu3o10": trilayer_from_zero("Ba1", "Ca1"),
    "tlba2cacu2o7": middle_at_zero("Ba1", "Ca1"),
    "tlba2ca2cu3o9": trilayer_from_half("Ba1", "Ca1"),
    "tlba2ca3cu4o11": tetralayer("Ba1", "Ca1", "Ca2"),
    "tl0.5pb0.5sr2ycu2o7": middle_at_zero("Sr1", "Y1"),
    "tl0.5pb0.5sr2cacu2o7": one_cation_in_the_middle("Sr1", "Ca1"),
    "bi2sr2cuo6": around_zero("Sr1"),
    "bi2sr2cacu2o8": middle_at_zero("Sr1", "Ca1"),
    "bi2sr2ca2cu3o10": trilayer_from_zero("Sr1", "Ca1"),
    "la1.6sr0.4cacu2o6": middle_at_zero("La1", "Ca1"),
    "pb2sr2ycu3o8": middle_at_zero("Sr1", "Y1"),
    "rusr2gdcu2o8": middle_at_zero("Sr1", "Gd1"),
    # nickelates
    "la4ni3o10-tetragonal": trilayer_nickelate("La2", "La1"),
    "la4ni3o10-high-pressure": trilayer_nickelate("La2", "La1"),
    "la4ni3o10-monoclinic": (
        "a",
        lambda s: sorted(
            [
                s.octahedron("La2", "La1", s.z("La1") - s.z("La2")),
                s.octahedron("La1", "La1", 2 * (0.5 - s.z("La1"))),
            ],
            key=lambda cage: cage[2],
        ),
    ),
    "la3ni2o7": ("a", lambda s: [s.octahedron("La1", "La2", 0.5 - s.z("La2"))]),
    "la2prni2o7": ("a", lambda s: [s.octahedron("La1", "La2", 0.5 - s.z("La2"))]),
    "la3ni2o7-29.5gpa": lambda s: [s.octahedron("La1", "La2", 0.5 - s.z("La2"))],
    "la3ni2o6": lambda s: [s.octahedron("La1", "La2", 1.0 - s.z("La2"))],  # images at 1/2 and 3/2 - z
    "nd4ni3o8": reduced_trilayer("Nd1", "Nd2"),
    "la4ni3o8": reduced_trilayer("La1", "La2"),
    "la2nio4-htt": mirror_at_half("La1"),
    "la2nio4-orthorhombic": ("b", lambda s: [s.octahedron("La2", "La2", 2 * s.z("La2"))]),
    "la2nio4-ltt": ltt("La1", "Ni1"),
    "lanio2": infinite_layer("La1"),
    "ndnio2": infinite_layer("Nd1"),
    "prnio2": infinite_layer("Pr1"),
    "nd0.8sr0.2nio2-film": infinite_layer("Nd1"),
    "pr0.82sr0.18nio2-film": infinite_layer("Pr1"),
    "la0.8sr0.2nio2-film": infinite_layer("La1"),
    # 11: no cation above the hollow; of a split anion site only the part above one half counts
    "fese": sheet(0.0, "Se1", None),
    "fese-orthorhombic": sheet(0.0, "Se1", None),
    "fese0.44te0.56": sheet(0.0, "Te1", None),
    "fe1.06te": sheet(0.0, "Te1", None),
    "fes": sheet(0.0, "S1", None),
    "li0.827fe0.173ohfe0.979se": _OOH,
    "li0.809fe0.191ohfe0.919se": _OOH,
    # 111
    "lifeas": sheet(0.5, "As1", "Li1"),
    "nafeas": sheet(0.0, "As1", "Na1"),
    # 122
    **{
        name: sheet(0.25, "As1", cation)
        for name, cation in {
            "bafe2as2": "Ba1",
            "bafe2as2-orthorhombic": "Ba1",
            "ba0.91tl0.09fe2as2-orthorhombic": "Ba1",
            "ba0.9k0.1fe2as2-orthorhombic": "Ba1",
            "ba0.6k0.4fe2as2": "Ba1",
            "ba0.6k0.4fe2as2-20k": "Ba1",
            "srfe2as2": "Sr1",
            "eufe2as2": "Eu1",
            "cafe2as2": "Ca1",
            "cafe2as2-collapsed": "Ca1",
            "kfe2as2": "K1",
            "bafe1.8co0.2as2": "Ba1",
            "bafe2as1.4p0.6": "Ba1",
        }.items()
    },
    "k0.8fe2se2": sheet(0.25, "Se1", "K1"),
    "k0.8fe2se2-12.5gpa": sheet(0.25, "Se1", "K1"),
    # 1111
    **{
        name: sheet(0.5, "As1", cation)
        for name, cation in {
            "lafeaso": "La1",
            "lafeaso0.92f0.08": "La1",
            "cefeaso": "Ce1",
            "cefeaso0.84f0.16": "Ce1",
            "prfeaso": "Pr1",
            "prfeaso0.89f0.11": "Pr1",
            "ndfeaso": "Nd1",
            "ndfeaso0.8f0.2": "Nd1",
            "smfeaso": "Sm1",
            "smfeaso0.85f0.15": "Sm1",
            "smfeaso0.9f0.1": "Sm1",
            "gdfeaso0.85": "Gd1",
            "tbfeaso0.9f0.1": "Tb1",
            "la0.8y0.2feaso": "La1",
            "thfeasn": "Th1",
            "srfeasf": "Sr1",
            "cafeasf": "Ca1",
        }.items()
    },
    "lafepo": sheet(0.5, "P1", "La1"),
    # several spacers
    "cakfe4as4": alternating("Ca1", "K1", "Fe1", "As1", "As2", 0.5),
    "carbfe4as4": alternating("Ca1", "Rb1", "Fe1", "As1", "As2", 0.5),
    "kca2fe4as4f2": alternating("K1", "Ca1", "Fe1", "As2", "As1", None),
    "sr2vfeaso3": sheet(0.0, "As1", "Sr1"),
    "sr3sc2o5fe2as2": sheet(0.25, "As1", "Sr2"),
    # --- structures of the measured table beyond the above ---
    **{
        f"{name}ba2cu3o7": one_cation_in_the_middle("Ba1", f"{name.capitalize()}1")
        for name in ("la", "sm", "eu", "dy", "ho", "er", "tm")
    },
    "yba2cu3o6.64": _123,
    "y2ba4cu7o15": ("b", between("Ba1", "Y1")),  # Ba2 as far
    "la1.9sr0.1cuo4": ("b", mirror_at_half("La1")),
    "la1.9sr0.1cuo4-film": mirror_at_half("La1"),
    "la1.7sr0.3cuo4": mirror_at_half("La1"),
    "pr1.85ce0.15cuo4": t_prime("Pr1"),
    "sm1.85ce0.15cuo4": t_prime("Sm1"),
    "gd2cuo4": t_prime("Gd1"),
    "sr0.86nd0.14cuo2": infinite_layer("Sr1"),
    "hgba2cuo4-24gpa": mirror_at_half("Ba1"),
    "hgba2ca2cu3o8-15gpa": trilayer_from_half("Ba1", "Ca1"),
    "hgba2ca2cu3o8-23gpa": trilayer_from_half("Ba1", "Ca1"),
    "hgba2ca2cu3o8-31gpa": trilayer_from_half("Ba1", "Ca1"),
    "hg0.8tl0.2ba2ca2cu3o8.33": trilayer_from_half("Ba1", "Ca1"),
    "tl2ba2cuo6-a": around_zero("Ba1"),
    "tl2ba2cuo6-b": around_zero("Ba1"),
    "tl2ba2cuo6-c": around_zero("Ba1"),
    "tl0.5pb0.5sr2ca2cu3o9": trilayer_from_half("Sr1", "Ca1"),
    "tl0.5pb0.5sr2ca0.75y0.25cu2o7": one_cation_in_the_middle("Sr1", "Ca1"),
    "tlba1.2la0.8cuo5": mirror_at_half("Ba1"),
    "bi2sr1.6la0.4cuo6": around_zero("Sr1"),
    "bi2sr2ycu2o8": middle_at_zero("Sr1", "Y1"),
    "ca1.84na0.16cuo2cl2": mirror_at_half("Ca1"),
    "ca3cu2o4cl2": middle_at_zero("Ca2", "Ca1"),
    "ca2cuo2f2": t_prime("Ca1"),
    "sr2cuo3.3": mirror_at_half("Sr1"),
    "la1.9ca1.1cu2o6": middle_at_zero("La1", "Ca1"),
    "cuba2ca3cu4o11": tetralayer("Ba1", "Ca1", "Ca2"),
    **dict.fromkeys(
        (
            "la3ni2o7-18gpa",
            "la3ni2o7-9gpa",
            "la2prni2o7-20gpa",
            "la2smni2o7-15gpa",
            "la2smni2o7-21.6gpa",
            "la1.57sm1.43ni2o7-25gpa",
            "la0.6nd2.4ni2o7-high-pressure",
            "la3ni2o7-film-slao",
            "la3ni2o7-film-lao",
            "la2prni2o7-film-slao",
        ),
        lambda s: [s.octahedron("La1", "La2", 0.5 - s.z("La2"))],
    ),
    "la5ni3o11-21gpa": hybrid_1212,
    "la5ni3o11-film-slao": hybrid_1212,
    "pr4ni3o10": trilayer_nickelate("Pr2", "Pr1"),
    "pr4ni3o10-high-pressure": trilayer_nickelate("Pr2", "Pr1"),
    "nd0.85sr0.15nio2-film-lsat": infinite_layer("Nd1"),
    "sm0.74eu0.2ca0.06nio2-film": infinite_layer("Sm1"),
    "la0.8ca0.2nio2-film": infinite_layer("La1"),
    "nd6ni5o12-film": lambda s: [
        s.octahedron("Nd1", "Nd1", 2 * s.z("Nd1")),  # Nd1 to Nd2 is as far
        s.octahedron("Nd2", "Nd3", s.z("Nd3") - s.z("Nd2")),
    ],
    **{
        name: sheet(0.25, anion, cation)
        for name, anion, cation in (
            ("rbfe2as2", "As1", "Rb1"),
            ("csfe2as2", "As1", "Cs1"),
            ("ba0.6na0.4fe2as2", "As1", "Ba1"),
            ("sr0.5k0.5fe2as2", "As1", "K1"),
            ("eu0.5k0.5fe2as2", "As1", "Eu1"),
            ("eufe2as1.4p0.6", "As1", "Eu1"),
            ("bafe1.9ni0.1as2", "As1", "Ba1"),
            ("rb0.8fe2se2", "Se1", "Rb1"),
            ("cs0.8fe2se2", "Se1", "Cs1"),
        )
    },
    **{
        name: alternating(lower, upper, "Fe1", "As1", "As2", 0.5)
        for name, lower, upper in (
            ("cacsfe4as4", "Ca1", "Cs1"),
            ("srrbfe4as4", "Sr1", "Rb1"),
            ("srcsfe4as4", "Sr1", "Cs1"),
            ("eurbfe4as4", "Eu1", "Rb1"),
            ("eucsfe4as4", "Eu1", "Cs1"),
            ("la0.44na0.56rbfe4as4", "Na1", "Rb1"),
            ("la0.44na0.56csfe4as4", "Na1", "Cs1"),
        )
    },
    "rbca2fe4as4f2": alternating("Rb1", "Ca1", "Fe1", "As2", "As1", None),
    "csca2fe4as4f2": alternating("Cs1", "Ca1", "Fe1", "As2", "As1", None),
    "lifep": sheet(0.5, "P1", "Li1"),
    "nafe0.975co0.025as": sheet(0.0, "As1", "Na1"),
    "gd0.8th0.2feaso": sheet(0.5, "As1", "Gd1"),
    "dyfeaso0.85": sheet(0.5, "As1", "Dy1"),
    "hofeaso0.9f0.1": sheet(0.5, "As1", "Ho1"),
    "yfeaso0.85": sheet(0.5, "As1", "Y1"),
    "sr2crfeaso3": sheet(0.0, "As1", "Sr1"),
    "ca4al2o6fe2as2": sheet(0.0, "As1", "Ca1"),
    "fese-9gpa": sheet(0.0, "Se1", None),
    # --- refinements of the American Mineralogist database ---
    **dict.fromkeys(
        (
            "yba2cu3o6.5",
            "yba2cu3o6.8",
            "yba2cu3o6.877",
            "y0.88ca0.12ba2cu2.88fe0.12o6.98",
            "hg0.73ba2y0.6ca0.4cu2o6.6",
            "tlbasrycu2o7",
        ),
        _123,
    ),
    **{
        name: one_cation_in_the_middle(apex, middle)
        for name, apex, middle in (
            ("hg0.5bi0.5sr2ca0.4nd0.6cu2o6.6", "Sr1", "Ca1"),
            ("pb0.7hg0.3sr2ca0.77nd0.23cu2o7", "Sr1", "Nd1"),
            ("hg0.87ba2cacu2.13o6.64", "Ba1", "Ca1"),
            ("tl0.96ba2ca0.8nd0.2cu2o6.86", "Ba1", "Ca1"),
            ("tl0.948ba2ca0.5nd0.5cu2o6.86", "Ba1", "Ca1"),
            ("tl0.96ba2ndcu2o6.96", "Ba1", "Nd1"),
            ("tlba2ca0.424pr0.576cu2o7", "Ba1", "Ca1"),
            ("tl0.964basrca0.432pr0.568cu2o6.98", "Ba1", "Ca1"),
            ("tl0.94sr2ca0.48pr0.52cu2o6.96", "Sr1", "Ca1"),
            ("tl1.19sr2ca0.81cu2o7", "Sr1", "Ca1"),
            ("tl0.78bi0.33sr2ca0.89cu2o7", "Sr1", "Ca1"),
            ("tl1.22ba1.04sr0.96ca0.78cu2o7", "Ba1", "Ca1"),
            ("tlbasrndcu2o7", "Ba1", "Nd1"),
            ("tlsr2ndcu2o7", "Sr1", "Nd1"),
            ("tlsr2ycu2o7", "Sr1", "Y1"),
        )
    },
    **{
        name: middle_at_zero(apex, middle)
        for name, apex, middle in (
            ("la2cacu2o6.04", "La2", "Ca1"),
            ("la1.86ba0.15ca0.99cu2o6.04", "La2", "Ca1"),
            ("la1.92sr1.08cu2o5.96", "La2", "La1"),
            ("nd1.79sr1.21cu2o6", "Nd2", "Nd1"),
            ("tl1.81ba2cacu2o8", "Ba1", "Ca2"),
            ("pb0.5sr2.5ycu2o6.6", "Sr2", "Y1"),
            ("pb0.46sr2.46y0.5ca0.5cu2o6.3", "Sr2", "Y1"),
            ("bi1.5ba2.5lacu2o8.24", "Ba2", "La1"),
        )
    },
    **{
        name: between(lower, upper)
        for name, lower, upper in (
            ("tlba1.6la2.4cu2o9", "Ba1", "La2"),
            ("tlba2eu1.5ce0.5cu2o9", "Ba1", "Eu1"),
            ("tl0.5pb0.5sr2gd2cu2o9", "Sr1", "Gd1"),
            ("bipbsr2ycu2o8", "Y1", "Sr1"),
        )
    },
    "bi2ba2.3la0.7cu2o8": lambda s: [s.octahedron("Ba2", "Ba1", s.z("Ba1") - 0.5)],
    **{
        f"la{x}cuo4": ("b", mirror_at_half("La1"))
        for x in ("1.97ca0.03", "1.95ca0.05", "1.92ca0.08", "1.9ca0.1")
    },
    **{f"nd{x}cuo4": t_prime("Nd1") for x in ("1.95ce0.05", "1.9ce0.1", "1.8ce0.2", "1.7ce0.3")},
    **{
        name: mirror_at_half(apex)
        for name, apex in (
            ("la1.88ca0.12cuo4", "La1"),
            ("ndsrcuo3.56", "Nd1"),
            ("hg0.5bi0.5sr1.5la0.5cuo5", "Sr1"),
            ("hg0.5bi0.5sr2cuo4.92", "Sr1"),
            ("hg0.78bi0.22ba2cuo4.28", "Ba1"),
            ("hg0.84ba2cu1.16o4.19", "Ba1"),
            ("hg0.85ce0.15ba2cuo4.15", "Ba1"),
            ("hgba2cuo4.12", "Ba1"),
            ("hg0.98ba2cuo4.34", "Ba1"),
            ("hgba2cuo4.27", "Ba1"),
            ("hgba2cuo4.01", "Ba1"),
            ("bipbbalacuo6", "Ba1"),
            ("la1.9nio3.93", "La1"),
            ("la2nio4.24", "La1"),
        )
    },
    "tlsrlacuo5": around_zero("Sr1"),
    "tlsr1.4la0.6cuo5": around_zero("Sr1"),
    "tl2basrcuo6": around_zero("Ba1"),
    "tl2sr2cuo6": around_zero("Sr1"),
    "hgba2ca2cu3o8.16-compressed": trilayer_from_half("Ba1", "Ca1"),
    "hg0.692ba2ca2cu3o8.6": trilayer_from_zero("Ba1", "Ca1"),
    **{
        name: ("b", mirror_at_half(cation))
        for name, cation in (
            ("nd2nio4", "Nd1"),
            ("pr2nio4", "Pr1"),
            ("la1.97sr0.03nio4", "La1"),
            ("la1.94sr0.06nio3.94", "La1"),
        )
    },
    "fe1.125te": sheet(0.0, "Te1", None),
}


def independent_xi() -> dict[str, list[Cage]]:
    """Compute the cages of every record that has a recipe."""
    rows = {
        row["id"]: row
        for name in ("cuprates", "iron", "nickelates")
        for row in tomllib.loads((TABLES / f"{name}.toml").read_text(encoding="utf-8"))["structure"]
    }
    cages: dict[str, list[Cage]] = {}
    for name, recipe in RECIPES.items():
        axis, function = recipe if isinstance(recipe, tuple) else ("c", recipe)
        cages[name] = function(Cell(rows[name], axis))
    return cages


INDEPENDENT_XI = independent_xi()
