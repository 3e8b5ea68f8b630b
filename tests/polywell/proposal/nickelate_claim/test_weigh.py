"""The nickelate claim: classes from geometry, numbers by hand, and a verdict that follows the data."""

from dataclasses import replace
from math import erf, exp, log, sqrt

import pytest

from polywell.data.measured import Measured
from polywell.data.reference import reference_entries
from polywell.evidence.rows.reports import BESIDE, table
from polywell.families import Families, built_in_families
from polywell.pressure.chemical import apex_radius_ang, touching_height_ang
from polywell.pressure.compression import pressed_height_ang, pressure_for_gpa
from polywell.proposal.nickelate_claim.analysis import weigh
from polywell.proposal.nickelate_claim.chances import (
    LEAST_OWN,
    TARGETS_K,
    effective_for,
    exceeds_under_effective,
    exceeds_under_interval,
    exceeds_under_published,
)
from polywell.proposal.nickelate_claim.data import INFINITE_LAYER, OTHER, built_in_data, nickelate_class
from polywell.proposal.nickelate_claim.verdict import Finding, Side
from polywell.proposal.rows import Row
from polywell.records import Candidate, Entry, Estimate, Place
from polywell.screening import screen

FAMILIES = built_in_families()
FAMILY = FAMILIES.of("Ni", "octahedron", "O")
LIBRARY_TYPES = {
    "RP n=1": "Ruddlesden-Popper n = 1",
    "RP n=2": "Ruddlesden-Popper n = 2",
    "RP n=3": "Ruddlesden-Popper n = 3",
    "RP hybrid 1212": "hybrid stacking 1 + 2",
    "infinite layer": INFINITE_LAYER,
    "reduced RP n=2": "reduced n = 2",
    "reduced RP n=3": "reduced n = 3",
    "reduced RP n=5": "reduced n = 5",
}
"""The library's own words for the stacking, written from the literature, and the classes found here."""


@pytest.fixture(scope="module")
def data():
    return built_in_data()


@pytest.fixture(scope="module")
def analysis(data):
    return weigh(data)


def with_row(data, **fields):
    """The data with one more measured row on the structure of the record holder."""
    row = {
        "id": "made-up",
        "structure": "la3ni2o7-29.5gpa",
        "compound": "made up",
        "compound_key": "madeup",
        "structure_type_key": "RP n=2",
        "superconducting": True,
        "source": "made up for a test",
        "sample": "crystal",
        "checked": "read",
        "year": 2027,
        "pressure_gpa": 30.0,
    }
    return replace(data, measured=(*data.measured, Measured.model_validate(row | fields)))


def with_lambda(data, lambda_k_ang2):
    rows = tuple(
        row.model_copy(update={"lambda_k_ang2": lambda_k_ang2}) if row.name == "nickelate" else row
        for row in data.families.rows
    )
    return replace(data, families=Families(rows, "made up"))


def test_classes_from_geometry_agree_with_the_literature(data):
    found = {record.id: kind for record in data.records if (kind := nickelate_class(record)) is not None}
    expected = {
        one.id: LIBRARY_TYPES[one.structure_type]
        for one in data.references.values()
        if one.family == "nickelate"
    }
    assert found == expected


@pytest.mark.parametrize("id", ["la3ni2o7", "la4ni3o8", "la5ni3o11-21gpa", "ndnio2"])
def test_names_and_cells_do_not_make_a_class(data, id):
    entry = next(entry for entry in reference_entries() if entry.id == id)
    structure = entry.structure.get_primitive_structure()
    structure.make_supercell([[0, 1, 0], [0, 0, 1], [2, 0, 0]])
    other = Entry("other", "no-name", structure.composition.formula, entry.elements, structure)
    own = nickelate_class(next(record for record in data.records if record.id == id))
    assert nickelate_class(screen(other, FAMILIES)) == own


def test_cuprates_are_no_nickelates_and_other_spacers_no_class(data):
    cuprate = next(record for record in data.records if record.id == "cacuo2")
    assert nickelate_class(cuprate) is None
    (entry,) = [entry for entry in reference_entries() if entry.id == "hgba2cuo4.18"]
    structure = entry.structure.copy()
    structure.replace_species({"Cu": "Ni"})
    record = screen(Entry("made", "x", "HgBa2NiO4.18", ("Ba", "Hg", "Ni", "O"), structure), FAMILIES)
    assert nickelate_class(record) == OTHER


