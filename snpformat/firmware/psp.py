"""Firmware: a secure processor in software, as one guest sees it. Pages in, pages out; no I/O.

It does with a guest message what AMD's firmware 1.55.25 does; the reference's rules F1 to F12 are
named where they are kept. It knows the requests for CPUID, keys, reports and TSC parameters. Those
of migration are unknown to it: F6.
"""

from __future__ import annotations

import os

from ..aead import KEY_SIZE, PAGE_SIZE, PAYLOAD_MAX, Aead
from ..errors import AuthenticationError, LocalError, MailboxError, without_frames
from ..formats import AeadAlgo, FwError, MsgHdr, MsgType, OsArea, SecretsPage
from ..turns import Owner, Turn
from . import cpuid, key, report, tsc
from .identity import Identity
from .keys import Keyring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..wire import Buffer
    from .chain import Certificates

    Handler = Callable[[Identity, Keyring, int, bytes], bytes]

VMPCKS = 4
_LAST_COUNT = 2**64 - 2  # the response to a next request would have no number

# The requests that are known, each with the highest msg_version of its form.
_HANDLERS: dict[int, tuple[Handler, int]] = {
    MsgType.CPUID_REQ: (cpuid.answer, 1),
    MsgType.KEY_REQ: (key.answer, 1),
    MsgType.REPORT_REQ: (report.answer, 1),
    MsgType.TSC_INFO_REQ: (tsc.answer, 1),
}


class Firmware:
    """The secure processor of one guest: one identity, four VMPCKs and their counts.

    May be used from several threads, and answers one message at a time, as a processor does. It
    cannot be copied, nor used in another process than the one that made it: a copy would have the
    same keys and counts, and could seal another answer under a number that this one has used, which
    with AES-GCM gives away both answers and the means to forge more.
    """

    __slots__ = ("_aeads", "_certificates", "_counts", "_identity", "_keys", "_owner", "_turn",
                 "_vmpcks")  # fmt: skip

    def __init__(
        self,
        identity: Identity | None = None,
        *,
        insecure_vmpcks: Sequence[Buffer] | None = None,
    ) -> None:
        """Launch a guest.

        Args:
            identity: what it says of itself; a random one of the newest kind if not given.
            insecure_vmpcks: four different keys of 32 bytes, instead of random ones. Insecure: the
                counts begin at 0 each time, so a second firmware with these keys seals its answers
                under numbers that the first has used. Good for fixed test vectors only.

        Raises:
            LocalError: for keys that are not such.
        """
        self._identity = Identity() if identity is None else identity
        if insecure_vmpcks is None:
            vmpcks = tuple(os.urandom(KEY_SIZE) for _ in range(VMPCKS))
        else:
            try:
                vmpcks = _different(insecure_vmpcks)
            except LocalError as error:
                del insecure_vmpcks  # of errors nobody shall find them in this frame
                raise without_frames(error) from None
        self._aeads = tuple(map(Aead, vmpcks))
        self._vmpcks = vmpcks
        self._keys = Keyring(self._identity)
        self._certificates: Certificates | None = None
        self._counts = [0] * VMPCKS  # F10
        self._turn = Turn()
        self._owner = Owner()

    @property
    def identity(self) -> Identity:
        """What it says of itself and its guest."""
        return self._identity

    @property
    def message_counts(self) -> tuple[int, ...]:
        """The count of each VMPCK: the msg_seqno of its last response, 0 at first.

        Raises LocalError in another process than the firmware's own.
        """
        self._check_process()
        with self._turn:
            return tuple(self._counts)

    @property
    def certificates(self) -> Certificates:
        """The certificates of its signing keys; a test PKI, whose names say so.

        Raises LocalError in another process than the firmware's own.
        """
        self._check_process()
        from .chain import Certificates  # slow to load

        with self._turn:
            if self._certificates is None:
                self._certificates = Certificates(self._identity, self._keys)
            return self._certificates

    def secrets_page(self, vmpl: int = 0) -> SecretsPage:
        """The secrets page as it is at launch: all keys, and counts of zero in the guest area.

        Args:
            vmpl: where the guest runs that gets it, 0 to 3. VMPCKs below it are zeroed, as an SVSM
                does in the copy that it hands on; its own fields stay zero: there is none.

        The page has version 4 where reports have version 5, the same revision of the ABI, else 3.
        Raises LocalError for a VMPL that does not exist.
        """
        if vmpl not in range(VMPCKS):
            raise LocalError(f"there are VMPLs 0 to 3, not {vmpl!r}")
        identity = self._identity
        version = 4 if identity.report_version >= 5 else 3
        kept = [bytes(KEY_SIZE) if n < vmpl else vmpck for n, vmpck in enumerate(self._vmpcks)]
        return SecretsPage(
            version=version,
            fms=identity.fms,
            vmpck0=kept[0],
            vmpck1=kept[1],
            vmpck2=kept[2],
            vmpck3=kept[3],
            os_area=OsArea(version=0),  # zeros: the area is the guest's, who gives it a version
            tsc_factor=identity.tsc_factor,
            launch_mit_vector=identity.launch_mit_vector if version >= 4 else None,
        )

    def handle(self, page: Buffer, *, offset: int = 0, response_offset: int = 0) -> bytes:
        """Answer the request in a page of 4096 bytes, with a page of 4096 bytes.

        The page is copied before it is looked at.

        Args:
            page: the request's page; the message begins at `offset`.
            offset: bytes from the start of the page.
            response_offset: where the response begins in its page, which is zero around it.

        Raises:
            MailboxError: the message was refused as a whole. Nothing was counted. Errors that the
                message itself can tell are in the STATUS of the response, and count (F8).
            LocalError: for what is no page, and in another process than the firmware's own.
        """
        self._check_process()
        raw = _copy(page)
        if len(raw) != PAGE_SIZE:
            raise LocalError(f"a page has {PAGE_SIZE} bytes, not {len(raw)}")
        if type(offset) is not int or type(response_offset) is not int:
            raise LocalError("an offset is a whole number of bytes")
        with self._turn:
            return self._handle(raw, offset, response_offset)

    def _handle(self, raw: bytes, offset: int, response_offset: int) -> bytes:
        msg_type, version, vmpck, seqno = _checked_header(raw, offset)
        aead = self._aeads[vmpck]
        try:
            _, payload = aead.open(raw[offset:])
        except AuthenticationError:
            raise MailboxError(
                FwError.BAD_MEASUREMENT, "the message does not authenticate (F4)"
            ) from None
        count = self._counts[vmpck]
        if seqno != count + 1 or count >= _LAST_COUNT:
            reason = f"msg_seqno {seqno} is not next: {count} were counted (F5)"
            raise MailboxError(FwError.AEAD_OVERFLOW, reason)
        handler, newest = _HANDLERS.get(msg_type, (None, 0))
        if handler is None:
            raise _invalid(f"message type {msg_type} is unknown (F6)")
        if not 0 < version <= newest:
            raise _invalid(f"message type {msg_type} has no version {version} (F6)")
        answer = handler(self._identity, self._keys, vmpck, payload)
        # Late, as in the real one (F7), but before anything is sealed under the number.
        room = PAYLOAD_MAX - response_offset
        if response_offset < 0 or len(answer) > room:
            del answer, payload  # not for whoever prints the variables of frames
            raise _invalid(f"the response does not fit behind offset {response_offset} (F7)")
        self._counts[vmpck] = count + 2  # first: nothing else is ever sealed under that number
        response = aead.seal(  # F9
            answer, msg_type=msg_type + 1, msg_seqno=seqno + 1, msg_vmpck=vmpck
        )
        return bytes(response_offset) + response[: PAGE_SIZE - response_offset]

    def _check_process(self) -> None:
        self._owner.check("the firmware", "make one of its own here")

    def __reduce__(self) -> str:
        raise TypeError("a Firmware cannot be copied or pickled: both would use the same numbers")

    def __repr__(self) -> str:
        product = getattr(getattr(self, "_identity", None), "product", "guest that is not made")
        return f"<Firmware of a {product}>"  # never a key


