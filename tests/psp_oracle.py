"""An independent judge of guest messages: its own codec, a secure processor, and what both saw.

Nothing here uses the package's codec or stores: headers by struct, AES-GCM by pycryptodome. Rules
are those of the reference, sections 1 and 2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from struct import Struct
from typing import Any, cast

import pytest
from Crypto.Cipher import AES
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from snpformat import aead
from snpformat.errors import MailboxError
from snpformat.host import Host

HEADER = Struct("<16s16sQ8sBBHBBH4sB35s")
PAGE, HEAD = 4096, 0x60
KEYS = [hashlib.sha256(b"VMPCK %d" % n).digest() for n in range(4)]
RESPONSE_SIZES = {3: 0x40, 5: 0x4C0, 17: 0x80}  # CPUID answers are as long as their requests
BAD_MEASUREMENT, INVALID_PARAM, AEAD_OFLOW = 0x0B, 0x16, 0x1D

# A valid payload of each request, by message type; bytes 0..63 of a report request are free.
REQUESTS: dict[int, bytes] = {
    1: (1).to_bytes(16, "little") + (0x8000_001F).to_bytes(48, "little"),
    3: (0).to_bytes(32, "little"),
    5: bytes(range(64)) + bytes(32),
    17: bytes(128),
}


@dataclass(frozen=True)
class Message:
    """A message, opened."""

    msg_seqno: int
    msg_type: int
    msg_version: int
    msg_vmpck: int
    payload: bytes


def header_of(page: bytes) -> tuple[Any, ...]:
    return HEADER.unpack(page[:HEAD])


def seqno_of(page: bytes) -> int:
    return int.from_bytes(page[0x20:0x28], "little")


def open_page(key: bytes, page: bytes) -> Message:
    """Raises ValueError when the page does not authenticate."""
    tag, _, seqno, _, _, _, _, kind, version, size, _, vmpck, _ = header_of(page)
    cipher = AES.new(key, AES.MODE_GCM, nonce=seqno.to_bytes(12, "little"), mac_len=16)
    cipher.update(page[0x30:HEAD])
    payload = cipher.decrypt_and_verify(page[HEAD : HEAD + size], tag)
    return Message(seqno, kind, version, vmpck, payload)


def seal_page(
    key: bytes,
    payload: bytes,
    *,
    msg_seqno: int,
    msg_type: int,
    msg_vmpck: int = 0,
    msg_version: int = 1,
    algo: int = 1,
    hdr_version: int = 1,
    hdr_size: int = HEAD,
    msg_size: int | None = None,
    reserved: Sequence[bytes] = (bytes(8), bytes(4), bytes(35)),
    behind_tag: bytes = bytes(16),
) -> bytes:
    """A page that authenticates, whatever its header says."""
    size = len(payload) if msg_size is None else msg_size
    head = HEADER.pack(
        bytes(16), behind_tag, msg_seqno, reserved[0], algo, hdr_version, hdr_size, msg_type,
        msg_version, size, reserved[1], msg_vmpck, reserved[2],
    )  # fmt: skip
    cipher = AES.new(key, AES.MODE_GCM, nonce=msg_seqno.to_bytes(12, "little"), mac_len=16)
    cipher.update(head[0x30:])
    sealed, tag = cipher.encrypt_and_digest(payload)
    return (tag + head[16:] + sealed).ljust(PAGE, b"\0")


@dataclass
class Psp:
    """A secure processor that keeps rules F1 to F10, with noise in the bytes that may be noisy.

    Attributes:
        counts: by VMPCK, as the last response had it.
        carried_out: every request that was carried out, with its answer's payload.
    """

    keys: Sequence[bytes] = tuple(KEYS)
    counts: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    carried_out: list[tuple[Message, bytes]] = field(default_factory=list)

    def handle(self, page: bytes) -> bytes:
        """The response page. Raises MailboxError; then nothing has changed."""
        assert len(page) == PAGE
        _, _, seqno, _, algo, hdr_version, hdr_size, kind, version, size, _, vmpck, _ = header_of(
            page
        )
        if HEAD + size > PAGE:
            raise MailboxError(INVALID_PARAM, "F1")
        if (algo, hdr_version, hdr_size) != (1, 1, HEAD) or size == 0 or size % 16:
            raise MailboxError(INVALID_PARAM, "F2")
        if vmpck > 3:
            raise MailboxError(INVALID_PARAM, "F3")
        try:
            request = open_page(self.keys[vmpck], page)
        except ValueError:
            raise MailboxError(BAD_MEASUREMENT, "F4") from None
        if seqno != self.counts[vmpck] + 1 or self.counts[vmpck] >= 2**64 - 2:
            raise MailboxError(AEAD_OFLOW, "F5")
        if version != 1 or kind not in (1, *RESPONSE_SIZES):
            raise MailboxError(INVALID_PARAM, "F6")
        payload = self._answer(request)
        noise = hashlib.sha256(b"noise" + page).digest() * 2
        response = seal_page(
            self.keys[vmpck], payload, msg_seqno=seqno + 1, msg_type=kind + 1, msg_vmpck=vmpck,
            reserved=(noise[:8], noise[8:12], noise[12:47]), behind_tag=noise[48:64],
        )  # fmt: skip
        self.counts[vmpck] += 2
        self.carried_out.append((request, payload))
        return response

    def _answer(self, request: Message) -> bytes:
        """A payload that no other request gets."""
        size = RESPONSE_SIZES.get(request.msg_type, len(request.payload))
        seed = HEADER.pack(
            b"", b"", request.msg_seqno, b"", 0, 0, 0, request.msg_type, 0, 0, b"",
            request.msg_vmpck, b"",
        )  # fmt: skip
        return bytes(4) + hashlib.shake_128(seed + request.payload).digest(size - 4)


def honest(psp: object, certificates: bytes = b"") -> Host:
    """An honest host in front of `psp`."""
    return Host(cast(Any, psp), certificates)


class Violation(AssertionError):
    """The guest broke a promise that no test may see broken."""


@dataclass
class Judge:
    """What the guest may never do, whatever happens to it.

    It watches both ends: the calls of the cipher (`watching`), and the pages that leave (`saw`).
    """

    keys: Sequence[bytes] = tuple(KEYS)
    sealed: dict[tuple[bytes, bytes], tuple[bytes, bytes]] = field(default_factory=dict)
    pages: dict[tuple[int, int], bytes] = field(default_factory=dict)
    newest: dict[int, int] = field(default_factory=dict)
    retired: set[int] = field(default_factory=set)

    def sealing(self, key: bytes, iv: bytes, plaintext: bytes, aad: bytes) -> None:
        """One pair of key and IV has one plaintext and one header, ever."""
        first = self.sealed.setdefault((key, iv), (plaintext, aad))
        if first != (plaintext, aad):
            raise Violation(f"IV {iv.hex()} was used twice")
        if key in self.keys and self.keys.index(key) in self.retired:
            raise Violation("a retired key speaks")

    def saw(self, page: bytes, vmpck: int = 0) -> Message:
        """A page leaves the guest: it is genuine, and new or the last one again."""
        message = open_page(self.keys[vmpck], page)
        pair = (vmpck, message.msg_seqno)
        if self.pages.setdefault(pair, page) != page:
            raise Violation(f"two pages have msg_seqno {message.msg_seqno}")
        if vmpck in self.retired:
            raise Violation(f"VMPCK {vmpck} is retired and speaks")
        if message.msg_seqno < self.newest.get(vmpck, 0):
            raise Violation(f"msg_seqno went back to {message.msg_seqno}")
        if message.msg_seqno >= 0xFFFF_FFFF or message.msg_vmpck != vmpck:
            raise Violation(f"{message} may not be")
        self.newest[vmpck] = message.msg_seqno
        return message

    @contextmanager
    def watching(self, *, crash: Callable[[], None] = lambda: None) -> Iterator[None]:
        """See every call of the package's cipher; `crash` may raise before one is carried out."""
        judge = self

        class Watched:
            def __init__(self, key: bytes) -> None:
                self._key, self._real = key, genuine(key)

            def encrypt(self, iv: bytes, plaintext: bytes, aad: bytes) -> bytes:
                crash()
                judge.sealing(self._key, bytes(iv), bytes(plaintext), bytes(aad))
                return self._real.encrypt(iv, plaintext, aad)

            def decrypt(self, iv: bytes, sealed: bytes, aad: bytes) -> bytes:
                return self._real.decrypt(iv, sealed, aad)

        genuine = AESGCM
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(aead, "AESGCM", Watched)
            yield


def secrets_page(
    counts: Mapping[int, int] | Sequence[int] = (0, 0, 0, 0), *, keys: Sequence[bytes] = KEYS
) -> bytes:
    """A secrets page of version 3, written by hand."""
    page = bytearray(PAGE)
    page[0] = 3
    for n, key in enumerate(keys):
        page[0x20 + 32 * n : 0x40 + 32 * n] = key
        page[0xA0 + 4 * n : 0xA4 + 4 * n] = counts[n].to_bytes(4, "little")
    return bytes(page)
