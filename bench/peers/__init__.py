"""Others that do the same work: construct, Kaitai, and the report parsers on PyPI.

Each peer must give the same values as the typed record before it is timed; one that is not
installed is skipped with a line that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ..engine import Case, loop, require


@dataclass(frozen=True, slots=True)
class Peer:
    """One way to parse a structure; `read` takes three fields from what `parse` returns."""

    name: str
    parse: Callable[[bytes], Any]
    read: Callable[[Any], tuple[Any, ...]]
    build: Callable[[Any], bytes] | None = None


Loader = Callable[[], Iterable[Peer]]


def load(loaders: Iterable[tuple[str, Loader]]) -> tuple[list[Peer], list[str]]:
    """The peers that are installed, and a note on each that is not."""
    peers: list[Peer] = []
    skipped: list[str] = []
    for package, loader in loaders:
        try:
            peers += loader()
        except (ImportError, AttributeError) as error:
            skipped.append(f"{package} ({error})")
    return peers, skipped


def parse_cases(
    peers: Iterable[Peer], data: bytes, expected: tuple[Any, ...], limit: str
) -> list[Case]:
    """`parse` and `parse + 3 fields` of every peer, once it has shown the expected values."""
    cases = []
    for peer in peers:
        found = tuple(_plain(value) for value in peer.read(peer.parse(data)))
        require(found == expected, f"{peer.name} reads other values")
        cases.append(Case("parse", peer.name, loop(_parse(peer, data)), limit))
        cases.append(Case("parse + 3 fields", peer.name, loop(_parse_and_read(peer, data)), limit))
    return cases


def build_cases(peers: Iterable[Peer], data: bytes, limit: str) -> list[Case]:
    """`build` of every peer that can, once it has given back the bytes that it parsed."""
    cases = []
    for peer in peers:
        if peer.build is None:
            continue
        made = peer.parse(data)
        require(bytes(peer.build(made)) == data, f"{peer.name} builds other bytes")
        cases.append(Case("build", peer.name, loop(_build(peer.build, made)), limit))
    return cases


def _plain(value: Any) -> Any:
    """A value as the typed record has it: some peers give hex, or numbers with a name."""
    if isinstance(value, bytes):
        return value
    return int(value) if hasattr(value, "__int__") else bytes.fromhex(value)


def _parse(peer: Peer, data: bytes) -> Callable[[], object]:
    parse = peer.parse
    return lambda: parse(data)


def _parse_and_read(peer: Peer, data: bytes) -> Callable[[], object]:
    parse, read = peer.parse, peer.read
    return lambda: read(parse(data))


def _build(build: Callable[[Any], bytes], made: Any) -> Callable[[], object]:
    return lambda: build(made)
