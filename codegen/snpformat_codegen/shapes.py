"""How a value of the language is read: small shapes that turn a node into a checked value.

language.py says in tables which keys there are; the shapes here do the reading and the reporting,
once for all of them. A shape that reports a mistake returns None, so one mistake is told once.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from . import source
from .diagnostics import Log, Note, Span

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Spot(Generic[T_co]):
    """A value and where it was written."""

    value: T_co
    span: Span


class Shape(Protocol):
    """Reads one node. `describe` completes the sentence "expected ..."."""

    @property
    def describe(self) -> str: ...

    def read(self, node: source.Node, log: Log) -> object | None: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A mapping that was read by a Table: the values by key, each a Spot or an Entry.

    `broken` says that something in it was refused, so that what needs all of it is not checked.
    """

    span: Span
    values: dict[str, object]
    broken: bool = False

    def get(self, key: str) -> object | None:
        return self.values.get(key)


def wrong_type(node: source.Node, expected: str, log: Log, help: str = "") -> None:
    """Report that `node` is not what its key takes."""
    log.error("SF012", node.span, f"expected {expected}, got {_kind(node)}", help=help)


def _kind(node: source.Node) -> str:
    if isinstance(node, source.Mapping):
        return "a mapping"
    if isinstance(node, source.Sequence):
        return "a list"
    return f'"{shorten(node.text)}"' if node.text else "nothing"


def shorten(text: str, limit: int = 40) -> str:
    """`text` on one line and not longer than a message can carry."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 3] + "..."


@dataclass(frozen=True, slots=True)
class Text:
    """Prose, or a word that must match `pattern`."""

    describe: str = "text"
    pattern: str = r"(?s).*\S.*"
    must_quote: str = ""  # why the value has to stand in quotes

    def read(self, node: source.Node, log: Log) -> Spot[str] | None:
        if not isinstance(node, source.Scalar):
            wrong_type(node, self.describe, log)
            return None
        if self.must_quote and not node.quoted:
            help = f'write "{node.text}" in quotes: {self.must_quote}'
            log.error("SF007", node.span, f'"{shorten(node.text)}" is not quoted', help=help)
            return None
        if not re.fullmatch(self.pattern, node.text):
            wrong_type(node, self.describe, log)
            return None
        return Spot(node.text, node.span)


_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(
    r"[-+]?(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][-+]?\d+)?|[-+]?\.(inf|nan)", re.IGNORECASE
)
_LOOKS_LIKE_NUMBER = re.compile(r"[-+]?[0-9][0-9_:a-fA-FxobXOB]*")


def read_number(text: str) -> int | None:
    """A decimal or 0x integer; None for every other way that YAML has to write one."""
    if len(text) > 40:
        return None
    if _DECIMAL.fullmatch(text):
        return int(text)
    return int(text, 16) if _HEXADECIMAL.fullmatch(text) else None


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number in [low, high]."""

    describe: str = "a whole number"
    low: int = 0
    high: int = (1 << 64) - 1

    def read(self, node: source.Node, log: Log) -> Spot[int] | None:
        if not isinstance(node, source.Scalar) or node.quoted:
            wrong_type(node, self.describe, log)
            return None
        number = read_number(node.text)
        if number is None:
            self._refuse(node, log)
            return None
        if not self.low <= number <= self.high:
            bounds = f"{self.low} to {self.high}" if self.high < 1 << 32 else f"{self.low} or more"
            log.error("SF040", node.span, f"{node.text} is out of range", help=f"allowed: {bounds}")
            return None
        return Spot(number, node.span)

    def _refuse(self, node: source.Scalar, log: Log) -> None:
        if _FLOAT.fullmatch(node.text):
            help = "write a whole number, or quote it where a revision is meant"
            log.error("SF007", node.span, f"floating-point number {shorten(node.text)}", help=help)
        elif _LOOKS_LIKE_NUMBER.fullmatch(node.text):
            help = "numbers are decimal without leading zeros (18) or hexadecimal (0x12)"
            log.error("SF008", node.span, f'ambiguous number "{shorten(node.text)}"', help=help)
        else:
            wrong_type(node, self.describe, log)


@dataclass(frozen=True, slots=True)
class Boolean:
    describe: str = "true or false"

    def read(self, node: source.Node, log: Log) -> Spot[bool] | None:
        if isinstance(node, source.Scalar) and not node.quoted and node.text in ("true", "false"):
            return Spot(node.text == "true", node.span)
        wrong_type(node, self.describe, log)
        return None


@dataclass(frozen=True, slots=True)
class Choice:
    """One word of a few."""

    choices: tuple[str, ...]

    @property
    def describe(self) -> str:
        return " or ".join(self.choices)

    def read(self, node: source.Node, log: Log) -> Spot[str] | None:
        if isinstance(node, source.Scalar) and node.text in self.choices:
            return Spot(node.text, node.span)
        text = node.text if isinstance(node, source.Scalar) else ""
        wrong_type(node, self.describe, log, near_miss(text, self.choices))
        return None


