"""The science of polywell: a crystal structure in, cages, heights and critical temperatures out.

Nothing here touches the network, the clock or a file other than the package's own tables.
"""

ALGORITHM_VERSION = 3
"""Raised whenever a result of `polywell.screening.screen` can change; written with every row."""
