"""Device: reports and derived keys, whatever answers.

There are several doors to a secure processor; all make the same three requests and raise the same
errors, so a program need not know which one it has. Arguments are checked before anything is sent.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from ..errors import FormatError
from ..formats.ioctl import SnpDerivedKeyReq, SnpGuestRequestIoctl, SnpReportReq
from ..formats.key import RootKeySel
from ..formats.report import AttestationReport, ReportKeySel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from ..certtable import TableEntry


@dataclass(frozen=True, slots=True)
class ExtReport:
    """A report, and what the host sent along.

    Attributes:
        report: the report.
        certificates: the certificate table as it came, cut behind the last page that is not all
            zero; empty when the host sent none. The host made it: trust nothing in it.
    """

    report: AttestationReport
    certificates: bytes

    @property
    def entries(self) -> tuple[TableEntry, ...]:
        """The certificates one by one (`guid`, `name`, `data`); none when the host sent none.

        Read on access, so that a table which is not one does not cost the report. Raises
        FormatError for it.
        """
        if not self.certificates:
            return ()
        from ..certtable import read_table

        return read_table(self.certificates)


class Device(ABC):
    """A door to a secure processor; a context manager, closed at its end.

    Requests of several threads go one by one. A signal handler that asks while its own thread does
    gets LocalError instead of an answer.

    Attributes:
        name: which door it is, for people and in errors.
    """

    name: str

    @abstractmethod
    def get_report(
        self, report_data: bytes, *, vmpl: int | None = None, key_sel: int = 0
    ) -> AttestationReport:
        """A fresh attestation report.

        Args:
            report_data: 64 bytes of the caller's own, which come back in the report.
            vmpl: VMPL to put in the report, 0 to 3, not below the guest's own; None leaves it to
                the door.
            key_sel: the key to sign with (KeySel): 0 VLEK if there is one, else VCEK; 1 VCEK;
                2 VLEK.

        Returns:
            The report. Of an unknown version, it has the layout of the newest known one; its
            bytes are in any case those that came. It is not verified.

        Raises:
            FormatError: for an argument that does not fit; nothing was sent.
            DeviceError: when there is no report; its subclasses tell what can be done.
        """

    @abstractmethod
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
        """A key that only this guest gets, on this chip, for these arguments. Keep it secret.

        Args:
            root_key_select: 0 derive from the VCEK or VLEK, 1 from the VMRK.
            key_sel: which of the first two, as for a report.
            guest_field_select: what is mixed in (GuestFieldSelect).
            vmpl: VMPL to mix in; None leaves it to the door.
            guest_svn: mixed in if selected; not above the guest's.
            tcb_version: mixed in if selected; no part of it above the committed one.
            msg_version: 1. Linux cuts a request of version 2 to its first 32 bytes, which has cost
                guests their VMPCK, so other versions are refused.

        Returns:
            32 bytes.

        Raises:
            FormatError: for an argument that does not fit; nothing was sent.
            DeviceError: when there is no key.
        """

    @abstractmethod
    def get_ext_report(
        self, report_data: bytes, *, vmpl: int | None = None, key_sel: int = 0
    ) -> ExtReport:
        """A fresh report with the certificates that the host has for it. Arguments and errors are
        those of `get_report`, and CertificatesTooLarge.
        """

    @abstractmethod
    def close(self) -> None:
        """Close the door; more than once does no harm. Requests raise DeviceUnavailable then."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


def report_request(report_data: bytes, vmpl: int, key_sel: int) -> SnpReportReq:
    """The request for a report, 96 bytes. Raises FormatError for an argument that does not fit."""
    selection = ReportKeySel.from_bits(key_sel=key_sel)
    if isinstance(report_data, (bytearray, memoryview)):
        report_data = bytes(report_data)
    return SnpReportReq(user_data=report_data, vmpl=vmpl, key_sel=selection)


def key_request(
    root_key_select: int,
    key_sel: int,
    guest_field_select: int,
    vmpl: int,
    guest_svn: int,
    tcb_version: int,
    msg_version: int,
) -> SnpDerivedKeyReq:
    """The request for a derived key, 32 bytes. Raises FormatError for what does not fit."""
    if type(msg_version) is not int or msg_version != 1:
        field = SnpGuestRequestIoctl.field("msg_version")
        reason = (
            f"{msg_version!r} does not go with a request for a derived key of 32 bytes; it takes 1"
        )
        raise FormatError(SnpGuestRequestIoctl.NAME, field.name, field.offset, msg_version, reason)
    return SnpDerivedKeyReq(
        root_key_select=RootKeySel.from_bits(root_key_select=root_key_select, key_sel=key_sel),
        guest_field_select=guest_field_select,
        vmpl=vmpl,
        guest_svn=guest_svn,
        tcb_version=tcb_version,
    )
