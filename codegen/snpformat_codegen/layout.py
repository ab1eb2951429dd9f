"""IR -> layouts: what emitters see. Everything is resolved: types, defaults, versions, storage.

A StructLayout lists its places (named or reserved, with the versions each is in) and its cells:
the finest cut of the bytes that serves every version, which one ``struct.Struct`` unpacks. Versions
mostly name what was reserved, so a named place is usually one cell. Where two versions cut the same
bytes differently, those bytes are one cell of raw bytes and the places in it are slices.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from . import ir
from .diagnostics import Log
from .naming import class_name
from .passes.values import number_of
from .shapes import Spot
from .versioning import in_version, versions_of


@dataclass(frozen=True, slots=True)
class EnumLayout:
    name: str
    module: str
    size: int
    closed: bool
    values: tuple[tuple[int, str, str], ...]  # number, name, doc
    doc: str
    cite: str

    @property
    def class_name(self) -> str:
        return class_name(self.name)


@dataclass(frozen=True, slots=True)
class BitPlace:
    """Bits low..high, both included. Without a name: reserved, or constant when `const` is set."""

    low: int
    high: int
    name: str | None
    const: int | None
    enum: EnumLayout | None
    doc: str
    cite: str
    abi: str

    @property
    def width(self) -> int:
        return self.high - self.low + 1


@dataclass(frozen=True, slots=True)
class BitsLayout:
    name: str
    module: str
    size: int
    bits: tuple[BitPlace, ...]  # ascending
    doc: str
    cite: str

    @property
    def class_name(self) -> str:
        return class_name(self.name)

    @property
    def default(self) -> int:
        """Constant bits set, all others zero."""
        return sum(bit.const << bit.low for bit in self.bits if bit.const is not None)


@dataclass(frozen=True, slots=True)
class ViewLayout:
    axis: str
    known: tuple[str, ...]
    choices: dict[str, BitsLayout]  # by value of the axis, "else" resolved


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a structure. `name` is None for reserved space; `code` is its struct format."""

    name: str | None
    offset: int
    size: int
    kind: str  # "uint", "bytes", "record" or "reserved"
    since: int | None
    until: int | None
    versions: tuple[int, ...]
    enum: EnumLayout | None
    bits: BitsLayout | None
    record: StructLayout | None
    const: int | bytes | None
    default: int | bytes
    minimum: int | None
    maximum: int | None
    view: ViewLayout | None
    when: tuple[str, int] | None
    hex: bool
    secret: bool
    doc: str
    cite: str
    abi: str

    @property
    def end(self) -> int:
        return self.offset + self.size

    @property
    def gated(self) -> bool:
        return self.since is not None or self.until is not None

    @property
    def code(self) -> str:
        return (
            {1: "B", 2: "H", 4: "I", 8: "Q"}[self.size] if self.kind == "uint" else f"{self.size}s"
        )

    @property
    def type_name(self) -> str:
        """The type as the spec writes it."""
        for kind in (self.enum, self.bits, self.record):
            if kind is not None:
                return kind.name
        return f"u{self.size * 8}" if self.kind == "uint" else f"bytes[{self.size}]"


@dataclass(frozen=True, slots=True)
class Cell:
    """What one item of the unpacked tuple holds; `place` is set when one place fills it whole."""

    offset: int
    size: int
    code: str
    place: Place | None

    @property
    def end(self) -> int:
        return self.offset + self.size


@dataclass(frozen=True, slots=True)
class StructLayout:
    name: str
    module: str
    endian: str
    size: int
    versions: tuple[int, ...]  # empty when it has one form
    version_place: Place | None
    places: tuple[Place, ...]  # by offset, then by first version
    cells: tuple[Cell, ...]
    spans: dict[str, tuple[int, int]]
    infer: dict[str, tuple[tuple[str, tuple[tuple[str, int, int], ...]], ...]]
    doc: str
    cite: str

    @property
    def class_name(self) -> str:
        return class_name(self.name)

    @property
    def named(self) -> tuple[Place, ...]:
        return tuple(place for place in self.places if place.name)

    def cell_of(self, place: Place) -> int:
        """The index of the cell that holds `place` or begins it."""
        return next(i for i, c in enumerate(self.cells) if c.offset <= place.offset < c.end)

    def in_version(self, version: int) -> tuple[Place, ...]:
        return tuple(place for place in self.places if version in place.versions)


@dataclass(frozen=True, slots=True)
class ModuleLayout:
    """What one spec file defines, each list in the order of the file."""

    name: str
    doc: str
    imports: tuple[str, ...]
    sources: tuple[tuple[str, str, str], ...]
    enums: tuple[EnumLayout, ...]
    bitfields: tuple[BitsLayout, ...]
    structs: tuple[StructLayout, ...]
    axes: dict[str, tuple[str, ...]]  # those that a viewer chooses