def test_heights_that_temperatures_ask_for(analysis):
    """√(1300/T): the arithmetic of the proposal's claim, 3.606 Å for 100 K."""
    by_target = {row.tc_k: row for row in analysis.targets}
    assert tuple(by_target) == TARGETS_K
    assert by_target[100.0].xi_published_ang == pytest.approx(3.6056, abs=1e-4)
    assert by_target[77.0].xi_published_ang == pytest.approx(4.1089, abs=1e-4)
    assert by_target[293.0].xi_published_ang == pytest.approx(2.1064, abs=1e-4)
    for row in analysis.targets:
        assert row.xi_published_low_ang < row.xi_published_ang < row.xi_published_high_ang
        assert row.cells_below == sum(cell.xi_ceiling_ang <= row.xi_published_ang for cell in analysis.cells)
        assert row.xi_highest_ang < row.xi_published_ang


def test_lambda_eff_by_hand(analysis, data):
    """98 K on the smallest cage of its structure, as written in the measured table."""
    best = next(one for one in analysis.sightings if one.id == "la0.6nd2.4ni2o7-rf")
    cell = next(cell for cell in analysis.cells if cell.id == best.structure)
    assert best.lambda_k_ang2 == pytest.approx(98.0 * cell.xi_ceiling_ang**2)
    everything = analysis.effective[0]
    assert everything.class_name == "all"
    assert everything.highest_k_ang2 == pytest.approx(
        max(one.lambda_k_ang2 for one in analysis.sightings if one.lambda_k_ang2)
    )
    assert everything.structures == len(
        {one.structure for one in analysis.sightings if one.superconducting and one.structure}
    )
    assert sum(row.structures for row in analysis.effective[1:]) == everything.structures


def test_a_class_with_few_structures_borrows_from_all(analysis):
    for row in analysis.effective[1:]:
        speaks = effective_for(row.class_name, analysis.effective)
        assert speaks.class_name == (row.class_name if row.structures >= LEAST_OWN else "all")
    assert effective_for("never measured", analysis.effective).class_name == "all"


def test_chances_by_hand():
    needed = sqrt(FAMILY.lambda_k_ang2 / 100.0)
    assert exceeds_under_published(needed, FAMILY) == pytest.approx(0.5)
    xi = 3.4
    away = (100.0 * xi**2 - FAMILY.lambda_k_ang2) / FAMILY.spread_k_ang2
    assert exceeds_under_published(xi, FAMILY) == pytest.approx(0.5 * (1 - erf(away / sqrt(2))))
    # Two structures: Student's t with one degree of freedom is Cauchy's, P(t > 1) = 1/4.
    spread = 0.2
    row = Row(structures=2, median_k_ang2=1000.0, spread_log=spread)
    height = sqrt(1000.0 * exp(spread * sqrt(1.5)) / 100.0)
    assert exceeds_under_effective(height, row) == pytest.approx(0.25)
    assert exceeds_under_effective(3.4, Row(row, structures=1, spread_log=None)) is None
    wide = Row(expected_k=60.0, low_k=36.0, high_k=100.0)
    assert exceeds_under_interval(wide) == pytest.approx(0.1, abs=2e-3)
    assert exceeds_under_interval(Row(expected_k=100.0, low_k=80.0, high_k=125.0)) == pytest.approx(0.5)


def test_ions_that_touch_by_hand():
    """La in coordination 9: 1.216 Å; with a = 3.868 Å it stands 1.765 Å over the hollow (La2NiO4: 1.76)."""
    radius, carried = apex_radius_ang("La", 9)
    assert (radius, carried) == (pytest.approx(1.216), False)
    assert touching_height_ang(radius, 3.868) == pytest.approx(sqrt(2.616**2 - 1.934**2))
    lutetium, carried = apex_radius_ang("Lu", 12)
    assert carried and 1.032 < lutetium < 1.32
    assert touching_height_ang(0.1, 4.0) == 0.0


