"""Guest messages as data: sealed pages to the byte, and pages that must be refused.

Part of what ``python -m snpformat.testing.vectors DIR`` writes (messages.json); the README beside
it says how to read it. Keys and payloads follow a pattern, so the file is the same each time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from snpformat.aead import PAGE_SIZE, Aead
from snpformat.exchanges import EXCHANGES
from snpformat.formats import MsgHdr, MsgType

if TYPE_CHECKING:
    from snpformat.wire import Buffer

Case = dict[str, Any]

KEYS = [hashlib.sha256(b"vector key %d" % n).digest() for n in range(4)]
SIZES = (1, 16, 96, 128, 1216, 4000)
NUMBERS = (1, 2, 0xFFFF_FFFD, 2**64 - 2)  # the last one: of the last response that there can be


def text() -> str:
    """The file: its head, and a case a line."""
    head = {"format": "message", "page": PAGE_SIZE, "cite": MsgHdr.CITE}
    parts = [json.dumps(head, indent=1)[:-2]]
    for name, cases in (("accepted", _accepted()), ("refused", _refused())):
        parts.append(f' "{name}": [\n  ' + ",\n  ".join(map(json.dumps, cases)) + "\n ]")
    return ",\n".join(parts) + "\n}\n"


def pattern(size: int) -> bytes:
    """Bytes that show their place."""
    return bytes((37 * n + n // 256 + 11) % 256 for n in range(size))


def _accepted() -> Iterator[Case]:
    for size in SIZES:
        yield _sealed(f"payload of {size}", pattern(size))
    for number in NUMBERS:
        yield _sealed(f"msg_seqno {number}", pattern(16), msg_seqno=number)
    for vmpck in range(4):
        yield _sealed(f"VMPCK {vmpck}", pattern(16), msg_vmpck=vmpck)
    for kind, exchange in EXCHANGES.items():
        request = exchange.request().build()
        name = MsgType.name_of(kind)
        yield _sealed(f"{name}", request, msg_type=kind, msg_seqno=5)
        answer = pattern(exchange.response_size(len(request)))
        yield _sealed(f"answer to {name}", answer, msg_type=kind + 1, msg_seqno=6)
    yield _sealed("msg_type 255", pattern(16), msg_type=255)
    yield _sealed("msg_version 255", pattern(16), msg_version=255)
    fields = {"msg_seqno": 2, "msg_type": 6, "msg_vmpck": 0, "msg_version": 1}
    page = _by_hand(pattern(64), msg_seqno=2, msg_type=6, reserved=0xA5)
    yield _case("reserved bytes set", KEYS[0], pattern(64), page, fields) | {"only": "open"}
    plain = bytearray(Aead(KEYS[0]).seal(pattern(64), msg_type=6, msg_seqno=2))
    for start, end in ((0x10, 0x20), (0x28, 0x30), (0xA0, 0xB0), (0xFFF, 0x1000)):
        plain[start:end] = b"\xff" * (end - start)
    yield _case("unauthenticated bytes set", KEYS[0], pattern(64), plain, fields) | {"only": "open"}


def _sealed(name: str, payload: bytes, **given: int) -> Case:
    fields = {"msg_seqno": 1, "msg_type": 5, "msg_vmpck": 0, "msg_version": 1} | given
    key = KEYS[fields["msg_vmpck"]]
    return _case(name, key, payload, Aead(key).seal(payload, **fields), fields)


def _case(name: str, key: bytes, payload: bytes, page: Buffer, fields: dict[str, int]) -> Case:
    shown = {field: _number(value) for field, value in fields.items()}
    return {
        "name": name,
        "key": key.hex(),
        **shown,
        "payload": payload.hex(),
        "page": _cut(bytes(page)),
    }


def _by_hand(payload: bytes, *, reserved: int = 0, **fields: int) -> bytes:
    """A page under a good seal whose header no builder makes."""
    header = bytearray(MsgHdr(msg_size=len(payload)).build())
    if reserved:
        for field in MsgHdr.FIELDS:
            if field.name is None:
                header[field.offset : field.end] = bytes([reserved]) * field.size
    for name, value in fields.items():
        field = MsgHdr.field(name)
        header[field.offset : field.end] = field.to_bytes(value)
    iv = bytes(header[0x20:0x28]) + bytes(4)
    sealed = AESGCM(KEYS[0]).encrypt(iv, payload, bytes(header[0x30:0x60]))
    header[:16] = sealed[-16:]
    return (bytes(header) + sealed[:-16]).ljust(PAGE_SIZE, b"\0")


def _refused() -> Iterator[Case]:
    page = Aead(KEYS[0]).seal(pattern(96), msg_type=5, msg_seqno=1)
    for what, changed in {
        "tag, first bit": _flip(page, 0),
        "tag, last bit": _flip(page, 8 * 15 + 7),
        "msg_seqno, first bit": _flip(page, 8 * 0x20),
        "msg_seqno, last bit": _flip(page, 8 * 0x27 + 7),
        "msg_type": _flip(page, 8 * 0x34),
        "msg_version": _flip(page, 8 * 0x35 + 1),
        "msg_size": _flip(page, 8 * 0x36),
        "reserved behind msg_size": _flip(page, 8 * 0x38),
        "msg_vmpck": _flip(page, 8 * 0x3C),
        "reserved behind msg_vmpck": _flip(page, 8 * 0x3D),
        "last reserved bit": _flip(page, 8 * 0x5F + 7),
        "payload, first bit": _flip(page, 8 * 0x60),
        "payload, last bit": _flip(page, 8 * 0xBF + 7),
    }.items():
        yield _refusal(f"flipped: {what}", changed)
    yield _refusal("another key", page, key=KEYS[1])
    for name, value in (
        ("algo", 0), ("algo", 2), ("hdr_version", 0), ("hdr_version", 2), ("hdr_size", 0x5F),
        ("hdr_size", 0x61), ("msg_size", 0), ("msg_size", 4001),
    ):  # fmt: skip
        changed = _by_hand(pattern(96), msg_seqno=1, msg_type=5, **{name: value})
        yield _refusal(f"{name} {value}", changed, field=name, value=value)
    yield _refusal("zeros", bytes(PAGE_SIZE), field="hdr_version", value=0)
    yield _refusal("cut in the header", page[:95], field=None, value=95)
    yield _refusal("cut in the payload", page[: 0x60 + 95], field="msg_size", value=96)


def _refusal(name: str, page: bytes, *, key: bytes = KEYS[0], **error: Any) -> Case:
    """`error` is empty where nothing but the tag tells."""
    found: Case = {"name": name, "key": key.hex(), "page": _cut(page)}
    if len(page) != PAGE_SIZE:
        found["length"] = len(page)
    if not error:
        return found | {"error": "authentication"}
    # Where the header is cut short the field is that in which it ends: reserved space.
    offset = 0x3D if error["field"] is None else MsgHdr.field(error["field"]).offset
    return found | {"error": {"structure": MsgHdr.NAME, **error, "offset": offset}}


def _flip(page: bytes, bit: int) -> bytes:
    changed = bytearray(page)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def _number(value: int) -> int | str:
    """As JSON: in hexadecimal where JavaScript would round it."""
    return hex(value) if value >> 32 else value


def _cut(page: bytes) -> str:
    return page.rstrip(b"\0").hex()
