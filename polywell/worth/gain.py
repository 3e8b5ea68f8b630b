"""The expected gain: what a group may expect, in K, that makes a candidate and dopes it as well as it can."""

from __future__ import annotations

from polywell.records import Estimate
from polywell.worth.possible import Described, verdict
from polywell.worth.routes import doping_of
from polywell.worth.table import worth_table


def gain_k(screening: Described, estimate: Estimate, before: int | None = None) -> float | None:
    """The expected gain in K; None without an estimate.

    It is the probability to superconduct at the best doping, times the lower end of T_c there, times a factor
    of `tables/worth.toml` each for whether the candidate is possible, how it is doped, and how near measured
    compounds are. Precedents are those known before a year, if one is given.
    """
    if estimate.tc_best_low_k is None:
        return None
    factors = worth_table().discount
    probability = estimate.best_probability
    known = factors.unknown.probability if probability is None else probability
    return (
        known
        * estimate.tc_best_low_k
        * factors.possible[verdict(screening, estimate).possible]
        * factors.route[doping_of(screening, estimate, before).kind]
        * factors.support.get(str(estimate.support_word), min(factors.support.values()))
    )
