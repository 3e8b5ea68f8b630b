"""The front door: from a structure, a file or a folder to what is found of it.

>>> from polywell import analyze
>>> from pymatgen.core import Lattice, Structure
>>> cell = Lattice.tetragonal(3.8556, 3.1805)
>>> places = [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0]]
>>> found = analyze(Structure(cell, ["Ca", "Cu", "O", "O"], places))
>>> [(cage.cage, cage.apexes, round(cage.xi_ang, 4)) for cage in found.cages]
[('octahedron', ('Ca', 'Ca'), 3.1805)]
>>> round(found.ceiling.tc_k, 1)
128.5
>>> 0 < found.estimate.tc_low_k < found.estimate.tc_expected_k < found.estimate.tc_high_k
True
>>> analyze(Structure(cell, ["Ca", "Al", "O", "O"], places)).reason
'no_net_metal: holds none of Cu, Fe, Ni: Al, Ca, O'
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from pymatgen.core import Composition, Element, Structure

from polywell.analysis import Analysis
from polywell.evidence.anchors import HANDED_IN
from polywell.evidence.calibration import Calibration
from polywell.evidence.calibration_table import built_in_calibration, load_calibration
from polywell.evidence.estimates import estimated
from polywell.families import Families, Family, built_in_families, families_of, load_families
from polywell.geometry.layers.sheets import Sheet
from polywell.geometry.sites import sites_of
from polywell.geometry.slab import SLAB, as_crystal, crystal_of, periods
from polywell.records import Entry, Outcome, Provenance, Screening
from polywell.screening import Found, failed, not_periodic, rejected_by_composition, screen_in_geometry

Material = Structure | Entry | str | Path
"""What is analysed: a structure of pymatgen, an entry, or the path of a file; also the `Atoms` of ASE."""

FamilyTable = Families | str | Path | Iterable[Family | Mapping[str, Any]]
"""A λ table: as it was loaded, the path of a TOML file, or its rows."""

CalibrationTable = Calibration | str | Path
"""A calibration: as it was loaded, or the path of its table."""


def analyze(
    material: Material | Any,
    *,
    families: FamilyTable | None = None,
    calibration: CalibrationTable | None = None,
) -> Analysis:
    """Find cages, ceiling and calibrated T_c of one structure.

    A structure of pymatgen or ASE is taken as it is, whether it was measured or computed: heights are
    corrected only where a database shows by its own entries of measured compounds how it errs.

    Args:
        material: a `Structure` of pymatgen, the `Atoms` of ASE (of both also a slab with two periods, which
            gets a note), a `polywell.records.Entry`, or the path of a
            file of one structure, compressed or not: CIF, POSCAR, JSON, and formats of pymatgen and ASE.
            Nothing in a file is imported or evaluated.
        families: a λ table in place of the built-in one: the path of a TOML file, or rows with the fields of
            `polywell.families.Family`.
        calibration: one in place of the built-in one, such as a home's own, which `polywell calibrate` fitted
            with measurements of its user: the path of its table (`catalog/calibration.toml`), or itself.

    Raises:
        TypeError: `material` is none of these.
        ValueError: the file holds several structures, or a site holds no chemical element.
        catalog.errors.ReadError: nothing in the file can be read.
        polywell.families.FamilyTableError: the λ table cannot be used.
        polywell.evidence.calibration_table.CalibrationTableError: the calibration cannot be used.
    """
    table = _families(families)
    if isinstance(material, str | Path):
        from catalog.readers import structures_in

        given: list[Entry | Screening] = [*structures_in(material)]
        if len(given) > 1:
            raise ValueError(
                f"{str(material)!r} holds {len(given)} structures, expected one; "
                "polywell.screen(path) gives an analysis of each"
            )
    else:
        given = [_given(material, table)]
    return _analyses(given, table, _calibration(calibration))[0]


def screen(
    materials: Material | Iterable[Material | Any] | Any,
    *,
    families: FamilyTable | None = None,
    calibration: CalibrationTable | None = None,
) -> list[Analysis]:
    """Analyse structures together, as the pipeline does: faster, and each source by its own anchors.

    A failure is an analysis too, with its `reason`: one for each structure comes back, in order.

    Args:
        materials: one or many of what `analyze` takes; a file may hold several structures, and a folder
            stands for all files below it.
        families: as for `analyze`.
        calibration: as for `analyze`.

    Raises:
        TypeError: something is no structure, entry or path.
        ValueError: two entries of one source have the same id, or a site holds no chemical element.
        catalog.errors.SourceError: a path does not exist.
        polywell.families.FamilyTableError: the λ table cannot be used.
        polywell.evidence.calibration_table.CalibrationTableError: the calibration cannot be used.
    """
    table = _families(families)
    many = [materials] if _is_one(materials) else materials
    if not isinstance(many, Iterable):
        raise TypeError(_expected(materials))
    given: list[Entry | Screening] = []
    for material in many:
        if isinstance(material, str | Path):
            given.extend(_in_path(material, table))
        else:
            given.append(_given(material, table))
    return _analyses(_apart(given), table, _calibration(calibration))


def _analyses(
    given: Sequence[Entry | Screening], families: Families, calibration: Calibration
) -> list[Analysis]:
    """Screens what is an entry, and estimates the candidates together."""
    screened = screen_in_geometry((one for one in given if isinstance(one, Entry)), families)
    said = (next(screened) if isinstance(one, Entry) else (one, None) for one in given)
    found = [(screening, _sheets(at)) for screening, at in said]
    candidates = [screening for screening, _ in found if screening.outcome is Outcome.CANDIDATE]
    evidence = iter(estimated(candidates, calibration, families)[0] if candidates else ())
    return [
        Analysis(screening, sheets, next(evidence) if screening.outcome is Outcome.CANDIDATE else None)
        for screening, sheets in found
    ]


def _sheets(found: Found | None) -> tuple[Sheet, ...]:
    """One for each net of a structure, with or without cages."""
    if found is None:
        return ()
    geometry, place = found
    return tuple(net.sheet for net in geometry.nets(place))


def _calibration(given: CalibrationTable | None) -> Calibration:
    if given is None:
        return built_in_calibration()
    return given if isinstance(given, Calibration) else load_calibration(Path(given).expanduser())


def _families(given: FamilyTable | None) -> Families:
    if given is None:
        return built_in_families()
    if isinstance(given, Families):
        return given
    if isinstance(given, str | Path):
        return load_families(Path(given).expanduser())
    if isinstance(given, Iterable) and not isinstance(given, Mapping):
        return families_of(given)
    raise TypeError(
        f"families: got a {type(given).__name__}; expected the path of a λ table, or its rows with the "
        f"fields {', '.join(Family.model_fields)}"
    )


def _is_one(materials: object) -> bool:
    return isinstance(materials, Structure | Entry | str | Path) or _is_atoms(materials)


def _is_atoms(material: Any) -> bool:
    """Whether this is an `Atoms` of ASE, which is not imported for it."""
    return all(hasattr(material, name) for name in ("get_chemical_symbols", "get_scaled_positions", "pbc"))


def _given(material: Any, families: Families) -> Entry | Screening:
    """An object as an entry, a slab with room around it, or the screening of a chain or molecule."""
    if isinstance(material, Entry):
        return material
    if isinstance(material, Structure):
        crystal = crystal_of(material)
        if crystal is None:
            return _without_periods([site.species.elements[0].symbol for site in material], families)
        note = None if crystal is material else SLAB
        return replace(_entry(crystal), provenance=Provenance(note=note))
    if not _is_atoms(material):
        raise TypeError(_expected(material))
    vectors: Any = np.asarray(material.cell)
    periodic = periods(vectors, material.pbc)
    if not all(periodic):
        vectors = as_crystal(vectors, material.positions, periodic)
    if vectors is None or np.linalg.matrix_rank(vectors) < 3:
        return _without_periods(material.get_chemical_symbols(), families)
    species: Any = material.get_chemical_symbols()
    shared = material.info.get("occupancy")
    if shared and "spacegroup_kinds" in material.arrays:  # what ASE keeps of the occupancies of a CIF
        species = [shared[str(kind)] for kind in material.arrays["spacegroup_kinds"]]
    if all(periodic):
        return _entry(Structure(vectors, species, material.get_scaled_positions(wrap=False)))
    slab = Structure(vectors, species, material.positions, coords_are_cartesian=True)
    return replace(_entry(slab), provenance=Provenance(note=SLAB))


def _without_periods(symbols: Iterable[str], families: Families) -> Screening:
    amounts = Counter(symbols)
    formula = Composition(amounts).reduced_formula
    return not_periodic(Entry(HANDED_IN, formula, formula, tuple(sorted(amounts)), None), families)


def _entry(structure: Structure) -> Entry:
    amounts: Counter[str] = Counter()
    for mix in sites_of(structure).mixes:
        amounts.update(mix)
    for symbol in amounts:
        if not Element.is_valid_symbol(symbol):
            raise ValueError(f"a site holds {symbol!r}, which is no chemical element; replace or remove it")
    formula = str(Composition(amounts).reduced_formula)
    return Entry(HANDED_IN, formula, formula, tuple(sorted(amounts)), structure)


def _in_path(path: str | Path, families: Families) -> Iterator[Entry | Screening]:
    """The entries in a file or folder; screenings of those that cannot be read."""
    from catalog.readers import parts_in

    for part in parts_in(path, lambda elements: rejected_by_composition(elements, families) is None):
        if isinstance(part, Entry):
            yield part
        elif part.error_type == "NotPeriodicError":
            yield not_periodic(part.entry, families)
        else:
            yield failed(part.entry, part.error_type, part.message, part.stage, families)


def _apart(given: Sequence[Entry | Screening]) -> list[Entry | Screening]:
    """Numbers structures of one formula, which have it as their id."""
    seen: Counter[tuple[str, str]] = Counter()
    made = []
    for one in given:
        seen[one.source, one.id] += 1
        times = seen[one.source, one.id]
        if times > 1 and one.source != HANDED_IN:
            raise ValueError(f"two entries are {one.source}/{one.id}; give each an id of its own")
        made.append(one if times == 1 else replace(one, id=f"{one.id}#{times}"))
    return made


def _expected(material: object) -> str:
    return (
        f"got a {type(material).__name__}; expected a pymatgen Structure, an ASE Atoms, a "
        "polywell.records.Entry, or the path of a structure file"
    )
