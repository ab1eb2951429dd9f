"""The spec language: which keys there are, what each takes and means.

The tables are the language; the functions below them turn what was read into the parts of ir.py.
A new key is one line in a table and one in the function that builds its part.
"""

from __future__ import annotations

import os
from typing import Any

from . import ir, source
from .diagnostics import Log, SourceFile
from .shapes import Either, Entry, Forms, Key, ListOf, MapOf, Table
from .words import Boolean, Choice, Integer, Range, Spot, Text, Word, read_number

NAME = Text("a name (small letters, digits and _)", r"[a-z][a-z0-9_]{0,63}")
MODULE = Text("the name of a spec file, without .yaml", r"[a-z][a-z0-9_]{0,63}")
WORD = Word()
PATH = Text("STRUCT.FIELD", r"[a-z][a-z0-9_]{0,63}\.[a-z][a-z0-9_]{0,63}")
TYPE = Text("the name of a type", r"[a-z][a-z0-9_]{0,63}")
DERIVE = Text("sizeof or len(FIELD)", r"sizeof|len\([a-z][a-z0-9_]{0,63}\)")
REVISION = Text("a revision", r"[0-9]+(\.[0-9]+)*", must_quote="1.50 and 1.5 are different")
CITE = Text("SOURCE and the place in it", r"(?s)[a-z][a-z0-9_]{0,63}(\s.*)?")
REPR = Choice(tuple(ir.BUILTIN_SIZES))
OFFSET = Integer("an offset in bytes", 0, 1 << 20)
SIZE = Integer("a size in bytes", 1, 1 << 20)
NUMBER = Integer()
VERSION = Integer("a version number", 0, (1 << 32) - 1)
BITS = Range("bits: a number, or a..b with both included", single=True)
SPAN = Range("offsets a..b, the end not included")
VALUES = Range("a number, or a..b with both included", single=True)

PROSE = {
    "doc": Key(Text(), "what it is, in sentences"),
    "cite": Key(CITE, "a source declared above, and the table or section in it"),
    "abi": Key(
        REVISION, "the firmware ABI revision that first has it; a label, shown and compared"
    ),
}
GATES = {
    "at": Key(OFFSET, "offset from the start of the structure, in bytes", required=True),
    "since": Key(VERSION, "the first version that has it"),
    "until": Key(VERSION, "the first version that no longer has it"),
}
NAMED = {
    "name": Key(NAME, "its name in every language", required=True),
    "const": Key(WORD, "the only value there is; refused otherwise, written by the builder"),
    "default": Key(WORD, "the value a builder writes when it is given none (else zero)"),
    "secret": Key(Boolean(), "never shown: not in errors, repr, JSON or hexdumps"),
    "when": Key(MapOf(NAME, WORD, single=True), "there only while that field has that value"),
}
TYPED = Table(
    "a typed field",
    GATES
    | NAMED
    | {
        "type": Key(TYPE, "u8, u16, u32, u64, or an enum, bit field or structure"),
        "derive": Key(DERIVE, "computed: the size of the structure, or of one of its fields"),
        "min": Key(NUMBER, "the least value a builder accepts; parsing does not enforce it"),
        "max": Key(NUMBER, "the greatest value a builder accepts"),
        "display": Key(Choice(("hex", "decimal")), "how the number is shown"),
        "view": Key(
            Table(
                "a view",
                {
                    "axis": Key(NAME, "the axis that chooses", required=True),
                    "else": Key(TYPE, "for every other known value of the axis"),
                },
                extra=Key(TYPE, "the bit field for one value of the axis"),
            ),
            "reads the kept number as a bit field that an axis chooses",
        ),
        "also": Key(MapOf(NAME, NAME), "other names: of the whole number (all), or of bits of it"),
    }
    | PROSE,
)
BYTES = Table(
    "a byte string",
    GATES
    | NAMED
    | {
        "bytes": Key(SIZE, "its length"),
        "reads": Key(TYPE, "a structure that the bytes can be read as; they are kept as they are"),
    }
    | PROSE,
)
RESERVED = Table("reserved space", GATES | {"reserved": Key(SIZE, "its length")} | PROSE)
PAD = Table("padding", GATES | {"pad": Key(SIZE, "its length: what C adds to align")} | PROSE)
FIELD = Forms("a field", {"type": TYPED, "bytes": BYTES, "reserved": RESERVED, "pad": PAD})

