"""TsmDevice: the door that is a directory, configfs-tsm (Linux 6.7 and later).

A request is a directory: report data are written into its ``inblob``, the report is read from
``outblob`` and the certificates from ``auxblob``. Anyone with the right to may write to it in
between, and then the next read makes another report. So the kernel counts writes in
``generation``; a report counts only when that says that nobody but us has written, and when the
report holds what was asked for. Otherwise all is done again, a few times, with a fresh entry.

This door makes reports only, signed with the key that the firmware prefers; and it tells an errno
where /dev/sev-guest tells STATUS and exitinfo2.

Sources: Linux Documentation/ABI/testing/configfs-tsm, drivers/virt/coco/tsm.c and sev-guest.
"""

from __future__ import annotations

import errno as codes
import os
import warnings
from contextlib import contextmanager

from ..errors import FormatError
from ..formats.report import AttestationReport
from ..turns import ForkLock
from .configfs import AttributeFailed, Entry, FileSystem, fresh_name, sweep
from .errors import DeviceError, DeviceUnavailable, KeyWiped, StatusError
from .interface import Device, ExtReport, key_request, report_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..formats.ioctl import SnpReportReq

ROOT = "/sys/kernel/config/tsm/report"
PROVIDER = "sev_guest"
ATTEMPTS = 5
OUTBLOB_MAX = 32 * 1024  # bytes, TSM_OUTBLOB_MAX
AUXBLOB_MAX = 16 * 1024  # SEV_FW_BLOB_MAX_SIZE
_GENERATIONS = 1 << 64  # where the kernel's counter wraps

_DRIVER = "use /dev/sev-guest (KernelDevice)"
_MOUNT = (
    "Linux 6.7 or later is needed, with configfs mounted (mount -t configfs none "
    f"/sys/kernel/config) and the driver loaded (modprobe sev-guest); or {_DRIVER}"
)
_RIGHTS = (
    "run it as root; or let root make an entry and give this user its attributes, and name it "
    "with entry="
)
# What this errno from making an entry means, and what helps.
_NOT_MADE = {
    codes.ENOENT: ("there is no configfs-tsm here", _MOUNT),
    codes.ENOTDIR: ("this is no configfs-tsm", _MOUNT),
    codes.ENXIO: ("no driver makes reports for configfs-tsm", "modprobe sev-guest"),
    codes.EACCES: ("this user may not make an entry", _RIGHTS),
    codes.EPERM: ("this user may not make an entry", _RIGHTS),
    codes.EROFS: ("configfs is mounted read-only, as in containers", "mount it writable"),
}
# After these the driver has wiped its key, or the key was empty before (or the driver is gone).
_KEY_IS_LOST = {codes.ENOTTY, codes.EBADMSG, codes.ETIMEDOUT}
# Somebody else removed the entry, moved its inputs, or brought its counter around; or a signal.
_DISTURBED = {codes.ENOENT, codes.EBUSY, codes.EAGAIN, codes.EINTR}


class _Disturbed(Exception):
    """What was read need not be what was asked for: it has to be done again."""


