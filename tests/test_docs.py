"""The pages of `docs`: numbers that the commands they name give again, and links that lead somewhere."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.version import Version

from benchmarks.extrapolate import Costs, tables

CHECKOUT = Path(__file__).resolve().parent.parent
SCALE = (CHECKOUT / "docs" / "scale.md").read_text("utf-8")


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_the_pages_beside_the_documentation_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#:]+)", (CHECKOUT / page).read_text("utf-8"))
    assert [link for link in links if not (CHECKOUT / link).is_file()] == []


def test_each_released_version_has_a_section_and_this_one_comes_after():
    changes = (CHECKOUT / "CHANGELOG.md").read_text("utf-8")
    headings = re.findall(r"^## (.+)$", changes, re.M)
    assert headings[0] == "Unreleased"
    released = [re.fullmatch(r"(\d+\.\d+\.\d+), (\d{4}-\d\d-\d\d)", one).groups() for one in headings[1:]]
    assert released == sorted(released, key=lambda one: (Version(one[0]), one[1]), reverse=True) != []
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    assert Version(project["version"]) > Version(released[0][0])
    # The citation says where to look.
    assert not re.search(r"^version:", (CHECKOUT / "CITATION.cff").read_text("utf-8"), re.M)


def test_the_first_page_is_one_screen():
    assert len((CHECKOUT / "README.md").read_text("utf-8").splitlines()) <= 45


def test_the_tables_of_scale_follow_from_the_costs_that_it_quotes():
    assert "\n".join(tables(Costs.of(SCALE), price=0.05, memory_gb=64.0, share=0.1)) in SCALE


def test_hours_grow_with_the_entries_and_fall_with_the_cores():
    costs = Costs.of(SCALE)
    whole, half = (costs.hours(entries, 1, 0.1, 2) * 3600 - costs.run_s for entries in (2e6, 1e6))
    assert whole == pytest.approx(2 * half)
    one, two = (costs.hours(1e6, 1, 0.1, cores) * 3600 - costs.run_s for cores in (1, 2))
    assert one - two == pytest.approx(costs.worker_us(0.1) / 2)  # µs of a million entries are seconds
    assert costs.worker_us(0.1) == pytest.approx(0.9 * costs.worker_us(0) + 0.1 * costs.worker_us(1))


def test_a_database_is_parted_until_each_run_fits():
    costs = Costs.of(SCALE)
    homes = costs.homes(1e9, 64.0)
    assert costs.memory_gb(1e9 / homes) <= 64.0
    assert homes == 1 or costs.memory_gb(1e9 / (homes - 1)) > 64.0


def test_a_file_without_costs_is_refused():
    with pytest.raises(SystemExit, match="no cost for run_s, lead_us"):
        Costs.of("nothing")
