"""Databases made by scaling measured structures: the known ratio comes back, and nothing else matches."""

from dataclasses import replace
from math import hypot

import pytest
from pymatgen.core import Lattice, Structure

from polywell.data.reference import reference_entries
from polywell.evidence.anchors import (
    Anchor,
    Group,
    cages_of,
    find_anchors,
    reference_library,
    sound_references,
)
from polywell.evidence.calibration_table import built_in_calibration
from polywell.evidence.corrected_database import correct_database, corrected_material
from polywell.evidence.correction import (
    LEAST_COMPOUNDS,
    by_compound,
    correct,
    corrections,
    geometry_kind,
    reference_scatter,
    robust_deviation,
)
from polywell.evidence.estimates import estimated
from polywell.evidence.features import features
from polywell.evidence.height_bounds import reference_limits, suspicions
from polywell.families import built_in_families
from polywell.geometry.sites import majority_formula, sites_of
from polywell.records import Entry, Outcome, Provenance
from polywell.screening import screen, screen_many

FAMILIES = built_in_families()
BY_ID = {entry.id: entry for entry in reference_entries()}
LIBRARY = reference_library(FAMILIES)
FLOOR = reference_scatter(LIBRARY)
LIMITS = reference_limits(FAMILIES)
SOUND = [entry for entry in reference_entries() if entry.id in sound_references()]


def database(entries, factor, along_normal=1.0, source="made", **provenance):
    """Entries with every length multiplied, the longest axis by a further factor; no T_c is kept."""
    made = []
    for entry in entries:
        structure = entry.structure.copy()
        lengths = [factor * length for length in structure.lattice.abc]
        longest = max(range(3), key=lambda axis: lengths[axis])
        lengths[longest] *= along_normal
        lattice = structure.lattice.from_parameters(*lengths, *structure.lattice.angles)
        structure.lattice = lattice
        made.append(
            Entry(source, entry.id, entry.formula, entry.elements, structure, Provenance(**provenance))
        )
    return made


def anchors_of(entries):
    return find_anchors(screen_many(entries, FAMILIES), LIBRARY)


def by_group(rows):
    return {row.group: row for row in rows}


def cuprates(count=None):
    """One sound cuprate of each compound."""
    found = {}
    for entry, record in zip(SOUND, screen_many(SOUND, FAMILIES), strict=True):
        if record.outcome is Outcome.CANDIDATE and record.family == "cuprate":
            found.setdefault(majority_formula(sites_of(entry.structure)), entry)
    chosen = list(found.values())
    assert len(chosen) > 12
    return chosen[:count]


def group(anchors, cage="octahedron"):
    (row,) = [row for row in corrections(anchors, FLOOR) if row.group.cage == cage]
    return row


@pytest.mark.parametrize("factor", [0.97, 1.0, 1.016, 1.04])
def test_a_known_ratio_is_recovered(factor):
    entries = database(cuprates(), factor)
    row = group(anchors_of(entries))
    assert row.applies
    assert row.ratio == pytest.approx(1 / factor, rel=1e-3)
    assert len(row.compounds) == len(entries)


def test_kinds_of_cage_are_pooled_apart():
    iron = [entry for entry in SOUND if "Fe" in entry.elements]
    anchors = anchors_of(database(iron, 1.01, functional="PBE", magnetic_ordering="NM"))
    kinds = {(one.group.family, one.group.cage) for one in anchors}
    assert {("iron-based", "nonahedron"), ("iron-based", "tridecahedron")} <= kinds


def test_outliers_do_not_move_the_median():
    chosen = cuprates()
    entries = database(chosen[4:], 1.016) + database(chosen[:4], 1.0, along_normal=1.12)
    row = group(anchors_of(entries))
    assert len(row.compounds) > len(chosen) - 4
    assert row.ratio == pytest.approx(1 / 1.016, rel=5e-3)


def test_too_few_compounds_correct_nothing_and_say_so():
    entries = database(cuprates(LEAST_COMPOUNDS - 1), 1.02)
    records = screen_many(entries, FAMILIES)
    rows = corrections(find_anchors(records, LIBRARY), FLOOR)
    assert [row.applies for row in rows] == [False]
    for record in records:
        found = correct(record, by_group(rows), FAMILIES)
        assert found.ceiling.xi_ang == pytest.approx(record.xi_ceiling_ang)
        assert not found.ceiling.applied
        assert f"at least {LEAST_COMPOUNDS} are needed" in found.ceiling.why


