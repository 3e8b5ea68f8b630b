"""A dossier made from a candidate: everything that is known of it, in the order it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from polywell.data.hazards import hazards
from polywell.doping import SPACINGS, STRIPE_MEANING, replacements_for, stripe_doping
from polywell.geometry.conventional import SYMMETRY_TOLERANCE_ANG, Conventional, conventional
from polywell.pressure.compression import compressibilities
from polywell.records import Candidate, Entry, EntryKey, Outcome, Phase, Screening
from polywell.relation import one_percent_shorter, pressure_for_gpa
from polywell.relaxing.rows import RelaxedRow
from reports.dossier.bench import bench
from reports.dossier.cif import cif_text, conventional_cif_text, sha256_of
from reports.dossier.derivation import derivation
from reports.dossier.next_to_try import NextLines, next_lines
from reports.dossier.payload import (
    CellLine,
    CompoundGeometry,
    Dossier,
    ElectronsLine,
    Expectation,
    HazardLine,
    Interval,
    PhaseLine,
    PressureLine,
    Sibling,
    StripeLine,
)
from reports.dossier.provenance import links, provenance
from reports.dossier.relatives import known_line, relatives
from reports.dossier.scene import GREEK, scene
from reports.dossier.words import cite_lines, in_short, marks, origin_word
from reports.html.cells import MAX_NAME, clipped, finite
from reports.html.names import safe_name
from reports.run.table import novelty_words

MAX_SIBLINGS = 12
REPLACEMENTS = 6
MAX_NOTE = 600
UNITS_SLACK = 0.01
"""Share by which the ions of a cell may miss a whole number of formulas, whose digits are rounded."""


@dataclass(frozen=True)
class Context:
    """What the dossiers of one run share: its candidates, its manifest, heights of the library, by id."""

    ranked: Sequence[Candidate]
    manifest: Mapping[str, Any]
    heights_ang: Mapping[str, float]
    by_compound: Mapping[str, Sequence[Candidate]]
    with_dossier: frozenset[EntryKey]
    relaxed: Mapping[EntryKey, Sequence[RelaxedRow]]
    next_before: Mapping[str, NextLines]

    @classmethod
    def of(
        cls,
        ranked: Sequence[Candidate],
        manifest: Mapping[str, Any],
        measured: Sequence[Screening],
        with_dossier: Sequence[EntryKey] = (),
        relaxed: Mapping[EntryKey, Sequence[RelaxedRow]] = MappingProxyType({}),
        next_before: Mapping[str, NextLines] = MappingProxyType({}),
    ) -> Context:
        """Gather the context of a run.

        Args:
            ranked: the candidates in ranked order.
            manifest: the run's manifest.
            measured: the reference library's candidates.
            with_dossier: source and id of the entries that get a dossier, so that others can link to it.
            relaxed: what relaxations with potentials say of entries.
            next_before: what earlier dossiers said to try next, by the sha256 of the CIF that they gave.
        """
        groups: dict[str, list[Candidate]] = {}
        for one in ranked:
            groups.setdefault(_compound(one), []).append(one)
        heights = {one.id: one.xi_ceiling_ang for one in measured if one.xi_ceiling_ang is not None}
        return cls(ranked, manifest, heights, groups, frozenset(with_dossier), relaxed, next_before)


def dossier(one: Candidate, entry: Entry | None, context: Context) -> Dossier:
    """Gather what is known of one candidate.

    Args:
        one: the candidate.
        entry: with its structure; None where it is not at hand.
        context: what the dossiers of the run share.

    Raises:
        ValueError: it is no candidate, or entry and candidate do not belong together.
    """
    found, estimate = one.screening, one.estimate
    ceiling, xi = finite(found.tc_ceiling_k), finite(found.xi_ceiling_ang)
    if found.outcome is not Outcome.CANDIDATE or ceiling is None or xi is None:
        raise ValueError(
            f"{found.id!r} is {found.outcome}, not a candidate: it has no cage to tell of "
            f"({clipped(found.message, MAX_NAME)})"
        )
    near, near_by = relatives(one, context.heights_ang)
    end = _end_k(one, [relative.tc_k for relative in near])
    main, family = found.ceiling_phase, str(found.family)
    sites = None if entry is None else entry.as_sites
    cell = None if sites is None else conventional(sites)
    cif = "" if entry is None or entry.structure is None else cif_text(entry)
    digest = sha256_of(cif) if cif else ""
    formula = clipped(found.called, MAX_NAME)
    lambda_k_ang2 = None if main is None else main.lambda_k_ang2
    shorter = (None, None, None) if lambda_k_ang2 is None else one_percent_shorter(xi, lambda_k_ang2)
    known, derived = known_line(one), derivation(one, context.manifest, end)
    siblings = [other for other in context.by_compound.get(_compound(one), ()) if other is not one]
    warned, expected = _hazards(found), _expectation(one, end)
    return Dossier(
        file=safe_name(found.source, found.id),
        source=clipped(found.source, MAX_NAME),
        id=clipped(found.id, MAX_NAME),
        formula=formula,
        series=clipped(found.series, MAX_NAME),
        novelty=clipped(novelty_words(one.place), MAX_NOTE),
        cell=None if cell is None else _cell(cell, found.formula_written),
        links=links(found),
        family=family,
        metal=str(found.metal),
        rank=one.place.rank,
        candidates=int(context.manifest.get("candidates", len(context.ranked))),
        in_short=tuple(in_short(one, known, expected, derived, warned)),
        marks=tuple(marks(one, known)),
        axis_k=end,
        axis_ticks=tuple(
            (k, round(100 * k / end, 2)) for k in range(0, int(end) + 1, 20 if end <= 100 else 40)
        ),
        phases=tuple(_phase(phase, phase is main, end) for phase in found.phases),
        ceiling=Interval.on(end, ceiling, found.tc_ceiling_low_k, found.tc_ceiling_high_k),
        derivation=derived,
        estimate=expected,
        estimate_note=clipped(estimate.estimate_note, MAX_NAME),
        known=known,
        relatives=tuple(relative.line(end) for relative in near),
        relatives_by=near_by,
        siblings=tuple(_sibling(other, found.source, context) for other in siblings[:MAX_SIBLINGS]),
        siblings_total=len(siblings),
        geometry=_geometry(one),
        hazards=warned,
        electrons=_electrons(found),
        stripes=tuple(
            StripeLine(n, str(doping), float(doping), STRIPE_MEANING.get(n, ""))
            for n, doping in zip(SPACINGS, map(stripe_doping, SPACINGS), strict=True)
        ),
        replacements=replacements_for(family, found.elements)[:REPLACEMENTS],
        bench=bench(one, cell, siblings, context.relaxed.get(found.key, ())),
        next_to_try=next_lines(found, entry, context.next_before.get(digest)),
        shorter_xi_ang=shorter[0],
        shorter_tc_k=shorter[1],
        shorter_change_k=shorter[2],
        pressures=_pressures(family, str(found.metal)),
        provenance=provenance(one),
        cite=tuple(cite_lines(found, context.manifest, cif)),
        cif=cif,
        cif_sha256=digest,
        cif_conventional="" if entry is None or cell is None else conventional_cif_text(entry, cell),
        scene=scene(entry, found.phases),
    )


def _cell(found: Conventional, formula: str | None) -> CellLine:
    try:
        units = found.formula_units(formula) if formula else 0.0
    except ValueError:  # a source may call anything a formula; the cell then has no count of it
        units = 0.0
    whole = round(units)
    return CellLine(
        symbol=found.symbol,
        number=found.number,
        axes=found.axes,
        units=whole if whole and abs(units - whole) <= UNITS_SLACK * whole else None,
        density_g_cm3=found.density_g_cm3,
        tolerance_ang=SYMMETRY_TOLERANCE_ANG,
    )


def _compound(one: Candidate) -> str:
    return one.estimate.compound or one.screening.formula


def _end_k(one: Candidate, beside_k: Sequence[float]) -> float:
    """Where the common axis of temperature ends: behind everything that it must hold."""
    tops = [
        one.screening.tc_ceiling_k,
        one.screening.tc_ceiling_high_k,
        one.screening.tc_outer_high_k,
        one.estimate.tc_corrected_high_k,
        one.estimate.tc_high_k,
        one.estimate.tc_best_high_k,
        one.place.known_tc_k,
        *beside_k,
    ]
    return 20.0 * (int(max(finite(top) or 0.0 for top in tops) * 1.02 / 20) + 1)


def _phase(phase: Phase, is_ceiling: bool, end: float) -> PhaseLine:
    tc = finite(phase.tc_k)
    return PhaseLine(
        name=phase.phase,
        letter=GREEK.get(phase.phase, phase.phase),
        cage=phase.cage,
        apexes="–".join(phase.apexes),
        metal=clipped(phase.metal_mix or phase.metal, MAX_NAME),
        ligand=phase.ligand,
        xi_ang=phase.xi_ang,
        xi_spread_ang=phase.xi_spread_ang,
        bond_ang=finite(phase.bond_ang),
        bond_angle_deg=finite(phase.bond_angle_deg),
        sheets=clipped(phase.sheets_per_block, MAX_NAME),
        faces=phase.faces,
        count=phase.count,
        is_ceiling=is_ceiling,
        extrapolation=clipped(phase.extrapolation, MAX_NAME),
        tc=None if tc is None else Interval.on(end, tc, phase.tc_low_k, phase.tc_high_k),
    )


def _expectation(one: Candidate, end: float) -> Expectation | None:
    estimate = one.estimate
    expected, best = finite(estimate.tc_expected_k), finite(estimate.tc_best_k)
    if expected is None:
        return None
    return Expectation(
        tc=Interval.on(end, expected, estimate.tc_low_k, estimate.tc_high_k),
        best=None
        if best is None
        else Interval.on(end, best, estimate.tc_best_low_k, estimate.tc_best_high_k),
        best_doping=clipped(estimate.best_doping, MAX_NAME),
        support=finite(estimate.support),
        support_word=clipped(estimate.support_word, MAX_NAME),
        probability=finite(estimate.superconducting_probability),
    )


def _sibling(other: Candidate, source: str, context: Context) -> Sibling:
    """Another entry of the compound; one of another source carries its name."""
    found = other.screening
    return Sibling(
        rank=other.place.rank,
        id=clipped(found.id if found.source == source else f"{found.source}/{found.id}", 60),
        formula=clipped(found.called, 60),
        xi_ang=found.xi_ceiling_ang or 0.0,
        tc_k=found.tc_ceiling_k or 0.0,
        theoretical=origin_word(found.provenance),
        e_above_hull_ev=finite(found.provenance.e_above_hull_ev),
        link=f"{safe_name(found.source, found.id)}.html" if found.key in context.with_dossier else "",
    )


def _geometry(one: Candidate) -> CompoundGeometry | None:
    """What the structures of the compound say of ξ together; None where this one is all there is."""
    estimate, own = one.estimate, f"{one.screening.source}/{one.screening.id}"
    xi, low = finite(estimate.xi_compound_ang), finite(estimate.xi_compound_low_ang)
    high = finite(estimate.xi_compound_high_ang)
    if xi is None or low is None or high is None or estimate.geometry_from == own:
        return None
    return CompoundGeometry(clipped(estimate.geometry_from, MAX_NAME), xi, low, high)


def _hazards(found: Screening) -> tuple[HazardLine, ...]:
    return tuple(
        HazardLine(
            one.remark.level == "severe",
            one.remark.kind,
            ", ".join(one.elements),
            one.remark.meaning,
            one.remark.source,
            one.remark.checked,
        )
        for one in hazards(found.elements)
    )


def _electrons(found: Screening) -> ElectronsLine | None:
    """What is known of the electrons; None where the program that screened the entry did not look."""
    own = found.electrons
    if own.electron_state is None:
        return None
    holes = own.carriers is not None and own.d_electrons is not None and own.carriers != own.d_electrons
    return ElectronsLine(
        state=str(own.electron_state),
        valence=finite(own.formal_valence),
        low=finite(own.valence_low),
        high=finite(own.valence_high),
        d_electrons=finite(own.d_electrons),
        holes=finite(own.carriers) if holes else None,
        bond_valences=own.bond_valences,
        note=clipped(own.electron_note, MAX_NOTE),
    )


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
