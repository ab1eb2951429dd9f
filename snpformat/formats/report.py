"""Typed records of report.

Generated from report.yaml; change that and run `snpformat-codegen generate`.

Attestation: the request for a report, the response, the report in its versions 1 to 5, and what its
words are made of.
"""

from __future__ import annotations

from struct import Struct

from snpformat import wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

_new = object.__new__


class SignatureAlgo(wire.Enum):
    """How a report is signed.

    Numbers of 4 bytes; others are kept. [abi table 139, signature algorithm encodings (revision
    1.58)]
    """

    INVALID = 0x0
    ECDSA_P384_SHA384 = 0x1  # ECDSA on curve P-384 over a SHA-384 digest.

    NAME = "signature_algo"
    NAMES = {
        0x0: "invalid",
        0x1: "ecdsa_p384_sha384",
    }
    DOCS = {
        0x1: "ECDSA on curve P-384 over a SHA-384 digest.",
    }


class SigningKey(wire.Enum):
    """The key that signed a report.

    Numbers of 1 byte; others are kept. [abi table 23, ATTESTATION_REPORT (revision 1.58)]
    """

    VCEK = 0x0  # Versioned Chip Endorsement Key, derived from the chip.
    VLEK = 0x1  # Versioned Loaded Endorsement Key, given to a cloud provider.
    NONE = 0x7  # Not signed; the signature is zero and a verifier must refuse it.

    NAME = "signing_key"
    NAMES = {
        0x0: "vcek",
        0x1: "vlek",
        0x7: "none",
    }
    DOCS = {
        0x0: "Versioned Chip Endorsement Key, derived from the chip.",
        0x1: "Versioned Loaded Endorsement Key, given to a cloud provider.",
        0x7: "Not signed; the signature is zero and a verifier must refuse it.",
    }


class KeySel(wire.Enum):
    """The key that a guest asks its report to be signed with.

    Numbers of 1 byte; others are kept. [abi table 22, MSG_REPORT_REQ (revision 1.58)]
    """

    VLEK_ELSE_VCEK = 0x0  # The VLEK if one is installed, else the VCEK.
    VCEK = 0x1
    VLEK = 0x2

    NAME = "key_sel"
    NAMES = {
        0x0: "vlek_else_vcek",
        0x1: "vcek",
        0x2: "vlek",
    }
    DOCS = {
        0x0: "The VLEK if one is installed, else the VCEK.",
    }


class MsgStatus(wire.Enum):
    """STATUS of a response payload.

    Numbers of 4 bytes; others are kept. [abi table 25, MSG_REPORT_RSP (revision 1.58)]
    """

    SUCCESS = 0x0
    INVALID_PARAMETER = 0x16
    INVALID_KEY = 0x27  # The selected key is not to be had.

    NAME = "msg_status"
    NAMES = {
        0x0: "success",
        0x16: "invalid_parameter",
        0x27: "invalid_key",
    }
    DOCS = {
        0x16: "A reserved bit is set, the VMPL is below the caller's, or what a key is to "
        "be derived from is above the guest's own.",
        0x27: "The selected key is not to be had.",
    }


class GuestPolicy(wire.Bits):
    """What the guest's owner demands of the platform.

    u64; bit 0 is the least significant. [abi table 9, guest policy structure (revision 1.58)]
    """

    __slots__ = ()
    NAME = "guest_policy"
    SIZE = 8
    BITS = (
        wire.Bit(0, 7, "abi_minor", doc="Least ABI minor version of the firmware."),
        wire.Bit(8, 15, "abi_major", doc="Least ABI major version of the firmware."),
        wire.Bit(16, 16, "smt", doc="Simultaneous multithreading is allowed."),
        wire.Bit(17, 17, const=1, doc="Reserved; must be one."),
        wire.Bit(18, 18, "migrate_ma", doc="A migration agent may be associated."),
        wire.Bit(19, 19, "debug", doc="The host may debug the guest."),
        wire.Bit(20, 20, "single_socket", doc="The guest runs on one socket only."),
        wire.Bit(21, 21, "cxl_allow", doc="CXL devices are allowed.", abi="1.56"),
        wire.Bit(
            22,
            22,
            "mem_aes_256_xts",
            doc="Memory must be encrypted with AES-256-XTS.",
            abi="1.56",
        ),
        wire.Bit(23, 23, "rapl_dis", doc="Running average power limit must be off.", abi="1.56"),
        wire.Bit(
            24,
            24,
            "ciphertext_hiding_dram",
            doc="Ciphertext hiding must be on for DRAM.",
            abi="1.56",
        ),
        wire.Bit(25, 25, "page_swap_disable", doc="Guest pages must not be swapped.", abi="1.58"),
        wire.Bit(26, 63),
    )

    @property
    def abi_minor(self) -> int:
        """Least ABI minor version of the firmware. Bits 7:0."""
        return self & 0xFF

    @property
    def abi_major(self) -> int:
        """Least ABI major version of the firmware. Bits 15:8."""
        return self >> 8 & 0xFF

    @property
    def smt(self) -> bool:
        """Simultaneous multithreading is allowed. Bit 16."""
        return self >> 16 & 1 == 1

    @property
    def migrate_ma(self) -> bool:
        """A migration agent may be associated. Bit 18."""
        return self >> 18 & 1 == 1

    @property
    def debug(self) -> bool:
        """The host may debug the guest. Bit 19."""
        return self >> 19 & 1 == 1

    @property
    def single_socket(self) -> bool:
        """The guest runs on one socket only. Bit 20."""
        return self >> 20 & 1 == 1

    @property
    def cxl_allow(self) -> bool:
        """CXL devices are allowed. Bit 21."""
        return self >> 21 & 1 == 1

    @property
    def mem_aes_256_xts(self) -> bool:
        """Memory must be encrypted with AES-256-XTS. Bit 22."""
        return self >> 22 & 1 == 1

    @property
    def rapl_dis(self) -> bool:
        """Running average power limit must be off. Bit 23."""
        return self >> 23 & 1 == 1

    @property
    def ciphertext_hiding_dram(self) -> bool:
        """Ciphertext hiding must be on for DRAM. Bit 24."""
        return self >> 24 & 1 == 1

    @property
    def page_swap_disable(self) -> bool:
        """Guest pages must not be swapped. Bit 25."""
        return self >> 25 & 1 == 1


