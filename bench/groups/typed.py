"""`Typed` inside somebody's declaration, against the same declaration with as many bare bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import construct as cs  # type: ignore[import-untyped, unused-ignore]

from snpformat.constructs import Typed
from snpformat.formats import AttestationReport, MsgHdr
from snpformat.record import Record

from .. import inputs
from ..engine import LIMIT, OURS, Case, Group, loop, require


def group() -> Group:
    """Both records, in a declaration as it stands and in one that construct has compiled."""
    records = (
        ("header", MsgHdr.parse(inputs.header())),
        ("report", AttestationReport.parse(inputs.report())),
    )
    cases: list[Case] = []
    for name, record in records:
        inner, bare = Typed(type(record)), cs.Bytes(record.SIZE)
        cases += _cases(name, record, _around(inner), _around(bare))
        cases += _cases(
            f"{name}, compiled", record, _around(inner).compile(), _around(bare).compile()
        )
    return Group("typed", cases)


def _around(inner: Any) -> Any:
    """A declaration of the sort that people write around a structure of ours."""
    return cs.Struct("before" / cs.Int32ul, "inner" / inner, "after" / cs.Int32ul)


def _cases(name: str, record: Record, ours: Any, bare: Any) -> Iterator[Case]:
    raw = record.build()
    data = b"\x01\0\0\0" + raw + b"\x02\0\0\0"
    made, made_bare = ours.parse(data), bare.parse(data)
    require(made.inner == record and made_bare.inner == raw, f"{name}: other values")
    require(ours.build(made) == data == bare.build(made_bare), f"{name}: other bytes")
    parse, build = f"parse {name}", f"build {name}"
    yield Case(parse, LIMIT, loop(lambda: bare.parse(data)))
    yield Case(parse, OURS, loop(lambda: ours.parse(data)), parse, reach=1.5)
    yield Case(build, LIMIT, loop(lambda: bare.build(made_bare)))
    yield Case(build, OURS, loop(lambda: ours.build(made)), build)
