"""The checks of a whole Program, each a function ``f(program, log)`` of its own.

All of them run, so that one run shows every mistake; what an earlier mistake has made unknowable
(a structure that could not be read, an import that is not there) is passed over, so that one
mistake is told once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from ..diagnostics import Log, TooManyMistakes
from ..ir import Program
from .arrays import check_arrays
from .citations import check_citations
from .derived import check_derived
from .names import check_names
from .tiling import check_tiling
from .types import check_types
from .values import check_values
from .versions import check_versions

PASSES: tuple[Callable[[Program, Log], None], ...] = (
    check_names,
    check_types,
    check_values,
    check_versions,
    check_tiling,
    check_derived,
    check_arrays,
    check_citations,
)


def check(program: Program, log: Log) -> None:
    """Run every pass over `program`."""
    with contextlib.suppress(TooManyMistakes):
        for run in PASSES:
            run(program, log)
