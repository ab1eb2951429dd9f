"""What an ioctl left behind, judged: whether it worked, and what to do when it did not.

The driver's word is not enough. A result above 0 is a failure; a success may come with the host's
complaint in exitinfo2; the first drivers leave anything at all in exitinfo2 after a success (D10,
defect 3). So what decides over a success is the response: its buffer is zeroed before the call,
and an answer is never all zeros.

Sources: driver behaviour D4 to D31 of Linux drivers/virt/coco/sev-guest, as cited in the comments.
"""

from __future__ import annotations

import errno as codes
from dataclasses import dataclass

from ..explain import BUSY, INVALID_LEN, NOT_SENT
from ..formats.ioctl import SnpDerivedKeyResp, SnpReportReq, SnpReportResp
from ..formats.report import AttestationReport
from .errors import DeviceError, StatusError

DONE, AGAIN, WAIT, TOO_LARGE, FAILED, LOST = (
    "done", "again", "wait", "too large", "failed", "lost",
)  # fmt: skip

ASK_AGAIN = "ask again; if it stays so, the driver or the firmware is at fault"

# After these the VMPCK is wiped, or was before, or may not be used again: exchange (D18, D22) or
# numbers used up (D12), no key (D7), no true answer (D26 to D28), throttled for a minute (D20).
_KEY_IS_LOST = {codes.EIO, codes.ENOTTY, codes.EBADMSG, codes.ETIMEDOUT}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one ioctl left behind.

    Attributes:
        errno: positive, or 0.
        result: what the ioctl returned without an errno: 0, or a failure that looks like none.
        exitinfo2: the word in the argument, which was 0 before the call.
        answered: whether anything was written into the response.
        extended: whether certificates were asked for.
        other_length: whether the driver wrote another length of the certificates.
    """

    errno: int
    result: int
    exitinfo2: int
    answered: bool
    extended: bool = False
    other_length: bool = False

    def verdict(self) -> str:
        """What the caller has to do: one of the constants of this module."""
        if self.result > 0:  # the kernel's own codes slipped through (D22, defects 4 and 16)
            return LOST
        if self.errno == 0 and self.answered:
            # Anything else in exitinfo2 is what a first driver had on its stack.
            short = self.extended and self.other_length and self.exitinfo2 == INVALID_LEN
            return TOO_LARGE if short else DONE
        if self.exitinfo2 == INVALID_LEN and self.errno in (0, codes.EIO, codes.ENOSPC):
            # The driver sent the message once more, without certificates, so the count is right
            # (D24). To a plain request it is no answer, and the count is in doubt (D21).
            return TOO_LARGE if self.extended else LOST
        if self.exitinfo2 == BUSY and self.errno in (0, codes.EIO):
            return WAIT
        if self.errno in (codes.EAGAIN, codes.EBUSY):
            return WAIT
        if self.errno == codes.EINTR:
            return AGAIN
        if self.errno == codes.ENOTTY and self.exitinfo2 == NOT_SENT:
            # An unknown request, of which nothing was sent (D8); others may be known. Since Linux
            # 6.13 a lost key looks the same, and the next request then fails the same way.
            return FAILED
        return LOST if self.errno in _KEY_IS_LOST else FAILED


def read_report(
    door: str, operation: str, response: bytes, asked: SnpReportReq
) -> AttestationReport:
    """The report in a response of 4000 bytes (snp_report_resp).

    Raises StatusError, and DeviceError for what is no answer to what was `asked`.
    """
    newest = AttestationReport.VERSIONS[-1]
    told = SnpReportResp.parse(response, assume_version=newest).response
    if told.report is None:
        raise StatusError(door, operation, status=told.status)
    if told.report_size != AttestationReport.SIZE:
        text = f"the response says that its report has {told.report_size} bytes, not "
        raise _no_answer(door, operation, f"{text}{AttestationReport.SIZE}")
    # Drivers accept a message that is too short and fill up with zeros (D27).
    if told.report.report_data != asked.user_data:
        raise _no_answer(door, operation, "the report holds other report data than was given")
    if told.report.vmpl != asked.vmpl:
        told_vmpl = f"the report is for VMPL {told.report.vmpl}, not {asked.vmpl}"
        raise _no_answer(door, operation, told_vmpl)
    return told.report


_STATUS = SnpDerivedKeyResp.field("status")
_KEY = SnpDerivedKeyResp.field("derived_key")


def read_key(door: str, operation: str, response: memoryview) -> bytes:
    """The key, 32 bytes, in a response of 64 (snp_derived_key_resp).

    Not read as a record, which would leave a second copy behind. Raises StatusError, and
    DeviceError for a key of zeros, which is none.
    """
    status = _STATUS.number(bytes(response[_STATUS.offset : _STATUS.end]))
    if status:
        raise StatusError(door, operation, status=status)
    if not any(response[_KEY.offset : _KEY.end]):
        raise _no_answer(door, operation, "the response holds no key but zeros")
    return bytes(response[_KEY.offset : _KEY.end])


def _no_answer(door: str, operation: str, happened: str) -> DeviceError:
    return DeviceError(door, operation, happened, remedy=ASK_AGAIN)
