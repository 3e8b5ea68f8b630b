import signal
import subprocess
import sys
import threading
import time

import pytest

from catalog.errors import TimeLimitError
from catalog.readers.limits import time_limit


def spin(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def test_a_block_within_its_time_is_left_alone() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with time_limit(60):
        spin(0.01)
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_block_beyond_its_time_ends() -> None:
    with pytest.raises(TimeLimitError, match=r"longer than 0\.05 s"), time_limit(0.05):
        spin(60)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_code_that_swallows_the_first_alarm_meets_the_next() -> None:
    with pytest.raises(TimeLimitError), time_limit(0.05):
        try:
            spin(60)
        except Exception:
            spin(60)


def test_an_outer_alarm_is_restored() -> None:
    with pytest.raises(TimeLimitError, match=r"longer than 0\.3 s"), time_limit(0.3):
        with time_limit(30):
            spin(0.01)
        spin(60)


def test_other_threads_run_without_a_limit() -> None:
    done: list[bool] = []

    def work() -> None:
        with time_limit(0.01):
            spin(0.05)
        done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]


def test_memory_beyond_the_limit_is_an_error_and_below_it_is_not() -> None:
    code = (
        "from catalog.readers.limits import limit_memory\n"
        "limit_memory(200_000_000)\n"
        "small = bytearray(50_000_000)\n"
        "try:\n    bytearray(2_000_000_000)\n"
        "except MemoryError:\n    print('refused')\n"
        "limit_memory(10**12)\n"
        "try:\n    bytearray(2_000_000_000)\n"
        "except MemoryError:\n    print('still refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["refused", "still refused"]
