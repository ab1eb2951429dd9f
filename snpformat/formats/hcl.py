"""Typed records of hcl.

Generated from hcl.yaml; change that and run `snpformat-codegen generate`.

The fixed parts of the blob that Azure's paravisor (the host compatibility layer) keeps in the vTPM
of a confidential VM: header 0x20, hardware report 0x4a0, request data 0x14, then JSON of variable
length and zeros to the end. Only the report is signed; it vouches for the JSON by a digest in its
report_data. Header and request data are vouched for by nobody.
"""

from __future__ import annotations

from struct import Struct

from snpformat import wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

_new = object.__new__


class HclRequestType(wire.Enum):
    """What the paravisor made the blob for.

    Numbers of 4 bytes; others are kept. [openhcl IgvmAttestRequestType]
    """

    INVALID = 0x0
    KEY_RELEASE = 0x1  # To have a key released.
    AK_CERT = 0x2  # To get a certificate for the attestation key of the vTPM.
    WRAPPED_KEY = 0x3  # To get a wrapped key.

    NAME = "hcl_request_type"
    NAMES = {
        0x0: "invalid",
        0x1: "key_release",
        0x2: "ak_cert",
        0x3: "wrapped_key",
    }
    DOCS = {
        0x1: "To have a key released.",
        0x2: "To get a certificate for the attestation key of the vTPM.",
        0x3: "To get a wrapped key.",
    }


class HclReportType(wire.Enum):
    """Whose report lies in the blob.

    Numbers of 4 bytes; others are kept. [openhcl IgvmAttestReportType]
    """

    INVALID = 0x0
    VBS = 0x1  # Of a VM isolated by the hypervisor alone.
    SNP = 0x2  # An attestation_report, all of the 0x4a0 bytes.
    TVM = 0x3  # Of a trusted launch VM; there is no hardware report.
    TDX = 0x4  # A TDREPORT of Intel TDX, 1024 bytes, and zeros.
    CCA = 0x5  # Of Arm CCA.

    NAME = "hcl_report_type"
    NAMES = {
        0x0: "invalid",
        0x1: "vbs",
        0x2: "snp",
        0x3: "tvm",
        0x4: "tdx",
        0x5: "cca",
    }
    DOCS = {
        0x1: "Of a VM isolated by the hypervisor alone.",
        0x2: "An attestation_report, all of the 0x4a0 bytes.",
        0x3: "Of a trusted launch VM; there is no hardware report.",
        0x4: "A TDREPORT of Intel TDX, 1024 bytes, and zeros.",
        0x5: "Of Arm CCA.",
    }


class HclHashType(wire.Enum):
    """The digest of the variable data that the report carries.

    Numbers of 4 bytes; others are kept. [openhcl IgvmAttestHashType]
    """

    INVALID = 0x0
    SHA256 = 0x1
    SHA384 = 0x2
    SHA512 = 0x3

    NAME = "hcl_hash_type"
    NAMES = {
        0x0: "invalid",
        0x1: "sha256",
        0x2: "sha384",
        0x3: "sha512",
    }


_struct_hcl_header = Struct("<IIIII12s")
_unpack_hcl_header = _struct_hcl_header.unpack
_pack_hcl_header = _struct_hcl_header.pack


