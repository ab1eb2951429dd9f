"""Real reports: every field as the index of the vectors has it, and every byte back again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from samples import assert_same

from snpformat import constructs
from snpformat.formats import AttestationReport


def _version_triple(report: AttestationReport, which: str) -> str | None:
    parts = [report[f"{which}_{part}"] for part in ("major", "minor", "build")]
    return None if parts[0] is None else ".".join(map(str, parts))


def _hex_number(value: int | None) -> str | None:
    return None if value is None else hex(value)


def _tcb(value: int | None) -> str | None:
    return None if value is None else value.to_bytes(8, "little").hex()


def _big_endian(value: bytes) -> str:
    return value[::-1].hex()


def _cpuid(report: AttestationReport) -> list[int] | None:
    found = [report.cpuid_fam_id, report.cpuid_mod_id, report.cpuid_step]
    return None if None in found else [part for part in found if part is not None]


# Key in expected.json -> how a decoded report tells it. A version that lacks the field tells None.
FIELDS: dict[str, Any] = {
    "version": lambda r: r.version,
    "guest_svn": lambda r: r.guest_svn,
    "policy": lambda r: hex(r.policy),
    "family_id": lambda r: r.family_id.hex(),
    "image_id": lambda r: r.image_id.hex(),
    "vmpl": lambda r: r.vmpl,
    "sig_algo": lambda r: r.signature_algo,
    "current_tcb": lambda r: _tcb(r.current_tcb),
    "platform_info": lambda r: hex(r.platform_info),
    "key_info": lambda r: hex(r.key_info),
    "author_key_en": lambda r: r.key_info.author_key_en,
    "mask_chip_key": lambda r: r.key_info.mask_chip_key,
    "signing_key": lambda r: r.key_info.signing_key,
    "report_data": lambda r: r.report_data.hex(),
    "measurement": lambda r: r.measurement.hex(),
    "host_data": lambda r: r.host_data.hex(),
    "id_key_digest": lambda r: r.id_key_digest.hex(),
    "author_key_digest": lambda r: r.author_key_digest.hex(),
    "report_id": lambda r: r.report_id.hex(),
    "report_id_ma": lambda r: r.report_id_ma.hex(),
    "reported_tcb": lambda r: _tcb(r.reported_tcb),
    "cpuid": _cpuid,
    "chip_id": lambda r: r.chip_id.hex(),
    "committed_tcb": lambda r: _tcb(r.committed_tcb),
    "current": lambda r: _version_triple(r, "current"),
    "committed": lambda r: _version_triple(r, "committed"),
    "launch_tcb": lambda r: _tcb(r.launch_tcb),
    "launch_mit": lambda r: _hex_number(r.launch_mit_vector),
    "current_mit": lambda r: _hex_number(r.current_mit_vector),
    "sig_r": lambda r: _big_endian(r.signature_r),
    "sig_s": lambda r: _big_endian(r.signature_s),
}
# What expected.json writes where the version has no such field.
ABSENT = {
    "cpuid": [0, 0, 0],
    "committed_tcb": "00" * 8,
    "launch_tcb": "00" * 8,
    "current": "0.0.0",
    "committed": "0.0.0",
    "launch_mit": "0x0",
    "current_mit": "0x0",
}
TCB_PARTS = {
    "bl": "boot_loader",
    "tee": "tee",
    "snp": "snp",
    "ucode": "microcode",
    "fmc": "fmc",
}
TCBS = ("current_tcb", "reported_tcb", "committed_tcb", "launch_tcb")
# Not of the report: where it came from, and that its reserved space is quiet (tested as such).
ELSEWHERE = {
    "product", "product_from", "sha256", "tcb_check", "verified_with",
    "rsv18b", "rsv1eb", "rsv1ef", "rsv208", "rsv330", "rsv4c",
    *(f"{tcb}_parts" for tcb in TCBS),
}  # fmt: skip
# First version with the field, where it is not the first of all.
BEGINS = {"cpuid": 3, "launch_mit": 5, "current_mit": 5} | dict.fromkeys(
    ("committed_tcb", "launch_tcb", "current", "committed"), 2
)

Vector = tuple[str, bytes, dict[str, Any]]


@pytest.fixture(scope="module")
def reports(vectors: Path) -> list[Vector]:
    index = json.loads((vectors / "expected.json").read_text())["reports"]
    found = [(name, (vectors / "reports" / name).read_bytes(), index[name]) for name in index]
    assert found
    return found


def test_the_table_covers_the_index(reports: list[Vector]) -> None:
    for name, _, expected in reports:
        assert expected.keys() - ELSEWHERE == FIELDS.keys(), name


def test_every_field(reports: list[Vector]) -> None:
    for name, data, expected in reports:
        report = AttestationReport.parse(data, reserved="reject")
        for key, tell in FIELDS.items():
            wanted = expected[key]
            if report.version < BEGINS.get(key, 1):
                assert wanted == ABSENT[key], (name, key)
                wanted = None
            assert tell(report) == wanted, (name, key)


def test_tcb_parts(reports: list[Vector]) -> None:
    for name, data, expected in reports:
        report = AttestationReport.parse(data)
        known = expected["product"] != "?"
        product = expected["product"].lower() if known else None
        assert report.product in (None, product), name
        assert (report.product is not None) == (report.version >= 3), name
        for tcb in TCBS:
            view = getattr(report, f"{tcb}_view")(product)
            if not known or report[tcb] is None:
                assert view is None, (name, tcb)
                continue
            parts = {key: value for key, value in expected[f"{tcb}_parts"].items() if key != "rsv"}
            assert view.to_names() == {TCB_PARTS[key]: parts[key] for key in parts}, (name, tcb)


def test_bytes_come_back(reports: list[Vector]) -> None:
    for name, data, _ in reports:
        report = AttestationReport.parse(data)
        assert report.build() == data, name
        assert report.span("signed") + report.span("signature") == data, name
        again = AttestationReport.from_dict(json.loads(json.dumps(report.to_dict())))
        assert again.build() == data, name


def test_construct_agrees(reports: list[Vector]) -> None:
    for _, data, _ in reports:
        container = constructs.AttestationReport.parse(data)
        assert_same(AttestationReport.parse(data), container)
        assert constructs.AttestationReport.build(container) == data
