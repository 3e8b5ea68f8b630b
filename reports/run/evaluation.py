"""What the evaluation of the calibration found, in one sentence for each family and way of testing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reports.html.cells import clipped
from reports.html.names import EVALUATION_DATA as DATA
from reports.html.names import EVALUATION_PAGE as PAGE

COPY = "validation.html"
"""Name of the page of the evaluation beside the page of a run."""

TESTED = {
    "chemical system": "chemical systems left out of the fit",
    "structure type": "structure types left out of the fit",
    "outside data": "data from outside",
}
ERROR, OURS = "mean absolute error", "calibrated"
"""The score by which predictors are compared, and the one of these pages."""

SCHEMA = 2
"""Form of the data that is read here; of another, written by another program, only the page is named."""

MAX_NAME = 200

_OTHER_PAGES = re.compile(rb'<nav class="pages".*?</nav>', re.DOTALL)
_OTHER_FILE = re.compile(rb'<a href="(?!#|https?:|data:)[^"]*"[^>]*>(.*?)</a>', re.DOTALL)
"""A link to a file that does not lie beside the page of a run."""


@dataclass(frozen=True)
class Evaluation:
    """Sentences with figures, whether these are of the run's calibration, and the page that has all.

    `of_family` holds the sentence of each family on chemical systems left out.
    """

    sentences: tuple[str, ...]
    is_current: bool
    page: str
    of_family: Mapping[str, str] = field(default_factory=dict)


def evaluation(data: Mapping[str, Any], calibration_digest: str) -> Evaluation:
    """Word the data of `polywell validate`, comparisons that were lost to a simpler predictor first.

    Args:
        data: what stands in `validation.json`.
        calibration_digest: digest of the training data of the run's calibration.

    Raises:
        ValueError: the data are of another form.
    """
    if not isinstance(data, Mapping):
        raise ValueError(f"{DATA} holds no object: run `polywell validate` again, or delete the file")
    if data.get("schema") != SCHEMA:
        return Evaluation((), False, COPY)
    try:
        scores = {
            (row["split"], row["family"], row["score"]): row
            for row in data["scores"]
            if row["split"] in TESTED and row["predictor"] == OURS and row["value"] is not None
        }
        groups = list(dict.fromkeys((split, family) for split, family, _ in scores))
        is_current = data["digests"]["training"] == calibration_digest
        beaten = _beaten(data["scores"])
        groups.sort(key=lambda group: group not in beaten)
        sentences = [_sentence(*group, scores, beaten.get(group)) for group in groups]
        if data["against"]:
            sentences = [f"{one[:-1]}: {clipped(data['source'], MAX_NAME)}." for one in sentences]
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{DATA} is not what `polywell validate` writes (no {error}): run it again, or delete the file"
        ) from error
    own = {
        family: said
        for (split, family), said in zip(groups, sentences, strict=True)
        if split == "chemical system"
    }
    return Evaluation(tuple(sentences), is_current, COPY, own)


def copied_evaluation(folder: Path, calibration_digest: str) -> tuple[Evaluation | None, bytes | None]:
    """Read the evaluation in `folder`, and its page as it stands there; None where there is none.

    Raises:
        ValueError: the data are of another form.
        OSError: the page cannot be read.
    """
    data, page = folder / DATA, folder / PAGE
    if not (data.exists() and page.exists()):
        return None, None
    found = evaluation(json.loads(data.read_text(encoding="utf-8")), calibration_digest)
    return found, beside_the_run(page.read_bytes())


def beside_the_run(page: bytes) -> bytes:
    """The page of the evaluation as it stands beside that of a run: it links there, and to no other file."""
    home = b'<nav class="pages" aria-label="Other pages"><a href="index.html">Run</a></nav>'
    alone = _OTHER_FILE.sub(rb"\1", page)
    return (
        _OTHER_PAGES.sub(home, alone)
        if _OTHER_PAGES.search(alone)
        else alone.replace(b"</main>", home + b"</main>")
    )


def _beaten(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], tuple[str, float]]:
    """Splits and families where a simpler predictor misses by less, with the best of them and its error."""
    errors: dict[tuple[str, str], dict[str, float]] = {}
    for row in rows:
        if row["score"] == ERROR and row["value"] is not None:
            errors.setdefault((row["split"], row["family"]), {})[row["predictor"]] = float(row["value"])
    best = {group: min(of.items(), key=lambda item: item[1]) for group, of in errors.items()}
    return {group: one for group, one in best.items() if one[1] < errors[group].get(OURS, -1.0)}


def _sentence(
    split: str,
    family: str,
    scores: Mapping[tuple[str, str, str], Mapping[str, Any]],
    beaten: tuple[str, float] | None,
) -> str:
    error = scores[split, family, ERROR]
    held = scores[split, family, "coverage of the 80 % interval"]
    said = (
        f"{family.capitalize()}, {TESTED[split]}: T_c missed by {error['value']:.0f} K on average "
        f"({error['low']:.0f} to {error['high']:.0f} K), {100 * held['value']:.0f} % of the 80 % ranges "
        "held, "
    )
    if order := scores.get((split, family, "rank correlation")):
        said += f"rank correlation {order['value']:.2f}, ".replace("-", "−")
    said += f"{error['rows']} superconductors of {error['systems']} chemical systems"
    lost = "" if beaten is None else f"; lost to the {beaten[0]}, which misses by {beaten[1]:.0f} K"
    return f"{said}{lost}."
