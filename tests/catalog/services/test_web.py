"""The polite session against a service of four lines, where the waiting can be watched."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from catalog.errors import SourceRefusedError, SourceUnreachableError
from catalog.sources.web import Pace, Patience, PoliteSession

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


def test_the_key_does_not_follow_to_another_host(serve) -> None:
    there, seen_there = serve([GOOD])
    here, seen_here = serve([(302, {"Location": there.replace("127.0.0.1", "localhost")}, b"")])
    with session([]) as asking:
        asking.headers["x-api-key"] = "s3cret"
        asking.get(here)
    assert seen_here[0]["x-api-key"] == "s3cret" and "x-api-key" not in seen_there[0]


def test_requests_keep_their_distance() -> None:
    waits: list[float] = []
    pace = Pace(4.0, waits.append)
    for _ in range(3):
        pace.wait()
    assert len(waits) == 2 and all(0.2 < wait <= 0.25 for wait in waits)
    pace.wait(3.0)
    assert waits[-1] == 3.0