class PlatformInfo(wire.Bits):
    """What the platform has switched on. Firmware runs ahead of the documents here: keep and show
    bits that are not known, and do not refuse a report for them.

    u64; bit 0 is the least significant. [abi table 23, ATTESTATION_REPORT (revision 1.58)]
    """

    __slots__ = ()
    NAME = "platform_info"
    SIZE = 8
    BITS = (
        wire.Bit(0, 0, "smt_en", doc="Simultaneous multithreading is on."),
        wire.Bit(1, 1, "tsme_en", doc="Transparent memory encryption is on.", abi="1.51"),
        wire.Bit(2, 2, "ecc_en", doc="Memory has error correction.", abi="1.56"),
        wire.Bit(3, 3, "rapl_dis", doc="Running average power limit is off.", abi="1.56"),
        wire.Bit(
            4,
            4,
            "ciphertext_hiding_dram_en",
            doc="Ciphertext hiding is on for DRAM.",
            abi="1.56",
        ),
        wire.Bit(
            5,
            5,
            "alias_check_complete",
            doc="Memory was found free of aliases since the last reset.",
            abi="1.57",
        ),
        wire.Bit(
            6,
            6,
            "iommu_write_safe",
            doc="Reserved in revision 1.58, yet set in genuine reports of Turin and Genoa. "
            "The name is that of third-party tools, which tie it to bulletin AMD-SB-3016.",
        ),
        wire.Bit(7, 7, "tio_en", doc="Trusted I/O is on.", abi="1.58"),
        wire.Bit(8, 63),
    )

    @property
    def smt_en(self) -> bool:
        """Simultaneous multithreading is on. Bit 0."""
        return self & 1 == 1

    @property
    def tsme_en(self) -> bool:
        """Transparent memory encryption is on. Bit 1."""
        return self >> 1 & 1 == 1

    @property
    def ecc_en(self) -> bool:
        """Memory has error correction. Bit 2."""
        return self >> 2 & 1 == 1

    @property
    def rapl_dis(self) -> bool:
        """Running average power limit is off. Bit 3."""
        return self >> 3 & 1 == 1

    @property
    def ciphertext_hiding_dram_en(self) -> bool:
        """Ciphertext hiding is on for DRAM. Bit 4."""
        return self >> 4 & 1 == 1

    @property
    def alias_check_complete(self) -> bool:
        """Memory was found free of aliases since the last reset. Bit 5."""
        return self >> 5 & 1 == 1

    @property
    def iommu_write_safe(self) -> bool:
        """Reserved in revision 1.58, yet set in genuine reports of Turin and Genoa. The name is
        that of third-party tools, which tie it to bulletin AMD-SB-3016. Bit 6.
        """
        return self >> 6 & 1 == 1

    @property
    def tio_en(self) -> bool:
        """Trusted I/O is on. Bit 7."""
        return self >> 7 & 1 == 1


class KeyInfo(wire.Bits):
    """How the report is signed. Version 1 of the report has the first bit only.

    u32; bit 0 is the least significant. [abi table 23, ATTESTATION_REPORT (revision 1.58)]
    """

    __slots__ = ()
    NAME = "key_info"
    SIZE = 4
    BITS = (
        wire.Bit(0, 0, "author_key_en", doc="AUTHOR_KEY_DIGEST holds the digest of an author key."),
        wire.Bit(1, 1, "mask_chip_key", doc="The host has masked the chip key.", abi="1.55"),
        wire.Bit(2, 4, "signing_key", enum=SigningKey, doc="The key that signed.", abi="1.54"),
        wire.Bit(5, 31),
    )

    @property
    def author_key_en(self) -> bool:
        """AUTHOR_KEY_DIGEST holds the digest of an author key. Bit 0."""
        return self & 1 == 1

    @property
    def mask_chip_key(self) -> bool:
        """The host has masked the chip key. Bit 1."""
        return self >> 1 & 1 == 1

    @property
    def signing_key(self) -> int:
        """The key that signed. Bits 4:2."""
        return self >> 2 & 0x7


