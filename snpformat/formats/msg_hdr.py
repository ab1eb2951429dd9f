"""Typed records of msg_hdr.

Generated from msg_hdr.yaml; change that and run `snpformat-codegen generate`.

The guest message: what a guest and its secure processor (PSP) say to each other, one 4096-byte page
each way, in the clear only up to the end of this header.
"""

from __future__ import annotations

from struct import Struct

from snpformat import wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

_new = object.__new__


class AeadAlgo(wire.Enum):
    """The AEAD algorithm that seals a guest message.

    Numbers of 1 byte; others are kept. [abi table 101, AEAD_ALGO encodings (revision 1.58)]
    """

    INVALID = 0x0
    AES_256_GCM = 0x1  # 12-byte IV, 16-byte tag

    NAME = "aead_algo"
    NAMES = {
        0x0: "invalid",
        0x1: "aes_256_gcm",
    }
    DOCS = {
        0x1: "12-byte IV, 16-byte tag",
    }


class MsgType(wire.Enum):
    """What the payload is. The response to a request has the next number.

    Numbers of 1 byte; others are kept. [abi table 102, message type encodings (revision 1.58)]
    """

    INVALID = 0x0
    CPUID_REQ = 0x1
    CPUID_RSP = 0x2
    KEY_REQ = 0x3
    KEY_RSP = 0x4
    REPORT_REQ = 0x5
    REPORT_RSP = 0x6
    EXPORT_REQ = 0x7
    EXPORT_RSP = 0x8
    IMPORT_REQ = 0x9
    IMPORT_RSP = 0xA
    ABSORB_REQ = 0xB
    ABSORB_RSP = 0xC
    VMRK_REQ = 0xD
    VMRK_RSP = 0xE
    ABSORB_NOMA_REQ = 0xF
    ABSORB_NOMA_RSP = 0x10
    TSC_INFO_REQ = 0x11
    TSC_INFO_RSP = 0x12

    NAME = "msg_type"
    NAMES = {
        0x0: "invalid",
        0x1: "cpuid_req",
        0x2: "cpuid_rsp",
        0x3: "key_req",
        0x4: "key_rsp",
        0x5: "report_req",
        0x6: "report_rsp",
        0x7: "export_req",
        0x8: "export_rsp",
        0x9: "import_req",
        0xA: "import_rsp",
        0xB: "absorb_req",
        0xC: "absorb_rsp",
        0xD: "vmrk_req",
        0xE: "vmrk_rsp",
        0xF: "absorb_noma_req",
        0x10: "absorb_noma_rsp",
        0x11: "tsc_info_req",
        0x12: "tsc_info_rsp",
    }


_struct_msg_hdr = Struct("<32sQ8sBBHBBH4sB35s")
_unpack_msg_hdr = _struct_msg_hdr.unpack
_pack_msg_hdr = _struct_msg_hdr.pack


