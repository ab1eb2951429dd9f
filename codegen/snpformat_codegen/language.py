"""The spec language: which keys there are, what each takes and means.

The tables are the language: the checker reads by them (reading.py turns what they read into the
parts of ir.py), and the JSON Schema for editors is made from them.
"""

from __future__ import annotations

from . import ir
from .shapes import Either, Forms, Key, ListOf, MapOf, Table
from .words import Boolean, Choice, Integer, Range, Text, Word

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
FIXED_SIZE = Integer("a size in bytes", 0, 1 << 20)
ELEMENTS = Integer("a number of elements", 1, 1 << 16)
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
ARRAY = Table(
    "an array",
    {
        "at": GATES["at"],
        "name": NAMED["name"],
        "of": Key(TYPE, "the structure that each element is"),
        "count": Key(WORD, "how many elements: a number, or the earlier field that tells it"),
        "until": Key(
            Choice(("zero", "end")), "what ends it: an all-zero element, or the end of the bytes"
        ),
        "max": Key(ELEMENTS, "the most elements there may be, where count is no number"),
    }
    | PROSE,
)
RESERVED = Table("reserved space", GATES | {"reserved": Key(SIZE, "its length")} | PROSE)
PAD = Table("padding", GATES | {"pad": Key(SIZE, "its length: what C adds to align")} | PROSE)
FIELD = Forms(
    "a field", {"type": TYPED, "bytes": BYTES, "of": ARRAY, "reserved": RESERVED, "pad": PAD}
)

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
        "size": Key(
            FIXED_SIZE,
            "its size, which the fields must fill exactly; an array of no fixed size stands behind",
            required=True,
        ),
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
