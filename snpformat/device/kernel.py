"""KernelDevice: the door that is a file, /dev/sev-guest, and its three ioctls.

An ioctl takes an argument of 32 bytes with the addresses of a request and of a response. Each call
gets a fresh argument, since the driver leaves an old exitinfo2 where it was after a success.
Request and response are ctypes buffers that live as long as the call.

A door whose key is lost sends nothing more. Newer drivers see to that themselves by wiping the key;
the first ones would use the same sequence number for two messages.

`_open` and `_ioctl` are all that touches a kernel: an emulated device overrides both.

Sources: Linux include/uapi/linux/sev-guest.h, drivers/virt/coco/sev-guest.
"""

from __future__ import annotations

import ctypes
import errno as codes
import os
from io import FileIO
from time import sleep as real_sleep

from ..explain import BUSY, ERRNOS, INVALID_LEN, RELOAD
from ..formats.ioctl import SnpDerivedKeyResp, SnpExtReportReq, SnpGuestRequestIoctl, SnpReportResp
from ..formats.ioctls import SNP_GET_DERIVED_KEY, SNP_GET_EXT_REPORT, SNP_GET_REPORT
from ..turns import ForkLock
from . import answers
from .answers import Outcome
from .errors import CertificatesTooLarge, DeviceError, DeviceUnavailable, KeyWiped, Throttled
from .interface import Device, ExtReport, key_request, report_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..formats.report import AttestationReport
    from ..wire import Ioctl

    Buffer = ctypes.Array[ctypes.c_char]

PATH = "/dev/sev-guest"
OWN_VMPL = "/sys/devices/system/cpu/sev/vmpl"
PAGE_SIZE = 4096
# The most that Linux takes (SEV_FW_BLOB_MAX_SIZE), and what every extended request offers.
CERTS_MAX = 4 * PAGE_SIZE

# As newer drivers wait for a host that throttles: every 2 seconds, for a minute.
WAIT_SECONDS = 2.0
WAITS = 30
CHANGES = 4  # of a host's certificates, before it is called a failure
INTERRUPTIONS = 100  # signals that may come in between before it is called a failure


