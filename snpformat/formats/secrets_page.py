"""Typed records of secrets_page.

Generated from secrets_page.yaml; change that and run `snpformat-codegen generate`.

The secrets page: what the firmware puts into the guest's memory at launch so that the two can talk.
It holds the keys of all four VMPLs; treat every copy as a secret.
"""

from __future__ import annotations

from struct import Struct

from snpformat import wire

from .os_area import OsArea

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

_new = object.__new__


class SecretsPageFlags(wire.Bits):
    """How the guest was launched.

    u32; bit 0 is the least significant. [abi table 71, secrets page format (revision 1.58)]
    """

    __slots__ = ()
    NAME = "secrets_page_flags"
    SIZE = 4
    BITS = (
        wire.Bit(0, 0, "imi_en", doc="The initial migration image was measured into this guest."),
        wire.Bit(1, 31),
    )

    @property
    def imi_en(self) -> bool:
        """The initial migration image was measured into this guest. Bit 0."""
        return self & 1 == 1


_struct_svsm_area = Struct("<QQQIB3s")
_unpack_svsm_area = _struct_svsm_area.unpack
_pack_svsm_area = _struct_svsm_area.pack


class SvsmArea(wire.Record):
    """What an SVSM tells the guest about itself. A size that is not zero means that there is an
    SVSM.

    32 bytes (0x20). [svsm section 4.2, secrets page fields of an SVSM]
    """

    __slots__ = ()
    _values: tuple[int, int, int, int, int, bytes]

    NAME = "svsm_area"
    SIZE = 0x20
    CITE = "svsm section 4.2, secrets page fields of an SVSM"
    FIELDS = (
        wire.Field(
            0x0,
            8,
            "svsm_base",
            "u64",
            hex=True,
            doc="Guest physical address of the SVSM.",
            cite=CITE,
        ),
        wire.Field(
            0x8,
            8,
            "svsm_size",
            "u64",
            hex=True,
            doc="Bytes of the SVSM; 0: there is none.",
            cite=CITE,
        ),
        wire.Field(
            0x10,
            8,
            "svsm_caa",
            "u64",
            hex=True,
            doc="Guest physical address of its calling area.",
            cite=CITE,
        ),
        wire.Field(
            0x18,
            4,
            "svsm_max_version",
            "u32",
            doc="Highest protocol version it speaks.",
            cite=CITE,
        ),
        wire.Field(0x1C, 1, "svsm_guest_vmpl", "u8", doc="VMPL that the guest runs at.", cite=CITE),
        wire.Field(0x1D, 3, None, "bytes[3]"),
    )

    def __new__(
        cls,
        *,
        svsm_base: int = 0,
        svsm_size: int = 0,
        svsm_caa: int = 0,
        svsm_max_version: int = 0,
        svsm_guest_vmpl: int = 0,
    ) -> Self:
        cells = (svsm_base, svsm_size, svsm_caa, svsm_max_version, svsm_guest_vmpl, bytes(3))
        self = _new(cls)
        try:
            self._values = _unpack_svsm_area(_pack_svsm_area(*cells))
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
            self._values = _unpack_svsm_area(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        if reserved != "keep" or assume_version is not None:
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_svsm_area(*self._values)

    @property
    def svsm_base(self) -> int:
        """Guest physical address of the SVSM. u64 at 0x0."""
        return self._values[0]

    @property
    def svsm_size(self) -> int:
        """Bytes of the SVSM; 0: there is none. u64 at 0x8."""
        return self._values[1]

    @property
    def svsm_caa(self) -> int:
        """Guest physical address of its calling area. u64 at 0x10."""
        return self._values[2]

    @property
    def svsm_max_version(self) -> int:
        """Highest protocol version it speaks. u32 at 0x18."""
        return self._values[3]

    @property
    def svsm_guest_vmpl(self) -> int:
        """VMPL that the guest runs at. u8 at 0x1c."""
        return self._values[4]


_struct_secrets_page = Struct("<III4s16s32s32s32s32s96s64s32sI4sQ3728s")
_unpack_secrets_page = _struct_secrets_page.unpack
_pack_secrets_page = _struct_secrets_page.pack


class SecretsPage(wire.VersionedRecord):
    """Keys and guest area. An SVSM zeroes the keys of the VMPLs below the guest's own in the copy
    that it hands on, so a key of zeros is no key.

    4096 bytes (0x1000), versions 2, 3, 4. [abi table 71, secrets page format (revision 1.58)]
    """

    __slots__ = ("_parts",)
    _values: tuple[
        int,
        int,
        int,
        bytes,
        bytes,
        bytes,
        bytes,
        bytes,
        bytes,
        bytes,
        bytes,
        bytes,
        int,
        bytes,
        int,
        bytes,
    ]
    _parts: tuple[OsArea]

    NAME = "secrets_page"
    SIZE = 0x1000
    CITE = "abi table 71, secrets page format (revision 1.58)"
    VERSIONS = (2, 3, 4)
    VERSION_FIELD = "version"
    FIELDS = (
        wire.Field(0x0, 4, "version", "u32", doc="Version of the page.", cite=CITE),
        wire.Field(
            0x4,
            4,
            "flags",
            "secrets_page_flags",
            bits=SecretsPageFlags,
            hex=True,
            doc="How the guest was launched.",
            cite=CITE,
        ),
        wire.Field(
            0x8,
            4,
            "fms",
            "u32",
            hex=True,
            doc="Family, model, stepping: CPUID Fn0000_0001 EAX.",
            cite=CITE,
        ),
        wire.Field(0xC, 4, None, "bytes[4]"),
        wire.Field(
            0x10,
            16,
            "gosvw",
            "bytes[16]",
            default=bytes(16),
            doc="Guest OS visible workarounds.",
            cite=CITE,
        ),
        wire.Field(
            0x20,
            32,
            "vmpck0",
            "bytes[32]",
            default=bytes(32),
            secret=True,
            doc="VM platform communication key of VMPL0.",
            cite=CITE,
        ),
        wire.Field(
            0x40,
            32,
            "vmpck1",
            "bytes[32]",
            default=bytes(32),
            secret=True,
            doc="VM platform communication key of VMPL1.",
            cite=CITE,
        ),
        wire.Field(
            0x60,
            32,
            "vmpck2",
            "bytes[32]",
            default=bytes(32),
            secret=True,
            doc="VM platform communication key of VMPL2.",
            cite=CITE,
        ),
        wire.Field(
            0x80,
            32,
            "vmpck3",
            "bytes[32]",
            default=bytes(32),
            secret=True,
            doc="VM platform communication key of VMPL3.",
            cite=CITE,
        ),
        wire.Field(
            0xA0,
            96,
            "os_area",
            "os_area",
            record=OsArea,
            doc="What the guest's software keeps here.",
            cite=CITE,
        ),
        wire.Field(0x100, 3840, None, "bytes[3840]", until=3),
        wire.Field(
            0x100,
            64,
            "vmsa_tweak_bitmap",
            "bytes[64]",
            since=3,
            default=bytes(64),
            doc="A bit for each quadword of the VMSA that is tweaked.",
            abi="1.51",
            cite=CITE,
        ),
        wire.Field(
            0x140,
            32,
            "guest_area_2",
            "bytes[32]",
            since=3,
            default=bytes(32),
            reads=SvsmArea,
            doc="A second area for the guest's software. Where there is an SVSM it uses these"
            " bytes as svsm_area; the firmware's sources call them guest area 2. Both "
            "hold: the bytes are kept raw, and the SVSM's fields are a view of them.",
            abi="1.51",
            cite=CITE,
        ),
        wire.Field(
            0x160,
            4,
            "tsc_factor",
            "u32",
            since=3,
            doc="Mean TSC frequency = nominal frequency * (1 - tsc_factor * 0.00001). Older "
            "Linux headers have it reserved; firmware and newer Linux agree on this "
            "place.",
            abi="1.51",
            cite=CITE,
        ),
        wire.Field(0x164, 3740, None, "bytes[3740]", since=3, until=4),
        wire.Field(0x164, 4, None, "bytes[4]", since=4),
        wire.Field(
            0x168,
            8,
            "launch_mit_vector",
            "u64",
            since=4,
            hex=True,
            doc="Mitigations in force at the guest's launch. Single source.",
            abi="1.58",
            cite=CITE,
        ),
        wire.Field(0x170, 3728, None, "bytes[3728]", since=4),
    )

    def __new__(
        cls,
        *,
        version: int = 4,
        flags: int = 0,
        fms: int = 0,
        gosvw: bytes = bytes(16),
        vmpck0: bytes = bytes(32),
        vmpck1: bytes = bytes(32),
        vmpck2: bytes = bytes(32),
        vmpck3: bytes = bytes(32),
        os_area: OsArea | None = None,
        vmsa_tweak_bitmap: bytes | None = None,
        guest_area_2: bytes | None = None,
        tsc_factor: int | None = None,
        launch_mit_vector: int | None = None,
    ) -> Self:
        version = wire.known_version(cls, version)
        os_area = wire.part(cls, "os_area", OsArea, os_area)
        vmsa_tweak_bitmap = wire.gated(
            cls,
            "vmsa_tweak_bitmap",
            vmsa_tweak_bitmap,
            version >= 3,
            bytes(64),
        )
        guest_area_2 = wire.gated(cls, "guest_area_2", guest_area_2, version >= 3, bytes(32))
        tsc_factor = wire.gated(cls, "tsc_factor", tsc_factor, version >= 3, 0)
        launch_mit_vector = wire.gated(cls, "launch_mit_vector", launch_mit_vector, version >= 4, 0)
        cells = (
            version,
            flags,
            fms,
            bytes(4),
            gosvw,
            vmpck0,
            vmpck1,
            vmpck2,
            vmpck3,
            os_area.build(),
            vmsa_tweak_bitmap,
            guest_area_2,
            tsc_factor,
            bytes(4),
            launch_mit_vector,
            bytes(3728),
        )
        self = _new(cls)
        try:
            self._values = _unpack_secrets_page(_pack_secrets_page(*cells))
        except wire.MALFORMED:
            raise wire.value_error(cls, locals()) from None
        if self._values != cells:
            raise wire.value_error(cls, locals())
        self._layout_version = version
        self._parts = (os_area,)
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
            self._values = values = _unpack_secrets_page(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        version = values[0]
        if version not in {2, 3, 4}:
            version = wire.assumed_version(cls, version, assume_version)
        self._layout_version = version
        os_area = wire.parse_part(cls, "os_area", OsArea, values[9], assume_version)
        self._parts = (os_area,)
        if reserved != "keep":
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_secrets_page(*self._values)

    @property
    def version(self) -> int:
        """Version of the page. u32 at 0x0."""
        return self._values[0]

    @property
    def flags(self) -> SecretsPageFlags:
        """How the guest was launched. secrets_page_flags at 0x4."""
        return SecretsPageFlags(self._values[1])

    @property
    def fms(self) -> int:
        """Family, model, stepping: CPUID Fn0000_0001 EAX. u32 at 0x8."""
        return self._values[2]

    @property
    def gosvw(self) -> bytes:
        """Guest OS visible workarounds. bytes[16] at 0x10."""
        return self._values[4]

    @property
    def vmpck0(self) -> bytes:
        """VM platform communication key of VMPL0. bytes[32] at 0x20."""
        return self._values[5]

    @property
    def vmpck1(self) -> bytes:
        """VM platform communication key of VMPL1. bytes[32] at 0x40."""
        return self._values[6]

    @property
    def vmpck2(self) -> bytes:
        """VM platform communication key of VMPL2. bytes[32] at 0x60."""
        return self._values[7]

    @property
    def vmpck3(self) -> bytes:
        """VM platform communication key of VMPL3. bytes[32] at 0x80."""
        return self._values[8]

    @property
    def os_area(self) -> OsArea:
        """What the guest's software keeps here. os_area at 0xa0."""
        return self._parts[0]

    @property
    def vmsa_tweak_bitmap(self) -> bytes | None:
        """A bit for each quadword of the VMSA that is tweaked. bytes[64] at 0x100, from version 3
        on.
        """
        return self._values[10] if self._layout_version >= 3 else None

    @property
    def guest_area_2(self) -> bytes | None:
        """A second area for the guest's software. Where there is an SVSM it uses these bytes as
        svsm_area; the firmware's sources call them guest area 2. Both hold: the bytes are kept
        raw, and the SVSM's fields are a view of them. bytes[32] at 0x140, from version 3 on.
        """
        return self._values[11] if self._layout_version >= 3 else None

    def guest_area_2_view(self) -> SvsmArea | None:
        """The bytes of guest_area_2 as a svsm_area. Raises FormatError when they are none."""
        value = self.guest_area_2
        return None if value is None else SvsmArea.parse(value)

    @property
    def tsc_factor(self) -> int | None:
        """Mean TSC frequency = nominal frequency * (1 - tsc_factor * 0.00001). Older Linux headers
        have it reserved; firmware and newer Linux agree on this place. u32 at 0x160, from
        version 3 on.
        """
        return self._values[12] if self._layout_version >= 3 else None

    @property
    def launch_mit_vector(self) -> int | None:
        """Mitigations in force at the guest's launch. Single source. u64 at 0x168, from version 4
        on.
        """
        return self._values[14] if self._layout_version >= 4 else None
