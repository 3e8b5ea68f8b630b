"""Worker processes: order, bounded reading ahead, and what a death costs."""

import gc
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from functools import partial
from multiprocessing.connection import Connection

import pytest

from flows.workers.limits import EntryLimits, WallLimitError, hang_limit, wall_limit
from flows.workers.pool import Workers
from flows.workers.worker import WorkersStoppedError


def lost(item, error_type, message):
    return f"lost {item}: {error_type}: {message}"


def doubled(items):
    return [2 * item for item in items]


def exits_at(items, guilty, code):
    for item in items:
        if item == guilty:
            os._exit(code)
    return doubled(items)


def killed_at(items, guilty):
    if guilty in items:
        os.kill(os.getpid(), signal.SIGKILL)
    return doubled(items)


def answers_half_at(items, guilty):
    """Announces 1000 bytes, sends 500, and dies."""
    if guilty in items:
        gc.unfreeze()
        [pipe] = [one for one in gc.get_objects() if isinstance(one, Connection) and one.writable]
        os.write(pipe.fileno(), struct.pack("!i", 1000) + bytes(500))
        os._exit(1)
    return doubled(items)


class UntellableError(Exception):
    def __str__(self):
        raise OSError


def raises_at(items, guilty):
    if guilty in items:
        raise {7: LookupError("7 is not welcome"), 8: SystemExit(3), 9: UntellableError()}[guilty]
    return doubled(items)


def killed_twice(items, folder):
    for name in ("first", "second"):
        if not (folder / name).exists():
            (folder / name).touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return doubled(items)


def takes_memory(items):
    try:
        return [len(bytearray(size)) for size in items]
    except MemoryError:
        return ["MemoryError"]


def sleeps(items, limits):
    try:
        with hang_limit(limits), wall_limit(limits):
            time.sleep(items[0])
    except WallLimitError as late:
        return str(late)
    return "awake"


def hangs(items, limits):
    """A loop in compiled code, seen from outside: no signal handler of Python gets to run."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    with hang_limit(limits), wall_limit(limits):
        time.sleep(items[0])
    return "awake"


@pytest.fixture(scope="module")
def workers():
    with Workers(2) as pool:
        yield pool


def test_shards_come_back_in_their_order(workers):
    shards = [[n, n + 1] for n in range(0, 40, 2)]
    assert list(workers.map(doubled, shards, lost)) == [(shard, doubled(shard)) for shard in shards]


def test_no_more_shards_are_taken_than_the_workers_can_use(workers):
    taken = []

    def source():
        for number in range(50):
            taken.append(number)
            yield [number]

    answers = workers.map(doubled, source(), lost)
    next(answers)
    assert len(taken) <= 2 * workers.count + 1
    assert len(list(answers)) == 49


@pytest.mark.parametrize("way", ["map", "run"])
def test_a_death_costs_the_guilty_entry_only(workers, way):
    work = partial(exits_at, guilty=7, code=3)
    if way == "map":
        answers = list(workers.map(work, [[1, 2, 3], [6, 7, 8], [9]], lost))
    else:
        answers = [
            answer for shard in ([1, 2, 3], [6, 7, 8], [9]) for answer in workers.run(work, shard, lost)
        ]
    entries = [entry for part, _ in answers for entry in part]
    assert entries == [1, 2, 3, 6, 7, 8, 9]
    said = {entry: result for part, result in answers if len(part) == 1 for entry in part}
    assert said[6] == [12] and said[8] == [16]
    assert said[7].startswith("lost 7: WorkerDied: ") and "exit code 3" in said[7]
    assert workers.run(doubled, [5], lost) == [([5], [10])]  # the pool is whole again


def test_entries_of_a_shard_that_cannot_be_done_get_work_of_their_own(workers):
    answers = list(workers.map(partial(exits_at, guilty=7, code=3), [[1, 2], [6, 7]], lost, list))
    assert answers == [([1, 2], [2, 4]), ([6], [6]), ([7], [7])]


def process_of(items):
    return os.getpid()


def test_workers_that_rest_are_no_processes_until_there_is_work():
    with Workers(2) as pool:
        [(_, first)] = pool.run(process_of, [1], lost)
        pool.rest()
        assert not os.path.exists(f"/proc/{first}")
        [(_, second)] = pool.run(process_of, [1], lost)
        assert second != first


SCRIPT = """
from flows.workers.pool import Workers
print("begins", flush=True)
with Workers(1) as pool:
    print(list(pool.map(sorted, [[2, 1]], None)))
