"""Cases, and how they are timed: all cases of a group in turn, in another order every round.

Whatever disturbs the machine then disturbs all cases alike, and the ratios stay. CPU time is
counted, not time on the wall: neighbours move the latter by more than the things measured here.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import repeat
from time import thread_time_ns

SAMPLE_NS = 400_000  # long against the clock's own cost, short against what disturbs
DEPTHS = 32
LIMIT, OURS = "limit", "snpformat"

Sampler = Callable[[], float]


class BenchError(Exception):
    """A case does not do the work that it stands for, so timing it would say nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Something to time.

    Attributes:
        work: what is done; cases of the same work by others are its peers.
        by: who does it: OURS, LIMIT, or the name of a peer.
        sample: takes one sample and returns the nanoseconds of one call.
        limit: the work of the LIMIT case that it is compared with; None for limits themselves.
        reach: the most that the ratio to the limit may be; None where it is only printed.
        reach_seconds: the same for the time itself, where there is no limit to compare with.
    """

    work: str
    by: str
    sample: Sampler
    limit: str | None = None
    reach: float | None = None
    reach_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Cases that are timed together, and what had to be left out."""

    name: str
    cases: Sequence[Case]
    skipped: Sequence[str] = ()
    rounds: int = 201


def require(condition: bool, what: str) -> None:
    """Refuse to time something that is wrong; unlike assert, under ``python -O`` too."""
    if not condition:
        raise BenchError(what)


def loop(call: Callable[[], object]) -> Sampler:
    """A sampler that calls often enough for the clock; the bare loop is part of every figure."""
    count = _calls_per_sample(call)

    def sample() -> float:
        return _time(call, count) / count

    return sample


def _calls_per_sample(call: Callable[[], object]) -> int:
    count = 1
    while (taken := _time(call, count)) < SAMPLE_NS / 8:
        count *= 2
    return max(1, round(count * SAMPLE_NS / taken))


def _time(call: Callable[[], object], count: int) -> int:
    start = thread_time_ns()
    for _ in repeat(None, count):
        call()
    return thread_time_ns() - start


def _below(levels: int, sample: Sampler) -> float:
    """A sample taken `levels` frames down.

    Python frames lie in chunks of memory; a call that just crosses into a new chunk costs twenty
    times as much, every time. At a depth that varies no case pays for that in most rounds.
    """
    return _below(levels - 1, sample) if levels else sample()


def measure(cases: Sequence[Case], rounds: int) -> dict[Case, list[float]]:
    """Nanoseconds a call, one sample a round, of every case."""
    samples: dict[Case, list[float]] = {case: [] for case in cases}
    order = list(cases)
    dice = random.Random(0)
    for case in cases:
        case.sample()  # caches and code specialisation are warm in every round that counts
    gc.collect()
    gc.freeze()  # so that the collections between rounds are short
    gc.disable()
    try:
        for _ in range(rounds):
            dice.shuffle(order)
            for case in order:
                samples[case].append(_below(dice.randrange(DEPTHS), case.sample))
            gc.collect()  # some peers leave cycles behind; page faults are not their work
    finally:
        gc.enable()
        gc.unfreeze()
    return samples