class KernelDevice(Device):
    """The guest driver of Linux. May be used by several threads; requests go one by one.

    Attributes:
        default_vmpl: what a request names when the caller gives none: the guest's own VMPL where
            Linux tells it (6.11 and later), else 0.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] = PATH,
        *,
        ioctl: Callable[[int, int, bytearray, bool], int] | None = None,
        sleep: Callable[[float], None] = real_sleep,
    ) -> None:
        """Open the device.

        Args:
            path: its file.
            ioctl: in place of ``fcntl.ioctl``: called with descriptor, command, argument and True;
                changes the argument and returns the result, or raises OSError.
            sleep: in place of ``time.sleep``, while the host throttles.

        Raises:
            DeviceUnavailable: when it cannot be opened.
        """
        self.name = os.fsdecode(path)
        self._given_ioctl = ioctl
        self._sleep = sleep
        self._lock = ForkLock()
        self._closed = False
        self._lost: tuple[str, Outcome] | None = None  # what cost the key
        self.default_vmpl = _own_vmpl()
        self._file = self._open()

    def get_report(
        self, report_data: bytes, *, vmpl: int | None = None, key_sel: int = 0
    ) -> AttestationReport:
        asked = report_request(report_data, self._vmpl_or_default(vmpl), key_sel)
        request = _buffer(asked.build())
        response = _empty(SnpReportResp.SIZE)
        self._exchange("get_report", SNP_GET_REPORT, request, response)
        return answers.read_report(self.name, "get_report", response.raw, asked)

    def get_ext_report(
        self, report_data: bytes, *, vmpl: int | None = None, key_sel: int = 0
    ) -> ExtReport:
        asked = report_request(report_data, self._vmpl_or_default(vmpl), key_sel)
        # The most that can be asked for, at once, as the kernel's own configfs door does. Asking
        # for the length first takes a second message, which hosts throttle too; some setups refuse
        # it (EINVAL); and the answer "too small" is where drivers went wrong: a number used twice,
        # a count out of step (D24), memory freed by a length that the host told.
        certs = _empty(CERTS_MAX)
        request = _buffer(
            SnpExtReportReq(
                data=asked, certs_address=ctypes.addressof(certs), certs_len=CERTS_MAX
            ).build()
        )
        response = _empty(SnpReportResp.SIZE)
        self._exchange("get_ext_report", SNP_GET_EXT_REPORT, request, response, certs)
        report = answers.read_report(self.name, "get_ext_report", response.raw, asked)
        table = certs.raw.rstrip(b"\0")
        pages = -(-len(table) // PAGE_SIZE)
        return ExtReport(report, certs.raw[: pages * PAGE_SIZE])

    def get_derived_key(
        self,
        *,
        root_key_select: int = 0,
        key_sel: int = 0,
        guest_field_select: int = 0,
        vmpl: int | None = None,
        guest_svn: int = 0,
        tcb_version: int = 0,
        msg_version: int = 1,
    ) -> bytes:
        asked = key_request(
            root_key_select, key_sel, guest_field_select, self._vmpl_or_default(vmpl), guest_svn,
            tcb_version, msg_version,
        )  # fmt: skip
        request = _buffer(asked.build())
        response = _empty(SnpDerivedKeyResp.SIZE)
        try:
            self._exchange("get_derived_key", SNP_GET_DERIVED_KEY, request, response)
            with memoryview(response).cast("B") as view:
                return answers.read_key(self.name, "get_derived_key", view)
        finally:
            _wipe(response)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._file is not None:
                self._file.close()

    def _vmpl_or_default(self, vmpl: int | None) -> int:
        return self.default_vmpl if vmpl is None else vmpl

    def _open(self) -> FileIO | None:
        """The device's file, not inherited by programs that are run; None where there is none.

        The ioctls work on a descriptor that is read-only, so a user who may only read it can ask.
        What kind of file it is does not matter: emulated ones are of any kind.
        """
        try:
            try:
                return FileIO(self.name, "r+")
            except OSError as error:
                if error.errno not in (codes.EACCES, codes.EROFS):
                    raise
                return FileIO(self.name, "r")
        except OSError as error:
            known = error.errno in ERRNOS
            text = "" if known else error.strerror or ""
            raise DeviceUnavailable(
                self.name, "open", text, error.errno if known else None
            ) from None
        except ValueError:  # a NUL in the path
            raise DeviceUnavailable(self.name, "open", "this is no path of a file") from None

    def _ioctl(self, command: int, argument: bytearray, buffers: tuple[Buffer, ...]) -> int:
        """Make the call. An emulated device overrides this.

        Args:
            command: its number.
            argument: 32 bytes, changed in place, also when the call fails.
            buffers: all the memory that the argument leads to: request, response and, if asked
                for, certificates. Addresses are those of ``ctypes.addressof``.

        Returns:
            0, or what the driver returned: a negative number is an errno.

        Raises:
            OSError: with the errno.
        """
        assert self._file is not None
        if self._given_ioctl is not None:
            return self._given_ioctl(self._file.fileno(), command, argument, True)
        from fcntl import ioctl

        result: int = ioctl(self._file.fileno(), command, argument, True)
        return result

    def _exchange(self, operation: str, ioctl: Ioctl, *buffers: Buffer) -> None:
        """Fill the response, the second of the buffers. Raises DeviceError when there is none."""
        with self._lock:
            self._ready()
            self._refuse_if_over(operation)
            waits = interruptions = changes = 0
            asked = buffers[0].raw
            while True:
                outcome = self._call(ioctl, buffers)
                verdict = outcome.verdict()
                if outcome.exitinfo2 == BUSY and verdict == answers.WAIT:
                    # The message has its number, and a first driver gives that to the next one
                    # too: until there is an answer, only the very same request may follow.
                    self._lost = operation, outcome
                elif verdict in (answers.DONE, answers.TOO_LARGE):
                    self._lost = None
                if verdict == answers.DONE:
                    return
                if verdict == answers.WAIT and waits < WAITS:
                    waits += 1
                    self._sleep(WAIT_SECONDS)
                elif verdict == answers.AGAIN and interruptions < INTERRUPTIONS:
                    interruptions += 1
                elif verdict == answers.TOO_LARGE and changes < CHANGES and _fits(buffers[0]):
                    # Not for the length of the buffer: the certificates changed while they were
                    # fetched, or a host asks for a second try. The length told is not used.
                    changes += 1
                    ctypes.memmove(buffers[0], asked, len(asked))
                else:
                    raise self._failure(operation, outcome, verdict, buffers[0])

    def _ready(self) -> None:
        """Called before each request, with the lock held. An emulated device overrides this."""

    def _call(self, ioctl: Ioctl, buffers: tuple[Buffer, ...]) -> Outcome:
        """One ioctl, and what it left behind."""
        request, response = buffers[:2]
        before = request.raw
        for buffer in buffers[1:]:
            _wipe(buffer)
        addresses = ctypes.addressof(request), ctypes.addressof(response)
        argument = bytearray(
            SnpGuestRequestIoctl(req_data=addresses[0], resp_data=addresses[1]).build()
        )
        try:
            returned, errno = self._ioctl(ioctl.command, argument, buffers), 0
        except OSError as error:
            returned, errno = -1, error.errno or codes.EIO
        if returned < 0:
            errno = errno or -returned
        return Outcome(
            errno=errno,
            result=max(returned, 0),
            exitinfo2=SnpGuestRequestIoctl.parse(argument).exitinfo2,
            answered=_holds_anything(response),
            extended=len(buffers) > 2,
            other_length=request.raw != before,
        )

    def _refuse_if_over(self, operation: str) -> None:
        if self._closed:
            raise DeviceUnavailable(self.name, operation, "nothing was sent: the device is closed")
        if self._lost is not None:
            what, outcome = self._lost
            happened = f"nothing was sent: an earlier {what} has cost the key"
            raise self._error(KeyWiped, operation, outcome, happened)

    def _failure(
        self, operation: str, outcome: Outcome, verdict: str, request: Buffer
    ) -> DeviceError:
        """The error for a request that failed for good."""
        if verdict == answers.TOO_LARGE:
            return self._too_large(operation, outcome, request)
        if verdict == answers.LOST:
            self._lost = operation, outcome
        happened = remedy = ""
        if verdict == answers.WAIT:
            happened = f"it was held off for {WAITS * WAIT_SECONDS:.0f} seconds"
            if self._lost:
                remedy = (
                    "wait, open the device again, and make the very same request first; for any "
                    "other one, " + RELOAD
                )
        elif outcome.exitinfo2 == INVALID_LEN and not outcome.extended:
            happened = (
                "the host speaks of certificates, which were not asked for; the driver's count may "
                "be out of step with the firmware's"
            )
            remedy = RELOAD
        elif not outcome.errno and not outcome.result:
            happened = "the driver reports success, but no response came"
            remedy = answers.ASK_AGAIN
        elif outcome.errno == codes.EINVAL and not outcome.exitinfo2:
            happened = "the driver does not take the argument, which is as its header has it"
            remedy = f"check that {self.name} is the device of the guest driver"
        kind = DeviceError
        if self._lost:
            kind = KeyWiped
        elif verdict == answers.WAIT:
            kind = Throttled
        return self._error(kind, operation, outcome, happened, remedy)

    def _too_large(self, operation: str, outcome: Outcome, request: Buffer) -> DeviceError:
        """The host asks for more room than there was; it may be lying."""
        needed = SnpExtReportReq.parse(request.raw).certs_len
        happened = f"the host says that its certificates take {needed} bytes"
        if needed % PAGE_SIZE or needed <= CERTS_MAX:
            happened += f", which cannot be: it was offered {CERTS_MAX}"
        else:
            happened += f", and Linux takes {CERTS_MAX} at most"
        remedy = "ask for the report alone, and AMD's key server for the certificates"
        return self._error(CertificatesTooLarge, operation, outcome, happened, remedy)

    def _error(
        self,
        kind: type[DeviceError],
        operation: str,
        outcome: Outcome,
        happened: str,
        remedy: str = "",
    ) -> DeviceError:
        return kind(
            self.name,
            operation,
            happened,
            errno=outcome.errno or None,
            exitinfo2=outcome.exitinfo2,
            result=outcome.result or None,
            remedy=remedy,
        )


def _own_vmpl() -> int:
    """The VMPL that the kernel runs at, where it says so.

    Source: Linux Documentation/ABI/testing/sysfs-devices-system-cpu.
    """
    try:
        with open(OWN_VMPL, "rb") as stream:
            told = stream.read(16).strip()
    except OSError:
        return 0
    return int(told) if told in (b"0", b"1", b"2", b"3") else 0


def _fits(request: Buffer) -> bool:
    """Whether the length that was written back is one that there is room for."""
    needed = SnpExtReportReq.parse(request.raw).certs_len
    return 0 < needed <= CERTS_MAX and needed % PAGE_SIZE == 0


def _buffer(data: bytes) -> Buffer:
    return ctypes.create_string_buffer(data, len(data))


def _empty(size: int) -> Buffer:
    return ctypes.create_string_buffer(size)


def _holds_anything(buffer: Buffer) -> bool:
    """Whether it is not all zeros; looked at in place, since a copy of a key would stay behind."""
    with memoryview(buffer).cast("B") as view:
        return any(view)


def _wipe(buffer: Buffer) -> None:
    ctypes.memset(buffer, 0, len(buffer))
