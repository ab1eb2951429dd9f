"""One message: sealed and opened by this package and by another, and every way to get it wrong."""

from __future__ import annotations

from collections.abc import Callable
from struct import pack_into
from typing import Any

import pytest
from hypothesis import given, strategies as st
from psp_oracle import HEAD, KEYS, PAGE, REQUESTS, Psp, header_of, open_page, seal_page

from snpformat.aead import PAYLOAD_MAX, Aead
from snpformat.channel import Channel
from snpformat.errors import AuthenticationError, FormatError, LocalError, MailboxError, RemoteError
from snpformat.firmware import Firmware
from snpformat.formats import MsgHdr
from snpformat.secrets import Secrets
from snpformat.testing import hostile

KEY = KEYS[0]
NUMBER: dict[str, Any] = {"msg_type": 5, "msg_seqno": 1}


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (b"", "has 32 bytes, not 0"),
        (KEY[:-1], "has 32 bytes, not 31"),
        (KEY[:16], "has 32 bytes, not 16"),
        (KEY + b"\0", "has 32 bytes, not 33"),
        (bytes(32), "a VMPCK of zeros is no key"),
    ],
)
def test_what_is_no_key(key: bytes, told: str) -> None:
    with pytest.raises(LocalError, match=told):
        Aead(key)


@pytest.mark.parametrize("key", [None, 32, "k" * 32, [1] * 32, 1.5])
def test_what_are_no_bytes_of_a_key(key: Any) -> None:
    with pytest.raises(LocalError, match="expected the bytes of a VMPCK, got"):
        Aead(key)


@pytest.mark.parametrize("key", [bytearray(KEY), memoryview(KEY), bytes(31) + b"\1"])
def test_what_is_a_key(key: Any) -> None:
    assert Aead(key).seal(b"a", **NUMBER) == seal_page(bytes(key), b"a", **NUMBER)


def test_the_key_is_taken_as_it_was() -> None:
    key = bytearray(KEY)
    aead = Aead(key)
    key[:] = bytes(32)
    assert aead.seal(b"a", **NUMBER) == seal_page(KEY, b"a", **NUMBER)


@pytest.mark.parametrize(
    ("payload", "given", "told"),
    [
        (b"", {}, "a payload has 1 to 4000 bytes, not 0"),
        (bytes(4001), {}, "a payload has 1 to 4000 bytes, not 4001"),
        (b"a", {"msg_seqno": -1}, "msg_seqno -1 is no number of 64 bits"),
        (b"a", {"msg_seqno": 2**64}, "msg_seqno 18446744073709551616 is no number of 64 bits"),
        (b"a", {"msg_seqno": "1"}, "msg_seqno '1' is no number of 64 bits"),
        (b"a", {"msg_type": -1}, "msg_type"),
        (b"a", {"msg_type": 256}, "msg_type"),
        (b"a", {"msg_version": 0}, "msg_version"),
        (b"a", {"msg_version": 256}, "msg_version"),
        (b"a", {"msg_vmpck": -1}, "msg_vmpck"),
        (b"a", {"msg_vmpck": 4}, "msg_vmpck"),
        (b"a", {"msg_type": 5.0}, "msg_type"),
        (b"a", {"msg_type": [5]}, "expected a payload of bytes, and numbers"),
        (None, {}, "expected a payload of bytes"),
        ("a", {}, "expected a payload of bytes"),
        ([1], {}, "expected a payload of bytes"),
        (1, {}, "expected a payload of bytes"),
    ],
)
def test_what_cannot_be_sealed(payload: bytes, given: dict[str, Any], told: str) -> None:
    with pytest.raises(LocalError, match=told) as caught:
        Aead(KEY).seal(payload, **{**NUMBER, **given})
    assert not isinstance(caught.value, FormatError)


def changed(page: bytes, form: str, offset: int, value: int) -> bytes:
    found = bytearray(page)
    pack_into(form, found, offset, value)
    return bytes(found)


GOOD = seal_page(KEY, bytes(range(96)), msg_seqno=7, msg_type=5)


