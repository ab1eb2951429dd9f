"""Tiling: in each version, each byte of a structure (and each bit of a bit field) is declared once.

A structure is tiled version by version, and what is found is gathered by its place, so that one
mistake is told once with the versions it shows in. The offsets are redundant with the sizes; that
redundancy is used to tell a slipped offset from a slipped size: a part whose neighbours would be
content if it began where its predecessor ends has a wrong offset, and nothing else is wrong.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from .. import ir
from ..diagnostics import Diagnostic, Log, Note, Span
from ..versioning import MAX_LAYOUTS, alike, in_version, versions_of
from .gathering import Finding, Gathered
from .scope import Types, doubtful, size_in
from .versions import gates_hold


@dataclass(frozen=True, slots=True)
class Part:
    """A declared stretch [start, end) of bytes or of bits."""

    label: str
    start: int
    end: int
    span: Span
    gated: bool = False


@dataclass(frozen=True, slots=True)
class Whole:
    """What has to be filled."""

    label: str
    size: int
    span: Span
    unit: str  # "byte" or "bit"
    where: Span  # where a hole is reported when nothing precedes it
    filled: bool = False  # some version fills it: one that ends earlier has a hole

    def place(self, part: Part) -> str:
        """How a stretch is written: offsets half open in hexadecimal, bits as a data sheet does."""
        if self.unit == "byte":
            return f"[{part.start:#x}..{part.end:#x})"
        last = part.end - 1
        return f"[{part.start}]" if last == part.start else f"[{part.start}..{last}]"


def check_tiling(program: ir.Program, log: Log) -> None:
    doubted = doubtful(program)
    # A field whose value does not fit has been told; its size may be what is wrong.
    told = {found.span for found in log.found if found.code in ("SF040", "SF062")}
    for module in program.modules.values():
        for bitfield in module.bitfields:
            if not bitfield.broken:
                for finding in tile_bits(bitfield):
                    log.add(finding.diagnostic)
        visible = program.visible_types(module)
        for struct in module.structs:
            if not struct.broken and gates_hold(module, struct):
                _check_struct(module, struct, visible, doubted, told, log)


def tile_bits(bitfield: ir.BitsType) -> Iterator[Finding]:
    """What keeps the bits of `bitfield` from filling its integer."""
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


def _check_struct(
    module: ir.Module,
    struct: ir.StructType,
    visible: Types,
    doubted: set[str],
    told: set[Span],
    log: Log,
) -> None:
    sizes = [size_in(field, visible) for field in struct.fields]
    if None in sizes or any(f.holds and f.holds.value in doubted for f in struct.fields):
        return  # a type that is undefined or contradicts itself, reported already
    whole = Whole(
        f'"{struct.name.value}"', struct.size.value, struct.size.span, "byte", struct.name.span
    )
    versions = versions_of(module, struct)
    groups = alike(struct, versions)
    if len(groups) > MAX_LAYOUTS:
        message = f"more than {MAX_LAYOUTS} different layouts of {whole.label}"
        log.error("SF003", struct.name.span, message, help="split the structure")
        return
    declared = {
        field.span: Part(
            field.label,
            field.at.value,
            field.at.value + (size or 0),
            field.span,
            gated=bool(field.since or field.until),
        )
        for field, size in zip(struct.fields, sizes, strict=True)
    }
    layouts = [
        [declared[field.span] for field in struct.fields if in_version(field, group[0])]
        for group in groups
    ]
    if any(max((part.end for part in parts), default=0) == whole.size for parts in layouts):
        whole = dataclasses.replace(whole, filled=True)
    gathered = Gathered(len(versions))
    for group, parts in zip(groups, layouts, strict=True):
        for finding in tile(parts, whole):
            gathered.add(finding, group)
    ranges = {span: (part.start, part.end) for span, part in declared.items()}
    blameless = {field.span for field in struct.fields if not told & set(_numbers_of(field))}
    for mistake in gathered.mistakes(ranges):
        if mistake.parts <= blameless | {struct.size.span, struct.name.span}:
            log.add(mistake.diagnostic)


def _numbers_of(field: ir.Field) -> Iterator[Span]:
    for spot in (field.const, field.default, field.minimum, field.maximum, field.derive):
        if spot:
            yield spot.span
    for choice in field.view.choices.values() if field.view else ():
        yield choice.span
    if field.reads:
        yield field.reads.span


def tile(declared: list[Part], whole: Whole) -> Iterator[Finding]:
    """What keeps `declared` from filling `whole` exactly."""
    parts, misplaced = _put_back(declared, whole)
    yield from misplaced
    parts.sort(key=lambda part: (part.start, part.end))
    if not misplaced:  # the file may list them in another order
        parts, misplaced = _put_back(parts, whole)
        yield from misplaced
        yield from _put_together(parts, list(_walk(parts, whole)), whole)


def _walk(parts: list[Part], whole: Whole) -> Iterator[Finding]:
    """The holes and overlaps from one end to the other."""
    parts = sorted(parts, key=lambda part: (part.start, part.end))
    before: Part | None = None  # the part that reaches furthest so far
    told: set[Part] = set()  # parts whose overlap has been reported
    end = 0
    for part in parts:
        if part.start < end and before is not None:
            twice = part.label == before.label and part.label[0] == '"'  # reported by names.py
            if before not in told and part not in told and not twice:
                yield _overlap(part, before, whole)
            told.update((before, part))
        elif part.start > end:
            yield _hole(end, part.start, before, whole)
        if part.end > end:
            before, end = part, part.end
    if end != whole.size and not (before in told and end > whole.size):
        yield _wrong_size(end, before, whole)


def _put_together(parts: list[Part], found: list[Finding], whole: Whole) -> Iterator[Finding]:
    """`found`, without a hole that is there because the part that belongs in it overlaps others."""
    overlaps = [finding for finding in found if finding.swapped]
    holes = [finding for finding in found if finding.hole]
    if len(overlaps) == len(holes) == 1 and len(found) == 2:
        (overlap,), (hole,) = overlaps, holes
        for culprit in overlap.parts:
            others = [part for part in parts if part.span != culprit]
            left = list(_walk(others, whole))
            if len(left) == 1 and left[0].hole == hole.hole:
                assert overlap.swapped
                first = overlap.diagnostic
                blamed = first if first.span == culprit else overlap.swapped
                help = f"{hole.diagnostic.message}: it may belong there"
                yield Finding(dataclasses.replace(blamed, help=help), frozenset([culprit]))
                return
    yield from found


def _put_back(declared: list[Part], whole: Whole) -> tuple[list[Part], list[Finding]]:
    """`declared` with slipped offsets mended, and a report of each.

    Where the order itself runs down more than once, it is the writer's own, and tells nothing.
    """
    descents = sum(a.start > b.start for a, b in itertools.pairwise(declared))
    if descents > 1:
        return list(declared), []
    parts: list[Part] = []
    reports: list[Finding] = []
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


def _misplaced(part: Part, meant: Part, before: Part | None, whole: Whole) -> Finding:
    code, what = ("SF021", "leaves a hole") if part.start > meant.start else ("SF020", "overlaps")
    notes = [Note(f"{before.label} {whole.place(before)}", before.span)] if before else []
    behind = f" behind {before.label}" if before and code == "SF021" else ""
    target = f" {before.label}" if before and code == "SF020" else behind
    found = Diagnostic(
        code if whole.unit == "byte" else {"SF020": "SF024", "SF021": "SF025"}[code],
        part.span,
        f"{_kind(part, whole)}{part.label} {whole.place(part)} {what}{target}",
        tuple(notes),
        f"it fits at {meant.start:#x}" if whole.unit == "byte" else f"it fits at {meant.start}",
    )
    return Finding(found, frozenset([part.span]))


def _kind(part: Part, whole: Whole) -> str:
    return "field " if whole.unit == "byte" and part.label[0] == '"' else ""


def _overlap(part: Part, before: Part, whole: Whole) -> Finding:
    return Finding(
        _overlap_of(part, before, whole),
        frozenset([part.span, before.span]),
        swapped=_overlap_of(before, part, whole),
    )


def _overlap_of(part: Part, other: Part, whole: Whole) -> Diagnostic:
    what = "offset, its size or its versions" if part.gated or other.gated else "offset or its size"
    if whole.unit == "bit":
        what = "range"
    return Diagnostic(
        "SF020" if whole.unit == "byte" else "SF024",
        part.span,
        f"{_kind(part, whole)}{part.label} {whole.place(part)} overlaps "
        f"{other.label} {whole.place(other)}",
        (Note(f"{other.label}: declared here", other.span),),
        f"one of the two is wrong: its {what}",
    )


def _hole(start: int, end: int, before: Part | None, whole: Whole) -> Finding:
    hole = Part("", start, end, whole.span)
    count = end - start
    what = f"{count} {whole.unit}{'s' if count > 1 else ''} {whole.place(hole)} of {whole.label}"
    behind = f" behind {before.label}" if before else ""
    help = (
        f"{{at: {start:#x}, reserved: {count}}}"
        if whole.unit == "byte"
        else f"{{bits: {whole.place(hole)[1:-1]}, reserved: zero}}"
    )
    span = before.span if before else whole.where
    found = Diagnostic(
        "SF021" if whole.unit == "byte" else "SF025",
        span,
        f"{what}{behind} {'is' if count == 1 else 'are'} not declared",
        (Note(f"{whole.label} is {whole.size} {whole.unit}s", whole.span),),
        f"if nothing is there, say so: {help}",
    )
    return Finding(found, frozenset([span]), hole=(start, end))


def _wrong_size(end: int, last: Part | None, whole: Whole) -> Finding:
    if whole.unit == "bit":
        if end < whole.size or last is None:
            return _hole(end, whole.size, last, whole)
        message = f"{last.label} {whole.place(last)} beyond the end of {whole.label}"
        note = Note(f"{whole.size} bits", whole.span)
        help = f"the last bit is {whole.size - 1}"
        found = Diagnostic("SF026", last.span, message, (note,), help)
        return Finding(found, frozenset([last.span]))
    if end < whole.size and whole.filled:
        return _hole(end, whole.size, last, whole)
    notes = (Note(f"{last.label} ends at {end:#x}", last.span),) if last else ()
    message = f"size {whole.size:#x} of {whole.label}, but its fields end at {end:#x}"
    help = f"if the fields are right, the size is {end:#x}"
    if whole.filled:
        help = "in every version the size is the same"
    found = Diagnostic("SF022", whole.span, message, notes, help)
    return Finding(found, frozenset([whole.span, *([last.span] if last else ())]))
