"""Structures that stand deeper in a document, as services, databases and workflows write them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifWriter

import polywell
from catalog.errors import NotPeriodicError, ParseError, TooManyStructuresError
from catalog.readers import structures_in
from catalog.readers.documents import read_document
from catalog.readers.limits import LIMITS, ReadingLimits
from catalog.readers.reading import read_parts
from catalog.sources.base import Failure

# LaFeAsO, P4/nmm (Y. Kamihara et al., J. Am. Chem. Soc. 130, 3296, 2008), with the computed cell of mp-8039.
A, C, Z_LA, Z_AS = 4.03268, 8.74111, 0.14134, 0.65122
SITES = [
    ("La", 0.25, 0.25, Z_LA), ("La", 0.75, 0.75, 1 - Z_LA), ("Fe", 0.75, 0.25, 0.5), ("Fe", 0.25, 0.75, 0.5),
    ("As", 0.25, 0.25, Z_AS), ("As", 0.75, 0.75, 1 - Z_AS), ("O", 0.75, 0.25, 0.0), ("O", 0.25, 0.75, 0.0),
]  # fmt: skip
ALPHA = 2 * (Z_AS - 0.5) * C
"""Between two As of one sheet, 2.644 Å."""
BETA = (1 - Z_LA - 0.5) * C
"""From the Fe plane to the next La, 3.135 Å."""

PYMATGEN: dict[str, Any] = {
    "@module": "pymatgen.core.structure",
    "@class": "Structure",
    "lattice": {"matrix": [[A, 0, 0], [0, A, 0], [0, 0, C]]},
    "sites": [{"species": [{"element": el, "occu": 1}], "abc": [x, y, z]} for el, x, y, z in SITES],
}
OPTIMADE: dict[str, Any] = {
    "lattice_vectors": [[A, 0, 0], [0, A, 0], [0, 0, C]],
    "cartesian_site_positions": [[x * A, y * A, z * C] for _, x, y, z in SITES],
    "species_at_sites": [el for el, *_ in SITES],
    "species": [
        {"name": el, "chemical_symbols": [el], "concentration": [1.0]} for el in ("La", "Fe", "As", "O")
    ],
    "dimension_types": [1, 1, 1],
    "elements": ["As", "Fe", "La", "O"],
}
JARVIS: dict[str, Any] = {
    "lattice_mat": [[A, 0, 0], [0, A, 0], [0, 0, C]],
    "coords": [[x, y, z] for _, x, y, z in SITES],
    "elements": [el for el, *_ in SITES],
    "cartesian": False,
}
ASE: dict[str, Any] = {
    "numbers": {"__ndarray__": [[8], "int64", [57, 57, 26, 26, 33, 33, 8, 8]]},
    "positions": {
        "__ndarray__": [[8, 3], "float64", [v for _, x, y, z in SITES for v in (x * A, y * A, z * C)]]
    },
    "cell": {
        "array": {"__ndarray__": [[3, 3], "float64", [A, 0, 0, 0, A, 0, 0, 0, C]]},
        "__ase_objtype__": "cell",
    },
    "pbc": [True, True, True],
}
BY_LENGTHS = {**PYMATGEN, "lattice": {"a": A, "b": A, "c": C, "alpha": 90, "beta": 90, "gamma": 90}}


def cif() -> str:
    return str(CifWriter(Structure(Lattice.tetragonal(A, C), [s[0] for s in SITES], [s[1:] for s in SITES])))


DOCUMENTS: dict[str, tuple[Any, list[str]]] = {
    "a structure": (PYMATGEN, [""]),
    "without a matrix": (BY_LENGTHS, [""]),
    "a response": ({"data": [{"material_id": "mp-8039", "structure": PYMATGEN}], "meta": {}}, ["#mp-8039"]),
    "a page of OPTIMADE": (
        {"data": [{"id": "x/1", "type": "structures", "attributes": OPTIMADE}], "meta": {}},
        ["#x/1"],
    ),
    "an answer of OPTIMADE": ({"data": {"id": "x/1", "attributes": OPTIMADE}}, ["#x/1"]),
    "a dump": (
        {"entries": [{"entry_id": None, "structure": PYMATGEN, "data": {"mat_id": "agm000017", "e": 0.1}}]},
        ["#agm000017"],
    ),
    "frames by id": (
        {"mp-8039": {"mp-8039-0-1": {"structure": PYMATGEN, "energy": -1.0}, "mp-8039-0-2": PYMATGEN}},
        ["#mp-8039-0-1", "#mp-8039-0-2"],
    ),
    "frames by number": ({"mp-8039": {"0": PYMATGEN, "1": PYMATGEN}}, ["#mp-8039/0", "#mp-8039/1"]),
    "a store of jobs": (
        [{"uuid": "7f0e", "output": {"structure": PYMATGEN}, "input": {"structure": PYMATGEN}}],
        ["#7f0e"],
    ),
    "jobs without ids": ([{"output": PYMATGEN}, {"output": PYMATGEN}], ["", "#2"]),
    "JARVIS": ([{"jid": "JVASP-1", "atoms": JARVIS}], ["#JVASP-1"]),
    "JSON of ASE": ({"1": ASE, "ids": [1], "nextid": 2}, ["#1"]),
    "the text of a CIF": ([{"id": 17, "cif": cif()}], ["#17"]),
    "a structure as text": ([{"material_id": "mp-8039", "structure": json.dumps(PYMATGEN)}], ["#mp-8039"]),
    "columns of pandas": (
        {"material_id": {"0": "mp-8039", "1": "mp-1"}, "structure": {"0": PYMATGEN, "1": PYMATGEN}},
        ["#mp-8039", "#mp-1"],
    ),
    "columns as lists": (
        {"id": ["mp-8039", "mp-1"], "structure": [PYMATGEN, PYMATGEN]},
        ["#mp-8039", "#mp-1"],
    ),
    "a split table": (
        {"index": ["mb-1"], "columns": ["structure", "gap"], "data": [[PYMATGEN, 0.0]]},
        ["#mb-1"],
    ),
    "ids beside the structure": (
        {"task_id": ["mp-1", "mp-2"], "structure": PYMATGEN, "energies": [0.0, 1.0]},
        [""],
    ),
    "one id twice": (
        [{"material_id": "mp-8039", "structure": PYMATGEN}] * 2,
        ["#mp-8039", "#mp-8039#2"],
    ),
    "first and last of a relaxation": (
        {"task_id": "mp-8039", "initial_structure": PYMATGEN, "final_structure": PYMATGEN},
        ["#mp-8039", "#mp-8039#2"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_structure_is_found_where_it_stands_and_keeps_its_id(name: str, tmp_path: Path) -> None:
    document, ids = DOCUMENTS[name]
    (tmp_path / "x.json").write_text(json.dumps(document), "utf-8")
    entries = structures_in(tmp_path / "x.json")
    assert [entry.id for entry in entries] == [f"x.json{id_}" for id_ in ids]
    for entry in entries:
        [*cages] = polywell.analyze(entry).cages
        assert entry.formula == "LaFeAsO"
        assert {cage.phase: cage.xi_ang for cage in cages} == pytest.approx(
            {"alpha": ALPHA, "beta": BETA}, abs=1e-4
        )
    assert (ALPHA, BETA) == pytest.approx((2.644, 3.135), abs=5e-4)


@pytest.mark.parametrize("name", ["x.mson", "x.yaml", "x.yml", "entries", "x.JSON"])
def test_a_document_is_known_by_its_name_or_its_beginning(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(json.dumps({"data": [{"id": "x/1", "attributes": OPTIMADE}]}), "utf-8")
    [entry] = structures_in(tmp_path / name)
    assert (entry.id, entry.formula) == (f"{name}#x/1", "LaFeAsO")


def test_a_cif_under_the_name_of_a_document_is_a_cif(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(cif(), "utf-8")
    [entry] = structures_in(tmp_path / "x.json")
    assert (entry.id, entry.formula) == ("x.json", "LaFeAsO")


def test_a_bad_structure_among_others_is_a_row_of_its_own(
    tmp_path: Path, raw_path: Callable, needs: Callable
) -> None:
    molecule = {"sites": [{"name": name, "xyz": [0, 0, 0]} for name in ("H", "O", "H")]}
    ragged = {**ASE, "positions": [[0, 0]]}
    document = {
        "a-1": {**OPTIMADE, "species_at_sites": ["La"]},
        "a-2": molecule,
        "a-3": ragged,
        "a-4": JARVIS,
    }
    (tmp_path / "x.json").write_text(json.dumps(document), "utf-8")
    parts = read_parts(raw_path(tmp_path / "x.json", "x.json"), needs)
    assert [part.id for part in parts] == ["x.json#a-1", "x.json#a-2", "x.json#a-3", "x.json#a-4"]
    kinds = [part.error_type if isinstance(part, Failure) else part.formula for part in parts]
    assert kinds == ["BadCoordinatesError", "NotPeriodicError", "ParseError", "LaFeAsO"]
    assert isinstance(parts[1], Failure) and (parts[1].formula, parts[1].elements) == ("H2O", ("H", "O"))


def test_a_molecule_alone_keeps_its_composition(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps({"sites": [{"name": "Cu2+", "xyz": [0, 0, 0]}]}), "utf-8")
    with pytest.raises(NotPeriodicError) as caught:
        structures_in(tmp_path / "x.json")
    assert caught.value.elements == ("Cu",)


def nested(levels: int) -> Any:
    document: Any = PYMATGEN
    for _ in range(levels):
        document = [document]
    return document


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (
            {"gap": 1.5, "name": "x"},
            "holds a mapping of 'gap', 'name', but nothing that looks like a structure",
        ),
        ({}, "an empty mapping"),
        ([1, 2, 3], "a list of 3 items"),
        ("text", "a str"),
        (None, "nothing"),
        (nested(LIMITS.depth + 1), "within 10 levels"),
    ],
)
def test_a_document_without_a_structure_says_what_it_holds(document: object, words: str) -> None:
    with pytest.raises(ParseError, match=words):
        read_document("x.json", json.dumps(document).encode(), LIMITS)


def test_structures_are_sought_to_the_limits_and_no_further() -> None:
    assert len(read_document("x.json", json.dumps(nested(LIMITS.depth)).encode(), LIMITS)) == 1
    with pytest.raises(TooManyStructuresError):
        read_document("x.json", json.dumps([PYMATGEN] * 3).encode(), ReadingLimits(structures=2))
    with pytest.raises(ParseError, match="too many parts"):
        read_document("x.json", json.dumps([[]] * 100).encode(), ReadingLimits(nodes=50))


def test_aliases_of_yaml_do_not_multiply() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(ParseError, match="too many parts"):
        read_document("x.yaml", "\n".join(lines).encode(), ReadingLimits(nodes=10_000))


@pytest.mark.parametrize(
    "text", ["a: [", "[" * 1_000, "--- 1\n--- 2\n", "a: !!python/object/apply:os.getcwd []"]
)
def test_what_is_no_yaml_is_one_sentence(text: str) -> None:
    with pytest.raises(ParseError, match="this is no valid YAML"):
        read_document("x.yaml", text.encode(), LIMITS)


def test_an_id_of_mongodb_is_kept_and_a_lattice_may_be_its_vectors() -> None:
    document = [{"_id": {"$oid": "65f0"}, "output": {**PYMATGEN, "lattice": PYMATGEN["lattice"]["matrix"]}}]
    [found] = read_document("x.json", json.dumps(document).encode(), LIMITS)
    assert (found.kind, found.id) == ("pymatgen", "65f0")
    assert found.payload["lattice"] == {"matrix": PYMATGEN["lattice"]["matrix"]}


@pytest.mark.parametrize("id_", ["\x1b[31mred", "a\u202eb", "", "   ", True, None, 1.5, ["x"]])
def test_an_id_that_no_terminal_should_show_is_left_out(id_: object) -> None:
    [found] = read_document("x.json", json.dumps([{"entry_id": id_, "structure": PYMATGEN}]).encode(), LIMITS)
    assert found.id is None
