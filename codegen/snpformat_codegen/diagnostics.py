"""What the checker says: one Diagnostic a mistake, shown against the line it is on.

A message is brief, starts with a small letter, has no full stop and quotes identifiers:
``report.yaml:35:9: error[SF020]: field "vmpl" [0x2c..0x30) overlaps "image_id" [0x20..0x30)``.
A note points at the other place involved; a help line says what to do.
"""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class SourceFile:
    """A spec as it was read: how to name it, and its lines, to show them.

    Compared by identity: a Span is a key in many tables, and hashing every line would cost dearly.
    """

    path: str
    lines: tuple[str, ...] = ()

    def line(self, number: int) -> str:
        """Line `number`, counted from 1; empty where there is none."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one line of a spec. Lines and columns count from 1; the end is exclusive."""

    file: SourceFile
    line: int
    column: int
    end: int

    def __str__(self) -> str:
        return f"{self.file.path}:{self.line}:{self.column}"

    def sort_key(self) -> tuple[str, int, int]:
        return (self.file.path, self.line, self.column)


@dataclass(frozen=True, slots=True)
class Note:
    """Another place that a diagnostic involves."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake: its stable code (see codes.py), its place, and what mends it."""

    code: str
    span: Span
    message: str
    notes: tuple[Note, ...] = ()
    help: str = ""

    def to_dict(self) -> dict[str, object]:
        """The form that ``check --format json`` prints."""
        return {
            "code": self.code,
            **_place(self.span),
            "message": self.message,
            "notes": [{"message": note.message, **_place(note.span)} for note in self.notes],
            "help": self.help,
        }


MAX_MISTAKES = 1000
MAX_NOTES = 10


class TooManyMistakes(Exception):
    """The log is full: whatever was being checked is no spec, or not worth reading on."""


@dataclass(slots=True)
class Log:
    """Collects diagnostics; what the passes write to.

    Raises TooManyMistakes beyond MAX_MISTAKES, so that a megabyte of nonsense ends soon.
    """

    found: list[Diagnostic] = field(default_factory=list)
    first: dict[tuple[str, str, SourceFile], int] = field(default_factory=dict)
    hint: str = ""  # the help line of whatever has no better one: what the key being read means

    def error(
        self, code: str, span: Span, message: str, *, notes: Iterable[Note] = (), help: str = ""
    ) -> None:
        self.add(Diagnostic(code, span, message, tuple(notes), help or self.hint))

    def error_once(
        self, code: str, span: Span, message: str, *, notes: Iterable[Note] = (), help: str = ""
    ) -> None:
        """As error(), for what one mistake makes wrong at every use, such as a name not defined.

        Uses in the same file become notes of the first one.
        """
        key = (code, message, span.file)
        place = self.first.setdefault(key, len(self.found))
        if place == len(self.found):
            self.error(code, span, message, notes=notes, help=help)
            return
        told = self.found[place]
        if len(told.notes) < MAX_NOTES:
            also = Note("also here", span)
            self.found[place] = dataclasses.replace(told, notes=(*told.notes, also))

    def add(self, diagnostic: Diagnostic) -> None:
        if len(self.found) >= MAX_MISTAKES:
            if len(self.found) == MAX_MISTAKES:
                message = f"more than {MAX_MISTAKES} mistakes: the others are not shown"
                self.found.append(Diagnostic("SF009", diagnostic.span, message))
            raise TooManyMistakes
        self.found.append(diagnostic)

    def sorted(self) -> list[Diagnostic]:
        return sorted(self.found, key=lambda found: found.span.sort_key())


def render(diagnostics: Iterable[Diagnostic]) -> str:
    """The diagnostics as text, each with its source line and a caret below the place."""
    return "\n".join(line for found in diagnostics for line in _render_one(found))


def _render_one(found: Diagnostic) -> Iterator[str]:
    yield f"{found.span}: error[{found.code}]: {found.message}"
    yield from _excerpt(found.span)
    for note in found.notes:
        yield f"{note.span}: note: {note.message}"
        yield from _excerpt(note.span)
    if found.help:
        yield f"  help: {found.help}"


# A longer line is shown around the place only: a spec may be one line of a megabyte.
_WIDEST_EXCERPT = 120


def _excerpt(span: Span) -> Iterator[str]:
    text = span.file.line(span.line)
    if not text.strip():
        return
    first = max(0, span.column - 1 - _WIDEST_EXCERPT // 2) if len(text) > _WIDEST_EXCERPT else 0
    shown = _printable(text[first : first + _WIDEST_EXCERPT])
    before = shown[: span.column - 1 - first]
    marked = shown[span.column - 1 - first : span.end - 1 - first]
    indent = "".join("\t" if char == "\t" else " " * _width(char) for char in before)
    yield f"    {shown}"
    yield f"    {indent}{'^' * max(1, sum(map(_width, marked)))}"


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() or char == "\t" else "?" for char in text)


def _width(char: str) -> int:
    """Columns that a terminal gives to `char`."""
    if unicodedata.category(char) in ("Mn", "Me"):  # drawn over the character before
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _place(span: Span) -> dict[str, object]:
    return {
        "file": span.file.path,
        "line": span.line,
        "column": span.column,
        "end_column": span.end,
    }
