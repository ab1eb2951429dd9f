"""Typed records of ioctl.

Generated from ioctl.yaml; change that and run `snpformat-codegen generate`.

The user-space interface of /dev/sev-guest: three requests, and the structures they carry. C
structures of a 64-bit little-endian system, padding declared.
"""

from __future__ import annotations

from struct import Struct

from snpformat import wire

from .codes import FwError, VmmError
from .key import GuestFieldSelect, RootKeySel
from .report import MsgReportRsp, MsgStatus, ReportKeySel, TcbMilan, TcbTurin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

_new = object.__new__


class Exitinfo2(wire.Bits):
    """What came back beside the response, from the firmware and from the host. All 64 bits set
    means that the firmware was not reached: compare the whole word before you take it apart.

    u64; bit 0 is the least significant. [uapi struct snp_guest_request_ioctl]
    """

    __slots__ = ()
    NAME = "exitinfo2"
    SIZE = 8
    BITS = (
        wire.Bit(0, 31, "fw_error", enum=FwError, doc="Code of the firmware."),
        wire.Bit(32, 63, "vmm_error", enum=VmmError, doc="Code of the host."),
    )

    @property
    def fw_error(self) -> int:
        """Code of the firmware. Bits 31:0."""
        return self & 0xFFFFFFFF

    @property
    def vmm_error(self) -> int:
        """Code of the host. Bits 63:32."""
        return self >> 32 & 0xFFFFFFFF


_struct_snp_guest_request_ioctl = Struct("<B7sQQQ")
_unpack_snp_guest_request_ioctl = _struct_snp_guest_request_ioctl.unpack
_pack_snp_guest_request_ioctl = _struct_snp_guest_request_ioctl.pack


