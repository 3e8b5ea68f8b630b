"""Designs under pressure and on substrates: what shrinks, what is forced, and what is in doubt."""

from math import sqrt

import numpy as np
import pytest

from polywell.design.conditions.condition import ConditionError, condition_of, relative_doubt
from polywell.design.designs import Designs, NoDesignError
from polywell.families import built_in_families
from polywell.pressure.compression import pressed_height_ang
from polywell.records import Entry
from polywell.screening import screen_many

HG, LA_NI = "hgba2o2-2xca-cuo2", "la2o2-1xlao-nio2"


def made(id_: str, under: str = "") -> Entry:
    designs = Designs("design:", None, condition_of(under) if under else None)
    [found] = designs.entries([id_ + (designs.condition.tag if designs.condition else "")])
    if isinstance(found, tuple):
        raise found[1]
    return found


def test_pressure_shrinks_normal_and_plane_by_measured_compressibilities():
    free, pressed = made(HG), made(HG, "20 GPa")
    assert pressed.id == f"{HG}@20gpa" and pressed.provenance.pressure_gpa == 20.0
    kappas = (0.0042, 0.00396, 0.0039, 0.0016)  # of Hg-1223, Hg-1201, YBa2Cu3O7, La2CuO4, from their sources
    ratios = [pressed_height_ang(1.0, kappa, 20.0) for kappa in kappas]
    ours = pressed.sites.lattice[2, 2] / free.sites.lattice[2, 2]
    assert ours == pytest.approx(np.mean(ratios))
    flat = np.mean([pressed_height_ang(1.0, kappa, 20.0) for kappa in (0.0013, 0.00342, 0.00302)])
    assert np.allclose(pressed.sites.lattice[:2], flat * free.sites.lattice[:2])
    one, two = (found.xi_ceiling_ang for found in screen_many([free, pressed], built_in_families()))
    assert two / one == pytest.approx(ours, rel=1e-3)
    half_range = (max(ratios) - min(ratios)) / 2
    assert relative_doubt(pressed.provenance, "Cu") == pytest.approx(half_range / np.mean(ratios))
    assert "11 GPa only" in pressed.provenance.note
    assert "in the plane of HgBa2Ca2Cu3O8+δ, HgBa2CuO4+δ, La2CuO4" in pressed.provenance.note
    assert relative_doubt(free.provenance, "Cu") == 0.0


def test_without_a_measured_compressibility_there_is_no_design_under_pressure():
    with pytest.raises(NoDesignError, match="no compressibility of a compound of Ni"):
        made(LA_NI, "20GPa")


def test_a_film_has_the_edge_of_its_substrate_and_answers_in_height():
    free, film = made(LA_NI), made(LA_NI, "srlaalo4")
    edges = [sqrt(abs(np.linalg.det(one.sites.lattice[:2, :2]))) for one in (free, film)]
    assert edges[1] == pytest.approx(3.756, abs=1e-3) and edges[1] < edges[0]
    one, two = (found.xi_ceiling_ang for found in screen_many([free, film], built_in_families()))
    assert two > one  # compressed in the plane, it grows along the normal
    assert "film on SrLaAlO4" in film.provenance.built_of and "strained by -" in film.provenance.note
    assert relative_doubt(film.provenance, "Ni") > 0


@pytest.mark.parametrize("text", ["0GPa", "cheese", ""])
def test_what_is_neither_says_what_is_expected(text):
    with pytest.raises(ConditionError, match="20GPa, or one of"):
        condition_of(text)
