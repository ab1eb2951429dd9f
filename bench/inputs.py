"""What the cases work on: reports of real machines where there are any, and a guest message."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from snpformat.formats import AttestationReport, MsgHdr, MsgType

from .engine import require

ROOT = Path(__file__).resolve().parents[1]


@cache
def report() -> bytes:
    """One report of version 5, the richest layout; synthetic when no folder holds one.

    Every report that is found must come back to the byte before anything is timed.
    """
    found = [file.read_bytes() for file in sorted(_folder().glob("*.bin"))]
    for data in found:
        require(AttestationReport.parse(data).build() == data, "a report does not come back")
    newest = [data for data in found if AttestationReport.parse(data).version == 5]
    return newest[0] if newest else _synthetic_report()


def _folder() -> Path:
    """The folder of reports: as the environment says, else one beside the checkout."""
    given = os.environ.get("SNPFORMAT_VECTORS")
    return Path(given) if given else ROOT.parent / "shared" / "vectors" / "reports"


def _synthetic_report() -> bytes:
    return AttestationReport(
        version=5,
        policy=0x30000,
        signature_algo=1,
        platform_info=0x25,
        report_data=bytes(range(64)),
        measurement=bytes(range(48)),
        report_id_ma=b"\xff" * 32,
        cpuid_fam_id=0x19,
        cpuid_mod_id=0x11,
        chip_id=bytes(range(64, 128)),
        signature_r=bytes(range(48)) + bytes(24),
        signature_s=bytes(range(48, 96)) + bytes(24),
    ).build()


@cache
def header() -> bytes:
    """The header of a request for a report, sealed."""
    made = MsgHdr(
        authtag=bytes(range(16)) + bytes(16),
        msg_seqno=0x1234567,
        msg_type=MsgType.REPORT_REQ,
        msg_size=96,
    )
    return made.build()
