"""What all tests share: the same examples of hypothesis everywhere, one thread of linear algebra a process.

The processes of the tests take all cores already, and threads of OpenBLAS spin while they wait for a core:
the relaxation of four atoms took thirty times as long.
"""

import os

from hypothesis import settings

os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # read when numpy and scipy are imported

settings.register_profile("polywell", derandomize=True, deadline=None, database=None)
settings.load_profile("polywell")
