"""Whole processes as cases: their CPU time, user and system, from start to end."""

from __future__ import annotations

import os
import subprocess
import sys

from .engine import BenchError, Sampler
from .inputs import ROOT

BARE = ("-c", "pass")  # what it costs to start and end the interpreter
ROUNDS = 25

# The children see this checkout, whatever else is installed.
_ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {
    "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'codegen'}"
}


def python(*arguments: str) -> Sampler:
    """A sampler that runs this interpreter with `arguments`; the run must succeed."""
    command = [sys.executable, *arguments]
    silence = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]

    def sample() -> float:
        child = os.posix_spawn(sys.executable, command, _ENVIRONMENT, file_actions=silence)
        _, status, usage = os.wait4(child, 0)
        if status != 0:
            raise BenchError(f"python {' '.join(arguments)} failed")
        return (usage.ru_utime + usage.ru_stime) * 1e9

    return sample


def printed(code: str) -> str:
    """What `code` prints in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code], env=_ENVIRONMENT, capture_output=True, text=True, check=True
    )
    return done.stdout
