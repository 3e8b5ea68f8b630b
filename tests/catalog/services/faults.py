"""Stands in front of a real service and breaks its answers in the ways that networks and services do.

`POST /_faults` with a list arms it: each data request takes the next word. `GET /_log` tells what was
asked. Words: `ok`; `401`, `403`, `429`, `429:SECONDS`, `500`, ... (status, Retry-After); `sleep:SECONDS`;
`truncated` (half of the JSON); `html`; `cut` (the connection ends in the middle); `short` (an entry less
than counted); `twice` (the first entry in place of the last); `bare` (the first without its structure);
`errors` (an OPTIMADE list of errors with status 200); `loop` (a page that leads to itself);
`list` (JSON, but no object); `version:V` (from now on the database has another version, which an OPTIMADE
service tells at `/info`; arming it again takes that back).
"""

import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import Callable

import uvicorn

JSON = [(b"content-type", b"application/json")]


class Faults:
    def __init__(self, app, is_data: Callable[[str], bool], set_version=lambda version: None, key=None):
        self.app, self.is_data, self.set_version, self.key = app, is_data, set_version, key
        self.armed: list[str] = []
        self.told_version = ""
        self.log: list[dict] = []

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        path = scope["path"]
        if path == "/_faults":
            self.armed, self.log, self.told_version = json.loads((await receive())["body"]), [], ""
            return await answer(send, 200, b"{}")
        if path == "/_log":
            return await answer(send, 200, json.dumps({"log": self.log, "left": self.armed}).encode())
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        query = scope["query_string"].decode()
        self.log.append({"time": time.time(), "path": path, "query": query, "key": headers.get("x-api-key")})
        if path.endswith("/info") and self.told_version:
            return await self.changed("told", scope, receive, send)
        if not self.is_data(path):
            return await self.plain(scope, receive, send)
        if self.key is not None and headers.get("x-api-key") not in self.key:
            return await answer(send, 401, b'{"message": "Invalid authentication credentials"}')
        word, _, value = (self.armed.pop(0) if self.armed else "ok").partition(":")
        if word.isdigit():
            more = [(b"retry-after", value.encode())] if value else []
            return await answer(send, int(word), b'{"detail": "injected"}', more)
        if word == "html":
            return await answer(send, 200, b"<html><body>Sign in to the network</body></html>")
        if word == "list":
            return await answer(send, 200, b"[]")
        if word == "errors":
            return await answer(send, 200, b'{"errors": [{"title": "Broken", "detail": "no disk"}]}')
        if word == "sleep":
            await asyncio.sleep(float(value))
        if word == "version":
            self.set_version(value)
            self.told_version = value
        await self.changed(word, scope, receive, send)

    async def plain(self, scope, receive, send):
        kept = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        if self.key is not None:
            key = dict(scope["headers"]).get(b"x-api-key", b"").decode()
            kept += [(b"x-consumer-groups", b"TERMS:ACCEPT-NC")] if self.key.get(key) == "nc" else []
        await self.app({**scope, "headers": kept}, receive, send)

    async def changed(self, word, scope, receive, send):
        """The real answer, whole, then broken as the word says."""
        parts: list[dict] = []

        async def collect(message):
            parts.append(message)

        await self.plain(scope, receive, collect)
        start = parts[0]
        body = b"".join(part.get("body", b"") for part in parts[1:])
        if word in ("short", "twice", "bare", "loop", "told") and start["status"] == 200:
            page = json.loads(body)
            rows = page["data"]
            if word == "told":
                page["meta"]["database"] = {"version": self.told_version}
            elif word == "loop":
                page["links"]["next"] = f"http://{dict(scope['headers'])[b'host'].decode()}{scope['path']}"
                page["links"]["next"] += "?" + scope["query_string"].decode()
            elif word == "short" and rows:
                rows.pop()
            elif word == "twice" and rows:
                rows[-1] = rows[0]
            elif rows:
                (rows[0].get("attributes") or rows[0]).pop("structure", None)
                (rows[0].get("attributes") or rows[0]).pop("species_at_sites", None)
            body = json.dumps(page).encode()
        length = len(body)
        if word == "truncated":
            body = body[: len(body) // 2]
            length = len(body)
        headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
        headers.append((b"content-length", str(length).encode()))
        await send({**start, "headers": headers})
        if word == "cut":
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            raise ConnectionAbortedError("cut, as told")
        await send({"type": "http.response.body", "body": body})


async def answer(send, status: int, body: bytes, headers=()):
    kind = [(b"content-type", b"text/html")] if body.startswith(b"<") else JSON
    await send({"type": "http.response.start", "status": status, "headers": [*kind, *headers]})
    await send({"type": "http.response.body", "body": body})


def serve(app) -> None:
    """Serves on a free port of this machine and prints its number."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    print("port", listening.getsockname()[1], flush=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads on
    uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_keep_alive=60)).run(sockets=[listening])
