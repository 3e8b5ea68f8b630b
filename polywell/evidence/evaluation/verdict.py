"""What the evaluation comes to, in sentences: first of all whether a baseline wins."""

from __future__ import annotations

from polywell.evidence.evaluation.baselines import BASELINES
from polywell.evidence.evaluation.evaluate import CALIBRATED, CONSTANT, Split
from polywell.evidence.evaluation.scoring import COVERAGE, ERROR, ORDER, Evaluation, winners


def verdict(evaluation: Evaluation, split: Split) -> tuple[str, ...]:
    """One sentence about each family that was evaluated, the losses of the calibration first.

    Args:
        evaluation: scores of all predictors.
        split: which rows left together with the tested one.
    """
    families = dict.fromkeys(
        row.family for row in evaluation.scores if row.split == split and row.value is not None
    )
    lost = [family for family in families if winners(evaluation, split, family)]
    won = [family for family in families if family not in lost]
    return tuple(_sentence(evaluation, split, family) for family in (*lost, *won))


def _sentence(evaluation: Evaluation, split: Split, family: str) -> str:
    own = _error(evaluation, split, family, CALIBRATED)
    rows = next(
        row.rows
        for row in evaluation.scores
        if (row.split, row.family, row.predictor, row.score) == (split, family, CALIBRATED, ERROR)
    )
    about = f"{family}, {rows} superconducting rows, {_unseen(split)}"
    if own is None:
        return f"{about}: nothing to score."
    order = evaluation.value(split, family, CALIBRATED, ORDER)
    held = evaluation.value(split, family, CALIBRATED, COVERAGE)
    figures = f"{own:.1f} K mean absolute error"
    if order is not None:
        figures += f", rank correlation {order:.2f}".replace("-", "−")
    if held is not None:
        figures += f", {100 * held:.0f} % of the 80 % intervals held"
    better = [(name, _error(evaluation, split, family, name)) for name in winners(evaluation, split, family)]
    if better:
        named = ", ".join(f"{name} ({error:.1f} K)" for name, error in better)
        return f"{about}: the calibration ({figures}) loses to {named}."
    others = [(_error(evaluation, split, family, name), name) for name in (CONSTANT, *BASELINES)]
    known = [(error, name) for error, name in others if error is not None]
    if not known:
        return f"{about}: the calibration ({figures}) has no baseline beside it."
    error, name = min(known)
    best = f"the best of them is {name} ({error:.1f} K)"
    return f"{about}: the calibration ({figures}) beats every baseline; {best}."


def _error(evaluation: Evaluation, split: Split, family: str, predictor: str) -> float | None:
    return evaluation.value(split, family, predictor, ERROR)


def _unseen(split: Split) -> str:
    if split is Split.OUTSIDE:
        return "from outside the library, the chemical system unseen"
    return f"the {split} unseen"
