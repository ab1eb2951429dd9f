"""construct as a peer, twice: bare numbers and bytes, which is the same work as a typed record,
and the declarations of this project, which take bit fields and enums apart at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import construct as cs  # type: ignore[import-untyped, unused-ignore]

from snpformat import constructs
from snpformat.record import Record

from . import Peer

Read = Callable[[Any], tuple[Any, ...]]

_NUMBERS = {1: cs.Int8ul, 2: cs.Int16ul, 4: cs.Int32ul, 8: cs.Int64ul}


def peers(record: Record, read: Read) -> Iterator[Peer]:
    """construct's ways to parse what `record` was parsed from."""
    plain = plain_struct(record)
    full = getattr(constructs, type(record).__name__)
    yield from _both("construct", plain, read)
    yield from _both("construct with bits", full, read)


def _both(name: str, declared: Any, read: Read) -> Iterator[Peer]:
    """As declared, and compiled to Python code by construct itself."""
    compiled = declared.compile()
    yield Peer(name, declared.parse, read, declared.build)
    yield Peer(f"{name}, compiled", compiled.parse, read, compiled.build)


def plain_struct(record: Record) -> Any:
    """The fields of the record's version as numbers and bytes, whatever they mean."""
    parts = []
    for field, _ in record.layout():
        kind = _NUMBERS[field.size] if field.kind == "uint" else cs.Bytes(field.size)
        parts.append((field.name or f"reserved_{field.offset:x}") / kind)
    return cs.Struct(*parts)
