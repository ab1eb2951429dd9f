"""What every door raises when a request fails: one family, whoever answers."""

from __future__ import annotations

from ..errors import SnpformatError
from ..explain import NOT_CALLED, NOT_SENT, explain, name_of


class DeviceError(SnpformatError):
    """A request to the secure processor failed.

    ``str()`` tells what was asked, of which door, what happened and what can be done.

    Attributes:
        door: what the request went through, such as ``/dev/sev-guest``.
        operation: what was asked, such as ``get_report``.
        happened: a sentence, where the numbers do not say it all; else empty.
        errno: Linux's number, positive; None where there was none.
        exitinfo2: the 64-bit word beside it; None where none was told.
        status: STATUS of the response; None where none arrived.
        result: what an ioctl returned without an errno, where that was not 0.
        remedy: what can be done, where that is not what the numbers suggest; else empty.
    """

    def __init__(
        self,
        door: str,
        operation: str,
        happened: str = "",
        errno: int | None = None,
        exitinfo2: int | None = None,
        status: int | None = None,
        result: int | None = None,
        remedy: str = "",
    ) -> None:
        # All of it, so that the error survives a process boundary.
        super().__init__(door, operation, happened, errno, exitinfo2, status, result, remedy)
        self.door = door
        self.operation = operation
        self.happened = happened
        self.errno = abs(errno) if errno is not None else None
        self.exitinfo2 = exitinfo2
        self.status = status
        self.result = result
        self.remedy = remedy

    @property
    def fw_error(self) -> int | None:
        """The firmware's code (FwError); None where none came, as when it was not reached."""
        return None if self._unanswered else (self.exitinfo2 or 0) & 0xFFFF_FFFF

    @property
    def vmm_error(self) -> int | None:
        """The host's code (VmmError); None where none came."""
        return None if self._unanswered else (self.exitinfo2 or 0) >> 32

    @property
    def _unanswered(self) -> bool:
        return self.exitinfo2 in (None, NOT_SENT, NOT_CALLED)

    def __str__(self) -> str:
        causes = [self.happened] if self.happened else []
        remedies = [self.remedy] if self.remedy else []
        if self.happened and self.remedy:  # which say it all
            causes[0] += f" ({name_of(self.errno)})" if self.errno else ""
        elif self.errno or self.exitinfo2 or self.status or self.result:
            word = self.exitinfo2 if self.exitinfo2 or self.errno else None  # 0 alone says nothing
            told = explain(self.errno, word, self.status, result=self.result)
            causes += told.causes
            remedies = remedies or list(told.remedies)
        lines = [f"{self.operation} through {self.door}: {'; '.join(causes) or 'failed'}"]
        return "\n".join(lines + [f"  help: {remedy}" for remedy in remedies])


class DeviceUnavailable(DeviceError):
    """The door cannot be opened, or has been closed."""


class KeyWiped(DeviceError):
    """The VMPCK is gone: the driver has wiped it, or nobody may use it any more.

    Drivers wipe it when an exchange fails, since its sequence number may have been used. The first
    ones did not, and took the number for the next message, which gives the host the plain text of
    both; so a door through which this was raised sends nothing more.
    """


class Throttled(DeviceError):
    """The request was held off, and waiting for a minute did not help. Later it may succeed."""


class StatusError(DeviceError):
    """The firmware answered, with a STATUS other than 0: it does not do what was asked."""


class CertificatesTooLarge(DeviceError):
    """The host says that its certificates do not fit. The report alone can still be had."""
