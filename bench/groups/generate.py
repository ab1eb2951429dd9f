"""Generating everything, as the command; beside it what reading the YAML costs at the least."""

from __future__ import annotations

from ..engine import LIMIT, OURS, Case, Group
from ..inputs import ROOT
from ..process import BARE, ROUNDS, python

# Events only: the generator builds nodes of its own from them.
READ = """
import sys, yaml
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as spec:
        for event in yaml.parse(spec, Loader=yaml.CSafeLoader):
            pass
"""


def group() -> Group:
    """`--check` does all the work but the writing, and fails unless the tree is up to date."""
    try:
        from yaml import CSafeLoader as CSafeLoader
    except ImportError as error:
        return Group("generate", [], [f"PyYAML with libyaml ({error})"])
    specs = [str(path) for path in sorted((ROOT / "specs").glob("*.yaml"))]
    command = ("-m", "snpformat_codegen", "generate", "--check")
    bare = "python -c pass"
    cases = [
        Case(bare, LIMIT, python(*BARE)),
        Case("read the YAML", "PyYAML", python("-c", READ, *specs), bare),
        Case("generate --check", OURS, python(*command), bare, reach_seconds=1.0),
    ]
    return Group("generate", cases, rounds=ROUNDS)
