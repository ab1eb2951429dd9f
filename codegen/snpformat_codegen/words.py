"""How one word of the language is read: a name, a number, a range, prose.

A shape reads a node and reports what is wrong with it. One that reports returns None, so that one
mistake is told once. shapes.py builds lists and mappings of them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from . import source
from .diagnostics import Log, Span
from .source import shorten

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Spot(Generic[T_co]):
    """A value and where it was written."""

    value: T_co
    span: Span


def wrong_type(node: source.Node, expected: str, log: Log, help: str = "") -> None:
    """Report that `node` is not what its key takes."""
    log.error("SF012", node.span, f"expected {expected}, got {_kind(node)}", help=help)


def _kind(node: source.Node) -> str:
    if isinstance(node, source.Mapping):
        return "a mapping" if node.entries else "an empty mapping"
    if isinstance(node, source.Sequence):
        return "a list" if node.items else "an empty list"
    if "\n" in node.text:
        return "several lines of text"
    return f'"{shorten(node.text)}"' if node.text else "nothing"


PROSE = r"(?s).*\S.*"
# What YAML 1.1 reads as true, false or nothing, and so every editor and other tool.
_YAML_WORDS = frozenset(["yes", "no", "on", "off", "true", "false", "null"])


@dataclass(frozen=True, slots=True)
class Text:
    """Prose, or a word that must match `pattern`."""

    describe: str = "text"
    pattern: str = PROSE
    must_quote: str = ""  # why the value has to stand in quotes

    def read(self, node: source.Node, log: Log) -> Spot[str] | None:
        if not isinstance(node, source.Scalar):
            wrong_type(node, self.describe, log)
            return None
        text = shorten(node.text)
        if self.must_quote and not node.quoted and node.text:
            help = f'write "{text}" in quotes: {self.must_quote}'
            log.error("SF007", node.span, f'"{text}" is not quoted', help=help)
        elif self.pattern != PROSE and not node.quoted and node.text.lower() in _YAML_WORDS:
            help = f'write "{text}" in quotes, or choose another word'
            log.error("SF008", node.span, f'"{text}" means something else in YAML', help=help)
        elif not re.fullmatch(self.pattern, node.text):
            wrong_type(node, self.describe, log)
        else:
            return Spot(node.text, node.span)
        return None


_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(
    r"[-+]?(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][-+]?\d+)?|[-+]?\.(inf|nan)", re.IGNORECASE
)
_LOOKS_LIKE_NUMBER = re.compile(r"[-+]?[0-9][0-9_:a-fA-FxobXOB]*")


def read_number(text: str) -> int | None:
    """A decimal or 0x integer; None for every other way that YAML has to write one."""
    if len(text) > 1000:
        return None
    if _DECIMAL.fullmatch(text):
        return int(text)
    return int(text, 16) if _HEXADECIMAL.fullmatch(text) else None


def refuse_number(node: source.Scalar, expected: str, log: Log) -> None:
    """Report a word that is no number of the language, and say which trap it is in, if any."""
    text = shorten(node.text)
    if _FLOAT.fullmatch(node.text):
        help = "write a whole number, or quote it where a revision is meant"
        log.error("SF007", node.span, f"floating-point number {text}", help=help)
    elif _LOOKS_LIKE_NUMBER.fullmatch(node.text):
        refuse_ambiguous(text, node.span, log)
    else:
        wrong_type(node, expected, log)


def refuse_ambiguous(text: str, span: Span, log: Log) -> None:
    help = "numbers are decimal without leading zeros (18) or hexadecimal (0x12)"
    log.error("SF008", span, f'ambiguous number "{shorten(text)}"', help=help)


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
            refuse_number(node, self.describe, log)
            return None
        if not self.low <= number <= self.high:
            message = f"{shorten(node.text)} is out of range"
            high = f"{self.high:#x}" if self.high >= 1 << 32 else f"{self.high}"
            bounds = f"{self.low} to {high}" if self.low < self.high else f"{self.low}"
            log.error("SF040", node.span, message, help=f"allowed: {bounds}")
            return None
        return Spot(number, node.span)


@dataclass(frozen=True, slots=True)
class Word:
    """A word that may be a name or a number, which its user tells apart."""

    describe: str = "a name or a number"

    def read(self, node: source.Node, log: Log) -> Spot[str] | None:
        if not isinstance(node, source.Scalar):
            wrong_type(node, self.describe, log)
            return None
        if node.text[:1] == "-" and read_number(node.text) is not None:
            message = f"{shorten(node.text)} is out of range"
            log.error("SF040", node.span, message, help="no number is negative")
            return None
        if not node.quoted and _FLOAT.fullmatch(node.text):
            refuse_number(node, self.describe, log)
            return None
        return Text(self.describe, r"[A-Za-z0-9_]+").read(node, log)


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
            like = re.fullmatch(r"\w+ *(:|-|\.\.\.|,) *\w+", node.text)
            wrong_type(node, self.describe, log, "a range is written a..b" if like else "")
            return None
        if low < 0 or high < 0:
            help = "no number is negative"
            log.error("SF040", node.span, f'"{shorten(node.text)}" is out of range', help=help)
            return None
        if low > high:
            help = "the smaller number stands first"
            log.error("SF040", node.span, f'"{shorten(node.text)}" runs backwards', help=help)
            return None
        return Spot((low, high), node.span)


_MOST_COMPARED = 500  # comparing takes long, and many mistakes may ask for it


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant by `word`."""
    candidates = list(known)
    if len(candidates) > _MOST_COMPARED or len(word) > 64:
        return None
    return next(iter(difflib.get_close_matches(word, candidates, n=1)), None)


def near_miss(word: str, known: Iterable[str]) -> str:
    """ "did you mean ...?" when a known word is close, else nothing."""
    close = closest(word, known)
    return f'did you mean "{close}"?' if close is not None else ""


def listed(values: Iterable[object], limit: int = 10) -> str:
    """The values as a message can carry them: the middle of many is left out."""
    words = [str(value) for value in values]
    if len(words) > limit:
        words[limit - 1 : -1] = ["..."]
    return ", ".join(words)