def _different(given: Sequence[Buffer]) -> tuple[bytes, ...]:
    """Copies of four keys. Raises LocalError for what is none, or none of its own.

    Each has its own count: twice the same key would be used twice under each number.
    """
    vmpcks = tuple(_copy(vmpck) for vmpck in given)
    if len(vmpcks) != VMPCKS or len(set(vmpcks)) != VMPCKS:
        raise LocalError(f"a guest has {VMPCKS} VMPCKs, all of them different")
    for vmpck in vmpcks:
        Aead(vmpck)
    return vmpcks


def _copy(given: Buffer) -> bytes:
    try:
        return bytes(memoryview(given))
    except (TypeError, ValueError):  # or a view that was released
        raise LocalError(f"expected bytes, got {type(given).__name__}") from None


def _checked_header(raw: bytes, offset: int) -> tuple[int, int, int, int]:
    """Type, msg_version, VMPCK and number of the message at `offset` (F1 to F3).

    Read field by field, not as a MsgHdr: that refuses some headers before F1 was looked at.
    """
    end = offset + MsgHdr.SIZE
    if offset < 0 or end > PAGE_SIZE:
        raise _invalid(f"the header at {offset:#x} leaves the page (F1)")
    header = raw[offset:end]
    size = _read(header, "msg_size")
    if end + size > PAGE_SIZE:
        raise _invalid(f"a payload of {size} bytes at {end:#x} leaves the page (F1)")
    for name, wanted in _CONSTANTS:
        found = _read(header, name)
        if found != wanted:
            raise _invalid(f"{name} is {found:#x}, not {wanted:#x} (F2)")
    if size == 0 or size % 16:
        raise _invalid(f"msg_size {size} is not a multiple of 16 above 0 (F2)")
    vmpck = _read(header, "msg_vmpck")
    if vmpck >= VMPCKS:
        raise _invalid(f"there is no VMPCK {vmpck} (F3)")
    return (
        _read(header, "msg_type"),
        _read(header, "msg_version"),
        vmpck,
        _read(header, "msg_seqno"),
    )


_CONSTANTS = (("hdr_version", 1), ("hdr_size", MsgHdr.SIZE), ("algo", AeadAlgo.AES_256_GCM))
_FIELDS = {field.name: field for field in MsgHdr.FIELDS}


def _read(header: bytes, name: str) -> int:
    field = _FIELDS[name]
    return field.number(header[field.offset : field.end])


def _invalid(reason: str) -> MailboxError:
    return MailboxError(FwError.INVALID_PARAMETER, reason)
