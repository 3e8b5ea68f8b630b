"""Connections whose answers begin in time: the limit of a socket begins anew with each byte that drips in."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from urllib3.connection import HTTPConnection as Connection
else:
    Connection = object


class LateError(Exception):
    """A connection, or status and headers of an answer, took longer than a whole answer may."""


class PunctualAdapter(HTTPAdapter):
    """Connects, also through a proxy, so that connection and headers come within `answer_s` seconds each."""

    def __init__(self, answer_s: float) -> None:
        self._answer_s = answer_s
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """The connections to one host, which the same adapter keeps."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if not issubclass(pool.ConnectionCls, _Punctual):
            bases = (_Punctual, pool.ConnectionCls)
            pool.ConnectionCls = type("Punctual", bases, {"answer_s": self._answer_s})
        return pool


class _Punctual(Connection):
    """Ends with a `LateError` where the connection, or status and headers, do not come within `answer_s`.

    A connection takes the words of a proxy and of TLS, too.
    """

    answer_s: float
    _twin: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        made: socket.socket = super()._new_conn()
        self._twin = made.dup()  # TLS takes the socket itself away until it is agreed upon
        return made

    def connect(self) -> None:
        try:
            with self._in_time():
                super().connect()
        finally:
            if self._twin is not None:
                self._twin.close()
                self._twin = None

    def getresponse(self) -> Any:
        with self._in_time():
            return super().getresponse()

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        is_late = threading.Event()

        def cut() -> None:
            is_late.set()
            stands: Any = self._twin or self.sock
            with suppress(OSError):  # it has ended meanwhile
                if stands is not None:
                    socket.socket.shutdown(stands, socket.SHUT_RDWR)

        timer = threading.Timer(self.answer_s, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except Exception as error:
            if is_late.is_set():
                raise LateError from error
            raise
        finally:
            timer.cancel()
