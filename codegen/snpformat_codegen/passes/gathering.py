"""What the tilings of all versions of one structure found, put together: one mistake, one report.

The same mistake shows in many versions, and not always alike: a field that is too long overlaps
one neighbour in the first versions and another one in the later ones. Findings of one code that
share a part are therefore one mistake, and it is blamed on the part that all of them share.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..diagnostics import Diagnostic, Span
from ..words import listed


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnostic of one tiling, and what tells whether another one is about the same mistake."""

    diagnostic: Diagnostic
    parts: frozenset[Span]  # one of these is to blame
    swapped: Diagnostic | None = None  # the same with the blame on the other part
    hole: tuple[int, int] | None = None


@dataclass(slots=True)
class _Mistake:
    first: Finding
    parts: frozenset[Span]  # those that every finding shares
    versions: list[int] = field(default_factory=list)


class Gathered:
    """The mistakes of one structure with `total` versions."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.found: list[_Mistake] = []
        self.by_part: dict[tuple[str, Span], _Mistake] = {}

    def add(self, finding: Finding, versions: Sequence[int | None]) -> None:
        code = finding.diagnostic.code
        known = [self.by_part.get((code, part)) for part in finding.parts]
        same = next((m for m in known if m and m.parts & finding.parts), None)
        if same is None:
            same = _Mistake(finding, finding.parts)
            self.found.append(same)
        same.parts &= finding.parts
        same.versions += [version for version in versions if version is not None]
        for part in same.parts:
            self.by_part[code, part] = same

    def mistakes(self, ranges: Mapping[Span, tuple[int, int]]) -> Iterator[Finding]:
        """One finding a mistake; `ranges` says which bytes each field declares."""
        for mistake in self.found:
            if not self._explained(mistake, ranges):
                yield self._told(mistake)

    def _explained(self, mistake: _Mistake, ranges: Mapping[Span, tuple[int, int]]) -> bool:
        """Whether this hole is there because a field that fills it has been put into the versions
        where it overlaps another: ``since: 3`` for ``until: 3``."""
        if mistake.first.hole is None:
            return False
        start, end = mistake.first.hole
        return any(
            low <= start and end <= high
            for other in self.found
            if other.first.swapped and not set(other.versions) & set(mistake.versions)
            for low, high in (ranges[part] for part in other.parts)
        )

    def _told(self, mistake: _Mistake) -> Finding:
        finding, found = mistake.first, mistake.first.diagnostic
        if finding.swapped and found.span not in mistake.parts:
            found = finding.swapped
        versions = sorted(mistake.versions)
        if versions and len(versions) < self.total:
            plural = "s" if len(versions) > 1 else ""
            message = f"{found.message} in version{plural} {listed(versions)}"
            found = dataclasses.replace(found, message=message)
        return dataclasses.replace(finding, diagnostic=found, parts=mistake.parts)