def test_measured_cells_touch_within_a_tenth(analysis):
    assert {row.class_name for row in analysis.smallest} == set(LIBRARY_TYPES.values())
    for row in analysis.smallest:
        assert 0.9 < row.factor < 1.1
        assert row.xi_smallest_ang < row.xi_used_ang
        low, high = row.pressed_range_ang
        assert low <= row.pressed_smallest_ang < row.pressed_used_ang <= high


def test_pressure_shrinks_and_back():
    assert pressed_height_ang(3.6, 0.002, 0.0) == 3.6
    assert log(3.6 / pressed_height_ang(3.6, 0.002, 0.01)) == pytest.approx(2e-5, rel=1e-3)
    pressed = pressed_height_ang(3.6, 0.002, 50.0)
    assert pressed > 3.6 * exp(-0.002 * 50.0)
    assert pressure_for_gpa(3.6, pressed, 0.002) == pytest.approx(50.0)
    assert pressure_for_gpa(3.6, 3.7, 0.002) == 0.0


def test_shrinkings_have_sources_and_a_nickelate(analysis):
    found = analysis.shrinkings
    assert [row.metal for row in found.rows].count("Ni") >= 1
    assert all(row.source for row in found.rows)
    assert found.low_per_gpa <= found.best_per_gpa <= found.high_per_gpa


def test_trilayers_of_both_metals(analysis):
    metals = {row.metal for row in analysis.trilayers}
    assert metals == {"Cu", "Ni"}
    assert all(row.inner_ang < row.outer_ang for row in analysis.trilayers if row.metal == "Cu")
    popper = [row for row in analysis.trilayers if row.class_name == "Ruddlesden-Popper n = 3"]
    assert popper and all(row.inner_ang > row.outer_ang for row in popper)


def test_chemical_pressure_beside_measurement(analysis):
    """La3Ni2O7 at 83 K, r(La, 9) = 1.216, r(Pr, 9) = 1.179 Å: a third of La by Pr gives +0.84 K."""
    row = next(row for row in analysis.substitutions if "La2PrNi2O7" in row.replaced)
    assert row.host_k == 83.0
    assert row.change_k == pytest.approx(83.0 * (1.216 - 1.179) / 1.216 / 3, abs=1e-6)
    assert row.measured_k == 82.5


def test_the_record_never_falls(analysis):
    records = [row.record_k for row in analysis.years]
    assert records == sorted(records)
    assert [row.year for row in analysis.years] == sorted({row.year for row in analysis.years})
    assert records[-1] == max(one.tc_k for one in analysis.sightings if one.tc_k)
    assert sum(row.gained_k for row in analysis.years) == pytest.approx(records[-1])
    assert all((row.ambient_record_k or 0.0) <= row.record_k for row in analysis.years)


def point(verdict, name):
    [found] = [one for one in verdict.points if one.name == name]
    return found


def test_the_verdict_gives_both_sides(analysis):
    verdict = analysis.verdict
    assert verdict.finding is Finding.UNSUPPORTED
    rows = [one.facts["row"] for one in verdict.of(Side.AGAINST) if one.name.startswith("class_above")]
    infinite = next(row for row in rows if row.class_name == INFINITE_LAYER)
    assert (infinite.above_claim, infinite.cells) == (9, 9)
    below = point(verdict, "measured_below")
    assert below.side is Side.FOR
    assert (below.facts["record"].tc_k, below.facts["margin"]) == (98.0, 2.0)
    assert len(verdict.of(Side.AGAINST)) + len(verdict.of(Side.FOR)) == len(verdict.points)


def test_a_measurement_above_breaks_the_claim(data):
    found = weigh(with_row(data, tc_onset_k=105.0)).verdict
    assert found.finding is Finding.BROKEN
    assert found.facts["record"].tc_k == 105.0
    above = point(found, "measured_above")
    assert above.side is Side.AGAINST
    assert [one.compound for one in above.facts["named"]] == ["made up"]
    assert weigh(with_row(data, tc_onset_k=99.5)).verdict.finding is Finding.UNSUPPORTED


