"""Tables made of other tables: each is what the program makes now, and is taken for nothing else."""

import json

import pytest

from flows.studies.built import FOLDER, texts
from polywell.data.built import kept
from polywell.families import built_in_families, load_families
from polywell.records import Screening
from tests.flows.crystals import CHECKOUT

STALE = "made by another program: run `make built`"


def leaves(value, place=""):
    """The numbers and words of a JSON value, by their places in it."""
    if isinstance(value, dict | list):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(one, f"{place}/{key}")
    else:
        yield place, value


@pytest.mark.parametrize("name", ["impurity_lines.json", "library.json", "reference_records.json"])
def test_a_table_is_what_the_program_makes(name):
    head, rows = (CHECKOUT / FOLDER / name).read_text("utf-8").split("\n", 1)
    new_head, new_rows = texts()[name].split("\n", 1)
    assert json.loads(head) == json.loads(new_head), STALE
    found, made = dict(leaves(json.loads(rows))), dict(leaves(json.loads(new_rows)))
    assert found.keys() == made.keys(), STALE
    words = {place for place, value in made.items() if not isinstance(value, float)}
    assert {place: found[place] for place in words} == {place: made[place] for place in words}, STALE
    numbers = sorted(made.keys() - words)  # sums may come out otherwise in their last bits on another machine
    assert [found[place] for place in numbers] == pytest.approx([made[place] for place in numbers]), STALE


def test_a_table_of_another_lambda_is_not_taken(tmp_path):
    assert kept("reference_records", Screening, built_in_families())
    text = (CHECKOUT / "polywell" / "tables" / "families.toml").read_text("utf-8")
    own = tmp_path / "families.toml"
    own.write_text(text.replace("1300.0", "1301.0", 1), "utf-8")
    assert kept("reference_records", Screening, load_families(own)) is None
