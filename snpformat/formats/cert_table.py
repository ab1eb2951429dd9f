"""Typed records of cert_table.

Generated from cert_table.yaml; change that and run `snpformat-codegen generate`.

What the host hands to a guest beside an extended report: certificates, and before them a table that
says which is where. GUIDs that are known: VCEK 63da758d-e664-4564-adc5-f4b93be8accd, VLEK
a8074bc2-a25a-483e-aae6-39c045a0b8a1, ASK (or ASVK) 4ab7b379-bbac-4fe4-a02f-05aef327c782, ARK
c0b406a4-a803-4952-9743-3fb6014cd0ae, CRL 92f81bc3-5811-4d3d-97ff-d19f88dc67ea, further platform
info ecae0c0f-9502-43b1-afa2-0ae2e0d565b6.
"""

from __future__ import annotations

from struct import Struct

from snpformat import wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

_new = object.__new__


_struct_cert_table_entry = Struct("<16sII")
_unpack_cert_table_entry = _struct_cert_table_entry.unpack
_pack_cert_table_entry = _struct_cert_table_entry.pack


class CertTableEntry(wire.Record):
    """Where a certificate stands in the data, and what it is.

    24 bytes (0x18). [ghcb section 4.1.8.1, certificate data structure]
    """

    __slots__ = ()
    _values: tuple[bytes, int, int]

    NAME = "cert_table_entry"
    SIZE = 0x18
    CITE = "ghcb section 4.1.8.1, certificate data structure"
    FIELDS = (
        wire.Field(
            0x0,
            16,
            "guid",
            "bytes[16]",
            default=bytes(16),
            doc="What it is. The bytes stand in the order of the text, as RFC 4122 has them, "
            "and not in that of EFI.",
            cite=CITE,
        ),
        wire.Field(
            0x10,
            4,
            "offset",
            "u32",
            hex=True,
            doc="Its first byte, from the start of the table.",
            cite=CITE,
        ),
        wire.Field(
            0x14,
            4,
            "length",
            "u32",
            doc="Its bytes. Add the two in 64 bits; neither is checked.",
            cite=CITE,
        ),
    )

    def __new__(cls, *, guid: bytes = bytes(16), offset: int = 0, length: int = 0) -> Self:
        cells = (guid, offset, length)
        self = _new(cls)
        try:
            self._values = _unpack_cert_table_entry(_pack_cert_table_entry(*cells))
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
            self._values = _unpack_cert_table_entry(data)
        except wire.MALFORMED:
            raise wire.size_error(cls, data) from None
        if reserved != "keep" or assume_version is not None:
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        return _pack_cert_table_entry(*self._values)

    @property
    def guid(self) -> bytes:
        """What it is. The bytes stand in the order of the text, as RFC 4122 has them, and not in
        that of EFI. bytes[16] at 0x0.
        """
        return self._values[0]

    @property
    def offset(self) -> int:
        """Its first byte, from the start of the table. u32 at 0x10."""
        return self._values[1]

    @property
    def length(self) -> int:
        """Its bytes. Add the two in 64 bits; neither is checked. u32 at 0x14."""
        return self._values[2]


_struct_cert_table = Struct("<")
_unpack_cert_table = _struct_cert_table.unpack
_pack_cert_table = _struct_cert_table.pack


class CertTable(wire.VariableRecord):
    """The table before the certificates. Data without certificates is all zero, and so an empty
    table.

    24 to 16368 bytes: 0, and 24 for each of entries. [ghcb section 4.1.8.1, certificate data
    structure]
    """

    __slots__ = ()
    _values: tuple[bytes]

    NAME = "cert_table"
    SIZE = 0x0
    MIN_SIZE = 0x18
    MAX_SIZE = 0x3FF0
    CITE = "ghcb section 4.1.8.1, certificate data structure"
    FIELDS = (
        wire.Field(
            0x0,
            0,
            "entries",
            "cert_table_entry[]",
            maximum=0x2A9,
            of=CertTableEntry,
            stop="zero",
            doc="One for each certificate. With the one that ends them, as many as fit the 16"
            " KiB that Linux hands on.",
            cite=CITE,
        ),
    )

    def __new__(cls, *, entries: wire.Iterable[CertTableEntry] = ()) -> Self:
        _raw_entries = wire.joined(cls, "entries", entries)
        cells = ()
        self = _new(cls)
        try:
            self._values = (*_unpack_cert_table(_pack_cert_table(*cells)), _raw_entries)
        except wire.MALFORMED:
            raise wire.value_error(cls, locals()) from None
        if self._values != (*cells, _raw_entries):
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
        self._values = (*_unpack_cert_table(_fixed), _elements)
        if reserved != "keep" or assume_version is not None:
            return wire.settle(self, reserved, assume_version)
        return self

    def build(self) -> bytes:
        fixed = _pack_cert_table(*self._values[:-1])
        return fixed + self._values[-1] + bytes(24)

    @property
    def entries(self) -> tuple[CertTableEntry, ...]:
        """One for each certificate. With the one that ends them, as many as fit the 16 KiB that
        Linux hands on. cert_table_entry[] at 0x0, until one that is all zero, at most 681.
        """
        return wire.elements(CertTableEntry, self._values[0])
