"""A polite way to ask a web service: at a bounded rate, patiently, and with errors that can be read."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import DecodeError, HTTPError, NameResolutionError, ProtocolError, ReadTimeoutError

from catalog.errors import SourceRefusedError, SourceUnreachableError
from catalog.sources.deadline import LateError, PunctualAdapter

TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP status codes after which the same question is worth asking again."""


@dataclass(frozen=True)
class Patience:
    """How long a service is waited for, all in one place."""

    connect_s: float = 10.0
    """Seconds until a connection must stand."""

    read_s: float = 60.0
    """Seconds that may pass without a byte."""

    attempts: int = 7
    """How often one question is asked in all."""

    first_attempts: int = 3
    """How often a connection is tried as long as none has ever stood: most likely there is no network."""

    wait_s: float = 0.5
    """Seconds before the second attempt; doubled each time, and varied at random by half."""

    longest_wait_s: float = 60.0
    """Longest pause that is chosen here."""

    longest_asked_s: float = 600.0
    """Longest pause that a service may ask for (Retry-After); beyond it the pull ends with an error."""

    answer_s: float = 300.0
    """Seconds that one whole answer, headers and body, may take, however steadily its bytes come."""

    answer_bytes: int = 128_000_000
    """Bytes of one answer, after decompression; 500 entries of a page take about 5 MB."""


PATIENCE = Patience()


class Pace:
    """Keeps requests apart: at most `per_second` of them, whatever else happens."""

    def __init__(self, per_second: float, sleep: Callable[[float], None] = time.sleep) -> None:
        self._gap_s = 1.0 / per_second
        self._sleep = sleep
        self._next = 0.0

    def wait(self, at_least_s: float = 0.0) -> None:
        """Waits until the next request may go out, `at_least_s` after this call."""
        now = time.monotonic()
        pause = max(self._next - now, at_least_s)
        if pause > 0:
            self._sleep(pause)
        self._next = time.monotonic() + self._gap_s


Origin = tuple[str, str, int]
"""Scheme, host and port of an address."""

_PORTS = {"http": 80, "https": 443}
_CHUNK = 65_536
"""Most bytes of an answer taken at a time, after decompression."""

_ENCODINGS = ("gzip", "deflate")


