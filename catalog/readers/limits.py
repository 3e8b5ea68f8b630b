"""Bounds on what one entry may cost: bytes, sites, seconds, memory."""

from __future__ import annotations

import resource
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from catalog.errors import TimeLimitError


@dataclass(frozen=True)
class ReadingLimits:
    """Every bound of the reader, in one place.

    The defaults leave room for the largest published cells (some thousand atoms) and end hostile
    input within seconds.
    """

    text_bytes: int = 16_000_000
    """Bytes of one text or file, after decompression; 20,000 sites need about 2 MB."""

    sites: int = 20_000
    """Sites of one structure."""

    operations: int = 400
    """Symmetry operations of one CIF; space groups have up to 192, magnetic ones up to 384."""

    generated_sites: int = 200_000
    """Symmetry operations times atom rows: positions to generate before coinciding ones are merged."""

    structures: int = 1_000
    """Structures of one file."""

    depth: int = 10
    """Levels of a document (JSON, YAML) at which structures are sought."""

    nodes: int = 1_000_000
    """Mappings, lists and texts of a document that are walked through for structures."""

    min_thickness_ang: float = 0.5
    """Least distance in Å between two opposite faces of the cell; a thinner cell is called flat."""

    max_length_ang: float = 10_000.0
    """Longest cell edge in Å."""

    position_tolerance: float = 1.5e-3
    """Two images of one atom closer than this, in fractions of each cell edge, are one atom.

    Three- and four-digit coordinates on special positions (0.167, 2x of 0.3333) need that much.
    """

    max_occupancy: float = 1.05
    """Occupancies of one site may sum to this much through rounding; they are then scaled to 1."""

    formula_mismatch: float = 0.25
    """Largest relative deviation of an element's share from the declared formula.

    Refined structures differ from their nominal formula by some per cent; a text cut in the middle by more.
    """

    wall_seconds: float = 30.0
    """Seconds that reading one entry may take."""

    memory_bytes: int = 3_000_000_000
    """Memory that a worker may take beyond what it holds when the limit is set."""

    note_characters: int = 300
    """Longest remark kept with an entry."""


LIMITS = ReadingLimits()
"""The limits that are used unless others are given."""

_REPEAT_SECONDS = 1.0
"""The alarm is repeated until the block ends, as foreign code may catch the first one."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Ends the block with a `TimeLimitError` once it has run for `seconds` of wall time.

    Works in the main thread of a process, the only one to which Python delivers signals; in any other
    thread the block runs without a limit. An alarm that was set outside is restored afterwards. Code
    that stays inside one call of a compiled library is interrupted only when that call returns.

    Raises:
        TimeLimitError: the time is over.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise TimeLimitError(f"reading took longer than {seconds:g} s, the limit for one entry")

    started = time.monotonic()
    handler = signal.signal(signal.SIGALRM, ring)
    outer_delay, outer_interval = signal.setitimer(signal.ITIMER_REAL, seconds, _REPEAT_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if outer_delay:
            left = max(outer_delay - (time.monotonic() - started), 1e-3)
            signal.setitimer(signal.ITIMER_REAL, left, outer_interval)


def limit_memory(extra_bytes: int = LIMITS.memory_bytes) -> None:
    """Lets this process take `extra_bytes` more address space than it has now; meant for workers.

    Beyond that an allocation raises MemoryError. Never raises a limit that is already lower. Does
    nothing where the operating system has no /proc to tell the present size.
    """
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return
    present = int(statm.read_text().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    lower = (limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY)
    bound = min((present + extra_bytes, *lower))
    resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
