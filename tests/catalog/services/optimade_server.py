"""The reference server of OPTIMADE over a database in memory, with faults.

Its entries are the reference library, disordered ones included, under the library's ids, with a hull
distance under the prefix of Alexandria, whose place in the table of providers is known. Two more hold the
first disordered one in other words: `split` with a site for each element, as the COD has it, and
`assembled` with groups of sites that exclude each other.
"""

import json
import tempfile
from pathlib import Path

from optimade.adapters import Structure as Adapter
from optimade.server.config import ServerConfig
from optimade.server.create_app import create_app

from polywell.data.reference import reference_structures
from tests.catalog.services.faults import Faults, serve

FIRST_YEAR = 2001


def entries() -> list[dict]:
    found = {one.id: one.structure() for one in reference_structures()}
    mixed = next(s for s in found.values() if any(len(site.species) > 1 for site in s))
    rows = [(id_, ordered(s) if s.is_ordered else disordered(s)) for id_, s in found.items()]
    rows += [("split", split(mixed, assembled=False)), ("assembled", split(mixed, assembled=True))]
    for number, (_, attributes) in enumerate(rows):
        attributes |= {
            "last_modified": {"$date": f"{FIRST_YEAR + number % 20}-05-06T07:08:09Z"},
            "hull_distance": 0.001 * number,
            "xc_functional": "PBE",
        }
    return [{"id": id_, "type": "structures", "attributes": attributes} for id_, attributes in rows]


def ordered(structure) -> dict:
    """The attributes as optimade-python-tools makes them, which it does for ordered structures only."""
    structure.remove_oxidation_states()
    attributes = Adapter.ingest_from(structure).attributes.model_dump(mode="json")
    return {**attributes, "immutable_id": None}


def disordered(structure) -> dict:
    species, names = {}, []
    for site in structure:
        name = site.species.formula.replace(" ", "")
        species[name] = one_species(name, {el.symbol: x for el, x in site.species.items()})
        names.append(name)
    return common(structure, names, structure.cart_coords.tolist(), list(species.values()))


def split(structure, assembled: bool) -> dict:
    """One site for each element of a mixed site, partly occupied or in groups that exclude each other."""
    species, names, places, assemblies = {}, [], [], []
    for site in structure:
        shares = {el.symbol: x for el, x in site.species.items()}
        groups = []
        for symbol, share in shares.items():
            alone = assembled and sum(shares.values()) > 0.999 and len(shares) > 1
            name = symbol if alone else f"{symbol}{share:.4f}"
            species[name] = one_species(name, {symbol: 1.0 if alone else share})
            groups += [[len(names)]] if alone else []
            names.append(name)
            places.append(site.coords.tolist())
        if groups:
            assemblies.append({"sites_in_groups": groups, "group_probabilities": list(shares.values())})
    made = common(structure, names, places, list(species.values()))
    if assembled:
        made["assemblies"] = assemblies
        made["structure_features"] = ["assemblies", "disorder"]
    return made


def one_species(name: str, shares: dict[str, float]) -> dict:
    empty = 1.0 - sum(shares.values())
    shares = {**shares, "vacancy": empty} if empty > 1e-9 else shares
    return {"name": name, "chemical_symbols": list(shares), "concentration": list(shares.values())}


def common(structure, names: list[str], places: list, species: list[dict]) -> dict:
    elements = sorted(el.symbol for el in structure.composition.elements)
    amounts = structure.composition.get_el_amt_dict()
    return {
        "elements": elements,
        "nelements": len(elements),
        "elements_ratios": [amounts[symbol] / structure.composition.num_atoms for symbol in elements],
        "chemical_formula_reduced": None,
        "chemical_formula_descriptive": structure.composition.formula.replace(" ", ""),
        "chemical_formula_anonymous": None,
        "dimension_types": [1, 1, 1],
        "nperiodic_dimensions": 3,
        "lattice_vectors": structure.lattice.matrix.tolist(),
        "cartesian_site_positions": places,
        "nsites": len(names),
        "species": species,
        "species_at_sites": names,
        "structure_features": ["disorder"],
    }


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="polywell-") as folder:
        lines = Path(folder) / "entries.jsonl"
        header = {"x-optimade": {"meta": {"api_version": "1.2.0"}}}
        lines.write_text("\n".join(json.dumps(row) for row in [header, *entries()]), "utf-8")
        fields = [
            {"name": "hull_distance", "type": "float", "unit": "eV/atom", "description": "above the hull"},
            {"name": "xc_functional", "type": "string", "description": "functional"},
        ]
        config = ServerConfig(
            insert_test_data=False,
            insert_from_jsonl=lines,
            page_limit=10,
            page_limit_max=30,
            log_dir=Path(folder),
            log_level="critical",
            provider={"prefix": "alexandria", "name": "test", "description": "test"},
            provider_fields={"structures": fields},
        )
        app = create_app(config)
        serve(Faults(app, lambda path: "structures" in path and "info" not in path))


if __name__ == "__main__":
    main()