def test_many_entries_of_one_compound_count_once():
    entry = cuprates(1)[0]
    entries = [replace(one, id=f"{one.id}-{n}") for n in range(10) for one in database([entry], 1.02)]
    (row,) = corrections(anchors_of(entries), FLOOR)
    assert len(row.compounds) == 1
    assert not row.applies


def test_run_types_and_magnetic_states_are_apart():
    chosen = cuprates()
    entries = database(chosen, 1.01, functional="GGA", magnetic_ordering="NM")
    entries += database(chosen, 1.03, functional="GGA", magnetic_ordering="AFM")
    entries += database(chosen, 0.99, functional="r2SCAN", magnetic_ordering="AFM")
    entries += database(chosen, 1.02, source="another", functional="GGA", magnetic_ordering="NM")
    found = {(row.group.source, row.group.run_type, row.group.magnetic): 1 / row.ratio
             for row in corrections(anchors_of(entries), FLOOR)}  # fmt: skip
    assert found == {
        ("made", "GGA", "NM"): pytest.approx(1.01, rel=1e-3),
        ("made", "GGA", "AFM"): pytest.approx(1.03, rel=1e-3),
        ("made", "r2SCAN", "AFM"): pytest.approx(0.99, rel=1e-3),
        ("another", "GGA", "NM"): pytest.approx(1.02, rel=1e-3),
    }


@pytest.mark.parametrize(
    ("functional", "kinds"),
    [
        (None, {"unknown, with O or F", "unknown, without O and F"}),
        ("PBE", {"PBE, with O or F", "PBE, without O and F"}),
        ("pbesol", {"pbesol, with O or F", "pbesol, without O and F"}),
        ("GGA+U", {"GGA+U"}),
        ("r2SCAN", {"r2SCAN"}),
    ],
)
def test_where_nobody_tells_of_a_hubbard_u_oxides_stand_apart_from_the_rest(functional, kinds):
    entries = database([BY_ID["ndfeaso"], BY_ID["bafe2as2"]], 1.0, functional=functional)
    assert {one.group.run_type for one in anchors_of(entries)} == kinds


def test_a_doped_reference_stands_for_its_parent():
    doped = BY_ID["yba2cu3o6.97"]
    ordered = doped.structure.copy()
    for place, site in enumerate(ordered):
        ordered.replace(place, max(site.species, key=lambda one: site.species[one]))
    entry = Entry("made", "mp", "YBa2Cu3O7", doped.elements, ordered)
    found = anchors_of([entry])
    assert [one.compound for one in found] == ["Ba2YCu3O7"]
    assert majority_formula(sites_of(doped.structure)) == majority_formula(sites_of(ordered))


@pytest.mark.parametrize(
    ("id", "swap"),
    [
        ("hgba2cuo4.18", {"Hg": "Cd"}),  # another spacer
        ("cacuo2", {"Ca": "Mg"}),  # another apex
        ("bafe2as2", {"As": "Sb"}),  # another ligand
    ],
)
def test_another_compound_is_refused(id, swap):
    (entry,) = database([BY_ID[id]], 1.0)
    entry.structure.replace_species(swap)
    elements = tuple(sorted(str(element) for element in entry.structure.composition.elements))
    assert anchors_of([replace(entry, elements=elements)]) == ()
    assert anchors_of(database([BY_ID[id]], 1.0))


def test_another_structure_of_the_same_composition_is_refused():
    """La2CuO4 as T' (Nd2CuO4-type, no apical oxygen) is no La2CuO4 with apical oxygen."""
    (entry,) = database([BY_ID["nd2cuo4"]], 1.02)
    entry.structure.replace_species({"Nd": "La"})
    entry = replace(entry, formula="La2CuO4", elements=("Cu", "La", "O"))
    record = screen(entry, FAMILIES)
    assert record.outcome is Outcome.CANDIDATE
    true = screen(BY_ID["la2cuo4-lto"], FAMILIES)
    assert majority_formula(sites_of(entry.structure)) == majority_formula(
        sites_of(BY_ID["la2cuo4-lto"].structure)
    )
    assert cages_of(record) != cages_of(true)
    assert anchors_of([entry]) == ()


