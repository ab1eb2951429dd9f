"""The guest's side of the conversation with its secure processor, without any input or output.

Theory of operation
===================

A guest asks and the firmware answers, one message at a time. Between them stands the host, which
carries the pages and is not trusted: it may drop, repeat, change, delay or invent what it carries.
The messages are sealed with a key that guest and firmware share (a VMPCK), under AES-256-GCM, with
the sequence number as the IV. Two different payloads sealed under one number would give both away,
and the key that makes tags with them. So one rule stands above all: **a number is used once**.
The store behind a channel (``secrets``) counts before it seals, and this module resends nothing
but the identical page.

The firmware counts only messages that it carries out. When the host answers with an error, the
guest cannot know whether the firmware saw the message, and so not which number it expects next;
whoever guesses wrong is refused for ever, and whoever tries both uses a number twice. There are two
ways out: send the identical page again, which costs nothing if it had been seen, or stop using the
key. All that can happen::

    state    event                                    what becomes of it           state
    -------  ---------------------------------------  ---------------------------  -------
    READY    request                                  seal the next number         WAITING
    READY    request that cannot be                   LocalError; no number used   READY
    WAITING  receive: the answer                      its payload                  READY
    WAITING  receive: anything else                   retire; RemoteError          DEAD
    WAITING  host_error: BUSY                         the identical page           WAITING
    WAITING  host_error: INVALID_LEN, extended        the identical page, plain    WAITING
    WAITING  host_error: anything else                retire; HostError            DEAD
    WAITING  give_up                                  retire                       DEAD
    any      request, receive, ... out of turn        LocalError                   as it was
    DEAD     request                                  KeyUnavailable               DEAD

*Extended* requests ask the host, beside the firmware, for certificates. When the pages for these
are too few the host says INVALID_LEN and has not passed the message on: so it is sent again as a
plain request, to keep both sides' counts equal. A second INVALID_LEN, or one on a plain request, is
an error like any other. (Linux spares the key there: D21, defect 17.) BUSY means that the host has
not passed the message on either; how often to try, and how long, is for whoever owns the clock: it
calls `give_up` in the end.

The response is copied before anything of it is looked at, and every field of its header is
compared with what the answer must have; reserved bytes are authenticated as they came, and
otherwise ignored.

Threads: each call is atomic; an exchange is not, so callers who share a channel keep others out
from `request` to the answer. Forks: a child has its parent's keys and numbers, and every call in it
raises LocalError (the store sees to that).

Sources: rules D3, D12 to D15, D18 to D22, D24 and D26 to D29.
"""

from __future__ import annotations

from .aead import PAGE_SIZE
from .errors import FormatError, KeyUnavailable, LocalError, RemoteError, StoreError
from .exchanges import EXCHANGES
from .fields import type_name
from .formats import Exitinfo2, FwError, VmmError
from .formats.msg_hdr import MsgHdr
from .turns import Turn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import SupportsBytes

    from .secrets import Secrets
    from .wire import Buffer

READY, WAITING, DEAD = "ready", "waiting", "dead"
NO_FW_CALL = 0xFFFF_FFFF_FFFF_FFFF  # all of exitinfo2: the firmware was not reached


class HostError(RemoteError):
    """The host answered with an error that ends the conversation; the key is retired.

    Attributes:
        exitinfo2: what it answered, 64 bits.
    """

    def __init__(self, exitinfo2: int) -> None:
        super().__init__(exitinfo2)
        self.exitinfo2 = exitinfo2

    def __str__(self) -> str:
        return f"the host answered {describe(self.exitinfo2)}; the VMPCK is retired"


