"""The page of the evaluation: first of all whether a baseline wins, then every score beside the baselines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from polywell import ALGORITHM_VERSION
from polywell.evidence.evaluation import scores
from polywell.evidence.evaluation.baselines import BASELINES
from polywell.evidence.evaluation.evaluate import CALIBRATED, CONSTANT, Prediction, Split
from polywell.evidence.evaluation.hindsight import GOOD, NO_LISTS, Hindsight
from polywell.evidence.evaluation.over_time import AFTER, TimePoint
from polywell.evidence.evaluation.scoring import (
    AREA,
    BINS_K,
    BRIER,
    COVERAGE,
    ENVELOPE_SHARE,
    ERROR,
    FAR,
    NEAR,
    ORDER,
    READ_ERROR,
    Evaluation,
    Score,
    bin_name,
    winners,
)
from polywell.evidence.evaluation.verdict import verdict
from polywell.evidence.rows.standing import standing
from reports.html.names import EVALUATION_DATA, EVALUATION_PAGE
from reports.html.study import study_files
from reports.html.writing import File
from reports.studies.hindsight import helped_figure, helped_sentences
from reports.studies.validation_figures import measured_figure, time_figure

PAGE, DATA = EVALUATION_PAGE, EVALUATION_DATA
SCHEMA = 2
"""Version of the JSON's layout; raised when a reader of the older one would misread it."""

LISTED = 500
"""Rows of a list of left-out entries that the page shows; the JSON has all."""

SHOWN_SCORES = (
    (ERROR, "Mean absolute error", 1),
    ("error above calibration", "Error above calibration", 1),
    (READ_ERROR, "Error, all read", 1),
    (ORDER, "Rank correlation", 2),
    (COVERAGE, "Coverage of the 80\u00a0% interval", 2),
    (FAR, "Coverage, less support", 2),
    (NEAR, "Coverage, more support", 2),
    *((bin_name(*ends), bin_name(*ends).capitalize(), 1) for ends in BINS_K),
    (ENVELOPE_SHARE, "Envelope share", 2),
    (AREA, "Area under the curve", 2),
    (BRIER, "Brier score", 2),
)
"""Columns of the score tables: name of the score, heading, digits."""

PREDICTORS = (CALIBRATED, CONSTANT, *BASELINES)

TITLES = {
    Split.COMPOUND: "The compound unseen",
    Split.SYSTEM: "The chemical system unseen",
    Split.BASE: "The base element set unseen",
    Split.STRUCTURE_TYPE: "The structure type unseen",
    Split.OUTSIDE: "Data from outside the library",
}
LEFT_OUT = {
    Split.COMPOUND: "A fifth of all compounds left the training data at a time, each with all its dopings, "
    "isovalent mixtures and oxygen contents.",
    Split.SYSTEM: "A fifth of all chemical systems (sets of elements without oxygen) left the training "
    "data at a time.",
    Split.BASE: "A fifth of all base element sets (chemical systems without dopants) left the training "
    "data at a time.",
    Split.STRUCTURE_TYPE: "A fifth of all structure types left the training data at a time, each with all "
    "its rows.",
    Split.OUTSIDE: "No row from outside trains anything. The chemical system of the tested row left the "
    "training data, where they hold it.",
}
"""Which rows leave together with the tested one."""


@dataclass(frozen=True)
class Unused:
    """An entry that was handed in and not evaluated: its id, a word of a closed list, and a sentence."""

    id: str
    cause: str
    message: str


@dataclass(frozen=True)
class ValidationPayload:
    """Everything that the page shows.

    `source` says what was evaluated; `against` is the spec of data from outside, None for the built-in rows.
    `handed_in` counts the entries before any was unread, not a candidate or evaluated. `correction` names the
    database correction that was applied to ξ, None where none was.
    """

    evaluation: Evaluation
    source: str
    against: str | None
    splits: tuple[Split, ...]
    training_rows: int
    handed_in: int
    unread: tuple[Unused, ...]
    not_candidates: tuple[Unused, ...]
    digests: tuple[tuple[str, str], ...]
    protocol_written: str
    correction: str | None = None
    over_time: tuple[TimePoint, ...] = ()
    helped: Hindsight = NO_LISTS
    resamples: int = scores.RESAMPLES


