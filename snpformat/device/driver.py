"""DriverModel: what the Linux driver of /dev/sev-guest does with an ioctl, in user space.

It copies from and to the caller's memory in the driver's order, gives its error numbers, and writes
back what and when it does; behind that stand a channel, a host and a firmware. So whatever talks to
the device can be tried against it, hostile hosts included. It is the driver of Linux 6.12, which
had most of its repairs; D numbers name the rules it follows. It differs on purpose where Linux
keeps a key that may be out of step (D21, D24) or takes an answer that is too short (D27): see
docs/rules.md.
"""

from __future__ import annotations

import errno
import time

from ..aead import PAGE_SIZE
from ..channel import NO_FW_CALL, Channel, HostError
from ..errors import KeyUnavailable, RemoteError, StoreError
from ..formats import (
    Exitinfo2,
    MsgType,
    SnpDerivedKeyReq,
    SnpDerivedKeyResp,
    SnpExtReportReq,
    SnpGuestRequestIoctl,
    SnpReportReq,
    SnpReportResp,
    VmmError,
)
from ..formats.ioctls import SNP_GET_DERIVED_KEY, SNP_GET_EXT_REPORT, SNP_GET_REPORT
from ..turns import Turn
from .memory import USER_END, Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..host import HostLike
    from ..record import Record
    from ..secrets import Secrets
    from .memory import Memory

CERTS_MAX = 4 * PAGE_SIZE  # SEV_FW_BLOB_MAX_SIZE
RETRY_DELAY, RETRY_END = 2.0, 60.0  # seconds
PRESET = 0xFF  # what exitinfo2 says until the firmware is asked
_VERSION = SnpGuestRequestIoctl.field("msg_version")
_EXITINFO2 = SnpGuestRequestIoctl.field("exitinfo2")
_CERTS_LEN = SnpExtReportReq.field("certs_len")


