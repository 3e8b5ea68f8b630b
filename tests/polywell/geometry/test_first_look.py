"""The first look may only pass over structures of which the full search finds nothing either."""

from collections.abc import Sequence

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from polywell.data.reference import reference_entries
from polywell.geometry.find import find, find_among
from polywell.geometry.first_look import Cells, without_right_angles
from polywell.geometry.sites import Sites, majority, sites_of

WHOLE = [
    entry.structure
    for entry in reference_entries()
    if entry.structure is not None and entry.structure.is_ordered
]
ZINC_BLENDE = Structure.from_spacegroup("F-43m", Lattice.cubic(5.42), ["Cu", "Cl"], [[0, 0, 0], [0.25] * 3])


def cells_of(structures: Sequence[Sites]) -> Cells:
    elements = [majority(mix) for one in structures for mix in one.mixes]
    symbols = sorted(set(elements))
    return Cells(
        np.array([one.lattice for one in structures]),
        np.array([len(one.mixes) for one in structures]),
        np.concatenate([one.frac for one in structures]),
        np.array([symbols.index(element) for element in elements]),
        symbols,
    )


def test_no_reference_with_a_net_is_passed_over() -> None:
    assert len(WHOLE) > 50
    found = find(WHOLE)
    passed = without_right_angles(cells_of([sites_of(one) for one in WHOLE]))
    for place, is_passed in enumerate(passed.tolist()):
        geometry, number = found.of(place)
        assert not (is_passed and geometry.nets(number))


@pytest.mark.parametrize("share", [0.0, 0.02, 0.08, 0.2])
def test_nothing_is_passed_over_that_the_full_search_sees(share: float) -> None:
    """Cells of the references, strained, shaken and with ions left out: many are at the edge of a net."""
    draw = np.random.default_rng(round(100 * share))
    made = []
    for structure in WHOLE:
        sites = sites_of(structure)
        kept = draw.random(len(sites.mixes)) >= share
        kept[0] = True
        strained = sites.lattice @ (np.eye(3) + draw.normal(0, share, (3, 3)))
        shaken = sites.frac + draw.normal(0, share / 5, sites.frac.shape)
        made.append(Sites(strained, shaken[kept], [m for m, k in zip(sites.mixes, kept, strict=True) if k]))
    found, passed = find_among(made), without_right_angles(cells_of(made))
    for place in np.flatnonzero(passed).tolist():
        geometry, number = found.of(place)
        assert place not in found.overlaps
        assert not geometry.nets(number)
        assert not geometry.closes_in_space(number)
    assert passed.any()


def test_tetrahedra_are_passed_over_and_what_is_unsound_is_not() -> None:
    """Zinc blende has no right angle between two Cu-Cl-Cu bridges; the others are for the full search."""
    good = sites_of(ZINC_BLENDE)
    odd = [
        Sites(good.lattice * 0.3, good.frac, good.mixes),
        Sites(good.lattice * np.nan, good.frac, good.mixes),
        Sites(good.lattice, np.where(good.frac == 0.25, np.inf, good.frac), good.mixes),
        Sites(np.array([good.lattice[0], good.lattice[1], good.lattice[1]]), good.frac, good.mixes),
        Sites(good.lattice, good.frac * 0.1, good.mixes),
    ]
    assert without_right_angles(cells_of([*odd, good, *odd])).tolist() == [False] * 5 + [True] + [False] * 5
