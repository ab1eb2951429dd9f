"""Which requests there are, what each carries and how long its answer is.

Sizes are in bytes, without header and tag; the answer's type is the request's plus one. Requests of
migration (EXPORT, IMPORT, ABSORB, VMRK) are for migration agents and have no formats here.

Sources: snp abi, message types and their payloads (table 102, revision 1.58); rules D15 and D26;
for exact lengths defect 14.
"""

from __future__ import annotations

from . import formats
from .errors import FormatError, LocalError
from .formats.msg_hdr import MsgType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .record import Record


class Exchange:
    """A request and its answer.

    Attributes:
        request, response: the records of the payloads.
        max_version: the highest msg_version whose form `request` is.
    """

    def __init__(self, request: str, response: str, *, like_request: bool = False) -> None:
        self._names = request, response
        self._like_request = like_request
        self.max_version = 1

    @property
    def request(self) -> type[Record]:
        found: type[Record] = getattr(formats, self._names[0])
        return found

    @property
    def response(self) -> type[Record]:
        found: type[Record] = getattr(formats, self._names[1])
        return found

    def response_size(self, request_size: int) -> int:
        """How long the answer to a request of `request_size` bytes is."""
        return request_size if self._like_request else self.response.SIZE

    def check(self, payload: bytes, msg_version: int) -> None:
        """Raise LocalError unless the firmware can take `payload`.

        A version that the form is too old for has cost guests their key, so it is never sent.
        """
        if type(msg_version) is not int or not 1 <= msg_version <= self.max_version:
            raise LocalError(
                f"msg_version {msg_version!r} of {self.request.NAME} is not known; "
                f"known: 1 to {self.max_version}"
            )
        try:
            self.request.parse(payload, reserved="reject")
        except FormatError as error:
            raise LocalError(str(error)) from None


EXCHANGES = {
    MsgType.CPUID_REQ: Exchange("MsgCpuidReq", "MsgCpuidRsp", like_request=True),
    MsgType.KEY_REQ: Exchange("MsgKeyReq", "MsgKeyRsp"),
    MsgType.REPORT_REQ: Exchange("MsgReportReq", "MsgReportRsp"),
    MsgType.TSC_INFO_REQ: Exchange("MsgTscInfoReq", "MsgTscInfoRsp"),
}