class SnpGuestRequestIoctl(wire.Record):
    """The argument of every request. The kernel writes it back only when exitinfo2 is not zero, and
    after a success it is zero there: so set it to zero before the call, or an old error stays.
    Until the firmware is asked it is 0xff, while it is asked all bits are set. A result above 0
    is a failure like one below. A result of 0 says that the firmware answered; what, is in
    STATUS of the response.

    32 bytes (0x20). [uapi struct snp_guest_request_ioctl]
    """

    __slots__ = ()
    _values: tuple[int, bytes, int, int, int]

    NAME = "snp_guest_request_ioctl"
    SIZE = 0x20
    CITE = "uapi struct snp_guest_request_ioctl"
    FIELDS = (
        wire.Field(
            0x0,
            1,
            "msg_version",
            "u8",
            default=1,
            minimum=1,
            doc="Version of the message; zero is refused. The driver's document calls it u32:"
            " for values up to 255 the bytes are the same, since the padding behind it is"
            " zero.",
            cite=CITE,
        ),
        wire.Field(0x1, 7, None, "bytes[7]"),
        wire.Field(
            0x8,
            8,
            "req_data",
            "u64",
            hex=True,
            doc="Address of the request structure.",
            cite=CITE,
        ),
        wire.Field(
            0x10,
            8,
            "resp_data",
            "u64",
            hex=True,
            doc="Address of the response structure.",
            cite=CITE,
        ),
        wire.Field(
            0x18,
            8,
            "exitinfo2",
            "exitinfo2",
            bits=Exitinfo2,
            also=("fw_err", "fw_error", "vmm_error"),
            hex=True,
            doc="What went wrong, if something did. Older headers have one word, fw_err, at "
            "this place; newer ones a union of it with fw_error and vmm_error, its two "
            "halves.",
            cite=CITE,
        ),
    )

    def __new__(
        cls,
        *,
        msg_version: int = 1,
        req_data: int = 0,
        resp_data: int = 0,
        exitinfo2: int = 0,
    ) -> Self:
        cells = (msg_version, bytes(7), req_data, resp_data, exitinfo2)
        self = _new(cls)
        try:
            self._values = _unpack_snp_guest_request_ioctl(_pack_snp_guest_request_ioctl(*cells))
        except wire.MALFORMED:
            raise wire.value_error(cls, locals()) from None
        if self._values != cells or msg_version < 1:
            raise wire.value_error(cls, locals())
        return self

    @classmethod
    def parse(
        cls,
        data: wire.Buffer,
        *,
        reserved: wire.Reserved = "keep",
        assume_version: int | None = None,
    ) -> Self:
        self = _new(cls)
        try:
            self._values = _unpack_snp_guest_request_ioctl(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        if reserved != "keep" or assume_version is not None:
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_snp_guest_request_ioctl(*self._values)

    @property
    def msg_version(self) -> int:
        """Version of the message; zero is refused. The driver's document calls it u32: for values
        up to 255 the bytes are the same, since the padding behind it is zero. u8 at 0x0.
        """
        return self._values[0]

    @property
    def req_data(self) -> int:
        """Address of the request structure. u64 at 0x8."""
        return self._values[2]

    @property
    def resp_data(self) -> int:
        """Address of the response structure. u64 at 0x10."""
        return self._values[3]

    @property
    def exitinfo2(self) -> Exitinfo2:
        """What went wrong, if something did. Older headers have one word, fw_err, at this place;
        newer ones a union of it with fw_error and vmm_error, its two halves. exitinfo2 at 0x18.
        """
        return Exitinfo2(self._values[4])

    @property
    def fw_err(self) -> int:
        """Another name of exitinfo2."""
        value = self.exitinfo2
        return int(value)

    @property
    def fw_error(self) -> int:
        """Code of the firmware. fw_error of exitinfo2."""
        value = self.exitinfo2
        return value.fw_error

    @property
    def vmm_error(self) -> int:
        """Code of the host. vmm_error of exitinfo2."""
        value = self.exitinfo2
        return value.vmm_error


_struct_snp_report_req = Struct("<64sII24s")
_unpack_snp_report_req = _struct_snp_report_req.unpack
_pack_snp_report_req = _struct_snp_report_req.pack


class SnpReportReq(wire.Record):
    """Request of SNP_GET_REPORT; MSG_REPORT_REQ as it goes to the firmware.

    96 bytes (0x60). [uapi struct snp_report_req; abi table 22, MSG_REPORT_REQ (revision 1.58)]
    """

    __slots__ = ()
    _values: tuple[bytes, int, int, bytes]

    NAME = "snp_report_req"
    SIZE = 0x60
    CITE = "uapi struct snp_report_req; abi table 22, MSG_REPORT_REQ (revision 1.58)"
    FIELDS = (
        wire.Field(
            0x0,
            64,
            "user_data",
            "bytes[64]",
            default=bytes(64),
            doc="The guest's own bytes, returned in the report.",
            cite=CITE,
        ),
        wire.Field(
            0x40,
            4,
            "vmpl",
            "u32",
            maximum=3,
            doc="VMPL to put in the report, 0 to 3; not below the caller's own, else STATUS 0x16.",
            cite=CITE,
        ),
        wire.Field(
            0x44,
            4,
            "key_sel",
            "report_key_sel",
            bits=ReportKeySel,
            hex=True,
            doc="The key to sign with. The kernel's header has these bytes reserved and "
            "passes them on, so this works with every kernel.",
            abi="1.54",
            cite=CITE,
        ),
        wire.Field(0x48, 24, None, "bytes[24]"),
    )

    def __new__(cls, *, user_data: bytes = bytes(64), vmpl: int = 0, key_sel: int = 0) -> Self:
        cells = (user_data, vmpl, key_sel, bytes(24))
        self = _new(cls)
        try:
            self._values = _unpack_snp_report_req(_pack_snp_report_req(*cells))
        except wire.MALFORMED:
            raise wire.value_error(cls, locals()) from None
        if self._values != cells or vmpl > 3:
            raise wire.value_error(cls, locals())
        return self

    @classmethod
    def parse(
        cls,
        data: wire.Buffer,
        *,
        reserved: wire.Reserved = "keep",
        assume_version: int | None = None,
    ) -> Self:
        self = _new(cls)
        try:
            self._values = _unpack_snp_report_req(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        if reserved != "keep" or assume_version is not None:
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_snp_report_req(*self._values)

    @property
    def user_data(self) -> bytes:
        """The guest's own bytes, returned in the report. bytes[64] at 0x0."""
        return self._values[0]

    @property
    def vmpl(self) -> int:
        """VMPL to put in the report, 0 to 3; not below the caller's own, else STATUS 0x16. u32 at
        0x40.
        """
        return self._values[1]

    @property
    def key_sel(self) -> ReportKeySel:
        """The key to sign with. The kernel's header has these bytes reserved and passes them on, so
        this works with every kernel. report_key_sel at 0x44.
        """
        return ReportKeySel(self._values[2])


_struct_snp_report_resp = Struct("<1216s2784s")
_unpack_snp_report_resp = _struct_snp_report_resp.unpack
_pack_snp_report_resp = _struct_snp_report_resp.pack


class SnpReportResp(wire.Record):
    """What SNP_GET_REPORT fills in: the payload of the response as decrypted, and zeros. The ioctl
    succeeds whatever STATUS says.

    4000 bytes (0xFA0). [uapi struct snp_report_resp]
    """

    __slots__ = ("_parts",)
    _values: tuple[bytes, bytes]
    _parts: tuple[MsgReportRsp]

    NAME = "snp_report_resp"
    SIZE = 0xFA0
    CITE = "uapi struct snp_report_resp"
    FIELDS = (
        wire.Field(
            0x0,
            1216,
            "response",
            "msg_report_rsp",
            record=MsgReportRsp,
            doc="The decrypted payload.",
            cite=CITE,
        ),
        wire.Field(0x4C0, 2784, None, "bytes[2784]"),
    )

    def __new__(cls, *, response: MsgReportRsp | None = None) -> Self:
        response = wire.part(cls, "response", MsgReportRsp, response)
        cells = (response.build(), bytes(2784))
        self = _new(cls)
        try:
            self._values = _unpack_snp_report_resp(_pack_snp_report_resp(*cells))
        except wire.MALFORMED:
            raise wire.value_error(cls, locals()) from None
        if self._values != cells:
            raise wire.value_error(cls, locals())
        self._parts = (response,)
        return self

    @classmethod
    def parse(
        cls,
        data: wire.Buffer,
        *,
        reserved: wire.Reserved = "keep",
        assume_version: int | None = None,
    ) -> Self:
        self = _new(cls)
        try:
            self._values = values = _unpack_snp_report_resp(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        response = wire.parse_part(cls, "response", MsgReportRsp, values[0], assume_version)
        self._parts = (response,)
        if reserved != "keep":
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_snp_report_resp(*self._values)

    @property
    def response(self) -> MsgReportRsp:
        """The decrypted payload. msg_report_rsp at 0x0."""
        return self._parts[0]


_struct_snp_derived_key_req = Struct("<I4sQIIQ")
_unpack_snp_derived_key_req = _struct_snp_derived_key_req.unpack
_pack_snp_derived_key_req = _struct_snp_derived_key_req.pack


class SnpDerivedKeyReq(wire.Record):
    """Request of SNP_GET_DERIVED_KEY: MSG_KEY_REQ in its first form. The second one (message
    version 2) has 8 bytes more and does not fit through this interface; never send that version
    with this form.

    32 bytes (0x20). [uapi struct snp_derived_key_req; abi table 19, MSG_KEY_REQ (revision 1.58)]
    """

    __slots__ = ()
    _values: tuple[int, bytes, int, int, int, int]

    NAME = "snp_derived_key_req"
    SIZE = 0x20
    CITE = "uapi struct snp_derived_key_req; abi table 19, MSG_KEY_REQ (revision 1.58)"
    FIELDS = (
        wire.Field(
            0x0,
            4,
            "root_key_select",
            "root_key_sel",
            bits=RootKeySel,
            hex=True,
            doc="The key to derive from.",
            cite=CITE,
        ),
        wire.Field(0x4, 4, None, "bytes[4]"),
        wire.Field(
            0x8,
            8,
            "guest_field_select",
            "guest_field_select",
            bits=GuestFieldSelect,
            hex=True,
            doc="What is mixed in.",
            cite=CITE,
        ),
        wire.Field(
            0x10,
            4,
            "vmpl",
            "u32",
            maximum=3,
            doc="VMPL to mix in, 0 to 3; not below the caller's own.",
            cite=CITE,
        ),
        wire.Field(
            0x14,
            4,
            "guest_svn",
            "u32",
            doc="GUEST_SVN to mix in; not above the guest's.",
            cite=CITE,
        ),
        wire.Field(
            0x18,
            8,
            "tcb_version",
            "u64",
            view=("product", {"milan": TcbMilan, "genoa": TcbMilan, "turin": TcbTurin}),
            hex=True,
            doc="TCB_VERSION to mix in; no part above the committed one.",
            cite=CITE,
        ),
    )

    def __new__(
        cls,
        *,
        root_key_select: int = 0,
        guest_field_select: int = 0,
        vmpl: int = 0,
        guest_svn: int = 0,
        tcb_version: int = 0,
    ) -> Self:
        cells = (root_key_select, bytes(4), guest_field_select, vmpl, guest_svn, tcb_version)
        self = _new(cls)
        try:
            self._values = _unpack_snp_derived_key_req(_pack_snp_derived_key_req(*cells))
        except wire.MALFORMED:
            raise wire.value_error(cls, locals()) from None
        if self._values != cells or vmpl > 3:
            raise wire.value_error(cls, locals())
        return self

    @classmethod
    def parse(
        cls,
        data: wire.Buffer,
        *,
        reserved: wire.Reserved = "keep",
        assume_version: int | None = None,
    ) -> Self:
        self = _new(cls)
        try:
            self._values = _unpack_snp_derived_key_req(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        if reserved != "keep" or assume_version is not None:
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_snp_derived_key_req(*self._values)

    @property
    def root_key_select(self) -> RootKeySel:
        """The key to derive from. root_key_sel at 0x0."""
        return RootKeySel(self._values[0])

    @property
    def guest_field_select(self) -> GuestFieldSelect:
        """What is mixed in. guest_field_select at 0x8."""
        return GuestFieldSelect(self._values[2])

    @property
    def vmpl(self) -> int:
        """VMPL to mix in, 0 to 3; not below the caller's own. u32 at 0x10."""
        return self._values[3]

    @property
    def guest_svn(self) -> int:
        """GUEST_SVN to mix in; not above the guest's. u32 at 0x14."""
        return self._values[4]

    @property
    def tcb_version(self) -> int:
        """TCB_VERSION to mix in; no part above the committed one. u64 at 0x18."""
        return self._values[5]

    def tcb_version_view(self, product: str | None = None) -> TcbMilan | TcbTurin | None:
        """The parts of tcb_version, by the product that the record tells, else by the one given;
        None while it is unknown. Raises ValueError for one that does not exist.
        """
        chosen = wire.choose(self, "product", product, ("milan", "genoa", "turin"))
        value = self.tcb_version
        if chosen in ("milan", "genoa"):
            return TcbMilan(value)
        if chosen == "turin":
            return TcbTurin(value)
        return None


_struct_snp_derived_key_resp = Struct("<I28s32s")
_unpack_snp_derived_key_resp = _struct_snp_derived_key_resp.unpack
_pack_snp_derived_key_resp = _struct_snp_derived_key_resp.pack


class SnpDerivedKeyResp(wire.Record):
    """What SNP_GET_DERIVED_KEY fills in. The ioctl succeeds whatever STATUS says.

    64 bytes (0x40). [uapi struct snp_derived_key_resp; abi table 21, MSG_KEY_RSP (revision 1.58)]
    """

    __slots__ = ()
    _values: tuple[int, bytes, bytes]

    NAME = "snp_derived_key_resp"
    SIZE = 0x40
    CITE = "uapi struct snp_derived_key_resp; abi table 21, MSG_KEY_RSP (revision 1.58)"
    FIELDS = (
        wire.Field(
            0x0,
            4,
            "status",
            "msg_status",
            enum=MsgStatus,
            doc="Whether there is a key.",
            cite=CITE,
        ),
        wire.Field(0x4, 28, None, "bytes[28]"),
        wire.Field(
            0x20,
            32,
            "derived_key",
            "bytes[32]",
            default=bytes(32),
            secret=True,
            doc="The key.",
            cite=CITE,
        ),
    )

    def __new__(cls, *, status: int = 0, derived_key: bytes = bytes(32)) -> Self:
        cells = (status, bytes(28), derived_key)
        self = _new(cls)
        try:
            self._values = _unpack_snp_derived_key_resp(_pack_snp_derived_key_resp(*cells))
        except wire.MALFORMED:
            raise wire.value_error(cls, locals()) from None
        if self._values != cells:
            raise wire.value_error(cls, locals())
        return self

    @classmethod
    def parse(
        cls,
        data: wire.Buffer,
        *,
        reserved: wire.Reserved = "keep",
        assume_version: int | None = None,
    ) -> Self:
        self = _new(cls)
        try:
            self._values = _unpack_snp_derived_key_resp(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        if reserved != "keep" or assume_version is not None:
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_snp_derived_key_resp(*self._values)

    @property
    def status(self) -> int:
        """Whether there is a key. msg_status at 0x0."""
        return self._values[0]

    @property
    def derived_key(self) -> bytes:
        """The key. bytes[32] at 0x20."""
        return self._values[2]


_struct_snp_ext_report_req = Struct("<96sQI4s")
_unpack_snp_ext_report_req = _struct_snp_ext_report_req.unpack
_pack_snp_ext_report_req = _struct_snp_ext_report_req.pack


class SnpExtReportReq(wire.Record):
    """Request of SNP_GET_EXT_REPORT: a report, and the certificates that the host has for it.

    112 bytes (0x70). [uapi struct snp_ext_report_req]
    """

    __slots__ = ("_parts",)
    _values: tuple[bytes, int, int, bytes]
    _parts: tuple[SnpReportReq]

    NAME = "snp_ext_report_req"
    SIZE = 0x70
    CITE = "uapi struct snp_ext_report_req"
    FIELDS = (
        wire.Field(
            0x0,
            96,
            "data",
            "snp_report_req",
            record=SnpReportReq,
            doc="The request for the report.",
            cite=CITE,
        ),
        wire.Field(
            0x60,
            8,
            "certs_address",
            "u64",
            hex=True,
            doc="Where to put the certificates.",
            cite=CITE,
        ),
        wire.Field(
            0x68,
            4,
            "certs_len",
            "u32",
            doc="Bytes there, a multiple of 4096 and at most 16 KiB; 0 asks for none. The "
            "driver writes the length that is needed when this one is too small.",
            cite=CITE,
        ),
        wire.Field(0x6C, 4, None, "bytes[4]"),
    )

    def __new__(
        cls,
        *,
        data: SnpReportReq | None = None,
        certs_address: int = 0,
        certs_len: int = 0,
    ) -> Self:
        data = wire.part(cls, "data", SnpReportReq, data)
        cells = (data.build(), certs_address, certs_len, bytes(4))
        self = _new(cls)
        try:
            self._values = _unpack_snp_ext_report_req(_pack_snp_ext_report_req(*cells))
        except wire.MALFORMED:
            raise wire.value_error(cls, locals()) from None
        if self._values != cells:
            raise wire.value_error(cls, locals())
        self._parts = (data,)
        return self

    @classmethod
    def parse(
        cls,
        data: wire.Buffer,
        *,
        reserved: wire.Reserved = "keep",
        assume_version: int | None = None,
    ) -> Self:
        self = _new(cls)
        try:
            self._values = values = _unpack_snp_ext_report_req(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        _data = wire.parse_part(cls, "data", SnpReportReq, values[0], None)
        self._parts = (_data,)
        if reserved != "keep" or assume_version is not None:
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_snp_ext_report_req(*self._values)

    @property
    def data(self) -> SnpReportReq:
        """The request for the report. snp_report_req at 0x0."""
        return self._parts[0]

    @property
    def certs_address(self) -> int:
        """Where to put the certificates. u64 at 0x60."""
        return self._values[1]

    @property
    def certs_len(self) -> int:
        """Bytes there, a multiple of 4096 and at most 16 KiB; 0 asks for none. The driver writes
        the length that is needed when this one is too small. u32 at 0x68.
        """
        return self._values[2]
