"""Typed records of os_area.

Generated from os_area.yaml; change that and run `snpformat-codegen generate`.

The part of the secrets page that belongs to the guest's software: where it keeps the sequence
numbers of its messages. Defined by the GHCB specification, not by the firmware's.
"""

from __future__ import annotations

from struct import Struct

from snpformat import wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

_new = object.__new__


_struct_os_area = Struct("<IIIIQIIII22sH32s")
_unpack_os_area = _struct_os_area.unpack
_pack_os_area = _struct_os_area.pack


class OsArea(wire.VersionedRecord):
    """Guest area of the secrets page. Linux uses the low words only and stops where they end; high
    words that it does not use must be kept. One early source gives the area 32 bytes; all
    others, and this spec, 96.

    96 bytes (0x60), versions 0, 1. [ghcb section 2.7, secrets page guest area (revision 2.01);
    linux struct secrets_os_area]
    """

    __slots__ = ()
    _values: tuple[int, int, int, int, int, int, int, int, int, bytes, int, bytes]

    NAME = "os_area"
    SIZE = 0x60
    CITE = "ghcb section 2.7, secrets page guest area (revision 2.01); linux struct secrets_os_area"
    VERSIONS = (0, 1)
    VERSION_FIELD = "version"
    FIELDS = (
        wire.Field(
            0x0,
            4,
            "msg_seqno_0",
            "u32",
            doc="Count of messages under VMPCK0, low word.",
            cite=CITE,
        ),
        wire.Field(
            0x4,
            4,
            "msg_seqno_1",
            "u32",
            doc="Count of messages under VMPCK1, low word.",
            cite=CITE,
        ),
        wire.Field(
            0x8,
            4,
            "msg_seqno_2",
            "u32",
            doc="Count of messages under VMPCK2, low word.",
            cite=CITE,
        ),
        wire.Field(
            0xC,
            4,
            "msg_seqno_3",
            "u32",
            doc="Count of messages under VMPCK3, low word.",
            cite=CITE,
        ),
        wire.Field(
            0x10,
            8,
            "ap_jump_table_pa",
            "u64",
            hex=True,
            doc="Guest physical address of the AP jump table.",
            cite=CITE,
        ),
        wire.Field(0x18, 38, None, "bytes[38]", until=1),
        wire.Field(
            0x18,
            4,
            "msg_seqno_0_high",
            "u32",
            since=1,
            doc="High word of the count under VMPCK0.",
            cite=CITE,
        ),
        wire.Field(
            0x1C,
            4,
            "msg_seqno_1_high",
            "u32",
            since=1,
            doc="High word of the count under VMPCK1.",
            cite=CITE,
        ),
        wire.Field(
            0x20,
            4,
            "msg_seqno_2_high",
            "u32",
            since=1,
            doc="High word of the count under VMPCK2.",
            cite=CITE,
        ),
        wire.Field(
            0x24,
            4,
            "msg_seqno_3_high",
            "u32",
            since=1,
            doc="High word of the count under VMPCK3.",
            cite=CITE,
        ),
        wire.Field(0x28, 22, None, "bytes[22]", since=1),
        wire.Field(
            0x3E,
            2,
            "version",
            "u16",
            doc="Version of this area; 0 in GHCB 2.0, 1 from 2.01 on.",
            cite=CITE,
        ),
        wire.Field(
            0x40,
            32,
            "guest_usage",
            "bytes[32]",
            default=bytes(32),
            doc="Free for the guest's software.",
            cite=CITE,
        ),
    )

    def __new__(
        cls,
        *,
        msg_seqno_0: int = 0,
        msg_seqno_1: int = 0,
        msg_seqno_2: int = 0,
        msg_seqno_3: int = 0,
        ap_jump_table_pa: int = 0,
        msg_seqno_0_high: int | None = None,
        msg_seqno_1_high: int | None = None,
        msg_seqno_2_high: int | None = None,
        msg_seqno_3_high: int | None = None,
        version: int = 1,
        guest_usage: bytes = bytes(32),
    ) -> Self:
        version = wire.known_version(cls, version)
        msg_seqno_0_high = wire.gated(cls, "msg_seqno_0_high", msg_seqno_0_high, version >= 1, 0)
        msg_seqno_1_high = wire.gated(cls, "msg_seqno_1_high", msg_seqno_1_high, version >= 1, 0)
        msg_seqno_2_high = wire.gated(cls, "msg_seqno_2_high", msg_seqno_2_high, version >= 1, 0)
        msg_seqno_3_high = wire.gated(cls, "msg_seqno_3_high", msg_seqno_3_high, version >= 1, 0)
        cells = (
            msg_seqno_0,
            msg_seqno_1,
            msg_seqno_2,
            msg_seqno_3,
            ap_jump_table_pa,
            msg_seqno_0_high,
            msg_seqno_1_high,
            msg_seqno_2_high,
            msg_seqno_3_high,
            bytes(22),
            version,
            guest_usage,
        )
        self = _new(cls)
        try:
            self._values = _unpack_os_area(_pack_os_area(*cells))
        except wire.MALFORMED:
            raise wire.value_error(cls, locals()) from None
        if self._values != cells:
            raise wire.value_error(cls, locals())
        self._layout_version = version
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
            self._values = values = _unpack_os_area(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        version = values[10]
        if version not in {0, 1}:
            version = wire.assumed_version(cls, version, assume_version)
        self._layout_version = version
        if reserved != "keep":
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_os_area(*self._values)

    @property
    def msg_seqno_0(self) -> int:
        """Count of messages under VMPCK0, low word. u32 at 0x0."""
        return self._values[0]

    @property
    def msg_seqno_1(self) -> int:
        """Count of messages under VMPCK1, low word. u32 at 0x4."""
        return self._values[1]

    @property
    def msg_seqno_2(self) -> int:
        """Count of messages under VMPCK2, low word. u32 at 0x8."""
        return self._values[2]

    @property
    def msg_seqno_3(self) -> int:
        """Count of messages under VMPCK3, low word. u32 at 0xc."""
        return self._values[3]

    @property
    def ap_jump_table_pa(self) -> int:
        """Guest physical address of the AP jump table. u64 at 0x10."""
        return self._values[4]

    @property
    def msg_seqno_0_high(self) -> int | None:
        """High word of the count under VMPCK0. u32 at 0x18, from version 1 on."""
        return self._values[5] if self._layout_version >= 1 else None

    @property
    def msg_seqno_1_high(self) -> int | None:
        """High word of the count under VMPCK1. u32 at 0x1c, from version 1 on."""
        return self._values[6] if self._layout_version >= 1 else None

    @property
    def msg_seqno_2_high(self) -> int | None:
        """High word of the count under VMPCK2. u32 at 0x20, from version 1 on."""
        return self._values[7] if self._layout_version >= 1 else None

    @property
    def msg_seqno_3_high(self) -> int | None:
        """High word of the count under VMPCK3. u32 at 0x24, from version 1 on."""
        return self._values[8] if self._layout_version >= 1 else None

    @property
    def version(self) -> int:
        """Version of this area; 0 in GHCB 2.0, 1 from 2.01 on. u16 at 0x3e."""
        return self._values[10]

    @property
    def guest_usage(self) -> bytes:
        """Free for the guest's software. bytes[32] at 0x40."""
        return self._values[11]
