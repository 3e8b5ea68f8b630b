"""A dossier made from catalog rows: everything that is known of one candidate, in the order it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymatgen.core import Composition

from polywell.columns import ENTRY_COLUMNS
from polywell.doping import formal_valence, replacements_for, stripe_series
from polywell.hazards import hazards
from polywell.proposal.charges import NoChargeError
from polywell.proposal.pressure import compressibilities
from polywell.rediscovery import known_compound, nearest_relatives
from polywell.sensitivity import doubt, pressure_for_gpa, shorter_by, xi_relative_doubt
from reports.cif import cif_text, has_structure, sha256_of
from reports.dossier_payload import (
    Derivation,
    Dossier,
    Estimate,
    Fact,
    HazardLine,
    Interval,
    KnownLine,
    PhaseLine,
    PressureLine,
    RelativeLine,
    Sibling,
    StripeLine,
)
from reports.dossier_words import MAX_NAME, cite_lines, in_short, marks, origin_word
from reports.names import safe_name
from reports.scene import GREEK, scene
from reports.table import Row, ceiling_phase, clipped, finite

MAX_SIBLINGS = 12
RELATIVES = 5
REPLACEMENTS = 6

PROVENANCE = (
    "source id formula doping pressure_gpa theoretical e_above_hull_ev functional magnetic_ordering "
    "database_ids database_version last_updated licence citation checked note deprecated first_seen "
    "last_changed structure_digest algorithm_version families_digest calibration_digest"
).split()
"""Columns of the registry that the provenance lists, where the row has them."""

_COLUMNS = {column.name: column for column in ENTRY_COLUMNS}


@dataclass(frozen=True)
class Context:
    """What the dossiers of one run share: its candidates, its manifest, heights of the library, by id."""

    ranked: Sequence[Row]
    manifest: Mapping[str, Any]
    heights_ang: Mapping[str, float]
    by_compound: Mapping[str, Sequence[Row]]
    with_dossier: frozenset[str]

    @classmethod
    def of(
        cls,
        ranked: Sequence[Row],
        manifest: Mapping[str, Any],
        measured: Sequence[Row],
        with_dossier: Sequence[str] = (),
    ) -> Context:
        """Gather the context of a run.

        Args:
            ranked: rows of the candidates in ranked order.
            manifest: the run's manifest.
            measured: rows of the reference library's candidates.
            with_dossier: ids of the entries that get a dossier, so that others can link to it.
        """
        groups: dict[str, list[Row]] = {}
        for row in ranked:
            groups.setdefault(str(row["compound"] or row["formula"]), []).append(row)
        heights = {
            str(row["id"]): xi for row in measured if (xi := finite(row["xi_ceiling_ang"])) is not None
        }
        return cls(ranked, manifest, heights, groups, frozenset(with_dossier))


def dossier(row: Row, structure: Row | None, context: Context) -> Dossier:
    """Gather what is known of one candidate.

    Args:
        row: the candidate's row, with the columns of `polywell.columns`.
        structure: its row of the structures table; None where it is not at hand.
        context: what the dossiers of the run share.

    Raises:
        ValueError: the row is no candidate, or row and structure do not belong together.
    """
    ceiling = finite(row["tc_ceiling_k"])
    if ceiling is None or not row["phases"]:
        raise ValueError(
            f"{row['id']!r} is {row.get('outcome')}, not a candidate: it has no cage to tell of "
            f"({clipped(row.get('message'), MAX_NAME)})"
        )
    elements = tuple(row["elements"] or ())
    xi = float(row["xi_ceiling_ang"])
    found = known_compound(str(row["formula"]), str(row["metal"]))
    relatives = nearest_relatives(xi, dict(context.heights_ang), str(row["metal"]), RELATIVES)
    named = _named_relatives(row)
    tops = [ceiling, *(finite(row[f"tc_{name}_high_k"]) or 0.0 for name in ("ceiling", "outer"))]
    tops += [one.row.representative_tc_k() or 0.0 for one in relatives] + [tc for _, _, tc in named]
    tops += [finite(row.get("tc_high_k")) or 0.0, (found.tc_k or 0.0) if found else 0.0]
    end = 20.0 * (int(max(tops) * 1.02 / 20) + 1)
    main = ceiling_phase(row)
    cif = cif_text(structure) if structure is not None and has_structure(structure) else ""
    shorter = shorter_by(xi, float(main["lambda_k_ang2"])) if main else None
    replacements = replacements_for(str(row["family"]), elements)
    valence, note = _valence(row)
    warned = hazards(elements)
    known = _known(found) if found else None
    group = context.by_compound.get(str(row["compound"] or row["formula"]), ())
    siblings = [one for one in group if one["id"] != row["id"]]
    derived = _derivation(row, main, context.manifest) if main else None
    lines = tuple(
        HazardLine(
            hazard.remark.level == "severe",
            hazard.remark.kind,
            ", ".join(hazard.elements),
            hazard.remark.meaning,
            hazard.remark.source,
            hazard.remark.checked,
        )
        for hazard in warned
    )
    estimate = _estimate(row, end)
    return Dossier(
        file=safe_name(str(row["source"]), str(row["id"])),
        source=clipped(row["source"], MAX_NAME),
        id=clipped(row["id"], MAX_NAME),
        formula=clipped(row["formula"] or row["id"], MAX_NAME),
        family=str(row["family"]),
        metal=str(row["metal"]),
        rank=row["rank"],
        candidates=int(context.manifest.get("candidates", len(context.ranked))),
        in_short=tuple(in_short(row, main, known, estimate, derived, lines)),
        marks=tuple(marks(row, known)),
        axis_k=end,
        axis_ticks=tuple(
            (k, round(100 * k / end, 2)) for k in range(0, int(end) + 1, 20 if end <= 100 else 40)
        ),
        phases=tuple(_phase(phase, xi, end) for phase in row["phases"]),
        ceiling=_interval(ceiling, row["tc_ceiling_low_k"], row["tc_ceiling_high_k"], end),
        derivation=derived,
        estimate=estimate,
        known=known,
        relatives=_relatives(relatives, named, end),
        relatives_by="likeness in the calibrated model"
        if named
        else "nearness of ξ, same metal in the sheet",
        siblings=tuple(_sibling(one, context) for one in siblings[:MAX_SIBLINGS]),
        siblings_total=len(siblings),
        hazards=lines,
        valence=None if valence is None else round(valence[0], 3),
        d_electrons=None if valence is None else round(valence[1], 3),
        valence_note=note,
        stripes=tuple(
            StripeLine(step.n, str(step.doping), float(step.doping), step.meaning) for step in stripe_series()
        ),
        replacements=replacements[:REPLACEMENTS],
        shorter_xi_ang=None if shorter is None else shorter.xi_ang,
        shorter_tc_k=None if shorter is None else shorter.tc_k,
        shorter_change_k=None if shorter is None else shorter.change_k,
        pressures=_pressures(str(row["family"]), str(row["metal"])),
        provenance=tuple(_provenance(row)),
        cite=tuple(cite_lines(row, context.manifest, cif)),
        cif=cif,
        cif_sha256=sha256_of(cif) if cif else "",
        scene=scene(structure, row["phases"]),
    )


def _interval(tc_k: float, low: Any, high: Any, end: float) -> Interval:
    low_k, high_k = finite(low), finite(high)
    start = 100 * (tc_k if low_k is None else max(0.0, low_k)) / end
    stop = 100 * (tc_k if high_k is None else high_k) / end
    return Interval(
        tc_k,
        low_k,
        high_k,
        round(min(100, 100 * tc_k / end), 2),
        round(start, 2),
        round(min(100, stop) - start, 2),
    )


def _phase(phase: Mapping[str, Any], ceiling_xi: float, end: float) -> PhaseLine:
    tc = finite(phase["tc_k"])
    return PhaseLine(
        name=phase["phase"],
        letter=GREEK.get(phase["phase"], phase["phase"]),
        cage=phase["cage"],
        apexes="–".join(phase["apexes"] or ()),
        metal=clipped(phase["metal_mix"] or phase["metal"], MAX_NAME),
        ligand=phase["ligand"],
        xi_ang=float(phase["xi_ang"]),
        xi_spread_ang=finite(phase["xi_spread_ang"]) or 0.0,
        bond_ang=finite(phase["bond_ang"]),
        bond_angle_deg=finite(phase["bond_angle_deg"]),
        sheets=clipped(phase["sheets_per_block"], MAX_NAME),
        faces=int(phase["faces"] or 0),
        count=int(phase["count"] or 0),
        is_ceiling=phase["xi_ang"] == ceiling_xi and tc is not None,
        extrapolation=clipped(phase["extrapolation"], MAX_NAME),
        tc=None if tc is None else _interval(tc, phase["tc_low_k"], phase["tc_high_k"], end),
    )


def _derivation(row: Row, main: Row, manifest: Mapping[str, Any]) -> Derivation | None:
    family = next(
        (
            one
            for one in manifest.get("families", ())
            if one["name"] == row["family"] and one["metal"] == main["metal"]
        ),
        None,
    )
    if family is None:
        return None
    relative = xi_relative_doubt(str(main["cage"]), row["theoretical"])
    xi = float(main["xi_ang"])
    found = doubt(
        xi,
        float(family["lambda_k_ang2"]),
        float(family["spread_k_ang2"]),
        relative,
        finite(main["xi_spread_ang"]) or 0.0,
    )
    return Derivation(
        letter=GREEK.get(str(main["phase"]), str(main["phase"])),
        lambda_k_ang2=float(family["lambda_k_ang2"]),
        spread_k_ang2=float(family["spread_k_ang2"]),
        lambda_source=clipped(family["source"], MAX_NAME),
        xi_ang=xi,
        xi_doubt_percent=100 * relative,
        xi_origin="measured" if row["theoretical"] is False else "computed",
        tc_k=found.tc_k,
        deviation_k=found.deviation_k,
        share_lambda=round(100 * found.share_lambda, 1),
        share_xi=round(100 * found.share_xi, 1),
        share_copies=round(100 * found.share_copies, 1),
    )


def _estimate(row: Row, end: float) -> Estimate | None:
    expected = finite(row.get("tc_expected_k"))
    if expected is None:
        return None
    return Estimate(
        tc=_interval(expected, row.get("tc_low_k"), row.get("tc_high_k"), end),
        support=finite(row.get("support")),
        support_word=clipped(row.get("support_word"), MAX_NAME),
        probability=finite(row.get("superconducting_probability")),
    )


def _named_relatives(row: Row) -> list[tuple[str, float | None, float]]:
    """Nearest known superconductors as the calibrated model names them: name, similarity, T_c."""
    names, alike = row.get("nearest_known") or (), list(row.get("nearest_similarity") or ())
    measured = row.get("nearest_tc_k") or ()
    alike += [None] * (len(names) - len(alike))
    return [
        (clipped(name, MAX_NAME), finite(similarity), tc)
        for name, similarity, value in zip(names, alike, measured, strict=False)
        if (tc := finite(value)) is not None
    ][:RELATIVES]


def _relatives(
    relatives: Sequence[Any], named: Sequence[tuple[str, float | None, float]], end: float
) -> tuple[RelativeLine, ...]:
    if named:
        return tuple(
            RelativeLine(name, "", None, None, None, alike, _interval(tc, None, None, end), "", "", "")
            for name, alike, tc in named
        )
    return tuple(
        RelativeLine(
            compound=one.row.compound,
            doping=one.row.doping,
            pressure_gpa=one.row.pressure_gpa,
            xi_ang=one.xi_ang,
            distance_ang=one.distance_ang,
            similarity=None,
            tc=_interval(one.row.representative_tc_k() or 0.0, None, None, end),
            tc_kind=_kind(one.row),
            source=one.row.source,
            doi=one.row.doi,
        )
        for one in relatives
    )


def _kind(row: Any) -> str:
    if row.tc_k:
        return str(row.tc_kind)
    return "onset" if row.tc_onset_k else "zero resistance" if row.tc_zero_k else "Meissner effect"


def _known(found: Any) -> KnownLine:
    row = found.best or found.rows[0]
    return KnownLine(
        compound=row.compound,
        tc_k=found.tc_k,
        tc_kind=_kind(row) if found.best else "",
        pressure_gpa=row.pressure_gpa,
        doping=row.doping,
        source=row.source,
        checked=row.checked,
        reports=len(found.rows),
    )


def _sibling(row: Row, context: Context) -> Sibling:
    known = str(row["id"]) in context.with_dossier
    return Sibling(
        rank=row["rank"],
        id=clipped(row["id"], 60),
        formula=clipped(row["formula"], 60),
        xi_ang=float(row["xi_ceiling_ang"]),
        tc_k=float(row["tc_ceiling_k"]),
        theoretical=origin_word(row["theoretical"]),
        e_above_hull_ev=finite(row["e_above_hull_ev"]),
        link=f"{safe_name(str(row['source']), str(row['id']))}.html" if known else "",
    )


def _valence(row: Row) -> tuple[tuple[float, float] | None, str]:
    formula = str(row["formula"] or "")
    if len(formula) > MAX_NAME:
        return None, "the formula is too long to be read"
    try:
        found = formal_valence(Composition(formula), str(row["metal"]))
    except (NoChargeError, ValueError) as error:
        return None, clipped(error, MAX_NAME)
    return (found.valence, found.d_electrons), ""


def _pressures(family: str, metal: str) -> tuple[PressureLine, ...]:
    symbols = {"cuprate": "Cu", "nickelate": "Ni", "iron-based": "Fe"}
    wanted = symbols.get(family, metal)
    return tuple(
        PressureLine(
            one.name, one.kappa_normal_per_gpa, pressure_for_gpa(1.0, one.kappa_normal_per_gpa), one.source
        )
        for one in compressibilities()
        if wanted in one.name
    )


def _provenance(row: Row) -> list[Fact]:
    facts = []
    for name in PROVENANCE:
        value, column = row.get(name), _COLUMNS.get(name)
        if value is None or value == "" or column is None or (isinstance(value, float) and value != value):
            continue
        text = ("yes" if value else "no") if isinstance(value, bool) else clipped(value)
        facts.append(Fact(column.label, f"{text} {column.unit}".strip(), column.meaning))
    return facts
