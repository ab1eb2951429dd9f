"""Layouts -> typed records: one Python module a spec, in the shape that runs fastest.

Read a generated module beside this one: each function here writes one part of it, in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..layout import BitsLayout, Cell, EnumLayout, ModuleLayout, Place, StructLayout, homes_of
from .text import (
    byte_string,
    call,
    docstring,
    literal,
    number,
    paragraphs,
    plain,
    string,
    text_argument,
    tuple_of,
)

FOLDER = "formats"

# The end of a package that loads its modules when a name of theirs is first asked for.
LAZY = (
    "def __getattr__(name: str) -> object:",
    "    if name not in _HOMES:",
    '        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")',
    '    value: object = getattr(import_module(f".{_HOMES[name]}", __name__), name)',
    "    globals()[name] = value",
    "    return value",
    "",
    "",
    "def __dir__() -> list[str]:",
    "    return sorted(__all__)",
)


def emit(modules: tuple[ModuleLayout, ...]) -> Iterator[tuple[str, str]]:
    """(file name, text) of every module, and of the package that offers them lazily."""
    homes = homes_of(modules)
    for module in modules:
        yield f"{FOLDER}/{module.name}.py", _module(module, homes)
    yield f"{FOLDER}/__init__.py", _package(modules, homes)


def _module(module: ModuleLayout, homes: dict[str, str]) -> str:
    body: list[str] = []
    for enum in module.enums:
        body += ["", "", *_enum(enum)]
    for bitfield in module.bitfields:
        body += ["", "", *_bitfield(bitfield)]
    for struct in nested_first(module.structs):
        body += ["", "", *_struct(struct)]
    head = paragraphs(
        [
            f"Typed records of {module.name}.",
            module.doc,
            f"Generated from {module.name}.yaml; change that and run `snpformat-codegen generate`.",
        ],
        "",
    )
    imports = ["", "from __future__ import annotations", ""]
    if module.structs:
        imports += ["from struct import Struct", ""]
    imports += ["from snpformat import wire"]
    borrowed = _borrowed(module, homes)
    if borrowed:
        imports.append("")
    for home, names in borrowed.items():
        imports += import_from(f".{home}", names)
    if module.structs:
        imports += ["", "TYPE_CHECKING = False", "if TYPE_CHECKING:", "    from typing import Self"]
        imports += ["", "_new = object.__new__"]
    return "\n".join([*head, *imports, *body]) + "\n"


def import_from(home: str, names: list[str]) -> list[str]:
    """An import statement as lines."""
    line = f"from {home} import {', '.join(names)}"
    if len(line) <= 100:
        return [line]
    return [f"from {home} import (", *(f"    {name}," for name in names), ")"]


def _borrowed(module: ModuleLayout, homes: dict[str, str]) -> dict[str, list[str]]:
    """Classes of other modules that this one names, by module."""
    names: set[str] = set()
    for bitfield in module.bitfields:
        names |= {bit.enum.class_name for bit in bitfield.bits if bit.enum}
    for place in (place for struct in module.structs for place in struct.places):
        names |= {kind.class_name for kind in (place.enum, place.bits, place.record) if kind}
        if place.view:
            names |= {kind.class_name for kind in place.view.choices.values()}
    found: dict[str, list[str]] = {}
    for name in sorted(names, key=lambda name: (homes[name], name)):
        if homes[name] != module.name:
            found.setdefault(homes[name], []).append(name)
    return found


def nested_first(structs: Iterable[StructLayout]) -> list[StructLayout]:
    """`structs` in an order in which each stands behind those it holds."""
    given = list(structs)
    ordered: list[StructLayout] = []

    def visit(struct: StructLayout) -> None:
        if struct in ordered or struct not in given:
            return
        for place in struct.places:
            if place.record is not None:
                visit(place.record)
        ordered.append(struct)

    for struct in given:
        visit(struct)
    return ordered


def _enum(enum: EnumLayout) -> Iterator[str]:
    yield f"class {enum.class_name}(wire.Enum):"
    what = f"Numbers of {enum.size} byte{'s' if enum.size > 1 else ''}"
    what += ", and no others." if enum.closed else "; others are kept."
    yield from paragraphs([enum.doc or f"{enum.name}.", what + _source(enum.cite)], "    ")
    yield ""
    for value, name, doc in enum.values:
        comment = f"  # {doc}" if doc else ""
        line = f"    {name.upper()} = {number(value)}"
        yield line + comment if len(line + comment) <= 100 else line
    yield ""
    yield f"    NAME = {string(enum.name)}"
    if enum.closed:
        yield "    CLOSED = True"
    yield "    NAMES = {"
    for value, name, _ in enum.values:
        yield f"        {number(value)}: {string(name)},"
    yield "    }"


def _source(cite: str) -> str:
    return f" [{cite}]" if cite else ""


def _bitfield(bits: BitsLayout) -> Iterator[str]:
    yield f"class {bits.class_name}(wire.Bits):"
    what = f"u{8 * bits.size}; bit 0 is the least significant.{_source(bits.cite)}"
    yield from paragraphs([bits.doc or f"{bits.name}.", what], "    ")
    yield ""
    yield "    __slots__ = ()"
    yield f"    NAME = {string(bits.name)}"
    yield f"    SIZE = {bits.size}"
    yield "    BITS = ("
    for bit in bits.bits:
        arguments = [str(bit.low), str(bit.high)]
        if bit.name:
            arguments.append(string(bit.name))
        if bit.const is not None:
            arguments.append(f"const={plain(bit.const)}")
        if bit.enum:
            arguments.append(f"enum={bit.enum.class_name}")
        yield from call("wire.Bit", arguments + _prose(bit.doc, bit.cite, bit.abi), "        ", ",")
    yield "    )"
    for bit in bits.bits:
        if bit.name is None:
            continue
        yield ""
        yield "    @property"
        yield f"    def {bit.name}(self) -> {'bool' if bit.width == 1 else 'int'}:"
        place = f"Bit {bit.low}." if bit.width == 1 else f"Bits {bit.high}:{bit.low}."
        yield from docstring(f"{bit.doc} {place}".strip(), "        ")
        shifted = f"self >> {bit.low}" if bit.low else "self"
        if bit.width == 1:
            yield f"        return {shifted} & 1 == 1"
        elif bit.width == 8 * bits.size:
            yield "        return int(self)"
        else:
            yield f"        return {shifted} & {number((1 << bit.width) - 1)}"


def _prose(doc: str, cite: str, abi: str) -> list[str]:
    """Keyword arguments for what the spec says in words."""
    given = {"doc": doc, "cite": cite, "abi": abi}
    return [text_argument(key, text, "        ") for key, text in given.items() if text]


def _struct(struct: StructLayout) -> Iterator[str]:
    name = struct.name
    codes = "".join(cell.code for cell in struct.cells)
    order = "<" if struct.endian == "little" else ">"
    yield from call(f"_{name} = Struct", [string(order + codes)], "")
    yield f"_unpack_{name} = _{name}.unpack"
    yield f"_pack_{name} = _{name}.pack"
    yield ""
    yield ""
    yield f"class {struct.class_name}(wire.{'Versioned' if struct.versions else ''}Record):"
    forms = f", versions {', '.join(map(str, struct.versions))}" if struct.versions else ""
    what = f"{struct.size} bytes ({number(struct.size)}){forms}.{_source(struct.cite)}"
    yield from paragraphs([struct.doc or f"{name}.", what], "    ")
    yield ""
    yield from _tables(struct)
    yield ""
    yield from _constructor(struct)
    yield ""
    yield from _parse(struct)
    yield ""
    yield "    def build(self) -> bytes:"
    yield f"        return _pack_{name}(*self._values)"
    for place in struct.named:
        yield ""
        yield from _property(struct, place)
        if place.view:
            yield ""
            yield from _view(place)
    for axis, cases in struct.infer.items():
        yield ""
        yield from _inference(struct, axis, cases)


def _tables(struct: StructLayout) -> Iterator[str]:
    records = _records(struct)
    slots = '("_parts",)' if records else "()"
    yield f"    __slots__ = {slots}"
    yield from _tuple_type("_values", [_cell_type(cell) for cell in struct.cells])
    if records:
        yield from _tuple_type("_parts", [_annotation(place) for place in records])
    yield ""
    yield f"    NAME = {string(struct.name)}"
    yield f"    SIZE = {number(struct.size)}"
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
    yield "    FIELDS = ("
    for place in struct.places:
        yield from call("wire.Field", _field_arguments(struct, place), "        ", ",")
    yield "    )"


def _tuple_type(name: str, items: list[str]) -> Iterator[str]:
    line = f"    {name}: tuple[{', '.join(items)}]"
    if len(line) <= 100:
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
        "view": _view_argument(place),
        "when": f"({string(place.when[0])}, {plain(place.when[1])})" if place.when else None,
        "hex": "True" if place.hex else None,
        "secret": "True" if place.secret else None,
    }
    if place.kind == "bytes" and place.name:
        options["default"] = literal(place.default)
    arguments += [f"{key}={value}" for key, value in options.items() if value is not None]
    return arguments + _prose(place.doc, place.cite, place.abi)


def _view_argument(place: Place) -> str | None:
    if place.view is None:
        return None
    kinds = [f"{string(value)}: {kind.class_name}" for value, kind in place.view.choices.items()]
    return f"({string(place.view.axis)}, {{{', '.join(kinds)}}})"


def _records(struct: StructLayout) -> list[Place]:
    return [place for place in struct.named if place.record]


def _cell_type(cell: Cell) -> str:
    return "int" if cell.code in "BHIQ" else "bytes"


def _optional(place: Place) -> bool:
    """Whether the field is not always there."""
    return place.gated or place.when is not None


def _annotation(place: Place) -> str:
    if place.record or place.bits:
        kind = place.record or place.bits
        assert kind
        name = kind.class_name
    else:
        name = "int" if place.kind == "uint" else "bytes"
    return f"{name} | None" if _optional(place) else name


def _in_version(place: Place, version: str) -> str:
    """The condition that `version` has `place`; empty when all have."""
    if place.since is not None and place.until is not None:
        return f"{place.since} <= {version} < {place.until}"
    if place.since is not None:
        return f"{version} >= {place.since}"
    return f"{version} < {place.until}" if place.until is not None else ""


def _is_there(struct: StructLayout, place: Place, version: str, values: str) -> str:
    """The condition that `place` is there, for a record whose cells are `values`."""
    parts = [_in_version(place, version)]
    if place.when:
        deciding = next(p for p in struct.named if p.name == place.when[0])
        parts.append(f"{_read(struct, deciding, values)} == {plain(place.when[1])}")
    return " and ".join(part for part in parts if part)


def _is_whole(struct: StructLayout, place: Place) -> bool:
    """Whether a cell holds `place` and nothing else, in every version."""
    return struct.cells[struct.cell_of(place)].place is not None


def _read(struct: StructLayout, place: Place, values: str) -> str:
    """The expression for the raw value of `place`."""
    index = struct.cell_of(place)
    cell = struct.cells[index]
    if _is_whole(struct, place):
        return f"{values}[{index}]"
    start = place.offset - cell.offset
    own = f"{values}[{index}][{start}:{start + place.size}]"
    return f'int.from_bytes({own}, "{struct.endian}")' if place.kind == "uint" else own


def _parameters(struct: StructLayout) -> list[Place]:
    return [place for place in struct.named if place.const is None]


def _constructor(struct: StructLayout) -> Iterator[str]:
    arguments = ["cls", "*"]
    for place in _parameters(struct):
        if place is struct.version_place:
            arguments.append(f"{place.name}: int = {struct.versions[-1]}")
        elif place.record or _optional(place):
            arguments.append(f"{place.name}: {_parameter_type(place)} | None = None")
        else:
            kind = _parameter_type(place)
            arguments.append(f"{place.name}: {kind} = {literal(place.default)}")
    if len(arguments) == 2:
        arguments.pop()
    yield from call("def __new__", arguments, "    ", " -> Self:")
    yield from _settle_parameters(struct)
    cells = [_cell_value(struct, cell) for cell in struct.cells]
    if len(cells) == 1:
        yield f"        cells = ({cells[0]},)"
    else:
        yield from call("cells = ", cells, "        ")
    yield "        self = _new(cls)"
    yield "        try:"
    yield f"            self._values = _unpack_{struct.name}(_pack_{struct.name}(*cells))"
    yield "        except wire.MALFORMED:"
    yield "            raise wire.value_error(cls, locals()) from None"
    # struct pads and cuts byte strings silently; what comes back tells.
    conditions = ["self._values != cells", *_limits(struct)]
    yield from _if_any(conditions, "raise wire.value_error(cls, locals())")
    if struct.version_place:
        yield f"        self._layout_version = {struct.version_place.name}"
    records = _records(struct)
    if records:
        yield f"        self._parts = ({', '.join(p.name or '' for p in records)},)"
    yield "        return self"


def _parameter_type(place: Place) -> str:
    if place.record:
        return place.record.class_name
    return "bytes" if place.kind == "bytes" else "int"


def _settle_parameters(struct: StructLayout) -> Iterator[str]:
    """Give every parameter that is not always there its value."""
    version = struct.version_place.name or "" if struct.version_place else ""
    if version:
        yield f"        {version} = wire.known_version(cls, {version})"
    for place in _parameters(struct):
        name = string(place.name or "")
        there = _is_there_parameter(struct, place, version)
        if place.record:
            arguments = ["cls", name, place.record.class_name, place.name or ""]
            helper = "wire.gated_part" if there else "wire.part"
            arguments += [there] if there else []
            yield from call(f"{place.name} = {helper}", arguments, "        ")
        elif _optional(place) and (_is_whole(struct, place) or place.when):
            arguments = ["cls", name, place.name or "", there, literal(place.default)]
            yield from call(f"{place.name} = wire.gated", arguments, "        ")


def _is_there_parameter(struct: StructLayout, place: Place, version: str) -> str:
    parts = [_in_version(place, version)]
    if place.when:
        parts.append(f"{place.when[0]} == {plain(place.when[1])}")
    return " and ".join(part for part in parts if part)


def _limits(struct: StructLayout) -> Iterator[str]:
    """Conditions under which a parameter breaks its limits."""
    version = struct.version_place.name or "" if struct.version_place else ""
    for place in _parameters(struct):
        if not _is_whole(struct, place):
            continue  # wire.shared has checked it
        there = _is_there_parameter(struct, place, version)
        prefix = f"{there} and " if there else ""
        if place.minimum:
            yield f"{prefix}{place.name} < {plain(place.minimum)}"
        if place.maximum is not None:
            yield f"{prefix}{place.name} > {plain(place.maximum)}"
        if place.enum and place.enum.closed:
            yield f"{prefix}{place.name} not in {place.enum.class_name}.NAMES"


def _if_any(conditions: list[str], action: str, indent: str = "        ") -> Iterator[str]:
    mixed = len(conditions) > 1
    parts = [f"({c})" if mixed and " and " in c else c for c in conditions]
    line = f"{indent}if {' or '.join(parts)}:"
    if len(line) <= 100:
        yield line
    else:
        yield f"{indent}if ("
        yield f"{indent}    {parts[0]}"
        for part in parts[1:]:
            yield f"{indent}    or {part}"
        yield f"{indent}):"
    yield f"{indent}    {action}"


def _cell_value(struct: StructLayout, cell: Cell) -> str:
    """What the constructor puts into `cell`."""
    version = struct.version_place.name or "" if struct.version_place else ""
    places = [p for p in struct.named if cell.offset <= p.offset < cell.end]
    if not places:
        return byte_string(bytes(cell.size))
    if cell.place is None:
        given = [f"{p.name}={_parameter_value(p)}" for p in places if p.const is None]
        span = [number(cell.offset), number(cell.end)]
        return f"wire.shared({', '.join(['cls', version, *span, *given])})"
    value = "0" if cell.code in "BHIQ" else byte_string(bytes(cell.size))
    for place in reversed(places):
        own = literal(place.const) if place.const is not None else _parameter_value(place)
        there = _in_version(place, version)
        value = (
            f"{own} if {there} else {value}" if there and (len(places) > 1 or place.const) else own
        )
    return value


def _parameter_value(place: Place) -> str:
    if place.record is None:
        return place.name or ""
    if place.when or place.gated:
        return f"{place.name}.build() if {place.name} else {byte_string(bytes(place.size))}"
    return f"{place.name}.build()"


def _parse(struct: StructLayout) -> Iterator[str]:
    name = struct.name
    records = _records(struct)
    yield "    @classmethod"
    yield "    def parse("
    yield "        cls,"
    yield "        data: wire.Buffer,"
    yield "        *,"
    yield '        reserved: wire.Reserved = "keep",'
    yield "        assume_version: int | None = None,"
    yield "    ) -> Self:"
    yield "        self = _new(cls)"
    yield "        try:"
    used = struct.version_place or records or any(_refusals(struct, ""))
    yield f"            self._values = {'values = ' if used else ''}_unpack_{name}(data)"
    yield "        except wire.MALFORMED:"
    yield "            raise wire.size_error(cls, data) from None"
    version = ""
    if struct.version_place:
        version = "version"
        yield f"        version = {_read(struct, struct.version_place, 'values')}"
        yield "        if version not in cls.VERSIONS:"
        yield "            version = wire.assumed_version(cls, version, assume_version)"
        yield "        self._layout_version = version"
    elif not any(_has_versions(place.record) for place in records if place.record):
        yield "        if assume_version is not None:"
        yield "            raise wire.no_versions(cls, assume_version)"
    refusals = list(_refusals(struct, version))
    if refusals:
        given = f"cls, data, {version}" if version else "cls, data"
        yield from _if_any(refusals, f"raise wire.refused_bytes({given})")
    if records:
        yield from _parse_parts(struct, records, version)
    yield '        if reserved != "keep":'
    yield "            return wire.settle(self, reserved, assume_version)"
    yield "        return self"


def _has_versions(struct: StructLayout) -> bool:
    return bool(struct.versions) or any(_has_versions(p.record) for p in struct.places if p.record)


def _refusals(struct: StructLayout, version: str) -> Iterator[str]:
    """Conditions under which the bytes are refused: constants and closed enums."""
    for place in struct.named:
        there = _is_there(struct, place, version, "values")
        prefix = f"{there} and " if there else ""
        if place.const is not None:
            yield f"{prefix}{_read(struct, place, 'values')} != {literal(place.const)}"
        elif place.enum and place.enum.closed:
            yield f"{prefix}{_read(struct, place, 'values')} not in {place.enum.class_name}.NAMES"


def _parse_parts(struct: StructLayout, records: list[Place], version: str) -> Iterator[str]:
    for place in records:
        assert place.record
        assumed = "assume_version" if _has_versions(place.record) else "None"
        kind = place.record.class_name
        own = _read(struct, place, "values")
        there = _is_there(struct, place, version, "values")
        arguments = ["cls", string(place.name or ""), kind, own, assumed]
        if there:
            yield f"        {place.name} = None"
            yield f"        if {there}:"
            yield from call(f"{place.name} = wire.parse_part", arguments, "            ")
        else:
            yield from call(f"{place.name} = wire.parse_part", arguments, "        ")
    yield f"        self._parts = ({', '.join(p.name or '' for p in records)},)"


def _property(struct: StructLayout, place: Place) -> Iterator[str]:
    yield "    @property"
    yield f"    def {place.name}(self) -> {_annotation(place)}:"
    yield from docstring(f"{place.doc} {_where(place)}".strip(), "        ")
    if place.record:
        yield f"        return self._parts[{_records(struct).index(place)}]"
        return
    value = _read(struct, place, "self._values")
    if place.bits:
        value = f"{place.bits.class_name}({value})"
    there = _is_there(struct, place, "self._layout_version", "self._values")
    line = f"        return {value} if {there} else None"
    if not there:
        yield f"        return {value}"
    elif len(line) <= 100:
        yield line
    else:
        yield f"        if {there}:"
        yield f"            return {value}"
        yield "        return None"


def _where(place: Place) -> str:
    """Type, place and versions, as a docstring ends."""
    text = f"{place.type_name} at {place.offset:#x}"
    if place.since is not None and place.until is not None:
        text += f", from version {place.since} to before {place.until}"
    elif place.since is not None:
        text += f", from version {place.since} on"
    elif place.until is not None:
        text += f", before version {place.until}"
    if place.when:
        text += f", while {place.when[0]} is {place.when[1]:#x}"
    return text + "."


def _view(place: Place) -> Iterator[str]:
    view = place.view
    assert view
    kinds = list(dict.fromkeys(kind.class_name for kind in view.choices.values()))
    returns = " | ".join([*kinds, "None"])
    yield f"    def {place.name}_view(self, {view.axis}: str | None = None) -> {returns}:"
    text = (
        f"The parts of {place.name}, by the {view.axis} that the record tells, else by the one"
        " given; None while it is unknown. Raises ValueError for one that does not exist."
    )
    yield from docstring(text, "        ")
    known = tuple_of(map(string, view.known))
    yield f"        chosen = wire.choose(self, {string(view.axis)}, {view.axis}, {known})"
    yield f"        value = self.{place.name}"
    if _optional(place):
        yield "        if value is None:"
        yield "            return None"
    for kind in kinds:
        values = [value for value, own in view.choices.items() if own.class_name == kind]
        test = f"in {tuple_of(map(string, values))}"
        if len(values) == 1:
            test = f"== {string(values[0])}"
        yield f"        if chosen {test}:"
        yield f"            return {kind}(value)"
    yield "        return None"


def _inference(
    struct: StructLayout,
    axis: str,
    cases: tuple[tuple[str, tuple[tuple[str, int, int], ...]], ...],
) -> Iterator[str]:
    yield "    @property"
    yield f"    def {axis}(self) -> str | None:"
    yield from docstring(f"The {axis}, as the record itself tells it; None when not.", "        ")
    names = list(dict.fromkeys(name for _, tests in cases for name, _, _ in tests))
    for name in names:
        yield f"        {name} = self.{name}"
    places = {place.name: place for place in struct.named}
    absent = [f"{name} is None" for name in names if _optional(places[name])]
    if absent:
        yield from _if_any(absent, "return None")
    for value, tests in cases:
        parts = [
            f"{name} == {number(low, 2)}"
            if low == high
            else f"{number(low, 2)} <= {name} <= {number(high, 2)}"
            for name, low, high in tests
        ]
        yield f"        if {' and '.join(parts)}:"
        yield f"            return {string(value)}"
    yield "        return None"


def _package(modules: tuple[ModuleLayout, ...], homes: dict[str, str]) -> str:
    lines = paragraphs(
        [
            "Typed records of every format; each is loaded when it is first asked for.",
            "Generated; change the specs and run `snpformat-codegen generate`.",
        ],
        "",
    )
    lines += ["", "from importlib import import_module", ""]
    lines += ["TYPE_CHECKING = False", "if TYPE_CHECKING:"]
    for module in sorted(modules, key=lambda module: module.name):
        names = sorted(name for name, home in homes.items() if home == module.name)
        lines += [f"    from .{module.name} import {name} as {name}" for name in names]
    lines += ["", "# The name of each structure in the specs, and of its class."]
    lines += ["STRUCTURES = {"]
    structs = sorted(
        (struct.name, struct.class_name) for module in modules for struct in module.structs
    )
    lines += [f"    {string(name)}: {string(kind)}," for name, kind in structs]
    lines += ["}", "", "_HOMES = {"]
    lines += [f"    {string(name)}: {string(home)}," for name, home in sorted(homes.items())]
    lines += ["}", "", "__all__ = [", '    "STRUCTURES",']
    lines += [f"    {string(name)}," for name in sorted(homes)]
    lines += ["]", "", ""]
    return "\n".join([*lines, *LAZY]) + "\n"
