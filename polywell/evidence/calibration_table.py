"""The calibration as a table that a person can read and compare: `tables/calibration.toml`.

Everything that a prediction needs stands in it: the inputs' names, one line a tree, intervals over their
grid, and one line for each measured row that others are compared with. Its digest names the rows that it
was made from.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import tomli

from polywell.data.tables import TABLES
from polywell.evidence.calibration import Calibration
from polywell.evidence.model.family import FamilyModel, Odds
from polywell.evidence.model.intervals import SUPPORTS, Intervals
from polywell.evidence.model.neighbours import KnownRow, Neighbourhood
from polywell.evidence.model.trees import Trees

SCHEMA = 3
HEAD = """\
# Calibrated critical temperatures: `polywell calibrate` writes this, the screening reads it. No hand edits.
#
# The model stands in calibration_protocol.md. A tree is a line: a split is column<threshold (missing
# values go right) or column?threshold (left), a leaf is its value; the left branch follows its split. T_c
# in K. A measured row is a line: id, T_c (- where none was seen), measured minus fitted T_c, 1/n sheets,
# formal valence (- where it is not known), pressure as arcsinh(GPa/5), and the elements for each atom of the
# metal of the net.
"""
NOTHING = "-"


class CalibrationTableError(ValueError):
    """A calibration table cannot be used."""


def to_text(calibration: Calibration) -> str:
    """The calibration as TOML; the same calibration gives the same text."""
    lines = [HEAD, f"schema = {SCHEMA}", f"algorithm_version = {calibration.algorithm_version}"]
    lines += ["", "[digests]"]
    lines += [f"{name} = {_value(digest)}" for name, digest in calibration.digests]
    for model in calibration.models:
        lines += [
            "",
            "[[family]]",
            f"name = {_value(model.family)}",
            f"metal = {_value(model.metal)}",
            f"lambda_k_ang2 = {_value(model.lambda_k_ang2)}",
            f"family_digest = {_value(model.family_digest)}",
            f"rows = {model.rows}",
            f"superconducting = {model.superconducting}",
            f"support_scale = {_value(model.neighbourhood.scale)}",
            f"columns = {_list(model.columns)}",
            f"interval = {_interval(model.interval)}",
            f"best_interval = {_interval(model.best_interval)}",
            *_trees("tc", model.tc),
            *([] if model.odds is None else _odds(model.odds)),
            "measured = '''",
            *map(_known, model.neighbourhood.rows),
            "'''",
        ]
    return "\n".join(lines) + "\n"


def from_text(text: str) -> Calibration:
    """Read what `to_text` wrote.

    Raises:
        CalibrationTableError: no TOML, another schema, or a field that is missing, unknown or of no use.
    """
    try:
        content = tomli.loads(text)
        if content.get("schema") != SCHEMA:
            raise CalibrationTableError(
                f"calibration table: schema {content.get('schema')!r}, expected {SCHEMA}; "
                "write it anew with this version of polywell"
            )
        return Calibration(
            tuple(_model(family) for family in content["family"]),
            int(content["algorithm_version"]),
            tuple((name, str(digest)) for name, digest in content["digests"].items()),
        )
    except (tomli.TOMLDecodeError, KeyError, TypeError) as error:
        raise CalibrationTableError(
            f"calibration table: {type(error).__name__}: {error}; expected the table that `to_text` writes"
        ) from error


def load_calibration(path: Path) -> Calibration:
    """A calibration of one's own, such as that of a home: the table that `polywell calibrate` writes.

    Raises:
        CalibrationTableError: no such file, or it cannot be used.
    """
    try:
        return from_text(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CalibrationTableError(
            f"{str(path)!r} cannot be read ({error}); expected the table that `polywell calibrate` writes"
        ) from error


@cache
def built_in_calibration() -> Calibration:
    """The calibration that comes with polywell."""
    return from_text((TABLES / "calibration.toml").read_text(encoding="utf-8"))


def _model(family: dict[str, Any]) -> FamilyModel:
    odds = None
    if "odds_trees" in family:
        trees = Trees(family["odds_baseline"], tuple(family["odds_trees"].splitlines()))
        odds = Odds(trees, *family["odds_strengths"])
    return FamilyModel(
        family=family["name"],
        metal=family["metal"],
        lambda_k_ang2=family["lambda_k_ang2"],
        family_digest=family["family_digest"],
        columns=tuple(family["columns"]),
        tc=Trees(family["tc_baseline"], tuple(family["tc_trees"].splitlines())),
        odds=odds,
        interval=_read_interval(family["interval"]),
        best_interval=_read_interval(family["best_interval"]),
        neighbourhood=Neighbourhood(
            tuple(_read_known(line) for line in family["measured"].splitlines()), family["support_scale"]
        ),
        rows=family["rows"],
        superconducting=family["superconducting"],
    )


def _trees(name: str, trees: Trees) -> list[str]:
    return [f"{name}_baseline = {_value(trees.baseline)}", f"{name}_trees = '''", *trees.lines, "'''"]


def _odds(odds: Odds) -> list[str]:
    return [f"odds_strengths = {_list((odds.below, odds.above))}", *_trees("odds", odds.trees)]


def _interval(one: Intervals) -> str:
    low = ", ".join(_list(row) for row in one.low_k)
    high = ", ".join(_list(row) for row in one.high_k)
    return (
        f"{{ rows = {one.rows}, support = {_list(SUPPORTS)}, predicted_k = {_list(one.predicted_k)}, "
        f"low_k = [{low}], high_k = [{high}] }}"
    )


def _read_interval(held: dict[str, Any]) -> Intervals:
    if tuple(held["support"]) != SUPPORTS:
        raise CalibrationTableError(
            f"calibration table: intervals over the support {held['support']}, expected {SUPPORTS}; "
            "write it anew with this version of polywell"
        )
    return Intervals(
        tuple(held["predicted_k"]),
        tuple(tuple(row) for row in held["low_k"]),
        tuple(tuple(row) for row in held["high_k"]),
        held["rows"],
    )


def _known(row: KnownRow) -> str:
    words = [
        row.id,
        NOTHING if row.tc_k is None else f"{row.tc_k:g}",
        f"{row.residual_k:g}",
        f"{row.sheets:g}",
        NOTHING if row.valence is None else f"{row.valence:g}",
        f"{row.pressure:g}",
        *(f"{symbol}{amount:g}" for symbol, amount in row.amounts),
    ]
    return " ".join(words)


def _read_known(line: str) -> KnownRow:
    id, tc, residual, sheets, valence, pressure, *amounts = line.split(" ")
    return KnownRow(
        id,
        None if tc == NOTHING else float(tc),
        float(residual),
        tuple(_amount(word) for word in amounts),
        float(sheets),
        None if valence == NOTHING else float(valence),
        float(pressure),
    )


def _amount(word: str) -> tuple[str, float]:
    symbol = word[:2] if word[1:2].isalpha() else word[:1]
    return symbol, float(word[len(symbol) :])


def _list(values: Sequence[str] | Sequence[float]) -> str:
    return "[" + ", ".join(_value(value) for value in values) + "]"


def _value(value: str | float) -> str:
    """A string or a number in TOML, the number in its shortest exact form."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(float(value))
