"""Square nets: bonds, edges and squares, the holes that nets are carried through, and what makes a net."""
