"""Building a report, against one bare ``Struct.pack`` of the same cells."""

from __future__ import annotations

from snpformat.formats import AttestationReport

from .. import inputs
from ..engine import LIMIT, OURS, Case, Group, loop, require
from ..peers import build_cases, report as peers
from .parse import CELLS

PACK = "struct pack"


def group() -> Group:
    """Building a parsed report, and making one from values, which checks each of them."""
    data = inputs.report()
    report = AttestationReport.parse(data)
    build, pack, values = report.build, CELLS.pack, CELLS.unpack(data)
    require(pack(*values) == data == build(), "a report does not come back")

    given = {name: report[name] for field, _ in report.layout() if (name := field.name)}

    def make() -> AttestationReport:
        return AttestationReport(**given)

    require(make() == report, "a report made of a report's values is another")
    others, skipped = peers.peers()
    cases = [
        Case(PACK, LIMIT, loop(lambda: pack(*values))),
        Case("build", OURS, loop(build), PACK, reach=1.1),
        Case("make of values", OURS, loop(make), PACK),
        *build_cases(others, data, PACK),
    ]
    return Group("build", cases, skipped)