def validation_files(folder: Path, payload: ValidationPayload) -> Iterator[File]:
    """Give `index.html` and `validation.json`.

    Args:
        folder: where the two files go.
        payload: the evaluation, and what it stands on.
    """
    splits = tuple(_split(payload.evaluation, split) for split in payload.splits)
    shown = {
        "sentences": sentences(payload),
        "payload": payload,
        "splits": splits,
        "columns": SHOWN_SCORES,
        "baselines": PREDICTORS[1:],
        "superconducting": sum(one.tc_measured_k is not None for one in _tested(payload)),
        "tested": len(_tested(payload)),
        "seen": _seen(payload.evaluation) if payload.against is not None else (),
        "curve": time_figure(payload.over_time),
        "points": payload.over_time,
        "after": AFTER,
        "helped": payload.helped,
        "helped_figure": helped_figure(payload.helped),
        "helped_sentences": list(chain(*helped_sentences(payload.helped))),
        "good": GOOD,
        "unread": _causes(payload.unread),
        "not_candidates": _causes(payload.not_candidates),
        "listed": LISTED,
        "lists": (
            ("unread", "Entries that could not be read", payload.unread),
            ("not-candidates", "Entries that are no candidates", payload.not_candidates),
        ),
        "stands_on": standing(),
        "envelope": scores.ENVELOPE,
        "seed": scores.SEED,
        "algorithm_version": ALGORITHM_VERSION,
    }
    values = validation_data(payload)
    return study_files(folder / PAGE, folder / DATA, values, "validation", shown)


def sentences(payload: ValidationPayload) -> tuple[str, ...]:
    """The verdict over all splits, the losses of the calibration before everything else."""
    lost: list[str] = []
    won: list[str] = []
    for split in payload.splits:
        said = verdict(payload.evaluation, split)
        losses = sum(
            bool(winners(payload.evaluation, split, family)) for family in families(payload.evaluation, split)
        )
        lost.extend(said[:losses])
        won.extend(said[losses:])
    missed, found = helped_sentences(payload.helped)
    lost.extend(missed)
    won.extend(found)
    return (*lost, *won) or ("Nothing could be scored: no row was predicted.",)


def families(evaluation: Evaluation, split: Split) -> tuple[str, ...]:
    """The families that have scores in a split, in the order of the evaluation."""
    return tuple(dict.fromkeys(score.family for score in evaluation.scores if score.split == split))


def validation_data(payload: ValidationPayload) -> dict[str, Any]:
    """Every number of the page, and every prediction, as plain values for JSON."""
    evaluation = payload.evaluation
    return {
        "schema": SCHEMA,
        "algorithm_version": ALGORITHM_VERSION,
        "source": payload.source,
        "against": payload.against,
        "database_correction": payload.correction,
        "digests": dict(payload.digests),
        "protocol_written": payload.protocol_written,
        "bootstrap": {"resamples": payload.resamples, "seed": scores.SEED, "percentiles": scores.PERCENTILES},
        "verdict": list(sentences(payload)),
        "winners": [
            {"split": split, "family": family, "baselines": winners(evaluation, split, family)}
            for split in payload.splits
            for family in families(evaluation, split)
        ],
        "stands_on": standing(),
        "counts": {
            "training_rows": payload.training_rows,
            "handed_in": payload.handed_in,
            "unread": len(payload.unread),
            "not_candidates": len(payload.not_candidates),
            "tested": len(_tested(payload)),
            "superconducting": sum(one.tc_measured_k is not None for one in _tested(payload)),
        },
        "scores": [asdict(score) for score in evaluation.scores],
        "predictions": [asdict(one) for one in evaluation.predictions],
        "over_time": [asdict(point) for point in payload.over_time],
        "helped": asdict(payload.helped) | {"sentences": list(chain(*helped_sentences(payload.helped)))},
        "seen": dict(_seen(evaluation)) if payload.against is not None else None,
        "unpredicted": [{"split": split, "id": id_} for split, id_ in evaluation.unpredicted],
        "unread": [asdict(one) for one in payload.unread],
        "not_candidates": [asdict(one) for one in payload.not_candidates],
    }


