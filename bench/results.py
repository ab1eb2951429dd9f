"""From samples to rows: medians, the ratio to the limit, the lead over the best peer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median, quantiles

from .engine import LIMIT, OURS, Case, Group, measure

SLACK = 1.15  # how far a ratio may be off before `--check` calls it missed


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one case. `least_ratio` is that of the minima: the sanity check of `ratio`."""

    group: str
    case: Case
    median_ns: float
    p10_ns: float
    min_ns: float
    ratio: float | None
    least_ratio: float | None
    ahead: tuple[str, float] | None  # the best peer, and how many times longer it takes

    @property
    def misses(self) -> bool:
        """Whether it is over its target by more than the slack."""
        reach, seconds = self.case.reach, self.case.reach_seconds
        if reach is not None and self.ratio is not None and self.ratio > reach * SLACK:
            return True
        return seconds is not None and self.median_ns / 1e9 > seconds

    def line(self) -> str:
        """The row for people."""
        case = self.case
        text = f"{self.group:8} {case.work:26} {case.by:29} {_span(self.median_ns):>9}"
        text += f"  p10 {_span(self.p10_ns):>9}"
        text += f"  x{self.ratio:<7.2f}" if self.ratio is not None else " " * 10
        if case.reach is not None:
            text += f" (reach {case.reach})"
        if case.reach_seconds is not None:
            text += f" (reach {case.reach_seconds} s)"
        if self.ahead:
            text += f" ahead of {self.ahead[0]} {self.ahead[1]:.1f}x"
        return (text + "  MISSED" if self.misses else text).rstrip()

    def to_dict(self) -> dict[str, object]:
        """The row for JSON."""
        return {
            "group": self.group,
            "work": self.case.work,
            "by": self.case.by,
            "median_ns": self.median_ns,
            "p10_ns": self.p10_ns,
            "min_ns": self.min_ns,
            "limit": self.case.limit,
            "ratio": self.ratio,
            "ratio_of_minima": self.least_ratio,
            "reach": self.case.reach,
            "reach_seconds": self.case.reach_seconds,
            "ahead_of": self.ahead,
            "misses": self.misses,
        }


def run(group: Group) -> list[Row]:
    """Time the group's cases and make a row of each, in their order."""
    return list(rows(group, measure(group.cases, group.rounds)))


def rows(group: Group, samples: Mapping[Case, list[float]]) -> Iterator[Row]:
    """What the samples say."""
    limits = {case.work: case for case in group.cases if case.by == LIMIT}
    for case in group.cases:
        own = samples[case]
        ratio = least_ratio = None
        if case.limit is not None:
            limit = samples[limits[case.limit]]
            ratio, least_ratio = median(own) / median(limit), min(own) / min(limit)
        yield Row(
            group=group.name,
            case=case,
            median_ns=median(own),
            p10_ns=quantiles(own, n=10)[0],
            min_ns=min(own),
            ratio=ratio,
            least_ratio=least_ratio,
            ahead=_best_peer(case, samples) if case.by == OURS else None,
        )


def _best_peer(case: Case, samples: Mapping[Case, list[float]]) -> tuple[str, float] | None:
    peers = [
        (median(own), other.by)
        for other, own in samples.items()
        if other.work == case.work and other.by not in (OURS, LIMIT)
    ]
    if not peers:
        return None
    time, name = min(peers)
    return name, time / median(samples[case])


def _span(ns: float) -> str:
    """A time with three digits and a unit."""
    for unit, scale in (("ns", 1.0), ("us", 1e3), ("ms", 1e6)):
        if ns < 1000 * scale:
            return f"{ns / scale:.3g} {unit}" if ns < 999.5 * scale else f"{ns / scale:.0f} {unit}"
    return f"{ns / 1e9:.3g} s"
