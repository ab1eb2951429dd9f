"""A structure as a class: its frame, and the tables that describe it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..layout import StructLayout
from ..places import ArrayLayout, Cell, Place
from .access import annotation, records_of
from .constructor import constructor
from .parser import parse_method
from .properties import (
    alias_property,
    axis_property,
    field_property,
    reading_method,
    view_method,
)
from .text import (
    WIDTH,
    assign,
    byte_string,
    call,
    cited,
    literal,
    number,
    paragraphs,
    plain,
    prose_arguments,
    string,
    table,
    tuple_of,
)


def nested_first(structs: Iterable[StructLayout]) -> list[StructLayout]:
    """`structs` in an order in which each stands behind those it holds."""
    given = list(structs)
    ordered: list[StructLayout] = []

    def visit(struct: StructLayout) -> None:
        if struct in ordered or struct not in given:
            return
        for place in struct.places:
            of = place.array.of if place.array else None
            for inner in (place.record, place.reads, of):
                if inner is not None:
                    visit(inner)
        ordered.append(struct)

    for struct in given:
        visit(struct)
    return ordered


def record_class(struct: StructLayout) -> Iterator[str]:
    """The compiled format of a structure, and its class."""
    name = struct.name
    codes = "".join(cell.code for cell in struct.cells)
    order = "<" if struct.endian == "little" else ">"
    # No other name can become one of these: each begins in its own way.
    yield from call(f"_struct_{name} = Struct", [string(order + codes)], "")
    yield from assign(f"_unpack_{name}", f"_struct_{name}.unpack", "")
    yield from assign(f"_pack_{name}", f"_struct_{name}.pack", "")
    yield ""
    yield ""
    kind = "Variable" if struct.array else "Versioned" if struct.versions else ""
    yield f"class {struct.class_name}(wire.{kind}Record):"
    what = f"{_size(struct)}.{cited(struct.cite)}"
    yield from paragraphs([struct.doc or f"{name}.", what], "    ")
    yield ""
    yield from _tables(struct)
    yield ""
    yield from constructor(struct)
    yield ""
    yield from parse_method(struct)
    yield ""
    yield "    def build(self) -> bytes:"
    yield from _built(struct)
    for place in struct.named:
        yield ""
        yield from field_property(struct, place)
        if place.view:
            yield ""
            yield from view_method(place, place.view)
        if place.reads:
            yield ""
            yield from reading_method(place, place.reads)
        for name, part in place.also:
            yield ""
            yield from alias_property(place, name, part)
    for axis, cases in struct.infer.items():
        yield ""
        yield from axis_property(struct, axis, cases)


def _size(struct: StructLayout) -> str:
    """Size and versions, as a docstring tells them."""
    least, most = struct.sizes
    if struct.array and struct.array.array:
        each = struct.array.array.of.size
        return f"{least} to {most} bytes: {struct.size}, and {each} for each of {struct.array.name}"
    forms = f", versions {', '.join(map(str, struct.versions))}" if struct.versions else ""
    return f"{struct.size} bytes ({number(struct.size)}){forms}"


def _built(struct: StructLayout) -> Iterator[str]:
    """The body of ``build``."""
    array = struct.array.array if struct.array else None
    if array is None:
        yield f"        return _pack_{struct.name}(*self._values)"
        return
    end = f" + {byte_string(bytes(array.of.size))}" if array.stop == "zero" else ""
    yield f"        fixed = _pack_{struct.name}(*self._values[:-1])"
    yield f"        return fixed + self._values[-1]{end}"


def _tables(struct: StructLayout) -> Iterator[str]:
    records = records_of(struct)
    slots = '("_parts",)' if records else "()"
    yield f"    __slots__ = {slots}"
    cells = [_cell_type(cell) for cell in struct.cells]
    yield from _tuple_type("_values", [*cells, "bytes"] if struct.array else cells)
    if records:
        yield from _tuple_type("_parts", [annotation(place) for place in records])
    yield ""
    yield f"    NAME = {string(struct.name)}"
    yield f"    SIZE = {number(struct.size)}"
    if struct.array:
        least, most = struct.sizes
        yield f"    MIN_SIZE = {number(least)}"
        yield f"    MAX_SIZE = {number(most)}"
    if struct.cite:
        yield f"    CITE = {string(struct.cite)}"
    if struct.version_place:
        yield f"    VERSIONS = {tuple_of(map(str, struct.versions))}"
        yield f"    VERSION_FIELD = {string(struct.version_place.name or '')}"
    if struct.infer:
        yield f"    INFERS = {tuple_of(map(string, struct.infer))}"
    if struct.spans:
        spans = [f"{string(n)}: ({number(a)}, {number(b)})" for n, (a, b) in struct.spans.items()]
        yield f"    SPANS = {{{', '.join(spans)}}}"
    entries = [
        call("wire.Field", _field_arguments(struct, place), "        ", ",")
        for place in struct.places
    ]
    yield from table("FIELDS", entries, "    ")


def _cell_type(cell: Cell) -> str:
    return "int" if cell.code in "BHIQ" else "bytes"


def _tuple_type(name: str, items: list[str]) -> Iterator[str]:
    line = f"    {name}: tuple[{', '.join(items)}]"
    if len(line) <= WIDTH:
        yield line
        return
    yield f"    {name}: tuple["
    for item in items:
        yield f"        {item},"
    yield "    ]"


def _field_arguments(struct: StructLayout, place: Place) -> list[str]:
    name = string(place.name) if place.name else "None"
    arguments = [number(place.offset), str(place.size), name, string(place.type_name)]
    if struct.endian == "big":
        arguments.append('order="big"')
    options: dict[str, str | None] = {
        "since": str(place.since) if place.since is not None else None,
        "until": str(place.until) if place.until is not None else None,
        "const": literal(place.const) if place.const is not None else None,
        "default": literal(place.default) if place.default and place.kind == "uint" else None,
        "minimum": plain(place.minimum) if place.minimum is not None else None,
        "maximum": plain(place.maximum) if place.maximum is not None else None,
        "enum": place.enum.class_name if place.enum else None,
        "bits": place.bits.class_name if place.bits else None,
        "record": place.record.class_name if place.record else None,
        **_array_options(place.array),
        "view": _view_argument(place),
        "reads": place.reads.class_name if place.reads else None,
        "also": tuple_of(string(name) for name, _ in place.also) if place.also else None,
        "when": f"({string(place.when[0])}, {plain(place.when[1])})" if place.when else None,
        "hex": "True" if place.hex else None,
        "secret": "True" if place.secret else None,
    }
    if place.kind == "bytes" and place.name:
        options["default"] = literal(place.default)
    arguments += [f"{key}={value}" for key, value in options.items() if value is not None]
    prose = prose_arguments(place.doc, place.cite, place.abi)
    if place.name and struct.cite and not place.cite:
        prose.append("cite=CITE")
    return arguments + prose


def _array_options(array: ArrayLayout | None) -> dict[str, str | None]:
    if array is None:
        return {}
    count = string(array.count) if isinstance(array.count, str) else array.count
    return {
        "of": array.of.class_name,
        "count": None if count is None else str(count),
        "stop": string(array.stop) if array.stop else None,
        "maximum": None if array.maximum is None else plain(array.maximum),
    }


def _view_argument(place: Place) -> str | None:
    if place.view is None:
        return None
    kinds = [f"{string(value)}: {kind.class_name}" for value, kind in place.view.choices.items()]
    return f"({string(place.view.axis)}, {{{', '.join(kinds)}}})"
