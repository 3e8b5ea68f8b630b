"""What the licence of an entry allows, as far as it must be known here."""

from __future__ import annotations

import re

MATERIALS_PROJECT = {"BY-C": "CC BY 4.0", "BY-NC": "CC BY-NC 4.0"}
"""Labels of the Materials Project (`builder_meta.license`) as the licences that they stand for.

https://next-gen.materialsproject.org/about/terms (recalled, not opened again); the GNoME entries are BY-NC.
"""


def is_noncommercial(licence: str | None) -> bool:
    """Whether a licence forbids commercial use; one that is not known does not."""
    words = re.split(r"[^a-z]+", (licence or "").lower())
    return "nc" in words or "noncommercial" in words