def homes_of(modules: Iterable[ModuleLayout], enums: bool = True) -> dict[str, str]:
    """The module that defines each class, by class name."""
    found: dict[str, str] = {}
    for module in modules:
        if enums:
            found |= {enum.class_name: module.name for enum in module.enums}
        found |= {bits.class_name: module.name for bits in module.bitfields}
        found |= {struct.class_name: module.name for struct in module.structs}
    return found


def resolve(program: ir.Program) -> tuple[ModuleLayout, ...]:
    """The layouts of a program that has been checked, imported modules first."""
    return _Resolver(program).resolve()


class _Resolver:
    def __init__(self, program: ir.Program) -> None:
        self.program = program
        self.enums: dict[str, EnumLayout] = {}
        self.bits: dict[str, BitsLayout] = {}
        self.structs: dict[str, StructLayout] = {}

    def resolve(self) -> tuple[ModuleLayout, ...]:
        modules = self.program.modules.values()
        for module in modules:
            self.enums |= {enum.name.value: _enum(module, enum) for enum in module.enums}
        for module in modules:
            self.bits |= {bits.name.value: self._bits(module, bits) for bits in module.bitfields}
        return tuple(self._module(module) for module in modules)

    def _module(self, module: ir.Module) -> ModuleLayout:
        structs = tuple(self._struct(module, struct) for struct in module.structs)
        return ModuleLayout(
            module.name.value,
            " ".join(module.doc.split()),
            tuple(spot.value for spot in module.imports),
            tuple((source.name.value, source.title, source.detail) for source in module.sources),
            tuple(self.enums[enum.name.value] for enum in module.enums),
            tuple(self.bits[bits.name.value] for bits in module.bitfields),
            structs,
            {
                axis.name.value: tuple(str(value.value) for value in axis.known)
                for axis in module.axes
                if axis.field is None
            },
        )

    def _bits(self, module: ir.Module, bits: ir.BitsType) -> BitsLayout:
        places = [
            BitPlace(
                bit.low,
                bit.high,
                bit.name.value if bit.name else None,
                bit.const.value if bit.const else None,
                self.enums[bit.enum.value] if bit.enum else None,
                *_prose(bit.prose),
                bit.prose.abi,
            )
            for bit in bits.bits
        ]
        places.sort(key=lambda place: place.low)
        name = bits.name.value
        return BitsLayout(name, module.name.value, bits.size, tuple(places), *_prose(bits.prose))

    def _struct(self, module: ir.Module, struct: ir.StructType) -> StructLayout:
        """Nested structures are resolved on the way; the checks refused circles."""
        name = struct.name.value
        if name in self.structs:
            return self.structs[name]
        versions = tuple(v for v in versions_of(module, struct) if v is not None)
        places = [self._place(module, struct, field, versions) for field in struct.fields]
        places.sort(key=lambda place: (place.offset, place.versions, place.size))
        axis = module.axis(struct.axis.value) if struct.axis else None
        version_name = axis.field.value.partition(".")[2] if axis and axis.field else None
        layout = StructLayout(
            name,
            module.name.value,
            module.endian,
            struct.size.value,
            versions,
            next((p for p in places if version_name and p.name == version_name), None),
            tuple(places),
            tuple(_cells(places, struct.size.value)),
            {spot.value: place.value for spot, place in struct.spans.values()},
            {
                spot.value: tuple(
                    (
                        case.value.value,
                        tuple((field.value, low, high) for field, (low, high) in case.fields),
                    )
                    for case in cases
                )
                for spot, cases in struct.infer.values()
            },
            *_prose(struct.prose),
        )
        self.structs[name] = layout
        return layout

    def _place(
        self, module: ir.Module, struct: ir.StructType, field: ir.Field, versions: tuple[int, ...]
    ) -> Place:
        kind = self.program.visible_types(module).get(field.type.value) if field.type else None
        size = self.program.size_of(module, field)
        assert size is not None
        if field.name is None:
            word = "reserved"
        elif isinstance(kind, ir.StructType):
            word = "record"
        else:
            word = "uint" if field.type else "bytes"
        record = None
        if isinstance(kind, ir.StructType):
            record = self._struct(self.program.home(kind), kind)
        deciding = {f.name.value: f for f in struct.fields if f.name}
        return Place(
            name=field.name.value if field.name else None,
            offset=field.at.value,
            size=size,
            kind=word,
            since=field.since.value if field.since else None,
            until=field.until.value if field.until else None,
            versions=tuple(v for v in versions if in_version(field, v)),
            enum=self.enums[kind.name.value] if isinstance(kind, ir.EnumType) else None,
            bits=self.bits[kind.name.value] if isinstance(kind, ir.BitsType) else None,
            record=record,
            const=self._const(module, struct, field, kind),
            default=self._default(field, kind, size),
            minimum=field.minimum.value if field.minimum else None,
            maximum=field.maximum.value if field.maximum else None,
            view=self._view(module, field.view),
            when=self._when(module, field.when, deciding),
            hex=field.hex or isinstance(kind, ir.BitsType) or field.view is not None,
            secret=field.secret,
            doc=field.prose.doc,
            cite=_prose(field.prose)[1],
            abi=field.prose.abi,
        )

    def _const(
        self, module: ir.Module, struct: ir.StructType, field: ir.Field, kind: ir.Type | None
    ) -> int | bytes | None:
        if field.const:
            return _literal(field.const, kind, field)
        if field.derive is None:
            return None
        if field.derive.value == "sizeof":
            return struct.size.value
        name = field.derive.value[len("len(") : -1]
        measured = next(f for f in struct.fields if f.name and f.name.value == name)
        return self.program.size_of(module, measured)

    def _default(self, field: ir.Field, kind: ir.Type | None, size: int) -> int | bytes:
        if field.default:
            return _literal(field.default, kind, field)
        if field.type is None or isinstance(kind, ir.StructType):
            return bytes(size)
        lowest = field.minimum.value if field.minimum else 0
        if isinstance(kind, ir.BitsType):
            return max(lowest, self.bits[kind.name.value].default)
        if isinstance(kind, ir.EnumType) and kind.closed:
            numbers = [value.number.value for value in kind.values]
            return min([number for number in numbers if number >= lowest] or numbers)
        return lowest

    def _view(self, module: ir.Module, view: ir.View | None) -> ViewLayout | None:
        if view is None:
            return None
        axis = module.axis(view.axis.value)
        assert axis is not None
        known = tuple(str(value.value) for value in axis.known)
        other = view.choices.get("else")
        chosen = {value: view.choices.get(value, other) for value in known}
        layouts = {value: self.bits[name.value] for value, name in chosen.items() if name}
        return ViewLayout(view.axis.value, known, layouts)

    def _when(
        self, module: ir.Module, when: ir.When | None, fields: dict[str, ir.Field]
    ) -> tuple[str, int] | None:
        if when is None:
            return None
        deciding = fields[when.field.value]
        kind = (
            self.program.visible_types(module).get(deciding.type.value) if deciding.type else None
        )
        number = number_of(when.value, kind, Log())
        assert number is not None
        return when.field.value, number


