"""What is found of one structure, in a form that a person reads and a notebook shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from html import escape
from math import isfinite
from typing import TYPE_CHECKING, Any

from polywell.evidence.model.family import CalibratedTc, Neighbour
from polywell.geometry.layers.sheets import Sheet
from polywell.records import PHASE_COLUMNS, Electrons, Estimate, Outcome, Phase, Screening

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped]

LISTED_CAGES = 6
"""Cages that the short form of an analysis lists."""


@dataclass(frozen=True)
class Ceiling:
    """T_c = λ/ξ² in K of the smallest cage, height ξ in Å, and with λ one spread lower and higher.

    A ceiling by the published relation, not a promise.
    """

    tc_k: float
    low_k: float
    high_k: float
    xi_ang: float


@dataclass(frozen=True, repr=False)
class Analysis:
    """What is found of one structure; complete for every outcome, also where nothing is found.

    Attributes:
        screening: what the structure alone says (see `polywell.records.Screening`).
        sheets: each square net of the cell, with or without cages.
        evidence: what the measured compounds, and the other candidates given with it, say of a candidate (see
            `polywell.records.Estimate`); None for all others.
    """

    screening: Screening
    sheets: tuple[Sheet, ...] = ()
    evidence: Estimate | None = None

    @property
    def formula(self) -> str:
        """Reduced formula, occupancies included."""
        return self.screening.formula

    @property
    def family(self) -> str | None:
        """Row of the λ table that gives the ceiling; None where there is no ceiling."""
        return self.screening.family

    @property
    def reason(self) -> str | None:
        """Why this is no candidate, as a word and a sentence; None for a candidate."""
        why = self.screening.reason or self.screening.error_type
        return None if why is None else f"{why}: {self.screening.message}"

    @property
    def cages(self) -> tuple[Phase, ...]:
        """The distinct cages, in order of growing ξ; those without a λ too."""
        return self.screening.phases

    @property
    def electrons(self) -> Electrons:
        """Valence and carriers of the net's metal, and what they rest on; empty where there is no net."""
        return self.screening.electrons

    @property
    def ceiling(self) -> Ceiling | None:
        """The ceiling by the published relation; None where no cage has a λ."""
        one = self.screening
        values = (one.tc_ceiling_k, one.tc_ceiling_low_k, one.tc_ceiling_high_k, one.xi_ceiling_ang)
        known = [value for value in values if value is not None]
        return Ceiling(*known) if len(known) == len(values) else None

    @property
    def estimate(self) -> CalibratedTc | None:
        """The calibrated T_c; None where there is none, and `why_no_estimate` says why."""
        one = self.evidence
        if one is None or one.tc_expected_k is None:
            return None
        nearest = zip(
            one.nearest_known, one.nearest_similarity, one.nearest_tc_k, one.nearest_residual_k, strict=True
        )
        return CalibratedTc(
            tc_expected_k=one.tc_expected_k,
            tc_low_k=one.tc_low_k or 0.0,
            tc_high_k=one.tc_high_k or 0.0,
            tc_best_k=one.tc_best_k or 0.0,
            tc_best_low_k=one.tc_best_low_k or 0.0,
            tc_best_high_k=one.tc_best_high_k or 0.0,
            best_doping=one.best_doping or "",
            superconducting_probability=one.superconducting_probability,
            best_probability=one.best_probability,
            support=one.support or 0.0,
            support_word=one.support_word or "",
            nearest=tuple(Neighbour(*row) for row in nearest),
        )

    @property
    def why_no_estimate(self) -> str | None:
        """Why there is no estimate; None where there is one."""
        return self.reason if self.evidence is None else self.evidence.estimate_note

    @property
    def nearest_known(self) -> tuple[Neighbour, ...]:
        """The measured superconductors most alike, most similar first; empty without an estimate."""
        return () if self.estimate is None else self.estimate.nearest

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader of the file remarked, what the source says, and heights that are suspect."""
        suspect = None if self.evidence is None else self.evidence.geometry_suspect
        return tuple(note for note in (self.screening.provenance.note, suspect) if note)

    def to_frame(self) -> pandas.DataFrame:
        """The cages as a table of pandas, one a row; the columns are those of `polywell.records.Phase`.

        Id and formula of the structure stand first, so that tables of several can be joined; without cages
        the table is empty.
        """
        import pandas

        names = [column.name for column in PHASE_COLUMNS if column.name != "vertices"]
        whose = {"id": self.screening.id, "formula": self.formula}
        rows = [whose | {name: getattr(cage, name) for name in names} for cage in self.cages]
        return pandas.DataFrame(rows, columns=[*whose, *names])

    def as_dict(self) -> dict[str, Any]:
        """Everything, in the types of JSON: the columns of the screening, `sheets`, and `evidence`.

        Numbers that are not finite, which JSON lacks, are None.
        """
        made: dict[str, Any] = _plain(self.screening)
        return made | {"sheets": _plain(self.sheets), "evidence": _plain(self.evidence)}

    def __repr__(self) -> str:
        rows = list(self._rows())
        width = max((len(name) for name, _ in rows), default=0)
        return "\n".join([self._title, *(f"  {name:<{width}}  {text}" for name, text in rows)])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in self._rows()
        )
        return f"<table><caption>{escape(self._title)}</caption>{rows}</table>"

    @property
    def _title(self) -> str:
        outcome = self.screening.outcome
        word = (
            self.family
            if outcome is Outcome.CANDIDATE
            else self.screening.reason or self.screening.error_type
        )
        return f"{self.screening.called}: {outcome}, {word}"

    def _rows(self) -> Iterator[tuple[str, str]]:
        """What the short form says below its title."""
        if self.reason is not None:
            yield "reason", self.screening.message
        for cage in self.cages[:LISTED_CAGES]:
            tc = "no λ" if cage.tc_k is None else f"λ/ξ² = {cage.tc_k:.1f} K"
            yield cage.phase, f"{cage.cage} {'-'.join(cage.apexes)}, ξ = {cage.xi_ang:.3f} Å, {tc}"
        if len(self.cages) > LISTED_CAGES:
            yield "...", f"{len(self.cages) - LISTED_CAGES} more cages"
        ceiling, estimate = self.ceiling, self.estimate
        if ceiling is not None:
            yield "ceiling", f"{ceiling.tc_k:.1f} K ({ceiling.low_k:.1f} to {ceiling.high_k:.1f} K)"
        electrons = self.electrons
        if electrons.electron_state is not None:
            valence, carriers = electrons.formal_valence, electrons.carriers
            known = valence is not None and carriers is not None
            counted = f", valence {valence:+.2f}, carriers {carriers:.3g}" if known else ""
            yield "electrons", f"{electrons.electron_state}{counted}"
        if estimate is not None:
            low, high = estimate.tc_low_k, estimate.tc_high_k
            yield (
                "expected T_c",
                f"{estimate.tc_expected_k:.1f} K as written (80 %: {low:.1f} to {high:.1f} K)",
            )
            low, high = estimate.tc_best_low_k, estimate.tc_best_high_k
            yield (
                "best doping",
                f"{estimate.tc_best_k:.1f} K (80 %: {low:.1f} to {high:.1f} K), {estimate.best_doping}",
            )
            if estimate.superconducting_probability is not None:
                yield "superconducts", f"with probability {estimate.superconducting_probability:.2f}"
            yield "support", f"{estimate.support:.2f}, {estimate.support_word}"
        elif self.evidence is not None:
            yield "expected T_c", f"none: {self.why_no_estimate}"
        for note in self.notes:
            yield "note", note


def _plain(value: Any) -> Any:
    """A value in the types of JSON."""
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float):
        return float(value) if isfinite(value) else None
    return value
