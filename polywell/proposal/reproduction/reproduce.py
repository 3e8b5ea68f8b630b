"""The whole proposal, recomputed from structures and the published relations: one record of everything.

`reproduce()` returns what the page and the JSON show. Nothing computed comes from the printed side, except
where the arithmetic of the printed inputs themselves is repeated, and then the pair says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import log

from polywell import ALGORITHM_VERSION
from polywell.data.reference import digest
from polywell.families import built_in_families
from polywell.pressure import compression
from polywell.proposal.landscape import normal_map, plane_map
from polywell.proposal.reproduction import surveys, trends
from polywell.proposal.reproduction.comparisons import text_pairs
from polywell.proposal.reproduction.library import Library, family_lambda, load_library
from polywell.proposal.reproduction.printed import Pair, printed_values
from polywell.proposal.reproduction.tables import lambda_pairs, row_pairs, rule_costs, table_rows
from polywell.proposal.rows import Row
from polywell.proposal.surface import stripe_lattice
from polywell.proposal.trilayers import doping_curve

STRIPES_SHOWN = (2, 3, 4, 6)
STRIPE_EDGES = 12
"""Edges along b over which stripes are drawn; every n that is shown divides it."""
MAPS_SHOWN = ("cacuo2", "hgba2cuo4.18")
TRILAYERS_SHOWN = ("bi2sr2ca2cu3o10", "hgba2ca2cu3o8.16", "tl2ba2ca2cu3o10", "la4ni3o10-high-pressure")
COMPRESSED = "hgba2ca2cu3o8.16"
UP_TO_GPA = 30.0
DOMES = ("k0.8fe2se2", "k0.8fe2se2-12.5gpa")
DOMES_UP_TO_GPA = 16.0


@dataclass(frozen=True)
class Reproduction:
    """Every pair of printed and computed value, the surveys of the library, and what the figures show."""

    pairs: tuple[Pair, ...]
    surveys: Mapping[str, Sequence[surveys.Survey]]
    drawn: Row
    structures: int
    cells: Mapping[str, int]
    reference_digest: str
    families_digest: str
    algorithm_version: int

    def of(self, section: str) -> tuple[Pair, ...]:
        """The pairs of one section, those of one value together."""
        return tuple(pair for pair in self.pairs if pair.printed.section == section)


@cache
def reproduce() -> Reproduction:
    """Screen the reference library and recompute every number of the proposal.

    Takes some seconds the first time; it depends on nothing but the package's own tables.

    Raises:
        ValueError: a structure that a section stands on is missing from the library or has other phases.
    """
    library = load_library()
    rows = table_rows(library)
    xi_beta = library["cakfe4as4"].phases["beta"].xi_ang
    theta = printed_values()["resonance.e_beta"].number * xi_beta * xi_beta
    pairs = [*lambda_pairs(rows), *(pair for row in rows for pair in row_pairs(row)), *text_pairs(library)]
    return Reproduction(
        pairs=tuple(pairs),
        surveys=_surveys(library, rows, theta),
        drawn=_drawn(library, rows),
        structures=len(library),
        cells=Counter(one.cell for one in library.values()),
        reference_digest=digest(),
        families_digest=built_in_families().digest,
        algorithm_version=ALGORITHM_VERSION,
    )


def _surveys(library: Library, rows: Sequence[Row], theta_mev_ang2: float) -> dict[str, list[surveys.Survey]]:
    """Every survey by section, in the order of the page."""
    return {
        "table1": [surveys.printed_rows(rows, 1)],
        "table2": [
            surveys.printed_rows(rows, 2),
            surveys.hidden_choice(rows),
            surveys.Survey("costs", rule_costs(rows)),
        ],
        "stripes": [surveys.anomaly(library), surveys.axes(library)],
        "stm": [surveys.cleavages(library)],
        "trilayers": [surveys.trilayers(library)],
        "landscape": [trends.depth_tests(library), surveys.landscapes(library)],
        "resonance": [surveys.resonances(library, theta_mev_ang2)],
        "domes": [trends.slopes(library), surveys.pressed(library)],
        "chemical": [trends.replacements(library), trends.substituted(library)],
        "nickelates": [surveys.nickelates(library)],
    }


def _drawn(library: Library, rows: tuple[Row, ...]) -> Row:
    """What the figures of the page show: rows of the tables, stripes, curves, maps, and measured points."""
    edge = library["hgba2cuo4.18"].phases["alpha"].edges_ang[0]
    shown, mapped = (
        {library[id].reference.name: library[id] for id in ids} for ids in (TRILAYERS_SHOWN, MAPS_SHOWN)
    )
    source = next(one for one in compression.compressibilities() if one.reference == COMPRESSED)
    xi, lam = library[COMPRESSED].xi_ang, family_lambda("cuprate")
    return Row(
        rows=rows,
        stripes=tuple(stripe_lattice(n, (edge, edge), (3, STRIPE_EDGES // n + 1)) for n in STRIPES_SHOWN),
        doping={name: doping_curve(one.outer_k) for name, one in shown.items()},
        measured_k={name: one.shown_k for name, one in shown.items()},
        maps={
            name: tuple(draw(one.structure, one.smallest) for draw in (plane_map, normal_map))
            for name, one in mapped.items()
        },
        domes=_domes(library),
        dome_points=tuple(
            Row(x=library[id].reference.pressure_gpa or 0.0, y=printed_values()[key].number)
            for id, key in zip(DOMES, ("domes.tc_1_measured", "domes.tc_2_measured"), strict=True)
        ),
        compressed=compression.curve_under_pressure(xi, lam, source.kappa_normal_per_gpa, UP_TO_GPA),
        compressed_source=source,
    )


def _domes(library: Library) -> tuple[compression.PressureCurve, compression.PressureCurve]:
    """The two domes with fixed heights, and with heights that shrink between the two cells of the library.

    The shrinking is the mean -d ln(c)/dp between the cells, of which the second is estimated.
    """
    first, second, end = (printed_values()[f"domes.{name}"].number for name in ("end_1", "begin_2", "end_2"))
    ambient, pressed = (library[id] for id in DOMES)
    domes = (
        compression.Dome("SC-I", 0.0, first, ambient.phases["beta"].xi_ang),
        compression.Dome("SC-II", second, end, pressed.phases["alpha"].xi_ang),
    )
    shrunk = log(ambient.reference.c_ang / pressed.reference.c_ang)
    kappas = None, shrunk / (pressed.reference.pressure_gpa or 1.0)
    fixed, shrinking = (
        compression.dome_curve(domes, family_lambda("iron-based"), DOMES_UP_TO_GPA, one) for one in kappas
    )
    return fixed, shrinking
