"""Text -> nodes that know where they stand.

YAML's own notions of numbers, dates and truth are not used: PyYAML delivers events, and this
module builds a tree of text from them with a plain stack. So depth and size are bounded before
anything recurses (``yaml.compose`` on 40,000 nested brackets crashes the interpreter), duplicate
keys are seen, and anchors, tags and further documents are refused by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import yaml

from .diagnostics import MAX_NOTES, Log, Note, SourceFile, Span

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_NODES = 100_000

# libyaml's parser is ten times faster; the pure one gives the same events where it is missing.
_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A word. `quoted` says that it was written in quotes (or as a block) and so is text."""

    span: Span
    text: str
    quoted: bool


@dataclass(slots=True)
class Mapping:
    """Keys and values in their order; each key once. `twice` has those that were given again."""

    span: Span
    entries: dict[str, tuple[Scalar, Node]] = field(default_factory=dict)
    twice: list[Scalar] = field(default_factory=list)


@dataclass(slots=True)
class Sequence:
    """A list."""

    span: Span
    items: list[Node] = field(default_factory=list)


Node = Scalar | Mapping | Sequence


def load(path: str, log: Log) -> tuple[SourceFile, Mapping | None]:
    """Read the spec at `path`. Returns its root mapping, or None after reporting why there is none.

    Raises OSError when the file cannot be read at all.
    """
    data = _read(path)
    if len(data) > MAX_BYTES:
        file = SourceFile(path)
        message = f"the file is larger than {MAX_BYTES} bytes"
        log.error("SF003", Span(file, 1, 1, 2), message, help="split it")
        return file, None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        read = fault.object  # without the byte order mark, which `fault.start` does not count
        file = _source_file(path, read.decode("utf-8", "replace"))
        line, column = _line_and_column(read[: fault.start].decode("utf-8"))
        span = Span(file, line, column, column + 1)
        message = f"byte 0x{read[fault.start]:02x} is not UTF-8"
        log.error("SF001", span, message, help="save the file as UTF-8")
        return file, None
    file = _source_file(path, text)
    return file, parse(text, file, log)


def _read(path: str) -> bytes:
    """At most one byte more than is allowed, so that /dev/zero ends too."""
    with open(path, "rb") as stream:
        return stream.read(MAX_BYTES + 1)


_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # where YAML begins a new line


def _source_file(path: str, text: str) -> SourceFile:
    return SourceFile(path, tuple(_LINE_BREAK.split(text)))


class _Refused(Exception):
    """The text is no usable YAML; the reason has been logged."""


def parse(text: str, file: SourceFile, log: Log) -> Mapping | None:
    """`text` as nodes; None after reporting what is wrong with it."""
    try:
        _refuse_directives(file, log)
        return _Builder(file, log).build(text)
    except _Refused:
        return None
    except yaml.MarkedYAMLError as fault:
        _log_fault(fault, file, log)
    except yaml.reader.ReaderError as fault:
        # Its position is a character index in the pure reader and counts bytes in libyaml's.
        line, column = _line_and_column(text[: _first_unreadable(text)])
        span = Span(file, line, column, column + 1)
        help = "remove the character, or write it as an escape in double quotes"
        log.error("SF002", span, f"not valid YAML: {fault.reason}", help=help)
    return None


def _refuse_directives(file: SourceFile, log: Log) -> None:
    """No ``%TAG`` and no ``%YAML``: a spec needs none, and many of them take libyaml minutes."""
    for number, line in enumerate(file.lines, 1):
        if line.startswith("%"):
            span = Span(file, number, 1, len(line) + 1)
            log.error("SF006", span, "directives are not allowed", help="remove the line")
            raise _Refused
        if line.strip() and not line.lstrip().startswith("#"):
            return


def _log_fault(fault: yaml.MarkedYAMLError, file: SourceFile, log: Log) -> None:
    mark = fault.problem_mark or fault.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if "nesting depth" in (fault.problem or ""):  # newer readers stop at 1000, before any event
        span = Span(file, line, column, column + 1)
        log.error("SF003", span, f"nested more than {MAX_DEPTH} deep", help="flatten it")
        return
    notes = []
    begun = fault.context_mark
    if begun and fault.context and begun is not mark and begun.line + 1 != line:
        span = Span(file, begun.line + 1, begun.column + 1, begun.column + 2)
        notes.append(Note(fault.context, span))
    tab = "\t" in file.line(line)[:column]
    help = (
        "indent with spaces, not with tabs" if tab else "look at brackets, quotes and indentation"
    )
    message = f"not valid YAML: {fault.problem or fault.context or 'cannot be read'}"
    log.error("SF002", Span(file, line, column, column + 1), message, notes=notes, help=help)


