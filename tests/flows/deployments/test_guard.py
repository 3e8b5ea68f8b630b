"""What every flow is guarded by: a log that acts on no terminal, and the guard itself in a copy."""

import logging
import sys

import pytest

from flows.deployments.guard import LOGGERS, GuardedFlow, flow


@flow(name="hostile")
def hostile() -> None:
    """Has its log freed, as every flow."""


@pytest.mark.parametrize("name", LOGGERS)
def test_what_a_flow_logs_is_harmless(name):
    hostile.fn()
    try:
        raise LookupError("\x1b[31m")
    except LookupError:
        record = logging.LogRecord(name, 50, "", 0, "%s\nended", ("a\x1b[2J",), sys.exc_info())
    assert logging.getLogger(name).filter(record)
    text = logging.Formatter().format(record)
    assert text.startswith("a\\x1b[2J\nended\nTraceback") and text.endswith("LookupError: \\x1b[31m")


def test_a_copy_with_other_options_is_guarded_too():
    assert type(hostile.with_options(retries=1)) is GuardedFlow