class TsmDevice(Device):
    """configfs-tsm. May be used by several threads; requests go one by one."""

    def __init__(
        self,
        root: str | os.PathLike[str] = ROOT,
        *,
        entry: str | None = None,
        files: FileSystem | None = None,
    ) -> None:
        """Look whether there is such a door, and tidy up after processes that were killed.

        Args:
            root: the directory that entries are made in.
            entry: the name of an entry that is there, which is used instead of fresh ones and not
                removed: for users who may not make one.
            files: in place of the real files.

        Raises:
            DeviceUnavailable: when the directory, or the entry, cannot be listed.
            ValueError: for an entry that is no name of a directory in `root`.
        """
        self.name = os.fsdecode(root)
        self._files = files or FileSystem()
        self._lock = ForkLock()
        self._closed = False
        self._left: list[Entry] = []  # made, and not yet removed
        self._given = self._entry_of(entry) if entry is not None else None
        try:
            if self._given is None:
                sweep(self._files, self.name)
            else:
                self._files.listdir(self._given.path)
        except ValueError:
            raise DeviceUnavailable(self.name, "open", "this is no path of a directory") from None
        except OSError as error:
            happened, remedy = _NOT_MADE.get(error.errno or 0, ("it cannot be listed", _MOUNT))
            if self._given is not None:
                happened, remedy = f"cannot list {self._given.path}", "make it first, with mkdir"
            raise DeviceUnavailable(
                self.name, "open", happened, error.errno, remedy=remedy
            ) from None

    def _entry_of(self, name: str) -> Entry:
        if name in ("", ".", "..") or "/" in name or "\0" in name:
            raise ValueError(f"entry {name!r} is no name of a directory in {self.name}")
        return Entry(self._files, f"{self.name}/{name}")

    def get_report(
        self, report_data: bytes, *, vmpl: int | None = None, key_sel: int = 0
    ) -> AttestationReport:
        """See Device. None as `vmpl` means the guest's own (``privlevel_floor``); DeviceError for
        any `key_sel` but 0, which cannot be chosen here.
        """
        return self._ask("get_report", report_data, vmpl, key_sel, extended=False).report

    def get_ext_report(
        self, report_data: bytes, *, vmpl: int | None = None, key_sel: int = 0
    ) -> ExtReport:
        return self._ask("get_ext_report", report_data, vmpl, key_sel, extended=True)

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
        """Not to be had through this door: always DeviceError."""
        key_request(
            root_key_select, key_sel, guest_field_select, vmpl or 0, guest_svn, tcb_version,
            msg_version,
        )  # fmt: skip
        if self._closed:
            raise DeviceUnavailable(self.name, "get_derived_key", "the device is closed")
        happened = "configfs-tsm makes reports, and no keys"
        raise DeviceError(self.name, "get_derived_key", happened, remedy=_DRIVER)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            for entry in [*self._left]:
                self._remove(entry, last=True)

    def _ask(
        self, operation: str, report_data: bytes, vmpl: int | None, key_sel: int, *, extended: bool
    ) -> ExtReport:
        """A report and, if it is `extended`, its certificates. Raises FormatError, DeviceError."""
        asked = report_request(report_data, vmpl or 0, key_sel)
        if asked.key_sel:
            happened = f"configfs-tsm has no choice of the signing key (key_sel {key_sel})"
            raise DeviceError(self.name, operation, happened, remedy=f"key_sel 0; or {_DRIVER}")
        with self._lock:
            if self._closed:
                happened = "nothing was sent: the device is closed"
                raise DeviceUnavailable(self.name, operation, happened)
            reason = ""
            for _ in range(ATTEMPTS):
                try:
                    with self._entry(operation) as entry:
                        return _Request(self, operation, entry, asked, vmpl).answer(extended)
                except _Disturbed as disturbed:
                    reason = str(disturbed)
        happened = f"no undisturbed report in {ATTEMPTS} attempts; at last, {reason}"
        remedy = "look for a program that writes to entries of others"
        if self._given:
            remedy += ", or leave out entry=, so that each request has its own"
        raise DeviceError(self.name, operation, happened, remedy=remedy)

    @contextmanager
    def _entry(self, operation: str) -> Iterator[Entry]:
        """An entry for one request. What was made is removed, whatever happens."""
        if self._given:
            yield self._given
            return
        entry = Entry(self._files, f"{self.name}/{fresh_name()}")
        # Noted before it is made: a signal may come right behind the system call.
        self._left.append(entry)
        try:
            try:
                entry.make()
            except AttributeFailed as error:
                self._left.remove(entry)
                raise self._not_made(operation, error) from None
            yield entry
        finally:
            if entry in self._left:
                self._remove(entry, last=False)

    def _not_made(self, operation: str, error: AttributeFailed) -> Exception:
        if error.errno == codes.EEXIST:
            return _Disturbed(f"{error}: there is one of that name")
        reason = os.strerror(error.errno or 0).lower()
        happened, remedy = _NOT_MADE.get(error.errno or 0, (f"{error}: {reason}", _MOUNT))
        return DeviceUnavailable(self.name, operation, happened, error.errno, remedy=remedy)

    def _remove(self, entry: Entry, last: bool) -> None:
        """Remove an entry; one that cannot be is tried again at the end, and then told of.

        It costs nobody the report: that is complete, and does not get worse by what stays behind.
        """
        try:
            entry.remove()
        except AttributeFailed as error:
            if last:
                name = codes.errorcode.get(error.errno or 0, "")
                warnings.warn(f"{error} ({name}); rmdir removes it", ResourceWarning, stacklevel=4)
            else:
                return
        self._left.remove(entry)