class _Builder:
    """Nodes from events, with a stack of the open containers."""

    def __init__(self, file: SourceFile, log: Log) -> None:
        self.file = file
        self.log = log
        self.stack: list[tuple[Mapping | Sequence, Scalar | None]] = []
        self.root: Node | None = None
        self.nodes = 0
        self.documents = 0

    def build(self, text: str) -> Mapping | None:
        for event in yaml.parse(text, Loader=_LOADER):
            self._take(event)
        start = Span(self.file, 1, 1, 2)
        if self.root is None or (isinstance(self.root, Scalar) and not self.root.text):
            self.log.error("SF004", start, "the file is empty", help='begin with "snpformat: 1"')
            return None
        if not isinstance(self.root, Mapping):
            message = "a spec is a mapping of keys to values"
            self.log.error("SF012", self.root.span, message, help='begin with "snpformat: 1"')
            return None
        return self.root

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self._refuse("SF004", event, "a second document begins here", "one spec a file")
        elif isinstance(event, yaml.AliasEvent):
            self._refuse("SF005", event, "aliases are not allowed", "write the value out")
        elif isinstance(event, yaml.NodeEvent):
            self._check_node(event)
            self._open(event)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            container, _ = self.stack.pop()
            if isinstance(container, Mapping) and container.twice:
                self._report_twice(container)

    def _check_node(self, event: yaml.NodeEvent) -> None:
        if event.anchor is not None:
            self._refuse("SF005", event, "anchors are not allowed", "write the value out")
        if getattr(event, "tag", None) is not None:
            self._refuse("SF006", event, "tags are not allowed", "remove the tag")
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self._refuse("SF003", event, f"more than {MAX_NODES} values in one file", "split it")
        if isinstance(event, yaml.CollectionStartEvent) and len(self.stack) >= MAX_DEPTH:
            self._refuse("SF003", event, f"nested more than {MAX_DEPTH} deep", "flatten it")

    def _open(self, event: yaml.NodeEvent) -> None:
        span = self._span(event)
        if isinstance(event, yaml.ScalarEvent):
            self._place(Scalar(span, event.value, quoted=event.style not in (None, "")))
            return
        container: Mapping | Sequence
        container = Mapping(span) if isinstance(event, yaml.MappingStartEvent) else Sequence(span)
        self._place(container)
        self.stack.append((container, None))

    def _place(self, node: Node) -> None:
        """Put `node` where the open container expects one: as an item, a key or a value."""
        if not self.stack:
            self.root = node
            return
        container, key = self.stack[-1]
        if isinstance(container, Sequence):
            container.items.append(node)
        elif key is None:
            if not isinstance(node, Scalar):
                help = "write key: value, the key in one line and without brackets"
                self.log.error("SF012", node.span, "a key must be a plain word", help=help)
                raise _Refused
            self.stack[-1] = (container, node)
        else:
            self.stack[-1] = (container, None)
            first = container.entries.setdefault(key.text, (key, node))
            if first[0] is not key:
                container.twice.append(key)
                if isinstance(first[1], Scalar) and not first[1].text:
                    container.entries[key.text] = (first[0], node)

    def _report_twice(self, mapping: Mapping) -> None:
        """One report a mapping: where a name was lost, two mappings have become one."""
        key, *others = mapping.twice
        notes = [Note("first given here", mapping.entries[key.text][0].span)]
        notes += [Note(f'"{shorten(o.text)}" is one, too', o.span) for o in others[: MAX_NOTES - 1]]
        help = "remove one of the two"
        if others:
            help = "remove them, or give the name that begins another mapping"
        message = f'duplicate key "{shorten(key.text)}"'
        self.log.error("SF013", key.span, message, notes=notes, help=help)

    def _refuse(self, code: str, event: yaml.Event, message: str, help: str) -> None:
        self.log.error(code, self._span(event), message, help=help)
        raise _Refused

    def _span(self, event: yaml.Event) -> Span:
        start, end = event.start_mark, event.end_mark
        assert start and end
        line, column = start.line + 1, start.column + 1
        same_line = isinstance(event, yaml.ScalarEvent) and end.line == start.line
        width = end.column - start.column if same_line else 1
        return Span(self.file, line, column, column + max(1, width))


_UNREADABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _first_unreadable(text: str) -> int:
    found = _UNREADABLE.search(text)
    return found.start() if found else 0


def _line_and_column(before: str) -> tuple[int, int]:
    """Where the character behind `before` stands."""
    lines = _LINE_BREAK.split(before)
    return len(lines), len(lines[-1]) + 1


def shorten(text: str, limit: int = 40) -> str:
    """`text` on one line and not longer than a message can carry."""
    text = " ".join(text[: 4 * limit].split())
    return text if len(text) <= limit else text[: limit - 3] + "..."