@dataclass(frozen=True, slots=True)
class Range:
    """``a..b``, or a single number where `single` allows it. What b means is its user's affair."""

    describe: str
    single: bool = False

    def read(self, node: source.Node, log: Log) -> Spot[tuple[int, int]] | None:
        if not isinstance(node, source.Scalar) or node.quoted:
            wrong_type(node, self.describe, log)
            return None
        first, dots, last = node.text.partition("..")
        low, high = read_number(first.strip()), read_number((last if dots else first).strip())
        if low is None or high is None or not (dots or self.single):
            help = "a range is written a..b" if re.fullmatch(r"\d+[:-]\d+", node.text) else ""
            wrong_type(node, self.describe, log, help)
            return None
        if low > high or low < 0:
            help = "the smaller number stands first, and none is negative"
            log.error("SF040", node.span, f'"{node.text}" runs backwards', help=help)
            return None
        return Spot((low, high), node.span)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of one shape, not empty unless it may be."""

    item: Shape
    may_be_empty: bool = False

    @property
    def describe(self) -> str:
        return f"a list, each {self.item.describe}"

    def read(self, node: source.Node, log: Log) -> Spot[tuple[object, ...]] | None:
        if not isinstance(node, source.Sequence):
            wrong_type(node, self.describe, log)
            return None
        if not node.items and not self.may_be_empty:
            wrong_type(node, "a list with something in it", log)
            return None
        found = [self.item.read(item, log) for item in node.items]
        if any(value is None for value in found):
            return None
        return Spot(tuple(found), node.span)


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping from names (or numbers) that the writer chooses to values of one shape."""

    key: Text | Integer
    value: Shape

    @property
    def describe(self) -> str:
        return f"a mapping from {self.key.describe} to {self.value.describe}"

    def read(self, node: source.Node, log: Log) -> Entry | None:
        if not isinstance(node, source.Mapping):
            wrong_type(node, self.describe, log)
            return None
        pairs: dict[str, object] = {}
        broken = False
        for text, (key_node, value_node) in node.entries.items():
            key = self.key.read(key_node, log)
            value = self.value.read(value_node, log)
            if key is None or value is None:
                broken = True
            if key is not None and value is not None:
                pairs[text] = (key, value)
        return Entry(node.span, pairs, broken)


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a Table: what it takes, what it means, and whether it may be missing."""

    shape: Shape
    doc: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping with known keys; `what` names it in messages ("a struct")."""

    what: str
    keys: Mapping[str, Key]
    extra: Key | None = None  # further keys whose names the writer chooses, all of this shape

    @property
    def describe(self) -> str:
        return self.what

    def read(self, node: source.Node, log: Log) -> Entry | None:
        if not isinstance(node, source.Mapping):
            wrong_type(node, self.what, log)
            return None
        values: dict[str, object] = {}
        near: set[str] = set()  # keys that a misspelt one was probably meant to be
        broken = False
        for name, (key_node, value_node) in node.entries.items():
            known = self.keys.get(name) or self.extra
            if known is None:
                meant = self._unknown(key_node, log)
                near.update(meant)
                broken |= not node.entries.keys() >= set(meant)  # the value meant for it is lost
                continue
            value = known.shape.read(value_node, log)
            if value is None:
                broken = True
            else:
                values[name] = value
        for name, key in self.keys.items():
            if key.required and name not in node.entries and name not in near:
                help = f"{name}: {key.doc}"
                log.error("SF011", node.span, f'{self.what} needs the key "{name}"', help=help)
                broken = True
        return Entry(node.span, values, broken)

    def _unknown(self, key: source.Scalar, log: Log) -> list[str]:
        name = shorten(key.text)
        help = near_miss(key.text, self.keys) or f"known: {', '.join(self.keys)}"
        log.error("SF010", key.span, f'unknown key "{name}" in {self.what}', help=help)
        return difflib.get_close_matches(key.text, list(self.keys), n=1)


@dataclass(frozen=True, slots=True)
class Forms:
    """A mapping that has one of several forms, told apart by the one key that only it has."""

    what: str
    forms: Mapping[str, Table]

    @property
    def describe(self) -> str:
        return self.what

    def read(self, node: source.Node, log: Log) -> Entry | None:
        if not isinstance(node, source.Mapping):
            wrong_type(node, self.what, log)
            return None
        present = [name for name in self.forms if name in node.entries]
        if len(present) > 1:
            first, second = (node.entries[name][0] for name in present[:2])
            note = Note(f'"{first.text}" is given here', first.span)
            message = f'"{second.text}" excludes "{first.text}" in {self.what}'
            log.error("SF016", second.span, message, notes=[note])
            return None
        if present:
            return self.forms[present[0]].read(node, log)
        self._formless(node, log)
        return None

    def _formless(self, node: source.Mapping, log: Log) -> None:
        known = {name for table in self.forms.values() for name in table.keys}
        for name, (key, _) in node.entries.items():
            if name not in known:  # the telling key is probably this one, misspelt
                help = near_miss(name, known) or f"one of {', '.join(self.forms)} is needed"
                message = f'unknown key "{shorten(name)}" in {self.what}'
                log.error("SF010", key.span, message, help=help)
                return
        wanted = " or ".join(f'"{name}"' for name in self.forms)
        log.error("SF011", node.span, f"{self.what} needs the key {wanted}")


@dataclass(frozen=True, slots=True)
class Either:
    """A short form (a word or a number) and a long one (a mapping) of the same thing."""

    short: Shape
    long: Table

    @property
    def describe(self) -> str:
        return f"{self.short.describe} or {self.long.describe}"

    def read(self, node: source.Node, log: Log) -> object | None:
        shape = self.long if isinstance(node, source.Mapping) else self.short
        return shape.read(node, log)


def near_miss(word: str, known: Iterable[str]) -> str:
    """ "did you mean ...?" when a known word is close, else nothing."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f'did you mean "{close[0]}"?' if close else ""
