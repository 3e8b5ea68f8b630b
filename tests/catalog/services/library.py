"""What the services are fed with: structures of the reference library."""

from pymatgen.core import Structure

from polywell.data.reference import reference_structures

MOST_SITES, COUNT = 30, 60


def ordered_structures() -> list[Structure]:
    """The first ordered structures of the library that are small enough to be served quickly."""
    found: list[Structure] = []
    for one in reference_structures():
        structure = one.structure()
        if structure.is_ordered and len(structure) <= MOST_SITES and len(found) < COUNT:
            found.append(structure)
    return found