BIT_PLACE = {"bits": Key(BITS, "bit 0 is the least significant", required=True)}
NAMED_BIT = Table(
    "a named bit",
    BIT_PLACE
    | {
        "name": Key(NAME, "its name"),
        "enum": Key(TYPE, "an enum that names its values"),
    }
    | PROSE,
)
CONST_BIT = Table(
    "a constant bit", BIT_PLACE | {"const": Key(NUMBER, "what a builder writes")} | PROSE
)
RESERVED_BIT = Table(
    "a reserved bit", BIT_PLACE | {"reserved": Key(Choice(("zero",)), "must be zero")} | PROSE
)

BITS_ENTRY = Forms("bits", {"name": NAMED_BIT, "reserved": RESERVED_BIT, "const": CONST_BIT})
BITFIELD = Table(
    "a bit field",
    {
        "repr": Key(REPR, "the integer it is", required=True),
        "bits": Key(ListOf(BITS_ENTRY), "every bit of it", required=True),
    }
    | PROSE,
)
ENUM_VALUE = Table("an enum value", {"name": Key(NAME, "its name", required=True)} | PROSE)
ENUM = Table(
    "an enum",
    {
        "repr": Key(REPR, "the integer it is", required=True),
        "values": Key(MapOf(NUMBER, Either(NAME, ENUM_VALUE)), "the known values", required=True),
        "closed": Key(Boolean(), "refuse other values (they are kept by default)"),
    }
    | PROSE,
)
INFERENCE = Table(
    "an inference",
    {"is": Key(NAME, "the value of the axis", required=True)},
    extra=Key(VALUES, "a field of the structure and the values it has then"),
)
STRUCT = Table(
    "a structure",
    {
        "size": Key(SIZE, "its size, which the fields must fill exactly", required=True),
        "axis": Key(NAME, "the axis that since and until count on"),
        "fields": Key(ListOf(FIELD), "every byte of it, reserved ones too", required=True),
        "spans": Key(MapOf(NAME, SPAN), "named ranges, such as the signed bytes"),
        "infer": Key(MapOf(NAME, ListOf(INFERENCE)), "how a record itself tells an axis' value"),
    }
    | PROSE,
)
AXIS = Table(
    "an axis",
    {
        "field": Key(PATH, "the field it is read from; without it the viewer chooses"),
        "known": Key(ListOf(WORD), "the values there are, in order", required=True),
    }
    | PROSE,
)
IOCTL = Table(
    "an ioctl",
    {
        "dir": Key(
            Choice(tuple(ir.IOCTL_DIRECTIONS)), "who copies, seen by the caller", required=True
        ),
        "type": Key(Text("one character", r"[!-~]"), "the driver's letter", required=True),
        "nr": Key(Integer("a number of 8 bits", 0, 255), "which of the driver's", required=True),
        "arg": Key(TYPE, "the structure whose address is the argument", required=True),
        "req": Key(TYPE, "the structure with the request"),
        "rsp": Key(TYPE, "the structure for the response"),
    }
    | PROSE,
)
SOURCE = Table(
    "a source",
    {
        "title": Key(Text(), "its name", required=True),
        "doc": Key(Text(), "its document number"),
        "revs": Key(ListOf(REVISION), "the revisions that were looked at"),
        "file": Key(Text(), "the file in it"),
    },
)
FILE = Table(
    "a spec",
    {
        "snpformat": Key(Integer("the version of the language, 1", 1, 1), "1", required=True),
        "module": Key(MODULE, "the file's own name, without .yaml", required=True),
        "doc": Key(Text(), "what the file is about"),
        "endian": Key(Choice(("little", "big")), "byte order of every integer; little by default"),
        "sources": Key(MapOf(NAME, SOURCE), "the documents that cite names"),
        "imports": Key(
            ListOf(MODULE, may_be_empty=True), "spec files beside it, whose types it uses"
        ),
        "axes": Key(MapOf(NAME, AXIS), "what a layout may depend on"),
        "enums": Key(MapOf(NAME, ENUM), "numbers with names"),
        "bitfields": Key(MapOf(NAME, BITFIELD), "integers made of bits"),
        "structs": Key(MapOf(NAME, STRUCT), "the structures"),
        "ioctls": Key(MapOf(NAME, IOCTL), "the commands of a device"),
    },
)


