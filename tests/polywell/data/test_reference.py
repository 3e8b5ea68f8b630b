"""The reference library: records that validate, crystals that physics allows, heights by other means."""

import hashlib
import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from pymatgen.core import Element, Species

from polywell.data import reference
from polywell.data.measured import measured_superconductors
from polywell.data.reference import BUILT, ReferenceStructure, _standing, reference_structures
from polywell.records import Reason
from tests.polywell.data.independent_xi import INDEPENDENT_XI

RECORDS = {record.id: record for record in reference_structures()}
CANDIDATES = {key: record for key, record in RECORDS.items() if record.expect == "candidate"}
CONTROLS = {key: record for key, record in RECORDS.items() if record.expect != "candidate"}
STRUCTURES = {key: record.structure() for key, record in RECORDS.items()}

# The proposal's Tables 1 and 2: T_c (K), ξ_α, ξ_β, ξ_γ (Å), λ (K Å²), the phase that reproduces λ.
PUBLISHED = {
    "Ba2CuO4-δ": (73, 3.7338, None, None, 1018, "alpha"),
    "YBa2Cu3O7-δ": (93, 3.6720, None, None, 1254, "alpha"),
    "Bi2Sr2Ca2Cu3O10+δ": (110, 3.1511, 3.3272, None, 1217, "beta"),
    "TlBa2CaCu2O7+δ": (103, 3.5771, None, None, 1317, "alpha"),
    "TlBa2Ca2Cu3O9+δ": (112, 3.2453, 3.5025, None, 1373, "beta"),
    "TlBa2Ca3Cu4O11+δ": (120, 3.2381, 3.5305, None, 1258, "alpha"),
    "Tl2Ba2Ca2Cu3O10+δ": (128, 3.3053, 3.5252, None, 1393, "alpha"),
    "HgBa2CuO4+δ": (94, 3.8241, None, None, 1374, "alpha"),
    "HgBa2Ca2Cu3O8+δ": (134, 3.2108, 3.4241, None, 1380, "alpha"),
    "LaFeAsO1-xFx": (43, 2.6723, 3.0749, None, 406, "beta"),
    "SmFeAsO1-xFx (ambient)": (43, 2.7291, 3.0792, None, 407, "beta"),
    "SmFeAsO1-xFx (high p)": (55, 2.7149, 3.0433, None, 405, "alpha"),
    "TbFeAsO1-xFx": (45, 2.7567, 3.0501, None, 418, "beta"),
    "GdFeAsO1-xFx": (53.5, 2.7454, 3.0568, None, 403, "alpha"),
    "PrFeAsO1-xFx": (52, 2.6857, 3.0591, None, 375, "alpha"),
    "NdFeAsO1-xFx": (50, 2.7227, 3.0418, None, 371, "alpha"),
    "CeFeAsO1-xFx": (41, 2.6930, 3.0777, None, 388, "beta"),
    "LaFeAsO": (41, 2.6608, 3.0912, None, 392, "beta"),
    "(La,Y)FeAsO": (42, 2.6840, 3.0912, None, 401, "beta"),
    "(Ba,K)Fe2As2": (38, 2.7650, 3.3242, None, 419, "beta"),
    "CaKFe4As4": (35, 2.5617, 2.9276, 3.3874, 402, "gamma"),
    "KCa2Fe4As4F2": (33, 2.8406, 3.0301, 3.4353, 390, "gamma"),
    "K0.8Fe2Se2 (SC-I)": (32, None, 3.534, None, 400, "beta"),
    "K0.8Fe2Se2 (SC-II, p)": (48.7, 2.836, None, None, 393, "alpha"),
}

AGREEMENT_ANG = 0.05
"""A measured height further from the published one than this must be explained."""

OXIDATION = {
    **dict.fromkeys("Li Na K Rb Cs H".split(), 1),
    **dict.fromkeys("Mg Ca Sr Ba Hg Pb Mn Co".split(), 2),
    **dict.fromkeys("Sc Y La Ce Pr Nd Sm Gd Tb Dy Ho Er Tm Yb V Cr Al Tl Bi".split(), 3),
    **dict.fromkeys("Ti Th".split(), 4),
    "Eu": 2,
    "Ru": 5,
}
ANION_RADIUS_ANG = {
    **{s: Species(s, q).get_shannon_radius("VI") for s, q in
       {"O": -2, "F": -1, "Cl": -1, "S": -2, "Se": -2, "Te": -2}.items()},
    "N": Species("N", -3).get_shannon_radius("IV"),
    # Shannon tabulates no pnictides: P3- and As3- after Pauling, less the covalent shortening seen in them
    "P": 2.12 - 0.20,
    "As": 2.22 - 0.20,
}  # fmt: skip