class ReportKeySel(wire.Bits):
    """Selection of the signing key, in bytes that older kernels call reserved and pass on.

    u32; bit 0 is the least significant. [abi table 22, MSG_REPORT_REQ (revision 1.58)]
    """

    __slots__ = ()
    NAME = "report_key_sel"
    SIZE = 4
    BITS = (
        wire.Bit(0, 1, "key_sel", enum=KeySel, doc="The key to sign with.", abi="1.54"),
        wire.Bit(2, 31),
    )

    @property
    def key_sel(self) -> int:
        """The key to sign with. Bits 1:0."""
        return self & 0x3


class TcbMilan(wire.Bits):
    """TCB_VERSION of Milan and Genoa. Compare part by part; as one number it has no order.

    u64; bit 0 is the least significant. [abi table 3, TCB_VERSION (revision 1.58)]
    """

    __slots__ = ()
    NAME = "tcb_milan"
    SIZE = 8
    BITS = (
        wire.Bit(0, 7, "boot_loader", doc="Security version of the PSP boot loader."),
        wire.Bit(8, 15, "tee", doc="Security version of the PSP operating system."),
        wire.Bit(16, 47),
        wire.Bit(48, 55, "snp", doc="Security version of the SNP firmware."),
        wire.Bit(56, 63, "microcode", doc="Lowest patch level of the microcode of all cores."),
    )

    @property
    def boot_loader(self) -> int:
        """Security version of the PSP boot loader. Bits 7:0."""
        return self & 0xFF

    @property
    def tee(self) -> int:
        """Security version of the PSP operating system. Bits 15:8."""
        return self >> 8 & 0xFF

    @property
    def snp(self) -> int:
        """Security version of the SNP firmware. Bits 55:48."""
        return self >> 48 & 0xFF

    @property
    def microcode(self) -> int:
        """Lowest patch level of the microcode of all cores. Bits 63:56."""
        return self >> 56 & 0xFF


class TcbTurin(wire.Bits):
    """TCB_VERSION of Turin. Compare part by part; as one number it has no order.

    u64; bit 0 is the least significant. [abi table 4, TCB_VERSION of family 1Ah (revision 1.58)]
    """

    __slots__ = ()
    NAME = "tcb_turin"
    SIZE = 8
    BITS = (
        wire.Bit(0, 7, "fmc", doc="Security version of the FMC firmware."),
        wire.Bit(8, 15, "boot_loader", doc="Security version of the PSP boot loader."),
        wire.Bit(16, 23, "tee", doc="Security version of the PSP operating system."),
        wire.Bit(24, 31, "snp", doc="Security version of the SNP firmware."),
        wire.Bit(32, 55),
        wire.Bit(56, 63, "microcode", doc="Lowest patch level of the microcode of all cores."),
    )

    @property
    def fmc(self) -> int:
        """Security version of the FMC firmware. Bits 7:0."""
        return self & 0xFF

    @property
    def boot_loader(self) -> int:
        """Security version of the PSP boot loader. Bits 15:8."""
        return self >> 8 & 0xFF

    @property
    def tee(self) -> int:
        """Security version of the PSP operating system. Bits 23:16."""
        return self >> 16 & 0xFF

    @property
    def snp(self) -> int:
        """Security version of the SNP firmware. Bits 31:24."""
        return self >> 24 & 0xFF

    @property
    def microcode(self) -> int:
        """Lowest patch level of the microcode of all cores. Bits 63:56."""
        return self >> 56 & 0xFF


_struct_msg_report_req = Struct("<64sII24s")
_unpack_msg_report_req = _struct_msg_report_req.unpack
_pack_msg_report_req = _struct_msg_report_req.pack


