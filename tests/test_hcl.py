"""Azure's blobs: real ones, the binding between report and JSON, and everything that can be off."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from snpformat import FormatError
from snpformat.formats import (
    AttestationReport,
    HclHashType,
    HclHeader,
    HclReportType,
    HclRequestData,
)
from snpformat.hcl import REPORT_AT, REQUEST_AT, VARIABLE_AT, HclBlob, Verdict, describe

JSON = b'{"keys":[],"user-data":"00"}'
ALGORITHMS = {
    HclHashType.SHA256: hashlib.sha256,
    HclHashType.SHA384: hashlib.sha384,
    HclHashType.SHA512: hashlib.sha512,
}


def report_of(data: bytes, hash_type: int = HclHashType.SHA256) -> AttestationReport:
    """A report that vouches for `data`."""
    digest = ALGORITHMS[hash_type](data).digest()
    return AttestationReport(version=3, report_data=digest.ljust(64, b"\0"))


def blob_of(
    report: bytes,
    variable: bytes = JSON,
    hash_type: int = HclHashType.SHA256,
    report_type: int = HclReportType.SNP,
    rest: bytes = bytes(16),
) -> bytes:
    size = len(variable)
    header = HclHeader(report_size=VARIABLE_AT + size)
    request = HclRequestData(
        data_size=20 + size, report_type=report_type, hash_type=hash_type, variable_data_size=size
    )
    return b"".join([header.build(), report, request.build(), variable, rest])


GOOD = blob_of(report_of(JSON).build())


def put(at: int, own: bytes, blob: bytes = GOOD) -> bytes:
    return blob[:at] + own + blob[at + len(own) :]


# Real blobs


def test_real_blobs(vectors: Path) -> None:
    expected = json.loads((vectors / "expected.json").read_text())["hcl"]
    for name, facts in expected.items():
        data = (vectors / "hcl" / name).read_bytes()
        blob = HclBlob.parse(data, reserved="reject")
        assert blob.build() == data
        assert blob.header.version == facts["ver"]
        assert blob.header.report_size == facts["report_size"] == VARIABLE_AT + facts["var"]
        assert blob.header.request_type == facts["req_type"]
        assert blob.header.status == facts["status"]
        assert blob.request.data_size == facts["data_size"]
        assert blob.request.version == facts["data_ver"]
        assert blob.request.report_type == facts["rtype"]
        assert blob.request.hash_type == facts["hash"]
        assert len(blob.variable_data) == facts["var"]
        assert blob.variable_data.decode().startswith(facts["j"])
        assert blob.rest == bytes(facts["len"] - facts["report_size"])
        assert hashlib.sha256(data[REPORT_AT:REQUEST_AT]).hexdigest().startswith(facts["rep"])
        assert blob.binding
        assert blob.binding.hash_type == "sha256"
        assert blob.runtime_json()["keys"][0]["kid"] == "HCLAkPub"


def test_the_report_in_a_blob_is_the_one_published(vectors: Path) -> None:
    for blob_name, report_name in {
        "milan-v2-hcl.bin": "milan-v2-fw1.52.4-azure-hcl.bin",
        "milan-v2-hcl-2048.bin": "milan-v2-azure-hcl-nocert.bin",
        "milan-v3-hcl.bin": "milan-v3-azure-evidence-v0.bin",
        "genoa-v3-hcl-version2.bin": "genoa-v3-nosmt-azure.bin",
    }.items():
        blob = HclBlob.parse((vectors / "hcl" / blob_name).read_bytes())
        report = (vectors / "reports" / report_name).read_bytes()
        assert blob.report == AttestationReport.parse(report)


def test_a_changed_bit_of_a_real_blob_breaks_the_binding(vectors: Path) -> None:
    data = (vectors / "hcl" / "milan-v3-hcl.bin").read_bytes()
    for at in (VARIABLE_AT, VARIABLE_AT + 500, REPORT_AT + 0x50, REPORT_AT + 0x50 + 63):
        changed = put(at, bytes([data[at] ^ 1]), data)
        assert HclBlob.parse(changed).binding.verdict is Verdict.BROKEN, hex(at)


# The binding


@given(
    st.binary(max_size=40), st.sampled_from(sorted(ALGORITHMS)), st.sampled_from(sorted(ALGORITHMS))
)
def test_it_holds_for_the_digest_that_is_named_only(data: bytes, made: int, named: int) -> None:
    blob = HclBlob.parse(blob_of(report_of(data, made).build(), data, named))
    assert bool(blob.binding) is (made == named)
    assert blob.binding.hash_type == HclHashType.name_of(named)


@pytest.mark.parametrize("hash_type", sorted(ALGORITHMS))
def test_it_needs_every_byte_of_report_data(hash_type: int) -> None:
    good = report_of(JSON, hash_type)
    for at in range(64):
        data = bytearray(good.report_data)
        data[at] ^= 0x80
        report = good.replace(report_data=bytes(data))
        binding = HclBlob.parse(blob_of(report.build(), hash_type=hash_type)).binding
        assert binding.verdict is Verdict.BROKEN
        behind = at >= ALGORITHMS[hash_type]().digest_size
        assert ("not zero" in binding.reason) is behind


@pytest.mark.parametrize(
    ("blob", "hash_type", "told"),
    [
        (blob_of(report_of(JSON).build(), hash_type=0), None, "hash_type 0x0 is no digest"),
        (blob_of(report_of(JSON).build(), hash_type=9), None, "hash_type 0x9 is no digest"),
        (blob_of(bytes(1184), report_type=HclReportType.TDX), "sha256", "of type tdx"),
        (blob_of(report_of(JSON).build(), report_type=77), "sha256", "of type 77"),
    ],
)
def test_what_cannot_be_checked_is_not_true(blob: bytes, hash_type: str | None, told: str) -> None:
    binding = HclBlob.parse(blob).binding
    assert binding.verdict is Verdict.NOT_CHECKABLE
    assert binding.hash_type == hash_type
    assert not binding
    assert told in str(binding)
    assert str(binding).startswith("not checkable: ")


def test_reserved_bits_of_the_report_do_not_matter() -> None:
    """The digest is looked for where the bytes have it, whatever is kept or dropped beside it."""
    noisy = put(REPORT_AT + 0x4C, b"\1", GOOD)
    assert HclBlob.parse(noisy).binding
    assert HclBlob.parse(noisy).build() == noisy
    assert HclBlob.parse(noisy, reserved="drop").build() == GOOD
    with pytest.raises(FormatError) as caught:
        HclBlob.parse(noisy, reserved="reject")
    assert caught.value.offset == REPORT_AT + 0x4C


# What is refused


@pytest.mark.parametrize(
    ("blob", "field", "offset", "told"),
    [
        (b"", "header.magic", 0, "ends after 0 bytes"),
        (GOOD[:20], "header", 0x14, "ends after 20 bytes"),
        (GOOD[:0x300], "request.data_size", 0x4C0, "ends after"),
        (GOOD[: REQUEST_AT + 8], "request.report_type", 0x4C8, "ends after"),
        (GOOD[: VARIABLE_AT + 27], "request.variable_data_size", 0x4D0, "27 are left"),
        (report_of(JSON).build(), "header.magic", 0, "is always 0x414c4348"),
        (put(0, b"ALCH"), "header.magic", 0, "is always"),
        (put(8, b"\0"), "header.report_size", 8, "is not 1216 + data_size (48)"),
        (put(REQUEST_AT, b"\x34"), "request.data_size", REQUEST_AT, "52 is not 20 +"),
        (put(REQUEST_AT + 16, b"\xff" * 4), "request.data_size", REQUEST_AT, "is not 20 + "),
        (put(REPORT_AT, b"\x63"), "report.version", REPORT_AT, "unknown version 99"),
    ],
)
def test_what_is_refused(blob: bytes, field: str, offset: int, told: str) -> None:
    with pytest.raises(FormatError) as caught:
        HclBlob.parse(blob)
    error = caught.value
    assert told in error.reason
    assert (error.structure, error.field, error.offset) == ("hcl_blob", field, offset)


def test_sizes_do_not_wrap() -> None:
    """2**32 - 20 + 20 is 0 in 32 bits, and so on: every sum has to be made in more."""
    huge = (0xFFFFFFFF - 19).to_bytes(4, "little")
    blob = put(8, (REQUEST_AT).to_bytes(4, "little"), put(REQUEST_AT, bytes(4)))
    with pytest.raises(FormatError):
        HclBlob.parse(put(REQUEST_AT + 16, huge, blob))


def test_a_version_that_is_not_known_can_be_assumed() -> None:
    blob = HclBlob.parse(put(REPORT_AT, b"\x63"), assume_version=3)
    assert isinstance(blob.report, AttestationReport)
    assert blob.report.version == 99
    assert blob.binding


def test_the_rest_of_the_container() -> None:
    end = len(GOOD) - 16
    blob = put(end + 3, b"\7")
    assert HclBlob.parse(blob).build() == blob
    assert HclBlob.parse(blob, reserved="drop").build() == GOOD
    with pytest.raises(FormatError, match="not zero") as caught:
        HclBlob.parse(blob, reserved="reject")
    assert (caught.value.offset, caught.value.value) == (end + 3, 7)
    assert HclBlob.parse(GOOD[:end]).rest == b""


def test_no_buffer() -> None:
    with pytest.raises(FormatError, match="expected bytes, got str"):
        HclBlob.parse("HCLA")  # type: ignore[arg-type]


@given(st.binary(max_size=100), st.integers(0, len(GOOD)), st.binary(max_size=40), st.booleans())
def test_any_bytes_give_a_blob_or_a_format_error(
    own: bytes, at: int, rest: bytes, fix: bool
) -> None:
    data = put(at, own) + rest if fix else own
    try:
        blob = HclBlob.parse(data)
    except FormatError:
        return
    assert blob.build() == data
    assert all(line.isascii() and line.isprintable() for line in describe(blob))
    try:
        assert isinstance(blob.runtime_json(), dict)
    except FormatError:
        return


# The JSON


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff{}", "is not JSON"),
        (b"{}\0", "is not JSON"),
        (b"[]", "not an object"),
        (b'{"a":1,"a":2}', "'a' is given twice"),
        (b'{"a":{"b":1,"b":1}}', "'b' is given twice"),
        (b'{"a":NaN}', "NaN is no number"),
        (b'{"a":' + b"9" * 5000 + b"}", "is not JSON"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_json(data: bytes, told: str) -> None:
    blob = HclBlob.parse(blob_of(report_of(data).build(), data))
    assert blob.binding
    with pytest.raises(FormatError, match=told) as caught:
        blob.runtime_json()
    assert (caught.value.field, caught.value.offset) == ("variable_data", VARIABLE_AT)
    assert any(told in line for line in describe(blob))


def test_the_json_as_values() -> None:
    assert HclBlob.parse(GOOD).runtime_json() == {"keys": [], "user-data": "00"}


# For people


def test_describe() -> None:
    lines = describe(HclBlob.parse(GOOD))
    text = "\n".join(lines)
    assert lines[0] == f"hcl_blob, {len(GOOD)} bytes"
    assert "binding holds: report_data is the sha256 of the variable data, and 32 zero" in lines[1]
    assert "0x020  attestation_report, version 3" in text
    assert "0x4c0  hcl_request_data, 20 bytes" in text
    assert '"user-data": "00"' in text


def test_describe_tells_what_is_off() -> None:
    text = "\n".join(describe(HclBlob.parse(put(VARIABLE_AT + 1, b"\x1b") + b"\1")))
    assert "binding broken: report_data is not the sha256" in text
    assert "is not JSON" in text
    assert "the rest, 17 bytes, is not zero" in text
    other = HclBlob.parse(blob_of(bytes(1184), report_type=HclReportType.TDX))
    assert "a hardware report of another kind" in "\n".join(describe(other))


def test_describe_escapes_and_ends() -> None:
    data = json.dumps({"\x1b[2J\u202e": list(range(5000))}).encode()
    lines = describe(HclBlob.parse(blob_of(report_of(data).build(), data)))
    assert all(line.isascii() and line.isprintable() for line in lines)
    assert lines[-1].strip() == "..."
    assert len(lines) < 400


def test_describe_names_tcb_parts_by_the_product_given() -> None:
    blob = HclBlob.parse(GOOD)
    assert any("product unknown" in line for line in describe(blob))
    assert not any("product unknown" in line for line in describe(blob, {"product": "milan"}))
