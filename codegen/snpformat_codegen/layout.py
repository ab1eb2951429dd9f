"""IR -> layouts: what emitters see. Everything is resolved: types, defaults, versions, storage.

A StructLayout lists its places and cells (see places.py); nested structures are layouts too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from . import ir
from .diagnostics import Log
from .naming import class_name
from .passes.values import number_of
from .places import (
    ArrayLayout,
    BitPlace,
    BitsLayout,
    Cell,
    EnumLayout,
    Place,
    ViewLayout,
    cells_of,
)
from .shapes import Spot
from .versioning import in_version, versions_of


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

    @property
    def array(self) -> Place | None:
        """The array of no fixed size that ends it; `size` is what stands before that."""
        return next((place for place in self.places if place.elastic), None)

    @property
    def counting(self) -> Place | None:
        """The place that tells how many elements there are; a builder writes it from them."""
        array = self.array.array if self.array else None
        return next((p for p in self.named if array and p.name == array.count), None)

    @property
    def sizes(self) -> tuple[int, int]:
        """The least and the most bytes that it takes."""
        array = self.array.array if self.array else None
        if array is None:
            return self.size, self.size
        assert array.maximum is not None
        least = self.size + (array.of.size if array.stop == "zero" else 0)
        return least, least + array.maximum * array.of.size

    def cell_of(self, place: Place) -> int:
        """The index of the cell that holds `place` or begins it; an array behind all of them has
        the next one."""
        if place.elastic:
            return len(self.cells)
        return next(i for i, c in enumerate(self.cells) if c.offset <= place.offset < c.end)

    def in_version(self, version: int) -> tuple[Place, ...]:
        return tuple(place for place in self.places if version in place.versions)


@dataclass(frozen=True, slots=True)
class IoctlLayout:
    name: str
    direction: str  # none, write, read or readwrite
    letter: str
    number: int
    argument: StructLayout
    request: StructLayout | None
    response: StructLayout | None
    doc: str
    cite: str

    @property
    def command(self) -> int:
        """The number that a program passes: direction, size, letter and number, as Linux packs."""
        direction = ir.IOCTL_DIRECTIONS[self.direction]
        return direction << 30 | self.argument.size << 16 | ord(self.letter) << 8 | self.number


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
    ioctls: tuple[IoctlLayout, ...]
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
            tuple(self._ioctl(module, ioctl) for ioctl in module.ioctls),
            {
                axis.name.value: tuple(str(value.value) for value in axis.known)
                for axis in module.axes
                if axis.field is None
            },
        )

    def _ioctl(self, module: ir.Module, ioctl: ir.Ioctl) -> IoctlLayout:
        argument = self._named_struct(module, ioctl.argument)
        assert argument is not None
        return IoctlLayout(
            ioctl.name.value,
            ioctl.direction,
            ioctl.letter,
            ioctl.number.value,
            argument,
            self._named_struct(module, ioctl.request),
            self._named_struct(module, ioctl.response),
            *_prose(ioctl.prose),
        )

    def _named_struct(self, module: ir.Module, name: Spot[str] | None) -> StructLayout | None:
        kind = self.program.visible_types(module).get(name.value) if name else None
        return (
            self._struct(self.program.home(kind), kind)
            if (isinstance(kind, ir.StructType))
            else None
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
            tuple(cells_of(places, struct.size.value)),
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
        elif field.array:
            word = "array"
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
            array=self._array(module, field.array),
            const=self._const(module, struct, field, kind),
            default=self._default(field, kind, size),
            minimum=field.minimum.value if field.minimum else None,
            maximum=field.maximum.value if field.maximum else None,
            view=self._view(module, field.view),
            reads=self._named_struct(module, field.reads),
            also=tuple((name.value, part.value) for name, part in field.also.values()),
            when=self._when(module, field.when, deciding),
            hex=field.hex or isinstance(kind, ir.BitsType) or field.view is not None,
            secret=field.secret,
            doc=field.prose.doc,
            cite=_prose(field.prose)[1],
            abi=field.prose.abi,
        )

    def _array(self, module: ir.Module, array: ir.Array | None) -> ArrayLayout | None:
        if array is None:
            return None
        of = self._named_struct(module, array.of)
        assert of is not None
        return ArrayLayout(
            of,
            array.count.value if array.count else None,
            array.stop.value if array.stop else "",
            array.maximum.value if array.maximum else None,
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