class MsgHdr(wire.Record):
    """Header of a guest message; the encrypted payload follows at 0x60. Bytes 0x30 to 0x5f are
    authenticated as they stand (AAD). Reserved bytes are zero in requests; in responses they are
    whatever the firmware left there, so authenticate what was received and never rebuild it.

    96 bytes (0x60). [abi table 100, message header format (revision 1.58)]
    """

    __slots__ = ()
    _values: tuple[bytes, int, bytes, int, int, int, int, int, int, bytes, int, bytes]

    NAME = "msg_hdr"
    SIZE = 0x60
    CITE = "abi table 100, message header format (revision 1.58)"
    SPANS = {"tag": (0x0, 0x10), "aad": (0x30, 0x60)}
    FIELDS = (
        wire.Field(
            0x0,
            32,
            "authtag",
            "bytes[32]",
            default=bytes(32),
            doc="Authentication tag. AES-256-GCM fills the first 16 bytes; write the other 16"
            " as zero in requests and ignore them in responses.",
            cite=CITE,
        ),
        wire.Field(
            0x20,
            8,
            "msg_seqno",
            "u64",
            doc="Sequence number, and with four zero bytes behind it the IV. Odd in requests,"
            " even in responses. Not part of the AAD; it is bound through the IV.",
            cite=CITE,
        ),
        wire.Field(0x28, 8, None, "bytes[8]"),
        wire.Field(
            0x30,
            1,
            "algo",
            "aead_algo",
            default=1,
            enum=AeadAlgo,
            doc="AEAD algorithm.",
            cite=CITE,
        ),
        wire.Field(0x31, 1, "hdr_version", "u8", const=1, doc="Version of this header.", cite=CITE),
        wire.Field(
            0x32,
            2,
            "hdr_size",
            "u16",
            const=0x60,
            hex=True,
            doc="Size of this header.",
            cite=CITE,
        ),
        wire.Field(
            0x34,
            1,
            "msg_type",
            "msg_type",
            enum=MsgType,
            doc="What the payload is.",
            cite=CITE,
        ),
        wire.Field(
            0x35,
            1,
            "msg_version",
            "u8",
            default=1,
            minimum=1,
            doc="Version of the payload's form. 1 for every message but KEY_REQ, which has a "
            "2 in 1.58.",
            cite=CITE,
        ),
        wire.Field(
            0x36,
            2,
            "msg_size",
            "u16",
            maximum=0xFA0,
            doc="Bytes of payload, without the tag.",
            cite=CITE,
        ),
        wire.Field(0x38, 4, None, "bytes[4]"),
        wire.Field(
            0x3C,
            1,
            "msg_vmpck",
            "u8",
            maximum=3,
            doc="Number of the VMPCK that seals it, 0 to 3.",
            cite=CITE,
        ),
        wire.Field(0x3D, 35, None, "bytes[35]"),
    )

    def __new__(
        cls,
        *,
        authtag: bytes = bytes(32),
        msg_seqno: int = 0,
        algo: int = 1,
        msg_type: int = 0,
        msg_version: int = 1,
        msg_size: int = 0,
        msg_vmpck: int = 0,
    ) -> Self:
        cells = (
            authtag,
            msg_seqno,
            bytes(8),
            algo,
            1,
            0x60,
            msg_type,
            msg_version,
            msg_size,
            bytes(4),
            msg_vmpck,
            bytes(35),
        )
        self = _new(cls)
        try:
            self._values = _unpack_msg_hdr(_pack_msg_hdr(*cells))
        except wire.MALFORMED:
            raise wire.value_error(cls, locals()) from None
        if self._values != cells or msg_version < 1 or msg_size > 0xFA0 or msg_vmpck > 3:
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
            self._values = values = _unpack_msg_hdr(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        if values[4] != 1 or values[5] != 0x60:
            raise wire.refused_bytes(cls, data)
        if reserved != "keep" or assume_version is not None:
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_msg_hdr(*self._values)

    @property
    def authtag(self) -> bytes:
        """Authentication tag. AES-256-GCM fills the first 16 bytes; write the other 16 as zero in
        requests and ignore them in responses. bytes[32] at 0x0.
        """
        return self._values[0]

    @property
    def msg_seqno(self) -> int:
        """Sequence number, and with four zero bytes behind it the IV. Odd in requests, even in
        responses. Not part of the AAD; it is bound through the IV. u64 at 0x20.
        """
        return self._values[1]

    @property
    def algo(self) -> int:
        """AEAD algorithm. aead_algo at 0x30."""
        return self._values[3]

    @property
    def hdr_version(self) -> int:
        """Version of this header. u8 at 0x31."""
        return self._values[4]

    @property
    def hdr_size(self) -> int:
        """Size of this header. u16 at 0x32."""
        return self._values[5]

    @property
    def msg_type(self) -> int:
        """What the payload is. msg_type at 0x34."""
        return self._values[6]

    @property
    def msg_version(self) -> int:
        """Version of the payload's form. 1 for every message but KEY_REQ, which has a 2 in 1.58. u8
        at 0x35.
        """
        return self._values[7]

    @property
    def msg_size(self) -> int:
        """Bytes of payload, without the tag. u16 at 0x36."""
        return self._values[8]

    @property
    def msg_vmpck(self) -> int:
        """Number of the VMPCK that seals it, 0 to 3. u8 at 0x3c."""
        return self._values[10]