@pytest.mark.parametrize(
    ("page", "field", "told"),
    [
        (b"", "authtag", "the data ends after 0 bytes"),
        (GOOD[:95], None, "the data ends after 95 bytes"),
        (GOOD[:96], "msg_size", "the page has 0 bytes for it"),
        (GOOD[: HEAD + 95], "msg_size", "the page has 95 bytes for it"),
        (changed(GOOD, "<H", 0x36, 0), "msg_size", "the page has 4000 bytes for it"),
        (changed(GOOD, "<H", 0x36, 4001), "msg_size", "the page has 4000 bytes for it"),
        (changed(GOOD, "<H", 0x36, 0xFFFF), "msg_size", "the page has 4000 bytes for it"),
        (changed(GOOD, "B", 0x30, 0), "algo", "is not AES-256-GCM"),
        (changed(GOOD, "B", 0x30, 2), "algo", "is not AES-256-GCM"),
        (changed(GOOD, "B", 0x31, 0), "hdr_version", "hdr_version at 0x31"),
        (changed(GOOD, "B", 0x31, 2), "hdr_version", "hdr_version at 0x31"),
        (changed(GOOD, "<H", 0x32, 0x5F), "hdr_size", "hdr_size at 0x32"),
        (changed(GOOD, "<H", 0x32, 0x70), "hdr_size", "hdr_size at 0x32"),
        (bytes(PAGE), "hdr_version", "hdr_version at 0x31"),
        (b"\xff" * PAGE, "hdr_version", "hdr_version at 0x31"),
    ],
)
def test_what_is_no_message(page: bytes, field: str | None, told: str) -> None:
    with pytest.raises(FormatError, match=told) as caught:
        Aead(KEY).open(page)
    assert caught.value.structure == "msg_hdr"
    assert caught.value.field == field
    assert not isinstance(caught.value, RemoteError)


@pytest.mark.parametrize("page", [None, "page", 1.5, object()])
def test_what_is_no_page(page: Any) -> None:
    with pytest.raises(FormatError, match="expected the bytes of a page, got"):
        Aead(KEY).open(page)


@pytest.mark.parametrize(
    "page",
    [
        changed(GOOD, "<Q", 0x20, 8),  # another IV
        changed(GOOD, "<Q", 0x20, 7 | 1 << 63),
        changed(GOOD, "B", 0x34, 6),
        changed(GOOD, "B", 0x35, 2),
        changed(GOOD, "<H", 0x36, 95),
        changed(GOOD, "<H", 0x36, 97),
        changed(GOOD, "<H", 0x36, 4000),
        changed(GOOD, "B", 0x38, 1),  # reserved space is authenticated
        changed(GOOD, "B", 0x3C, 1),
        changed(GOOD, "B", 0x3D, 1),
        changed(GOOD, "B", 0x5F, 1),
        changed(GOOD, "B", 0x60, 255),
        changed(GOOD, "B", 0x60 + 95, 0),
        changed(GOOD, "B", 0, GOOD[0] ^ 1),
        changed(GOOD, "B", 15, GOOD[15] ^ 0x80),
    ],
)
def test_what_does_not_authenticate(page: bytes) -> None:
    with pytest.raises(AuthenticationError):
        Aead(KEY).open(page)
    with pytest.raises(ValueError, match="MAC"):
        open_page(KEY, page)


def test_another_key() -> None:
    with pytest.raises(AuthenticationError):
        Aead(KEYS[1]).open(GOOD)


numbers = st.sampled_from([0, 1, 2, 0xFFFF_FFFD, 0xFFFF_FFFF, 2**32, 2**64 - 2, 2**64 - 1])


@given(
    key=st.binary(min_size=32, max_size=32).filter(any),
    payload=st.binary(min_size=1, max_size=200) | st.binary(min_size=3900, max_size=PAYLOAD_MAX),
    seqno=numbers | st.integers(0, 2**64 - 1),
    kind=st.integers(0, 255),
    vmpck=st.integers(0, 3),
    version=st.integers(1, 255),
)
def test_sealed_and_opened(
    key: bytes, payload: bytes, seqno: int, kind: int, vmpck: int, version: int
) -> None:
    """Each codec makes the bytes that the other one makes, and reads them."""
    fields: dict[str, Any] = {
        "msg_type": kind, "msg_seqno": seqno, "msg_vmpck": vmpck, "msg_version": version
    }  # fmt: skip
    page = Aead(key).seal(payload, **fields)
    assert page == seal_page(key, payload, **fields)
    assert page[HEAD + len(payload) :] == bytes(PAGE - HEAD - len(payload))
    header, opened = Aead(key).open(page)
    assert opened == payload
    assert header.build() == page[:HEAD]
    assert {name: header[name] for name in fields} == fields
    assert (header.algo, header.hdr_size, header.msg_size) == (1, HEAD, len(payload))


