"""The one path from an entry to its record: composition, nets, cages, phases, λ, T_c."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from polywell import ALGORITHM_VERSION
from polywell.data.elements import LIGANDS
from polywell.electrons.bonds import bonding
from polywell.electrons.of_structure import Asked, electrons_of
from polywell.families import Families, beyond_published, of_one_family
from polywell.geometry.cages import OCTAHEDRON
from polywell.geometry.find import Geometry, find_among
from polywell.geometry.ions import shortest_contact
from polywell.geometry.layers.layered import Verdict, layers_of
from polywell.geometry.layers.spacers import surroundings
from polywell.geometry.phases import phases
from polywell.geometry.sites import Sites, majority_formula, volume_per_ion_ang3
from polywell.geometry.tolerances import TOLERANCES, Tolerances
from polywell.naming import named, net_note
from polywell.novelty.signature import signature
from polywell.records import REASON_MEANING, Electrons, Entry, Outcome, Phase, Reason, Screening
from polywell.relation import critical_temperature_k

BATCH_SITES = 8000
"""Structures are laid side by side until they hold this many sites."""

NO_ELECTRONS = Electrons()
"""What is said of the electrons of an entry without a net."""

Found = tuple[Geometry, int]
"""The geometry of a batch, and the number of a structure in it, its holes filled if it has some."""

Screened = tuple[Screening, Found | None]
"""What is said of an entry, and in which geometry it was found; None where no structure was looked at."""


def rejected_by_composition(elements: Collection[str], families: Families) -> Reason | None:
    """The reason to reject an entry by its elements alone, or None when its structure must be seen."""
    if families.metals.isdisjoint(elements):
        return Reason.NO_NET_METAL
    if LIGANDS.isdisjoint(elements):
        return Reason.NO_LIGAND
    return None


def composition_verdict(elements: Collection[str], families: Families) -> Verdict | None:
    """The reason to reject an entry by its elements alone, and its sentence; None as above."""
    reason = rejected_by_composition(elements, families)
    if reason is None:
        return None
    held = ", ".join(elements)
    if reason is Reason.NO_NET_METAL:
        return reason, f"holds none of {', '.join(sorted(families.metals))}: {held}"
    return reason, f"{REASON_MEANING[reason]}: {held}"


def screen(entry: Entry, families: Families, tolerances: Tolerances = TOLERANCES) -> Screening:
    """Screen one entry; whatever happens, exactly one record comes out."""
    return screen_many([entry], families, tolerances)[0]


def screen_many(
    entries: Sequence[Entry], families: Families, tolerances: Tolerances = TOLERANCES
) -> list[Screening]:
    """Screen entries together, which is several times faster than one by one; one record each, in order.

    An exception of the geometry is caught here, and only here: the entries are then screened one by one,
    and the guilty one is recorded as a failure of stage `screen`.
    """
    return [screening for screening, _ in screen_in_geometry(entries, families, tolerances)]


def screen_in_geometry(
    entries: Iterable[Entry], families: Families, tolerances: Tolerances = TOLERANCES
) -> Iterator[Screened]:
    """As `screen_many`, with the geometry of each entry, for whoever asks more of it; batch after batch."""
    batch: list[Entry] = []
    sites = 0
    for entry in entries:
        batch.append(entry)
        given = entry.structure if entry.sites is None else entry.sites.mixes
        sites += 0 if given is None else len(given)
        if sites >= BATCH_SITES:
            yield from _screen_batch(batch, families, tolerances)
            batch, sites = [], 0
    yield from _screen_batch(batch, families, tolerances)


def _screen_batch(batch: list[Entry], families: Families, tolerances: Tolerances) -> list[Screened]:
    try:
        return _screen(batch, families, tolerances)
    except Exception as error:
        if len(batch) > 1:
            return [one for entry in batch for one in _screen_batch([entry], families, tolerances)]
        return [(failed(batch[0], type(error).__name__, str(error), "screen", families), None)]


def failed(entry: Entry, error_type: str, message: str, stage: str, families: Families) -> Screening:
    """The record of an entry that could not be read (`stage` = read) or screened (screen)."""
    return Screening(
        source=entry.source,
        id=entry.id,
        formula=entry.formula,
        elements=entry.elements,
        outcome=Outcome.FAILED,
        error_type=error_type,
        message=message,
        stage=stage,
        provenance=entry.provenance,
        algorithm_version=ALGORITHM_VERSION,
        families_digest=families.digest,
    )


def not_periodic(entry: Entry, families: Families) -> Screening:
    """The record of an entry without a three-dimensional cell, such as a single molecule."""
    return _rejected(entry, families, Reason.NOT_PERIODIC, REASON_MEANING[Reason.NOT_PERIODIC])


def _rejected(
    entry: Entry,
    families: Families,
    reason: Reason,
    message: str,
    found: tuple[Phase, ...] = (),
    electrons: Electrons = NO_ELECTRONS,
) -> Screening:
    return Screening(
        source=entry.source,
        id=entry.id,
        formula=entry.formula,
        elements=entry.elements,
        outcome=Outcome.REJECTED,
        reason=reason,
        message=message,
        phases=found,
        electrons=electrons,
        provenance=entry.provenance,
        algorithm_version=ALGORITHM_VERSION,
        families_digest=families.digest,
    )


def _screen(batch: list[Entry], families: Families, tolerances: Tolerances) -> list[Screened]:
    screened: dict[int, Screened] = {}
    structures: list[Sites] = []
    owners: list[int] = []
    for number, entry in enumerate(batch):
        verdict = composition_verdict(entry.elements, families)
        if verdict is not None:
            screened[number] = _rejected(entry, families, *verdict), None
        elif (sites := entry.as_sites) is None:
            raise ValueError(
                "the entry has no structure and its composition does not decide; read its structure"
            )
        else:
            structures.append(sites)
            owners.append(number)
    if structures:
        together = named(find_among(structures, tolerances), families)
        found = [together.of(position) for position in range(len(structures))]
        for part in together.parts:
            numbers = {
                place: number
                for number, (geometry, place) in zip(owners, found, strict=True)
                if geometry is part
            }
            entries = {place: batch[number] for place, number in numbers.items()}
            for place, screening in _judged(entries, part, families, tolerances).items():
                screened[numbers[place]] = screening, (part, place)
    return [screened[number] for number in range(len(batch))]


def _judged(
    entries: Mapping[int, Entry], geometry: Geometry, families: Families, tolerances: Tolerances
) -> dict[int, Screening]:
    """From the geometry of structures to their records, by their numbers in its batch."""
    layers = layers_of(geometry, entries, families.metals, tolerances)
    verdicts = dict(layers.verdicts)
    found = {
        place: tuple(_with_tc(phase, families) for phase in some)
        for place, some in phases(geometry, layers.kept, tolerances).items()
    }
    ceilings: dict[int, Phase] = {}
    for place, some in found.items():
        known = [phase for phase in some if phase.tc_k is not None]
        if known:
            ceilings[place] = max(known, key=lambda phase: (phase.tc_k or 0.0, -phase.xi_ang))
        elif some:
            strange = sorted({f"({phase.metal}, {phase.cage}, {phase.ligand})" for phase in some})
            verdicts[place] = Reason.NO_LAMBDA, f"no λ for {', '.join(strange)}"
        else:
            metals = sorted({f"{net.sheet.metal_mix} net" for net in layers.kept[place]})
            verdicts[place] = Reason.NO_CAGE, f"{REASON_MEANING[Reason.NO_CAGE]}: {', '.join(metals)}"
    electrons = _electrons(entries, geometry, ceilings, tolerances)
    made = {}
    for place, entry in entries.items():
        own = electrons.get(place, NO_ELECTRONS)
        if place in verdicts:
            made[place] = _rejected(entry, families, *verdicts[place], found.get(place, ()), own)
        else:
            note = net_note(geometry.ions, layers.kept[place], layers.left_out[place], families)
            made[place] = _candidate(
                entry, families, found[place], ceilings[place], geometry, place, note, own
            )
    return made


def _electrons(
    entries: Mapping[int, Entry], geometry: Geometry, ceilings: Mapping[int, Phase], tolerances: Tolerances
) -> dict[int, Electrons]:
    """Electrons of the nets that the ceiling belongs to, or of any where there is none."""
    asked: dict[int, Asked] = {}
    for place, entry in entries.items():
        if geometry.nets(place) and place not in geometry.overlaps:
            formula, phase = entry.provenance.declared_formula or entry.formula, ceilings.get(place)
            if phase is None:
                asked[place] = formula, None
            else:
                asked[place] = formula, (phase.metal, "bridged" if phase.cage == OCTAHEDRON else "capped")
    return electrons_of(geometry, bonding(geometry.ions, tolerances), asked) if asked else {}


def _with_tc(phase: Phase, families: Families) -> Phase:
    family = families.of(phase.metal, phase.cage, phase.ligand)
    if family is None:
        return phase
    return replace(
        phase,
        lambda_k_ang2=family.lambda_k_ang2,
        tc_k=critical_temperature_k(phase.xi_ang, family.lambda_k_ang2),
        tc_low_k=critical_temperature_k(phase.xi_ang, family.lambda_k_ang2 - family.spread_k_ang2),
        tc_high_k=critical_temperature_k(phase.xi_ang, family.lambda_k_ang2 + family.spread_k_ang2),
        extrapolation=beyond_published(family, phase),
    )


def _candidate(
    entry: Entry,
    families: Families,
    found: tuple[Phase, ...],
    ceiling: Phase,
    geometry: Geometry,
    place: int,
    net_note: str | None,
    electrons: Electrons,
) -> Screening:
    """Ceiling from the smallest ξ, outer value from the largest ξ of the same family."""

    def family_of(phase: Phase) -> str:
        family = families.of(phase.metal, phase.cage, phase.ligand)
        return "" if family is None else family.name

    family = family_of(ceiling)
    outer = max((phase for phase in found if family_of(phase) == family), key=lambda phase: phase.xi_ang)
    around = surroundings(geometry, place, of_one_family(found, ceiling))
    sites = geometry.sites[place]
    contact, pair = shortest_contact(geometry.ions, place)
    signed = signature(geometry, place, ceiling)
    withdrawn = Reason.DEPRECATED if entry.provenance.deprecated else None
    return Screening(
        source=entry.source,
        id=entry.id,
        formula=entry.formula,
        elements=entry.elements,
        outcome=Outcome.REJECTED if withdrawn else Outcome.CANDIDATE,
        reason=withdrawn,
        message=REASON_MEANING[withdrawn] if withdrawn else "",
        family=family,
        metal=ceiling.metal,
        phases=found,
        tc_ceiling_k=ceiling.tc_k,
        tc_ceiling_low_k=ceiling.tc_low_k,
        tc_ceiling_high_k=ceiling.tc_high_k,
        tc_outer_k=outer.tc_k,
        tc_outer_low_k=outer.tc_low_k,
        tc_outer_high_k=outer.tc_high_k,
        xi_ceiling_ang=ceiling.xi_ang,
        xi_outer_ang=outer.xi_ang,
        extrapolation=ceiling.extrapolation,
        spacer=around.spacer,
        net_disorder=around.net_disorder,
        net_note=net_note,
        apex_radius_inner_ang=around.apex_radius_inner_ang,
        apex_radius_outer_ang=around.apex_radius_outer_ang,
        majority_formula=majority_formula(sites),
        volume_per_ion_ang3=volume_per_ion_ang3(sites),
        shortest_contact=contact,
        shortest_pair=pair,
        signature=signed.text,
        series=signed.series,
        formula_written=signed.formula,
        electrons=electrons,
        provenance=entry.provenance,
        algorithm_version=ALGORITHM_VERSION,
        families_digest=families.digest,
    )