"""


def test_a_plain_script_is_not_run_again_in_its_workers(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == ["begins", "[([2, 1], [1, 2])]"]


def test_a_killed_worker_is_named_by_its_signal(workers):
    answers = workers.run(partial(killed_at, guilty=2), [1, 2], lost)
    assert answers[0] == ([1], [2])
    assert "SIGKILL" in answers[1][1]


def test_many_deaths_in_one_shard_are_all_found(workers):
    answers = workers.run(partial(exits_at, guilty=4, code=1), [4, 4, 5, 4], lost)
    assert [result if isinstance(result, list) else result[:6] for _, result in answers] == [
        "lost 4", "lost 4", [10], "lost 4",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("guilty", "said"),
    [
        (7, "LookupError: 7 is not welcome"),
        (8, "SystemExit: 3"),
        (9, "UntellableError: no message that can be shown"),
    ],
)
def test_an_exception_of_the_work_costs_the_guilty_entry_only(workers, guilty, said):
    answers = list(workers.map(partial(raises_at, guilty=guilty), [[1, 2], [6, guilty]], lost))
    assert answers == [([1, 2], [2, 4]), ([6], [12]), ([guilty], f"lost {guilty}: {said}")]


def test_half_an_answer_keeps_nobody_waiting(workers):
    answers = list(workers.map(partial(answers_half_at, guilty=7), [[1, 2], [6, 7], [8]], lost))
    assert [part for part, _ in answers] == [[1, 2], [6], [7], [8]]
    assert answers[2][1].startswith("lost 7: WorkerDied: ")


def test_an_entry_whose_worker_was_killed_from_outside_is_not_lost(workers, tmp_path):
    """It is killed with its shard, and once more when it is alone."""
    assert workers.run(partial(killed_twice, folder=tmp_path), [5], lost) == [([5], [10])]


def test_workers_that_are_stopped_do_nothing_again():
    started = []
    with pytest.raises(KeyboardInterrupt), Workers(1) as pool:

        def wait():
            with pytest.raises(WorkersStoppedError):
                pool.run(partial(sleeps, limits=EntryLimits()), [600], lost)
            started.append("ended")

        threads = [threading.Thread(target=wait) for _ in range(2)]
        for thread in threads:
            thread.start()
        while pool._all[0]._process is None:
            time.sleep(0.01)
        raise KeyboardInterrupt
    for thread in threads:
        thread.join()
    assert started == ["ended", "ended"]


def test_memory_beyond_the_limit_is_refused():
    with Workers(1, EntryLimits(memory_bytes=400_000_000)) as small:
        assert small.run(takes_memory, [1000], lost) == [([1000], [1000])]
        assert small.run(takes_memory, [800_000_000], lost) == [([800_000_000], ["MemoryError"])]


def test_an_entry_that_takes_too_long_is_stopped(workers):
    limits = EntryLimits(wall_s=0.2, grace_s=60)
    [(_, said)] = workers.run(partial(sleeps, limits=limits), [30], lost)
    assert "0.2 s" in said
    assert workers.run(partial(sleeps, limits=EntryLimits()), [0], lost) == [([0], "awake")]


def test_an_entry_that_hangs_in_compiled_code_costs_itself_only(workers):
    limits = EntryLimits(wall_s=0.2, grace_s=0.2)
    answers = workers.run(partial(hangs, limits=limits), [30], lost)
    assert answers[0][1].startswith("lost 30: ")


def test_no_workers_is_an_error():
    with pytest.raises(ValueError, match="at least 1"):
        Workers(0)
