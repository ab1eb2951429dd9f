"""The host between a guest and its firmware: what a VMM does with a guest request.

A guest that is no guest of real hardware needs someone to carry its pages. `Host` does it as KVM
does; ``snpformat.testing.HostileHost`` does it as an attacker would.

Sources: ghcb section 4.1.8 (exits 0x80000011 and 0x80000012); rules D20, D23 and D24.
"""

from __future__ import annotations

from .aead import PAGE_SIZE
from .errors import MailboxError
from .formats import CertTableEntry, VmmError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from .firmware import Firmware

    class HostLike(Protocol):
        """Whoever can stand between a guest and its firmware."""

        def guest_request(self, page: bytes) -> Answer: ...

        def extended_request(self, page: bytes, pages: int) -> Answer: ...


class SharedPage:
    """A page that guest and host share. Each read may find something else: read it once."""

    def __init__(self, contents: bytes, then: bytes | None = None) -> None:
        """`contents` is what the first read finds; `then`, if given, what all others find."""
        self._contents = contents
        self._then = then

    def __bytes__(self) -> bytes:
        found = self._contents
        if self._then is not None:
            self._contents = self._then
        return found

    def peek(self) -> bytes:
        """What the next read will find; for hosts, who put it there."""
        return self._contents


class Answer:
    """What the guest finds when it runs again.

    Attributes:
        exitinfo2: firmware code in the low 32 bits, VMM code in the high ones; 0 for success.
        page: the response page, of use only after success.
        data: what is in the data pages of an extended request, zeros behind it left out.
        pages: RBX, the pages needed, after INVALID_LEN.
        refused: not 0 when the VMM refused the exit itself: the guest kernel's own code, 2 for a
            VMM error or 4 for an exception. Nothing else counts then.
    """

    __slots__ = ("data", "exitinfo2", "page", "pages", "refused")

    def __init__(
        self,
        exitinfo2: int = 0,
        page: SharedPage | bytes = bytes(PAGE_SIZE),
        *,
        data: bytes = b"",
        pages: int = 0,
        refused: int = 0,
    ) -> None:
        self.exitinfo2 = exitinfo2
        self.page = page
        self.data = data
        self.pages = pages
        self.refused = refused


class Host:
    """Passes requests on to a firmware, and has certificates for extended ones.

    `certificates` is a certificate table as a guest gets it; empty for a host that has none. It may
    be replaced at any time.
    """

    def __init__(self, firmware: Firmware, certificates: bytes = b"") -> None:
        self.firmware = firmware
        self.certificates = certificates

    def guest_request(self, page: bytes) -> Answer:
        """A plain request."""
        try:
            return Answer(page=self.firmware.handle(page))
        except MailboxError as error:
            return Answer(error.code)

    def extended_request(self, page: bytes, pages: int) -> Answer:
        """A request with room for certificates in so many data pages.

        When they are too few it is not passed on. Without certificates the guest finds an empty
        table, as with KVM.
        """
        certificates = self.certificates
        needed = -(-len(certificates) // PAGE_SIZE)
        if pages < needed:
            return Answer(VmmError.INVALID_LEN << 32, pages=needed)
        answer = self.guest_request(page)
        if pages and not answer.exitinfo2:
            answer.data = certificates or bytes(CertTableEntry.SIZE)
        return answer
