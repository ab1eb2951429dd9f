"""The certificate table: real and made ones, what a host may get wrong, and what lies in it."""

from __future__ import annotations

import base64
import json
import ssl
from pathlib import Path
from struct import pack
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from snpformat import FormatError
from snpformat.certtable import (
    GUIDS,
    MAX_ENTRIES,
    NAMES,
    PAGE_SIZE,
    TableEntry,
    load_certificates,
    read_table,
    used_size,
    write_table,
)

VCEK, ASK, ARK = (GUIDS[name] for name in ("VCEK", "ASK", "ARK"))
END = bytes(24)

guids = st.sampled_from(sorted(NAMES)) | st.uuids()
entries = st.builds(TableEntry, guids.filter(lambda guid: guid.int), st.binary(max_size=60))
tables = st.lists(entries, max_size=8)


def row(guid: UUID, offset: int, length: int) -> bytes:
    return guid.bytes + pack("<II", offset, length)


# What is written, and what is read


@given(tables, st.booleans())
def test_what_is_written_is_read(given_entries: list[TableEntry], whole_pages: bool) -> None:
    blob = write_table(given_entries, whole_pages=whole_pages)
    assert read_table(blob) == tuple(given_entries)
    if whole_pages:
        assert len(blob) % PAGE_SIZE == 0
    elif any(entry.data for entry in given_entries):
        assert used_size(blob) == len(blob)


@given(tables)
def test_the_layout_is_what_hosts_use(given_entries: list[TableEntry]) -> None:
    blob = write_table(given_entries)
    at = 24 * (len(given_entries) + 1)
    for index, entry in enumerate(read_table(blob)):
        assert entry.offset == at
        assert blob[24 * index :][:16].hex() == entry.guid.hex  # text order
        assert blob[at : at + len(entry.data)] == given_entries[index].data
        at += len(entry.data)
    assert blob[24 * len(given_entries) :][:24] == END


@given(tables.filter(lambda found: any(entry.data for entry in found)), st.binary(max_size=50))
def test_what_linux_cuts_off_is_not_needed(found: list[TableEntry], rest: bytes) -> None:
    blob = write_table(found) + rest
    assert read_table(blob[: used_size(blob)]) == read_table(blob) == tuple(found)


@pytest.mark.parametrize("blob", [b"", bytes(1), END, bytes(PAGE_SIZE), bytearray(30)])
def test_zeros_are_no_certificates(blob: bytes) -> None:
    assert read_table(blob) == ()
    assert used_size(blob) == 0


def test_a_table_of_nothing() -> None:
    assert write_table([]) == END
    assert write_table([], whole_pages=True) == bytes(PAGE_SIZE)


def test_names() -> None:
    assert TableEntry(VCEK, b"").name == "VCEK"
    assert TableEntry(UUID(int=1), b"").name is None
    assert set(GUIDS) == {"VCEK", "VLEK", "ASK", "ARK", "CRL", "extra platform info"}


def test_any_buffer_will_do_and_is_copied() -> None:
    pages = bytearray(write_table([TableEntry(VCEK, b"leaf")]))
    (entry,) = read_table(memoryview(pages))
    pages[:] = bytes(len(pages))
    assert entry.data == b"leaf"


# What a host may get wrong

DATA = bytes(range(1, 21))


