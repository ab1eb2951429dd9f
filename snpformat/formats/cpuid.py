"""Typed records of cpuid.

Generated from cpuid.yaml; change that and run `snpformat-codegen generate`.

CPUID values that the firmware vouches for: a guest asks in a message, or finds them in the page
that was measured at its launch. A function is asked for with its inputs and the values that the
host proposes; the firmware answers with those that it accepts.
"""

from __future__ import annotations

from struct import Struct

from snpformat import wire

from .report import MsgStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

_new = object.__new__


_struct_cpuid_function = Struct("<IIQQIIII8s")
_unpack_cpuid_function = _struct_cpuid_function.unpack
_pack_cpuid_function = _struct_cpuid_function.pack


class CpuidFunction(wire.Record):
    """One CPUID function, its inputs and its results.

    48 bytes (0x30). [abi table 16, CPUID function structure (revision 1.58)]
    """

    __slots__ = ()
    _values: tuple[int, int, int, int, int, int, int, int, bytes]

    NAME = "cpuid_function"
    SIZE = 0x30
    CITE = "abi table 16, CPUID function structure (revision 1.58)"
    FIELDS = (
        wire.Field(0x0, 4, "eax_in", "u32", hex=True, doc="Leaf.", cite=CITE),
        wire.Field(0x4, 4, "ecx_in", "u32", hex=True, doc="Sub-leaf.", cite=CITE),
        wire.Field(0x8, 8, "xcr0_in", "u64", hex=True, doc="XCR0; only for leaf 0xd.", cite=CITE),
        wire.Field(
            0x10,
            8,
            "xss_in",
            "u64",
            hex=True,
            doc="IA32_XSS; only for leaf 0xd.",
            cite=CITE,
        ),
        wire.Field(
            0x18,
            4,
            "eax",
            "u32",
            hex=True,
            doc="EAX that the instruction returns.",
            cite=CITE,
        ),
        wire.Field(
            0x1C,
            4,
            "ebx",
            "u32",
            hex=True,
            doc="EBX that the instruction returns.",
            cite=CITE,
        ),
        wire.Field(
            0x20,
            4,
            "ecx",
            "u32",
            hex=True,
            doc="ECX that the instruction returns.",
            cite=CITE,
        ),
        wire.Field(
            0x24,
            4,
            "edx",
            "u32",
            hex=True,
            doc="EDX that the instruction returns.",
            cite=CITE,
        ),
        wire.Field(0x28, 8, None, "bytes[8]"),
    )

    def __new__(
        cls,
        *,
        eax_in: int = 0,
        ecx_in: int = 0,
        xcr0_in: int = 0,
        xss_in: int = 0,
        eax: int = 0,
        ebx: int = 0,
        ecx: int = 0,
        edx: int = 0,
    ) -> Self:
        cells = (eax_in, ecx_in, xcr0_in, xss_in, eax, ebx, ecx, edx, bytes(8))
        self = _new(cls)
        try:
            self._values = _unpack_cpuid_function(_pack_cpuid_function(*cells))
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
            self._values = _unpack_cpuid_function(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        if reserved != "keep" or assume_version is not None:
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_cpuid_function(*self._values)

    @property
    def eax_in(self) -> int:
        """Leaf. u32 at 0x0."""
        return self._values[0]

    @property
    def ecx_in(self) -> int:
        """Sub-leaf. u32 at 0x4."""
        return self._values[1]

    @property
    def xcr0_in(self) -> int:
        """XCR0; only for leaf 0xd. u64 at 0x8."""
        return self._values[2]

    @property
    def xss_in(self) -> int:
        """IA32_XSS; only for leaf 0xd. u64 at 0x10."""
        return self._values[3]

    @property
    def eax(self) -> int:
        """EAX that the instruction returns. u32 at 0x18."""
        return self._values[4]

    @property
    def ebx(self) -> int:
        """EBX that the instruction returns. u32 at 0x1c."""
        return self._values[5]

    @property
    def ecx(self) -> int:
        """ECX that the instruction returns. u32 at 0x20."""
        return self._values[6]

    @property
    def edx(self) -> int:
        """EDX that the instruction returns. u32 at 0x24."""
        return self._values[7]


_struct_msg_cpuid_req = Struct("<I12s")
_unpack_msg_cpuid_req = _struct_msg_cpuid_req.unpack
_pack_msg_cpuid_req = _struct_msg_cpuid_req.pack


class MsgCpuidReq(wire.VariableRecord):
    """Payload of a request to check CPUID values.

    16 to 3088 bytes: 16, and 48 for each of functions. [abi MSG_CPUID_REQ (revision 1.58)]
    """

    __slots__ = ()
    _values: tuple[int, bytes, bytes]

    NAME = "msg_cpuid_req"
    SIZE = 0x10
    MIN_SIZE = 0x10
    MAX_SIZE = 0xC10
    CITE = "abi MSG_CPUID_REQ (revision 1.58)"
    FIELDS = (
        wire.Field(0x0, 4, "count", "u32", doc="How many functions follow.", cite=CITE),
        wire.Field(0x4, 4, None, "bytes[4]"),
        wire.Field(0x8, 8, None, "bytes[8]"),
        wire.Field(
            0x10,
            0,
            "functions",
            "cpuid_function[count]",
            maximum=0x40,
            of=CpuidFunction,
            count="count",
            doc="The functions and the values to check.",
            cite=CITE,
        ),
    )

    def __new__(cls, *, functions: wire.Iterable[CpuidFunction] = ()) -> Self:
        _raw_functions = wire.joined(cls, "functions", functions)
        count = len(_raw_functions) // 0x30
        cells = (count, bytes(12))
        self = _new(cls)
        try:
            self._values = (*_unpack_msg_cpuid_req(_pack_msg_cpuid_req(*cells)), _raw_functions)
        except wire.MALFORMED:
            raise wire.value_error(cls, locals()) from None
        if self._values != (*cells, _raw_functions):
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
        _fixed, _elements = wire.divide(cls, data)
        self._values = (*_unpack_msg_cpuid_req(_fixed), _elements)
        if reserved != "keep" or assume_version is not None:
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        fixed = _pack_msg_cpuid_req(*self._values[:-1])
        return fixed + self._values[-1]

    @property
    def count(self) -> int:
        """How many functions follow. u32 at 0x0."""
        return self._values[0]

    @property
    def functions(self) -> tuple[CpuidFunction, ...]:
        """The functions and the values to check. cpuid_function[count] at 0x10, at most 64."""
        return wire.elements(CpuidFunction, self._values[2])


_struct_msg_cpuid_rsp = Struct("<II8s")
_unpack_msg_cpuid_rsp = _struct_msg_cpuid_rsp.unpack
_pack_msg_cpuid_rsp = _struct_msg_cpuid_rsp.pack


class MsgCpuidRsp(wire.VariableRecord):
    """Payload of the answer to a request to check CPUID values, as long as the request. The count
    stands behind the status, and is not where the request has it.

    16 to 3088 bytes: 16, and 48 for each of functions. [abi MSG_CPUID_RSP (revision 1.58)]
    """

    __slots__ = ()
    _values: tuple[int, int, bytes, bytes]

    NAME = "msg_cpuid_rsp"
    SIZE = 0x10
    MIN_SIZE = 0x10
    MAX_SIZE = 0xC10
    CITE = "abi MSG_CPUID_RSP (revision 1.58)"
    FIELDS = (
        wire.Field(
            0x0,
            4,
            "status",
            "msg_status",
            enum=MsgStatus,
            doc="Whether the values were checked.",
            cite=CITE,
        ),
        wire.Field(
            0x4,
            4,
            "count",
            "u32",
            doc="How many functions were checked. Firmware leaves out those of ranges it does"
            " not know, though all come back, and says 0 when it refused the request.",
            cite=CITE,
        ),
        wire.Field(0x8, 8, None, "bytes[8]"),
        wire.Field(
            0x10,
            0,
            "functions",
            "cpuid_function[]",
            maximum=0x40,
            of=CpuidFunction,
            stop="end",
            doc="The functions of the request with the values that the firmware accepts.",
            cite=CITE,
        ),
    )

    def __new__(
        cls,
        *,
        status: int = 0,
        count: int = 0,
        functions: wire.Iterable[CpuidFunction] = (),
    ) -> Self:
        _raw_functions = wire.joined(cls, "functions", functions)
        cells = (status, count, bytes(8))
        self = _new(cls)
        try:
            self._values = (*_unpack_msg_cpuid_rsp(_pack_msg_cpuid_rsp(*cells)), _raw_functions)
        except wire.MALFORMED:
            raise wire.value_error(cls, locals()) from None
        if self._values != (*cells, _raw_functions):
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
        _fixed, _elements = wire.divide(cls, data)
        self._values = (*_unpack_msg_cpuid_rsp(_fixed), _elements)
        if reserved != "keep" or assume_version is not None:
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        fixed = _pack_msg_cpuid_rsp(*self._values[:-1])
        return fixed + self._values[-1]

    @property
    def status(self) -> int:
        """Whether the values were checked. msg_status at 0x0."""
        return self._values[0]

    @property
    def count(self) -> int:
        """How many functions were checked. Firmware leaves out those of ranges it does not know,
        though all come back, and says 0 when it refused the request. u32 at 0x4.
        """
        return self._values[1]

    @property
    def functions(self) -> tuple[CpuidFunction, ...]:
        """The functions of the request with the values that the firmware accepts. cpuid_function[]
        at 0x10, until the end, at most 64.
        """
        return wire.elements(CpuidFunction, self._values[3])


_struct_cpuid_page = Struct("<I12s3072s1008s")
_unpack_cpuid_page = _struct_cpuid_page.unpack
_pack_cpuid_page = _struct_cpuid_page.pack


class CpuidPage(wire.Record):
    """The page with CPUID values that the firmware checked when the guest was launched.

    4096 bytes (0x1000). [abi table 72, CPUID page (revision 1.58)]
    """

    __slots__ = ()
    _values: tuple[int, bytes, bytes, bytes]

    NAME = "cpuid_page"
    SIZE = 0x1000
    CITE = "abi table 72, CPUID page (revision 1.58)"
    FIELDS = (
        wire.Field(
            0x0,
            4,
            "count",
            "u32",
            maximum=0x40,
            doc="How many of the functions count.",
            cite=CITE,
        ),
        wire.Field(0x4, 4, None, "bytes[4]"),
        wire.Field(0x8, 8, None, "bytes[8]"),
        wire.Field(
            0x10,
            3072,
            "functions",
            "cpuid_function[64]",
            of=CpuidFunction,
            count=64,
            doc="Room for 64 functions; those from count on are zero.",
            cite=CITE,
        ),
        wire.Field(0xC10, 1008, None, "bytes[1008]"),
    )

    def __new__(cls, *, count: int = 0, functions: wire.Iterable[CpuidFunction] = ()) -> Self:
        _raw_functions = wire.joined(cls, "functions", functions)
        cells = (count, bytes(12), _raw_functions, bytes(1008))
        self = _new(cls)
        try:
            self._values = _unpack_cpuid_page(_pack_cpuid_page(*cells))
        except wire.MALFORMED:
            raise wire.value_error(cls, locals()) from None
        if self._values != cells or count > 0x40:
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
            self._values = _unpack_cpuid_page(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        if reserved != "keep" or assume_version is not None:
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_cpuid_page(*self._values)

    @property
    def count(self) -> int:
        """How many of the functions count. u32 at 0x0."""
        return self._values[0]

    @property
    def functions(self) -> tuple[CpuidFunction, ...]:
        """Room for 64 functions; those from count on are zero. cpuid_function[64] at 0x10."""
        return wire.elements(CpuidFunction, self._values[2])
