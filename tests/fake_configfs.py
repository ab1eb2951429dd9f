"""A configfs-tsm in memory that behaves like the kernel's, down to what it keeps to itself.

It has the operations of ``snpformat.device.configfs.FileSystem``. Rules are those of Linux 6.12:

- making a directory brings its attributes, and needs a provider (ENXIO); one that somebody holds
  open is not removed (EBUSY);
- ``inblob`` takes 1 to 64 bytes (EFBIG for more) and takes effect at the close, whose errors the
  writer never sees; another length than 64 is noticed by the provider, when a report is read;
- ``privlevel`` takes privlevel_floor to 3 (EINVAL);
- each write that takes effect adds 1 to ``generation``; one that would bring it around to the value
  of the last report is refused (EBUSY);
- reading ``outblob`` or ``auxblob`` makes a report if the inputs moved on since the last one, with
  whatever inputs there are now; EINVAL before inblob was written;
- STATUS 0x16 and 0x27 read as EINVAL, others as ENXIO, and a key that is gone as ENOTTY.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snpformat.device.configfs import FileSystem
from snpformat.device.tsm import TsmDevice
from snpformat.formats import AttestationReport

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = "/sys/kernel/config/tsm/report"
WRAP = 1 << 64
INBLOB_MAX = 64

DATA = bytes(range(64))
OTHER = bytes(64)

TEXTS = ("provider", "generation", "privlevel_floor")
BLOBS = ("outblob", "auxblob")
INPUTS = ("inblob", "privlevel")


class Status(Exception):
    """What `get_report` raises for a STATUS other than 0."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def plain_report(report_data: bytes, vmpl: int) -> bytes:
    """A report without a signature; the least that can stand behind a fake."""
    return AttestationReport(version=3, report_data=report_data, vmpl=vmpl).build()


@dataclass
class Report:
    """The state of one entry."""

    inblob: bytes = b""
    privlevel: int = 0
    written: int = 0  # the kernel's write_generation
    read: int = 0  # its read_generation
    blobs: dict[str, bytes] | None = None
    held: int = 0  # how often it is open


