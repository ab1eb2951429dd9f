"""How a store of secrets is written in a file: a head, the secrets page, a digest of both.

The head has 56 bytes, numbers little-endian: magic (16 bytes), version of this form (u32), zero
(u32), name of the store (8 random bytes), number of the state (u64), and the inodes of the file
itself and of the NAME.lock that it stands beside (u64 each). The digest is SHA-256.
"""

from __future__ import annotations

import hashlib
from struct import Struct
from typing import NamedTuple

from ..aead import PAGE_SIZE
from ..errors import StoreError
from .store import VMPCKS, key_place

MAGIC = b"snpformat-secret"
FORM = 1
LAST_STATE = 2**64 - 2
_HEAD = Struct("<16sII8sQQQ")
HEAD_SIZE = _HEAD.size
_DIGEST_SIZE = 32
FILE_SIZE = HEAD_SIZE + PAGE_SIZE + _DIGEST_SIZE


class Damaged(StoreError):
    """A file that begins like a store and is none."""


class Head(NamedTuple):
    """What a store says of itself, beside its page."""

    store: bytes
    state: int
    inode: int
    lock_inode: int


def build(head: Head, page: bytes) -> bytes:
    """The bytes of a store."""
    raw = _HEAD.pack(MAGIC, FORM, 0, *head) + page
    return raw + hashlib.sha256(raw).digest()


def check_kind(raw: bytes, name: str) -> None:
    """Raise StoreError for what does not begin like a store of this form; `name` is for errors."""
    if not raw or not MAGIC.startswith(raw[: len(MAGIC)]):
        raise StoreError(f"{name}: is no store of secrets; it was left as it is")
    # There is no form 0: that is what was torn.
    if len(raw) >= HEAD_SIZE and (form := _HEAD.unpack_from(raw)[1]) > FORM:
        raise StoreError(f"{name}: has form {form}; this version reads form {FORM}")


def is_state_of(raw: bytes, store: bytes) -> bool:
    """Whether these are the first bytes of a state of the store with that name."""
    if len(raw) < HEAD_SIZE:
        return False
    magic, _, _, found, *_ = _HEAD.unpack_from(raw)
    return (magic, found) == (MAGIC, store)


def parse(raw: bytes, name: str) -> tuple[Head, bytes]:
    """Head and secrets page in the bytes of a store; `name` is for errors.

    Raises StoreError like `check_kind`, and Damaged.
    """
    check_kind(raw, name)
    intact = (
        len(raw) == FILE_SIZE
        and hashlib.sha256(raw[:-_DIGEST_SIZE]).digest() == raw[-_DIGEST_SIZE:]
    )
    head = Head(*_HEAD.unpack_from(raw)[3:]) if intact else None
    if head is None or head.state > LAST_STATE:
        raise Damaged(
            f"{name}: is damaged; its keys are not used again, since what they have sealed is not "
            "known. Make a new store with new keys"
        )
    return head, raw[HEAD_SIZE:-_DIGEST_SIZE]


def without_keys(page: bytes) -> bytes:
    """A secrets page with all four keys empty."""
    cleaned = bytearray(page)
    for vmpck in VMPCKS:
        place = key_place(vmpck)
        cleaned[place] = bytes(place.stop - place.start)
    return bytes(cleaned)
