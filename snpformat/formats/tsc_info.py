"""Typed records of tsc_info.

Generated from tsc_info.yaml; change that and run `snpformat-codegen generate`.

What a guest with Secure TSC asks its firmware for before it can compute time.
"""

from __future__ import annotations

from struct import Struct

from snpformat import wire

from .report import MsgStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

_new = object.__new__


_struct_msg_tsc_info_req = Struct("<128s")
_unpack_msg_tsc_info_req = _struct_msg_tsc_info_req.unpack
_pack_msg_tsc_info_req = _struct_msg_tsc_info_req.pack


class MsgTscInfoReq(wire.Record):
    """Payload of a request for the guest's TSC parameters; all zero.

    128 bytes (0x80). [abi MSG_TSC_INFO_REQ; linux struct snp_tsc_info_req]
    """

    __slots__ = ()
    _values: tuple[bytes]

    NAME = "msg_tsc_info_req"
    SIZE = 0x80
    CITE = "abi MSG_TSC_INFO_REQ; linux struct snp_tsc_info_req"
    FIELDS = (wire.Field(0x0, 128, None, "bytes[128]"),)

    def __new__(cls) -> Self:
        cells = (bytes(128),)
        self = _new(cls)
        try:
            self._values = _unpack_msg_tsc_info_req(_pack_msg_tsc_info_req(*cells))
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
            self._values = _unpack_msg_tsc_info_req(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        if reserved != "keep" or assume_version is not None:
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_msg_tsc_info_req(*self._values)


_struct_msg_tsc_info_rsp = Struct("<I4sQQI100s")
_unpack_msg_tsc_info_rsp = _struct_msg_tsc_info_rsp.unpack
_pack_msg_tsc_info_rsp = _struct_msg_tsc_info_rsp.pack


class MsgTscInfoRsp(wire.Record):
    """Payload of the answer to a request for the guest's TSC parameters.

    128 bytes (0x80). [abi MSG_TSC_INFO_RSP; linux struct snp_tsc_info_resp]
    """

    __slots__ = ()
    _values: tuple[int, bytes, int, int, int, bytes]

    NAME = "msg_tsc_info_rsp"
    SIZE = 0x80
    CITE = "abi MSG_TSC_INFO_RSP; linux struct snp_tsc_info_resp"
    FIELDS = (
        wire.Field(
            0x0,
            4,
            "status",
            "msg_status",
            enum=MsgStatus,
            doc="Whether the rest is there.",
            cite=CITE,
        ),
        wire.Field(0x4, 4, None, "bytes[4]"),
        wire.Field(
            0x8,
            8,
            "tsc_scale",
            "u64",
            hex=True,
            doc="Scale of the guest's TSC.",
            cite=CITE,
        ),
        wire.Field(
            0x10,
            8,
            "tsc_offset",
            "u64",
            hex=True,
            doc="Offset of the guest's TSC.",
            cite=CITE,
        ),
        wire.Field(
            0x18,
            4,
            "tsc_factor",
            "u32",
            doc="Mean TSC frequency = nominal frequency * (1 - tsc_factor * 0.00001). An "
            "early Linux header has it 64 bits wide, which is wrong.",
            cite=CITE,
        ),
        wire.Field(0x1C, 100, None, "bytes[100]"),
    )

    def __new__(
        cls,
        *,
        status: int = 0,
        tsc_scale: int = 0,
        tsc_offset: int = 0,
        tsc_factor: int = 0,
    ) -> Self:
        cells = (status, bytes(4), tsc_scale, tsc_offset, tsc_factor, bytes(100))
        self = _new(cls)
        try:
            self._values = _unpack_msg_tsc_info_rsp(_pack_msg_tsc_info_rsp(*cells))
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
            self._values = _unpack_msg_tsc_info_rsp(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        if reserved != "keep" or assume_version is not None:
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_msg_tsc_info_rsp(*self._values)

    @property
    def status(self) -> int:
        """Whether the rest is there. msg_status at 0x0."""
        return self._values[0]

    @property
    def tsc_scale(self) -> int:
        """Scale of the guest's TSC. u64 at 0x8."""
        return self._values[2]

    @property
    def tsc_offset(self) -> int:
        """Offset of the guest's TSC. u64 at 0x10."""
        return self._values[3]

    @property
    def tsc_factor(self) -> int:
        """Mean TSC frequency = nominal frequency * (1 - tsc_factor * 0.00001). An early Linux
        header has it 64 bits wide, which is wrong. u32 at 0x18.
        """
        return self._values[4]
