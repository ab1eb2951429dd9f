"""Where the figures come from: versions, the processor, how busy it is and how steady its clock."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import quantiles

from .engine import loop

STEADY = 1.5  # above this p90/p10 of an empty loop, ratios are not worth judging


def noise() -> float:
    """p90/p10 of a loop that does nothing: 1.0 on a machine that only we use."""
    sample = loop(_nothing)
    deciles = quantiles([sample() for _ in range(201)], n=10)
    return deciles[-1] / deciles[0]


def _nothing() -> None:
    """The control: whatever varies here is not the work of any case."""


def facts() -> dict[str, str]:
    """What a reader needs to compare two runs."""
    found = {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "cpu": f"{os.cpu_count()} x {_processor()}",
        "load": " ".join(f"{load:.2f}" for load in os.getloadavg()),
    }
    return found | dict(_versions("construct", "cryptography", "PyYAML", "kaitaistruct"))


def _versions(*names: str) -> Iterator[tuple[str, str]]:
    for name in names:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, "not installed"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