def neighbours(structure, radius):
    """Arrays (i, j, distance) of all pairs nearer than `radius`, each atom's own place left out."""
    i, j, images, distance = structure.get_neighbor_list(radius)
    apart = (i != j) | np.any(images != 0, axis=1)
    return i[apart], j[apart], distance[apart]


def host(site):
    """The majority element of a site that is at least half full: it sets the size of the place."""
    species = {str(element): share for element, share in site.species.items()}
    element = max(species, key=species.get)
    return element if site.species.num_atoms >= 0.5 else ""


def shortest(structure, metals, ligands, radius=3.6):
    """Shortest distance from each site of one of `metals` to a site holding one of `ligands`."""
    i, j, distance = neighbours(structure, radius)
    hosts = [host(site) for site in structure]
    # An interstitial of some per cent pushes its neighbours away, which the average structure does not show.
    holds = [{str(e) for e in site.species.elements if site.species.num_atoms > 0.05} for site in structure]
    found = {}
    for centre, other, d in zip(i, j, distance, strict=True):
        if hosts[centre] in metals and holds[other] & ligands:
            found[int(centre)] = min(float(d), found.get(int(centre), np.inf))
    return found


# --- the tables --------------------------------------------------------------------------------------


def test_the_library_is_large_enough_and_sorted():
    assert list(RECORDS) == sorted(RECORDS)
    assert len(RECORDS) == len(reference_structures())
    assert len(CANDIDATES) >= 75
    assert len(CONTROLS) >= 14
    assert {record.family for record in CANDIDATES.values()} == {"cuprate", "iron-based", "nickelate"}


def test_the_controls_cover_every_reason_a_crystal_can_give():
    asked = {record.expect for record in CONTROLS.values()}
    assert asked <= {reason.value for reason in Reason}
    # A real crystal has no overlapping atoms; a record of the library has a cell and is not withdrawn.
    assert {r.value for r in Reason} - asked == {"overlapping_atoms", "not_periodic", "deprecated"}


def test_every_row_of_the_published_tables_is_present_once_and_transcribed_right():
    rows = {}
    for record in RECORDS.values():
        if (row := record.published) is not None:
            assert row.row not in rows
            rows[row.row] = (
                row.tc_k, row.xi_alpha_ang, row.xi_beta_ang, row.xi_gamma_ang, row.lambda_k_ang2, row.phase
            )  # fmt: skip
    assert rows == PUBLISHED


@pytest.mark.parametrize("row", PUBLISHED)
def test_the_published_lambda_follows_from_its_own_row(row):
    tc, alpha, beta, gamma, strength, phase = PUBLISHED[row]
    xi = {"alpha": alpha, "beta": beta, "gamma": gamma}[phase]
    assert tc * xi**2 == pytest.approx(strength, rel=0.007)


def test_recalled_values_say_so_and_temperatures_have_a_source():
    for record in RECORDS.values():
        if record.checked != "read":
            assert record.recalled_fields or record.checked.startswith("built"), record.id
        if record.checked == "read":
            geometry = {"a", "b", "c", "all z", "all coordinates"}
            assert not geometry & set(record.recalled_fields), record.id
            assert not [f for f in record.recalled_fields if f.startswith(("z(", "x("))], record.id
        for tc in (record.tc_onset_k, record.tc_zero_k, record.tc_k):
            if tc is not None:
                assert tc > 0
                assert record.tc_source and record.tc_kind and record.tc_checked in ("read", "recalled")
                assert record.superconducting is True
        if record.superconducting is not None:
            assert record.tc_source, record.id


