"""The whole proposal, recomputed from structures and the published relations: one record of everything.

`reproduce()` returns what the page and the JSON show. Nothing computed comes from the printed side, except
where the arithmetic of the printed inputs themselves is repeated, and then the pair says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from polywell import ALGORITHM_VERSION
from polywell.data.reference import digest
from polywell.families import built_in_families
from polywell.proposal import energy_listings as energies
from polywell.proposal import layer_pairs as layers
from polywell.proposal import shift_listings as shifts
from polywell.proposal import shift_pairs as moved
from polywell.proposal import stacking_listings as stacked
from polywell.proposal import table_listings as tables
from polywell.proposal.landscape import EnergyMap, normal_map, plane_map
from polywell.proposal.library import Library, family_lambda, load_library, smallest
from polywell.proposal.listings import Listing
from polywell.proposal.pressure import (
    Compressibility,
    Dome,
    PressureCurve,
    compressibilities,
    curve_under_pressure,
    dome_curve,
)
from polywell.proposal.printed_tables import TableRow, row_pairs, rule_costs, table_rows
from polywell.proposal.published import VERDICT_MEANING, Pair, Printed, Verdict, compare, printed_values
from polywell.proposal.resonance import strength_mev_ang2
from polywell.proposal.resonance_pairs import resonance_pairs
from polywell.proposal.stripes import StripeLattice, stripe_lattice
from polywell.proposal.trilayers import DopingCurve, doping_curve, trilayer
from polywell.relation import critical_temperature_k

STRIPES_SHOWN = (2, 3, 4, 6)
STRIPE_EDGES = 12
"""Edges along b over which stripes are drawn; every n that is shown divides it."""

LANDSCAPE_SHOWN = "cacuo2"
MAPS_SHOWN = ("cacuo2", "hgba2cuo4.18")
TRILAYERS_SHOWN = ("bi2sr2ca2cu3o10", "hgba2ca2cu3o8.41", "tl2ba2ca2cu3o10", "la4ni3o10-high-pressure")
SUBSTITUTED = (("la3ni2o7", "La"), ("yba2cu3o7", "Y"), ("bafe2as2", "Ba"), ("cacuo2", "Ca"))
UP_TO_GPA = 30.0

SECTIONS = {
    "lambda": "λ of the families",
    "table1": "Table 1: cuprates",
    "table2": "Table 2: iron-based compounds",
    "stripes": "Doping and stripes",
    "stm": "STM contrast",
    "trilayers": "Trilayers",
    "landscape": "Coulomb landscape",
    "resonance": "Spin resonance",
    "domes": "Pressure",
    "chemical": "Chemical pressure",
    "nickelates": "Nickelates",
}


@dataclass(frozen=True)
class Point:
    """One compound in a figure."""

    id: str
    family: str
    x: float
    y: float


@dataclass(frozen=True)
class Drawn:
    """What the figures of the page show."""

    rows: tuple[TableRow, ...]
    stripes: tuple[StripeLattice, ...]
    doping: Mapping[str, DopingCurve]
    maps: Mapping[str, tuple[EnergyMap, EnergyMap]]
    depths: tuple[Point, ...]
    domes: tuple[PressureCurve, PressureCurve]
    dome_points: tuple[Point, ...]
    compressed: PressureCurve
    compressed_source: Compressibility


@dataclass(frozen=True)
class SectionCount:
    """How many pairs of a section have each verdict."""

    key: str
    title: str
    counts: Mapping[Verdict, int]

    @property
    def total(self) -> int:
        """Number of pairs."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Reproduction:
    """Every pair of printed and computed value, the library-wide tables, and what the figures show."""

    pairs: tuple[Pair, ...]
    listings: Mapping[str, tuple[Listing, ...]]
    drawn: Drawn
    structures: int
    reference_digest: str
    families_digest: str
    algorithm_version: int

    @property
    def sections(self) -> tuple[SectionCount, ...]:
        """Counts of verdicts by section, in the order of the page."""
        return tuple(
            SectionCount(key, title, Counter(pair.verdict for pair in self.pairs if pair.section == key))
            for key, title in SECTIONS.items()
        )

    @property
    def verdicts(self) -> Mapping[Verdict, int]:
        """Counts of verdicts over all pairs."""
        counts = Counter(pair.verdict for pair in self.pairs)
        return {verdict: counts[verdict] for verdict in VERDICT_MEANING}

    def of(self, section: str) -> tuple[Pair, ...]:
        """The pairs of one section, those of one value together."""
        return tuple(pair for pair in self.pairs if pair.section == section)


@cache
def reproduce() -> Reproduction:
    """Screen the reference library and recompute every number of the proposal.

    Takes some seconds the first time; it depends on nothing but the package's own tables.

    Raises:
        ValueError: a structure that a section stands on is missing from the library or has other phases.
    """
    library = load_library()
    rows = table_rows(library.references, library.records)
    theta = _theta(library)
    pairs = _lambda_pairs(rows)
    for row in rows:
        pairs += row_pairs(row, library.references[row.id])
    pairs += layers.stripe_pairs(library)
    pairs += layers.stm_pairs(library)
    pairs += layers.trilayer_pairs(library)
    pairs += layers.landscape_pairs(library, LANDSCAPE_SHOWN)
    pairs += resonance_pairs(library)
    pairs += moved.dome_pairs(library)
    pairs += moved.chemical_pairs(library)
    pairs += moved.nickelate_pairs(library)
    return Reproduction(
        pairs=tuple(pairs),
        listings={
            "table1": (tables.printed_rows(rows, 1),),
            "table2": (
                tables.printed_rows(rows, 2),
                tables.hidden_choice(rows),
                tables.choice_costs(rule_costs(rows)),
            ),
            "stripes": (stacked.stripe_list(library), stacked.axis_list(library)),
            "stm": (stacked.cleavage_list(library),),
            "trilayers": (stacked.trilayer_list(library),),
            "landscape": (energies.landscape_tests(library), energies.landscape_list(library)),
            "resonance": (energies.resonance_list(library, theta),),
            "domes": (shifts.slope_list(library), shifts.pressed_list(library)),
            "chemical": (
                shifts.replacement_list(library),
                shifts.substitution_list(library, SUBSTITUTED),
            ),
            "nickelates": (shifts.nickelate_list(library),),
        },
        drawn=_drawn(library, rows),
        structures=len(library.references),
        reference_digest=digest(),
        families_digest=built_in_families().digest,
        algorithm_version=ALGORITHM_VERSION,
    )


