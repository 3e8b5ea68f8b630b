"""Candidates as OPTIMADE has them: the structure in its fields, every column of the list under our prefix.

Source of the fields: the OPTIMADE specification 1.2, entry type `structures`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import reduce
from math import gcd, isclose
from typing import Any

from catalog.readers.composition import in_a_row
from catalog.runs.published import PublishedRun
from catalog.store.structures import row_to_entry
from polywell.columns import Column
from polywell.geometry.sites import Sites
from polywell.records import ENTRY_COLUMNS

PREFIX = "_polywell_"

TYPES = {"string": "string", "float64": "float", "int32": "integer", "bool": "boolean"}
"""The types of OPTIMADE for those of our columns."""

STANDARD = frozenset({"elements"})
"""Columns that OPTIMADE has a field of its own for."""

Document = dict[str, Any]


def served_columns() -> tuple[Column, ...]:
    """The columns that are served: all but those that OPTIMADE has itself, and the cages one by one."""
    return tuple(one for one in ENTRY_COLUMNS if one.name not in STANDARD and _type(one) is not None)


def provider_fields() -> list[dict[str, str]]:
    """The columns as fields of a provider: name, description, unit where there is one, and type."""
    return [
        {
            "name": f"{PREFIX}{column.name}",
            "description": f"{column.label}. {column.meaning}",
            **({"unit": column.unit} if column.unit else {}),
            "type": str(_type(column)),
        }
        for column in served_columns()
    ]


def _type(column: Column) -> str | None:
    inner = column.type.removeprefix("list<").removesuffix(">")
    if inner not in TYPES:
        return None
    return "list" if inner != column.type else TYPES[inner]


def documents(run: PublishedRun) -> Iterator[Document]:
    """The candidates of a run in the order of their rank, those whose structure the home still holds.

    Raises:
        DamagedRunError: the file of the candidates does not hold what was published.
        LakeError: a table of another schema version.
    """
    names = [column.name for column in served_columns()]
    rows = run.ranked(names).to_pylist()
    stored = run.structures([(row["source"], row["id"]) for row in rows])
    published = datetime.fromisoformat(str(run.manifest["finished"])).astimezone(UTC)
    for row in rows:
        held = stored.get((row["source"], row["id"]))
        if held is None or held["lattice"] is None:
            continue
        sites = row_to_entry(held).sites
        assert sites is not None  # it has a lattice
        yield {
            "id": f"{row['source']}/{row['id']}",
            "immutable_id": None,
            "last_modified": published,
            **attributes(sites),
            **{f"{PREFIX}{name}": row[name] for name in names},
        }


def attributes(sites: Sites) -> Document:
    """The fields of a structure: lengths in Å; one species for each mixture of elements and vacancies.

    A formula with parts of atoms has no reduced and no anonymous form: these are null.
    """
    species: dict[str, Document] = {}
    names, amounts = [], sites.amounts
    for mix in sites.mixes:
        name = "".join(symbol if share == 1.0 else f"{symbol}{share:.6g}" for symbol, share in mix.items())
        species.setdefault(name, _species(name, mix))
        names.append(name)
    elements = sorted(amounts)
    total = sum(amounts.values())
    reduced = _whole(amounts)
    return {
        "elements": elements,
        "nelements": len(elements),
        "elements_ratios": [amounts[symbol] / total for symbol in elements],
        "chemical_formula_descriptive": "".join(
            f"{symbol}{'' if amounts[symbol] == 1 else format(amounts[symbol], '.6g')}" for symbol in elements
        ),
        "chemical_formula_reduced": None if reduced is None else in_a_row(sorted(reduced.items())),
        "chemical_formula_anonymous": None if reduced is None else _anonymous(reduced),
        "dimension_types": [1, 1, 1],
        "nperiodic_dimensions": 3,
        "lattice_vectors": sites.lattice.tolist(),
        "cartesian_site_positions": (sites.frac @ sites.lattice).tolist(),
        "nsites": len(names),
        "species": list(species.values()),
        "species_at_sites": names,
        "structure_features": ["disorder"]
        if any(len(one["concentration"]) > 1 for one in species.values())
        else [],
    }


def _species(name: str, mix: dict[str, float]) -> Document:
    """A species: the elements of a site with their shares, and the vacancies that are left."""
    empty = 1.0 - sum(mix.values())
    shares = {**mix, "vacancy": empty} if empty > 1e-6 else mix
    return {"name": name, "chemical_symbols": list(shares), "concentration": list(shares.values())}


def _whole(amounts: dict[str, float]) -> dict[str, int] | None:
    """Smallest whole numbers in these proportions; None where parts of atoms stand in the cell."""
    counts = {symbol: round(amount) for symbol, amount in amounts.items()}
    if any(
        not counts[symbol] or not isclose(amount, counts[symbol], abs_tol=1e-6)
        for symbol, amount in amounts.items()
    ):
        return None
    divisor = reduce(gcd, counts.values())
    return {symbol: count // divisor for symbol, count in counts.items()}


def _anonymous(counts: dict[str, int]) -> str:
    """The counts from the largest down under the names A to Z, then Aa to Za and so on."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    names = [*letters, *(f"{letter}{lower}" for lower in letters.lower() for letter in letters)]
    return in_a_row(zip(names, sorted(counts.values(), reverse=True), strict=False))
