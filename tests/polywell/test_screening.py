"""Ions, nets and cages on crystals made for the case, and the one path from entry to record."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from polywell import ALGORITHM_VERSION
from polywell.evidence.calibration_table import built_in_calibration
from polywell.evidence.estimates import estimated
from polywell.families import Families, load_families
from polywell.ranking import RankBy, rank
from polywell.records import Entry, Outcome, Reason, Screening
from polywell.screening import failed, not_periodic, rejected_by_composition, screen, screen_many

FAMILIES = load_families()


def entry(structure: Structure | None, id: str = "x", elements: tuple[str, ...] | None = None) -> Entry:
    if structure is not None:
        elements = tuple(sorted({symbol.symbol for symbol in structure.composition.elements}))
        return Entry("test", id, structure.composition.reduced_formula, elements, structure)
    return Entry("test", id, "".join(elements or ()), elements or (), None)


def screened(structure: Structure) -> Screening:
    return screen(entry(structure), FAMILIES)


def infinite_layer(c: float = 3.2, a: float = 3.86, apex: object = "Ca", oxygen: object = "O") -> Structure:
    """CuO2 sheets with one cation between them: ξ = c by construction."""
    return Structure(
        Lattice.tetragonal(a, c),
        [apex, "Cu", oxygen, oxygen],
        [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0]],
    )


def iron_sheet(metal: object = "Fe", anion: object = "Se", height: float = 1.45) -> Structure:
    """One anti-PbO sheet, 6 Å from the next: ξ = 2 x height by construction."""
    z = height / 6.0
    return Structure(
        Lattice.tetragonal(3.8, 6.0),
        [metal, metal, anion, anion],
        [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, z], [0, 0.5, -z]],
    )


@pytest.mark.parametrize("c", [2.9, 3.2, 3.45, 4.4])
def test_height_and_temperature_of_an_infinite_layer(c: float) -> None:
    record = screened(infinite_layer(c))
    assert record.outcome is Outcome.CANDIDATE
    assert record.xi_ceiling_ang == pytest.approx(c)
    assert record.tc_ceiling_k == pytest.approx(1300 / c**2)
    spread = next(row.spread_k_ang2 for row in FAMILIES.rows if row.name == "cuprate")
    assert record.tc_ceiling_low_k == pytest.approx((1300 - spread) / c**2)
    assert record.tc_ceiling_high_k == pytest.approx((1300 + spread) / c**2)
    assert record.algorithm_version == ALGORITHM_VERSION


@pytest.mark.parametrize("height", [1.2, 1.45, 1.7])
def test_height_of_an_iron_sheet(height: float) -> None:
    record = screened(iron_sheet(height=height))
    assert [(phase.cage, phase.faces) for phase in record.phases] == [("nonahedron", 9)]
    assert record.xi_ceiling_ang == pytest.approx(2 * height)


@pytest.mark.parametrize(
    ("oxygen", "reason"),
    [({"O": 0.52}, None), ({"O": 0.5}, Reason.NO_SQUARE_NET), ({"O": 0.45}, Reason.NO_SQUARE_NET)],
)
def test_a_bridge_must_be_filled_more_than_half(oxygen: dict[str, float], reason: Reason | None) -> None:
    assert screened(infinite_layer(oxygen=oxygen)).reason == reason


@pytest.mark.parametrize(("apex", "reason"), [({"Ca": 0.5}, None), ({"Ca": 0.49}, Reason.NO_CAGE)])
def test_an_apex_must_be_filled_half(apex: dict[str, float], reason: Reason | None) -> None:
    assert screened(infinite_layer(apex=apex)).reason == reason


def test_shared_sites_count_by_majority_and_keep_the_mix() -> None:
    phase = screened(infinite_layer(apex={"Ca": 0.3, "Sr": 0.7})).phases[0]
    assert phase.apexes == ("Sr", "Sr")
    phase = screened(iron_sheet(metal={"Fe": 0.9, "Ru": 0.1}, anion={"Se": 0.4, "Te": 0.6})).phases[0]
    assert (phase.metal, phase.metal_mix, phase.ligand) == ("Fe", "Fe0.9 Ru0.1", "Te")


def test_an_ordered_mix_of_metals_is_one_net() -> None:
    structure = infinite_layer() * (2, 2, 1)
    copper = [k for k, site in enumerate(structure) if site.specie.symbol == "Cu"]
    structure.replace(copper[0], "Ni")
    phase = screened(structure).phases[0]
    assert (phase.metal, phase.metal_mix, phase.count) == ("Cu", "Cu0.75 Ni0.25", 4)


def test_a_split_ion_counts_once() -> None:
    structure = Structure(
        Lattice.tetragonal(3.86, 3.2),
        [{"Ca": 0.25}] * 4 + ["Cu", "O", "O"],
        [[0.5 + x, 0.5 + y, 0.5] for x, y in ((0.05, 0), (-0.05, 0), (0, 0.05), (0, -0.05))]
        + [[0, 0, 0], [0.5, 0, 0], [0, 0.5, 0]],
    )
    phase = screened(structure).phases[0]
    assert phase.apexes == ("Ca", "Ca")
    assert phase.xi_ang == pytest.approx(3.2)
    assert phase.lateral_offset_ang == pytest.approx(0, abs=1e-9)


def test_oxygen_vacancies_leave_a_net_with_holes() -> None:
    structure = infinite_layer() * (3, 3, 1)
    first = next(k for k, site in enumerate(structure) if site.specie.symbol == "O")
    structure.remove_sites([first])
    assert screened(structure).outcome is Outcome.CANDIDATE


def test_a_ladder_is_no_net() -> None:
    """Every third row of bridges missing: squares remain, but close in one direction only."""
    structure = infinite_layer() * (3, 1, 1)
    cut = [k for k, site in enumerate(structure) if np.allclose(site.frac_coords, [1 / 6, 0, 0], atol=1e-6)]
    assert len(cut) == 1
    structure.remove_sites(cut)
    assert screened(structure).reason is Reason.NO_SQUARE_NET


def test_an_anion_on_the_axis_leaves_no_apex() -> None:
    assert screened(infinite_layer(apex="F", c=4.0)).reason is Reason.NO_CAGE


def test_hydrogen_on_the_axis_is_passed_over() -> None:
    structure = infinite_layer(c=4.4)
    structure.append("H", [0.5, 0.5, 0.25])
    assert screened(structure).phases[0].apexes == ("Ca", "Ca")


@pytest.mark.parametrize("ratio", [1.0, 1.02, 0.97])
def test_cubic_and_nearly_cubic_perovskites_are_not_layered(ratio: float) -> None:
    structure = Structure(
        Lattice.tetragonal(3.9, 3.9 * ratio),
        ["La", "Ni", "O", "O", "O"],
        [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]],
    )
    assert screened(structure).reason is Reason.NOT_LAYERED


def test_hydride_sheet_has_a_cage_but_no_lambda() -> None:
    record = screened(
        Structure(
            Lattice.tetragonal(3.4, 3.4),
            ["La", "Ni", "H", "H"],
            [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0]],
        )
    )
    assert record.reason is Reason.NO_LAMBDA
    assert [(phase.cage, phase.ligand, phase.tc_k) for phase in record.phases] == [("octahedron", "H", None)]


def test_a_users_lambda_makes_a_candidate(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        'schema = 1\n[[family]]\nname = "ferrate"\nmetal = "Fe"\ncages = ["octahedron"]\nligands = ["O"]\n'
        "lambda_k_ang2 = 500.0\nspread_k_ang2 = 10.0\npublished_ligands = []\npublished_apexes = []\n"
        'source = "a guess"\n',
        encoding="utf-8",
    )
    structure = infinite_layer(apex="Sr", c=3.47)
    structure.replace_species({"Cu": "Fe"})
    assert screened(structure).reason is Reason.NO_LAMBDA
    record = screen(entry(structure), load_families(path))
    assert record.family == "ferrate"
    assert record.tc_ceiling_k == pytest.approx(500 / 3.47**2)
    assert record.extrapolation == "ligand O, apex Sr"


@pytest.mark.parametrize(
    ("elements", "reason"),
    [
        (("Na", "Cl"), Reason.NO_NET_METAL),
        (("As", "Ba", "Co"), Reason.NO_NET_METAL),
        (("Cu",), Reason.NO_LIGAND),
        (("Al", "Cu", "Fe"), Reason.NO_LIGAND),
        (("Cu", "O"), None),
        ((), Reason.NO_NET_METAL),
    ],
)
def test_composition_alone(elements: tuple[str, ...], reason: Reason | None) -> None:
    assert rejected_by_composition(elements, FAMILIES) == reason
    if reason is not None:
        assert screen(entry(None, elements=elements), FAMILIES).reason == reason


def test_structure_that_is_needed_but_missing_is_a_failure() -> None:
    record = screen(entry(None, elements=("Cu", "O")), FAMILIES)
    assert (record.outcome, record.stage, record.error_type) == (Outcome.FAILED, "screen", "ValueError")


@pytest.mark.parametrize(
    ("structure", "outcome", "said"),
    [
        (infinite_layer(a=1.2, c=1.0), "overlapping_atoms", "is no crystal"),
        (
            Structure(Lattice.cubic(8), ["Cu", "O", "O"], [[0, 0, 0], [0.2, 0, 0], [0.21, 0, 0]]),
            "overlapping_atoms",
            "apart",
        ),
        (
            Structure(Lattice.from_parameters(9, 9, 9, 90, 90, 0.001), ["Cu", "O"], [[0, 0, 0], [0.5, 0, 0]]),
            "ValueError",
            "flat",
        ),
        (
            Structure(Lattice.orthorhombic(9000, 9000, 0.05), ["Cu", "O"], [[0, 0, 0], [0.5, 0, 0]]),
            "ValueError",
            "thin",
        ),
        (Structure(Lattice.cubic(4), ["Cu", "O"], [[0, 0, 0], [float("nan"), 0, 0]]), "ValueError", "finite"),
    ],
)
def test_impossible_cells(structure: Structure, outcome: str, said: str) -> None:
    record = screened(structure)
    assert (record.reason or record.error_type) == outcome
    assert said in record.message


def test_one_bad_entry_harms_no_other_of_its_batch() -> None:
    good, bad = infinite_layer(), Structure(Lattice.cubic(4), ["Cu", "O"], [[0, 0, 0], [np.inf, 0, 0]])
    overlapping = Structure(Lattice.cubic(8), ["Cu", "O", "O"], [[0, 0, 0], [0.2, 0, 0], [0.21, 0, 0]])
    records = screen_many([entry(good), entry(bad), entry(overlapping), entry(good)], FAMILIES)
    assert [record.outcome.value for record in records] == ["candidate", "failed", "rejected", "candidate"]
    assert records[0].phases == records[3].phases


def test_only_sparse_sites_is_no_net() -> None:
    structure = Structure(Lattice.cubic(4), [{"Cu": 0.2}, {"O": 0.3}], [[0, 0, 0], [0.5, 0.5, 0.5]])
    assert screened(structure).reason is Reason.NO_SQUARE_NET


def test_failed_and_not_periodic_records() -> None:
    e = entry(infinite_layer())
    record = failed(e, "ReadError", "no", "read", FAMILIES)
    assert (record.outcome, record.error_type, record.stage) == (Outcome.FAILED, "ReadError", "read")
    assert not_periodic(e, FAMILIES).reason is Reason.NOT_PERIODIC


def test_records_refuse_contradictions() -> None:
    record = screened(infinite_layer())
    for change in ({"reason": Reason.NO_CAGE}, {"error_type": "X"}, {"tc_ceiling_k": None}):
        with pytest.raises(ValueError, match=r"belongs to|needs phases"):
            replace(record, **change)


def test_ranking_is_total_and_numbers_compounds() -> None:
    structures = [
        infinite_layer(3.2),
        infinite_layer(3.4),
        infinite_layer(3.2),
        infinite_layer(3.3, apex="Sr"),
    ]
    records = [screen(entry(s, id), FAMILIES) for s, id in zip(structures, "badc", strict=True)]
    estimates, _ = estimated(records, built_in_calibration(), FAMILIES)
    found = list(zip(records, estimates, strict=True))
    ranked = rank(found, RankBy.CEILING)
    places = [(one.place.rank, one.screening.id, one.estimate.compound) for one in ranked]
    assert [(*place, one.place.rank_in_compound) for place, one in zip(places, ranked, strict=True)] == [
        (1, "b", "CaCuO2", 1),
        (2, "d", "CaCuO2", 2),
        (3, "c", "SrCuO2", 1),
        (4, "a", "CaCuO2", 3),
    ]
    assert rank(found[::-1], RankBy.CEILING) == ranked


def test_a_row_more_in_the_table_moves_no_verdict_of_another_family() -> None:
    """Planes of Cu and of Co in turn, as orderings of a perovskite have them; squares across hold both."""
    cell = Lattice.tetragonal(3.9, 7.8)
    sites = [("La", (0.5, 0.5, z)) for z in (0.25, 0.75)] + [("Cu", (0, 0, 0)), ("Co", (0, 0, 0.5))]
    sites += [("O", (0.5, 0, z)) for z in (0, 0.5)] + [("O", (0, 0.5, z)) for z in (0, 0.5)]
    sites += [("O", (0, 0, z)) for z in (0.25, 0.75)]
    structure = Structure(cell, [symbol for symbol, _ in sites], [place for _, place in sites])
    [copper] = [row for row in FAMILIES.rows if row.metal == "Cu"]
    cobalt = copper.model_copy(update={"name": "cobaltate", "metal": "Co"})
    before = screen(entry(structure), FAMILIES)
    after = screen(entry(structure), Families((*FAMILIES.rows, cobalt), "another digest"))
    assert before.reason is after.reason is Reason.NOT_LAYERED
