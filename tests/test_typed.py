"""Typed: a record inside anybody's construct declaration, compiled or not."""

from __future__ import annotations

from typing import Any

import construct as cs
import pytest

from snpformat import FormatError, catalog, constructs
from snpformat.constructs import ConstructFormatError, Typed
from snpformat.formats import AttestationReport, MsgHdr
from snpformat.record import Record

FORMS = [
    (cls, version) for cls in catalog.structures().values() for version in cls.VERSIONS or [None]
]

MESSAGE = cs.Struct(
    "magic" / cs.Const(b"PSP!"),
    "hdr" / Typed(MsgHdr),
    "payload" / cs.Bytes(cs.this.hdr.msg_size),
    "rest" / cs.GreedyRange(Typed(MsgHdr)),
)
HEADER = MsgHdr(msg_seqno=7, msg_size=3)
RAW = b"PSP!" + HEADER.build() + b"abc" + MsgHdr().build() * 2


@pytest.fixture(params=["interpreted", "compiled"])
def message(request: pytest.FixtureRequest) -> Any:
    return MESSAGE if request.param == "interpreted" else MESSAGE.compile()


def test_parse_and_build(message: Any) -> None:
    found = message.parse(RAW)
    assert found.hdr == HEADER
    assert type(found.hdr) is MsgHdr
    assert found.payload == b"abc"
    assert list(found.rest) == [MsgHdr()] * 2
    assert message.build(found) == RAW
    given = {"hdr": {"msg_seqno": 7, "msg_size": 3}, "payload": b"abc", "rest": [{}, MsgHdr()]}
    assert message.build(given) == RAW


def test_sizes_and_places() -> None:
    assert Typed(MsgHdr).sizeof() == 96
    assert cs.Struct("a" / cs.Int8ub, "b" / Typed(MsgHdr)).sizeof() == 97
    assert Typed(MsgHdr).parse(HEADER.build()) == HEADER
    assert Typed(MsgHdr).build(HEADER) == HEADER.build()
    assert cs.Array(2, Typed(MsgHdr)).parse(HEADER.build() * 2) == [HEADER] * 2
    assert cs.Pointer(4, Typed(MsgHdr)).parse(RAW) == HEADER


def test_options_reach_the_record() -> None:
    raw = b"\x09" + AttestationReport(version=5).build()[1:]
    assert Typed(AttestationReport, assume_version=5).parse(raw).layout_version == 5
    loud = HEADER.build()[:0x28] + b"\1" + HEADER.build()[0x29:]
    assert Typed(MsgHdr, reserved="drop").parse(loud) == HEADER


@pytest.mark.parametrize("length", [0, 4, 50, 99])
def test_truncated(message: Any, length: int) -> None:
    with pytest.raises(cs.ConstructError) as caught:
        message.parse(RAW[:length])
    if length >= 4:
        assert isinstance(caught.value, ConstructFormatError)


def test_its_error_is_both_and_tells_both_places(message: Any) -> None:
    raw = RAW[: 4 + 0x31] + b"\2" + RAW[4 + 0x32 :]
    with pytest.raises(ConstructFormatError) as caught:
        message.parse(raw)
    error = caught.value
    assert isinstance(error, FormatError)
    assert isinstance(error, cs.ConstructError)
    assert (error.structure, error.field, error.offset, error.value) == (
        "msg_hdr", "hdr_version", 0x31, 2,
    )  # fmt: skip
    assert str(error).startswith("msg_hdr.hdr_version at 0x31: is always 0x1")
    if message is MESSAGE:
        assert error.path == "(parsing) -> hdr"


@pytest.mark.parametrize("given", [None, 5, b"", {"bogus": 1}, {"msg_vmpck": 1 << 8}, {"algo": []}])
def test_building_from_anything_else(given: object, message: Any) -> None:
    with pytest.raises(ConstructFormatError):
        message.build({"hdr": given, "payload": b"", "rest": []})


@pytest.mark.parametrize(("cls", "version"), FORMS)
def test_plain_declarations_can_be_compiled(cls: type[Record], version: int | None) -> None:
    raw = (cls() if version is None else cls(**{cls.VERSION_FIELD or "": version})).build()
    declaration = getattr(constructs, cls.__name__)
    compiled = declaration.compile()
    assert compiled.parse(raw) == declaration.parse(raw)
    assert compiled.build(declaration.parse(raw)) == raw