def test_a_lower_lambda_supports_the_claim(data):
    analysis = weigh(with_lambda(data, 1000.0))
    assert all(cell.tc_ceiling_k < 100.0 for cell in analysis.cells)
    assert analysis.verdict.finding is Finding.CONSISTENT
    assert analysis.effective[0].above_published > 0
    assert point(analysis.verdict, "lambda_above").side is Side.AGAINST


def test_new_data_move_numbers_and_chances(data, analysis):
    more = weigh(with_row(data, tc_onset_k=99.0, year=2027))
    before, after = (
        next(row for row in one.effective if row.class_name == "Ruddlesden-Popper n = 2")
        for one in (analysis, more)
    )
    assert after.median_k_ang2 > before.median_k_ang2
    assert more.years[-1].year == 2027 and more.years[-1].record_k == 99.0
    rises = point(more.verdict, "record_rises")
    assert rises.side is Side.AGAINST
    assert (rises.facts["left"], rises.facts["step"].gained_k) == (1.0, 1.0)


def test_records_of_a_database_are_listed_and_count_for_nothing_else(data, analysis):
    entry = next(entry for entry in reference_entries() if entry.id == "ndnio2")
    smaller = entry.structure.copy()
    smaller.scale_lattice(smaller.volume * 0.9)
    record = screen(Entry("db", "db-1", entry.formula, entry.elements, smaller), FAMILIES)
    found = weigh(data, others=[Candidate(record, Estimate(), Place(1, 1, 1))])
    assert [cell.id for cell in found.cells if cell.source == "db"] == ["db-1"]
    assert found.classes == analysis.classes
    assert found.verdict == analysis.verdict


def test_a_calibrated_model_is_asked(data, analysis):
    assert all(row.p_calibrated is None for row in analysis.classes)
    said = Estimate(tc_expected_k=100.0, tc_low_k=80.0, tc_high_k=125.0)
    found = weigh(data, calibrated=lambda records: [said] * len(records))
    assert found.calibrated
    assert all(row.p_calibrated == pytest.approx(0.5) for row in found.classes)
    assert point(found.verdict, "chance_calibrated").facts["chance"] == pytest.approx(0.5)


def test_reports_beside_the_tables_are_of_nickelates(data, analysis):
    assert {report.structure for report in table(BESIDE)} <= set(data.classes)
    assert {report.id for report in table(BESIDE)} <= {one.id for one in analysis.sightings}
    assert all(one.lambda_k_ang2 is None for one in analysis.sightings if one.structure is None)


def test_without_superconductors_or_lambda_there_is_no_weigh(data):
    silent = replace(
        data, reports=(), measured=tuple(row for row in data.measured if not row.superconducting)
    )
    with pytest.raises(ValueError, match="no measured nickelate superconducts"):
        weigh(silent)
    copper = tuple(row for row in data.families.rows if row.metal != "Ni")
    with pytest.raises(ValueError, match="no row for"):
        weigh(replace(data, families=Families(copper, "made up")))


def test_what_the_verdict_stands_on_is_counted(analysis):
    facts = analysis.verdict.facts
    assert sum(facts["standing"].values()) == facts["cells"]
    assert facts["above_read"] <= facts["read"] == facts["standing"]["read"]
    assert point(analysis.verdict, "zero_resistance").facts["zero"].zero_k == 73.0
    assert point(analysis.verdict, "touches").side is Side.AGAINST


def test_a_built_trilayer_is_no_smallest_cage(analysis):
    """Bi2223 was built to 3.151 Å; the smallest cage of a trilayer cuprate beside it is 3.259 Å."""
    said = next(one for one in analysis.verdict.points if one.name.startswith("trilayers"))
    assert said.facts["Cu_xi_ang"] == pytest.approx(3.259, abs=1e-3)


def test_the_reports_of_the_last_years_are_in_the_record(analysis):
    """La2.1Sm0.9Ni2O7 at 89 K, of 2025, stands in no other table."""
    seen = {one.id: one for one in analysis.sightings}
    assert (seen["la2.1sm0.9ni2o7-pressure"].tc_k, seen["la2.1sm0.9ni2o7-pressure"].year) == (89.0, 2025)
    assert seen["la2.1sm0.9ni2o7-pressure"].lambda_k_ang2 is None
    assert not seen["pr3ni2o7-film-ambient"].superconducting