@given(
    reserved=st.tuples(*(st.binary(min_size=n, max_size=n) for n in (8, 4, 35))),
    behind_tag=st.binary(min_size=16, max_size=16),
    behind=st.binary(max_size=PAGE - HEAD - 96),
)
def test_reserved_bytes_are_authenticated_as_they_came(
    reserved: tuple[bytes, bytes, bytes], behind_tag: bytes, behind: bytes
) -> None:
    """Firmware does not clear them: whatever they are, the message opens, and they are shown."""
    page = seal_page(KEY, bytes(96), **NUMBER, reserved=reserved, behind_tag=behind_tag)
    header, payload = Aead(KEY).open(page[: HEAD + 96] + behind)
    assert payload == bytes(96)
    assert header.build() == page[:HEAD]


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview])
def test_every_buffer_opens(make: Callable[[bytes], Any]) -> None:
    assert Aead(KEY).open(make(GOOD))[1] == bytes(range(96))


def test_one_byte_and_a_whole_page() -> None:
    for size in (1, PAYLOAD_MAX):
        page = Aead(KEY).seal(b"\xa5" * size, **NUMBER)
        assert len(page) == PAGE
        assert Aead(KEY).open(page[: HEAD + size])[1] == b"\xa5" * size


def test_no_key_is_shown() -> None:
    aead = Aead(KEY)
    assert repr(aead) == str(aead) == "<Aead>"
    assert not hasattr(aead, "__dict__")


# What a sealed page does not authenticate, of a message whose payload ends at `end`. In a response
# as in a request: the spare half of the tag field, the reserved bytes between msg_seqno and the
# AAD, and what follows the payload.
def unauthenticated(end: int) -> set[int]:
    return {*range(0x10, 0x20), *range(0x28, 0x30), *range(end, PAGE)}


def exchange(kind: int) -> tuple[Channel, bytes]:
    """A channel that awaits an answer under a fresh key, and what it has sent."""
    secrets = Secrets(bytes(0x20) + KEY + bytes(PAGE - 0x40))
    channel = Channel(secrets)
    return channel, channel.request(kind, REQUESTS[kind])


def test_every_bit_of_a_response() -> None:
    """Flipped, the answer is refused and the key retired; or the bit means nothing."""
    _, request = exchange(5)
    psp = Psp()
    answer = psp.handle(request)
    ((_, payload),) = psp.carried_out
    spared = set()
    for bit in range(8 * PAGE):
        channel, _ = exchange(5)
        try:
            assert channel.receive(hostile.flipped(answer, [bit])) == payload
            spared.add(bit)
            assert channel.state == "ready"
        except RemoteError:
            assert channel.state == "dead"
            assert not channel._secrets.has_key(0)
    assert spared == {8 * byte + bit for byte in unauthenticated(HEAD + 0x4C0) for bit in range(8)}


def test_every_bit_of_a_request() -> None:
    """Flipped, the firmware refuses it and counts nothing; or the bit means nothing."""
    _, request = exchange(5)
    psp = Psp()
    spared = set()
    for bit in range(8 * PAGE):
        try:
            psp.handle(hostile.flipped(request, [bit]))
            psp.counts[0] = 0
            spared.add(bit)
        except MailboxError:
            assert psp.counts == [0, 0, 0, 0]
    assert spared == {8 * byte + bit for byte in unauthenticated(HEAD + 96) for bit in range(8)}


def test_every_bit_of_a_request_that_the_firmware_sees() -> None:
    """The same of the software PSP, one bit of each byte, and all bits of the header."""
    _, request = exchange(17)
    spared = set()
    fresh = Firmware(insecure_vmpcks=KEYS)
    bits = {*range(8 * HEAD), *(8 * byte + byte % 8 for byte in range(HEAD, PAGE))}
    for bit in sorted(bits):
        try:
            fresh.handle(hostile.flipped(request, [bit]))
            fresh = Firmware(fresh.identity, insecure_vmpcks=KEYS)
            spared.add(bit)
        except MailboxError:
            assert fresh.message_counts == (0, 0, 0, 0)
    allowed = {8 * byte + bit for byte in unauthenticated(HEAD + 128) for bit in range(8)}
    assert spared == allowed & bits


def test_the_bytes_of_the_header_are_where_they_are() -> None:
    """The oracle and the format agree on the header, so that neither is judged by its own error."""
    page = seal_page(KEY, bytes(16), msg_seqno=0x0102, msg_type=3, msg_vmpck=2, msg_version=4)
    header = MsgHdr.parse(page[:HEAD])
    found = header_of(page)
    assert (header.authtag[:16], header.msg_seqno, header.msg_type) == (found[0], found[2], 3)
    assert (header.msg_version, header.msg_size, header.msg_vmpck) == (4, 16, 2)