class Channel:
    """A conversation under one VMPCK of a store."""

    _state = DEAD  # until it is made
    _vmpck = -1

    def __init__(self, secrets: Secrets, vmpck: int = 0) -> None:
        """Use the key 0 to 3 of `secrets`, of which it must be the only channel.

        Raises KeyUnavailable when that key is empty or retired, there is none of that number, or
        the store is closed.
        """
        secrets.check_key(vmpck)
        self._secrets = secrets
        self._vmpck = vmpck
        self._state = READY
        self._page = b""  # what was sent, while the answer is awaited
        self._extended = False
        self._turn = Turn()

    @property
    def state(self) -> str:
        """``ready``, ``waiting`` for an answer, or ``dead``."""
        return self._state

    @property
    def vmpck(self) -> int:
        """The number of the key."""
        return self._vmpck

    def request(
        self,
        msg_type: int,
        payload: bytes,
        *,
        msg_version: int = 1,
        extended: bool = False,
        as_it_is: bool = False,
    ) -> bytes:
        """The page of 4096 bytes to send.

        Args:
            msg_type: one of the requests in ``exchanges``.
            payload: as the format of that request has it.
            msg_version: version of the payload's form; the firmware knows 1 only.
            extended: it will be sent as an extended request.
            as_it_is: send what the firmware is known to refuse, as Linux does for its callers;
                that may cost the key.

        Raises:
            LocalError: this is no such request, or an answer is still awaited. No number was used.
            KeyUnavailable: the key is retired or its numbers are used up.
            StoreError: the number could not be made durable. It was not used.
        """
        self._secrets.check_process()  # a child may find the lock held for ever
        with self._turn:
            if self._state == DEAD:
                raise KeyUnavailable(f"VMPCK {self._vmpck} is retired")
            if self._state == WAITING:
                raise LocalError("the answer to the last request is still awaited")
            exchange = EXCHANGES.get(msg_type) if isinstance(msg_type, int) else None
            if exchange is None:
                known = ", ".join(str(number) for number in EXCHANGES)
                raise LocalError(f"message type {msg_type!r} is no request; those are {known}")
            if not as_it_is:
                exchange.check(payload, msg_version)
            self._page = self._secrets.seal(self._vmpck, msg_type, payload, msg_version=msg_version)
            self._state = WAITING
            self._extended = extended
            return self._page

    def receive(self, page: Buffer | SupportsBytes) -> bytes:
        """The payload of the answer in `page`, which is read once, as a whole, before all else.

        Raises:
            RemoteError: it is not the answer. The key is retired.
            LocalError: no answer is awaited, or `page` is no bytes at all.
        """
        self._secrets.check_process()
        with self._turn:
            self._await("an answer")
            try:
                # bytes() alone would make zeros of a number, and something of any list.
                copy = bytes(page) if hasattr(page, "__bytes__") else bytes(memoryview(page))
            except (TypeError, ValueError, BufferError):
                raise LocalError(f"expected a page of bytes, got {type_name(page)}") from None
            try:
                if len(copy) != PAGE_SIZE:
                    raise RemoteError(f"a page has {PAGE_SIZE} bytes, not {len(copy)}")
                # Before it is opened: what an old answer holds is never in reach.
                self._compare(MsgHdr.parse(copy[: MsgHdr.SIZE]))
                _, payload = self._secrets.open(self._vmpck, copy)
            except FormatError as error:
                raise self._die(RemoteError(f"the response is no message: {error}")) from None
            except RemoteError as error:
                raise self._die(error) from None
            self._state = READY
            self._page = b""
            return payload

    def host_error(self, exitinfo2: int) -> bytes:
        """The identical page, to be sent again: as it was after BUSY, as a plain request after
        INVALID_LEN on an extended one.

        Raises:
            HostError: any other error. The key is retired.
            LocalError: no answer is awaited, or `exitinfo2` is 0 or no number of 64 bits.
        """
        self._secrets.check_process()
        with self._turn:
            self._await("a host's error")
            if type(exitinfo2) is not int or not 0 < exitinfo2 <= NO_FW_CALL:
                raise LocalError(f"exitinfo2 {exitinfo2!r} is no error")
            if exitinfo2 == VmmError.BUSY << 32:
                return self._page
            if exitinfo2 == VmmError.INVALID_LEN << 32 and self._extended:
                self._extended = False
                return self._page
            raise self._die(HostError(exitinfo2))

    def give_up(self) -> None:
        """Stop waiting for an answer, and so retire the key. Nothing happens to one that is dead.

        Raises:
            LocalError: no answer is awaited, so the key is as good as ever.
            StoreError: the key is retired in memory, but not in its file.
        """
        self._secrets.check_process()
        with self._turn:
            if self._state == DEAD:
                return
            self._await("the end of waiting")
            self._retire()

    def _compare(self, header: MsgHdr) -> None:
        """Raise RemoteError unless `header` is that of the awaited answer.

        algo, hdr_version and hdr_size are compared where a message is read and opened.
        """
        sent = MsgHdr.parse(self._page[: MsgHdr.SIZE])
        exchange = EXCHANGES[sent.msg_type]
        expected = {
            "msg_seqno": sent.msg_seqno + 1,
            "msg_type": sent.msg_type + 1,
            "msg_version": sent.msg_version,
            "msg_vmpck": sent.msg_vmpck,
            "msg_size": exchange.response_size(sent.msg_size),
        }
        for name, value in expected.items():
            if header[name] != value:
                place = MsgHdr.field(name).offset
                raise RemoteError(
                    f"the response's {name} at {place:#x} is {header[name]}, not {value}"
                )

    def _await(self, what: str) -> None:
        if self._state != WAITING:
            raise LocalError(f"{what} came while nothing was asked (the channel is {self._state})")

    def _die(self, error: RemoteError) -> RemoteError:
        """Retire the key, and hand back what to raise."""
        try:
            self._retire()
        except StoreError as failed:
            error.add_note(f"the key is retired in memory, but not in its file: {failed}")
        return error

    def _retire(self) -> None:
        page, self._page = self._page, b""
        self._state = DEAD
        try:
            self._secrets.retire(self._vmpck)
        except LocalError:  # a signal handler that came while the store was at work
            self._page, self._state = page, WAITING
            raise

    def __reduce__(self) -> str:
        raise TypeError("a channel cannot be copied or pickled: there is one for each key")

    def __repr__(self) -> str:
        return f"<Channel under VMPCK {self._vmpck}, {self._state}>"


def describe(exitinfo2: int) -> str:
    """Both halves of `exitinfo2`, by name."""
    if exitinfo2 == NO_FW_CALL:
        return "that the firmware was not reached (all bits set)"
    halves = Exitinfo2(exitinfo2)
    parts = []
    if halves.fw_error:
        name = FwError.name_of(halves.fw_error) or "unknown"
        parts.append(f"firmware error {halves.fw_error:#x} ({name})")
    if halves.vmm_error:
        name = VmmError.name_of(halves.vmm_error) or "unknown"
        parts.append(f"host error {halves.vmm_error:#x} ({name})")
    return " and ".join(parts) or "no error"
