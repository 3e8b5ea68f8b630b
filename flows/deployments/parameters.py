"""Parameters of Prefect's flows, made of the options: flat, as `prefect.yaml` and a form can hold them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from flows import options

Result = TypeVar("Result")


def takes_options(
    leave_out: Collection[str] = (),
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Gives a function, beside its own parameters, one for each option; it gets them as keywords.

    Each is None unless it is given: its value is then the environment's, or its default. Its meaning goes to
    the end of the docstring, from which Prefect takes it.

    Args:
        leave_out: options that are no parameters of this function.
    """
    fields = options.ScreenOptions.model_fields
    types: dict[str, Any] = {
        name: field.annotation for name, field in fields.items() if name not in leave_out
    }

    def derived(function: Callable[..., Result]) -> Callable[..., Result]:
        own = inspect.signature(function, eval_str=True)
        kept = [one for one in own.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
        more = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=type_ | None)
            for name, type_ in types.items()
        ]
        function.__signature__ = own.replace(parameters=[*kept, *more])  # type: ignore[attr-defined]
        function.__annotations__ = {one.name: one.annotation for one in (*kept, *more)}
        doc = inspect.cleandoc(function.__doc__ or "")
        heading = "" if "\nArgs:\n" in doc else "\n\nArgs:"
        lines = [f"    {name}: {fields[name].description}" for name in types]
        function.__doc__ = "\n".join([doc + heading, *lines])
        return function

    return derived
