"""The Prefect flow `ceiling`: the claim about nickelates, weighed anew with what the catalog now holds."""

from __future__ import annotations

from pathlib import Path

from prefect.artifacts import create_markdown_artifact

from flows.deployments.guard import flow
from flows.deployments.identity import artifact_key
from flows.deployments.notify import tell_failure
from flows.deployments.summary import ceiling_markdown, page_words
from flows.options import ScreenOptions, home_at
from flows.studies.nickelates import weigh
from reports.studies.nickelate_claim.words import headline


@flow(name="ceiling", persist_result=False, on_failure=[tell_failure], on_crashed=[tell_failure])
def ceiling(home: str | None = None, relax: bool = False, notify: list[str] | None = None) -> str:
    """Weighs the claim that nickelates will not exceed 100 K, and writes its page.

    Args:
        home: folder of the catalog and the pages; `POLYWELL_HOME` or that of `Home.at` if None.
        relax: relax a structure of each class under pressure; needs the extra `relax`.
        notify: notification blocks to tell when it fails, as `type/name`.

    Returns:
        The verdict in one sentence.
    """
    analysis, page = weigh(None if home is None else Path(home), relax)
    place = home_at(home)
    words = page_words(page, place, ScreenOptions.of({"home": home}).pages_url)
    text = ceiling_markdown(analysis.verdict, words)
    create_markdown_artifact(text, key=artifact_key("ceiling", place))
    return headline(analysis.verdict)
