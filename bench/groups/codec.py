"""Sealing and opening a guest message, against what AES-GCM costs with everything at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from snpformat import constructs
from snpformat.aead import PAGE_SIZE, Aead
from snpformat.formats import MsgHdr, MsgType

from ..engine import LIMIT, OURS, Case, Group, loop, require

KEY = bytes(range(32))
HEAD = MsgHdr.SIZE
TYPE, SEQNO = int(MsgType.REPORT_REQ), 0x1234567
# Bytes of payload, and how many times the limit a round may take: the fixed costs weigh less the
# more there is to encrypt.
REACHES = {96: 3.0, 1280: 2.6, 4000: 2.2}

Codec = tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]


def group() -> Group:
    """A message there and back, in three sizes."""
    ours, peers = (
        Aead(KEY),
        {"construct": _construct(False), "construct, compiled": _construct(True)},
    )
    cases = [case for size, reach in REACHES.items() for case in _cases(size, reach, ours, peers)]
    return Group("codec", cases)


def _cases(size: int, reach: float, ours: Aead, peers: dict[str, Codec]) -> Iterator[Case]:
    payload = bytes(n % 251 for n in range(size))
    seal, unseal = ours.seal, ours.open

    def there_and_back() -> object:
        return unseal(seal(payload, msg_type=TYPE, msg_seqno=SEQNO))

    page = seal(payload, msg_type=TYPE, msg_seqno=SEQNO)
    require(unseal(page)[1] == payload, "we open another payload")
    for name, (peer_seal, peer_open) in peers.items():
        require(peer_seal(payload) == page, f"{name} seals another page")
        require(peer_open(page) == payload, f"{name} opens another payload")
    iv, aad = page[0x20:0x28] + bytes(4), page[0x30:HEAD]
    encrypt, decrypt = AESGCM(KEY).encrypt, AESGCM(KEY).decrypt
    sealed = page[HEAD : HEAD + size] + page[:16]
    require(encrypt(iv, payload, aad) == sealed, "the limit seals something else")
    work, limit = f"seal + open {size}", f"encrypt + decrypt {size}"
    yield Case(limit, LIMIT, loop(lambda: decrypt(iv, encrypt(iv, payload, aad), aad)))
    yield Case(work, OURS, loop(there_and_back), limit, reach=reach)
    for name, codec in peers.items():
        yield Case(work, name, loop(_there_and_back(codec, payload)), limit)


def _there_and_back(codec: Codec, payload: bytes) -> Callable[[], object]:
    seal, unseal = codec
    return lambda: unseal(seal(payload))


def _construct(compiled: bool) -> Codec:
    """The same with a construct declaration for the header, as one would write it."""
    header: Any = constructs.MsgHdr
    if compiled:
        header = header.compile()
    cipher = AESGCM(KEY)
    blank = constructs.MsgHdr.parse(MsgHdr(msg_type=TYPE, msg_seqno=SEQNO).build())

    def seal(payload: bytes) -> bytes:
        blank.msg_size, blank.authtag = len(payload), bytes(32)
        head: bytes = header.build(blank)
        sealed = cipher.encrypt(head[0x20:0x28] + bytes(4), payload, head[0x30:HEAD])
        blank.authtag = sealed[-16:] + bytes(16)
        head = header.build(blank)
        return (head + sealed[:-16]).ljust(PAGE_SIZE, b"\0")

    def unseal(page: bytes) -> bytes:
        head = header.parse(page[:HEAD])
        sealed = page[HEAD : HEAD + head.msg_size] + head.authtag[:16]
        payload: bytes = cipher.decrypt(page[0x20:0x28] + bytes(4), sealed, page[0x30:HEAD])
        return payload

    return seal, unseal
