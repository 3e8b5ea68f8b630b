"""The examples in the docstrings of the library run, and print what they say."""

import doctest
import importlib
from pathlib import Path

LIBRARY = Path(__file__).resolve().parent.parent / "polywell"


def test_every_example_of_the_library_holds():
    for path in sorted(LIBRARY.rglob("*.py")):
        if ">>> " in path.read_text("utf-8"):
            name = ".".join(path.relative_to(LIBRARY.parent).with_suffix("").parts)
            module = importlib.import_module(name.removesuffix(".__init__"))
            failed, tried = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
            assert tried and not failed, name
