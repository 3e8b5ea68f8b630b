"""The web application of `polywell serve`: the list as a provider of OPTIMADE, and the pages beside it.

OPTIMADE answers at the root (`/v1/structures`, `/structures`, `/info`, ...), pages stand below `/reports`.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from catalog.errors import CatalogError
from catalog.home import Home
from catalog.runs.named import find_run
from catalog.runs.published import PublishedRun
from catalog.serving.documents import documents, provider_fields
from polywell import __version__

PAGES = "/reports"

FIRST_PAGE = f"{PAGES}/latest/index.html"


class Served:
    """The home's list and pages, as they are when somebody asks: a new run is served at the next request.

    Attributes:
        run: the published run whose candidates are served now.
        count: how many of them there are: those whose structure the home holds.
    """

    def __init__(self, home: Home) -> None:
        """Reads the list that is in force.

        Raises:
            CatalogError: there is no published run, or it is damaged.
        """
        self.home = home
        self.run = find_run(home, "latest")
        self.count, self._provider = _provider(self.run)
        pages = StaticFiles(directory=home.reports, html=True, check_dir=False)
        self._pages = Starlette(routes=[Route("/", _to_first_page), Mount(PAGES, pages)])
        self._only = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        path = str(scope.get("path", ""))
        if scope["type"] == "http" and (path in ("/", PAGES) or path.startswith(f"{PAGES}/")):
            await self._pages(scope, receive, send)
            return
        if scope["type"] == "http":
            try:
                await self._follow()
            except CatalogError as error:
                await PlainTextResponse(f"{error}\n", 503)(scope, receive, send)
                return
        await self._provider(scope, receive, send)

    async def _follow(self) -> None:
        """Reads the list again where another run is in force."""
        async with self._only:
            if self.home.latest.resolve().name != self.run.name:
                run = await asyncio.to_thread(find_run, self.home, "latest")
                before = self._provider
                self.count, self._provider = await asyncio.to_thread(_provider, run)
                before.state.entry_collections["structures"].collection.database.client.drop_database(
                    self.run.name
                )
                self.run = run


async def _to_first_page(request: Request) -> RedirectResponse:
    return RedirectResponse(FIRST_PAGE)


def _provider(run: PublishedRun) -> tuple[int, Any]:
    """The number of structures of a run, and the reference server of OPTIMADE over them, in memory."""
    log = logging.getLogger("optimade")  # it opens a file below /var/log where nobody handles its lines
    log.handlers, log.propagate = [logging.NullHandler()], False
    from optimade.models import Implementation, Provider
    from optimade.server.config import ServerConfig, SupportedBackend
    from optimade.server.create_app import create_app

    app = create_app(
        ServerConfig(
            insert_test_data=False,
            database_backend=SupportedBackend.MONGOMOCK,
            mongo_database=run.name,
            page_limit_max=1000,
            provider=Provider(
                prefix="polywell",
                name="polywell",
                description="Layered candidates, each with its ceiling λ/ξ² and the T_c expected of it",
                homepage=None,
            ),
            provider_fields={"structures": provider_fields()},
            implementation=Implementation(name="polywell", version=__version__),
        )
    )
    collections = app.state.entry_collections
    collections["links"].insert([_root()])
    found = list(documents(run))
    if found:
        collections["structures"].insert(found)
    return len(found), app


def _root() -> dict[str, Any]:
    """What OPTIMADE wants to know of where its links begin: here, with nothing below."""
    return {
        "id": "polywell",
        "type": "links",
        "name": "polywell",
        "description": "The published list of one home",
        "base_url": None,
        "homepage": None,
        "link_type": "root",
    }
