"""Of many cells at once, none may be called sound that one by one is refused."""

import numpy as np

from polywell.geometry.cells import are_sound, check_cell
from polywell.geometry.tolerances import TOLERANCES


def test_no_cell_is_sound_that_is_refused() -> None:
    """Cells of all shapes, from cubes to flat and skewed ones, with one ion for each 10 Å³ of a cube."""
    draw = np.random.default_rng(0)
    flat = 10.0 ** draw.uniform(-5, 0, (300, 1, 1))
    lattices = 5 * np.eye(3) + draw.normal(0, 1, (300, 3, 3))
    lattices[:, 2:] = flat * lattices[:, 2:] + (1 - flat) * (lattices[:, :1] + lattices[:, 1:2])
    lattices[0], lattices[1] = np.nan, 5 * np.eye(3)
    owner = np.repeat(np.arange(300), 12)
    frac = draw.random((3600, 3))
    frac[owner == 2] = np.inf
    sound = are_sound(lattices, frac, owner, np.full(300, 12.0), TOLERANCES)
    refused = []
    for number, lattice in enumerate(lattices):
        try:
            check_cell(lattice, frac[owner == number], 12.0, TOLERANCES)
            refused.append(False)
        except ValueError:
            refused.append(True)
    assert sound[1] and not (sound & refused).any()
    assert 10 < sound.sum() < 290 and not (~sound & ~np.array(refused) & (flat.ravel() > 0.5)).any()
