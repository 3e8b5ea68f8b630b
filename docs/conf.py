"""How the documentation is built: `make docs`. Nothing is fetched, and a warning ends the build."""

from __future__ import annotations

import os
import sys
from importlib import metadata
from pathlib import Path

from sphinx.application import Sphinx

DOCS = Path(__file__).resolve().parent
# The modules and the command of this checkout and environment, here and in the tutorial's kernel.
sys.path[:0] = [str(DOCS), str(DOCS.parent)]
os.environ["PYTHONPATH"] = str(DOCS.parent)
os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))

project = "polywell"
author = "the polywell authors"
project_copyright = "2026, the polywell authors"
release = version = metadata.version("polywell")

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["reference/modules.md", "reference/read.md"]  # parts of architecture.md and library.md

html_theme = "furo"
html_title = "polywell"
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False

myst_heading_anchors = 3
nb_execution_mode = "force"  # in every build: the tutorial is a test
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_execution_show_tb = True
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False


def setup(app: Sphinx) -> None:
    """Writes the pages that are made from the program before any page is read."""
    import generate

    app.connect("builder-inited", lambda app: generate.write(DOCS / "reference"))
