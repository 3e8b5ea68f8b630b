"""What the evaluation comes to, in sentences: first of all whether a baseline wins."""

from __future__ import annotations

from polywell.evidence.evaluation.baselines import BASELINES
from polywell.evidence.evaluation.evaluate import CALIBRATED, EVERYTHING, Evaluation, Split, winners

ERROR = "mean absolute error"


def verdict(evaluation: Evaluation, split: Split) -> tuple[str, ...]:
    """One sentence about each family that was evaluated, the losses of the calibration first.

    Args:
        evaluation: scores of all predictors.
        split: which rows left together with the tested one.
    """
    families = dict.fromkeys(
        row.family
        for row in evaluation.scores
        if row.split == split and row.family != EVERYTHING and row.value is not None
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
    better = [(name, _error(evaluation, split, family, name)) for name in winners(evaluation, split, family)]
    if better:
        named = ", ".join(f"{name} ({error:.1f} K)" for name, error in better)
        return f"{about}: the calibration ({own:.1f} K mean absolute error) loses to {named}."
    others = [(_error(evaluation, split, family, name), name) for name in BASELINES]
    known = [(error, name) for error, name in others if error is not None]
    if not known:
        return f"{about}: the calibration errs by {own:.1f} K; there is no baseline beside it."
    error, name = min(known)
    return (
        f"{about}: the calibration ({own:.1f} K mean absolute error) beats every baseline; "
        f"the best of them is {name} ({error:.1f} K)."
    )


def _error(evaluation: Evaluation, split: Split, family: str, predictor: str) -> float | None:
    return evaluation.value(split, family, predictor, ERROR)


def _unseen(split: Split) -> str:
    return {
        Split.COMPOUND: "the compound unseen",
        Split.STRUCTURE_TYPE: "the structure type unseen",
        Split.OUTSIDE: "from outside the library",
    }[split]
