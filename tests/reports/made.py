"""Made-up records of a run, as the catalog hands them to the pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, TypeVar

from polywell.ranking import RankBy, rank
from polywell.records import Candidate, Estimate, Outcome, Phase, Place, Provenance, Reason, Screening

Record = TypeVar("Record")

FAMILIES: list[dict[str, Any]] = [
    {
        "name": name,
        "metal": metal,
        "cages": cages,
        "ligands": ligands,
        "lambda_k_ang2": lam,
        "spread_k_ang2": spread,
        "source": "made up for a test",
    }
    for name, metal, cages, ligands, lam, spread in (
        ("cuprate", "Cu", ["octahedron"], ["O", "F"], 1300.0, 100.0),
        ("nickelate", "Ni", ["octahedron"], ["O"], 1300.0, 100.0),
        ("iron-based", "Fe", ["nonahedron", "tridecahedron"], ["As"], 400.0, 15.0),
    )
]
LAMBDA = {family["name"]: (family["lambda_k_ang2"], family["spread_k_ang2"]) for family in FAMILIES}


def changed(record: Record, **values: Any) -> Record:
    """The record with other values in some fields, those of the records within it included."""
    made = _changed(record, values)
    assert not values, f"no field is called {', '.join(values)}"
    return made


def _changed(record: Any, values: dict[str, Any]) -> Any:
    own = {}
    for one in fields(record):
        value = getattr(record, one.name)
        if is_dataclass(value):
            own[one.name] = _changed(value, values)
        elif one.name in values:
            own[one.name] = values.pop(one.name)
    return replace(record, **own)


def phase(name: str, xi_ang: float, family: str, apexes: tuple[str, ...]) -> Phase:
    lam, spread = LAMBDA[family]
    return Phase(
        phase=name,
        cage="octahedron",
        metal="Cu",
        metal_mix="Cu",
        ligand="O",
        apexes=apexes,
        xi_ang=xi_ang,
        xi_spread_ang=0.0,
        apex_heights_ang=(xi_ang / 2, xi_ang / 2),
        lateral_offset_ang=0.0,
        faces=8,
        count=1,
        edges_ang=(3.86, 3.86),
        bond_ang=1.93,
        bond_angle_deg=178.0,
        buckling_ang=0.0,
        apical_ligands=(),
        apical_distances_ang=(),
        anion_heights_ang=(),
        anion_angle_deg=None,
        sheets_per_block="2",
        sheet_distance_ang=None,
        vertices=(),
        lambda_k_ang2=lam,
        tc_k=lam / xi_ang**2,
        tc_low_k=(lam - spread) / xi_ang**2,
        tc_high_k=(lam + spread) / xi_ang**2,
    )


def candidate(id: str, xi_ang: float, family: str = "cuprate", **more: Any) -> Candidate:
    """A candidate with two cages, of height ξ and ξ + 0.2 Å; apexes Ca/Y and Ba/Ba."""
    lam, spread = LAMBDA[family]
    outer_ang = xi_ang + 0.2
    screening = Screening(
        source="made-up",
        id=id,
        formula="YBa2Cu3O6.97",
        elements=("Ba", "Cu", "O", "Y"),
        outcome=Outcome.CANDIDATE,
        algorithm_version=1,
        families_digest="0" * 64,
        family=family,
        metal="Cu",
        phases=(phase("alpha", xi_ang, family, ("Ca", "Y")), phase("beta", outer_ang, family, ("Ba", "Ba"))),
        tc_ceiling_k=lam / xi_ang**2,
        tc_ceiling_low_k=(lam - spread) / xi_ang**2,
        tc_ceiling_high_k=(lam + spread) / xi_ang**2,
        tc_outer_k=lam / outer_ang**2,
        tc_outer_low_k=(lam - spread) / outer_ang**2,
        tc_outer_high_k=(lam + spread) / outer_ang**2,
        xi_ceiling_ang=xi_ang,
        xi_outer_ang=outer_ang,
    )
    return changed(Candidate(screening, Estimate(), Place(1, 1, 1)), **more)


def dropped(id: str, *, reason: str | None = None, error_type: str | None = None, **more: Any) -> Screening:
    """A rejected or failed entry."""
    screening = Screening(
        source="made-up",
        id=id,
        formula="SrTiO3",
        elements=("O", "Sr", "Ti"),
        outcome=Outcome.REJECTED if reason else Outcome.FAILED,
        algorithm_version=1,
        families_digest="0" * 64,
        reason=Reason(reason) if reason else None,
        error_type=error_type,
        stage="read" if error_type else None,
        message="a sentence",
    )
    return changed(screening, **more)


def measured(id: str, xi_ang: float, tc_k: float | None, family: str = "cuprate", **more: Any) -> Screening:
    """A candidate of the reference library."""
    given = Provenance(
        tc_measured_k=tc_k, tc_measured_kind="onset", citation="nobody, nowhere", checked="read"
    )
    screening = replace(candidate(id, xi_ang, family, formula="HgBa2CuO4").screening, provenance=given)
    return changed(screening, **more)


def in_order(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates by falling ceiling, each with its place."""
    found = [(one.screening, one.estimate) for one in candidates]
    return rank(found, RankBy.CEILING, [one.sighting for one in candidates])


@dataclass(frozen=True)
class Run:
    """Records of a run; its manifest counts them."""

    ranked: list[Candidate] = field(default_factory=list)
    rejected: list[Screening] = field(default_factory=list)
    failed: list[Screening] = field(default_factory=list)
    measured: list[Screening] = field(default_factory=list)
    source: str = "made-up"

    def manifest(self) -> dict[str, Any]:
        counts = {
            "started": "2026-11-22T18:30:02Z",
            "finished": "2026-11-22T18:30:19+00:00",
            "entries": len(self.ranked) + len(self.rejected) + len(self.failed),
            "candidates": len(self.ranked),
            "rejected": len(self.rejected),
            "failed": len(self.failed),
        }
        described = {"source_description": {"spec": self.source, "licence": "none"}}
        return {
            "source": self.source,
            "sources": {self.source: counts | described},
            **counts,
            "reasons": dict(Counter(str(one.reason) for one in self.rejected)),
            "failures": dict(Counter(one.error_type for one in self.failed)),
            "algorithm_version": 1,
            "families": FAMILIES,
            "families_digest": "0" * 64,
            "reference_digest": "1" * 64,
            "code_version": "0.1.0",
            "versions": {"python": "3.11.9"},
            "files": {"ranked.parquet": "2" * 64},
        }

    def arguments(self) -> dict[str, Any]:
        """What `run_files` and `run_payload` take, by name."""
        return {
            "ranked": self.ranked,
            "rejected": self.rejected,
            "failed": self.failed,
            "manifest": self.manifest(),
            "measured": self.measured,
        }