def test_built_entries_belong_to_a_published_row():
    built = {key for key, record in RECORDS.items() if record.checked == "built to the published xi"}
    assert built and all(RECORDS[key].published for key in built)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"colour": "black"}, "Extra inputs"),
        ({"a_ang": 0.0}, "greater than 0"),
        ({"tc_k": 0.0}, "greater than 0"),
        ({"tc_source": ""}, "tc_source"),
        ({"tc_checked": "none"}, "tc_source"),
        ({"superconducting": False}, "superconducting must be true"),
        ({"checked": "recalled", "recalled_fields": []}, "recalled_fields"),
        ({"checked": "built to the published xi", "published": None}, "published row"),
        ({"expect": "no_cage"}, "expect"),
        ({"id": "YBCO"}, "pattern"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused(change, complaint):
    row = RECORDS["yba2cu3o6.91"].model_dump()
    ReferenceStructure.model_validate(row)
    with pytest.raises(ValidationError, match=complaint):
        ReferenceStructure.model_validate(row | change)


@pytest.mark.parametrize(
    ("species", "complaint"),
    [({"Cu": 0.7, "Fe": 0.4}, "sum to 1.1"), ({"Xx": 1.0}, "no element"), ({}, "at least 1")],
)
def test_a_site_that_cannot_be_is_refused(species, complaint):
    with pytest.raises(ValidationError, match=complaint):
        reference.Site(label="M1", species=species, xyz=(0, 0, 0))


def test_deuterium_counts_as_hydrogen():
    row = RECORDS["fese"].model_dump() | {"formula": "LiFeSeOD"}
    assert ReferenceStructure.model_validate(row).composition()["H"] == 1


def test_the_digest_is_that_of_the_canonical_json_and_importing_reads_nothing():
    rows = [record.model_dump(mode="json") for record in RECORDS.values()]
    text = json.dumps(rows, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert reference.digest() == hashlib.sha256(text.encode()).hexdigest()
    probe = "import polywell.data.reference as r; print(r.reference_structures.cache_info().currsize)"
    root = Path(reference.__file__).parents[2]
    answer = subprocess.run(
        [sys.executable, "-c", probe], cwd=root, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "0"


# --- the crystals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", RECORDS)
def test_the_expanded_cell_has_the_composition_of_the_formula(key):
    built = STRUCTURES[key].composition.get_el_amt_dict()
    named = RECORDS[key].composition().get_el_amt_dict()
    assert set(built) == set(named)
    scale = sum(built.values()) / sum(named.values())
    for element, amount in named.items():
        assert built[element] == pytest.approx(amount * scale, rel=0.015)


@pytest.mark.parametrize("key", RECORDS)
def test_no_two_atoms_that_are_both_present_overlap(key):
    structure = STRUCTURES[key]
    radius = [
        sum(share * Element(str(e)).atomic_radius for e, share in site.species.items())
        / site.species.num_atoms
        for site in structure
    ]
    share = [site.species.num_atoms for site in structure]
    for i, j, distance in zip(*neighbours(structure, 3.0), strict=True):
        if share[i] + share[j] > 1.001:
            assert distance > 0.6 * (radius[i] + radius[j])


# The sum of Shannon radii (Cu2+ and Ni2+ square planar, O2- six-coordinate) and how far the
# shortest bond of the metal may lie below and above it (Å): linear Cu+ in empty chains (0.46 Å), hole
# doping and pressure shorten bonds, rare earths in T' sheets and octahedral Ni2+ stretch them.
OXIDE_BONDS = {
    "cuprate": ({"Cu"}, Species("Cu", 2).get_shannon_radius("IVSQ") + 1.40, 0.18, 0.03),
    "nickelate": ({"Ni"}, Species("Ni", 2).get_shannon_radius("IVSQ") + 1.40, 0.05, 0.12),
}


@pytest.mark.parametrize("key", [k for k, r in CANDIDATES.items() if r.family in OXIDE_BONDS])
def test_metal_oxygen_bonds_are_those_of_ionic_radii(key):
    metals, ionic, below, above = OXIDE_BONDS[RECORDS[key].family]
    bonds = shortest(STRUCTURES[key], metals, {"O", "F", "Cl"})
    assert len(bonds) == sum(host(site) in metals for site in STRUCTURES[key])
    for bond in bonds.values():
        assert ionic - below < bond < ionic + above


IRON_LIGANDS = {"P", "As", "S", "Se", "Te"}


@pytest.mark.parametrize("key", [k for k, r in CANDIDATES.items() if r.family == "iron-based"])
def test_iron_ligand_bonds_are_those_of_tetrahedral_iron(key):
    # Tetrahedral Fe2+ (0.63 Å) to a chalcogen: 0.15-0.30 Å shorter than ionic, the covalent shortening of
    # FeS; to P and As, for which Shannon has no anion: 0.90-0.97 of the sum of Slater's atomic radii.
    iron = Species("Fe", 2).get_shannon_radius("IV", "High Spin")
    for ligand in IRON_LIGANDS:
        bonds = shortest(STRUCTURES[key], {"Fe"}, {ligand}, radius=2.75)
        for bond in bonds.values():
            if ligand in ("P", "As"):
                slater = Element("Fe").atomic_radius + Element(ligand).atomic_radius
                assert 0.90 < bond / slater < 0.97
            elif key != "fese0.44te0.56":  # there Se pulls Te closer than in FeTe, by 0.05 Å
                squeezed = 0.10 if RECORDS[key].pressure_gpa else 0.0
                assert 0.15 < iron + ANION_RADIUS_ANG[ligand] - bond < 0.30 + squeezed
    sheet = shortest(STRUCTURES[key], {"Fe"}, IRON_LIGANDS, radius=2.75)
    assert sheet


@pytest.mark.parametrize("key", CANDIDATES)
def test_every_cation_has_its_nearest_anion_at_an_ionic_distance(key):
    structure = STRUCTURES[key]
    cations = {host(site) for site in structure} & set(OXIDATION)
    assert cations or key in (
        "fese",
        "fese-orthorhombic",
        "fese0.44te0.56",
        "fe1.06te",
        "fe1.125te",
        "fes",
        "fese-9gpa",
    )
    for cation in cations:
        sizes = [
            radius["ionic_radius"]
            for by_spin in Element(cation).data["Shannon radii"].get(str(OXIDATION[cation]), {}).values()
            for radius in by_spin.values()
        ]
        assert sizes, cation
        # The short bond of the lone-pair cation Bi3+, averaged over its modulation, is the shortest: 0.81.
        allowed = {a: (0.81 * (min(sizes) + r), 1.12 * (max(sizes) + r)) for a, r in ANION_RADIUS_ANG.items()}
        nearest = {anion: shortest(structure, {cation}, {anion}, radius=4.0) for anion in ANION_RADIUS_ANG}
        sites = set(itertools.chain.from_iterable(nearest.values()))
        assert sites
        for site in sites:
            reach = {anion: found[site] for anion, found in nearest.items() if site in found}
            assert all(distance > allowed[anion][0] for anion, distance in reach.items()), (cation, reach)
            assert any(distance < allowed[anion][1] for anion, distance in reach.items()), (cation, reach)


@pytest.mark.parametrize("key", RECORDS)
def test_the_density_is_that_of_such_a_solid(key):
    density, stated = STRUCTURES[key].density, RECORDS[key].density_g_cm3
    if stated is not None:
        assert density == pytest.approx(stated, rel=0.01)
    assert 2.0 < density < 9.5


@pytest.mark.parametrize("key", RECORDS)
def test_the_volume_per_atom_is_that_of_such_a_solid(key):
    # Oxides pack to 9-17 Å³ per atom, arsenides and selenides of large cations up to 25; none is below Cu.
    structure = STRUCTURES[key]
    assert 8.0 < structure.volume / structure.composition.num_atoms < 25.0


# --- the heights -------------------------------------------------------------------------------------


def test_every_candidate_has_its_heights_by_arithmetic():
    assert set(INDEPENDENT_XI) == set(CANDIDATES)


@pytest.mark.parametrize("key", [k for k, r in RECORDS.items() if r.published])
def test_heights_agree_with_the_published_ones_or_the_difference_is_explained(key):
    record = RECORDS[key]
    row = record.published
    xi = [value for _, _, value in INDEPENDENT_XI[key]]
    kinds = [kind for kind, _, _ in INDEPENDENT_XI[key]]
    if row.xi_alpha_ang is None:  # a row that gives the tridecahedron only
        xi = [value for kind, value in zip(kinds, xi, strict=True) if kind == "tridecahedron"]
    published = [v for v in (row.xi_alpha_ang, row.xi_beta_ang, row.xi_gamma_ang) if v is not None]
    apart = [abs(ours - theirs) for ours, theirs in zip(xi, published, strict=False)]
    assert len(apart) == len(published)
    if max(apart) > AGREEMENT_ANG:
        assert len(record.difference) > 80
    else:
        assert not record.difference
    if record.checked == "built to the published xi":
        assert max(apart) < 2e-4


@pytest.mark.parametrize("key", CANDIDATES)
def test_apexes_are_atoms_of_the_crystal_at_that_height(key):
    # Weaker than finding the cage, but of the built crystal: two atoms of these elements stand that far
    # apart along the stacking axis.
    structure = STRUCTURES[key]
    lattice = structure.lattice
    short_along_c = RECORDS[key].structure_type.startswith(("infinite layer", "11 ("))
    axis = 2 if short_along_c else int(np.argmax(lattice.abc))
    height = lattice.volume / np.linalg.norm(np.cross(*np.delete(lattice.matrix, axis, axis=0)))
    iron = {"Fe"}
    for kind, apexes, xi in INDEPENDENT_XI[key]:
        lower, upper = (
            ({apexes[0]}, {apexes[1]}) if kind == "octahedron" else
            ({apexes[0]}, {apexes[0]}) if kind == "nonahedron" else (iron, {apexes[0]})
        )  # fmt: skip
        level = lambda elements: [  # noqa: E731
            site.frac_coords[axis] for site in structure if elements & {str(e) for e in site.species.elements}
        ]
        rises = [((up - low) % 1.0) * height for low in level(lower) for up in level(upper)]
        assert min(min(abs(rise - xi), abs(rise + height - xi)) for rise in rises) < 0.005


@pytest.mark.parametrize(
    ("fields", "parent", "expected"),
    [
        ({}, {}, "read"),
        ({"checked": "recalled", "recalled_fields": ("z(Ca)",)}, {}, "recalled"),
        ({"checked": "recalled", "recalled_fields": ("a (extrapolated)",)}, {}, "estimated"),
        ({"derived_from": "parent"}, {}, "estimated"),
        ({"checked": BUILT}, {}, "built"),
        ({"derived_from": "parent"}, {"checked": BUILT}, "derived from built"),
        ({"derived_from": "parent"}, {"derived_from": "grandparent"}, "derived from built"),
    ],
)
def test_what_a_cell_stands_on(fields, parent, expected):
    """What keeps the fractions of a built cell, at whatever remove, is no test of the height either."""
    plain = RECORDS["yba2cu3o6.91"]
    records = {
        "parent": plain.model_copy(update=parent),
        "grandparent": plain.model_copy(update={"checked": BUILT}),
    }
    assert _standing(plain.model_copy(update=fields), records) == expected


DOI = re.compile(r"10\.\d{4,9}/\S+")
WHERE = re.compile(
    r"https?://|10\.\d{4}|arXiv|ICSD|COD|Crystallography Open|AMCSD|AFLOW|NIST|SuperCon|PMC"
    r"|abstract|Table|title|record|same paper|\(\d{4}\)"
)


@pytest.mark.parametrize("key", list(RECORDS))
def test_what_was_read_names_where_it_stands(key):
    """A DOI has the form of one, and a value that was read says in which record, table or abstract."""
    record = RECORDS[key]
    assert not record.doi or DOI.fullmatch(record.doi)
    if record.checked == "read":
        assert WHERE.search(f"{record.structure_source} {record.doi}"), record.structure_source
    if record.tc_checked == "read" and record.tc_source:
        assert WHERE.search(record.tc_source) or WHERE.search(record.structure_source), record.tc_source


JOURNAL = r"10\.(?:1103/PhysRev|1143/|7566/)({})\.(?P<volume>\d+)\.(?P<page>L?\d+)"
CARRIED = {
    "Phys. Rev. B": JOURNAL.format("B"),
    "Phys. Rev. X": JOURNAL.format("X"),
    "Phys. Rev. Lett.": JOURNAL.format("Lett"),
    "J. Phys. Soc. Jpn.": JOURNAL.format("JPSJ"),
    "Jpn. J. Appl. Phys.": JOURNAL.format("JJAP"),
    "Europhys. Lett.": r"10\.1209/0295-5075/(?P<volume>\d+)/(?P<page>\d+)",
    "Science": r"10\.1126/science\.(?P<volume>\d+)\.\d+\.(?P<page>\d+)",
    "Nature": r"10\.1038/(?P<volume>3\d\d)(?P<page>\d{3})a0",
}
"""DOIs that carry journal, volume and page, by the journal as the tables write it."""

CITED = re.compile(r"[A-Z]\w*\.? (?:[A-Z]+ )?\d+, [A-Z]?\d+ \(\d{4}\)")


def test_a_doi_agrees_with_the_citation_beside_it():
    checked = 0
    cited = [(r.id, r.doi, r.structure_source) for r in RECORDS.values()]
    cited += [(r.id, r.doi, r.source) for r in measured_superconductors()]
    for (key, doi, source), (journal, form) in itertools.product(cited, CARRIED.items()):
        if (carried := re.fullmatch(form, doi)) and CITED.search(source):
            assert f"{journal} {carried['volume']}, {carried['page']} (" in source, (key, doi, source)
            checked += 1
    assert checked > 100