def _prose(prose: ir.Prose) -> tuple[str, str]:
    """What it is, and where that is said; each on one line."""
    return prose.doc, " ".join(prose.cite.value.split()) if prose.cite else ""


def _enum(module: ir.Module, enum: ir.EnumType) -> EnumLayout:
    values = sorted((v.number.value, v.name.value, v.prose.doc) for v in enum.values)
    name = enum.name.value
    return EnumLayout(
        name, module.name.value, enum.size, enum.closed, tuple(values), *_prose(enum.prose)
    )


def _literal(given: Spot[ir.Literal], kind: ir.Type | None, field: ir.Field) -> int | bytes:
    if field.type is None:
        return bytes.fromhex(str(given.value))
    number = number_of(given, kind, Log())
    assert number is not None
    return number


def _cells(places: Iterable[Place], size: int) -> Iterable[Cell]:
    """The cut of [0, size): one cell for each group of overlapping named places, and the rest."""
    end = 0
    for group in _groups(place for place in places if place.name):
        start, stop = group[0].offset, max(place.end for place in group)
        if start > end:
            yield Cell(end, start - end, f"{start - end}s", None)
        first = group[0]
        if all((p.offset, p.end, p.code) == (first.offset, first.end, first.code) for p in group):
            yield Cell(start, stop - start, first.code, first)
        else:
            yield Cell(start, stop - start, f"{stop - start}s", None)
        end = stop
    if size > end:
        yield Cell(end, size - end, f"{size - end}s", None)


def _groups(places: Iterable[Place]) -> Iterable[list[Place]]:
    """Places that share bytes, in one version or in different ones."""
    group: list[Place] = []
    end = 0
    for place in sorted(places, key=lambda place: place.offset):
        if group and place.offset >= end:
            yield group
            group = []
        group.append(place)
        end = max(end, place.end) if len(group) > 1 else place.end
    if group:
        yield group
