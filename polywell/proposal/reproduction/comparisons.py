"""The comparisons of the proposal's text: a table of expressions, and how they are evaluated.

Where a number is printed and where it is computed from stands in `tables/comparisons.toml`; here are the
formulas that the table names, and the few lines that resolve its expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from pydantic import Field

from polywell.data.tables import Record, Table, load_table
from polywell.doping import nearest_spacing, stripe_doping
from polywell.pressure.chemical import shannon_radius_ang, shift_by_heights_k, shift_by_radii_k
from polywell.proposal import resonance
from polywell.proposal.reproduction.library import Library, family_lambda
from polywell.proposal.reproduction.printed import Basis, Pair, Printed, Verdict, compare, printed_values
from polywell.proposal.surface import side_bar_offset_edges
from polywell.proposal.trilayers import doping_curve, fermi_sheets, order_by_radius
from polywell.relation import critical_temperature_k

Expression = int | float | str | list[Any]
"""A number, a name, a path, or a formula with its arguments; the table's head says what each means."""


class Comparison(Record):
    """One row of the table."""

    value: str
    basis: Basis = "arithmetic"
    of: Expression | None = None
    origin: str = ""
    rounding: Expression | None = None
    circular: bool = False
    independent: bool = False
    reason: str = ""
    facts: dict[str, Expression] = Field(default_factory=dict)


class Section(Record):
    """The rows of one section, and the facts that they share."""

    rows: tuple[Comparison, ...]
    facts: dict[str, Expression] = Field(default_factory=dict)


class _Table(Table, extra="allow"):
    __pydantic_extra__: dict[str, Section]


@cache
def comparisons() -> dict[str, Section]:
    """The table of comparisons by section."""
    return load_table("comparisons.toml", _Table).__pydantic_extra__


def _intensities(*eta_ang: float) -> dict[str, float]:
    return resonance.relative_intensities(dict(zip(("alpha", "beta", "gamma"), eta_ang, strict=True)))


FORMULAS: dict[str, Callable[..., Any]] = {
    "doping": lambda n: float(stripe_doping(n)),
    "energy": lambda e, xi_e, xi: resonance.resonance_energy_mev(xi, e * xi_e * xi_e),
    "eta_alpha": lambda iron, beta: resonance.eta_of_even_mode_ang(iron / 2, (iron - beta) / 2),
    "falling_bindings": lambda inner, outer: order_by_radius(inner, outer, ">"),
    "fermi_sheets": lambda: ", ".join(str(n) for n in sorted({fermi_sheets(p / 100) for p in range(1, 50)})),
    "flat_from": lambda optimum: doping_curve(1.0, optimum).flat_from,
    "flat_to": lambda optimum: doping_curve(1.0, optimum).flat_to,
    "intensities": _intensities,
    "kind_of_site": lambda found: "well" if found.gamma_is_well and found.normal_ev_ang2 > 0 else "saddle",
    "larger": max,
    "larger_cage": lambda found: "outer" if found.inner_is_smaller else "inner",
    "minus": lambda a, b: a - b,
    "nearest_spacing": lambda doping: float(nearest_spacing(doping)),
    "odd_over_even": lambda *eta: sum(_intensities(*eta)[odd] for odd in ("beta", "gamma")) / 2,
    "order_of_heights": lambda found: order_by_radius(found.inner_ang, found.outer_ang),
    "over": lambda a, b: a / b,
    "parity": resonance.PARITY.__getitem__,
    "percent_above": lambda a, b: 100 * (a / b - 1),
    "plus": lambda a, b: a + b,
    "radius": lambda ion, coordination: shannon_radius_ang(ion[:-2], int(ion[-2]), coordination),
    "rising_heights": order_by_radius,
    "shift_by_heights": shift_by_heights_k,
    "shift_by_radii": shift_by_radii_k,
    "side_bars": lambda: float(side_bar_offset_edges()),
    "smaller": min,
    "square_over": lambda a, b: (a / b) ** 2,
    "stripe_doping": lambda n: str(stripe_doping(n)),
    "tc": critical_temperature_k,
    "times": lambda a, b: a * b,
}
"""What the table may name; lengths in Å, temperatures in K, energies in meV."""


