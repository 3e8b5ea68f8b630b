"""Sentences of the pages of studies: templates that are filled with the numbers of a computation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from string import Formatter
from typing import Any

import tomli

from reports.html.writing import read_text

Each = Mapping[str, Sequence[str]]
"""By name of a fact with several items: their joint, and the template of one ({0} the key, {1} the value)."""


class _Sentences(Formatter):
    """`str.format` with names that may hold a point, as the columns of a survey do."""

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """What a field names: a fact as a whole, else its attribute or item."""
        if field_name in kwargs:
            return kwargs[field_name], field_name
        return super().get_field(field_name, args, kwargs)


@cache
def words(name: str) -> dict[str, Any]:
    """The words of a page, from `templates/NAME.toml`."""
    return tomli.loads(read_text(f"templates/{name}.toml"))


def sentence(template: str, facts: Mapping[str, Any], each: Each | None = None) -> str:
    """A template filled with facts; a fact with several items is joined.

    Raises:
        KeyError: the template names a fact that is not there.
    """
    together = {
        name: joined(value, (each or {}).get(name)) if isinstance(value, (tuple, dict)) else value
        for name, value in facts.items()
        if name in (each or {}) or f"{{{name}}}" in template
    }
    return _Sentences().vformat(template, (), {**facts, **together})


def told(found: str | Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """A sentence of `words`, written as its template alone or with `each` beside its `text`."""
    if isinstance(found, str):
        return sentence(found, facts)
    return sentence(found["text"], facts, found["each"])


def joined(items: Any, each: Sequence[str] | None = None) -> str:
    """The items of a tuple or mapping in one text; `none` where there are none."""
    joint, template = each or (", ", "{0}")
    pairs = items.items() if isinstance(items, Mapping) else ((one,) for one in items)
    return joint.join(template.format(*pair) for pair in pairs) or "none"
