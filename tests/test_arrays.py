"""Arrays: how many elements there are, what is refused and where, and the ways there and back."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import construct as cs
import pytest
import toys

from snpformat import FormatError, catalog, constructs, show
from snpformat.arrays import sizes_of
from snpformat.constructs import ConstructFormatError, Typed
from snpformat.formats import (
    CertTable,
    CertTableEntry,
    CpuidFunction,
    CpuidPage,
    MsgCpuidReq,
    MsgCpuidRsp,
    MsgStatus,
)
from snpformat.record import Record, VariableRecord

ONE = CpuidFunction(eax_in=0x80000008, eax=0x3030, edx=7)
TWO = CpuidFunction(eax_in=0xD, ecx_in=1, xcr0_in=3, xss_in=1 << 40)
FIRST = CertTableEntry(guid=bytes(range(16)), offset=0x48, length=1000)
SECOND = CertTableEntry(guid=b"\xff" * 16)
REQUEST = MsgCpuidReq(functions=[ONE, TWO])
TABLE = CertTable(entries=[FIRST, SECOND])
RECORDS: list[Record] = [
    REQUEST,
    MsgCpuidReq(),
    MsgCpuidReq(functions=[TWO] * 64),
    MsgCpuidRsp(count=1, functions=[ONE, TWO]),
    MsgCpuidRsp(status=MsgStatus.INVALID_PARAMETER, functions=[ONE] * 3),
    CpuidPage(count=2, functions=[ONE, TWO]),
    CpuidPage(functions=[ONE] * 64),
    TABLE,
    CertTable(),
]

# Elements that refuse bytes and hide secrets, in each form, big endian.
SHELF = """\
snpformat: 1
module: shelf
endian: big
enums:
  metal: {repr: u8, closed: true, values: {1: tin, 2: gold}}
bitfields:
  marks:
    repr: u8
    bits: [{bits: 0..3, name: level}, {bits: 4, const: 1}, {bits: 5..7, reserved: zero}]
structs:
  jar:
    size: 8
    fields:
      - {at: 0, name: magic, type: u16, const: 0x1234}
      - {at: 2, name: metal, type: metal}
      - {at: 3, name: marks, type: marks}
      - {at: 4, name: lock, bytes: 4, secret: true}
  shelf:
    size: 24
    fields:
      - {at: 0, name: jars, of: jar, count: 3}
  box:
    size: 4
    fields:
      - {at: 0, reserved: 2}
      - {at: 2, name: number, type: u16}
      - {at: 4, name: jars, of: jar, count: number, max: 3}
  row:
    size: 0
    fields: [{at: 0, name: jars, of: jar, until: zero, max: 3}]
  heap:
    size: 0
    fields: [{at: 0, name: jars, of: jar, until: end, max: 3}]
  room:
    size: 32
    fields:
      - {at: 0, name: size, type: u64, derive: len(shelf)}
      - {at: 8, name: shelf, type: shelf}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    with toys.generated(SHELF, tmp_path_factory.mktemp("shelf")) as package:
        __import__(f"{package.__name__}.formats")
        __import__(f"{package.__name__}.constructs")
        __import__(f"{package.__name__}.testing.strategies")
        yield package


def patched(raw: bytes, at: int, *values: int) -> bytes:
    return raw[:at] + bytes(values) + raw[at + len(values) :]


def test_the_bytes_are_where_the_data_sheet_has_them() -> None:
    raw = REQUEST.build()
    assert raw == b"\2" + bytes(15) + ONE.build() + TWO.build()
    assert raw[0x10:0x14] == (0x80000008).to_bytes(4, "little")
    assert TABLE.build() == FIRST.build() + SECOND.build() + bytes(24)
    assert CertTable().build() == bytes(24)
    page = CpuidPage(count=2, functions=[ONE, TWO]).build()
    assert page == (raw + bytes(62 * 48)).ljust(4096, b"\0")
    answer = MsgCpuidRsp(status=0x16, count=1, functions=[ONE]).build()
    assert answer == b"\x16\0\0\0\1\0\0\0" + bytes(8) + ONE.build()


