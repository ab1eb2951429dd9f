"""Parsing a report, against one bare ``Struct.unpack`` of the same cells."""

from __future__ import annotations

from struct import Struct

from snpformat.formats import AttestationReport

from .. import inputs
from ..engine import LIMIT, OURS, Case, Group, loop, require
from ..peers import parse_cases, report as peers

UNPACK = "struct unpack"

# Every field of version 5 and the reserved space between them, each as one value.
CELLS = Struct("<IIQ16s16sIIQQI4s64s48s32s48s48s32s32sQBBB21s64sQBBB1sBBB1sQQQ152s72s72s368s")


def group() -> Group:
    """Parsing alone, with three fields read, and with what costs more than a plain field."""
    data = inputs.report()
    parse, unpack = AttestationReport.parse, CELLS.unpack
    require(CELLS.pack(*unpack(data)) == data, "the limit does not read the whole report")
    expected = peers.attributes(parse(data))
    require(expected == (data[0x90:0xC0], data[0x50:0x90], data[0x1A0:0x1E0]), "fields differ")

    def parse_and_read() -> None:
        report = parse(data)
        report.measurement  # noqa: B018
        report.report_data  # noqa: B018
        report.chip_id  # noqa: B018

    def parse_and_read_tcb() -> None:
        report = parse(data)
        view = report.reported_tcb_view("milan")
        assert view is not None
        view.snp  # noqa: B018

    others, skipped = peers.peers()
    cases = [
        Case(UNPACK, LIMIT, loop(lambda: unpack(data))),
        Case("parse", OURS, loop(lambda: parse(data)), UNPACK, reach=1.7),
        Case("parse + 3 fields", OURS, loop(parse_and_read), UNPACK, reach=2.7),
        Case("parse + policy.debug", OURS, loop(lambda: parse(data).policy.debug), UNPACK),
        Case("parse + reported tcb's snp", OURS, loop(parse_and_read_tcb), UNPACK),
        *parse_cases(others, data, expected, UNPACK),
    ]
    return Group("parse", cases, skipped)
