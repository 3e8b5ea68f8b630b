"""A dossier made from catalog rows: everything that is known of one candidate, in the order it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from polywell.data.charges import NoChargeError
from polywell.data.hazards import hazards
from polywell.doping import replacements_for, stripe_series, valence_of
from polywell.known import known_compound
from polywell.proposal.pressure import compressibilities
from polywell.records import ENTRY_COLUMNS
from polywell.sensitivity import pressure_for_gpa, shorter_by
from reports.dossier.cif import cif_text, has_structure, sha256_of
from reports.dossier.derivation import derivation
from reports.dossier.payload import (
    CompoundGeometry,
    Dossier,
    Estimate,
    Fact,
    HazardLine,
    Interval,
    PhaseLine,
    PressureLine,
    Sibling,
    StripeLine,
)
from reports.dossier.relatives import known_line, relatives
from reports.dossier.scene import GREEK, scene
from reports.dossier.words import MAX_NAME, cite_lines, in_short, marks, origin_word
from reports.html.names import safe_name
from reports.run.table import Row, ceiling_phase, clipped, finite

MAX_SIBLINGS = 12
REPLACEMENTS = 6
HIGHEST = ("tc_ceiling_high_k", "tc_outer_high_k", "tc_corrected_high_k", "tc_high_k")
"""Columns that the common axis of temperature must hold."""

"""Formal valences of Cu, Ni and Fe in layered compounds lie between these."""

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
    near, near_by = relatives(row, context.heights_ang)
    tops = [ceiling, *(finite(row.get(name)) or 0.0 for name in HIGHEST)]
    tops += [one.tc_k for one in near] + [(found.tc_k or 0.0) if found else 0.0]
    end = 20.0 * (int(max(tops) * 1.02 / 20) + 1)
    main = ceiling_phase(row)
    cif = cif_text(structure) if structure is not None and has_structure(structure) else ""
    shorter = shorter_by(xi, float(main["lambda_k_ang2"])) if main else None
    replacements = replacements_for(str(row["family"]), elements)
    valence, note = _valence(row)
    warned = hazards(elements)
    known = known_line(found) if found else None
    group = context.by_compound.get(str(row["compound"] or row["formula"]), ())
    siblings = [one for one in group if one["id"] != row["id"]]
    derived = derivation(row, main, context.manifest, end) if main else None
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
        ceiling=Interval.on(end, ceiling, row["tc_ceiling_low_k"], row["tc_ceiling_high_k"]),
        derivation=derived,
        estimate=estimate,
        known=known,
        relatives=tuple(one.line(end) for one in near),
        relatives_by=near_by,
        siblings=tuple(_sibling(one, context) for one in siblings[:MAX_SIBLINGS]),
        siblings_total=len(siblings),
        geometry=_geometry(row),
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
        tc=None if tc is None else Interval.on(end, tc, phase["tc_low_k"], phase["tc_high_k"]),
    )


def _estimate(row: Row, end: float) -> Estimate | None:
    expected = finite(row.get("tc_expected_k"))
    if expected is None:
        return None
    return Estimate(
        tc=Interval.on(end, expected, row.get("tc_low_k"), row.get("tc_high_k")),
        support=finite(row.get("support")),
        support_word=clipped(row.get("support_word"), MAX_NAME),
        probability=finite(row.get("superconducting_probability")),
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


def _geometry(row: Row) -> CompoundGeometry | None:
    """What the structures of the compound say of ξ together; None where this one is all there is."""
    xi, low, high = (finite(row.get(f"xi_compound_{name}ang")) for name in ("", "low_", "high_"))
    own = f"{row['source']}/{row['id']}"
    if xi is None or low is None or high is None or row["geometry_from"] == own:
        return None
    return CompoundGeometry(clipped(row["geometry_from"], MAX_NAME), xi, low, high)


def _valence(row: Row) -> tuple[tuple[float, float] | None, str]:
    try:
        found = valence_of(str(row["formula"] or ""), str(row["metal"]))
    except NoChargeError as error:
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
