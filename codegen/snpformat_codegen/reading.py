"""Nodes -> IR: what the tables of language.py read, as the parts of ir.py.

A new key of the language is one line in a table there and one line here, in the function that
builds its part.
"""

from __future__ import annotations

import os
from typing import Any

from . import ir, source
from .diagnostics import Log, SourceFile
from .language import FILE, PROSE
from .shapes import Entry
from .words import Spot, read_number

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
        array=_array(entry),
        since=get("since"),
        until=get("until") if get("of") is None else None,
        const=_literal(get("const")) if get("bytes") is None else get("const"),
        default=_literal(get("default")) if get("bytes") is None else get("default"),
        derive=get("derive"),
        minimum=get("min"),
        maximum=get("max") if get("of") is None else None,
        view=_view(get("view")),
        reads=get("reads"),
        also={name.value: (name, part) for name, part in _pairs(get("also"))},
        when=_when(get("when")),
        hex=_value(get("display"), "decimal") == "hex",
        secret=_value(get("secret"), False),
        prose=_prose(entry),
    )


def _array(entry: Entry) -> ir.Array | None:
    get: Any = entry.get
    if get("of") is None:
        return None
    return ir.Array(get("of"), _literal(get("count")), get("until"), get("max"))


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
