"""The phases of a chemical system from the project's own thermo resource, and as a home keeps them."""

import pytest
from pydantic import SecretStr

from catalog.errors import SourceChangedError, SourceRefusedError
from catalog.home import Home
from catalog.relaxed.phases import keep_phases, phases_of
from catalog.sources.materials_project.thermo import competing_phases
from catalog.sources.web import Pace
from tests.catalog.services.conftest import QUICK, Service
from tests.catalog.services.mp_server import PHASES, VERSION

KEY, WRONG = "k" * 32, "w" * 32


def asked(service: Service, key: str = KEY):
    return competing_phases(("O", "Cu", "Ca"), SecretStr(key), service.url, QUICK, Pace(10_000))


def test_the_phases_near_the_hull_come_with_their_structures_and_stay_in_the_home(mp_service, tmp_path):
    """Not mp-506, which lies far over CaO and O, nor mp-507 of another system."""
    mp_service.arm()
    found = asked(mp_service)
    assert (found.system, found.version) == ("Ca-Cu-O", VERSION)
    assert [one.id for one in found.phases] == ["mp-501", "mp-502", "mp-503", "mp-504", "mp-505"]
    assert all(one.above_hull_ev == 0 for one in found.phases)
    assert [site.specie.symbol for site in found.phases[3].structure] == PHASES["mp-504"][0].split()
    home = Home.at(tmp_path)
    assert phases_of(home, "Ca-Cu-O") is None
    keep_phases(home, found)
    kept = phases_of(home, "Ca-Cu-O")
    assert kept is not None and kept.version == found.version
    assert kept.phases == found.phases


def test_a_refused_key_and_a_version_that_changes_are_told(mp_service):
    mp_service.arm()
    with pytest.raises(SourceRefusedError, match="MP_API_KEY"):
        asked(mp_service, WRONG)
    for version in ("2026.11.01", VERSION):
        mp_service.arm(f"version:{version}")
        with pytest.raises(SourceChangedError, match=f"to {version} while it was read"):
            asked(mp_service)
