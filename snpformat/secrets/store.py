"""Secrets: a secrets page that seals messages and never uses a number twice.

The one place where a key meets a number. ``seal`` takes the next number of a key, makes the page
remember that, makes the memory of it durable where there is a file, and only then seals; so
whatever happens to a message, the next one has another number. ``retire`` zeroes a key, and a
retired key never speaks again.

The counters are those of the guest area (os_area): a word of 32 bits for each key, which counts
requests and responses. A request has the next number, its response the one behind that. Linux
stops where the word ends, also where a newer guest area has high words; so does this.

Threads may share a store. A forked child may not: it has the parent's keys and numbers, and would
use them a second time; every call there raises LocalError.

Sources: abi table 71 (revision 1.58); ghcb section 2.7; rules D3, D7, D12 and D14.
"""

from __future__ import annotations

import os
from threading import Lock

from .. import aead
from ..aead import KEY_SIZE, PAGE_SIZE, Aead
from ..errors import KeyUnavailable, LocalError
from ..formats import MsgHdr, OsArea, SecretsPage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

    from ..wire import Buffer

VMPCKS = range(4)
COUNT_END = 0xFFFFFFFF  # the first number that no request may have

_AREA = SecretsPage.field("os_area").offset
_KEYS = [SecretsPage.field(f"vmpck{n}") for n in VMPCKS]
_LOW = [OsArea.field(f"msg_seqno_{n}") for n in VMPCKS]
_HIGH = [OsArea.field(f"msg_seqno_{n}_high") for n in VMPCKS]
_AREA_VERSION = OsArea.field("version")


class Secrets:
    """A secrets page in memory. The page is copied; `close` zeroes the copy."""

    def __init__(self, page: Buffer) -> None:
        """Take a page of 4096 bytes, of whatever version. Raises LocalError for another length."""
        self._page = bytearray(page)
        if len(self._page) != PAGE_SIZE:
            raise LocalError(f"a secrets page has {PAGE_SIZE} bytes, not {len(self._page)}")
        self._process = os.getpid()
        self._lock = Lock()
        self._ciphers: dict[int, Aead] = {}

    def record(self) -> SecretsPage:
        """The page as it is now, to look at. Raises FormatError for a version not known."""
        return SecretsPage.parse(bytes(self._page))

    def has_key(self, vmpck: int) -> bool:
        """Whether there is a key 0 to 3 of that number: not empty and not retired."""
        return any(self._page[key_place(vmpck)])

    def next_msg_seqno(self, vmpck: int) -> int:
        """The number that the next request under this key has.

        Raises KeyUnavailable when the key has no more numbers.
        """
        key_place(vmpck)
        area = self._page[_AREA : _AREA + OsArea.SIZE]
        low, high = _LOW[vmpck], _HIGH[vmpck]
        seqno = low.number(area[low.offset : low.end]) + 1
        has_high = _AREA_VERSION.number(area[_AREA_VERSION.offset : _AREA_VERSION.end]) > 0
        if seqno >= COUNT_END or (has_high and any(area[high.offset : high.end])):
            raise KeyUnavailable(
                f"VMPCK {vmpck} has used up its sequence numbers; launch the guest again"
            )
        return seqno

    def seal(self, vmpck: int, msg_type: int, payload: bytes, *, msg_version: int = 1) -> bytes:
        """The page with `payload` as the next message under a key 0 to 3.

        Raises:
            KeyUnavailable: there is no such key, or no number left for it.
            LocalError: the payload does not fit, or this is a forked child.
            StoreError: the number could not be made durable. It was not used.
        """
        self.check_process()
        with self._lock:
            cipher = self._cipher(vmpck)
            seqno = self.next_msg_seqno(vmpck)
            # Whatever may fail has to fail before the number is taken.
            aead.frame(msg_type, msg_version, len(payload), vmpck)
            self._count(vmpck, seqno + 1)
            try:
                self._persist()
            except BaseException:
                self._count(vmpck, seqno - 1)  # nothing was sealed with it
                raise
            return cipher.seal(
                payload,
                msg_type=msg_type,
                msg_seqno=seqno,
                msg_vmpck=vmpck,
                msg_version=msg_version,
            )

    def open(self, vmpck: int, page: Buffer) -> tuple[MsgHdr, bytes]:
        """Header and payload of a message under a key 0 to 3; raises what `Aead.open` raises."""
        self.check_process()
        with self._lock:
            return self._cipher(vmpck).open(page)

    def retire(self, vmpck: int) -> None:
        """Zero a key 0 to 3, for good. What cannot be made durable holds in memory all the same.

        Raises LocalError in a forked child, whose copy is zeroed too; StoreError.
        """
        place = key_place(vmpck)
        if os.getpid() != self._process:
            self._page[place] = bytes(KEY_SIZE)
            self.check_process()
        with self._lock:
            self._ciphers.pop(vmpck, None)
            self._page[place] = bytes(KEY_SIZE)
            self._persist(retiring=True)

    def close(self) -> None:
        """Zero what is in memory; a file keeps its keys. The store has none from then on."""
        if os.getpid() != self._process:
            self._wipe()  # the lock may be held for ever, by a thread that a child does not have
            return
        with self._lock:
            self._wipe()

    def _wipe(self) -> None:
        self._ciphers.clear()
        self._page[:] = bytes(PAGE_SIZE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        keys = ", ".join(str(n) for n in VMPCKS if self.has_key(n))
        return f"<{type(self).__name__} with VMPCK {keys or 'none'}>"

    def __reduce__(self) -> str:
        raise TypeError("secrets cannot be copied or pickled: a copy would use a number twice")

    def check_process(self) -> None:
        """Raise LocalError in a process that was forked from the one that opened the store."""
        if os.getpid() != self._process:
            raise LocalError(
                "these secrets belong to the process that this one was forked from; "
                "open a store of its own here"
            )

    def _cipher(self, vmpck: int) -> Aead:
        found = self._ciphers.get(vmpck)
        if found is None:
            if not self.has_key(vmpck):
                raise KeyUnavailable(
                    f"VMPCK {vmpck} is empty: it was retired, or never given to this VMPL"
                )
            found = self._ciphers[vmpck] = Aead(self._page[key_place(vmpck)])
        return found

    def _count(self, vmpck: int, count: int) -> None:
        word = _LOW[vmpck]
        self._page[_AREA + word.offset : _AREA + word.end] = word.to_bytes(count)

    def _persist(self, *, retiring: bool = False) -> None:
        """Make the page as it is now survive this process. Memory has nothing to do."""


def key_place(vmpck: int) -> slice:
    """Where in a secrets page a key 0 to 3 is. Raises KeyUnavailable for another number."""
    if vmpck not in VMPCKS:  # not -1 either, which Python would take for the last
        raise KeyUnavailable(f"there is no VMPCK {vmpck!r}; there are 0 to 3")
    return slice(_KEYS[vmpck].offset, _KEYS[vmpck].end)
