"""Features of the reference structures: known by hand, and the same for every description of a crystal."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from polywell.data.reference import reference_entries
from polywell.data.spacers import spacer_table
from polywell.evidence.features import Features, features
from polywell.families import load_families
from polywell.records import Outcome
from polywell.screening import screen, screen_many

FAMILIES = load_families()
RECORDS = screen_many(list(reference_entries()), FAMILIES)
CANDIDATES = {
    record.id: (record, entry)
    for record, entry in zip(RECORDS, reference_entries(), strict=True)
    if record.outcome is Outcome.CANDIDATE
}
FOUND = {id: features(record) for id, (record, _) in CANDIDATES.items()}

SPACERS = {
    "hgba2cuo4.18": "Hg-O",
    "tl2ba2cuo6": "Tl-O",
    "tl0.5pb0.5sr2cacu2o7": "Tl-O",
    "bi2sr2cacu2o8": "Bi-O",
    "pb2sr2ycu3o8": "Pb-O",
    "yba2cu3o7": "chains",
    "yba2cu3o6": "chains",
    "yba2cu4o8": "chains",
    "rusr2gdcu2o8": "other cations",
    "sr2vfeaso3": "other cations",
    "ca2cuo2cl2": "halide",
    "sr2cuo2f2": "halide",
    "la2cuo4-lto": "rock-salt",
    "la3ni2o7": "rock-salt",
    "nd2cuo4": "fluorite",
    "nd4ni3o8": "fluorite",
    "lafeaso": "fluorite",
    "thfeasn": "fluorite",
    "cacuo2": "none",
    "bafe2as2": "none",
    "fese": "none",
}


def alike(one: Features, other: Features) -> None:
    a, b = asdict(one), asdict(other)
    words = {name for name, value in a.items() if not isinstance(value, float)}
    assert {name: b[name] for name in words} == {name: a[name] for name in words}
    for name in a.keys() - words:
        within = 0.2 if name.endswith("_deg") else 3e-3
        assert b[name] == pytest.approx(a[name], abs=within), name


@pytest.mark.parametrize("id", SPACERS)
def test_spacers_as_a_chemist_names_them(id: str) -> None:
    assert FOUND[id].spacer == SPACERS[id]


def test_an_oxyanion_in_the_spacer() -> None:
    """Sr2CuO2(CO3): copper sheets of the oxycarbonate, carbonate between the strontium layers."""
    lattice = Lattice.tetragonal(3.90, 7.49)
    species = ["Sr", "Sr", "Cu", "O", "O", "C", "O", "O", "O"]
    places = [
        [0.5, 0.5, 0.21], [0.5, 0.5, 0.79], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0],
        [0, 0, 0.5], [0, 0, 0.33], [0.29, 0, 0.58], [-0.29, 0, 0.58],
    ]  # fmt: skip
    _, entry = CANDIDATES["la2cuo4-htt"]
    made = replace(
        entry,
        structure=Structure(lattice, species, places),
        formula="Sr2CuCO5",
        elements=("C", "Cu", "O", "Sr"),
    )
    assert features(screen(made, FAMILIES)).spacer == "carbonate-like"


def test_features_known_by_hand() -> None:
    hg1223 = FOUND["hgba2ca2cu3o8.16"]
    assert (hg1223.sheets_per_block, hg1223.apical, hg1223.ligand) == ("3", "O", "O")
    assert hg1223.apex_radius_inner_ang == pytest.approx(1.12)  # Ca, Ca
    assert hg1223.apex_radius_outer_ang == pytest.approx((1.12 + 1.42) / 2)  # Ca, Ba
    assert FOUND["la1.85sr0.15cuo4"].apex_radius_inner_ang == pytest.approx((1.85 * 1.16 + 0.15 * 1.26) / 2)
    assert FOUND["bafe1.8co0.2as2"].net_disorder == pytest.approx(0.1)
    assert FOUND["eufe2as2"].apex_radius_outer_ang == 1.25  # divalent
    assert FOUND["la3ni2o7-29.5gpa"].pressure_gpa == 29.5
    assert FOUND["la4ni3o10-high-pressure"].pressure_gpa is None


def test_what_is_lacking_is_said_and_not_numbered() -> None:
    single, iron = FOUND["nd2cuo4"], FOUND["fese"]
    assert (single.apical, single.apical_distance_ang, single.sheet_distance_ang) == ("none", None, None)
    assert (iron.apex_radius_inner_ang, iron.apex_radius_outer_ang, iron.spacer) == (None, None, "none")
    assert single.anion_height_ang is None and iron.anion_height_ang is not None


@pytest.mark.parametrize("id", CANDIDATES)
def test_the_same_for_every_cell(id: str) -> None:
    _, entry = CANDIDATES[id]
    structure = entry.structure
    assert structure is not None
    random = np.random.default_rng(7)
    turn = np.linalg.qr(random.normal(size=(3, 3)))[0]
    order = random.permutation(len(structure))
    moved = structure.frac_coords + random.uniform(-1, 1, 3)
    others = [
        structure.get_primitive_structure(tolerance=0.01),
        structure * np.array([[1, 1, 0], [-1, 1, 0], [0, 0, 1]]),
        Structure(
            Lattice(structure.lattice.matrix @ turn), [structure[k].species for k in order], moved[order]
        ),
    ]
    for other in others:
        changed = replace(entry, structure=other)
        alike(FOUND[id], features(screen(changed, FAMILIES)))


def test_only_candidates_have_features() -> None:
    rejected = next(record for record in RECORDS if record.outcome is Outcome.REJECTED)
    with pytest.raises(ValueError, match="candidate"):
        features(rejected)
    record, _ = CANDIDATES["fese"]
    with pytest.raises(ValueError, match="screen it again"):
        features(replace(record, spacer=None))


def test_a_batch_says_what_single_entries_say() -> None:
    records, entries = zip(*CANDIDATES.values(), strict=True)
    assert screen_many(entries * 3, FAMILIES) == [*records] * 3
    assert [screen(entry, FAMILIES) for entry in entries] == [*records]


def test_every_class_of_spacer_has_its_sentence() -> None:
    names = [row.name for row in spacer_table().classes]
    assert len(set(names)) == len(names)
    assert all(row.meaning for row in spacer_table().classes)
