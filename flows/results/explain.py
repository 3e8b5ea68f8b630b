"""Everything that the published run knows of one entry, as text for the terminal and as a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from catalog.errors import UnknownIdError
from catalog.home import Home
from catalog.relaxed.kept import rows_of
from catalog.runs.named import find_run, source_named
from catalog.runs.published import PublishedRun
from catalog.store.durable import write_files
from catalog.store.predictions import candidates_of
from catalog.store.structures import entries_of
from polywell.doping import NOTHING
from polywell.families import built_in_families
from polywell.novelty.series import is_called
from polywell.ranking import rank
from polywell.records import REASON_MEANING, Candidate, Screening
from reports.dossier.dossier import Context, dossier
from reports.dossier.page import dossier_files
from reports.dossier.payload import Derivation, Dossier

NAMED = 10
"""Other entries of a name that are listed."""


class NoSuchEntryError(UnknownIdError):
    """The run holds no entry of this id."""


def explain(
    home: Home, id: str, run_name: str = "latest", page: Path | None = None, source: str | None = None
) -> list[str]:
    """What the run says of one entry, line by line; a candidate's page is written on request.

    Args:
        home: where the catalog lies.
        id: id of the entry, as the source writes it, or behind the source and a slash; else a name by which
            chemists call compounds of the list (a formula, Hg-1212, YBCO, La-327). Where several entries are
            meant, that of the highest place; the others are named.
        run_name: name of the run, or its beginning; the newest by default.
        page: folder for the candidate's page; None writes none.
        source: look among the entries of this source only, or of the only one whose name begins so.

    Raises:
        RunError: there is no such run or source.
        NoSuchEntryError: the run does not hold the id, or a page was asked for what is no candidate.
    """
    from flows.pipeline.page_rows import measured_candidates

    if source is not None:
        source = source_named(home, source)
    run = find_run(home, run_name, source)
    ranked = candidates_of(run.ranked())
    some = [one for one in ranked if source in (None, one.screening.source)]
    called = [one for one in some if id in (one.screening.id, "/".join(one.screening.key))]
    dropped = [] if called else _dropped(run, id, source)
    if not called and not dropped:
        called = [one for one in some if is_called(one.screening, id)]
    if not called:
        return _dropped_lines(run, id, dropped, some, page)
    one = called[0]
    others = [f"{_name(other, run)} (rank {other.place.rank})" for other in called[1:]]
    if run.lacks("known"):
        one = _looked_up(one)
    measured = measured_candidates(built_in_families())
    context = Context.of(ranked, run.manifest, measured, relaxed=rows_of(home))
    key = one.screening.key
    payload = dossier(one, entries_of(run.structures({key})).get(key), context)
    lines = dossier_lines(payload)
    if others:
        more = "" if len(others) <= NAMED else f" and {len(others) - NAMED} more"
        lines = [f"{id} is also {', '.join(others[:NAMED])}{more}", "", *lines]
    if page is not None:
        lines += ["", f"page: {write_files(dossier_files(payload, page))[-1]}"]
    return lines


def _name(one: Candidate, run: PublishedRun) -> str:
    """How an entry is called in a run: by its id, behind its source where the run lists several."""
    return one.screening.id if len(run.sources) == 1 else "/".join(one.screening.key)


def _looked_up(one: Candidate) -> Candidate:
    """The candidate of an older program with the measured compound that it is."""
    found = rank([(one.screening, one.estimate)])[0].place
    place = replace(
        one.place,
        known=found.known,
        known_tc_k=found.known_tc_k,
        known_pressure_gpa=found.known_pressure_gpa,
    )
    return replace(one, place=place)


def _dropped(run: PublishedRun, id: str, source: str | None) -> list[Screening]:
    """The entries of this id, or of this source and id, that are no candidates."""
    keys = [(id, source)] + [(id.removeprefix(f"{one}/"), one) for one in run.sources if id.startswith(one)]
    found = (run.entries(id_, of) for id_, of in keys if source in (None, of))
    return next((some for some in found if some), [])


def _dropped_lines(
    run: PublishedRun, id: str, dropped: Sequence[Screening], ranked: Sequence[Candidate], page: Path | None
) -> list[str]:
    for one in dropped:
        if page is not None:
            raise NoSuchEntryError(f"{id!r} is {one.outcome}: only a candidate has a page")
        lines = [f"{one.formula}  {one.id} of {one.source}", f"outcome: {one.outcome}"]
        if one.reason is not None:
            lines.append(f"reason: {one.reason}: {REASON_MEANING[one.reason]}")
        if one.error_type:
            lines.append(f"error: {one.error_type} at stage {one.stage}")
        remarks = (("message", one.message), ("note", one.provenance.note))
        return [*lines, *(f"{name}: {text}" for name, text in remarks if text)]
    like = [one.screening.id for one in ranked if id.lower() in one.screening.id.lower()][:5]
    hint = f"; near it: {', '.join(like)}" if like else ""
    raise NoSuchEntryError(f"run {run.name} of {' and '.join(run.sources)} holds no entry {id!r}{hint}")


def dossier_lines(payload: Dossier) -> list[str]:
    """A dossier as lines of text, in the order of its page."""
    place = f"rank {payload.rank} of {payload.candidates}"
    lines = [f"{payload.formula}  {payload.id} of {payload.source}, {place}"]
    if payload.marks:
        lines.append(f"[{'] ['.join(payload.marks)}]")
    lines += ["", *payload.in_short, "", "Cages"]
    for phase in payload.phases:
        tc = "no λ" if phase.tc is None else f"{phase.tc.tc_k:.1f} K"
        if phase.tc is not None and phase.tc.low_k is not None and phase.tc.high_k is not None:
            tc += f" ({phase.tc.low_k:.0f}-{phase.tc.high_k:.0f})"
        mark = "  <- ceiling" if phase.is_ceiling else ""
        lines.append(
            f"  {phase.letter} {phase.cage} {phase.metal}, apexes {phase.apexes}, "
            f"ξ {phase.xi_ang:.3f} Å: {tc}{mark}"
        )
    if payload.derivation is not None:
        lines += ["", *_derivation_lines(payload, payload.derivation)]
    if payload.shorter_tc_k is not None and payload.shorter_change_k is not None:
        lines.append(f"1 % shorter: {payload.shorter_tc_k:.1f} K ({payload.shorter_change_k:+.1f} K)")
    if payload.relatives:
        lines += ["", f"Measured superconductors by {payload.relatives_by}"]
        for near in payload.relatives:
            xi = "" if near.xi_ang is None else f", ξ {near.xi_ang:.3f} Å"
            lines.append(f"  {near.compound}: {near.tc.tc_k:g} K{xi}")
    lines += ["", *payload.bench.relaxed] if payload.bench.relaxed else []
    electrons = payload.electrons
    if electrons is not None and electrons.valence is not None:
        lines += [
            "",
            f"Formal valence of {payload.metal}: {electrons.valence:+.2f}, "
            f"{electrons.d_electrons:.2f} d electrons: {electrons.state}",
        ]
        lines += [f"  {electrons.note}"] if electrons.note else []
    for change in payload.replacements:
        step = f"added {change.guest}" if change.host == NOTHING else f"{change.host} -> {change.guest}"
        lines.append(
            f"  worked in this family: {step}, {change.compound}, {change.tc_k:g} K, doi:{change.doi}"
        )
    if payload.hazards:
        lines += ["", "Before you make it"]
        lines += [
            f"  {'! ' if one.severe else '  '}{one.kind}: {one.elements}: {one.meaning}"
            for one in payload.hazards
        ]
    if payload.siblings:
        lines += ["", f"Other entries of this compound ({payload.siblings_total})"]
        lines += [
            f"  {one.rank} {one.id}: {one.tc_k:.1f} K, ξ {one.xi_ang:.3f} Å" for one in payload.siblings
        ]
    lines += ["", "Where it comes from"]
    lines += [f"  {fact.label}: {fact.value}" for fact in payload.provenance]
    return [*lines, "", *payload.cite]


def _derivation_lines(payload: Dossier, one: Derivation) -> list[str]:
    lines = [
        f"T_c = ({one.lambda_k_ang2:.0f} ± {one.spread_k_ang2:.0f}) K·Å² / ({one.xi_ang:.3f} Å)² = "
        f"{payload.ceiling.tc_k:.1f} K by the published relation"
    ]
    if one.correction is not None:
        lines.append(
            f"ξ corrected for its database: {one.correction.xi_ang:.3f} Å (ratio {one.correction.ratio:.3f} "
            f"± {one.correction.spread_percent:.1f} %, {one.correction.compounds} compounds): "
            f"{one.correction.tc.tc_k:.1f} K"
        )
    elif one.correction_note:
        lines.append(f"ξ not corrected: {one.correction_note}")
    lines.append(
        f"doubt ± {one.deviation_k:.1f} K: λ {one.share_lambda:.0f} %, ξ {one.share_xi:.0f} %, "
        f"unequal copies {one.share_copies:.0f} %"
    )
    return lines