def _theta(library: Library) -> float:
    """θ from the measured E_β and the structure's own ξ_β."""
    energy = printed_values()["resonance.e_beta"].number
    return strength_mev_ang2(energy, library.phase("cakfe4as4", "beta").xi_ang)


def _lambda_pairs(rows: tuple[TableRow, ...]) -> list[Pair]:
    """λ of the families beside the mean of T_c·ξ² over the rows of their table."""
    pairs = []
    for table, name in ((1, "cuprate"), (2, "iron-based")):
        ours = [row for row in rows if row.table == table]
        printed = Printed(
            key=f"lambda.{name}",
            section="lambda",
            what=f"λ of the {name} family",
            value=family_lambda(name),
            unit="K·Å²",
            decimals=-2,
            role="result",
        )
        from_rows = [row.arithmetic_lambda[row.printed_phase] for row in ours]
        own = [
            row.structure_lambda[row.printed_phase]
            for row in ours
            if not row.built and row.printed_phase in row.structure_lambda
        ]
        for basis, origin, values in (
            ("arithmetic", f"mean of T_c·ξ² over Table {table}", from_rows),
            ("structure", f"the same with {len(own)} structures that were not built to it", own),
        ):
            because = f"The rows run from {min(values):.0f} to {max(values):.0f} K·Å²."
            mean = sum(values) / len(values)
            pairs.append(
                compare(
                    printed,
                    mean,
                    "arithmetic" if basis == "arithmetic" else "structure",
                    origin,
                    because=because,
                )
            )
    return pairs


def _drawn(library: Library, rows: tuple[TableRow, ...]) -> Drawn:
    edge = library.phase("hgba2cuo4.18", "alpha").edges_ang[0]
    curves = {}
    for id in TRILAYERS_SHOWN:
        found = trilayer(library.records[id].phases)
        if found is None:
            raise ValueError(f"{id} has no trilayer in the reference library: check its structure")
        family = library.references[id].family
        curves[library.references[id].name] = doping_curve(
            critical_temperature_k(found.outer_ang, family_lambda(family))
        )
    maps = {}
    for id in MAPS_SHOWN:
        phase = smallest(library.records[id])
        structure = library.structures[id]
        maps[library.references[id].name] = (plane_map(structure, phase), normal_map(structure, phase))
    depths = tuple(
        Point(id, library.references[id].family, library.records[id].xi_ceiling_ang or 0.0, one.depth_ev)
        for id, one in library.landscapes.items()
        if one.depth_ev is not None
    )
    compressed = next(one for one in compressibilities() if one.reference == "hgba2ca2cu3o8.41")
    smallest_cage = smallest(library.records[compressed.reference])
    return Drawn(
        rows=rows,
        stripes=tuple(stripe_lattice(n, edge, cells=(3, STRIPE_EDGES // n + 1)) for n in STRIPES_SHOWN),
        doping=curves,
        maps=maps,
        depths=depths,
        domes=_domes(library),
        dome_points=tuple(
            Point(id, "iron-based", library.references[id].pressure_gpa or 0.0, printed_values()[key].number)
            for id, key in (
                ("k0.8fe2se2", "domes.tc_1_measured"),
                ("k0.8fe2se2-12.5gpa", "domes.tc_2_measured"),
            )
        ),
        compressed=curve_under_pressure(
            smallest_cage.xi_ang, family_lambda("cuprate"), compressed.kappa_normal_per_gpa, UP_TO_GPA
        ),
        compressed_source=compressed,
    )


def _domes(library: Library) -> tuple[PressureCurve, PressureCurve]:
    """The two domes with fixed heights, and with heights that shrink between the two cells of the library."""
    values = printed_values()
    first, second, end = (values[f"domes.{name}"].number for name in ("end_1", "begin_2", "end_2"))
    low, high = library.phase("k0.8fe2se2", "beta"), library.phase("k0.8fe2se2-12.5gpa", "alpha")
    domes = (Dome("SC-I", "beta", 0.0, first, low.xi_ang), Dome("SC-II", "alpha", second, end, high.xi_ang))
    lam = family_lambda("iron-based")
    kappa = _mean_compressibility(library)
    return dome_curve(domes, lam, 16.0), dome_curve(domes, lam, 16.0, kappa)


def _mean_compressibility(library: Library) -> float:
    """Mean -d ln(c)/dp in 1/GPa between the two cells of K0.8Fe2Se2, of which the second is estimated."""
    from math import log

    ambient, pressed = library.references["k0.8fe2se2"], library.references["k0.8fe2se2-12.5gpa"]
    return log(ambient.c_ang / pressed.c_ang) / (pressed.pressure_gpa or 1.0)