@dataclass
class FakeConfigfs(FileSystem):
    """The tree.

    Attributes:
        get_report: called with report data and VMPL; gives the report's bytes, or raises Status or
            OSError.
        certificates: what auxblob reads.
        floor: privlevel_floor.
        provider: its name; None for none.
        root: where the tree is; None where there is no configfs-tsm.
        key: whether there is one.
        errors: errno to give, by operation such as ``mkdir`` or ``read outblob``.
        hook: called before each operation, with that and its path; whatever it does comes first.
        log: the operations, in order.
    """

    get_report: Callable[[bytes, int], bytes] = plain_report
    certificates: bytes = b""
    floor: int = 0
    provider: str | None = "sev_guest"
    root: str | None = ROOT
    key: bool = True
    errors: dict[str, int] = field(default_factory=dict)
    hook: Callable[[str, str], None] | None = None
    entries: dict[str, Report] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    made: int = 0
    reports: int = 0

    # The operations

    def mkdir(self, path: str) -> None:
        name = self._entry_name("mkdir", path)
        if self.provider is None:
            raise _os_error(errno.ENXIO, path)
        if name in self.entries:
            raise _os_error(errno.EEXIST, path)
        self.entries[name] = Report()
        self.made += 1

    def rmdir(self, path: str) -> None:
        name = self._entry_name("rmdir", path)
        if self._report(path).held:
            raise _os_error(errno.EBUSY, path)
        del self.entries[name]

    def listdir(self, path: str) -> list[str]:
        self._before("listdir", path)
        if path == self.root:
            return list(self.entries)
        self._report(path)
        return [*TEXTS, *BLOBS, *INPUTS]

    def read(self, path: str, limit: int) -> bytes:
        directory, _, name = path.rpartition("/")
        self._before(f"read {name}", path)
        report = self._report(directory)
        if name in INPUTS:
            raise _os_error(errno.EACCES, path)
        if name in BLOBS:
            return self._blob(report, name)[:limit]
        if name not in TEXTS:
            raise _os_error(errno.ENOENT, path)
        if name == "provider" and self.provider is None:
            raise _os_error(errno.ENXIO, path)
        values = {"generation": report.written, "privlevel_floor": self.floor}
        return f"{values.get(name, self.provider)}\n".encode()[:limit]

    def write(self, path: str, data: bytes) -> None:
        directory, _, name = path.rpartition("/")
        self._before(f"write {name}", path)
        report = self._report(directory)
        if name in (*TEXTS, *BLOBS):
            raise _os_error(errno.EACCES, path)
        if name == "inblob":
            if len(data) > INBLOB_MAX:
                raise _os_error(errno.EFBIG, path)
            # At the close: what goes wrong now is lost.
            if data and self._advance(report):
                report.inblob = data
        elif name == "privlevel":
            level = int(data) if data.strip().isdigit() else -1
            if not self.floor <= level <= 3:
                raise _os_error(errno.EINVAL, path)
            if not self._advance(report):
                raise _os_error(errno.EBUSY, path)
            report.privlevel = level
        else:
            raise _os_error(errno.ENOENT, path)

    # What others do

    def hold(self, path: str) -> Report:
        """Somebody opens an entry, and does not close it."""
        report = self._report(path)
        report.held += 1
        return report

    # The kernel's insides

    def _before(self, operation: str, path: str) -> None:
        """Let the hook in, but not into what itself does; then fail as was ordered."""
        self.log.append(operation)
        hook, self.hook = self.hook, None
        if hook is not None:
            try:
                hook(operation, path)
            finally:
                self.hook = self.hook or hook
        if operation in self.errors:
            raise _os_error(self.errors[operation], path)
        if self.root is None:
            raise _os_error(errno.ENOENT, path)

    def _entry_name(self, operation: str, path: str) -> str:
        self._before(operation, path)
        directory, _, name = path.rpartition("/")
        if directory != self.root or not name:
            raise _os_error(errno.ENOENT, path)
        return name

    def _report(self, path: str) -> Report:
        directory, _, name = path.rpartition("/")
        if directory != self.root or name not in self.entries:
            raise _os_error(errno.ENOENT, path)
        return self.entries[name]

    def _advance(self, report: Report) -> bool:
        if report.written == (report.read - 1) % WRAP:
            return False
        report.written = (report.written + 1) % WRAP
        return True

    def _blob(self, report: Report, name: str) -> bytes:
        if self.provider is None:
            raise _os_error(errno.ENOTTY, name)
        if not report.inblob:
            raise _os_error(errno.EINVAL, name)
        if report.blobs is None or report.read != report.written:
            report.blobs = None
            report.blobs = self._new_blobs(report)
            report.read = report.written
        return report.blobs[name]

    def _new_blobs(self, report: Report) -> dict[str, bytes]:
        if len(report.inblob) != INBLOB_MAX:
            raise _os_error(errno.EINVAL, "outblob")
        if not self.key:
            raise _os_error(errno.ENOTTY, "outblob")
        self.reports += 1
        try:
            outblob = self.get_report(report.inblob, report.privlevel)
        except Status as refused:
            known = refused.status in (0x16, 0x27)
            raise _os_error(errno.EINVAL if known else errno.ENXIO, "outblob") from None
        return {"outblob": outblob, "auxblob": self.certificates}


def _os_error(number: int, path: str) -> OSError:
    return OSError(number, "fake", path)


def door(fake: FakeConfigfs, **options: str) -> TsmDevice:
    """The device on such a tree."""
    return TsmDevice(fake.root or ROOT, files=fake, **options)


def entry_of(path: str) -> str:
    """The path of the entry that a path in it belongs to."""
    return "/".join(path.split("/")[: len(ROOT.split("/")) + 1])