@pytest.mark.parametrize(
    "record", RECORDS, ids=lambda record: f"{record.NAME}-{len(bytes(record))}"
)
def test_every_way_there_has_a_way_back(record: Record) -> None:
    cls, raw = type(record), record.build()
    plain = record.to_dict()
    declaration = getattr(constructs, cls.__name__)
    same = [
        cls.parse(raw),
        cls.parse(memoryview(bytearray(raw))),
        cls.parse(raw, reserved="reject"),
        cls.parse(raw, reserved="drop"),
        cls.from_dict(plain),
        cls.from_dict(json.loads(json.dumps(plain))),
        pickle.loads(pickle.dumps(record)),
        copy.deepcopy(record),
        record.replace(),
    ]
    for other in same:
        assert (other, hash(other), other.build()) == (record, hash(record), raw)
    assert declaration.build(declaration.parse(raw)) == raw
    assert declaration.compile().parse(raw) == declaration.parse(raw)
    shown = "".join(line[6:53] for line in show.hexdump(record, False, False))
    assert bytes.fromhex(shown) == raw
    assert len(raw) in sizes_of(cls)
    if isinstance(record, VariableRecord):
        assert record.MIN_SIZE <= len(raw) <= record.MAX_SIZE
        assert sizes_of(cls)[0] == record.MIN_SIZE
        assert sizes_of(cls)[-1] == record.MAX_SIZE


def test_the_elements_are_records_in_a_tuple() -> None:
    assert REQUEST.functions == (ONE, TWO)
    assert REQUEST["functions"][1].xss_in == 1 << 40
    assert (REQUEST.count, MsgCpuidReq().functions) == (2, ())
    assert TABLE.entries == (FIRST, SECOND)
    page = CpuidPage(functions=iter([ONE]))
    assert (len(page.functions), page.functions[0], page.functions[63]) == (
        64,
        ONE,
        CpuidFunction(),
    )
    assert MsgCpuidReq(functions=[TWO, ONE]) != REQUEST
    assert repr(TABLE).startswith("CertTable(entries=(CertTableEntry(guid=000102")
    answer = MsgCpuidRsp.parse(bytes(16) + ONE.build())  # fewer are counted than there are
    assert (answer.count, answer.functions) == (0, (ONE,))


def test_copies_count_again() -> None:
    more = REQUEST.replace(functions=[ONE, TWO, ONE])
    assert (more.count, more.build()[0], len(more.build())) == (3, 3, 16 + 3 * 48)
    assert REQUEST.replace(functions=()) == MsgCpuidReq()
    assert REQUEST.replace(count=2) == REQUEST
    assert TABLE.replace(entries=[SECOND]).build() == SECOND.build() + bytes(24)
    loud = MsgCpuidReq.parse(patched(REQUEST.build(), 4, 9))
    assert loud.replace(functions=[ONE]).build() == patched(
        MsgCpuidReq(functions=[ONE]).build(), 4, 9
    )
    page = CpuidPage.parse(patched(CpuidPage().build(), 0xFFF, 1))
    assert page.replace(functions=[ONE]).build()[0x10:] == ONE.build() + page.build()[0x40:]


def test_json() -> None:
    plain = REQUEST.to_dict()
    assert [each["eax_in"] for each in plain["functions"]] == [0x80000008, 0xD]
    del plain["count"]
    assert MsgCpuidReq.from_dict(plain) == REQUEST
    assert MsgCpuidReq.from_dict({"functions": [ONE, {"eax_in": "0xd"}]}).count == 2
    loud = MsgCpuidReq.parse(patched(REQUEST.build(), 0x3F, 1))
    assert loud.to_dict()["functions"][0]["reserved"] == {"0x28": "00" * 7 + "01"}
    assert MsgCpuidReq.from_dict(loud.to_dict()) == loud


