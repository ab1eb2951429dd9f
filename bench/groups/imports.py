"""What an import costs, as the CPU time of a whole interpreter that does nothing else."""

from __future__ import annotations

from ..engine import LIMIT, OURS, Case, Group, require
from ..process import BARE, ROUNDS, printed, python

# What the package must not load before someone asks for it: each costs more than all our formats.
HEAVY = ("construct", "cryptography", "yaml", "numpy")

ALL_FORMATS = "import snpformat.formats as f; [getattr(f, name) for name in f.__all__]"
ALL_CONSTRUCTS = "import snpformat.constructs as c; [getattr(c, name) for name in c.__all__]"


def group() -> Group:
    """From nothing to everything; construct alone stands beside the declarations made of it."""
    for code in ("import snpformat", ALL_FORMATS):
        loaded = printed(f"{code}\nimport sys\nprint(*sys.modules)").split()
        heavy = [name for name in HEAVY if name in loaded]
        require(not heavy, f"{code!r} loads {', '.join(heavy)}")
    bare = "python -c pass"
    works = {
        "import snpformat": "import snpformat",
        "one structure": "from snpformat.formats import MsgHdr",
        "all formats": ALL_FORMATS,
        "all constructs": ALL_CONSTRUCTS,
    }
    cases = [Case(bare, LIMIT, python(*BARE))]
    cases += [Case(work, OURS, python("-c", code), bare) for work, code in works.items()]
    cases.append(Case("all constructs", "construct alone", python("-c", "import construct"), bare))
    return Group("import", cases, rounds=ROUNDS)