@pytest.mark.parametrize(
    ("blob", "field", "offset", "told"),
    [
        # Linux adds these in 32 bits, where they make 0x30.
        (row(VCEK, 0x30, 0xFFFFFFF0) + END + DATA, "entries[0].length", 0x14, "passes the end"),
        (row(VCEK, 0xFFFFFFF0, 0x40) + END + DATA, "entries[0].offset", 0x10, "behind the end"),
        (row(VCEK, 0x30, 21) + END + DATA, "entries[0].length", 0x14, "passes the end"),
        (row(VCEK, 0x45, 0) + END + DATA, "entries[0].offset", 0x10, "behind the end"),
        (row(VCEK, 0x2F, 4) + END + DATA, "entries[1]", 0x18, "entries[0] begins at 0x2f, and no"),
        (row(VCEK, 0x18, 40) + END + DATA, "entries[1]", 0x18, "entries[0] begins at 0x18, and no"),
        (row(VCEK, 0, 4) + END + DATA, "entries[1]", 0x18, "entries[0] begins at 0x0"),
        (row(VCEK, 0x18, 20) + DATA, "entries[1]", 0x18, "begins at 0x18, and no all-zero row"),
        (row(VCEK, 0, 0), "entries[1]", 0x18, "blob ends at 0x18, and no all-zero row"),
        (b"\1" + bytes(9), "entries[0]", 0, "blob ends at 0xa"),
        (row(UUID(int=0), 0x30, 4) + END + DATA, "entries[0].guid", 0, "no end of the table"),
        (
            row(VCEK, 0x48, 9) + row(ASK, 0x50, 4) + END + DATA,
            "entries[1].offset",
            0x28,
            "in the data of entries[0]",
        ),
        (
            row(VCEK, 0x50, 4) + row(ASK, 0x48, 20) + END + DATA,
            "entries[0].offset",
            0x10,
            "in the data of entries[1]",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_refused(blob: bytes, field: str, offset: int, told: str) -> None:
    with pytest.raises(FormatError) as caught:
        read_table(blob)
    error = caught.value
    assert (error.structure, error.field, error.offset) == ("cert_table", field, offset)
    assert told in error.reason
    with pytest.raises(FormatError):
        used_size(blob)


def test_a_mebibyte_names_no_gibibytes() -> None:
    """Rows that share their data would make tens of GiB of a small blob."""
    size = 1 << 20
    blob = (row(VCEK, size // 2, size // 2) * MAX_ENTRIES + END).ljust(size, b"\1")
    with pytest.raises(FormatError, match=r"entries\[1\]\.offset"):
        read_table(blob)


def test_the_number_of_rows_is_bounded() -> None:
    full = [TableEntry(VCEK, b"x")] * MAX_ENTRIES
    assert len(read_table(write_table(full))) == MAX_ENTRIES
    with pytest.raises(FormatError, match="at most 681"):
        write_table([*full, *full])
    with pytest.raises(FormatError, match="after 681 entries") as caught:
        read_table(row(VCEK, 0, 0) * 40_000)
    assert caught.value.offset == 24 * MAX_ENTRIES


@pytest.mark.parametrize(
    "blob",
    [
        row(VCEK, 48, 20) + row(ASK, 68, 20) + DATA * 2,
        row(VCEK, 48, 40) + row(ASK, 88, 0) + bytes(40),  # data that looks like an end
        row(VCEK, 0, 0) + row(ASK, 0, 0),  # ... and none at all
    ],
)
def test_an_end_may_be_missing_if_the_caller_says_so(blob: bytes) -> None:
    with pytest.raises(FormatError, match="no all-zero row"):
        read_table(blob)
    found = read_table(blob, allow_unterminated=True)
    assert [entry.guid for entry in found] == [VCEK, ASK]
    assert b"".join(entry.data for entry in found) == (blob[48:] if len(blob) > 48 else b"")


def test_without_an_end_the_rest_still_counts() -> None:
    for blob in (
        b"junk",
        row(VCEK, 0, 30) + DATA,
        row(VCEK, 9, 9) + DATA,
        row(VCEK, 24, 99) + DATA,
    ):
        with pytest.raises(FormatError):
            read_table(blob, allow_unterminated=True)


def test_what_is_not_written() -> None:
    with pytest.raises(FormatError, match=r"entries\[1\].guid at 0x18: a GUID of zeros"):
        write_table([TableEntry(VCEK, b""), TableEntry(UUID(int=0), b"")])
    with pytest.raises(FormatError, match="expected bytes, got str"):
        read_table("table")  # type: ignore[arg-type]


def near_tables() -> st.SearchStrategy[bytes]:
    """Rows that point anywhere, with or without an end, and data."""
    number = st.integers(0, 120) | st.integers(0, 0xFFFFFFFF)
    rows = st.lists(st.builds(row, guids | st.just(UUID(int=0)), number, number), max_size=4)
    end = st.sampled_from([END, b""])
    return st.builds(lambda r, e, d: b"".join(r) + e + d, rows, end, st.binary(max_size=60))


@given(st.binary(max_size=200) | near_tables(), st.booleans())
def test_any_bytes_give_entries_or_a_format_error(blob: bytes, allow: bool) -> None:
    try:
        found = read_table(blob, allow_unterminated=allow)
    except FormatError:
        return
    # Nothing is named twice, nor outside the blob, nor in the rows.
    assert sum(len(entry.data) for entry in found) + 24 * len(found) <= len(blob)
    for entry in found:
        assert entry.offset is not None
        assert blob[entry.offset :][: len(entry.data)] == entry.data
    assert read_table(write_table(found)) == found


# The real one


def test_the_real_table(vectors: Path) -> None:
    expected = json.loads((vectors / "expected.json").read_text())["certtables"]
    for name, facts in expected.items():
        blob = (vectors / "certtables" / name).read_bytes()
        assert len(blob) == facts["total"] == used_size(blob)
        found = read_table(blob)
        assert [(str(e.guid), e.name, e.offset, len(e.data)) for e in found] == [
            (e["guid"], e["kind"], e["offset"], e["length"]) for e in facts["entries"]
        ]
        assert 24 * len(found) == facts["terminator_at"]
        assert write_table(found) == blob
        for entry in found:
            assert load_certificates(entry.data)[0][:2] == b"\x30\x82"


def test_the_certificates_of_the_real_table(vectors: Path) -> None:
    table = read_table((vectors / "certtables" / "genoa-pem-ark-ask-vcek.bin").read_bytes())
    (leaf,) = load_certificates({entry.name: entry.data for entry in table}["VCEK"])
    assert leaf == (vectors / "certs" / "leaf" / "genoa-v3-fw1.55.40-tsm.vcek.der").read_bytes()


# Certificates as PEM and DER

ders = st.binary(max_size=300).map(
    lambda body: (
        b"\x30"
        + (bytes([len(body)]) if len(body) < 128 else b"\x82" + pack(">H", len(body)))
        + body
    )
)


def pem(der: bytes, label: str = "CERTIFICATE", line_end: str = "\n") -> bytes:
    text = base64.b64encode(der).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return line_end.join(
        [f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]
    ).encode()


@given(st.lists(ders, min_size=1, max_size=4), st.sampled_from(["\n", "\r\n"]))
def test_pem_and_der_say_the_same(given_ders: list[bytes], line_end: str) -> None:
    text = b"".join(pem(der, line_end=line_end) for der in given_ders)
    assert load_certificates(text) == given_ders
    assert load_certificates(b"0 s:CN = some text\n" + text + bytes(4)) == given_ders
    assert load_certificates(text.replace(b"\n-----BEGIN", b"-----BEGIN")) == given_ders
    assert load_certificates(b"".join(given_ders)) == given_ders


def test_real_certificates(vectors: Path) -> None:
    for path in (vectors / "certs").rglob("*.der"):
        assert load_certificates(path.read_bytes()) == [path.read_bytes()]
    for path in (vectors / "certs").rglob("*.pem"):
        (der,) = load_certificates(path.read_bytes())
        assert der == ssl.PEM_cert_to_DER_cert(path.read_text())


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "no certificate"),
        (bytes(8), "neither PEM nor DER"),
        (b"junk", "neither PEM nor DER"),
        (b"\x30", "not DER"),
        (b"\x30\x80\0\0", "not DER"),
        (b"\x30\x85\1\1\1\1\1", "not DER"),
        (b"\x30\x05\1", "takes 7 bytes, and 3 are left"),
        (b"\x30\x84\xff\xff\xff\xff", "takes 4294967301 bytes"),
        (b"\x30\x01\0junk", "neither PEM nor DER"),
        (pem(b"\x30\0")[:-5], "do not pair up"),
        (pem(b"\x30\0")[:-26], "do not pair up"),
        (pem(b"\x30\0")[5:], "do not pair up"),
        (b"\x30\x82" + pem(b"\x30\0"), "takes 11569 bytes"),
        (pem(b"\x30\0") * 2 + b"-----END CERTIFICATE-----", "do not pair up"),
        (pem(b"\x30\0", "PRIVATE KEY"), "got 'PRIVATE KEY'"),
        (pem(b"\x30\0", "X509 CRL"), "got 'X509 CRL'"),
        (pem(b"\x30\0\0"), "goes on behind"),
        (pem(b"\x31\0"), "no certificate"),
        (pem(b"\x30\0").replace(b"MAA=", b"MAA"), "not base64"),
        (pem(b"\x30\0").replace(b"MAA=", b"M*AA="), "not base64"),
    ],
)
def test_what_is_no_certificate(data: bytes, told: str) -> None:
    with pytest.raises(FormatError) as caught:
        load_certificates(data)
    assert told in str(caught.value)
    assert caught.value.structure == "certificates"


@given(st.binary(max_size=80) | st.binary(max_size=40).map(lambda body: pem(b"\x30" + body)))
def test_any_bytes_give_certificates_or_a_format_error(data: bytes) -> None:
    try:
        assert load_certificates(data)
    except FormatError:
        return
