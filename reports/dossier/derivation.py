"""How the ceiling of a candidate was reached: λ, ξ, the correction of its database, and their doubts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polywell.sensitivity import doubt, xi_relative_doubt
from reports.dossier.payload import Correction, Derivation, Interval
from reports.dossier.scene import GREEK
from reports.dossier.words import MAX_NAME
from reports.run.table import Row, clipped, finite


def derivation(row: Row, main: Row, manifest: Mapping[str, Any], end_k: float) -> Derivation | None:
    """Take the number apart; None where the λ table of the run has no row for it.

    Args:
        row: the candidate's row.
        main: the phase that gives its ceiling.
        manifest: the run's manifest, with its λ table.
        end_k: where the axis of temperature ends.
    """
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
    lam, spread = float(family["lambda_k_ang2"]), float(family["spread_k_ang2"])
    xi, corrected = float(main["xi_ang"]), _correction(row, end_k)
    relative = xi_relative_doubt(str(main["cage"]), row["theoretical"])
    if corrected is not None:
        xi, relative = corrected.xi_ang, corrected.spread_percent / 100
    found = doubt(xi, lam, spread, relative, finite(main["xi_spread_ang"]) or 0.0)
    return Derivation(
        letter=GREEK.get(str(main["phase"]), str(main["phase"])),
        lambda_k_ang2=lam,
        spread_k_ang2=spread,
        lambda_source=clipped(family["source"], MAX_NAME),
        xi_ang=float(main["xi_ang"]),
        xi_doubt_percent=100 * relative,
        xi_origin="measured" if row["theoretical"] is False else "computed",
        tc_k=found.tc_k,
        deviation_k=found.deviation_k,
        share_lambda=round(100 * found.share_lambda, 1),
        share_xi=round(100 * found.share_xi, 1),
        share_copies=round(100 * found.share_copies, 1),
        correction=corrected,
        correction_note=clipped(row.get("xi_correction_note"), MAX_NAME).removeprefix("not corrected: "),
    )


def _correction(row: Row, end_k: float) -> Correction | None:
    xi, ratio, spread, tc = (
        finite(row.get(name))
        for name in ("xi_corrected_ang", "xi_correction_ratio", "xi_correction_spread", "tc_corrected_k")
    )
    if xi is None or ratio is None or spread is None or tc is None:
        return None
    return Correction(
        xi_ang=xi,
        ratio=ratio,
        spread_percent=100 * spread,
        compounds=int(row.get("xi_correction_compounds") or 0),
        tc=Interval.on(end_k, tc, row.get("tc_corrected_low_k"), row.get("tc_corrected_high_k")),
    )