@pytest.mark.parametrize(("factor", "along_normal"), [(1.1, 1.0), (0.9, 1.0), (1.0, 1.3)])
def test_another_edge_or_volume_is_refused(factor, along_normal):
    assert anchors_of(database([BY_ID["tl2ba2cuo6"]], factor, along_normal)) == ()


def test_entries_under_pressure_are_no_anchors():
    assert anchors_of(database(cuprates(), 1.0, pressure_gpa=20.0)) == ()


def test_t_c_plays_no_part():
    entries = database(cuprates(), 1.02)
    warm = [replace(one, provenance=Provenance(tc_measured_k=300.0)) for one in entries]
    assert anchors_of(entries) == anchors_of(warm)


def test_measured_sources_and_unknown_volumes_give_no_anchors():
    entries = database(cuprates(), 1.0, source="reference")
    assert anchors_of(entries) == ()
    records = screen_many(database(cuprates(), 1.0), FAMILIES)
    assert find_anchors(records, LIBRARY)
    assert find_anchors([replace(one, volume_per_ion_ang3=None) for one in records], LIBRARY) == ()


def made_anchors(ratios):
    place = Group("made", "GGA", "NM", "cuprate", "octahedron")
    return [Anchor(place, f"e{n}", f"C{n}", "r", ratio, 1.0) for n, ratio in enumerate(ratios)]


def test_the_statistics_by_hand():
    (row,) = corrections(made_anchors([0.98, 0.99, 0.99, 1.00, 1.30]), floor=0.0)
    assert row.ratio == pytest.approx(0.99)
    # |ln| from the median: 0.01015, 0, 0, 0.01005, 0.272; their median is 0.01005.
    assert row.spread == pytest.approx(1.4826 * 0.01005, rel=1e-3)
    assert row.deviation == pytest.approx(row.spread * (1 + 3.14159265 / 2 / 5) ** 0.5)
    assert robust_deviation([3.0]) == 0.0
    (equal,) = corrections(made_anchors([0.99] * 5), floor=0.004)
    assert equal.spread == 0.004


def test_measured_structures_scatter_by_less_than_one_percent():
    assert 0.0 < FLOOR < 0.01


def test_the_spread_enters_the_interval():
    entries = database(cuprates(), 1.02)
    records = screen_many(entries, FAMILIES)
    rows = corrections(find_anchors(records, LIBRARY), FLOOR)
    found = correct(records[0], by_group(rows), FAMILIES)
    best, family = found.ceiling, FAMILIES.of("Cu", "octahedron", "O")
    assert best.applied and best.xi_ang == pytest.approx(best.phase.xi_ang * rows[0].ratio)
    assert best.tc_k == pytest.approx(family.lambda_k_ang2 / best.xi_ang**2)
    doubt = hypot(family.spread_k_ang2 / family.lambda_k_ang2, 2 * rows[0].deviation)
    assert best.tc_high_k == pytest.approx(best.tc_k * (1 + doubt))
    assert best.tc_low_k == pytest.approx(best.tc_k * (1 - doubt))


def test_measured_structures_are_not_corrected():
    record = screen(BY_ID["cacuo2"], FAMILIES)
    found = correct(record, by_group(corrections(made_anchors([0.9] * 9), FLOOR)), FAMILIES)
    assert found.ceiling.ratio == 1.0
    assert found.ceiling.why == "not corrected: a measured structure"
    with pytest.raises(ValueError, match="expected a candidate"):
        correct(replace(record, outcome=Outcome.FAILED, error_type="E"), {}, FAMILIES)


def moved_anions(id, shift_ang, **provenance):
    """FeAs-type entry whose anions move along c by a shift in Å, away from (+) or towards (-) the iron."""
    entry = BY_ID[id]
    structure = entry.structure.copy()
    iron = [site for site in structure if "Fe" in site.species_string]
    for place, site in enumerate(structure):
        if "As" in site.species_string:
            near = min(iron, key=lambda one: one.distance(site))
            _, image = near.distance_and_image(site)
            height = (site.frac_coords[2] + image[2] - near.frac_coords[2]) * structure.lattice.c
            step = shift_ang * (1 if height > 0 else -1)
            structure.translate_sites([place], [0, 0, step], frac_coords=False, to_unit_cell=False)
    return Entry("made", id, entry.formula, entry.elements, structure, Provenance(**provenance))


