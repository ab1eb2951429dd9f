"""How lists and mappings of the language are read: shapes made of other shapes.

language.py says in tables which keys there are; the shapes here and in words.py do the reading and
the reporting, once for all of them. What could be read is kept, and what was lost is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from . import source
from .diagnostics import MAX_NOTES, Log, Note, Span
from .source import shorten
from .words import Integer, Spot as Spot, Text, closest, near_miss, wrong_type


class Shape(Protocol):
    """Reads one node. `describe` completes the sentence "expected ..."."""

    @property
    def describe(self) -> str: ...

    def read(self, node: source.Node, log: Log) -> object | None: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A mapping that was read: the values by key, each a Spot or an Entry (a pair in a MapOf).

    `lost` names the keys that were refused, so that what needs them is not checked.
    """

    span: Span
    values: dict[str, object]
    lost: frozenset[str] = frozenset()
    key_spans: Mapping[str, Span] = field(default_factory=dict)

    @property
    def broken(self) -> bool:
        return bool(self.lost)

    def get(self, key: str) -> object | None:
        return self.values.get(key)


@dataclass(frozen=True, slots=True)
class Items(Spot[tuple[object, ...]]):
    """What could be read of a list; `broken` says that some of it could not."""

    broken: bool = False


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of one shape, not empty unless it may be."""

    item: Shape
    may_be_empty: bool = False

    @property
    def describe(self) -> str:
        return f"a list, each {self.item.describe}"

    def read(self, node: source.Node, log: Log) -> Items | None:
        if not isinstance(node, source.Sequence) or not (node.items or self.may_be_empty):
            wrong_type(node, self.describe, log)
            return None
        found = [self.item.read(item, log) for item in node.items]
        good = tuple(value for value in found if value is not None)
        return Items(good, node.span, broken=len(good) < len(found))


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping from names (or numbers) that the writer chooses to values of one shape.

    Not empty; `single` says that there is one pair only.
    """

    key: Text | Integer
    value: Shape
    single: bool = False

    @property
    def describe(self) -> str:
        return f"a mapping from {self.key.describe} to {self.value.describe}"

    def read(self, node: source.Node, log: Log) -> Entry | None:
        if not isinstance(node, source.Mapping) or not node.entries:
            wrong_type(node, self.describe, log)
            return None
        if self._lacks_name(node, log):
            return None
        if self.single and len(node.entries) > 1:
            first, second = (key for key, _ in list(node.entries.values())[:2])
            note = Note("the first one", first.span)
            help = "remove one of the two"
            log.error("SF016", second.span, "only one is allowed here", notes=[note], help=help)
            return None
        pairs: dict[str, object] = {}
        for text, (key_node, value_node) in node.entries.items():
            key = self.key.read(key_node, log)
            value = self.value.read(value_node, log)
            if key is not None and value is not None:
                pairs[text] = (key, value)
        twice = {key.text for key in node.twice}
        return Entry(node.span, pairs, frozenset(node.entries.keys() - pairs.keys() | twice))

    def _lacks_name(self, node: source.Mapping, log: Log) -> bool:
        """Whether `node` is a value without the name above it; reports that once for all of it."""
        key, first = next(iter(node.entries.values()))
        table = self.value
        if not isinstance(table, Table) or isinstance(first, source.Mapping):
            return False
        if key.text not in table.keys or len(node.entries) < 2:
            return False
        help = f"{self.key.describe} is missing above it"
        log.error("SF012", key.span, f'"{key.text}" belongs in {table.what}', help=help)
        return True


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
        lost = {key.text for key in node.twice}
        lost |= self._report_keys(node, log)
        for name, (_, value_node) in node.entries.items():
            known = self.keys.get(name) or self.extra
            if known is None:
                continue
            outer, log.hint = log.hint, f"{shorten(name)}: {known.doc}"
            value = known.shape.read(value_node, log)
            log.hint = outer
            if value is not None:
                values[name] = value
            if value is None or (isinstance(value, Items) and value.broken):
                lost.add(name)
        spans = {name: key.span for name, (key, _) in node.entries.items()}
        return Entry(node.span, values, frozenset(lost), spans)

    def _report_keys(self, node: source.Mapping, log: Log) -> set[str]:
        """Report the keys that are unknown or missing. Returns those whose values are lost.

        A key that is unknown where another is missing is probably that one, misspelt.
        """
        unknown = [key for name, (key, _) in node.entries.items() if self._is_unknown(name)]
        meant = {key.text: closest(key.text, self.keys) for key in unknown}
        lost = {name for name in meant.values() if name is not None} - node.entries.keys()
        required = [name for name, key in self.keys.items() if key.required]
        missing = [name for name in required if name not in node.entries and name not in lost]
        lost |= {*missing, *meant}
        if node.twice:
            missing.clear()  # probably what the duplicate key, reported already, should be
        if missing and len(unknown) > 1:
            self._misfit(node, unknown, log)
            return lost
        for key in unknown:
            message = f'unknown key "{shorten(key.text)}" in {self.what}'
            help = near_miss(key.text, self.keys) or f"known: {', '.join(self.keys)}"
            if missing:
                help = f'"{missing.pop(0)}" is missing; is this meant to be it?'
            log.error("SF010", key.span, message, help=help)
        for name in missing:
            help = f"{name}: {self.keys[name].doc}"
            log.error("SF011", node.span, f'{self.what} needs the key "{name}"', help=help)
        return lost

    def _is_unknown(self, name: str) -> bool:
        return name not in self.keys and self.extra is None

    def _misfit(self, node: source.Mapping, unknown: list[source.Scalar], log: Log) -> None:
        """Keys that are unknown while others are missing: something else stands here."""
        first, *others = unknown
        notes = [Note(f'"{shorten(key.text)}" is one, too', key.span) for key in others[:MAX_NOTES]]
        message = f'unknown key "{shorten(first.text)}" in {self.what}'
        help = f"is this {self.what}? known: {', '.join(self.keys)}"
        log.error_once("SF010", first.span, message, notes=notes, help=help)


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
        if len(present) > 1 and node.twice:
            return None  # two have become one, which has been reported
        if len(present) > 1:
            first, second = (node.entries[name][0] for name in present[:2])
            note = Note(f'"{first.text}" is given here', first.span)
            message = f'"{second.text}" excludes "{first.text}" in {self.what}'
            log.error("SF016", second.span, message, notes=[note], help="remove one of the two")
            return None
        if present:
            return self.forms[present[0]].read(node, log)
        self._formless(node, log)
        return None

    def _formless(self, node: source.Mapping, log: Log) -> None:
        if node.twice:
            return  # the duplicate key, reported already, should probably be the telling one
        known = {name for table in self.forms.values() for name in table.keys}
        for name, (key, _) in node.entries.items():
            if name not in known:  # the telling key is probably this one, misspelt
                help = near_miss(name, known) or f"one of {', '.join(self.forms)} is needed"
                message = f'unknown key "{shorten(name)}" in {self.what}'
                log.error("SF010", key.span, message, help=help)
                return
        wanted = " or ".join(f'"{name}"' for name in self.forms)
        help = "it says what it is: " + "; ".join(
            f"{name}: {table.what}" for name, table in self.forms.items()
        )
        log.error("SF011", node.span, f"{self.what} needs the key {wanted}", help=help)


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
