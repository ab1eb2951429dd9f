"""Secrets: a secrets page that seals messages and never uses a number twice.

The one place where a key meets a number. ``seal`` takes the next number of a key, makes the page
remember that, makes the memory of it durable where there is a file, and only then seals; so
whatever happens to a message, the next one has another number. ``retire`` zeroes a key, and a
retired key never speaks again.

The counters are those of the guest area (os_area): a word of 32 bits for each key, which counts
requests and responses. A request has the next number, its response the one behind that: so requests
are odd, and a count that is odd is not of this conversation (the next number would be one that the
firmware has used). Linux stops where the word ends, also where a newer guest area has high words;
so does this.

Threads may share a store. A forked child may not: it has the parent's keys and numbers, and would
use them a second time; `seal`, `open` and `retire` raise LocalError there. What is zeroed is the
page in here; copies that Python and the cipher have made are out of reach, and go when their memory
is used anew.

Sources: abi table 71 (revision 1.58); ghcb section 2.7; rules D3, D7, D12 and D14.
"""

from __future__ import annotations

from .. import aead
from ..aead import KEY_SIZE, PAGE_SIZE, Aead
from ..errors import FormatError, KeyUnavailable, LocalError, without_frames
from ..fields import type_name
from ..formats import MsgHdr, OsArea, SecretsPage
from ..turns import Owner, Turn

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

    _closed = True  # until it is made

    def __init__(self, page: Buffer | SecretsPage) -> None:
        """Take a page of 4096 bytes, of whatever version.

        Raises LocalError for what is no such page, and where two of its keys are the same: each
        would use the other's numbers.
        """
        self._page = bytearray(PAGE_SIZE)
        self._owner = Owner()
        self._turn = Turn()
        self._ciphers: dict[int, Aead] = {}
        try:
            self._page[:] = page_bytes(page)
        except LocalError as error:
            del page  # of errors nobody shall find it in this frame
            raise without_frames(error) from None
        self._closed = False

    def record(self) -> SecretsPage:
        """The page as it is now, to look at. Raises FormatError for a version not known, and
        KeyUnavailable when the store is closed.
        """
        self._check_open()
        try:
            return SecretsPage.parse(bytes(self._page))
        except FormatError as error:
            raise without_frames(error) from None

    def has_key(self, vmpck: int) -> bool:
        """Whether there is a key 0 to 3 of that number: not empty and not retired."""
        return any(self._page[key_place(vmpck)])

    def check_key(self, vmpck: int) -> None:
        """Raise KeyUnavailable unless there is that key: that tells why there is not."""
        place = key_place(vmpck)
        self._check_open()
        if not any(self._page[place]):
            raise KeyUnavailable(
                f"VMPCK {vmpck} is empty: it was retired, or never given to this VMPL"
            )

    def next_msg_seqno(self, vmpck: int) -> int:
        """The number that the next request under this key has.

        Raises KeyUnavailable when the key has no more numbers, or a count that is odd, and when
        the store is closed.
        """
        key_place(vmpck)
        self._check_open()
        area = self._page[_AREA : _AREA + OsArea.SIZE]
        low, high = _LOW[vmpck], _HIGH[vmpck]
        seqno = low.number(area[low.offset : low.end]) + 1
        has_high = _AREA_VERSION.number(area[_AREA_VERSION.offset : _AREA_VERSION.end]) > 0
        if seqno >= COUNT_END or (has_high and any(area[high.offset : high.end])):
            raise KeyUnavailable(
                f"VMPCK {vmpck} has used up its sequence numbers; launch the guest again"
            )
        if seqno % 2 == 0:
            raise KeyUnavailable(
                f"the count of VMPCK {vmpck} is odd, so the firmware has used its next number; "
                "launch the guest again"
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
        try:
            plain = bytes(memoryview(payload))
        except (TypeError, ValueError):  # or a view that was released
            raise LocalError(f"expected a payload of bytes, got {type_name(payload)}") from None
        with self._turn:
            cipher = self._cipher(vmpck)
            seqno = self.next_msg_seqno(vmpck)
            # Whatever may fail has to fail before the number is taken.
            try:
                aead.frame(msg_type, msg_version, len(plain), vmpck)
            except TypeError:  # not even a key of its cache
                raise LocalError("msg_type and msg_version are numbers of 8 bits") from None
            self._count(vmpck, seqno + 1)
            try:
                self._persist()
            except BaseException:
                self._count(vmpck, seqno - 1)  # nothing was sealed with it
                raise
            return cipher.seal(
                plain,
                msg_type=msg_type,
                msg_seqno=seqno,
                msg_vmpck=vmpck,
                msg_version=msg_version,
            )

    def open(self, vmpck: int, page: Buffer) -> tuple[MsgHdr, bytes]:
        """Header and payload of a message under a key 0 to 3; raises what `Aead.open` raises."""
        self.check_process()
        with self._turn:
            return self._cipher(vmpck).open(page)

    def retire(self, vmpck: int) -> None:
        """Zero a key 0 to 3, for good. What cannot be made durable holds in memory all the same.

        Raises LocalError in a forked child, whose copy is zeroed too; StoreError, also where the
        store is closed: then its file keeps the key.
        """
        place = key_place(vmpck)
        if not self._owner.is_here():
            self._ciphers.pop(vmpck, None)
            self._page[place] = bytes(KEY_SIZE)
            self.check_process()
        with self._turn:
            self._ciphers.pop(vmpck, None)
            self._page[place] = bytes(KEY_SIZE)
            self._persist(retiring=True)

    def close(self) -> None:
        """Zero what is in memory; a file keeps its keys. The store has none from then on."""
        if not self._owner.is_here():
            self._wipe()
            return
        with self._turn:
            self._wipe()

    def _wipe(self) -> None:
        self._closed = True
        self._ciphers.clear()
        self._page[:] = bytes(PAGE_SIZE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._closed:
            return f"<{type(self).__name__}, closed>"
        keys = ", ".join(str(n) for n in VMPCKS if self.has_key(n))
        return f"<{type(self).__name__} with VMPCK {keys or 'none'}>"

    def __reduce__(self) -> str:
        raise TypeError("secrets cannot be copied or pickled: a copy would use a number twice")

    def check_process(self) -> None:
        """Raise LocalError in a process that was forked from the one that opened the store."""
        self._owner.check("the store of secrets", "open one of its own here")

    def _check_open(self) -> None:
        if self._closed:
            raise KeyUnavailable("the store of secrets is closed")

    def _cipher(self, vmpck: int) -> Aead:
        place = key_place(vmpck)
        found = self._ciphers.get(vmpck)
        if found is None:
            self.check_key(vmpck)
            found = self._ciphers[vmpck] = Aead(self._page[place])
        return found

    def _count(self, vmpck: int, count: int) -> None:
        word = _LOW[vmpck]
        self._page[_AREA + word.offset : _AREA + word.end] = word.to_bytes(count)

    def _persist(self, *, retiring: bool = False) -> None:
        """Make the page as it is now survive this process. Memory has nothing to do."""


def key_place(vmpck: int) -> slice:
    """Where in a secrets page a key 0 to 3 is. Raises KeyUnavailable for another number."""
    # Not -1 either, which Python would take for the last, nor 1.0, which equals 1.
    if type(vmpck) is not int or vmpck not in VMPCKS:
        raise KeyUnavailable(f"there is no VMPCK {vmpck!r}; there are 0 to 3")
    return slice(_KEYS[vmpck].offset, _KEYS[vmpck].end)


def page_bytes(page: Buffer | SecretsPage) -> bytes:
    """A copy of a secrets page. Raises LocalError for what is none, or has one key twice."""
    try:
        raw = page.build() if isinstance(page, SecretsPage) else bytes(memoryview(page))
    except (TypeError, ValueError):  # or a view that was released
        raise LocalError(f"expected a secrets page, got {type_name(page)}") from None
    if len(raw) != PAGE_SIZE:
        raise LocalError(f"a secrets page has {PAGE_SIZE} bytes, not {len(raw)}")
    keys = [raw[key_place(vmpck)] for vmpck in VMPCKS]
    given = [key for key in keys if any(key)]
    if len(set(given)) < len(given):
        raise LocalError("two VMPCKs of the page are the same, and would use each other's numbers")
    return raw
