"""The certificate table: what a host hands over beside an extended report.

Rows of GUID, offset and length, an all-zero row (specs/cert_table.yaml), and behind them the
certificates that they point at. The host makes it, so nothing in it is trusted: rows are counted
against a bound, sums are made with integers that do not wrap, and two rows may not share a byte, so
that what a table names is never more than what it holds. GUID bytes are in text order (RFC 9562),
offsets and lengths are u32, little-endian, in bytes; offsets count from the start of the table.

What lies behind a GUID is opaque here. Hosts store PEM as well as DER: `load_certificates` takes
either.

Sources: ghcb section 4.1.8.1, SNP extended guest request; Linux drivers/virt/coco/sev-guest; a real
table from a Genoa host.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field
from uuid import UUID

from .errors import FormatError
from .formats import CertTable, CertTableEntry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from .wire import Buffer

STRUCTURE = CertTable.NAME  # in errors
PAGE_SIZE = 4096
MAX_ENTRIES = CertTable.field("entries").maximum or 0

NAMES = {
    UUID("63da758d-e664-4564-adc5-f4b93be8accd"): "VCEK",
    UUID("a8074bc2-a25a-483e-aae6-39c045a0b8a1"): "VLEK",
    UUID("4ab7b379-bbac-4fe4-a02f-05aef327c782"): "ASK",  # the ASVK too: it has none of its own
    UUID("c0b406a4-a803-4952-9743-3fb6014cd0ae"): "ARK",
    UUID("92f81bc3-5811-4d3d-97ff-d19f88dc67ea"): "CRL",
    UUID("ecae0c0f-9502-43b1-afa2-0ae2e0d565b6"): "extra platform info",
}
GUIDS = {name: guid for guid, name in NAMES.items()}

_ROW_SIZE = CertTableEntry.SIZE
_NIL = UUID(int=0)
_END = CertTableEntry()  # the all-zero row
_U32_MAX = 0xFFFF_FFFF

# RFC 7468; what stands between the blocks of a file is explanation.
_PEM_LINE = re.compile(rb"-----(BEGIN|END) ([^\r\n-]*)-----")
_PEM_LABELS = (b"CERTIFICATE", b"X509 CERTIFICATE")


@dataclass(frozen=True, slots=True)
class TableEntry:
    """One row of a table and what it points at. Equal by GUID and data, wherever that lies.

    Attributes:
        guid: what the data is.
        data: the bytes, opaque: often one certificate, as PEM or DER.
        offset: where it lies, in bytes from the start of the table it was read from; else None.
    """

    guid: UUID
    data: bytes = field(repr=False)
    offset: int | None = field(default=None, compare=False)

    @property
    def name(self) -> str | None:
        """The name of a GUID that is known, such as ``VCEK``; else None."""
        return NAMES.get(self.guid)


def read_table(blob: Buffer, *, allow_unterminated: bool = False) -> tuple[TableEntry, ...]:
    """The entries of a table, in order; none for an empty blob, or one of zeros.

    Args:
        blob: the table and its certificates; more bytes may follow.
        allow_unterminated: take a table without its all-zero row; it ends where its data begins,
            or where the blob ends.

    Raises:
        FormatError: for no such table: the row that ends it is missing, it has more than
            MAX_ENTRIES, or one points outside the blob, into the table, or at another's bytes.
    """
    raw = _copy(blob)
    return tuple(
        TableEntry(UUID(bytes=row.guid), raw[row.offset : row.offset + row.length], row.offset)
        for row in _rows(raw, allow_unterminated)
    )


def used_size(blob: Buffer) -> int:
    """How many bytes of a blob its table needs: the end of the last certificate, 0 without any.

    Linux cuts auxblob of configfs-tsm to this. Raises FormatError like `read_table`.
    """
    return max((row.offset + row.length for row in _rows(_copy(blob), False)), default=0)


def write_table(entries: Iterable[TableEntry], *, whole_pages: bool = False) -> bytes:
    """The bytes of a table: rows, the all-zero row, then the data, without gaps, in that order.

    Args:
        entries: their own offsets do not count.
        whole_pages: fill up with zeros to a multiple of 4096 bytes, as a host has to hand it over.

    Raises:
        FormatError: for a GUID of zeros, more than MAX_ENTRIES, or data that a u32 cannot reach.
    """
    given = list(entries)
    if len(given) > MAX_ENTRIES:
        raise _refusal(MAX_ENTRIES, "", len(given), f"a table has at most {MAX_ENTRIES} entries")
    at = _ROW_SIZE * (len(given) + 1)
    rows, data = [], []
    for index, entry in enumerate(given):
        size = len(entry.data)
        if entry.guid == _NIL:
            raise _refusal(index, "guid", entry.guid.bytes, "a GUID of zeros would end the table")
        if at + size > _U32_MAX:
            raise _refusal(index, "length", size, "the table would pass 4 GiB")
        rows.append(CertTableEntry(guid=entry.guid.bytes, offset=at, length=size).build())
        data.append(entry.data)
        at += size
    table = b"".join([*rows, bytes(_ROW_SIZE), *data])
    return table + bytes(-len(table) % PAGE_SIZE) if whole_pages else table


def _copy(blob: Buffer) -> bytes:
    """A copy: the host may still hold the pages that the blob lies in."""
    try:
        return bytes(memoryview(blob))
    except (TypeError, ValueError, BufferError):
        reason = f"expected bytes, got {type(blob).__name__}"
        raise FormatError(STRUCTURE, None, None, None, reason) from None


def _rows(raw: bytes, allow_unterminated: bool) -> list[CertTableEntry]:
    """Every row, checked by itself and against the others. Raises FormatError.

    `CertTable` reads rows too, but stops at nothing but an all-zero one; here the data does.
    """
    if not any(raw):
        return []  # a host without certificates; Linux hands on zeros, KVM clears one row
    rows: list[CertTableEntry] = []
    lowest = len(raw)  # where the data begins, as far as the rows before tell
    at = 0
    while at + _ROW_SIZE <= lowest:
        row = CertTableEntry.parse(raw[at : at + _ROW_SIZE])
        at += _ROW_SIZE
        if row == _END:
            break
        _check_row(row, len(rows), len(raw))
        rows.append(row)
        if row.length:
            lowest = min(lowest, row.offset)
    else:
        if not rows or not allow_unterminated:
            reason = (
                f"{_whose(rows, lowest)} at {lowest:#x}, and no all-zero row has ended the table"
            )
            raise _refusal(len(rows), "", lowest, reason)
    _check_disjoint(rows, at)
    return rows


def _whose(rows: list[CertTableEntry], lowest: int) -> str:
    for index, row in enumerate(rows):
        if row.length and row.offset == lowest:
            return f"the data of entries[{index}] begins"
    return "the blob ends"


def _check_row(row: CertTableEntry, index: int, blob_size: int) -> None:
    """Refuse a row that is one too many, no entry, or points outside the blob."""
    if index == MAX_ENTRIES:
        reason = f"no all-zero row has ended the table after {MAX_ENTRIES} entries"
        raise _refusal(index, "", row.build(), reason)
    if not any(row.guid):
        reason = "zeros with an offset or a length: no entry, and no end of the table"
        raise _refusal(index, "guid", row.guid, reason)
    if row.offset > blob_size:
        reason = f"{row.offset:#x} lies behind the end of the blob at {blob_size:#x}"
        raise _refusal(index, "offset", row.offset, reason)
    if row.offset + row.length > blob_size:  # does not wrap, unlike the u32 that Linux adds in
        reason = f"{row.offset:#x} + {row.length:#x} passes the end of the blob at {blob_size:#x}"
        raise _refusal(index, "length", row.length, reason)


def _check_disjoint(rows: list[CertTableEntry], table_end: int) -> None:
    """Refuse data that shares a byte with the table, or with other data."""
    end, owner = table_end, "the table itself"
    for index, row in sorted(enumerate(rows), key=lambda found: found[1].offset):
        if row.length and row.offset < end:
            reason = f"{row.offset:#x} lies in {owner}, which ends at {end:#x}"
            raise _refusal(index, "offset", row.offset, reason)
        if row.length:
            end, owner = row.offset + row.length, f"the data of entries[{index}]"


def _refusal(index: int, name: str, value: object, reason: str) -> FormatError:
    """`reason`, about the field `name` of row `index`, or about all of the row."""
    at = index * _ROW_SIZE + (CertTableEntry.field(name).offset if name else 0)
    place = f"entries[{index}].{name}" if name else f"entries[{index}]"
    return FormatError(STRUCTURE, place, at, value, reason)


def load_certificates(data: Buffer) -> list[bytes]:
    """The certificates in `data`, in order, each as DER.

    Takes PEM (with any number of blocks, and text around them) or DER (one certificate, or several
    in a row), told apart by the bytes. What is in the certificates is not looked at, but that each
    is one whole ASN.1 sequence.

    Raises:
        FormatError: for anything else: no certificate at all, a block of another kind, a block or
            a certificate that is cut short.
    """
    raw = _copy(data)
    blocks = list(_PEM_LINE.finditer(raw))
    # DER begins with 0x30, which as text is the digit 0: a text may do so too.
    if blocks and not (raw[:1] == b"\x30" and raw[1] >= 0x80):
        return _from_pem(raw, blocks)
    found, at = [], 0
    while at < len(raw):
        end = _der_end(raw, at)
        found.append(raw[at:end])
        at = end
    if not found:
        raise FormatError("certificates", None, None, 0, "there are no bytes, so no certificate")
    return found


def _from_pem(raw: bytes, lines: list[re.Match[bytes]]) -> list[bytes]:
    found = []
    for begin, end in zip(lines[::2], [*lines[1::2], None], strict=False):
        at, label = begin.start(), begin[2]
        if begin[1] != b"BEGIN" or end is None or (end[1], end[2]) != (b"END", label):
            raise _pem_refusal(at, "BEGIN and END do not pair up here")
        if label not in _PEM_LABELS:
            kind = label.decode("latin-1")[:40]
            raise _pem_refusal(at, f"expected a block of a CERTIFICATE, got {kind!r}")
        try:
            text = b"".join(raw[begin.end() : end.start()].split())
            der = binascii.a2b_base64(text, strict_mode=True)
        except binascii.Error as error:
            raise _pem_refusal(at, f"the block is not base64: {error}") from None
        try:
            whole = _der_end(der, 0) == len(der)
        except FormatError as inner:
            raise _pem_refusal(at, f"the block is no certificate: {inner.reason}") from None
        if not whole:
            raise _pem_refusal(at, "the block goes on behind the certificate in it")
        found.append(der)
    return found


def _pem_refusal(at: int, reason: str) -> FormatError:
    return FormatError("certificates", "pem", at, None, reason)


def _der_end(raw: bytes, at: int) -> int:
    """Where the ASN.1 sequence that begins at `at` ends. Raises FormatError."""
    head = raw[at : at + 6]
    if head[:1] != b"\x30":
        reason = "neither PEM nor DER: a certificate begins with -----BEGIN or with the byte 0x30"
        raise FormatError("certificates", None, at, raw[at : at + 1], reason)
    first = head[1] if len(head) > 1 else 0
    octets = first & 0x7F if first & 0x80 else 0
    if len(head) < 2 + octets or octets > 4 or first == 0x80:
        raise FormatError("certificates", "der", at, head, "the length of the sequence is not DER")
    size = int.from_bytes(head[2 : 2 + octets], "big") if octets else first
    end = at + 2 + octets + size
    if end > len(raw):
        reason = f"the sequence takes {end - at} bytes, and {len(raw) - at} are left"
        raise FormatError("certificates", "der", at, len(raw) - at, reason)
    return end
