"""Every tolerance of the cage finder, once, with its unit and its meaning."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tolerances:
    """Limits between "is" and "is not". Fixed from crystal chemistry, never from a T_c.

    Lengths in Å, angles in degrees, occupancies and ratios without unit.
    """

    # Ions
    ion_occupancy: float = 0.5
    """A site filled less than this is no ion: no metal, no ligand, no apex."""
    bridge_occupancy: float = 0.501
    """A ligand must be filled more than half to bridge: a half-filled one bridges every second pair only."""
    split_distance: float = 1.1
    """Partly filled sites closer than this, together at most one ion, are one split ion."""
    full_occupancy: float = 1.05
    """Joint occupancy up to this is one ion; above, two sites are two ions (rounding allowed)."""
    overlap_ratio: float = 0.5
    """Two ions closer than this share of the sum of their covalent radii overlap."""
    smallest_volume_per_ion: float = 2.5
    """Å³; a cell with less holds overlapping atoms (solid hydrogen at 100 GPa still has about 4)."""

    # Bonds and edges
    reach: float = 5.4
    """Radius of the neighbour table: from a metal to the farthest apex that a cage may have."""
    bond_ratio: float = 1.2
    """A metal and a ligand are bonded up to this multiple of the sum of their covalent radii."""
    bridge_angle: float = 150.0
    """Smallest M-X-M angle of a straight or gently bent bridge (La3Ni2O7: 165)."""
    bridged_edge: tuple[float, float] = (3.3, 4.6)
    """Metal-metal edge of a net held by straight bridges (CuO2: 3.7-4.1)."""
    bridging_radius: float = 0.66
    """Covalent radius of oxygen: where a larger halogen bridges, the upper end of that edge grows by twice
    what its radius has more (CuCl2: 5.1)."""
    capped_edge: tuple[float, float] = (2.2, 3.4)
    """Metal-metal edge of a net held by caps above and below (FeAs: 2.4-3.1)."""
    cap_height: tuple[float, float] = (0.7, 2.6)
    """Height of a cap over the plane of its four metals (FeAs: 1.1-1.8)."""

    # Squares and nets
    square_angle: float = 18.0
    """Largest deviation of a corner of the square from 90 degrees."""
    square_edge_ratio: float = 1.2
    """Longest to shortest edge of the square."""
    square_closure: float = 0.2
    """How far the fourth corner may miss the parallelogram, as a share of the edge."""
    fold: float = 30.0
    """Largest angle between two neighbouring squares of one sheet."""
    parallel: float = 20.0
    """Sheets whose normals differ by more run in different orientations."""

    hole_radius: float = 1.4
    """A corner or bridge of a net is empty when no ion stands this close to its place."""

    parent_shift: float = 0.5
    """Å; by so much at most a translation of the parent misses an ion of a supercell."""

    most_holes: float = 0.25
    """Largest share of the corners of a net, and of its bridges or caps, that are holes, or foreign."""

    # Frameworks
    tilted_angle: float = 135.0
    """Smallest M-X-M angle of octahedra that share a corner, however tilted (LuFeO3: 142)."""
    vacuum: float = 6.0
    """A gap between ions along the normal that is wider is a vacuum, and the crystal a slab (Bi2212: 3)."""
    rock_salt_sheets: int = 3
    """A slab of that many sheets with rock salt on either face is a block of a layered phase (La4Ni3O10)."""

    # Cages
    hollow_radius: float = 1.0
    """No ion stands this close to the centre of a hollow."""
    cylinder_ratio: float = 0.3
    """An apex stands off the hollow's axis by at most this share of the edge."""
    octahedron_height: float = 3.0
    """Largest height of an apex over a bridged net (cuprates: 1.5-2.2)."""
    tridecahedron_height: float = 4.3
    """Largest height of an apex over a capped net (Cs in CsFe2As2: 3.8)."""
    apex_over_ligands: float = 0.3
    """The apex of a tridecahedron stands at least this far over its ligands; lower, it fills the cage."""
    apical_angle: float = 35.0
    """An apical ligand stands within this angle of the sheet's normal."""
    apical_distance: float = 3.3
    """Largest distance of an apical ligand (Cu-Cl in the oxychlorides: 2.7-2.9)."""
    coplanar_facets: float = 10.0
    """Facets of a hull that differ by less are one face of a distorted cage."""

    # Phases
    phase_gap: float = 0.12
    """Cages of one kind whose ξ differ by more, with nothing between them, are two phases."""


TOLERANCES = Tolerances()
