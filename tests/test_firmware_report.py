"""Reports of the software firmware: checks, contents, and the signature as OpenSSL judges it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from firmware_lab import PRODUCTS, REPORT_REQ, Guest, openssl, report_request

from snpformat.firmware import Firmware, Identity
from snpformat.formats import AttestationReport, MsgReportRsp

VCEK, VLEK, NONE = 0, 1, 7


def answer_of(guest: Guest, **request: Any) -> tuple[int, int | None]:
    """STATUS, and the signing key of the report if there is one."""
    answer = guest.ask(REPORT_REQ, report_request(**request))
    status, size = struct.unpack_from("<II", answer)
    assert len(answer) == 0x4C0 and size == 0x4A0
    if status:
        assert not any(answer[8:])
        return status, None
    (key_info,) = struct.unpack_from("<I", answer, 0x20 + 0x48)
    return status, key_info >> 2 & 7


LOADED, MASKED, DISABLED = {"vlek": True}, {"mask_chip_key": True}, {"vcek_dis": True}

# VMPCK; the identity; the request; STATUS and signing key.
CHECKS: list[tuple[str, int, dict[str, Any], dict[str, Any], int, int | None]] = [
    ("a report", 0, {}, {}, 0, VCEK),
    ("vmpl of the caller", 2, {}, {"vmpl": 2}, 0, VCEK),
    ("vmpl above the caller's", 1, {}, {"vmpl": 3}, 0, VCEK),
    ("vmpl below the caller's", 2, {}, {"vmpl": 1}, 0x16, None),
    ("vmpl 4", 0, {}, {"vmpl": 4}, 0x16, None),
    ("vmpl of all ones", 0, {}, {"vmpl": 2**32 - 1}, 0x16, None),
    ("bit 2 beside key_sel", 0, {}, {"key_sel": 4}, 0x16, None),
    ("bit 31 beside key_sel", 0, {}, {"key_sel": 1 << 31}, 0x16, None),
    ("the first reserved byte", 0, {}, {"rest": b"\x01" + bytes(23)}, 0x16, None),
    ("the last reserved byte", 0, {}, {"rest": bytes(23) + b"\x80"}, 0x16, None),
    ("key_sel 0 without VLEK", 0, {}, {"key_sel": 0}, 0, VCEK),
    ("key_sel 0 with VLEK", 0, LOADED, {"key_sel": 0}, 0, VLEK),
    ("key_sel 1", 0, LOADED, {"key_sel": 1}, 0, VCEK),
    ("key_sel 2", 0, LOADED, {"key_sel": 2}, 0, VLEK),
    ("key_sel 2 without VLEK", 0, {}, {"key_sel": 2}, 0x27, None),
    ("key_sel 3", 0, LOADED, {"key_sel": 3}, 0x27, None),
    ("key_sel 0, no VCEK", 0, DISABLED, {"key_sel": 0}, 0x27, None),
    ("key_sel 0, no VCEK but a VLEK", 0, DISABLED | LOADED, {"key_sel": 0}, 0, VLEK),
    ("key_sel 1, no VCEK", 0, DISABLED | LOADED, {"key_sel": 1}, 0x27, None),
    ("key_sel 0, masked", 0, MASKED, {"key_sel": 0}, 0, NONE),
    ("key_sel 1, masked", 0, MASKED, {"key_sel": 1}, 0, NONE),
    ("key_sel 1, masked, with VLEK", 0, MASKED | LOADED, {"key_sel": 1}, 0, NONE),
    ("key_sel 0, masked, with VLEK", 0, MASKED | LOADED, {"key_sel": 0}, 0, VLEK),
    ("key_sel 2, masked, with VLEK", 0, MASKED | LOADED, {"key_sel": 2}, 0, VLEK),
    ("key_sel 1, masked and no VCEK", 0, MASKED | DISABLED, {"key_sel": 1}, 0x27, None),
    ("reserved before key", 0, {}, {"key_sel": 7}, 0x16, None),
    ("key before vmpl", 3, {}, {"key_sel": 3, "vmpl": 0}, 0x27, None),
    ("reserved before key before vmpl", 3, {}, {"key_sel": 3, "rest": b"\1" * 24}, 0x16, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("vmpck", "identity", "request_", "status", "signing_key"),
    [pytest.param(*case, id=f"F8 {name}") for name, *case in CHECKS],
)
def test_checks_and_choice_of_key(
    vmpck: int,
    identity: dict[str, Any],
    request_: dict[str, Any],
    status: int,
    signing_key: int | None,
) -> None:
    guest = Guest(vmpck, **identity)
    request_ = {"vmpl": vmpck, **request_}
    assert answer_of(guest, **request_) == (status, signing_key)
    assert guest.firmware.message_counts[vmpck] == 2


def report_of(guest: Guest, **request: Any) -> AttestationReport:
    payload = guest.ask(REPORT_REQ, report_request(**request))
    report = MsgReportRsp.parse(payload, reserved="reject").report
    assert report is not None
    return report


FULL: dict[str, Any] = {
    "policy": 0x3001F, "guest_svn": 7, "family_id": b"f" * 16, "image_id": b"i" * 16,
    "measurement": b"m" * 48, "host_data": b"h" * 32, "id_key_digest": b"k" * 48,
    "author_key_digest": b"a" * 48, "report_id": b"r" * 32, "report_id_ma": b"M" * 32,
    "platform_info": 0x65, "current_build": 1, "current_minor": 2, "current_major": 3,
    "committed_build": 4, "committed_minor": 5, "committed_major": 6, "cpuid_step": 2,
    "launch_mit_vector": 0x123, "current_mit_vector": 0x456,
}  # fmt: skip
TCBS: dict[str, Any] = {
    "current_tcb": {"tee": 1, "snp": 50, "microcode": 250},
    "committed_tcb": {"tee": 2, "snp": 40},
    "reported_tcb": {"tee": 3, "snp": 30},
    "launch_tcb": {"tee": 4, "snp": 45},
}


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("version", [2, 3, 5])
def test_what_a_report_says(product: str, version: int) -> None:
    """By hand-written offsets: every field of each version, and zeros where it has none."""
    guest = Guest(product=product, report_version=version, **FULL, **TCBS)
    identity = guest.firmware.identity
    report = report_of(guest, vmpl=1)
    raw = report.build()
    expected = bytearray(0x2A0)

    def put(at: int, form: str, *values: Any) -> None:
        struct.pack_into(f"<{form}", expected, at, *values)

    put(0x00, "IIQ16s16sII", version, 7, 0x3001F, b"f" * 16, b"i" * 16, 1, 1)
    put(0x38, "QQI", identity.current_tcb, 0x65, 1)
    put(0x50, "64s48s32s", b"\x5a" * 64, b"m" * 48, b"h" * 32)
    put(0xE0, "48s48s32s32s", b"k" * 48, b"a" * 48, b"r" * 32, b"M" * 32)
    put(0x180, "Q", identity.reported_tcb)
    put(0x1A0, "64s", identity.chip_id)
    put(0x1E0, "Q3Bx3Bx", identity.committed_tcb, 1, 2, 3, 4, 5, 6)
    put(0x1F0, "Q", identity.launch_tcb)
    if version >= 3:
        put(0x188, "3B", identity.cpuid_fam_id, identity.cpuid_mod_id, 2)
    if version >= 5:
        put(0x1F8, "QQ", 0x123, 0x456)
    assert raw[:0x2A0] == bytes(expected)
    assert report.product == (product if version >= 3 else None)
    parts = report.reported_tcb_view(product)
    assert parts is not None and (parts.tee, parts.snp) == (3, 30)
    assert parts.to_names().keys() == identity.facts.tcb.to_names().keys()


@pytest.mark.parametrize("product", PRODUCTS)
def test_tcb_bytes_lie_in_the_products_own_order(product: str) -> None:
    parts = {"boot_loader": 1, "tee": 2, "snp": 3, "microcode": 4}
    if product == "turin":
        parts["fmc"] = 5
    raw = report_of(Guest(product=product, current_tcb=parts)).build()
    milan, turin = "0102000000000304", "0501020300000004"
    assert raw[0x38:0x40].hex() == (turin if product == "turin" else milan)
    assert raw[0x180:0x188] == raw[0x1E0:0x1E8] == raw[0x1F0:0x1F8] == raw[0x38:0x40]


@pytest.mark.parametrize("product", PRODUCTS)
def test_the_default_report_is_plausible(product: str) -> None:
    report = report_of(Guest(product=product))
    assert (report.version, report.policy, report.signature_algo) == (5, 0x30000, 1)
    assert report.product == product
    assert report.report_id_ma == b"\xff" * 32 and not any(report.author_key_digest)
    assert any(report.measurement) and any(report.report_id) and any(report.chip_id)
    assert any(report.chip_id[8:]) is (product != "turin")
    assert report.reported_tcb == report.committed_tcb == report.current_tcb == report.launch_tcb


def test_without_an_author_key_its_digest_is_zero() -> None:
    plain = report_of(Guest(author_key_digest=b"a" * 48, author_key_en=False))
    assert not any(plain.author_key_digest) and not plain.key_info.author_key_en
    known = report_of(Guest(author_key_digest=b"a" * 48))
    assert known.author_key_digest == b"a" * 48 and known.key_info.author_key_en


def test_what_the_host_masks() -> None:
    masked = report_of(Guest(mask_chip_key=True))
    assert masked.key_info == 0b11110 and not any(masked.chip_id)
    assert not any(masked.build()[0x2A0:])
    aws = report_of(Guest(vlek=True, mask_chip_id=True))
    assert aws.key_info == 0b00100 and not any(aws.chip_id) and any(aws.signature_r)
    azure = report_of(Guest(mask_chip_key=True, mask_chip_id=False))
    assert any(azure.chip_id) and azure.key_info.mask_chip_key


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("version", [2, 3, 5])
@pytest.mark.parametrize(("key_sel", "name"), [(1, "vcek"), (2, "vlek")])
def test_openssl_verifies_the_signature(
    product: str, version: int, key_sel: int, name: Any, tmp_path: Path
) -> None:
    guest = Guest(product=product, report_version=version, vlek=True)
    raw = report_of(guest, key_sel=key_sel).build()
    numbers = [int.from_bytes(raw[at : at + 72], "little") for at in (0x2A0, 0x2E8)]
    assert all(0 < number < 1 << 384 for number in numbers) and not any(raw[0x330:])
    (tmp_path / "signed").write_bytes(raw[:0x2A0])
    (tmp_path / "signature").write_bytes(encode_dss_signature(*numbers))
    (tmp_path / "cert.pem").write_bytes(guest.firmware.certificates.pem(name))
    public = openssl("x509", "-in", tmp_path / "cert.pem", "-noout", "-pubkey").stdout
    (tmp_path / "public.pem").write_text(public)
    judge = ("dgst", "-sha384", "-verify", tmp_path / "public.pem",
             "-signature", tmp_path / "signature", tmp_path / "signed")  # fmt: skip
    assert openssl(*judge).stdout == "Verified OK\n"
    (tmp_path / "signed").write_bytes(raw[:0x29F] + b"\x01")
    assert openssl(*judge).returncode != 0


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("key_sel", [1, 2])
def test_the_seed_fixes_the_bytes_of_a_report(product: str, key_sel: int) -> None:
    def reports(**identity: Any) -> set[bytes]:
        guests = [Guest(product=product, vlek=True, **identity) for _ in range(2)]
        return {report_of(guest, key_sel=key_sel).build() for guest in guests}

    one, other = reports(seed="one"), reports(seed="other")
    assert len(one) == len(other) == 1 and one != other
    assert len(reports(seed=b"one") | one) == 1  # text is its UTF-8 bytes


def test_without_a_seed_everything_that_identifies_differs() -> None:
    one, other = Identity(), Firmware().identity
    for name in ("seed", "chip_id", "report_id", "measurement"):
        assert getattr(one, name) != getattr(other, name)