def origin_of(url: str) -> Origin:
    """Scheme, host and port of a web address.

    Raises:
        ValueError: it is none.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"{url[:200]!r} is no web address")
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]


def within(url: str, named: str, trusted: Collection[str] = ()) -> str:
    """The address `url` that a service leads to from `named`, if that is a place it may lead to.

    It may lead to the same scheme, host and port, and to those of `trusted`. Between http and https on the
    usual ports of one host only the way up is taken: services behind a proxy write http and mean https.

    Raises:
        ValueError: it is another place, or no web address; the message says so.
    """
    there, here = origin_of(url), origin_of(named)
    if there == here or there in map(origin_of, trusted):
        return url
    plain = there[1] == here[1] and all(port == _PORTS[scheme] for scheme, _, port in (there, here))
    if plain and "https" in (there[0], here[0]):
        return "https" + url[len(there[0]) :]
    scheme, host, port = there
    name = f"[{host}]" if ":" in host else host
    shown = f"{scheme}://{name}" + ("" if port == _PORTS[scheme] else f":{port}")
    raise ValueError(f"it leads to another place, {shown}; to follow it there, add --trust {shown}")


class PoliteSession(requests.Session):
    """A session that retries what may pass, and raises a `SourceError` for what does not.

    Every answer with status 200 that it returns holds one JSON object, complete. Other answers are
    returned as they are, unless `refusals` has a sentence for their status. A redirection is followed on the
    host that was asked, and to those that are trusted.
    """

    def __init__(
        self,
        service: str,
        pace: Pace,
        patience: Patience = PATIENCE,
        refusals: Mapping[int, str] | None = None,
        secret: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
        trusted: Collection[str] = (),
    ) -> None:
        """Takes what is to be said and kept quiet.

        Args:
            service: its name in messages.
            pace: the limit of the rate.
            patience: how long to wait.
            refusals: for HTTP status codes that no retry helps, what to tell the user.
            secret: never shown in a message, and never sent to another host than the first.
            sleep: how to wait.
            trusted: other addresses (https://host) that the service may lead to.
        """
        super().__init__()
        for scheme in _PORTS:
            self.mount(f"{scheme}://", PunctualAdapter(patience.answer_s))
        self.headers["Accept-Encoding"] = ", ".join(_ENCODINGS)
        self.trusted = tuple(trusted)
        self._service = service
        self._pace = pace
        self._patience = patience
        self._refusals = dict(refusals or {})
        self._secret = secret
        self._sleep = sleep
        self._answered = False

    def request(self, method: str, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Asks, and asks again as long as that may help.

        Raises:
            SourceUnreachableError: no usable answer after all attempts.
            SourceRefusedError: the service refuses, for a reason named in `refusals`.
        """
        kwargs |= {"timeout": (self._patience.connect_s, self._patience.read_s), "stream": True}
        trouble, asked_s = "", 0.0
        attempt = 0
        while attempt < self._attempts():
            if attempt:
                self._sleep(max(self._pause_s(attempt), asked_s))
            attempt += 1
            asked_s = 0.0
            self._pace.wait()
            try:
                response = super().request(method, url, *args, **kwargs)
                self._receive(response, url)
            except LateError as error:
                raise self._late(url) from error
            except requests.exceptions.SSLError as error:
                raise self._unreachable(url, "its certificate cannot be verified") from error
            except (
                requests.exceptions.ConnectionError,
                requests.exceptions.Timeout,
                requests.exceptions.ChunkedEncodingError,
                requests.exceptions.ContentDecodingError,
            ) as error:
                trouble = _words(error, self._patience)
                continue
            except requests.exceptions.RequestException as error:
                raise self._unreachable(url, f"{type(error).__name__}: {error}") from error
            self._answered = True
            if response.status_code in self._refusals:
                raise SourceRefusedError(self._quiet(self._refusals[response.status_code]))
            if response.status_code == 200:
                complaint = _no_json_object(response)
                if complaint is None:
                    return response
                trouble = complaint
            elif response.status_code in TRANSIENT:
                trouble = f"it answered with HTTP status {response.status_code}"
                asked_s = _retry_after_s(response)
                if asked_s > self._patience.longest_asked_s:
                    raise self._unreachable(url, f"{trouble} and asks to wait {asked_s:.0f} s")
            else:
                return response
        raise self._unreachable(url, f"{trouble}, {attempt} times" if attempt > 1 else trouble)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Where an answer redirects to, on the host that was asked."""
        target = super().get_redirect_target(resp)
        if target is None:
            return None
        self._receive(resp, resp.url)
        try:
            return within(urljoin(resp.url, target), resp.url, self.trusted)
        except ValueError as error:
            raise self._unreachable(resp.url, str(error)) from error

    def _receive(self, response: requests.Response, url: str | bytes) -> None:
        """Takes the body of an answer into memory, within the bounds of bytes and time."""
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in ("", "identity", "x-gzip", *_ENCODINGS):
            raise self._unreachable(
                url, f"its answer is encoded as {encoding[:40]!r}, which was not asked for"
            )
        ends = time.monotonic() + self._patience.answer_s - response.elapsed.total_seconds()
        parts: list[bytes] = []
        left = self._patience.answer_bytes
        with response:
            while part := _some(response):
                parts.append(part)
                left -= len(part)
                if left < 0:
                    bound = f"{self._patience.answer_bytes / 1e6:g} MB"
                    raise self._unreachable(url, f"one answer holds more than {bound}, the limit")
                if time.monotonic() > ends:
                    raise self._late(url)
        response._content = b"".join(parts)

    def rebuild_auth(self, prepared_request: Any, response: Any) -> None:
        """Keeps the key from any host that a redirection leads to."""
        super().rebuild_auth(prepared_request, response)
        if self.should_strip_auth(response.request.url, prepared_request.url):
            prepared_request.headers.pop("x-api-key", None)

    def _attempts(self) -> int:
        return self._patience.attempts if self._answered else self._patience.first_attempts

    def _pause_s(self, attempt: int) -> float:
        pause = min(self._patience.wait_s * 2.0 ** (attempt - 1), self._patience.longest_wait_s)
        return pause * random.uniform(0.5, 1.5)

    def _unreachable(self, url: str | bytes, why: str) -> SourceUnreachableError:
        text = url.decode() if isinstance(url, bytes) else url
        host = urlsplit(text).netloc.rpartition("@")[2] or text[:80]
        return SourceUnreachableError(
            self._quiet(f"{self._service} gives no usable answer at {host}: {why}; "
                        "check the network and the service, then run again")
        )  # fmt: skip

    def _late(self, url: str | bytes) -> SourceUnreachableError:
        return self._unreachable(url, f"one answer took more than {self._patience.answer_s:g} s, the limit")

    def _quiet(self, message: str) -> str:
        return message.replace(self._secret, "***") if self._secret else message


def _some(response: requests.Response) -> bytes:
    """What has come of a body, decompressed; nothing at its end. Requests itself waits for a full chunk.

    Raises:
        RequestException: the body breaks off or cannot be decompressed.
    """
    try:
        part: bytes = response.raw.read1(_CHUNK, decode_content=True)
    except DecodeError as error:
        raise requests.exceptions.ContentDecodingError(error) from error
    except ProtocolError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from error
    except HTTPError as error:
        raise requests.exceptions.ConnectionError(error) from error
    return part


def _no_json_object(response: requests.Response) -> str | None:
    """What is wrong with the body, or None if it is one whole JSON object."""
    try:
        value = json.loads(response.content)
    except RecursionError:
        return "what came is JSON nested too deeply"
    except ValueError:
        start = " ".join(response.text[:200].split())[:40]
        return f"what came is not complete JSON (it begins with {start!r})" if start else "nothing came"
    return None if isinstance(value, dict) else f"what came is a JSON {type(value).__name__}, not an object"


def _retry_after_s(response: requests.Response) -> float:
    """Seconds that the service asks to wait: a number, or a date; 0 if it says nothing that is clear."""
    asked = response.headers.get("Retry-After", "").strip()
    if asked.isdigit():
        return float(asked)
    try:
        until = parsedate_to_datetime(asked)
    except ValueError:
        return 0.0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def _words(error: requests.exceptions.RequestException, patience: Patience) -> str:
    """The cause in plain words; the messages of the libraries are long and name inner objects."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return f"no connection within {patience.connect_s:g} s"
    if isinstance(error, requests.exceptions.Timeout):
        return f"no answer within {patience.read_s:g} s"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy does not let the request through"
    for cause in _causes(error):
        if isinstance(cause, ReadTimeoutError):
            return f"no answer within {patience.read_s:g} s"
        if isinstance(cause, NameResolutionError):
            return "its name cannot be resolved"
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused"
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return "the answer cannot be decompressed"
    return "the connection broke off"


def _causes(error: BaseException) -> list[BaseException]:
    """Everything that stands behind an error, in whichever attribute the libraries keep it."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return found