class HclHeader(wire.Record):
    """Header of an Azure HCL blob. Nobody vouches for it.

    32 bytes (0x20). [openhcl IgvmAttestRequestHeader]
    """

    __slots__ = ()
    _values: tuple[int, int, int, int, int, bytes]

    NAME = "hcl_header"
    SIZE = 0x20
    CITE = "openhcl IgvmAttestRequestHeader"
    FIELDS = (
        wire.Field(0x0, 4, "magic", "u32", const=0x414C4348, hex=True, doc='"HCLA".', cite=CITE),
        wire.Field(
            0x4,
            4,
            "version",
            "u32",
            default=1,
            doc="1 and 2 were seen, with the same layout.",
            cite=CITE,
        ),
        wire.Field(
            0x8,
            4,
            "report_size",
            "u32",
            default=0x4D4,
            doc="Bytes from the start of the blob to the end of the variable data: 0x4c0 + "
            "data_size.",
            cite=CITE,
        ),
        wire.Field(
            0xC,
            4,
            "request_type",
            "hcl_request_type",
            default=2,
            enum=HclRequestType,
            doc="What the blob was made for.",
            cite=CITE,
        ),
        wire.Field(0x10, 4, "status", "u32", doc="0 in every blob seen.", cite=CITE),
        wire.Field(0x14, 12, None, "bytes[12]"),
    )

    def __new__(
        cls,
        *,
        version: int = 1,
        report_size: int = 0x4D4,
        request_type: int = 2,
        status: int = 0,
    ) -> Self:
        cells = (0x414C4348, version, report_size, request_type, status, bytes(12))
        self = _new(cls)
        try:
            self._values = _unpack_hcl_header(_pack_hcl_header(*cells))
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
            self._values = values = _unpack_hcl_header(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        if values[0] != 0x414C4348:
            raise wire.refused_bytes(cls, data)
        if reserved != "keep" or assume_version is not None:
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_hcl_header(*self._values)

    @property
    def magic(self) -> int:
        """ "HCLA". u32 at 0x0."""
        return self._values[0]

    @property
    def version(self) -> int:
        """1 and 2 were seen, with the same layout. u32 at 0x4."""
        return self._values[1]

    @property
    def report_size(self) -> int:
        """Bytes from the start of the blob to the end of the variable data: 0x4c0 + data_size. u32
        at 0x8.
        """
        return self._values[2]

    @property
    def request_type(self) -> int:
        """What the blob was made for. hcl_request_type at 0xc."""
        return self._values[3]

    @property
    def status(self) -> int:
        """0 in every blob seen. u32 at 0x10."""
        return self._values[4]


_struct_hcl_request_data = Struct("<IIIII")
_unpack_hcl_request_data = _struct_hcl_request_data.unpack
_pack_hcl_request_data = _struct_hcl_request_data.pack


class HclRequestData(wire.Record):
    """What stands between the report and the variable data of an Azure HCL blob. Nobody vouches for
    it, so a hash_type that was changed can make a good blob look bad, but not the reverse.

    20 bytes (0x14). [openhcl IgvmAttestRequestData]
    """

    __slots__ = ()
    _values: tuple[int, int, int, int, int]

    NAME = "hcl_request_data"
    SIZE = 0x14
    CITE = "openhcl IgvmAttestRequestData"
    FIELDS = (
        wire.Field(
            0x0,
            4,
            "data_size",
            "u32",
            default=0x14,
            doc="20 + variable_data_size.",
            cite=CITE,
        ),
        wire.Field(0x4, 4, "version", "u32", default=1, doc="1 in every blob seen.", cite=CITE),
        wire.Field(
            0x8,
            4,
            "report_type",
            "hcl_report_type",
            default=2,
            enum=HclReportType,
            doc="Whose report it is.",
            cite=CITE,
        ),
        wire.Field(
            0xC,
            4,
            "hash_type",
            "hcl_hash_type",
            default=1,
            enum=HclHashType,
            doc="The digest of the variable data; it begins the report_data of the report, "
            "and zeros follow.",
            cite=CITE,
        ),
        wire.Field(
            0x10,
            4,
            "variable_data_size",
            "u32",
            doc="Bytes of JSON that follow.",
            cite=CITE,
        ),
    )

    def __new__(
        cls,
        *,
        data_size: int = 0x14,
        version: int = 1,
        report_type: int = 2,
        hash_type: int = 1,
        variable_data_size: int = 0,
    ) -> Self:
        cells = (data_size, version, report_type, hash_type, variable_data_size)
        self = _new(cls)
        try:
            self._values = _unpack_hcl_request_data(_pack_hcl_request_data(*cells))
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
            self._values = _unpack_hcl_request_data(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        if reserved != "keep" or assume_version is not None:
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_hcl_request_data(*self._values)

    @property
    def data_size(self) -> int:
        """20 + variable_data_size. u32 at 0x0."""
        return self._values[0]

    @property
    def version(self) -> int:
        """1 in every blob seen. u32 at 0x4."""
        return self._values[1]

    @property
    def report_type(self) -> int:
        """Whose report it is. hcl_report_type at 0x8."""
        return self._values[2]

    @property
    def hash_type(self) -> int:
        """The digest of the variable data; it begins the report_data of the report, and zeros
        follow. hcl_hash_type at 0xc.
        """
        return self._values[3]

    @property
    def variable_data_size(self) -> int:
        """Bytes of JSON that follow. u32 at 0x10."""
        return self._values[4]
