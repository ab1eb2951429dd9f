"""The guest message header, both ways: the smallest structure, so the one where overhead shows."""

from __future__ import annotations

from struct import Struct

from snpformat.formats import MsgHdr

from .. import inputs
from ..engine import LIMIT, OURS, Case, Group, loop, require
from ..peers import build_cases, header as peers, parse_cases

UNPACK, PACK = "struct unpack", "struct pack"

# Every field and the reserved space between them, each as one value.
CELLS = Struct("<32sQ8sBBHBBH4sB35s")


def group() -> Group:
    """Parsing, parsing with three fields read, building, and making one from values."""
    data = inputs.header()
    parse, unpack, pack, values = MsgHdr.parse, CELLS.unpack, CELLS.pack, CELLS.unpack(data)
    header = parse(data)
    build = header.build
    require(pack(*values) == data == build(), "a header does not come back")
    expected = peers.fields(header)
    require(expected == (values[1], values[6], values[8]), "fields differ")

    def parse_and_read() -> None:
        header = parse(data)
        header.msg_seqno  # noqa: B018
        header.msg_type  # noqa: B018
        header.msg_size  # noqa: B018

    def make() -> MsgHdr:
        return MsgHdr(authtag=values[0], msg_seqno=values[1], msg_type=values[6], msg_size=96)

    require(make() == header, "a header made of a header's values is another")
    others, skipped = peers.peers()
    cases = [
        Case(UNPACK, LIMIT, loop(lambda: unpack(data))),
        Case(PACK, LIMIT, loop(lambda: pack(*values))),
        Case("parse", OURS, loop(lambda: parse(data)), UNPACK, reach=2.0),
        Case("parse + 3 fields", OURS, loop(parse_and_read), UNPACK, reach=3.5),
        Case("build", OURS, loop(build), PACK, reach=1.1),
        Case("make of values", OURS, loop(make), PACK),
        *parse_cases(others, data, expected, UNPACK),
        *build_cases(others, data, PACK),
    ]
    return Group("header", cases, skipped)