class DriverModel:
    """A loaded driver: one key of a guest's secrets, and the host that the guest runs on."""

    def __init__(
        self,
        secrets: Secrets,
        host: HostLike,
        *,
        vmpck_id: int = -1,
        vmpl: int = 0,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Probe, as the module does when it is loaded.

        Args:
            secrets: the guest's keys and counters.
            host: carries the pages.
            vmpck_id: the module's parameter: the key, 0 to 3; -1 for that of the VMPL (D1).
            vmpl: the VMPL that the kernel runs at.
            sleep, clock: in seconds, for a host that is busy (D20).

        Raises OSError (EINVAL) for a number above 3 and for a key that is empty (D2).
        """
        chosen = vmpl if vmpck_id == -1 else vmpck_id
        try:
            self._channel = Channel(secrets, chosen)
        except KeyUnavailable as error:
            raise OSError(errno.EINVAL, str(error)) from None
        self._secrets = secrets
        self._host = host
        self._sleep = sleep
        self._clock = clock
        self._mutex = Turn()

    @property
    def vmpck(self) -> int:
        """The number of the key in use; also the lowest VMPL that reports may name."""
        return self._channel.vmpck

    def ioctl(self, memory: Memory, command: int, address: int) -> int:
        """Carry out an ioctl whose argument is at `address` in `memory`.

        Returns what the kernel's function returns: 0, an errno below zero, or, where the VMM
        refused the exit, a positive code that callers take for success (D22, defect 16).
        Raises LocalError in a forked child, and when a signal handler comes in between.
        """
        try:
            argument = memory.read(address, SnpGuestRequestIoctl.SIZE)  # D4
        except Fault:
            return -errno.EFAULT
        call = _Call(argument)  # D5
        if not call.msg_version:
            return -errno.EINVAL  # D6
        self._secrets.check_process()
        with self._mutex:  # D11
            if not self._secrets.has_key(self.vmpck):
                return -errno.ENOTTY  # D7
            try:
                result = self._dispatch(memory, command, call)
            except Fault:
                result = -errno.EFAULT
        if call.exitinfo2:  # D10
            try:
                memory.write(address, call.written_back())
            except Fault:
                return -errno.EFAULT
        return result

    def _dispatch(self, memory: Memory, command: int, call: _Call) -> int:
        if command == SNP_GET_REPORT.command:
            return self._get_report(memory, call)
        if command == SNP_GET_DERIVED_KEY.command:
            return self._get_derived_key(memory, call)
        if command == SNP_GET_EXT_REPORT.command:
            return self._get_ext_report(memory, call)
        return -errno.ENOTTY  # D8

    def _get_report(self, memory: Memory, call: _Call) -> int:
        if not call.req_data or not call.resp_data:
            return -errno.EINVAL  # D9
        request = memory.read(call.req_data, SnpReportReq.SIZE)
        result, payload = self._exchange(call, MsgType.REPORT_REQ, request)
        if result == 0:
            memory.write(call.resp_data, _padded(payload, SnpReportResp))  # D30
        return result

    def _get_derived_key(self, memory: Memory, call: _Call) -> int:
        if not call.req_data or not call.resp_data:
            return -errno.EINVAL
        request = memory.read(call.req_data, SnpDerivedKeyReq.SIZE)
        result, payload = self._exchange(call, MsgType.KEY_REQ, request)
        if result == 0:
            memory.write(call.resp_data, _padded(payload, SnpDerivedKeyResp))
        return result

    def _get_ext_report(self, memory: Memory, call: _Call) -> int:
        if not call.req_data or not call.resp_data:
            return -errno.EINVAL
        request = bytearray(memory.read(call.req_data, SnpExtReportReq.SIZE))
        asked = SnpExtReportReq.parse(bytes(request))
        length = asked.certs_len if asked.certs_address else 0  # D23
        if length > CERTS_MAX or length % PAGE_SIZE:
            return -errno.EINVAL
        if length and asked.certs_address + length > USER_END:
            return -errno.EFAULT
        data = _Data(length // PAGE_SIZE)
        result, payload = self._exchange(call, MsgType.REPORT_REQ, asked.data.build(), data)
        if call.exitinfo2 >> 32 == VmmError.INVALID_LEN:  # D24
            needed = data.needed * PAGE_SIZE & 0xFFFFFFFF
            request[_CERTS_LEN.offset : _CERTS_LEN.end] = _CERTS_LEN.to_bytes(needed)
            memory.write(call.req_data, bytes(request))
        if result == 0:
            if length:
                memory.write(asked.certs_address, data.found[:length].ljust(length, b"\0"))  # D25
            memory.write(call.resp_data, _padded(payload, SnpReportResp))
        return result

    def _exchange(
        self, call: _Call, msg_type: int, payload: bytes, data: _Data | None = None
    ) -> tuple[int, bytes]:
        """Ask the firmware: the ioctl's result, and the answer's payload where that is 0."""
        channel = self._channel
        try:
            page = channel.request(
                msg_type,
                payload,
                msg_version=call.msg_version,
                extended=data is not None,
                as_it_is=True,  # defect 13, by design: the firmware judges
            )
        except (KeyUnavailable, StoreError):
            return -errno.EIO, b""  # D12: the numbers are used up, or cannot be kept
        started = self._clock()
        too_few = False
        try:
            while True:
                call.exitinfo2 = NO_FW_CALL  # D19
                if data is not None and not too_few:
                    answer = self._host.extended_request(page, data.pages)
                else:
                    answer = self._host.guest_request(page)
                if answer.refused:
                    channel.give_up()
                    return answer.refused, b""  # D22
                call.exitinfo2 = answer.exitinfo2 & NO_FW_CALL
                if not call.exitinfo2:
                    break
                page = channel.host_error(call.exitinfo2)
                if call.exitinfo2 == VmmError.INVALID_LEN << 32 and data is not None:
                    too_few, data.needed = True, answer.pages  # D24
                else:  # D20
                    if self._clock() - started > RETRY_END:
                        channel.give_up()
                        return -errno.ETIMEDOUT, b""
                    self._sleep(RETRY_DELAY)
        except HostError:
            return -errno.EIO, b""  # D22
        except BaseException:
            channel.give_up()  # interrupted: nobody will wait for the answer
            raise
        finally:
            if too_few:
                call.exitinfo2 = VmmError.INVALID_LEN << 32
        try:
            received = channel.receive(answer.page)  # D26 to D29
        except RemoteError:
            return -errno.EIO if too_few else -errno.EBADMSG, b""
        if too_few:
            return -errno.EIO, b""
        if data is not None:
            data.found = answer.data
        return 0, received


class _Call:
    """The driver's copy of the argument."""

    def __init__(self, argument: bytes) -> None:
        self._argument = argument
        self.msg_version = argument[_VERSION.offset]  # u8, whatever its document says
        filled = SnpGuestRequestIoctl.parse(argument)
        self.req_data = filled.req_data
        self.resp_data = filled.resp_data
        self.exitinfo2 = PRESET

    def written_back(self) -> bytes:
        back = bytearray(self._argument)
        back[_EXITINFO2.offset : _EXITINFO2.end] = _EXITINFO2.to_bytes(Exitinfo2(self.exitinfo2))
        return bytes(back)


class _Data:
    """The pages for certificates: how many there are and are needed, and what the host put in.

    Their number is kept apart from the host's word on it: what was allocated decides what is freed.
    """

    def __init__(self, pages: int) -> None:
        self.pages = pages
        self.needed = pages
        self.found = b""


def _padded(payload: bytes, response: type[Record]) -> bytes:
    """All of what the caller's structure holds: the payload, and zeros."""
    return payload[: response.SIZE].ljust(response.SIZE, b"\0")