@pytest.mark.parametrize(("shift", "word"), [(-0.2, "low"), (0.3, "high")])
def test_collapsed_and_inflated_anion_planes_are_suspect(shift, word):
    records = screen_many([moved_anions("bafe2as2", shift), moved_anions("bafe2as2", 0.0)], FAMILIES)
    moved, sound = (correct(record, {}, FAMILIES, suspicions(record, LIMITS)) for record in records)
    assert f"is too {word}" in moved.geometry_suspect
    assert "As anion plane" in moved.geometry_suspect
    assert sound.geometry_suspect == ""


def test_a_stated_pressure_excuses_a_small_height():
    record = screen(moved_anions("bafe2as2", -0.2, pressure_gpa=30.0), FAMILIES)
    assert suspicions(record, LIMITS) == ()


def test_no_sound_measured_structure_is_suspect():
    for record in screen_many(SOUND, FAMILIES):
        assert suspicions(record, LIMITS) == (), record.id


def test_bounds_follow_the_measured_heights():
    limits = LIMITS
    arsenic = limits.bounds(("iron-based", "nonahedron", "anion", ""), "As")
    assert arsenic.by == "ion" and arsenic.low_ang < 1.32 < 1.42 < arsenic.high_ang
    assert limits.bounds(("iron-based", "nonahedron", "anion", ""), "S").by == "radius"
    assert limits.bounds(("no family", "nonahedron", "anion", ""), "As") is None


def test_an_apex_without_a_measured_cage_is_suspect():
    """Cu2Sb type: Fe in the net, the other metal z = 0.322 over it (MnFeAs, CrFeAs, Fe2As)."""
    cell = Lattice.tetragonal(3.715274, 5.920074)
    places = [
        [0.5, 0.5, 0],
        [0, 0, 0],
        [0.5, 0, 0.322069],
        [0, 0.5, 0.677931],
        [0.5, 0, 0.748676],
        [0, 0.5, 0.251324],
    ]
    for other in ("Mn", "Cr", "Fe"):
        structure = Structure(cell, ["Fe", "Fe", other, other, "As", "As"], places)
        elements = tuple(sorted({"As", "Fe", other}))
        record = screen(Entry("made", other, structure.formula, elements, structure), FAMILIES)
        suspect = correct(record, {}, FAMILIES, suspicions(record, LIMITS)).geometry_suspect
        assert f"no measured cage has {other} at its apex (here at 1.907 Å)" in suspect


def grouped(found, anchors=()):
    return by_compound(found, anchors, [one.record.formula for one in found])


def test_the_better_geometry_speaks_for_a_compound():
    kinds = {"GGA+U": 1.03, "GGA": 1.02, "r2SCAN": 1.01}
    entries = [
        one
        for functional, factor in kinds.items()
        for one in database([BY_ID["cacuo2"]], factor, source=functional, functional=functional)
    ]
    records = screen_many([*entries, BY_ID["cacuo2"]], FAMILIES)
    assert [geometry_kind(record) for record in records] == [*kinds, "measured"]
    found = [correct(record, {}, FAMILIES) for record in records]
    (all_four,) = grouped(found)
    assert all_four.chosen.record.source == "reference"
    assert [one.record.source for one in all_four.others] == ["r2SCAN", "GGA", "GGA+U"]
    assert all_four.geometry_from == "reference/cacuo2"
    assert all_four.heights_ang[-1] / all_four.heights_ang[0] == pytest.approx(1.03)
    (without,) = grouped(found[:-1])
    assert without.chosen.record.source == "r2SCAN"


def test_a_sound_geometry_comes_before_a_better_functional():
    good = screen(moved_anions("bafe2as2", 0.0, functional="GGA"), FAMILIES)
    bad = screen(moved_anions("bafe2as2", -0.2, functional="r2SCAN"), FAMILIES)
    (both,) = grouped([correct(one, {}, FAMILIES, suspicions(one, LIMITS)) for one in (bad, good)])
    assert both.chosen.record.provenance.functional == "GGA"