class _Request:
    """One try to get one report through one entry."""

    def __init__(
        self,
        device: TsmDevice,
        operation: str,
        entry: Entry,
        asked: SnpReportReq,
        vmpl: int | None,
    ) -> None:
        self._door = device.name
        self._operation = operation
        self._entry = entry
        self._asked = asked
        self._vmpl = vmpl
        self._generation = 0  # what the kernel's counter has to be

    def answer(self, extended: bool) -> ExtReport:
        """The report, and the certificates if it is `extended`.

        Raises _Disturbed when somebody else had a hand in it, and DeviceError.
        """
        try:
            return self._exchange(extended)
        except AttributeFailed as error:
            if error.errno == codes.ENOENT and self._entry.is_bare():
                happened, remedy = f"{error}: this is no configfs-tsm", _MOUNT
                raise self._error(happened, error.errno, DeviceUnavailable, remedy) from None
            if error.errno in _DISTURBED:
                name = codes.errorcode[error.errno or 0]
                raise _Disturbed(f"{error} ({name})") from None
            raise self._failed(error) from None

    def _failed(self, error: AttributeFailed) -> DeviceError:
        """The error for an attribute that could not be used. Only what a blob gives has the words
        of requests; all else is about files.
        """
        if error.errno in _NOT_MADE:
            return self._error(
                str(error), error.errno, DeviceUnavailable, _NOT_MADE[error.errno][1]
            )
        if error.action.endswith("blob"):
            return self._error(str(error), error.errno, DeviceError)
        happened = f"{error}: {os.strerror(error.errno).lower()}" if error.errno else str(error)
        return self._error(happened, error.errno, DeviceError, f"look at {self._entry.path}")

    def _exchange(self, extended: bool) -> ExtReport:
        entry = self._entry
        provider = entry.text("provider")
        if provider != PROVIDER:
            happened = f"the reports here are of {provider[:40]!r}, not of {PROVIDER!r}"
            raise self._error(happened, None, DeviceUnavailable, "this is no SEV-SNP guest")
        self._generation = entry.number("generation")
        level = self._set_level()
        self._write("inblob", self._asked.user_data)
        self._check_generation()  # the kernel keeps to itself what became of inblob
        try:
            outblob = entry.read("outblob", OUTBLOB_MAX)
        except AttributeFailed as error:
            self._check_generation()  # what was refused may be another's input
            raise self._refused(error) from None
        # Linux has fetched both at once, so this makes no second request.
        auxblob = entry.read("auxblob", AUXBLOB_MAX) if extended else b""
        self._check_generation()
        return ExtReport(self._read_report(outblob, level), auxblob)

    def _set_level(self) -> int:
        """Write privlevel where it matters; returns the VMPL that the report is for.

        An entry begins with 0, which a guest below VMPL0 is refused; the guest's own is the floor.
        """
        floor = self._entry.number("privlevel_floor")
        level = floor if self._vmpl is None else self._vmpl
        try:
            self._write("privlevel", str(level).encode())
        except AttributeFailed as error:
            if error.errno != codes.EINVAL:
                raise
            happened = f"vmpl {level} is not one of {floor} (privlevel_floor) to 3"
            remedy = f"ask for vmpl {floor}, or leave it out"
            raise self._error(happened, error.errno, StatusError, remedy) from None
        return level

    def _write(self, name: str, data: bytes) -> None:
        self._entry.write(name, data)
        self._generation = (self._generation + 1) % _GENERATIONS

    def _check_generation(self) -> None:
        found = self._entry.number("generation")
        if found != self._generation:
            raise _Disturbed(f"generation was {found} where our own writes make {self._generation}")

    def _read_report(self, outblob: bytes, level: int) -> AttestationReport:
        """The report, if it is the one that was asked for. It never leaves here otherwise."""
        try:
            newest = AttestationReport.VERSIONS[-1]
            report = AttestationReport.parse(outblob, assume_version=newest)
        except FormatError as error:
            raise self._error(f"what came is no report: {error}", None, DeviceError) from None
        if report.report_data != self._asked.user_data:
            raise _Disturbed("the report held other report data than was given")
        if report.vmpl != level:
            raise _Disturbed(f"the report was for VMPL {report.vmpl}, not {level}")
        return report

    def _refused(self, error: AttributeFailed) -> Exception:
        """The error for an outblob that could not be read, with inputs that are our own."""
        if error.errno == codes.EINVAL:
            happened = (
                "the firmware refused, with STATUS 0x16 or 0x27 (configfs does not say which)"
            )
            return self._error(happened, error.errno, StatusError)
        if error.errno == codes.ENXIO:
            happened = "the firmware refused, with a STATUS that configfs does not tell"
            return self._error(happened, error.errno, StatusError, _DRIVER)
        if error.errno in _KEY_IS_LOST:
            return self._error(str(error), error.errno, KeyWiped)
        if error.errno == codes.EIO:
            happened = (
                f"{error}: the key is wiped now, unless the host only had more certificates than "
                f"the {AUXBLOB_MAX} bytes that Linux takes"
            )
            return self._error(happened, error.errno, DeviceError, _DRIVER)
        return error

    def _error(
        self, happened: str, errno: int | None, kind: type[DeviceError], remedy: str = ""
    ) -> DeviceError:
        return kind(self._door, self._operation, happened, errno, remedy=remedy)