def test_what_follows_can_be_read_on() -> None:
    assert CertTable.parse_prefix(TABLE.build() + b"PEM") == (TABLE, 72)
    assert CertTable.parse_prefix(bytes(4096)) == (CertTable(), 24)
    assert MsgCpuidReq.parse_prefix(bytearray(REQUEST.build() + b"x")) == (REQUEST, 112)
    full = MsgCpuidRsp(functions=[ONE] * 64)
    assert MsgCpuidRsp.parse_prefix(full.build() + b"x") == (full, 3088)
    with pytest.raises(FormatError, match="reserved bytes are not zero"):
        MsgCpuidReq.parse_prefix(patched(REQUEST.build(), 4, 1), reserved="reject")


RAW, ROWS = REQUEST.build(), TABLE.build()
# call, then structure, field, offset and value of the error, and a part of its text
REFUSALS: list[tuple[Callable[[], object], str, str | None, int | None, object, str]] = [
    # Bytes
    (lambda: MsgCpuidReq.parse(RAW[:3]), "msg_cpuid_req", "count", 0, 3, "takes at least 16"),
    (lambda: MsgCpuidReq.parse(RAW[:9]), "msg_cpuid_req", None, 8, 9, "ends after 9 bytes"),
    (lambda: MsgCpuidReq.parse(RAW[:80]), "msg_cpuid_req", "functions[1]", 0x40, 80, "takes 112"),
    (lambda: MsgCpuidReq.parse(RAW + b"x"), "msg_cpuid_req", None, 112, 113, "1 byte too many"),
    (
        lambda: MsgCpuidReq.parse(patched(RAW, 0, 1)),
        "msg_cpuid_req", None, 64, 112, "48 bytes too many (msg_cpuid_req takes 64 bytes)",
    ),
    (
        lambda: MsgCpuidReq.parse(patched(RAW, 0, 65)),
        "msg_cpuid_req", "count", 0, 65, "0x41 is more than the 64 that functions may have",
    ),
    (
        lambda: MsgCpuidReq.parse(patched(RAW, 0, 255, 255, 255, 255)),
        "msg_cpuid_req", "count", 0, 0xFFFFFFFF, "0xffffffff is more",
    ),
    (lambda: MsgCpuidReq.parse("x"), "msg_cpuid_req", None, None, None, "got str"),  # type: ignore[arg-type]
    (lambda: MsgCpuidReq.parse_prefix(None), "msg_cpuid_req", None, None, None, "got nothing"),  # type: ignore[arg-type]
    (lambda: MsgCpuidReq.parse(RAW, assume_version=1), "msg_cpuid_req", None, None, 1, "one form"),
    (lambda: MsgCpuidRsp.parse(RAW[:65]), "msg_cpuid_rsp", "functions[1]", 0x40, 65, "takes 112"),
    (lambda: MsgCpuidRsp.parse(bytes(3089)), "msg_cpuid_rsp", None, 3088, 3089, "1 byte too many"),
    (lambda: CertTable.parse(b""), "cert_table", "entries[0]", 0, 0, "ends with an element"),
    (lambda: CertTable.parse(ROWS[:48]), "cert_table", "entries[2]", 48, 48, "is all zero"),
    (lambda: CertTable.parse(ROWS[:50]), "cert_table", "entries[2]", 48, 50, "is all zero"),
    (lambda: CertTable.parse(ROWS + b"PEM"), "cert_table", None, 72, 75, "3 bytes too many"),
    (
        lambda: CertTable.parse_prefix(SECOND.build() * 682 + bytes(24)),
        "cert_table", "entries", 0, 682, "none of the first 682 elements is the all-zero one",
    ),
    # Reserved space in elements
    (
        lambda: MsgCpuidReq.parse(patched(RAW, 0x6F, 3), reserved="reject"),
        "msg_cpuid_req", None, 0x68, bytes(7) + b"\3", "reserved bytes are not zero",
    ),
    (
        lambda: CpuidPage.parse(patched(bytes(4096), 0x10 + 63 * 48 + 0x28, 3), reserved="reject"),
        "cpuid_page", None, 0xC08, b"\3" + bytes(7), "reserved bytes are not zero",
    ),
    # Values
    (
        lambda: MsgCpuidReq(functions=[ONE] * 65),
        "msg_cpuid_req", "functions[64]", 0xC10, None, "more than the 64 elements",
    ),
    (lambda: CpuidPage(functions=[ONE] * 65), "cpuid_page", "functions[64]", 0xC10, None, "more"),
    (lambda: MsgCpuidReq(functions=ONE), "msg_cpuid_req", "functions", 0x10, None, "got Cpuid"),  # type: ignore[arg-type]
    (lambda: MsgCpuidReq(functions=None), "msg_cpuid_req", "functions", 0x10, None, "got nothing"),  # type: ignore[arg-type]
    (
        lambda: MsgCpuidReq(functions=[ONE, FIRST]),  # type: ignore[list-item]
        "msg_cpuid_req", "functions[1]", 0x40, None, "expected CpuidFunction, got CertTableEntry",
    ),
    (
        lambda: CertTable(entries=[FIRST, CertTableEntry()]),
        "cert_table", "entries[1]", 24, None, "is all zero, which would end the array",
    ),
    (lambda: CertTable(entries=[FIRST] * 682), "cert_table", "entries[681]", 16344, None, "681"),
    (lambda: CpuidPage(count=65), "cpuid_page", "count", 0, 65, "more than 0x40"),
    # Copies and plain values
    (lambda: REQUEST.replace(count=1), "msg_cpuid_req", "count", 0, 1, "but functions has 2"),
    (
        lambda: REQUEST.replace(functions=[{}]),
        "msg_cpuid_req", "functions[0]", 0x10, None, "expected CpuidFunction, got dict",
    ),
    (
        lambda: MsgCpuidReq.from_dict({"count": 3, "functions": [{}]}),
        "msg_cpuid_req", "count", 0, 3, "says 3, but functions has 1",
    ),
    (
        lambda: MsgCpuidReq.from_dict({"functions": {"0": {}}}),
        "msg_cpuid_req", "functions", 0x10, None, "expected a list, got dict",
    ),
    (
        lambda: MsgCpuidReq.from_dict({"functions": [{}, {}, {"edx": 1 << 32}]}),
        "msg_cpuid_req", "functions[2].edx", 0x94, 1 << 32, "does not fit",
    ),
    (
        lambda: MsgCpuidReq.from_dict({"functions": [{}, 5]}),
        "msg_cpuid_req", "functions[1]", 0x40, None, "got int",
    ),
    (
        lambda: MsgCpuidReq.from_dict({"functions": [{}] * 65}),
        "msg_cpuid_req", "functions[64]", 0xC10, None, "more than the 64 elements",
    ),
    (
        lambda: CertTable.from_dict({"entries": [{"offset": 1}, {}]}),
        "cert_table", "entries[1]", 24, None, "would end the array",
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


def test_an_endless_iterable_is_not_read_to_its_end() -> None:
    def forever() -> Iterator[CpuidFunction]:
        while True:
            yield ONE

    for call in (lambda: MsgCpuidReq(functions=forever()), lambda: CpuidPage(functions=forever())):
        with pytest.raises(FormatError, match="more than the 64 elements"):
            call()


def test_no_guess_by_the_size_of_what_varies() -> None:
    sizes = set(catalog.sizes())
    assert not {0, 16, 3088, 72} & sizes
    records: list[Record] = [cls(functions=[ONE] * 3) for cls in (MsgCpuidReq, MsgCpuidRsp)]
    for record in [*records, CertTable(entries=[FIRST] * 9)]:
        with pytest.raises(FormatError, match="no format has") as caught:
            catalog.guess(record.build())
        assert "msg_cpuid" not in caught.value.reason
        assert len(record.build()) in catalog.sizes(type(record))
    assert catalog.sizes_text(CertTable) == "24 to 16368"
    assert catalog.sizes_text(CpuidPage) == "4096"


def test_it_is_shown_with_its_elements() -> None:
    lines = [*show.table(CpuidPage(functions=[ONE]), {}, False)]
    assert lines[0] == "cpuid_page, 4096 bytes"
    assert "  0x010  functions                   64 elements" in lines
    assert "      0x028  eax                         0x3030" in lines
    assert lines[-1] == "    0x040  functions[1]..[63]          all zero"
    dump = [*show.hexdump(TABLE, False, False)]
    assert dump[0].endswith("  entries[0].guid")
    assert dump[-2].endswith("  entries (end)")


def test_typed_takes_what_it_needs_of_a_stream() -> None:
    blob = cs.Struct("table" / Typed(CertTable), "rest" / cs.GreedyBytes)
    for one in (blob, blob.compile()):
        found = one.parse(ROWS + b"PEM")
        assert (found.table, found.rest) == (TABLE, b"PEM")
        assert one.build({"table": {"entries": [FIRST, SECOND]}, "rest": b"PEM"}) == ROWS + b"PEM"
    with pytest.raises(cs.SizeofError, match="no fixed size"):
        Typed(CertTable).sizeof()
    with pytest.raises(ConstructFormatError, match=r"entries\[2\] at 0x30: the data ends"):
        Typed(CertTable).parse(ROWS[:50])


def test_plain_construct_refuses_the_same() -> None:
    cases: list[tuple[type[Record], bytes]] = [
        (MsgCpuidReq, patched(RAW, 0, 65)),
        (MsgCpuidReq, RAW[:-1]),
        (MsgCpuidRsp, bytes(16 + 65 * 48)),
        (MsgCpuidRsp, bytes(17)),
        (CertTable, SECOND.build() * 682 + bytes(24)),
        (CertTable, SECOND.build() * 3),
    ]
    for cls, raw in cases:
        with pytest.raises(FormatError):
            cls.parse(raw)
        with pytest.raises(cs.ConstructError):
            getattr(constructs, cls.__name__).parse(raw)


# Elements that refuse something


def jars_of(made: ModuleType, count: int) -> list[Any]:
    return [made.formats.Jar(metal=2, lock=b"KEY%d" % index) for index in range(count)]


@pytest.mark.parametrize(("name", "before"), [("shelf", 0), ("box", 4), ("row", 0), ("heap", 0)])
def test_what_an_element_refuses_is_told_with_its_place(
    name: str, before: int, made: ModuleType
) -> None:
    cls = getattr(made.formats, name.title())
    record = cls(jars=jars_of(made, 3))
    raw = record.build()
    assert raw[before : before + 24] == b"".join(jar.build() for jar in record.jars)
    declaration = getattr(made.constructs, name.title())
    assert declaration.build(declaration.parse(raw)) == raw
    for at, byte, field, value in [(16, 9, "magic", 0x934), (10, 7, "metal", 7)]:
        bad = patched(raw, before + at, byte)
        with pytest.raises(FormatError) as caught:
            cls.parse(bad)
        found = (caught.value.structure, caught.value.field, caught.value.value)
        index = at // 8
        assert found == (name, f"jars[{index}].{field}", value)
        assert caught.value.offset == before + at - at % 8 + {"magic": 0, "metal": 2}[field]
        with pytest.raises(cs.ConstructError):
            declaration.parse(bad)
    loud = patched(raw, before + 19, 0xF0)
    assert cls.parse(loud, reserved="drop") == record
    with pytest.raises(FormatError, match="reserved bits are not as they must be") as caught:
        cls.parse(loud, reserved="reject")
    assert (caught.value.field, caught.value.offset) == ("jars[2].marks", before + 19)


def test_secrets_in_elements_stay_hidden(made: ModuleType) -> None:
    record = made.formats.Box(jars=jars_of(made, 2))
    shown = [repr(record), json.dumps(record.to_dict()), *show.table(record, {}, False)]
    shown += [*show.hexdump(record, False, False)]
    text = " ".join(shown)
    assert "KEY" not in text and b"KEY".hex() not in text.replace(" ", "")
    assert b"KEY1".hex() in json.dumps(record.to_dict(show_secrets=True))
    with pytest.raises(FormatError, match=r"jars\[0\].lock at 0x8: is redacted"):
        made.formats.Box.from_dict(record.to_dict())


def test_fewer_elements_than_there_are_places(made: ModuleType) -> None:
    """They are default ones, and so keep their constants; nothing is zero that may not be."""
    room = made.formats.Room(shelf=made.formats.Shelf(jars=jars_of(made, 1)))
    assert room.size == 24
    assert room.shelf.jars == (*jars_of(made, 1), made.formats.Jar(), made.formats.Jar())
    assert made.formats.Room.parse(room.build()) == room
    bad = patched(room.build(), 8 + 16, 0)
    with pytest.raises(FormatError, match=r"^room\.shelf\.jars\[2\]\.magic at 0x18: is always"):
        made.formats.Room.parse(bad)


def test_a_terminator_needs_not_be_an_element(made: ModuleType) -> None:
    """All zero is no jar, and ends a row of them all the same."""
    assert made.formats.Row.parse(bytes(8)).jars == ()
    assert made.constructs.Row.parse(bytes(8)).jars == [bytes(8)]
    assert made.formats.Row(jars=jars_of(made, 1)).build()[8:] == bytes(8)


def test_names_in_generated_tables(made: ModuleType) -> None:
    field = made.formats.Box.field("jars")
    found = (field.kind, field.type, field.of, field.count, field.stop, field.maximum, field.size)
    assert found == ("array", "jar[number]", made.formats.Jar, "number", "", 3, 0)
    fixed = made.formats.Shelf.field("jars")
    assert (fixed.type, fixed.count, fixed.size, fixed.elastic) == ("jar[3]", 3, 24, False)
    row, heap = made.formats.Row.field("jars"), made.formats.Heap.field("jars")
    assert (row.stop, heap.stop) == ("zero", "end")
    assert (made.formats.Row.MIN_SIZE, made.formats.Row.MAX_SIZE) == (8, 32)
    assert (made.formats.Heap.MIN_SIZE, made.formats.Heap.MAX_SIZE) == (0, 24)


def test_the_layout_of_a_record_has_its_own_size() -> None:
    sizes = {field.name: field.size for field, _ in REQUEST.layout()}
    assert (sizes["functions"], MsgCpuidReq.field("functions").size) == (96, 0)
    assert [field.size for field, _ in TABLE.layout()] == [72]


def test_an_array_may_be_called_like_what_generated_code_calls(tmp_path: Path) -> None:
    names = ["new", "raw", "fixed", "elements", "data", "values", "kind", "index"]
    one = "      - {{at: {}, name: {}, of: jar, count: 1}}"
    fields = [one.format(at, name) for at, name in enumerate(names)]
    jar = "  jar:\n    size: 1\n    fields: [{at: 0, name: lid, type: u8}]\n"
    elastic = "      - {at: 8, name: unpack_rack, of: jar, until: end, max: 4}"
    rack = "  rack:\n    size: 8\n    fields:\n" + "\n".join([*fields, elastic])
    spec = f"snpformat: 1\nmodule: rack\nstructs:\n{jar}{rack}\n"
    with toys.generated(spec, tmp_path) as package:
        formats = __import__(f"{package.__name__}.formats", fromlist=["Rack"])
        given = {name: [formats.Jar(lid=at)] for at, name in enumerate([*names, "unpack_rack"])}
        record = formats.Rack(**given)
        assert record.build() == bytes(range(9))
        assert formats.Rack.parse(record.build()) == record
        assert record.new == (formats.Jar(lid=0),)


def test_drop_never_moves_the_end(tmp_path: Path) -> None:
    """An element that has nothing but reserved bytes would become the end of its array."""
    spec = SHELF.partition("structs:")[0].replace("shelf", "rack") + (
        "structs:\n  peg:\n    size: 2\n    fields:\n      - {at: 0, name: a, type: u8}\n"
        "      - {at: 1, reserved: 1}\n"
        "  rack:\n    size: 0\n    fields: [{at: 0, name: pegs, of: peg, until: zero, max: 3}]\n"
    )
    with toys.generated(spec, tmp_path) as package:
        formats = __import__(f"{package.__name__}.formats", fromlist=["Rack"])
        rack = formats.Rack.parse(b"\0\1\2\0\0\0")
        assert len(rack.pegs) == 2
        with pytest.raises(FormatError):
            formats.Rack.parse(b"\0\1\2\0\0\0", reserved="drop")