# What a declaration cannot be used without; one that has lost it is left out.
NEEDED = {
    "axes": {"field", "known"},
    "enums": {"repr"},
    "bitfields": {"repr"},
    "structs": {"size"},
    "ioctls": {"dir", "type", "nr", "arg"},
}


def read(root: source.Mapping, file: SourceFile, log: Log) -> ir.Module | None:
    """The module that `root` spells; what is wrong with it goes to `log`."""
    entry = FILE.read(root, log)
    if entry is None:
        return None
    get: Any = entry.get
    # A declaration whose size or values are not known is left out: what is said of it cannot be
    # judged. `broken` then keeps the passes from calling it undefined.
    written = {key: _pairs(get(key)) for key in NEEDED}
    usable = {
        key: [pair for pair in pairs if not pair[1].lost & NEEDED[key]]
        for key, pairs in written.items()
    }
    sections = [get(key) for key in (*NEEDED, "sources")]
    sources = [body for _, body in _pairs(get("sources"))]
    broken = (
        any(len(usable[key]) < len(written[key]) for key in NEEDED)
        or any(section is not None and section.lost for section in (*sections, *sources))
        or bool(entry.lost & {*NEEDED, "sources", "imports"})
        or not entry.key_spans.keys() <= FILE.keys.keys()
    )
    return ir.Module(
        name=get("module") or Spot(_stem(file), entry.span),  # a missing one has been reported
        file=file,
        endian=_value(get("endian"), "little"),
        doc=_value(get("doc"), ""),
        sources=tuple(_source(name, body) for name, body in _pairs(get("sources"))),
        imports=_value(get("imports"), ()),
        axes=tuple(_axis(name, body) for name, body in usable["axes"]),
        enums=tuple(_enum(name, body) for name, body in usable["enums"]),
        bitfields=tuple(_bitfield(name, body) for name, body in usable["bitfields"]),
        structs=tuple(_struct(name, body) for name, body in usable["structs"]),
        ioctls=tuple(_ioctl(name, body) for name, body in usable["ioctls"]),
        broken=broken,
    )


def _stem(file: SourceFile) -> str:
    return os.path.splitext(os.path.basename(file.path))[0]


def _value(spot: Any, default: Any) -> Any:
    return default if spot is None else spot.value


def _pairs(entry: Entry | None) -> list[tuple[Spot[Any], Any]]:
    return list(entry.values.values()) if entry else []  # type: ignore[arg-type]


def _prose(entry: Entry) -> ir.Prose:
    get: Any = entry.get
    doc = " ".join(_value(get("doc"), "").split())
    return ir.Prose(doc, get("cite"), _value(get("abi"), ""))


def _source(name: Spot[str], entry: Entry) -> ir.Source:
    get: Any = entry.get
    revisions = [spot.value for spot in _value(get("revs"), ())]
    parts = [_value(get("doc"), ""), _value(get("file"), ""), ", ".join(revisions)]
    return ir.Source(name, _value(get("title"), ""), "; ".join(part for part in parts if part))


def _literal(spot: Spot[str] | None) -> Spot[ir.Literal] | None:
    """A word as the number it spells, else as it is."""
    if spot is None:
        return None
    number = read_number(spot.value)
    return Spot(spot.value if number is None else number, spot.span)


def _axis(name: Spot[str], entry: Entry) -> ir.Axis:
    get: Any = entry.get
    known = tuple(_literal(spot) for spot in _value(get("known"), ()))
    return ir.Axis(name, get("field"), known, _prose(entry))  # type: ignore[arg-type]