def test_a_measured_structure_speaks_for_the_compound_that_was_matched_to_it():
    entries = database([BY_ID["cacuo2"]], 1.03, functional="r2SCAN")
    records = screen_many(entries, FAMILIES)
    anchors = find_anchors(records, LIBRARY)
    (one,) = grouped([correct(records[0], {}, FAMILIES)], anchors)
    assert one.geometry_from == "reference/cacuo2"
    assert one.xi_ang == pytest.approx(screen(BY_ID["cacuo2"], FAMILIES).xi_ceiling_ang)
    assert one.heights_ang == pytest.approx((one.xi_ang, 1.03 * one.xi_ang))


def test_polymorphs_with_other_cages_are_compounds_apart():
    (other,) = database([BY_ID["nd2cuo4"]], 1.0)
    other.structure.replace_species({"Nd": "La"})
    records = screen_many([replace(other, formula="La2CuO4"), BY_ID["la2cuo4-lto"]], FAMILIES)
    assert {record.majority_formula for record in records} == {"La2CuO4"}
    found = [correct(record, {}, FAMILIES) for record in records]
    assert len(by_compound(found, (), ["La2CuO4", "La2CuO4"])) == 2


def test_a_database_is_corrected_as_a_whole():
    entries = database(cuprates(), 1.016, functional="GGA")
    entries.append(replace(moved_anions("bafe2as2", -0.2), source="made"))
    records = screen_many(entries, FAMILIES)
    found = correct_database(records, FAMILIES)
    assert [one.record for one in found.candidates] == records
    assert (found.corrected, found.suspect) == (len(entries) - 1, 1)
    first, *_, last = estimated(records, built_in_calibration(), FAMILIES)[0]
    assert first.xi_corrected_ang == pytest.approx(records[0].xi_ceiling_ang / 1.016, rel=2e-3)
    assert first.xi_correction_note.startswith("ξ × 0.984")
    assert first.geometry_suspect is None
    assert first.geometry_from == f"reference/{records[0].id}"
    assert "too low" in last.geometry_suspect
    assert last.xi_corrected_ang is None and "not corrected" in last.xi_correction_note
    said = found.as_json()
    assert (said["corrected"], said["suspect"]) == (len(entries) - 1, 1)
    assert {group["applied"]: group["why_not"] for group in said["groups"]} == {
        True: "",
        False: f"1 anchor compound, at least {LEAST_COMPOUNDS} are needed",
    }
    assert f"ξ of {len(entries) - 1} of {len(entries)} candidates corrected, 1 with" in found.sentence


def test_a_candidate_can_be_corrected_as_if_its_own_structure_were_unknown():
    """One compound is off by another factor than the rest; the rest alone corrects it."""
    chosen = cuprates()
    entries = database(chosen[:1], 1.0, along_normal=1.10) + database(chosen[1:6], 1.016)
    records = screen_many(entries, FAMILIES)
    for count, applied in ((6, True), (LEAST_COMPOUNDS, False)):
        found = correct_database(records[:count], FAMILIES, of_others=True)
        assert [one.ceiling.applied for one in found.candidates] == [applied] * count
        with_itself = correct_database(records[:count], FAMILIES)
        assert all(one.ceiling.applied for one in with_itself.candidates)
    found = correct_database(records, FAMILIES, of_others=True)
    first = found.candidates[0].ceiling
    (others,) = corrections(find_anchors(records[1:], LIBRARY), FLOOR)
    assert (first.ratio, first.deviation, first.anchors) == (others.ratio, others.deviation, 5)


def test_features_take_the_corrected_heights():
    entries = database([BY_ID["bafe2as2"]], 1.0)
    (record,) = screen_many(entries, FAMILIES)
    place = Group("made", "unknown, without O and F", "unknown", "iron-based", "nonahedron")
    anchors = [Anchor(place, f"e{n}", f"C{n}", "r", 0.8, 1.0) for n in range(LEAST_COMPOUNDS)]
    found = correct(record, by_group(corrections(anchors, FLOOR)), FAMILIES)
    plain = features(record)
    corrected = corrected_material(found).features
    assert corrected.xi_ceiling_ang == pytest.approx(0.8 * plain.xi_ceiling_ang)
    assert corrected.anion_height_ang == pytest.approx(0.8 * plain.anion_height_ang)
    assert corrected.xi_outer_ang == plain.xi_outer_ang
    assert corrected.bond_ang == plain.bond_ang
