"""What a structure is laid out of: places as the spec has them, and the cells that are unpacked.

A place is a named or reserved stretch, with the versions it is in. The cells are the finest cut of
the bytes that serves every version. Versions mostly name what was reserved, so a named place is
usually one cell; where two versions cut the same bytes differently, those bytes are one cell of raw
bytes and the places in it are slices.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .naming import class_name

if TYPE_CHECKING:
    from .layout import StructLayout


@dataclass(frozen=True, slots=True)
class EnumLayout:
    name: str
    module: str
    size: int
    closed: bool
    values: tuple[tuple[int, str, str], ...]  # number, name, doc
    doc: str
    cite: str

    @property
    def class_name(self) -> str:
        return class_name(self.name)


@dataclass(frozen=True, slots=True)
class BitPlace:
    """Bits low..high, both included. Without a name: reserved, or constant when `const` is set."""

    low: int
    high: int
    name: str | None
    const: int | None
    enum: EnumLayout | None
    doc: str
    cite: str
    abi: str

    @property
    def width(self) -> int:
        return self.high - self.low + 1


@dataclass(frozen=True, slots=True)
class BitsLayout:
    name: str
    module: str
    size: int
    bits: tuple[BitPlace, ...]  # ascending
    doc: str
    cite: str

    @property
    def class_name(self) -> str:
        return class_name(self.name)

    @property
    def default(self) -> int:
        """Constant bits set, all others zero."""
        return sum(bit.const << bit.low for bit in self.bits if bit.const is not None)


@dataclass(frozen=True, slots=True)
class ViewLayout:
    axis: str
    known: tuple[str, ...]
    choices: dict[str, BitsLayout]  # by value of the axis, "else" resolved


@dataclass(frozen=True, slots=True)
class ArrayLayout:
    """Elements: `count` of them (a number, or the field that tells it), or up to `stop`."""

    of: StructLayout
    count: int | str | None
    stop: str  # "zero", "end" or empty
    maximum: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a structure. `name` is None for reserved space; `code` is its struct format."""

    name: str | None
    offset: int
    size: int
    kind: str  # "uint", "bytes", "record", "array" or "reserved"
    since: int | None
    until: int | None
    versions: tuple[int, ...]
    enum: EnumLayout | None
    bits: BitsLayout | None
    record: StructLayout | None
    array: ArrayLayout | None
    const: int | bytes | None
    default: int | bytes
    minimum: int | None
    maximum: int | None
    view: ViewLayout | None
    reads: StructLayout | None  # what byte strings can be read as
    also: tuple[tuple[str, str], ...]  # other name, and "all" or the bits it stands for
    when: tuple[str, int] | None
    hex: bool
    secret: bool
    doc: str
    cite: str
    abi: str

    @property
    def end(self) -> int:
        return self.offset + self.size

    @property
    def gated(self) -> bool:
        return self.since is not None or self.until is not None

    @property
    def elastic(self) -> bool:
        """Whether it is an array of no fixed size; `size` is 0 then."""
        return self.array is not None and not isinstance(self.array.count, int)

    @property
    def code(self) -> str:
        return (
            {1: "B", 2: "H", 4: "I", 8: "Q"}[self.size] if self.kind == "uint" else f"{self.size}s"
        )

    @property
    def type_name(self) -> str:
        """The type as the spec writes it."""
        for kind in (self.enum, self.bits, self.record):
            if kind is not None:
                return kind.name
        if self.array is not None:
            count = "" if self.array.count is None else self.array.count
            return f"{self.array.of.name}[{count}]"
        return f"u{self.size * 8}" if self.kind == "uint" else f"bytes[{self.size}]"


@dataclass(frozen=True, slots=True)
class Cell:
    """What one item of the unpacked tuple holds; `place` is set when one place fills it whole."""

    offset: int
    size: int
    code: str
    place: Place | None

    @property
    def end(self) -> int:
        return self.offset + self.size


def cells_of(places: Iterable[Place], size: int) -> Iterable[Cell]:
    """The cut of [0, size): one cell for each group of overlapping named places, and the rest.

    An array of no fixed size stands behind it.
    """
    end = 0
    for group in _groups(place for place in places if place.name and not place.elastic):
        start, stop = group[0].offset, max(place.end for place in group)
        if start > end:
            yield Cell(end, start - end, f"{start - end}s", None)
        first = group[0]
        if all((p.offset, p.end, p.code) == (first.offset, first.end, first.code) for p in group):
            yield Cell(start, stop - start, first.code, first)
        else:
            yield Cell(start, stop - start, f"{stop - start}s", None)
        end = stop
    if size > end:
        yield Cell(end, size - end, f"{size - end}s", None)


def _groups(places: Iterable[Place]) -> Iterable[list[Place]]:
    """Places that share bytes, in one version or in different ones."""
    group: list[Place] = []
    end = 0
    for place in sorted(places, key=lambda place: place.offset):
        if group and place.offset >= end:
            yield group
            group = []
        group.append(place)
        end = max(end, place.end) if len(group) > 1 else place.end
    if group:
        yield group
