"""How the ceiling of a candidate was reached: λ, ξ, the correction of its database, and their doubts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polywell.design.table import design_table
from polywell.records import Candidate, Estimate
from polywell.relation import doubt, xi_relative_doubt
from reports.dossier.payload import Correction, Derivation, Interval
from reports.dossier.scene import GREEK
from reports.dossier.words import origin_word
from reports.html.cells import MAX_NAME, clipped, finite


def derivation(one: Candidate, manifest: Mapping[str, Any], end_k: float) -> Derivation | None:
    """Take the number apart; None where the λ table of the run has no row for it.

    Args:
        one: the candidate.
        manifest: the run's manifest, with its λ table.
        end_k: where the axis of temperature ends.
    """
    found, main = one.screening, one.screening.ceiling_phase
    if main is None:
        return None
    family = next(
        (
            row
            for row in manifest.get("families", ())
            if row["name"] == found.family and row["metal"] == main.metal
        ),
        None,
    )
    if family is None:
        return None
    lam, spread = float(family["lambda_k_ang2"]), float(family["spread_k_ang2"])
    xi, corrected = main.xi_ang, _correction(one.estimate, end_k)
    relative = xi_relative_doubt(main.cage, found.provenance.theoretical)
    if found.provenance.built_of is not None:
        relative = design_table().xi_error.get(main.cage, relative)
    if corrected is not None:
        xi, relative = corrected.xi_ang, corrected.spread_percent / 100
    doubted = doubt(xi, lam, spread, relative, main.xi_spread_ang)
    return Derivation(
        letter=GREEK.get(main.phase, main.phase),
        lambda_k_ang2=lam,
        spread_k_ang2=spread,
        lambda_source=clipped(family["source"], MAX_NAME),
        xi_ang=main.xi_ang,
        xi_doubt_percent=100 * relative,
        xi_origin=origin_word(found.provenance) or "computed",
        tc_k=doubted.tc_k,
        deviation_k=doubted.deviation_k,
        share_lambda=round(100 * doubted.share_lambda, 1),
        share_xi=round(100 * doubted.share_xi, 1),
        share_copies=round(100 * doubted.share_copies, 1),
        correction=corrected,
        correction_note=clipped(one.estimate.xi_correction_note, MAX_NAME).removeprefix("not corrected: "),
    )


def _correction(estimate: Estimate, end_k: float) -> Correction | None:
    xi, ratio = finite(estimate.xi_corrected_ang), finite(estimate.xi_correction_ratio)
    spread, tc = finite(estimate.xi_correction_spread), finite(estimate.tc_corrected_k)
    if xi is None or ratio is None or spread is None or tc is None:
        return None
    return Correction(
        xi_ang=xi,
        ratio=ratio,
        spread_percent=100 * spread,
        compounds=estimate.xi_correction_compounds or 0,
        tc=Interval.on(end_k, tc, estimate.tc_corrected_low_k, estimate.tc_corrected_high_k),
    )