def _tested(payload: ValidationPayload) -> list[Prediction]:
    """One prediction for each row that some split predicted."""
    seen = {one.id: one for one in payload.evaluation.predictions if one.predictor == CALIBRATED}
    return list(seen.values())


def _calibrated(evaluation: Evaluation, split: Split, family: str) -> list[Prediction]:
    return [
        one
        for one in evaluation.predictions
        if (one.split, one.predictor, one.family) == (split, CALIBRATED, family)
    ]


def _seen(evaluation: Evaluation) -> tuple[tuple[str, int], ...]:
    """How many rows from outside the training rows hold in composition, in chemical system, or not at all."""
    counts = Counter(one.seen for one in evaluation.predictions if one.predictor == CALIBRATED)
    return tuple((name, counts[name]) for name in ("composition", "chemical system", "nothing"))


def _split(evaluation: Evaluation, split: Split) -> dict[str, Any]:
    """One way of leaving rows out, as the page shows it."""
    return {
        "key": split.value.replace(" ", "-"),
        "title": TITLES[split],
        "lead": LEFT_OUT[split],
        "families": [_family(evaluation, split, family) for family in families(evaluation, split)],
        "unpredicted": [id_ for name, id_ in evaluation.unpredicted if name == split],
        "rows": _rows(evaluation, split),
    }


def _family(evaluation: Evaluation, split: Split, family: str) -> dict[str, Any]:
    """The scores and the figure of one family in one split; `better` has an error below the calibration's."""
    here = {
        (score.predictor, score.score): score
        for score in evaluation.scores
        if (score.split, score.family) == (split, family)
    }
    better = winners(evaluation, split, family)
    known = {predictor for predictor, _ in here}
    lines = [
        {
            "predictor": predictor,
            "better": predictor in better,
            "cells": [_cell(here.get((predictor, name)), digits) for name, _, digits in SHOWN_SCORES],
        }
        for predictor in PREDICTORS
        if predictor in known
    ]
    rows = _calibrated(evaluation, split, family)
    hot = [one for one in rows if one.tc_measured_k is not None]
    return {
        "family": family,
        "title": family,
        "superconducting": len(hot),
        "rows": len(rows),
        "systems": len({one.system for one in rows}),
        "lines": lines,
        "image": measured_figure(family, hot, LEFT_OUT[split]) if hot else None,
    }


def _cell(score: Score | None, digits: int) -> dict[str, str]:
    """A score as text, with the ends of its interval; empty where the data do not define it."""
    value, low, high = (None, None, None) if score is None else (score.value, score.low, score.high)
    known = None not in (value, low, high)
    interval = f"{_number(low, digits)} … {_number(high, digits)}" if known else ""
    return {"value": _number(value, digits), "interval": interval}


def _number(value: float | None, digits: int) -> str:
    """A number with a true minus sign; what rounds to nothing has none."""
    if value is None:
        return ""
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")


def _rows(evaluation: Evaluation, split: Split) -> tuple[tuple[str, ...], ...]:
    """Every tested row: id, family, measured, expected, interval, whether it holds, probability, ..."""
    by_row: dict[str, dict[str, Prediction]] = {}
    for one in evaluation.predictions:
        if one.split == split:
            by_row.setdefault(one.id, {})[one.predictor] = one
    shown = []
    for said in by_row.values():
        own = said[CALIBRATED]
        measured = own.tc_measured_k
        held = ""
        if measured is not None and own.low_k is not None and own.high_k is not None:
            held = "yes" if own.low_k <= measured <= own.high_k else "no"
        shown.append(
            (
                own.id,
                own.family,
                "none" if measured is None else _number(measured, 1),
                _number(own.expected_k, 1),
                f"{_number(own.low_k, 1)} … {_number(own.high_k, 1)}",
                held,
                _number(own.superconducting_probability, 2),
                _number(own.support, 2),
                *(_number(said[name].expected_k, 1) if name in said else "" for name in PREDICTORS[1:]),
            )
        )
    return tuple(shown[:LISTED])


def _causes(unused: Sequence[Unused]) -> tuple[tuple[str, int], ...]:
    """How many entries each cause kept out, the most frequent first."""
    return tuple(Counter(one.cause for one in unused).most_common())