def _enum(name: Spot[str], entry: Entry) -> ir.EnumType:
    get: Any = entry.get
    values = []
    broken = "values" in entry.lost or (get("values") is not None and get("values").broken)
    for number, value in _pairs(get("values")):
        if isinstance(value, Spot):
            values.append(ir.EnumValue(number, value, ir.Prose()))
        elif value.get("name"):
            values.append(ir.EnumValue(number, value.get("name"), _prose(value)))
        else:
            broken = True
    closed = _value(get("closed"), False)
    return ir.EnumType(name, get("repr"), tuple(values), closed, _prose(entry), broken)


def _bitfield(name: Spot[str], entry: Entry) -> ir.BitsType:
    get: Any = entry.get
    entries = _value(get("bits"), ())
    bits = tuple(_bit(bit) for bit in entries if bit.get("bits"))
    broken = "bits" in entry.lost or any(bit.lost - PROSE.keys() for bit in entries)
    return ir.BitsType(name, get("repr"), bits, _prose(entry), broken)


def _bit(entry: Entry) -> ir.Bit:
    get: Any = entry.get
    low, high = get("bits").value
    return ir.Bit(entry.span, low, high, get("name"), get("const"), get("enum"), _prose(entry))


def _struct(name: Spot[str], entry: Entry) -> ir.StructType:
    get: Any = entry.get
    entries = _value(get("fields"), ())
    fields = tuple(_field(field) for field in entries if not field.lost - PROSE.keys())
    spans = {spot.value: (spot, span) for spot, span in _pairs(get("spans"))}
    infer = {
        axis.value: (axis, tuple(_inference(case) for case in cases.value if not case.broken))
        for axis, cases in _pairs(get("infer"))
    }
    return ir.StructType(
        name,
        get("size"),
        get("axis"),
        fields,
        spans,
        infer,
        _prose(entry),
        bool(entry.lost & {"axis", "fields"}) or len(fields) < len(entries),
    )


def _inference(entry: Entry) -> ir.Inference:
    get: Any = entry.get
    fields = tuple(
        (Spot(key, entry.key_spans[key]), value.value)
        for key, value in entry.values.items()
        if key != "is" and isinstance(value, Spot)
    )
    return ir.Inference(get("is"), fields)


def _field(entry: Entry) -> ir.Field:
    get: Any = entry.get
    return ir.Field(
        span=entry.span,
        at=get("at"),
        name=get("name"),
        type=get("type"),
        size=get("bytes") or get("reserved") or get("pad"),
        since=get("since"),
        until=get("until"),
        const=_literal(get("const")) if get("bytes") is None else get("const"),
        default=_literal(get("default")) if get("bytes") is None else get("default"),
        derive=get("derive"),
        minimum=get("min"),
        maximum=get("max"),
        view=_view(get("view")),
        reads=get("reads"),
        also={name.value: (name, part) for name, part in _pairs(get("also"))},
        when=_when(get("when")),
        hex=_value(get("display"), "decimal") == "hex",
        secret=_value(get("secret"), False),
        prose=_prose(entry),
    )


def _view(entry: Entry | None) -> ir.View | None:
    if entry is None or entry.get("axis") is None:
        return None
    choices = {key: value for key, value in entry.values.items() if key != "axis"}
    axis: Any = entry.get("axis")
    return ir.View(entry.span, axis, choices)  # type: ignore[arg-type]


def _when(entry: Entry | None) -> ir.When | None:
    pairs = _pairs(entry)
    if not pairs:
        return None
    name, value = pairs[0]
    literal: Any = _literal(value)
    return ir.When(name, literal)


def _ioctl(name: Spot[str], entry: Entry) -> ir.Ioctl:
    get: Any = entry.get
    return ir.Ioctl(
        name=name,
        direction=_value(get("dir"), "none"),
        letter=_value(get("type"), " "),
        number=get("nr") or Spot(0, entry.span),  # the entry is broken then
        argument=get("arg"),
        request=get("req"),
        response=get("rsp"),
        prose=_prose(entry),
    )
