"""Typed records: what is refused and how it is told, reserved space, copies, JSON, and manners."""

from __future__ import annotations

import contextlib
import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from samples import CLASSES, FORMS, form_name, strategy, valid_bytes

from snpformat import FormatError
from snpformat.formats import (
    AttestationReport,
    GuestPolicy,
    MsgHdr,
    MsgReportReq,
    MsgReportRsp,
    MsgType,
    SnpReportResp,
    TcbMilan,
    TcbTurin,
)
from snpformat.record import Record
from snpformat.testing.edges import samples

REPORT_5 = AttestationReport(version=5)
REPORT = REPORT_5.build()
HEADER = MsgHdr(msg_seqno=1, msg_type=MsgType.REPORT_REQ, msg_size=96).build()


def patched(raw: bytes, at: int, *values: int) -> bytes:
    return raw[:at] + bytes(values) + raw[at + len(values) :]


# call, then structure, field, offset and value of the error, and a part of its text
REFUSALS: list[tuple[Callable[[], object], str, str | None, int | None, object, str]] = [
    # Bytes of a wrong length, or none at all
    (lambda: MsgHdr.parse(HEADER[:0x31]), "msg_hdr", "hdr_version", 0x31, 0x31, "ends after 49"),
    (lambda: MsgHdr.parse(HEADER[:0x3F]), "msg_hdr", None, 0x3D, 0x3F, "ends after 63"),
    (lambda: MsgHdr.parse(b""), "msg_hdr", "authtag", 0, 0, "takes 96 bytes"),
    (lambda: MsgHdr.parse(HEADER * 2), "msg_hdr", None, 0x60, 192, "96 bytes too many"),
    (lambda: MsgHdr.parse("00" * 96), "msg_hdr", None, None, None, "got str"),  # type: ignore[arg-type]
    (lambda: MsgHdr.parse(None), "msg_hdr", None, None, None, "got nothing"),  # type: ignore[arg-type]
    (
        lambda: AttestationReport.parse(AttestationReport(version=1).build()[:0x1F4]),
        "attestation_report", None, 0x1E0, 0x1F4, "takes 1184 bytes",
    ),
    (
        lambda: AttestationReport.parse(REPORT[:0x1F4]),
        "attestation_report", "launch_tcb", 0x1F0, 0x1F4, "takes 1184 bytes",
    ),
    # Constants and versions
    (lambda: MsgHdr.parse(patched(HEADER, 0x31, 2)), "msg_hdr", "hdr_version", 0x31, 2, "always"),
    (lambda: MsgHdr.parse(patched(HEADER, 0x32, 0)), "msg_hdr", "hdr_size", 0x32, 0, "always 0x60"),
    (
        lambda: AttestationReport.parse(patched(REPORT, 0, 9)),
        "attestation_report", "version", 0, 9, "unknown version 9",
    ),
    (
        lambda: AttestationReport.parse(patched(REPORT, 0, 9), assume_version=8),
        "attestation_report", "version", 0, 9, "no layout for version 8",
    ),
    (
        lambda: AttestationReport.parse(patched(REPORT, 0, 9), assume_version=True),
        "attestation_report", "version", 0, 9, "no layout for version True",
    ),
    (lambda: MsgHdr.parse(HEADER, assume_version=1), "msg_hdr", None, None, 1, "one form only"),
    (
        lambda: SnpReportResp.parse(bytes(4000)),
        "snp_report_resp", "response.report.version", 0x20, 0, "unknown version 0",
    ),
    # Values that a builder does not take
    (lambda: MsgHdr(msg_seqno=1 << 64), "msg_hdr", "msg_seqno", 0x20, 1 << 64, "64 bits"),
    (lambda: MsgHdr(msg_seqno=-1), "msg_hdr", "msg_seqno", 0x20, -1, "64 bits"),
    (lambda: MsgHdr(msg_version=0), "msg_hdr", "msg_version", 0x35, 0, "less than 0x1"),
    (lambda: MsgHdr(msg_vmpck=4), "msg_hdr", "msg_vmpck", 0x3C, 4, "more than 0x3"),
    (lambda: MsgHdr(msg_size=4001), "msg_hdr", "msg_size", 0x36, 4001, "more than 0xfa0"),
    (lambda: MsgHdr(authtag=bytes(16)), "msg_hdr", "authtag", 0, bytes(16), "expected 32 bytes"),
    (lambda: MsgHdr(authtag=bytes(33)), "msg_hdr", "authtag", 0, bytes(33), "expected 32 bytes"),
    (lambda: MsgHdr(authtag="a" * 32), "msg_hdr", "authtag", 0, "a" * 32, "got str"),  # type: ignore[arg-type]
    (lambda: MsgHdr(msg_type=1.0), "msg_hdr", "msg_type", 0x34, 1.0, "got float"),  # type: ignore[arg-type]
    (
        lambda: AttestationReport(version=2, cpuid_step=1),
        "attestation_report", "cpuid_step", 0x18A, 1, "begins with version 3",
    ),
    (lambda: AttestationReport(version=7), "attestation_report", "version", 0, 7, "unknown"),
    (lambda: AttestationReport(version=5.0), "attestation_report", "version", 0, 5.0, "unknown"),  # type: ignore[arg-type]
    (
        lambda: MsgReportRsp(status=0x16, report=AttestationReport()),
        "msg_report_rsp", "report", 0x20, None, "only while status is 0x0",
    ),
    (lambda: MsgReportRsp(report=REPORT), "msg_report_rsp", "report", 0x20, None, "got bytes"),  # type: ignore[arg-type]
    # Reserved space under reject
    (
        lambda: MsgHdr.parse(patched(HEADER, 0x28, 1), reserved="reject"),
        "msg_hdr", None, 0x28, b"\1" + bytes(7), "reserved bytes are not zero: 01",
    ),
    (
        lambda: AttestationReport.parse(patched(REPORT, 8, 0, 0, 0), reserved="reject"),
        "attestation_report", "policy", 8, bytes(8), "reserved bits",
    ),
    (
        lambda: SnpReportResp.parse(
            patched(SnpReportResp().build(), 0x20 + 0x40, 0, 1), reserved="reject"
        ),
        "snp_report_resp", "response.report.platform_info", 0x60, b"\0\1" + bytes(6), "bits",
    ),
    # Copies
    (lambda: MsgHdr().replace(hdr_size=0), "msg_hdr", "hdr_size", 0x32, 0, "always 0x60"),
    (lambda: MsgHdr().replace(msg_vmpck=9), "msg_hdr", "msg_vmpck", 0x3C, 9, "more than"),
    (
        lambda: AttestationReport(version=1).replace(launch_tcb=1),
        "attestation_report", "launch_tcb", 0x1F0, 1, "no such field",
    ),
    (lambda: REPORT_5.replace(version=9), "attestation_report", "version", 0, 9, "unknown"),
    # Plain values
    (lambda: MsgHdr.from_dict({"bogus": 1}), "msg_hdr", None, None, None, "no field 'bogus'"),
    (lambda: MsgHdr.from_dict({"msg_typ": 1}), "msg_hdr", None, None, None, "mean 'msg_type'"),
    (lambda: MsgHdr.from_dict([]), "msg_hdr", None, None, None, "got list"),  # type: ignore[arg-type]
    (lambda: MsgHdr.from_dict({"format": "x"}), "msg_hdr", None, None, "x", "format 'x'"),
    (lambda: MsgHdr.from_dict({"msg_seqno": True}), "msg_hdr", "msg_seqno", 0x20, True, "bool"),
    (lambda: MsgHdr.from_dict({"msg_seqno": "1.5"}), "msg_hdr", "msg_seqno", 0x20, None, "number"),
    (lambda: MsgHdr.from_dict({"msg_type": "nope"}), "msg_hdr", "msg_type", 0x34, None, "is no"),
    (lambda: MsgHdr.from_dict({"authtag": "0g"}), "msg_hdr", "authtag", 0, None, "hexadecimal"),
    (lambda: MsgHdr.from_dict({"hdr_version": 2}), "msg_hdr", "hdr_version", 0x31, 2, "always"),
    (lambda: MsgHdr.from_dict({"layout_version": 1}), "msg_hdr", None, None, 1, "one form"),
    (
        lambda: MsgHdr.from_dict({"reserved": {"0x29": "00"}}),
        "msg_hdr", None, None, None, "no reserved space at '0x29'",
    ),
    (
        lambda: MsgHdr.from_dict({"reserved": {"0x28": "00"}}),
        "msg_hdr", None, 0x28, None, "expected 8 reserved bytes",
    ),
    (
        lambda: MsgHdr.from_dict({"algo": {"value": 1, "name": "invalid"}}),
        "msg_hdr", "algo", 0x30, None, "is named 'invalid'",
    ),
    (
        lambda: AttestationReport.from_dict({"policy": {"value": "0x30000", "smt": False}}),
        "attestation_report", "policy", 8, None, "says smt is 0",
    ),
    (
        lambda: AttestationReport.from_dict(
            {"current_tcb": {"value": "0x1", "layout": "tcb_milan", "tee": 1}}
        ),
        "attestation_report", "current_tcb", 0x38, None, "says tee is 1",
    ),
    (
        lambda: AttestationReport.from_dict({"version": 9, "layout_version": 8}),
        "attestation_report", "version", 0, 8, "no layout_version 8",
    ),
    (
        lambda: AttestationReport.from_dict({"version": 3, "layout_version": 5}),
        "attestation_report", "version", 0, 3, "layout of its own",
    ),
    (
        lambda: MsgReportRsp.from_dict({"report": {"vmpl": 1 << 32}}),
        "msg_report_rsp", "report.vmpl", 0x50, 1 << 32, "does not fit",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: f"{case[1]}.{case[2]}-{case[5]}")
def test_refusal_tells_structure_field_offset_and_value(case: Any) -> None:
    call, structure, field, offset, value, text = case
    with pytest.raises(FormatError) as caught:
        call()
    error = caught.value
    found = (error.structure, error.field, error.offset, error.value)
    assert found == (structure, field, offset, value)
    assert text in error.reason
    place = f"{structure}.{field}" if field else structure
    place += "" if offset is None else f" at {offset:#x}"
    assert str(error) == f"{place}: {error.reason}"
    assert pickle.loads(pickle.dumps(error)).args == error.args


@pytest.mark.parametrize("cls", CLASSES, ids=form_name)
@given(data=st.data())
@settings(max_examples=60)
def test_any_bytes_give_a_record_or_a_format_error(cls: type[Record], data: st.DataObject) -> None:
    raw = data.draw(strategy(cls, "_any_bytes"))
    with contextlib.suppress(FormatError):
        assert cls.parse(raw).build() == raw


@pytest.mark.parametrize(("cls", "version"), FORMS, ids=form_name)
@given(data=st.data())
@settings(max_examples=30)
def test_every_way_there_has_a_way_back(
    cls: type[Record], version: int | None, data: st.DataObject
) -> None:
    raw = data.draw(valid_bytes(cls, version))
    record = cls.parse(raw)
    assert record.layout_version == version
    same = [
        cls.parse(memoryview(bytearray(raw))),
        cls.from_dict(record.to_dict(show_secrets=True)),
        cls.from_dict(json.loads(json.dumps(record.to_dict(show_secrets=True)))),
        pickle.loads(pickle.dumps(record)),
        copy.deepcopy(record),
        record.replace(),
    ]
    for other in same:
        assert other == record
        assert hash(other) == hash(record)
        assert other.build() == raw
        assert other.layout_version == version


@pytest.mark.parametrize(("cls", "version"), FORMS, ids=form_name)
@given(data=st.data())
@settings(max_examples=30)
def test_reserved_space(cls: type[Record], version: int | None, data: st.DataObject) -> None:
    raw = data.draw(valid_bytes(cls, version))
    kept, dropped = cls.parse(raw), cls.parse(raw, reserved="drop")
    assert kept.build() == raw
    assert cls.parse(dropped.build(), reserved="reject") == dropped
    if dropped == kept:
        assert cls.parse(raw, reserved="reject") == kept
    else:
        with pytest.raises(FormatError, match="reserved"):
            cls.parse(raw, reserved="reject")
    for field, here in kept.layout():
        if here and field.kind in ("uint", "bytes") and not field.bits:
            assert dropped[field.name or ""] == kept[field.name or ""]


@pytest.mark.parametrize(("cls", "version"), FORMS, ids=form_name)
def test_each_byte_is_declared_once(cls: type[Record], version: int | None) -> None:
    for _, record in samples(cls, version):
        at = 0
        for field, _ in record.layout():
            assert field.offset == at, field
            at = field.end
        assert at == len(record.build())


def test_a_field_that_the_version_lacks_is_none() -> None:
    for version, launch, step, mit in [(1, None, None, None), (2, 0, None, None), (3, 0, 0, None)]:
        report = AttestationReport(version=version)
        found = (report.launch_tcb, report.cpuid_step, report.launch_mit_vector)
        assert found == (launch, step, mit)
        assert report.launch_tcb_view("milan") == (None if launch is None else TcbMilan(0))
        assert ("launch_mit_vector" in report.to_dict()) == (mit is not None)
        assert "launch_mit_vector" not in repr(report)


def test_an_assumed_version_is_remembered() -> None:
    raw = patched(AttestationReport(version=5, launch_mit_vector=7).build(), 0, 9)
    report = AttestationReport.parse(raw, assume_version=5)
    assert (report.version, report.layout_version, report.launch_mit_vector) == (9, 5, 7)
    older = AttestationReport.parse(raw, assume_version=2)
    assert (older.layout_version, older.launch_mit_vector, older.launch_tcb) == (2, None, 0)
    copies = [
        pickle.loads(pickle.dumps(older)),
        older.replace(),
        AttestationReport.from_dict(older.to_dict()),
        AttestationReport.parse(raw, assume_version=2, reserved="keep"),
        MsgReportRsp.parse(bytes(0x20) + raw, assume_version=2).report,
        pickle.loads(pickle.dumps(MsgReportRsp.parse(bytes(0x20) + raw, assume_version=2))).report,
    ]
    for other in copies:
        assert (other, other.layout_version, other.version) == (older, 2, 9)
    assert older.replace(vmpl=1).layout_version == 2
    assert older.replace(version=3).layout_version == 3
    # A known version decides itself, whatever is assumed.
    assert AttestationReport.parse(REPORT, assume_version=1).layout_version == 5


def test_replace_to_another_version_keeps_what_both_have() -> None:
    report = AttestationReport(version=5, launch_tcb=9, launch_mit_vector=7, cpuid_step=1)
    older = report.replace(version=2)
    assert older == AttestationReport(version=2, launch_tcb=9)
    assert older.replace(version=5, cpuid_step=1) == report.replace(launch_mit_vector=0)


def test_reserved_bytes_do_not_become_fields_of_another_version() -> None:
    raw = patched(AttestationReport(version=2).build(), 0x188, 0x1A)
    newer = AttestationReport.parse(raw).replace(version=3)
    assert (newer.cpuid_fam_id, newer.product) == (0, None)


def test_replace_takes_what_the_constructor_takes() -> None:
    assert MsgReportRsp().replace(report=REPORT_5) == MsgReportRsp(report=REPORT_5)
    report = AttestationReport(policy=0x3001F)
    assert report.replace(policy=report.policy.replace(debug=True)).policy == 0xB001F
    for value in ("1", {"debug": True}, 1.5, None):
        with pytest.raises(FormatError, match=r"attestation_report\.policy at 0x8: expected"):
            report.replace(policy=value)
    with pytest.raises(FormatError, match="expected AttestationReport, got dict"):
        MsgReportRsp().replace(report={})


def test_a_part_alone_makes_the_number_in_json() -> None:
    parts = {"layout": "tcb_milan", "snp": 9}
    assert AttestationReport.from_dict({"reported_tcb": parts}).reported_tcb == 9 << 48
    assert AttestationReport.from_dict({"policy": {"smt": True}}).policy == 0x30000


def test_a_record_is_no_sequence() -> None:
    header: Any = MsgHdr()
    for use in (iter, tuple, lambda record: "algo" in record):
        with pytest.raises(TypeError):
            use(header)
    assert bytes(MsgHdr()) == MsgHdr().build()


def test_a_failed_response_has_no_report() -> None:
    raw = MsgReportRsp(status=0x16, report_size=0).build()
    response = MsgReportRsp.parse(raw, reserved="reject")
    assert (response.status, response.report) == (0x16, None)
    assert "report" not in response.to_dict()
    loud = MsgReportRsp.parse(patched(raw, 0x20, 5))
    assert loud.report is None
    assert MsgReportRsp.from_dict(loud.to_dict()) == loud
    assert loud.replace(status=0, report=AttestationReport()).report == AttestationReport()
    assert MsgReportRsp().replace(status=0x27).build()[0x20:] == bytes(0x4A0)


def test_reserved_space_is_kept_by_copies_and_shown_when_it_is_not_zero() -> None:
    raw = patched(HEADER, 0x28, 1, 2, 3)
    header = MsgHdr.parse(raw)
    assert header.replace(msg_vmpck=1).build() == patched(raw, 0x3C, 1)
    assert header.to_dict()["reserved"] == {"0x28": "0102030000000000"}
    assert "<reserved 0x28: 0102030000000000>" in repr(header)
    assert "reserved" not in MsgHdr.parse(HEADER).to_dict()
    assert "reserved" not in repr(MsgHdr.parse(HEADER))


def test_const_bits_are_written_unless_parsed_otherwise() -> None:
    assert AttestationReport().policy == 0x20000
    assert GuestPolicy.from_bits(smt=True, abi_minor=31) == 0x3001F
    raw = patched(REPORT, 0x8, 0x00, 0x00, 0x01)
    report = AttestationReport.parse(raw)
    assert report.policy == 0x10000
    assert report.replace(vmpl=1).policy == 0x10000
    assert AttestationReport.parse(raw, reserved="drop").policy == 0x30000
    assert report.policy.replace(debug=True) == 0x90000


def test_bits() -> None:
    policy = GuestPolicy(0xB0203 | 1 << 63)
    assert (policy.abi_minor, policy.abi_major, policy.smt, policy.debug) == (3, 2, True, True)
    assert policy.replace(smt=False) == 0xA0203 | 1 << 63  # unknown bits stay
    assert repr(policy) == f"GuestPolicy({policy:#x})"
    with pytest.raises(FormatError, match=r"guest_policy\.abi_minor: 256 does not fit in 8 bits"):
        policy.replace(abi_minor=256)
    with pytest.raises(TypeError, match="no bits named 'nope'"):
        policy.replace(nope=1)
    with pytest.raises(FormatError, match="does not fit in 64 bits"):
        AttestationReport(policy=GuestPolicy(1 << 64))


def test_views_take_the_product_from_the_record_before_the_caller() -> None:
    genoa = AttestationReport(cpuid_fam_id=0x19, cpuid_mod_id=0x11, reported_tcb=1)
    turin = AttestationReport(cpuid_fam_id=0x1A, cpuid_mod_id=0x02, reported_tcb=1)
    unknown = AttestationReport(cpuid_fam_id=0x1A, cpuid_mod_id=0x50, reported_tcb=1)
    assert (genoa.product, turin.product, unknown.product) == ("genoa", "turin", None)
    assert isinstance(genoa.reported_tcb_view(), TcbMilan)
    assert isinstance(turin.reported_tcb_view("milan"), TcbTurin)
    assert unknown.reported_tcb_view() is None
    assert isinstance(unknown.reported_tcb_view("turin"), TcbTurin)
    with pytest.raises(ValueError, match="unknown product 'zen'"):
        genoa.reported_tcb_view("zen")


def test_records_are_read_only_values() -> None:
    header = MsgHdr(msg_seqno=1)
    for name in ("msg_seqno", "build", "anything"):
        with pytest.raises(AttributeError):
            setattr(header, name, 2)
    buffer = bytearray(HEADER)
    parsed = MsgHdr.parse(buffer)
    buffer[0x20] = 9
    assert parsed.build() == HEADER
    tag: Any = bytearray(32)
    built = MsgHdr(authtag=tag)
    tag[0] = 1
    assert built.authtag == bytes(32)
    assert type(built.authtag) is bytes
    assert header != MsgHdr(msg_seqno=2)
    assert header != header.build()
    assert MsgReportReq.SIZE == MsgHdr.SIZE


def test_items_fields_and_spans() -> None:
    header = MsgHdr(msg_seqno=5)
    assert header["msg_seqno"] == 5
    assert header.span("aad") == header.build()[0x30:0x60]
    assert MsgHdr.field("msg_size").offset == 0x36
    for call in (lambda: header["build"], lambda: header.span("x"), lambda: MsgHdr.field("x")):
        with pytest.raises(KeyError):
            call()
    with pytest.raises(ValueError, match="reserved must be"):
        MsgHdr.parse(HEADER, reserved="ignore")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="did you mean 'msg_size'"):
        header.replace(msg_sise=1)


@pytest.mark.parametrize("cls", CLASSES, ids=form_name)
def test_every_structure_and_field_says_what_it_is_and_where_it_stands(cls: type[Record]) -> None:
    assert cls.CITE
    for field in cls.FIELDS:
        assert field.name is None or field.doc, field
        if field.name:
            text = " ".join((getattr(cls, field.name).__doc__ or "").split())
            assert f" at {field.offset:#x}" in text
