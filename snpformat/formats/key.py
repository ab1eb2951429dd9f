"""Typed records of key.

Generated from key.yaml; change that and run `snpformat-codegen generate`.

Derived keys: the request, in its two forms, and the response. The key comes from a root key that
never leaves the chip; the guest says what is mixed into it.
"""

from __future__ import annotations

from struct import Struct

from snpformat import wire

from .report import KeySel, MsgStatus, TcbMilan, TcbTurin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

_new = object.__new__


class RootKeySel(wire.Bits):
    """The key that a derived key comes from.

    u32; bit 0 is the least significant. [abi table 19, MSG_KEY_REQ (revision 1.58)]
    """

    __slots__ = ()
    NAME = "root_key_sel"
    SIZE = 4
    BITS = (
        wire.Bit(0, 0, "root_key_select", doc="The VMRK if set, else the VCEK or VLEK."),
        wire.Bit(
            1,
            2,
            "key_sel",
            enum=KeySel,
            doc="Which of the two, when the VMRK is not used.",
            abi="1.54",
        ),
        wire.Bit(3, 31),
    )

    @property
    def root_key_select(self) -> bool:
        """The VMRK if set, else the VCEK or VLEK. Bit 0."""
        return self & 1 == 1

    @property
    def key_sel(self) -> int:
        """Which of the two, when the VMRK is not used. Bits 2:1."""
        return self >> 1 & 0x3


class GuestFieldSelect(wire.Bits):
    """What is mixed into a derived key.

    u64; bit 0 is the least significant. [abi table 19, MSG_KEY_REQ (revision 1.58)]
    """

    __slots__ = ()
    NAME = "guest_field_select"
    SIZE = 8
    BITS = (
        wire.Bit(0, 0, "policy", doc="The guest's policy."),
        wire.Bit(1, 1, "image_id", doc="IMAGE_ID of the ID block."),
        wire.Bit(2, 2, "family_id", doc="FAMILY_ID of the ID block."),
        wire.Bit(3, 3, "measurement", doc="The launch digest."),
        wire.Bit(4, 4, "guest_svn", doc="The given GUEST_SVN."),
        wire.Bit(5, 5, "tcb_version", doc="The given TCB_VERSION."),
        wire.Bit(
            6,
            6,
            "launch_mit_vector",
            doc="The given LAUNCH_MIT_VECTOR; only in requests of message version 2.",
            abi="1.58",
        ),
        wire.Bit(7, 63),
    )

    @property
    def policy(self) -> bool:
        """The guest's policy. Bit 0."""
        return self & 1 == 1

    @property
    def image_id(self) -> bool:
        """IMAGE_ID of the ID block. Bit 1."""
        return self >> 1 & 1 == 1

    @property
    def family_id(self) -> bool:
        """FAMILY_ID of the ID block. Bit 2."""
        return self >> 2 & 1 == 1

    @property
    def measurement(self) -> bool:
        """The launch digest. Bit 3."""
        return self >> 3 & 1 == 1

    @property
    def guest_svn(self) -> bool:
        """The given GUEST_SVN. Bit 4."""
        return self >> 4 & 1 == 1

    @property
    def tcb_version(self) -> bool:
        """The given TCB_VERSION. Bit 5."""
        return self >> 5 & 1 == 1

    @property
    def launch_mit_vector(self) -> bool:
        """The given LAUNCH_MIT_VECTOR; only in requests of message version 2. Bit 6."""
        return self >> 6 & 1 == 1


_struct_msg_key_req = Struct("<I4sQIIQ")
_unpack_msg_key_req = _struct_msg_key_req.unpack
_pack_msg_key_req = _struct_msg_key_req.pack


class MsgKeyReq(wire.Record):
    """Payload of a request for a derived key, message version 1.

    32 bytes (0x20). [abi table 19, MSG_KEY_REQ (revision 1.58)]
    """

    __slots__ = ()
    _values: tuple[int, bytes, int, int, int, int]

    NAME = "msg_key_req"
    SIZE = 0x20
    CITE = "abi table 19, MSG_KEY_REQ (revision 1.58)"
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
            self._values = _unpack_msg_key_req(_pack_msg_key_req(*cells))
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
            self._values = _unpack_msg_key_req(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        if reserved != "keep" or assume_version is not None:
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_msg_key_req(*self._values)

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


_struct_msg_key_req_v2 = Struct("<I4sQIIQQ")
_unpack_msg_key_req_v2 = _struct_msg_key_req_v2.unpack
_pack_msg_key_req_v2 = _struct_msg_key_req_v2.pack


class MsgKeyReqV2(wire.Record):
    """Payload of a request for a derived key, message version 2. For reading only: its length is no
    multiple of 16, which firmware 1.55 demands of every message, and no source shows padding.
    Linux cannot send it.

    40 bytes (0x28). [abi table 19, MSG_KEY_REQ (revision 1.58)]
    """

    __slots__ = ()
    _values: tuple[int, bytes, int, int, int, int, int]

    NAME = "msg_key_req_v2"
    SIZE = 0x28
    CITE = "abi table 19, MSG_KEY_REQ (revision 1.58)"
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
        wire.Field(
            0x20,
            8,
            "launch_mit_vector",
            "u64",
            hex=True,
            doc="LAUNCH_MIT_VECTOR to mix in.",
            abi="1.58",
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
        launch_mit_vector: int = 0,
    ) -> Self:
        cells = (
            root_key_select,
            bytes(4),
            guest_field_select,
            vmpl,
            guest_svn,
            tcb_version,
            launch_mit_vector,
        )
        self = _new(cls)
        try:
            self._values = _unpack_msg_key_req_v2(_pack_msg_key_req_v2(*cells))
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
            self._values = _unpack_msg_key_req_v2(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        if reserved != "keep" or assume_version is not None:
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_msg_key_req_v2(*self._values)

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

    @property
    def launch_mit_vector(self) -> int:
        """LAUNCH_MIT_VECTOR to mix in. u64 at 0x20."""
        return self._values[6]


_struct_msg_key_rsp = Struct("<I28s32s")
_unpack_msg_key_rsp = _struct_msg_key_rsp.unpack
_pack_msg_key_rsp = _struct_msg_key_rsp.pack


class MsgKeyRsp(wire.Record):
    """Payload of the answer to a request for a derived key.

    64 bytes (0x40). [abi table 21, MSG_KEY_RSP (revision 1.58)]
    """

    __slots__ = ()
    _values: tuple[int, bytes, bytes]

    NAME = "msg_key_rsp"
    SIZE = 0x40
    CITE = "abi table 21, MSG_KEY_RSP (revision 1.58)"
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
            self._values = _unpack_msg_key_rsp(_pack_msg_key_rsp(*cells))
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
            self._values = _unpack_msg_key_rsp(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        if reserved != "keep" or assume_version is not None:
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_msg_key_rsp(*self._values)

    @property
    def status(self) -> int:
        """Whether there is a key. msg_status at 0x0."""
        return self._values[0]

    @property
    def derived_key(self) -> bytes:
        """The key. bytes[32] at 0x20."""
        return self._values[2]
