"""Connections whose answers begin in time: the limit of a socket begins anew with each byte that drips in."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from urllib3.connection import HTTPConnection as Connection
else:
    Connection = object


class LateError(Exception):
    """Status and headers of an answer took longer than a whole answer may."""


class PunctualAdapter(HTTPAdapter):
    """Connects, also through a proxy, so that the headers of an answer come within `answer_s` seconds."""

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
    """Ends with a `LateError` where status and headers do not come within `answer_s`."""

    answer_s: float

    def getresponse(self) -> Any:
        is_late = threading.Event()

        def cut() -> None:
            is_late.set()
            with suppress(OSError):  # it has ended meanwhile
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

        timer = threading.Timer(self.answer_s, cut)
        timer.daemon = True
        timer.start()
        try:
            return super().getresponse()
        except Exception as error:
            if is_late.is_set():
                raise LateError from error
            raise
        finally:
            timer.cancel()
