"""Tiling: in each version, each byte of a structure (and each bit of a bit field) is declared once.

A structure is tiled version by version, and what is found is gathered by its place, so that one
mistake is told once with the versions it shows in. The offsets are redundant with the sizes; that
redundancy is used to tell a slipped offset from a slipped size: a part whose neighbours would be
content if it began where its predecessor ends has a wrong offset, and nothing else is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .. import ir
from ..diagnostics import Diagnostic, Log, Note, Span
from ..versioning import in_version, versions_of


@dataclass(frozen=True, slots=True)
class Part:
    """A declared stretch [start, end) of bytes or of bits."""

    label: str
    start: int
    end: int
    span: Span


@dataclass(frozen=True, slots=True)
class Whole:
    """What has to be filled."""

    label: str
    size: int
    span: Span
    unit: str  # "byte" or "bit"
    where: Span  # where a hole is reported when nothing precedes it

    def place(self, part: Part) -> str:
        """How a stretch is written: offsets half open in hexadecimal, bits as a data sheet does."""
        if self.unit == "byte":
            return f"[{part.start:#x}..{part.end:#x})"
        last = part.end - 1
        return f"[{part.start}]" if last == part.start else f"[{part.start}..{last}]"


def check_tiling(program: ir.Program, log: Log) -> None:
    for module in program.modules.values():
        for bitfield in module.bitfields:
            if not bitfield.broken:
                log.found.extend(_check_bits(bitfield))
        for struct in module.structs:
            if not struct.broken:
                _check_struct(program, module, struct, log)


def _check_bits(bitfield: ir.BitsType) -> Iterator[Diagnostic]:
    whole = Whole(
        f'"{bitfield.name.value}"',
        bitfield.size * 8,
        bitfield.repr.span,
        "bit",
        bitfield.name.span,
    )
    parts = []
    for bit in bitfield.bits:
        label = (
            f'"{bit.name.value}"' if bit.name else "a constant" if bit.const else "reserved bits"
        )
        parts.append(Part(label, bit.low, bit.high + 1, bit.span))
    return tile(parts, whole)


def _check_struct(program: ir.Program, module: ir.Module, struct: ir.StructType, log: Log) -> None:
    sizes = [program.size_of(module, field) for field in struct.fields]
    if None in sizes:
        return  # an undefined type, reported already
    whole = Whole(
        f'"{struct.name.value}"', struct.size.value, struct.size.span, "byte", struct.name.span
    )
    versions = versions_of(module, struct)
    found = _Gathered(len(versions))
    for version in versions:
        parts = [
            Part(field.label, field.at.value, field.at.value + (size or 0), field.span)
            for field, size in zip(struct.fields, sizes, strict=True)
            if in_version(field, version)
        ]
        for diagnostic in tile(parts, whole):
            found.add(diagnostic, version)
    log.found.extend(found.diagnostics())


@dataclass(slots=True)
class _Gathered:
    """Diagnostics of all versions, one for each place and code."""

    total: int
    by_place: dict[tuple[str, Span], tuple[Diagnostic, list[int]]] = field(default_factory=dict)

    def add(self, found: Diagnostic, version: int | None) -> None:
        _, versions = self.by_place.setdefault((found.code, found.span), (found, []))
        if version is not None:
            versions.append(version)

    def diagnostics(self) -> Iterator[Diagnostic]:
        for found, versions in self.by_place.values():
            if versions and len(versions) < self.total:
                names = ", ".join(map(str, versions))
                suffix = f" in version{'s' if len(versions) > 1 else ''} {names}"
                yield Diagnostic(
                    found.code, found.span, found.message + suffix, found.notes, found.help
                )
            else:
                yield found


def tile(declared: list[Part], whole: Whole) -> Iterator[Diagnostic]:
    """What keeps `declared` from filling `whole` exactly."""
    parts, misplaced = _put_back(declared, whole)
    yield from misplaced
    parts.sort(key=lambda part: (part.start, part.end))
    before: Part | None = None  # the part that reaches furthest so far
    told: set[Part] = set()  # parts whose overlap has been reported
    end = 0
    for part in parts:
        if part.start < end and before is not None:
            if before not in told and part not in told:
                yield _overlap(part, before, whole)
            told.update((before, part))
        elif part.start > end:
            yield _hole(end, part.start, before, whole)
        if part.end > end:
            before, end = part, part.end
    if end != whole.size and not (before in told and end > whole.size):
        yield _wrong_size(end, before, whole)


def _put_back(declared: list[Part], whole: Whole) -> tuple[list[Part], list[Diagnostic]]:
    """`declared` with slipped offsets mended, and a report of each."""
    parts: list[Part] = []
    reports: list[Diagnostic] = []
    end = 0
    for index, part in enumerate(declared):
        following = declared[index + 1].start if index + 1 < len(declared) else whole.size
        length = part.end - part.start
        if part.start != end and end + length == following:
            meant = Part(part.label, end, end + length, part.span)
            reports.append(_misplaced(part, meant, parts[-1] if parts else None, whole))
            part = meant
        parts.append(part)
        end = part.end
    return parts, reports


def _misplaced(part: Part, meant: Part, before: Part | None, whole: Whole) -> Diagnostic:
    code, what = ("SF021", "leaves a hole") if part.start > meant.start else ("SF020", "overlaps")
    notes = [Note(f"{before.label} {whole.place(before)}", before.span)] if before else []
    behind = f" behind {before.label}" if before and code == "SF021" else ""
    target = f" {before.label}" if before and code == "SF020" else behind
    return Diagnostic(
        code if whole.unit == "byte" else {"SF020": "SF024", "SF021": "SF025"}[code],
        part.span,
        f"{_kind(whole)}{part.label} {whole.place(part)} {what}{target}",
        tuple(notes),
        f"it fits at {meant.start:#x}" if whole.unit == "byte" else f"it fits at {meant.start}",
    )


def _kind(whole: Whole) -> str:
    return "field " if whole.unit == "byte" else ""


def _overlap(part: Part, before: Part, whole: Whole) -> Diagnostic:
    return Diagnostic(
        "SF020" if whole.unit == "byte" else "SF024",
        part.span,
        f"{_kind(whole)}{part.label} {whole.place(part)} overlaps "
        f"{before.label} {whole.place(before)}",
        (Note(f"{before.label} is declared here", before.span),),
    )


def _hole(start: int, end: int, before: Part | None, whole: Whole) -> Diagnostic:
    hole = Part("", start, end, whole.span)
    count = end - start
    what = f"{count} {whole.unit}{'s' if count > 1 else ''} {whole.place(hole)} of {whole.label}"
    behind = f" behind {before.label}" if before else ""
    help = (
        f"{{at: {start:#x}, reserved: {count}}}"
        if whole.unit == "byte"
        else (f"{{bits: {start}..{end - 1}, reserved: zero}}")
    )
    return Diagnostic(
        "SF021" if whole.unit == "byte" else "SF025",
        before.span if before else whole.where,
        f"{what}{behind} {'is' if count == 1 else 'are'} not declared",
        help=f"if nothing is there, say so: {help}",
    )


def _wrong_size(end: int, last: Part | None, whole: Whole) -> Diagnostic:
    notes = (Note(f"{last.label} ends at {end:#x}", last.span),) if last else ()
    if whole.unit == "bit":
        if end < whole.size:
            return _hole(end, whole.size, last, whole)
        message = f"{last.label if last else ''} lies outside {whole.label} ({whole.size} bits)"
        return Diagnostic("SF026", last.span if last else whole.span, message)
    message = f"size {whole.size:#x} of {whole.label}, but its fields end at {end:#x}"
    return Diagnostic("SF022", whole.span, message, notes)
