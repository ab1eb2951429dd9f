"""The command ``python -m bench``."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from . import machine, results
from .engine import BenchError
from .groups import GROUPS

RETRIES = 2  # how often a group that misses a target is timed again before `--check` believes it


def main(argv: Sequence[str] | None = None) -> int:
    """Run the groups asked for. Returns 1 when one is wrong or, with ``--check``, too slow."""
    arguments = _parser().parse_args(argv)
    facts, noise = machine.facts(), machine.noise()
    print("  ".join(f"{name}: {value}" for name, value in facts.items()))
    print(f"noise of an empty loop, p90/p10: {noise:.2f}")
    if arguments.check and noise > machine.STEADY:
        print(f"the machine is too unsteady to judge ratios (noise above {machine.STEADY})")
        return 1
    rows: list[results.Row] = []
    wrong: list[str] = []
    for name in arguments.group or GROUPS:
        try:
            found = _run(name)
        except BenchError as error:
            print(f"{name}: not timed: {error}")
            wrong.append(name)
            continue
        rows += found
        missed = arguments.check and any(row.misses for row in found)
        if missed and not any(_passes_afresh(name) for _ in range(arguments.retries)):
            wrong.append(name)
    if arguments.json:
        _write(arguments.json, facts, noise, rows)
    if wrong:
        print(f"failed: {', '.join(wrong)}")
    return 1 if wrong else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Time the formats.")
    parser.add_argument(
        "--group", action="append", choices=list(GROUPS), help="only this one; may be repeated"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--check", action="store_true", help="fail when a ratio misses its target")
    parser.add_argument(
        "--retries", type=int, default=RETRIES, metavar="N", help=f"for --check, default {RETRIES}"
    )
    return parser


def _run(name: str) -> list[results.Row]:
    """The rows of a group, printed."""
    group = GROUPS[name]()
    for note in group.skipped:
        print(f"{name:8} skipped: {note}")
    rows = results.run(group)
    for row in rows:
        print(row.line(), flush=True)
    return rows


def _passes_afresh(name: str) -> bool:
    """Whether the group reaches its targets in another process, with its memory laid out anew."""
    print(f"{name}: a target was missed; once more", flush=True)
    command = [sys.executable, "-m", "bench", "--check", "--retries", "0", "--group", name]
    return subprocess.run(command, check=False).returncode == 0


def _write(file: Path, facts: dict[str, str], noise: float, rows: list[results.Row]) -> None:
    found = {"machine": facts, "noise": noise, "rows": [row.to_dict() for row in rows]}
    file.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
