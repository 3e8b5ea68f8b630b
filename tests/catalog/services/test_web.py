"""The polite session against a service of four lines, where the waiting can be watched."""

import gc
import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from catalog.errors import SourceRefusedError, SourceUnreachableError
from catalog.sources.web import Pace, Patience, PoliteSession, within

Answers = list[tuple[int, dict[str, str], bytes]]
GOOD = (200, {}, b'{"a": 1}')


@pytest.fixture
def serve() -> Iterator[Callable[[Answers], tuple[str, list[dict[str, str]]]]]:
    servers: list[HTTPServer] = []

    def start(answers: Answers) -> tuple[str, list[dict[str, str]]]:
        seen: list[dict[str, str]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append({name.lower(): value for name, value in self.headers.items()})
                status, headers, body = answers.pop(0)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/", seen

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def session(waits: list[float], **more) -> PoliteSession:
    made = PoliteSession("the test", Pace(1e6), more.pop("patience", Patience()), sleep=waits.append, **more)
    made.trust_env = False
    return made


def test_pauses_grow_and_vary(serve) -> None:
    address, _ = serve([(500, {}, b"")] * 5 + [GOOD])
    waits: list[float] = []
    with session(waits) as asking:
        assert asking.get(address).json() == {"a": 1}
    assert len(waits) == 5
    for number, wait in enumerate(waits):
        assert 0.25 * 2**number <= wait <= 0.75 * 2**number


def test_a_pause_is_never_longer_than_the_longest(serve) -> None:
    address, _ = serve([(503, {}, b"")] * 6 + [GOOD])
    waits: list[float] = []
    with session(waits, patience=Patience(longest_wait_s=1.0)) as asking:
        asking.get(address)
    assert max(waits) <= 1.5


def test_retry_after_is_kept_as_number_and_as_date(serve) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    address, _ = serve([(429, {"Retry-After": "40"}, b""), (503, {"Retry-After": date}, b""), GOOD])
    waits: list[float] = []
    with session(waits) as asking:
        asking.get(address)
    assert waits[0] == 40.0 and 60 < waits[1] <= 90


@pytest.mark.parametrize("asked", ["soon", "-5", "", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_an_unclear_retry_after_is_no_obstacle(asked: str, serve) -> None:
    address, _ = serve([(429, {"Retry-After": asked}, b""), GOOD])
    waits: list[float] = []
    with session(waits) as asking:
        asking.get(address)
    assert waits[0] < 1


def test_a_refusal_is_not_retried_and_the_secret_not_shown(serve) -> None:
    address, seen = serve([(401, {}, b'{"message": "s3cret"}')])
    with session([], refusals={401: "key s3cret refused"}, secret="s3cret") as asking:
        with pytest.raises(SourceRefusedError, match=r"key \*\*\* refused"):
            asking.get(address)
    assert len(seen) == 1


def test_other_answers_come_back_as_they_are(serve) -> None:
    address, _ = serve([(404, {}, b"nothing")])
    with session([]) as asking:
        assert asking.get(address).status_code == 404


def test_the_secret_is_not_shown_where_the_service_echoes_it(serve) -> None:
    address, _ = serve([(200, {}, b"your key is s3cret")] * 7)
    with session([], secret="s3cret") as asking, pytest.raises(SourceUnreachableError) as error:
        asking.get(address)
    assert "s3cret" not in str(error.value) and "'your key is ***'" in str(error.value)


def test_a_redirection_stays_on_the_host_or_goes_where_it_may_without_the_key(serve) -> None:
    there, seen_there = serve([GOOD])
    there = there.replace("127.0.0.1", "localhost")
    here, seen_here = serve([(302, {"Location": there}, b""), (301, {"Location": "/x"}, b"y" * 9), GOOD] * 2)
    with session([]) as asking:
        with pytest.raises(
            SourceUnreachableError, match=rf"another place, {there[:-1]}; .* add --trust {there[:-1]}"
        ):
            asking.get(here)
        assert asking.get(here).json() == {"a": 1} and not seen_there
    with session([], trusted=[there]) as asking:
        asking.headers["x-api-key"] = "s3cret"
        asking.get(here)
    assert seen_here[-1]["x-api-key"] == "s3cret" and "x-api-key" not in seen_there[0]


@pytest.mark.parametrize(
    ("url", "named", "expected"),
    [
        ("https://a.org/x?y=1", "https://a.org/z", "https://a.org/x?y=1"),
        ("https://A.org:443/x", "https://a.org", "https://A.org:443/x"),
        ("http://a.org/x", "https://a.org", "https://a.org/x"),
        ("https://a.org/x", "http://a.org", "https://a.org/x"),
        ("http://b.org:81/x", "http://a.org", "http://b.org:81/x"),
        ("https://a.org:8443/x", "https://a.org", None),
        ("http://a.org:80/x", "https://a.org:8443", None),
        ("http://127.0.0.1:6379/x", "http://127.0.0.1:5000", None),
        ("https://a.org.evil.org/x", "https://a.org", None),
        ("https://a.org@evil.org/x", "https://a.org", None),
        ("file:///etc/passwd", "https://a.org", None),
        ("//evil.org/x", "https://a.org", None),
        ("http://[::1/x", "https://a.org", None),
        ("http://a.org:99999/", "http://a.org", None),
    ],
)
def test_where_a_service_may_lead_to(url: str, named: str, expected: str | None) -> None:
    if expected is not None:
        assert within(url, named, ["http://b.org:81"]) == expected
        return
    with pytest.raises(ValueError):
        within(url, named, ["http://b.org:81"])


def test_an_answer_has_a_bound_of_bytes_after_unpacking_and_of_time(serve) -> None:
    bomb = gzip.compress(b" " * 3_000_000)
    packed = {"Content-Encoding": "gzip"}
    address, _ = serve(
        [(200, packed, bomb), (302, {**packed, "Location": "/"}, bomb), (200, {}, GOOD[2] * 9999)] * 2
    )
    with session([], patience=Patience(answer_bytes=2_000_000)) as asking:
        for _ in range(2):
            with pytest.raises(SourceUnreachableError, match="one answer holds more than 2 MB, the limit"):
                asking.get(address)
    with session([], patience=Patience(answer_s=-1.0)) as asking:
        with pytest.raises(SourceUnreachableError, match="one answer took more than -1 s, the limit"):
            asking.get(address)


# Python leaves the socket of a handshake that is cut off to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("scheme", "first", "through_proxy"),
    [
        ("http", b"HTTP/1.1 200 OK\r\nX-Slow: ", False),
        ("https", b"HTTP/1.1 200 OK\r\nX-Slow: ", True),
        ("https", b"\x16\x03\x03\x40\x00", False),
    ],
    ids=["headers", "proxy", "handshake"],
)
def test_what_drips_in_for_ever_ends_with_the_time_of_an_answer(
    scheme: str, first: bytes, through_proxy: bool
) -> None:
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.sendall(first)
                while not stop.wait(0.02):
                    connection.sendall(b"x")

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        port = listening.getsockname()[1]
        with session([], patience=Patience(read_s=10.0, answer_s=0.2)) as asking:
            asking.trust_env = False
            if through_proxy:
                asking.proxies = {"https": f"http://127.0.0.1:{port}"}
            with pytest.raises(SourceUnreachableError, match=r"one answer took more than 0\.2 s, the limit"):
                asking.get(f"{scheme}://127.0.0.1:{port}/")
        stop.set()
        thread.join()
        gc.collect()


@pytest.mark.parametrize(
    ("headers", "body", "words"),
    [
        ({"Content-Encoding": "gzip, gzip"}, b"", "encoded as 'gzip, gzip', which was not asked for"),
        ({"Content-Encoding": "br"}, b"", "encoded as 'br'"),
        ({"Content-Encoding": "gzip"}, b"nothing of the kind", "cannot be decompressed"),
        ({}, b"[" * 100_000, "nested too deeply"),
        ({}, b'{"a":' * 100_000, "nested too deeply"),
    ],
)
def test_a_strange_body_is_one_sentence(headers, body: bytes, words: str, serve) -> None:
    address, _ = serve([(200, headers, body)] * 7)
    with session([]) as asking, pytest.raises(SourceUnreachableError, match=words):
        asking.get(address)


def test_requests_keep_their_distance() -> None:
    waits: list[float] = []
    pace = Pace(4.0, waits.append)
    for _ in range(3):
        pace.wait()
    assert len(waits) == 2 and all(0.2 < wait <= 0.25 for wait in waits)
    pace.wait(3.0)
    assert waits[-1] == 3.0
