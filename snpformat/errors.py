"""What this package raises on purpose: one family, so that one ``except`` is enough."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from .fields import Field

    Raised = TypeVar("Raised", bound=BaseException)


class SnpformatError(Exception):
    """Base of every error that snpformat raises on purpose."""


class FormatError(SnpformatError, ValueError):
    """Bytes, or values for a field, that a format does not allow.

    Attributes:
        structure: name of the structure as in the spec, such as ``attestation_report``.
        field: name of the field, dotted inside nested structures; None for reserved space and
            for the structure as a whole.
        offset: bytes from the start of the outermost structure; None when no place is involved.
        value: what was refused: an int or bytes where it was read (the length, where the length is
            wrong), whatever was given to a builder; None for a secret field.
        reason: the sentence that `str()` shows behind the place.
    """

    def __init__(
        self,
        structure: str,
        field: str | None,
        offset: int | None,
        value: object,
        reason: str,
    ) -> None:
        super().__init__(structure, field, offset, value, reason)
        self.structure = structure
        self.field = field
        self.offset = offset
        self.value = value
        self.reason = reason

    def __str__(self) -> str:
        name = f"{self.structure}.{self.field}" if self.field else self.structure
        place = "" if self.offset is None else f" at {self.offset:#x}"
        return f"{name}{place}: {self.reason}"

    def inside(self, structure: str, field: Field) -> FormatError:
        """The same error with its place in the `structure` whose `field` holds this one.

        Where that is secret, so is all that the reason tells of it.
        """
        name = f"{field.name}.{self.field}" if self.field else field.name
        offset = field.offset + (self.offset or 0)
        reason = "is not as it must be (it is secret)" if field.secret else self.reason
        return FormatError(structure, name, offset, field.public(self.value), reason)


class ProtocolError(SnpformatError):
    """A conversation with the secure processor went wrong; the subclasses say whose fault it is."""


class LocalError(ProtocolError):
    """What was asked for cannot be done. Nothing was sent and no number was used."""


class KeyUnavailable(LocalError):
    """The VMPCK cannot seal another message: it is empty, retired, or its numbers are used up."""


class RemoteError(ProtocolError):
    """What came from the other side (host or firmware) is not the answer to what was asked."""


class AuthenticationError(RemoteError):
    """A guest message does not carry the tag of this key, IV and header: it was changed."""


class MailboxError(ProtocolError):
    """The firmware refused a guest message as a whole: no response was written, nothing counted.

    Attributes:
        code: the firmware's code, which the guest sees in the low half of exitinfo2.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason

    def __str__(self) -> str:
        return f"firmware code {self.code:#x}: {self.reason}"


class StoreError(SnpformatError):
    """A file of secrets cannot be used: in use, damaged, foreign, or not writable."""


def without_frames(error: Raised) -> Raised:
    """The error, to be raised again with `from None`: without the frames that it came through, and
    without what led to it. Variables in there hold keys, and some who log errors log these.
    """
    error.__context__ = None
    return error.with_traceback(None)