def _leaves(expression: Expression | None) -> list[str]:
    """The texts in an expression, but for the names of its formulas."""
    if isinstance(expression, list):
        return [leaf for one in expression[1:] for leaf in _leaves(one)]
    return [expression] if isinstance(expression, str) else []


class Evaluator:
    """Resolves the expressions of one section."""

    def __init__(self, library: Library, section: str) -> None:
        """Hold the library, and the printed values of a section by their names."""
        self._library = library
        self._formulas = FORMULAS | {
            "nearest_axes": library.nearest_axes,
            "nickelates_above": lambda limit_k: library.above("nickelate", limit_k),
        }
        known = printed_values().items()
        self.printed = {key[len(section) + 1 :]: one for key, one in known if one.section == section}

    def value(self, expression: Expression, moved: Mapping[str, float] | None = None) -> Any:
        """The value of an expression, some printed values perhaps moved.

        Raises:
            ValueError: a name is no formula and no printed value of the section.
            KeyError: a path begins with no structure of the library.
        """
        if isinstance(expression, list):
            name, *arguments = expression
            formula = self._formulas.get(str(name))
            if formula is None:
                raise ValueError(f"no formula {name!r}; known: {', '.join(sorted(self._formulas))}")
            return formula(*(self.value(one, moved) for one in arguments))
        if not isinstance(expression, str) or expression.endswith("+"):
            return expression
        if " " in expression:
            return self._known(*expression.split())
        if expression not in self.printed:
            raise ValueError(f"{expression!r} is not printed here; known: {', '.join(sorted(self.printed))}")
        return (moved or {}).get(expression, self.printed[expression].number)

    def _known(self, id: str, *path: str) -> Any:
        """What a path leads to: attributes, entries of a mapping, and methods that take the next step."""
        if id == "λ":
            return family_lambda(*path)
        found: Any = self._library[id]
        for step in path:
            if callable(found):
                found = found(step)
            else:
                found = found[step] if isinstance(found, Mapping) else getattr(found, step)
        return found

    def slack(self, expression: Expression) -> float:
        """How far a result may move when each printed input moves by half a unit of its last digit."""
        centre = self.value(expression)
        inputs = {name: self.printed[name] for name in _leaves(expression) if name in self.printed}
        moved = ({name: one.number + one.half_unit} for name, one in inputs.items() if one.half_unit)
        return float(sum(abs(self.value(expression, one) - centre) for one in moved))

    def members(self, expression: Expression) -> list[str]:
        """Ids of the structures that an expression speaks of."""
        return [id for one in _leaves(expression) for id in one.split()[:1] if id in self._library]

    def pair(self, row: Comparison, shared: Mapping[str, Expression]) -> Pair:
        """The printed value of a row beside the computed one."""
        printed = self.printed[row.value]
        facts = {name: self.value(one) for name, one in {**shared, **row.facts}.items()}
        if row.of is None:
            return not_computed(printed, row.reason, facts)
        computed, ids = self.value(row.of), self.members(row.of)
        exact = row.basis != "arithmetic" or isinstance(computed, str)
        tested = row.basis != "structure" or row.independent
        return compare(
            printed,
            computed,
            row.basis,
            row.origin.format(**facts) or ids[0],
            slack=0.0 if exact else self.slack(row.of if row.rounding is None else row.rounding),
            built=not tested and any(self._library[id].built for id in ids),
            circular=row.circular,
            reason=row.reason,
            facts=facts,
            cell="" if row.independent else self._library.worst_cell(ids),
        )


def not_computed(printed: Printed, reason: str, facts: Mapping[str, Any]) -> Pair:
    """The pair of a value that no published relation gives."""
    return Pair(printed, "arithmetic", "", None, Verdict.NOT_COMPUTED, reason=reason, facts=facts)


def text_pairs(library: Library) -> list[Pair]:
    """Every comparison of the table, in its order."""
    pairs = []
    for name, section in comparisons().items():
        evaluator = Evaluator(library, name)
        pairs += [evaluator.pair(row, section.facts) for row in section.rows]
    return pairs
