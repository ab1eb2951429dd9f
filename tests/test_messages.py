"""The published messages: this package and pycryptodome give and take the same bytes."""

from __future__ import annotations

import json
from collections import Counter
from struct import unpack_from
from typing import Any

import pytest
from conftest import ROOT
from Crypto.Cipher import AES

from snpformat.aead import PAGE_SIZE, Aead
from snpformat.errors import AuthenticationError, FormatError
from snpformat.exchanges import EXCHANGES

FILE = json.loads((ROOT / "vectors" / "messages.json").read_text())
FIELDS = ("msg_seqno", "msg_type", "msg_vmpck", "msg_version")


def numbers(case: dict[str, Any]) -> dict[str, int]:
    return {name: int(str(case[name]), 0) for name in FIELDS}


def page_of(case: dict[str, Any]) -> bytes:
    return bytes.fromhex(case["page"]).ljust(case.get("length", PAGE_SIZE), b"\0")


@pytest.mark.parametrize("case", FILE["accepted"], ids=lambda case: case["name"])
def test_accepted(case: dict[str, Any]) -> None:
    aead = Aead(bytes.fromhex(case["key"]))
    payload, page = bytes.fromhex(case["payload"]), page_of(case)
    if case.get("only") != "open":
        assert aead.seal(payload, **numbers(case)) == page
    header, opened = aead.open(page)
    assert opened == payload
    assert {name: header[name] for name in FIELDS} == numbers(case)


@pytest.mark.parametrize("case", FILE["accepted"], ids=lambda case: case["name"])
def test_another_implementation_accepts_it(case: dict[str, Any]) -> None:
    """Offsets by hand, AES-GCM by pycryptodome: both ways, to the byte."""
    page, payload = page_of(case), bytes.fromhex(case["payload"])
    seqno, algo, version, head, kind, msg_version, size, vmpck = unpack_from(
        "<Q8xBBHBBH4xB", page, 0x20
    )
    assert (algo, version, head, size) == (1, 1, 0x60, len(payload))
    assert dict(zip(FIELDS, (seqno, kind, vmpck, msg_version), strict=True)) == numbers(case)
    iv = seqno.to_bytes(8, "little") + bytes(4)
    cipher = AES.new(bytes.fromhex(case["key"]), AES.MODE_GCM, nonce=iv)
    cipher.update(page[0x30:0x60])
    sealed, tag = cipher.encrypt_and_digest(payload)
    assert page[:16] == tag
    assert page[0x60 : 0x60 + size] == sealed
    if case.get("only") != "open":
        rest = page[0x10:0x20], page[0x28:0x30], page[0x38:0x3C], page[0x3D:0x60]
        assert not any(map(any, rest)) and not any(page[0x60 + size :])


@pytest.mark.parametrize("case", FILE["refused"], ids=lambda case: case["name"])
def test_refused(case: dict[str, Any]) -> None:
    aead, page, wanted = Aead(bytes.fromhex(case["key"])), page_of(case), case["error"]
    if wanted == "authentication":
        with pytest.raises(AuthenticationError):
            aead.open(page)
        size = int.from_bytes(page[0x36:0x38], "little")
        iv = page[0x20:0x28] + bytes(4)
        other = AES.new(bytes.fromhex(case["key"]), AES.MODE_GCM, nonce=iv)
        other.update(page[0x30:0x60])
        with pytest.raises(ValueError, match="MAC"):
            other.decrypt_and_verify(page[0x60 : 0x60 + size], page[:16])
        return
    with pytest.raises(FormatError) as caught:
        aead.open(page)
    assert {name: getattr(caught.value, name) for name in wanted} == wanted


def test_nothing_is_left_out() -> None:
    accepted = FILE["accepted"]
    sizes = {len(case["payload"]) // 2 for case in accepted}
    assert sizes >= {1, 16, 96, 128, 1216, 4000}
    seen = [numbers(case) for case in accepted]
    assert {fields["msg_seqno"] for fields in seen} >= {1, 2, 0xFFFF_FFFD, 2**64 - 2}
    assert {fields["msg_vmpck"] for fields in seen} == {0, 1, 2, 3}
    kinds = {fields["msg_type"] for fields in seen}
    assert kinds >= {*EXCHANGES, *(kind + 1 for kind in EXCHANGES)}
    names = Counter(case["name"] for case in [*accepted, *FILE["refused"]])
    assert max(names.values()) == 1
    assert (ROOT / "vectors" / "messages.json").stat().st_size < 100_000
