"""When Prefect watches over a run of the command line."""

import pytest

from flows.cli.screen import is_watched
from flows.options import OptionError, ScreenOptions

SERVER = {"PREFECT_API_URL": "http://127.0.0.1:4200/api"}


@pytest.mark.parametrize(
    ("options", "told", "environment", "watched"),
    [
        ({}, None, {}, False),
        ({}, None, SERVER, True),
        ({}, False, SERVER, False),
        ({}, True, {}, True),
        ({"notify": ["slack-webhook/lab"]}, None, {}, True),
        ({"key_block": "mp-key"}, None, {}, True),
    ],
)
def test_prefect_watches_where_it_is_asked_for(options, told, environment, watched):
    assert is_watched(ScreenOptions(**options), told, environment) is watched


def test_blocks_are_out_of_reach_without_prefect():
    with pytest.raises(OptionError, match="leave it out"):
        is_watched(ScreenOptions(key_block="mp-key"), False, {})
