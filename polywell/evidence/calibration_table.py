"""The calibration as text: one versioned TOML table, in an order that diffs well."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from functools import cache
from typing import Any

import tomli

from polywell.data.tables import TABLES
from polywell.evidence.calibration import Calibration, FamilyModel, TrainingRow
from polywell.evidence.features import Features
from polywell.evidence.kernel import TERMS

SCHEMA = 2
HEAD = """\
# Calibrated critical temperatures: `polywell calibrate` writes this, the screening reads it. No hand edits.
#
# The model stands in calibration_protocol.md. Variances and noise are squared logarithms of T_c; the features
# are those of polywell/evidence/features.py, lengths in Å, angles in degrees, pressure in GPa. A row without
# tc_k did not superconduct.
"""


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
            f"sheets = {_value(model.kind)}",
            f"lambda_k_ang2 = {_value(model.lambda_k_ang2)}",
            f"family_digest = {_value(model.family_digest)}",
            f"noise = {_value(model.noise)}",
            f"interval_scale = {_value(model.interval_scale)}",
            f"variances = {_table(dict(zip(TERMS, model.variances, strict=True)))}",
        ]
        for row in model.rows:
            lines += _lines(row)
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


@cache
def built_in_calibration() -> Calibration:
    """The calibration that comes with polywell."""
    return from_text((TABLES / "calibration.toml").read_text(encoding="utf-8"))


def _model(family: dict[str, Any]) -> FamilyModel:
    return FamilyModel(
        family=family["name"],
        kind=family["sheets"],
        lambda_k_ang2=family["lambda_k_ang2"],
        variances=tuple(family["variances"][term] for term in TERMS),
        noise=family["noise"],
        interval_scale=family["interval_scale"],
        rows=tuple(_row(family["name"], row) for row in family["row"]),
        family_digest=family["family_digest"],
    )


def _row(family: str, row: dict[str, Any]) -> TrainingRow:
    absent = {field.name: None for field in fields(Features) if str(field.type).endswith("None")}
    return TrainingRow(
        id=row["id"],
        compound=row["compound"],
        structure_type=row["structure_type"],
        composition=tuple(row["composition"].items()),
        features=Features(**{**absent, **row["features"], "family": family}),
        tc_k=row.get("tc_k"),
    )


def _lines(row: TrainingRow) -> list[str]:
    own = {name: value for name, value in asdict(row.features).items() if name != "family"}
    return [
        "",
        "[[family.row]]",
        f"id = {_value(row.id)}",
        f"compound = {_value(row.compound)}",
        f"structure_type = {_value(row.structure_type)}",
        *([f"tc_k = {_value(row.tc_k)}"] if row.tc_k is not None else []),
        f"composition = {_table(dict(row.composition))}",
        *(f"features.{name} = {_value(value)}" for name, value in own.items() if value is not None),
    ]


def _table(values: dict[str, float]) -> str:
    return "{ " + ", ".join(f"{name} = {_value(value)}" for name, value in values.items()) + " }"


def _value(value: str | float) -> str:
    """A string or a number in TOML, the number in its shortest exact form."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(float(value))