class MsgReportReq(wire.Record):
    """Payload of a request for an attestation report.

    96 bytes (0x60). [abi table 22, MSG_REPORT_REQ (revision 1.58)]
    """

    __slots__ = ()
    _values: tuple[bytes, int, int, bytes]

    NAME = "msg_report_req"
    SIZE = 0x60
    CITE = "abi table 22, MSG_REPORT_REQ (revision 1.58)"
    FIELDS = (
        wire.Field(
            0x0,
            64,
            "report_data",
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
            doc="The key to sign with.",
            abi="1.54",
            cite=CITE,
        ),
        wire.Field(0x48, 24, None, "bytes[24]"),
    )

    def __new__(cls, *, report_data: bytes = bytes(64), vmpl: int = 0, key_sel: int = 0) -> Self:
        cells = (report_data, vmpl, key_sel, bytes(24))
        self = _new(cls)
        try:
            self._values = _unpack_msg_report_req(_pack_msg_report_req(*cells))
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
            self._values = _unpack_msg_report_req(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        if reserved != "keep" or assume_version is not None:
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_msg_report_req(*self._values)

    @property
    def report_data(self) -> bytes:
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
        """The key to sign with. report_key_sel at 0x44."""
        return ReportKeySel(self._values[2])


_struct_attestation_report = Struct(
    "<IIQ16s16sIIQQI4s64s48s32s48s48s32s32sQBBB21s64sQBBB1sBBB1sQQQ152s72s72s368s",
)
_unpack_attestation_report = _struct_attestation_report.unpack
_pack_attestation_report = _struct_attestation_report.pack


class AttestationReport(wire.VersionedRecord):
    """What the secure processor vouches for, signed. Verify the signature over the bytes that were
    received, never over bytes built again.

    1184 bytes (0x4A0), versions 1, 2, 3, 4, 5. [abi table 23, ATTESTATION_REPORT (revision 1.58)]
    """

    __slots__ = ()
    _values: tuple[
        int,
        int,
        int,
        bytes,
        bytes,
        int,
        int,
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
        int,
        int,
        int,
        int,
        bytes,
        bytes,
        int,
        int,
        int,
        int,
        bytes,
        int,
        int,
        int,
        bytes,
        int,
        int,
        int,
        bytes,
        bytes,
        bytes,
        bytes,
    ]

    NAME = "attestation_report"
    SIZE = 0x4A0
    CITE = "abi table 23, ATTESTATION_REPORT (revision 1.58)"
    VERSIONS = (1, 2, 3, 4, 5)
    VERSION_FIELD = "version"
    INFERS = ("product",)
    SPANS = {"signed": (0x0, 0x2A0), "signature": (0x2A0, 0x4A0)}
    FIELDS = (
        wire.Field(
            0x0,
            4,
            "version",
            "u32",
            doc="Version of the report. No genuine report of version 4 was found; it is read "
            "like version 3, as other readers do.",
            cite=CITE,
        ),
        wire.Field(
            0x4,
            4,
            "guest_svn",
            "u32",
            doc="Security version of the guest, from its ID block.",
            cite=CITE,
        ),
        wire.Field(
            0x8,
            8,
            "policy",
            "guest_policy",
            default=0x20000,
            bits=GuestPolicy,
            hex=True,
            doc="The policy the guest was launched with.",
            cite=CITE,
        ),
        wire.Field(
            0x10,
            16,
            "family_id",
            "bytes[16]",
            default=bytes(16),
            doc="Family of the guest, from its ID block; opaque.",
            cite=CITE,
        ),
        wire.Field(
            0x20,
            16,
            "image_id",
            "bytes[16]",
            default=bytes(16),
            doc="Image of the guest, from its ID block; opaque.",
            cite=CITE,
        ),
        wire.Field(
            0x30,
            4,
            "vmpl",
            "u32",
            maximum=3,
            doc="VMPL of the request, 0 to 3.",
            cite=CITE,
        ),
        wire.Field(
            0x34,
            4,
            "signature_algo",
            "signature_algo",
            default=1,
            enum=SignatureAlgo,
            doc="How it is signed.",
            cite=CITE,
        ),
        wire.Field(
            0x38,
            8,
            "current_tcb",
            "u64",
            view=("product", {"milan": TcbMilan, "genoa": TcbMilan, "turin": TcbTurin}),
            hex=True,
            doc="TCB of the firmware that runs. Older texts call it PLATFORM_VERSION.",
            cite=CITE,
        ),
        wire.Field(
            0x40,
            8,
            "platform_info",
            "platform_info",
            bits=PlatformInfo,
            hex=True,
            doc="What the platform has switched on.",
            cite=CITE,
        ),
        wire.Field(
            0x48,
            4,
            "key_info",
            "key_info",
            bits=KeyInfo,
            hex=True,
            doc="How the report is signed.",
            cite=CITE,
        ),
        wire.Field(0x4C, 4, None, "bytes[4]"),
        wire.Field(
            0x50,
            64,
            "report_data",
            "bytes[64]",
            default=bytes(64),
            doc="The guest's own bytes, from the request.",
            cite=CITE,
        ),
        wire.Field(
            0x90,
            48,
            "measurement",
            "bytes[48]",
            default=bytes(48),
            doc="Launch digest, SHA-384 over what was loaded into the guest.",
            cite=CITE,
        ),
        wire.Field(
            0xC0,
            32,
            "host_data",
            "bytes[32]",
            default=bytes(32),
            doc="The host's own bytes, given at launch.",
            cite=CITE,
        ),
        wire.Field(
            0xE0,
            48,
            "id_key_digest",
            "bytes[48]",
            default=bytes(48),
            doc="SHA-384 of the key that signed the ID block, as the 0x404-byte key structure.",
            cite=CITE,
        ),
        wire.Field(
            0x110,
            48,
            "author_key_digest",
            "bytes[48]",
            default=bytes(48),
            doc="SHA-384 of the key that certified the ID key; zero without one.",
            cite=CITE,
        ),
        wire.Field(
            0x140,
            32,
            "report_id",
            "bytes[32]",
            default=bytes(32),
            doc="Identity of the guest for its lifetime.",
            cite=CITE,
        ),
        wire.Field(
            0x160,
            32,
            "report_id_ma",
            "bytes[32]",
            default=bytes(32),
            doc="Identity of the migration agent; all ones where there is none.",
            cite=CITE,
        ),
        wire.Field(
            0x180,
            8,
            "reported_tcb",
            "u64",
            view=("product", {"milan": TcbMilan, "genoa": TcbMilan, "turin": TcbTurin}),
            hex=True,
            doc="The TCB that the signing key is derived from.",
            cite=CITE,
        ),
        wire.Field(0x188, 24, None, "bytes[24]", until=3),
        wire.Field(
            0x188,
            1,
            "cpuid_fam_id",
            "u8",
            since=3,
            hex=True,
            doc="CPUID family, base and extended added: 0x19 or 0x1a.",
            abi="1.56",
            cite=CITE,
        ),
        wire.Field(
            0x189,
            1,
            "cpuid_mod_id",
            "u8",
            since=3,
            hex=True,
            doc="CPUID model, extended and base combined.",
            abi="1.56",
            cite=CITE,
        ),
        wire.Field(
            0x18A,
            1,
            "cpuid_step",
            "u8",
            since=3,
            doc="CPUID stepping.",
            abi="1.56",
            cite=CITE,
        ),
        wire.Field(0x18B, 21, None, "bytes[21]", since=3),
        wire.Field(
            0x1A0,
            64,
            "chip_id",
            "bytes[64]",
            default=bytes(64),
            doc="Identity of the chip, zero when the host masks it. Turin fills the first 8 bytes.",
            cite=CITE,
        ),
        wire.Field(0x1E0, 192, None, "bytes[192]", until=2),
        wire.Field(
            0x1E0,
            8,
            "committed_tcb",
            "u64",
            since=2,
            view=("product", {"milan": TcbMilan, "genoa": TcbMilan, "turin": TcbTurin}),
            hex=True,
            doc="The TCB that the platform can no longer be rolled back from.",
            abi="1.51",
            cite=CITE,
        ),
        wire.Field(
            0x1E8,
            1,
            "current_build",
            "u8",
            since=2,
            doc="Build of the firmware.",
            abi="1.51",
            cite=CITE,
        ),
        wire.Field(
            0x1E9,
            1,
            "current_minor",
            "u8",
            since=2,
            doc="Minor version of the firmware's ABI.",
            abi="1.51",
            cite=CITE,
        ),
        wire.Field(
            0x1EA,
            1,
            "current_major",
            "u8",
            since=2,
            doc="Major version of the firmware's ABI.",
            abi="1.51",
            cite=CITE,
        ),
        wire.Field(0x1EB, 1, None, "bytes[1]", since=2),
        wire.Field(
            0x1EC,
            1,
            "committed_build",
            "u8",
            since=2,
            doc="Build of the committed firmware.",
            abi="1.51",
            cite=CITE,
        ),
        wire.Field(
            0x1ED,
            1,
            "committed_minor",
            "u8",
            since=2,
            doc="Minor version of the committed firmware's ABI.",
            abi="1.51",
            cite=CITE,
        ),
        wire.Field(
            0x1EE,
            1,
            "committed_major",
            "u8",
            since=2,
            doc="Major version of the committed firmware's ABI.",
            abi="1.51",
            cite=CITE,
        ),
        wire.Field(0x1EF, 1, None, "bytes[1]", since=2),
        wire.Field(
            0x1F0,
            8,
            "launch_tcb",
            "u64",
            since=2,
            view=("product", {"milan": TcbMilan, "genoa": TcbMilan, "turin": TcbTurin}),
            hex=True,
            doc="The current TCB at the guest's launch.",
            abi="1.51",
            cite=CITE,
        ),
        wire.Field(0x1F8, 168, None, "bytes[168]", since=2, until=5),
        wire.Field(
            0x1F8,
            8,
            "launch_mit_vector",
            "u64",
            since=5,
            hex=True,
            doc="Mitigations in force at the guest's launch; no source documents the bits.",
            abi="1.58",
            cite=CITE,
        ),
        wire.Field(
            0x200,
            8,
            "current_mit_vector",
            "u64",
            since=5,
            hex=True,
            doc="Mitigations in force now; no source documents the bits.",
            abi="1.58",
            cite=CITE,
        ),
        wire.Field(0x208, 152, None, "bytes[152]", since=5),
        wire.Field(
            0x2A0,
            72,
            "signature_r",
            "bytes[72]",
            default=bytes(72),
            doc="R of the signature, a little-endian number; the upper 24 bytes are zero.",
            cite=CITE,
        ),
        wire.Field(
            0x2E8,
            72,
            "signature_s",
            "bytes[72]",
            default=bytes(72),
            doc="S of the signature, a little-endian number; the upper 24 bytes are zero.",
            cite=CITE,
        ),
        wire.Field(0x330, 368, None, "bytes[368]", doc="The rest of the 512-byte signature."),
    )

    def __new__(
        cls,
        *,
        version: int = 5,
        guest_svn: int = 0,
        policy: int = 0x20000,
        family_id: bytes = bytes(16),
        image_id: bytes = bytes(16),
        vmpl: int = 0,
        signature_algo: int = 1,
        current_tcb: int = 0,
        platform_info: int = 0,
        key_info: int = 0,
        report_data: bytes = bytes(64),
        measurement: bytes = bytes(48),
        host_data: bytes = bytes(32),
        id_key_digest: bytes = bytes(48),
        author_key_digest: bytes = bytes(48),
        report_id: bytes = bytes(32),
        report_id_ma: bytes = bytes(32),
        reported_tcb: int = 0,
        cpuid_fam_id: int | None = None,
        cpuid_mod_id: int | None = None,
        cpuid_step: int | None = None,
        chip_id: bytes = bytes(64),
        committed_tcb: int | None = None,
        current_build: int | None = None,
        current_minor: int | None = None,
        current_major: int | None = None,
        committed_build: int | None = None,
        committed_minor: int | None = None,
        committed_major: int | None = None,
        launch_tcb: int | None = None,
        launch_mit_vector: int | None = None,
        current_mit_vector: int | None = None,
        signature_r: bytes = bytes(72),
        signature_s: bytes = bytes(72),
    ) -> Self:
        version = wire.known_version(cls, version)
        cpuid_fam_id = wire.gated(cls, "cpuid_fam_id", cpuid_fam_id, version >= 3, 0)
        cpuid_mod_id = wire.gated(cls, "cpuid_mod_id", cpuid_mod_id, version >= 3, 0)
        cpuid_step = wire.gated(cls, "cpuid_step", cpuid_step, version >= 3, 0)
        committed_tcb = wire.gated(cls, "committed_tcb", committed_tcb, version >= 2, 0)
        current_build = wire.gated(cls, "current_build", current_build, version >= 2, 0)
        current_minor = wire.gated(cls, "current_minor", current_minor, version >= 2, 0)
        current_major = wire.gated(cls, "current_major", current_major, version >= 2, 0)
        committed_build = wire.gated(cls, "committed_build", committed_build, version >= 2, 0)
        committed_minor = wire.gated(cls, "committed_minor", committed_minor, version >= 2, 0)
        committed_major = wire.gated(cls, "committed_major", committed_major, version >= 2, 0)
        launch_tcb = wire.gated(cls, "launch_tcb", launch_tcb, version >= 2, 0)
        launch_mit_vector = wire.gated(cls, "launch_mit_vector", launch_mit_vector, version >= 5, 0)
        current_mit_vector = wire.gated(
            cls,
            "current_mit_vector",
            current_mit_vector,
            version >= 5,
            0,
        )
        cells = (
            version,
            guest_svn,
            policy,
            family_id,
            image_id,
            vmpl,
            signature_algo,
            current_tcb,
            platform_info,
            key_info,
            bytes(4),
            report_data,
            measurement,
            host_data,
            id_key_digest,
            author_key_digest,
            report_id,
            report_id_ma,
            reported_tcb,
            cpuid_fam_id,
            cpuid_mod_id,
            cpuid_step,
            bytes(21),
            chip_id,
            committed_tcb,
            current_build,
            current_minor,
            current_major,
            bytes(1),
            committed_build,
            committed_minor,
            committed_major,
            bytes(1),
            launch_tcb,
            launch_mit_vector,
            current_mit_vector,
            bytes(152),
            signature_r,
            signature_s,
            bytes(368),
        )
        self = _new(cls)
        try:
            self._values = _unpack_attestation_report(_pack_attestation_report(*cells))
        except wire.MALFORMED:
            raise wire.value_error(cls, locals()) from None
        if self._values != cells or vmpl > 3:
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
            self._values = values = _unpack_attestation_report(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        version = values[0]
        if version not in {1, 2, 3, 4, 5}:
            version = wire.assumed_version(cls, version, assume_version)
        self._layout_version = version
        if reserved != "keep":
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_attestation_report(*self._values)

    @property
    def version(self) -> int:
        """Version of the report. No genuine report of version 4 was found; it is read like version
        3, as other readers do. u32 at 0x0.
        """
        return self._values[0]

    @property
    def guest_svn(self) -> int:
        """Security version of the guest, from its ID block. u32 at 0x4."""
        return self._values[1]

    @property
    def policy(self) -> GuestPolicy:
        """The policy the guest was launched with. guest_policy at 0x8."""
        return GuestPolicy(self._values[2])

    @property
    def family_id(self) -> bytes:
        """Family of the guest, from its ID block; opaque. bytes[16] at 0x10."""
        return self._values[3]

    @property
    def image_id(self) -> bytes:
        """Image of the guest, from its ID block; opaque. bytes[16] at 0x20."""
        return self._values[4]

    @property
    def vmpl(self) -> int:
        """VMPL of the request, 0 to 3. u32 at 0x30."""
        return self._values[5]

    @property
    def signature_algo(self) -> int:
        """How it is signed. signature_algo at 0x34."""
        return self._values[6]

    @property
    def current_tcb(self) -> int:
        """TCB of the firmware that runs. Older texts call it PLATFORM_VERSION. u64 at 0x38."""
        return self._values[7]

    def current_tcb_view(self, product: str | None = None) -> TcbMilan | TcbTurin | None:
        """The parts of current_tcb, by the product that the record tells, else by the one given;
        None while it is unknown. Raises ValueError for one that does not exist.
        """
        chosen = wire.choose(self, "product", product, ("milan", "genoa", "turin"))
        value = self.current_tcb
        if chosen in ("milan", "genoa"):
            return TcbMilan(value)
        if chosen == "turin":
            return TcbTurin(value)
        return None

    @property
    def platform_info(self) -> PlatformInfo:
        """What the platform has switched on. platform_info at 0x40."""
        return PlatformInfo(self._values[8])

    @property
    def key_info(self) -> KeyInfo:
        """How the report is signed. key_info at 0x48."""
        return KeyInfo(self._values[9])

    @property
    def report_data(self) -> bytes:
        """The guest's own bytes, from the request. bytes[64] at 0x50."""
        return self._values[11]

    @property
    def measurement(self) -> bytes:
        """Launch digest, SHA-384 over what was loaded into the guest. bytes[48] at 0x90."""
        return self._values[12]

    @property
    def host_data(self) -> bytes:
        """The host's own bytes, given at launch. bytes[32] at 0xc0."""
        return self._values[13]

    @property
    def id_key_digest(self) -> bytes:
        """SHA-384 of the key that signed the ID block, as the 0x404-byte key structure. bytes[48]
        at 0xe0.
        """
        return self._values[14]

    @property
    def author_key_digest(self) -> bytes:
        """SHA-384 of the key that certified the ID key; zero without one. bytes[48] at 0x110."""
        return self._values[15]

    @property
    def report_id(self) -> bytes:
        """Identity of the guest for its lifetime. bytes[32] at 0x140."""
        return self._values[16]

    @property
    def report_id_ma(self) -> bytes:
        """Identity of the migration agent; all ones where there is none. bytes[32] at 0x160."""
        return self._values[17]

    @property
    def reported_tcb(self) -> int:
        """The TCB that the signing key is derived from. u64 at 0x180."""
        return self._values[18]

    def reported_tcb_view(self, product: str | None = None) -> TcbMilan | TcbTurin | None:
        """The parts of reported_tcb, by the product that the record tells, else by the one given;
        None while it is unknown. Raises ValueError for one that does not exist.
        """
        chosen = wire.choose(self, "product", product, ("milan", "genoa", "turin"))
        value = self.reported_tcb
        if chosen in ("milan", "genoa"):
            return TcbMilan(value)
        if chosen == "turin":
            return TcbTurin(value)
        return None

    @property
    def cpuid_fam_id(self) -> int | None:
        """CPUID family, base and extended added: 0x19 or 0x1a. u8 at 0x188, from version 3 on."""
        return self._values[19] if self._layout_version >= 3 else None

    @property
    def cpuid_mod_id(self) -> int | None:
        """CPUID model, extended and base combined. u8 at 0x189, from version 3 on."""
        return self._values[20] if self._layout_version >= 3 else None

    @property
    def cpuid_step(self) -> int | None:
        """CPUID stepping. u8 at 0x18a, from version 3 on."""
        return self._values[21] if self._layout_version >= 3 else None

    @property
    def chip_id(self) -> bytes:
        """Identity of the chip, zero when the host masks it. Turin fills the first 8 bytes.
        bytes[64] at 0x1a0.
        """
        return self._values[23]

    @property
    def committed_tcb(self) -> int | None:
        """The TCB that the platform can no longer be rolled back from. u64 at 0x1e0, from version 2
        on.
        """
        return self._values[24] if self._layout_version >= 2 else None

    def committed_tcb_view(self, product: str | None = None) -> TcbMilan | TcbTurin | None:
        """The parts of committed_tcb, by the product that the record tells, else by the one given;
        None while it is unknown. Raises ValueError for one that does not exist.
        """
        chosen = wire.choose(self, "product", product, ("milan", "genoa", "turin"))
        value = self.committed_tcb
        if value is None:
            return None
        if chosen in ("milan", "genoa"):
            return TcbMilan(value)
        if chosen == "turin":
            return TcbTurin(value)
        return None

    @property
    def current_build(self) -> int | None:
        """Build of the firmware. u8 at 0x1e8, from version 2 on."""
        return self._values[25] if self._layout_version >= 2 else None

    @property
    def current_minor(self) -> int | None:
        """Minor version of the firmware's ABI. u8 at 0x1e9, from version 2 on."""
        return self._values[26] if self._layout_version >= 2 else None

    @property
    def current_major(self) -> int | None:
        """Major version of the firmware's ABI. u8 at 0x1ea, from version 2 on."""
        return self._values[27] if self._layout_version >= 2 else None

    @property
    def committed_build(self) -> int | None:
        """Build of the committed firmware. u8 at 0x1ec, from version 2 on."""
        return self._values[29] if self._layout_version >= 2 else None

    @property
    def committed_minor(self) -> int | None:
        """Minor version of the committed firmware's ABI. u8 at 0x1ed, from version 2 on."""
        return self._values[30] if self._layout_version >= 2 else None

    @property
    def committed_major(self) -> int | None:
        """Major version of the committed firmware's ABI. u8 at 0x1ee, from version 2 on."""
        return self._values[31] if self._layout_version >= 2 else None

    @property
    def launch_tcb(self) -> int | None:
        """The current TCB at the guest's launch. u64 at 0x1f0, from version 2 on."""
        return self._values[33] if self._layout_version >= 2 else None

    def launch_tcb_view(self, product: str | None = None) -> TcbMilan | TcbTurin | None:
        """The parts of launch_tcb, by the product that the record tells, else by the one given;
        None while it is unknown. Raises ValueError for one that does not exist.
        """
        chosen = wire.choose(self, "product", product, ("milan", "genoa", "turin"))
        value = self.launch_tcb
        if value is None:
            return None
        if chosen in ("milan", "genoa"):
            return TcbMilan(value)
        if chosen == "turin":
            return TcbTurin(value)
        return None

    @property
    def launch_mit_vector(self) -> int | None:
        """Mitigations in force at the guest's launch; no source documents the bits. u64 at 0x1f8,
        from version 5 on.
        """
        return self._values[34] if self._layout_version >= 5 else None

    @property
    def current_mit_vector(self) -> int | None:
        """Mitigations in force now; no source documents the bits. u64 at 0x200, from
        version 5 on.
        """
        return self._values[35] if self._layout_version >= 5 else None

    @property
    def signature_r(self) -> bytes:
        """R of the signature, a little-endian number; the upper 24 bytes are zero. bytes[72] at
        0x2a0.
        """
        return self._values[37]

    @property
    def signature_s(self) -> bytes:
        """S of the signature, a little-endian number; the upper 24 bytes are zero. bytes[72] at
        0x2e8.
        """
        return self._values[38]

    @property
    def product(self) -> str | None:
        """The product, as the record itself tells it; None when not."""
        cpuid_fam_id = self.cpuid_fam_id
        cpuid_mod_id = self.cpuid_mod_id
        if cpuid_fam_id is None or cpuid_mod_id is None:
            return None
        if cpuid_fam_id == 0x19 and 0x00 <= cpuid_mod_id <= 0x0F:
            return "milan"
        if cpuid_fam_id == 0x19 and 0x10 <= cpuid_mod_id <= 0x1F:
            return "genoa"
        if cpuid_fam_id == 0x19 and 0xA0 <= cpuid_mod_id <= 0xAF:
            return "genoa"
        if cpuid_fam_id == 0x1A and 0x00 <= cpuid_mod_id <= 0x11:
            return "turin"
        return None


_struct_msg_report_rsp = Struct("<II24s1184s")
_unpack_msg_report_rsp = _struct_msg_report_rsp.unpack
_pack_msg_report_rsp = _struct_msg_report_rsp.pack


class MsgReportRsp(wire.Record):
    """Payload of the answer to a request for an attestation report.

    1216 bytes (0x4C0). [abi table 25, MSG_REPORT_RSP (revision 1.58)]
    """

    __slots__ = ("_parts",)
    _values: tuple[int, int, bytes, bytes]
    _parts: tuple[AttestationReport | None]

    NAME = "msg_report_rsp"
    SIZE = 0x4C0
    CITE = "abi table 25, MSG_REPORT_RSP (revision 1.58)"
    FIELDS = (
        wire.Field(
            0x0,
            4,
            "status",
            "msg_status",
            enum=MsgStatus,
            doc="Whether there is a report.",
            cite=CITE,
        ),
        wire.Field(
            0x4,
            4,
            "report_size",
            "u32",
            default=0x4A0,
            hex=True,
            doc="Bytes of report. Some firmware sets it on failure too.",
            cite=CITE,
        ),
        wire.Field(0x8, 24, None, "bytes[24]"),
        wire.Field(
            0x20,
            1184,
            "report",
            "attestation_report",
            record=AttestationReport,
            when=("status", 0),
            doc="The report. With another STATUS there is none, and its bytes are reserved.",
            cite=CITE,
        ),
    )

    def __new__(
        cls,
        *,
        status: int = 0,
        report_size: int = 0x4A0,
        report: AttestationReport | None = None,
    ) -> Self:
        report = wire.gated_part(cls, "report", AttestationReport, report, status == 0)
        cells = (status, report_size, bytes(24), report.build() if report else bytes(1184))
        self = _new(cls)
        try:
            self._values = _unpack_msg_report_rsp(_pack_msg_report_rsp(*cells))
        except wire.MALFORMED:
            raise wire.value_error(cls, locals()) from None
        if self._values != cells:
            raise wire.value_error(cls, locals())
        self._parts = (report,)
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
            self._values = values = _unpack_msg_report_rsp(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        report = None
        if values[0] == 0:
            report = wire.parse_part(cls, "report", AttestationReport, values[3], assume_version)
        self._parts = (report,)
        if reserved != "keep":
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_msg_report_rsp(*self._values)

    @property
    def status(self) -> int:
        """Whether there is a report. msg_status at 0x0."""
        return self._values[0]

    @property
    def report_size(self) -> int:
        """Bytes of report. Some firmware sets it on failure too. u32 at 0x4."""
        return self._values[1]

    @property
    def report(self) -> AttestationReport | None:
        """The report. With another STATUS there is none, and its bytes are reserved.
        attestation_report at 0x20, while status is 0x0.
        """
        return self._parts[0]
