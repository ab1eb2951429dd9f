"""The specs as data: what language.py makes of the nodes, and what the passes check.

Frozen dataclasses; every part carries the Span it was written at (``Spot`` pairs a value with its
own). Nothing here has been checked against anything else yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .diagnostics import SourceFile, Span
from .shapes import Spot

BUILTIN_SIZES = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}

Literal = int | str  # a number, or a name (of an enum value) or hexadecimal digits (of bytes)


@dataclass(frozen=True, slots=True)
class Prose:
    """What every part may say about itself."""

    doc: str = ""
    cite: Spot[str] | None = None
    abi: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    name: Spot[str]
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class Axis:
    """What a layout may depend on: with `field` read from the bytes, else chosen by a viewer."""

    name: Spot[str]
    field: Spot[str] | None
    known: tuple[Spot[Literal], ...]
    prose: Prose


@dataclass(frozen=True, slots=True)
class EnumValue:
    number: Spot[int]
    name: Spot[str]
    prose: Prose


@dataclass(frozen=True, slots=True)
class EnumType:
    name: Spot[str]
    repr: Spot[str]
    values: tuple[EnumValue, ...]
    closed: bool
    prose: Prose
    broken: bool

    @property
    def size(self) -> int:
        return BUILTIN_SIZES[self.repr.value]


@dataclass(frozen=True, slots=True)
class Bit:
    """Bits low..high (both included) of a bit field; without a name reserved or constant."""

    span: Span
    low: int
    high: int
    name: Spot[str] | None
    const: Spot[int] | None
    enum: Spot[str] | None
    prose: Prose


@dataclass(frozen=True, slots=True)
class BitsType:
    name: Spot[str]
    repr: Spot[str]
    bits: tuple[Bit, ...]
    prose: Prose
    broken: bool

    @property
    def size(self) -> int:
        return BUILTIN_SIZES[self.repr.value]


@dataclass(frozen=True, slots=True)
class View:
    """Reads a kept integer as a bit field that an axis chooses."""

    span: Span
    axis: Spot[str]
    choices: dict[str, Spot[str]]  # axis value, or "else" -> bit field


@dataclass(frozen=True, slots=True)
class When:
    """The field is there only while another one of the structure has this value."""

    field: Spot[str]
    value: Spot[Literal]


@dataclass(frozen=True, slots=True)
class Array:
    """Elements of one structure: `count` of them (a number, or the field that tells it), or as many
    as stand before what `stop` names; then `maximum` bounds them."""

    of: Spot[str]
    count: Spot[Literal] | None
    stop: Spot[str] | None  # "zero" or "end"
    maximum: Spot[int] | None

    @property
    def fixed(self) -> int | None:
        """How many elements there always are."""
        number = self.count.value if self.count else None
        return number if isinstance(number, int) else None

    @property
    def misspelt(self) -> bool:
        """Whether its number is none that the language has, such as 010."""
        return self.count is not None and str(self.count.value)[:1].isdigit() and self.fixed is None


@dataclass(frozen=True, slots=True)
class Field:
    """A declared stretch: `type`, `size` or `array` is set; without a name it is reserved."""

    span: Span
    at: Spot[int]
    name: Spot[str] | None
    type: Spot[str] | None
    size: Spot[int] | None
    array: Array | None
    since: Spot[int] | None
    until: Spot[int] | None
    const: Spot[Literal] | None
    default: Spot[Literal] | None
    derive: Spot[str] | None
    minimum: Spot[int] | None
    maximum: Spot[int] | None
    view: View | None
    reads: Spot[str] | None
    also: dict[str, tuple[Spot[str], Spot[str]]]  # other name -> itself, and "all" or a bit's name
    when: When | None
    hex: bool
    secret: bool
    prose: Prose

    @property
    def holds(self) -> Spot[str] | None:
        """The type of what stands there: its own, or that of its elements."""
        return self.array.of if self.array else self.type

    @property
    def elastic(self) -> bool:
        """Whether it is an array of no fixed size."""
        return self.array is not None and self.array.fixed is None and not self.array.misspelt

    @property
    def label(self) -> str:
        """How messages name it."""
        return f'"{self.name.value}"' if self.name else "reserved space"


@dataclass(frozen=True, slots=True)
class Inference:
    """`value` of the axis holds when each field is within its range."""

    value: Spot[str]
    fields: tuple[tuple[Spot[str], tuple[int, int]], ...]


@dataclass(frozen=True, slots=True)
class StructType:
    name: Spot[str]
    size: Spot[int]
    axis: Spot[str] | None
    fields: tuple[Field, ...]
    spans: dict[str, tuple[Spot[str], Spot[tuple[int, int]]]]
    infer: dict[str, tuple[Spot[str], tuple[Inference, ...]]]
    prose: Prose
    broken: bool

    @property
    def elastic(self) -> Field | None:
        """The array of no fixed size; `size` is that of what stands before it."""
        return next((field for field in self.fields if field.elastic), None)


# What Linux encodes in the two highest bits of a command.
IOCTL_DIRECTIONS = {"none": 0, "write": 1, "read": 2, "readwrite": 3}


@dataclass(frozen=True, slots=True)
class Ioctl:
    """A command of a device; its number follows from direction, letter, number and size."""

    name: Spot[str]
    direction: str
    letter: str
    number: Spot[int]
    argument: Spot[str] | None
    request: Spot[str] | None
    response: Spot[str] | None
    prose: Prose


Type = EnumType | BitsType | StructType


@dataclass(frozen=True, slots=True)
class Module:
    """One spec file. `broken` says that it could not be read whole."""

    name: Spot[str]
    file: SourceFile
    endian: str
    doc: str
    sources: tuple[Source, ...]
    imports: tuple[Spot[str], ...]
    axes: tuple[Axis, ...]
    enums: tuple[EnumType, ...]
    bitfields: tuple[BitsType, ...]
    structs: tuple[StructType, ...]
    ioctls: tuple[Ioctl, ...]
    broken: bool

    def types(self) -> Iterator[Type]:
        yield from self.enums
        yield from self.bitfields
        yield from self.structs

    def axis(self, name: str) -> Axis | None:
        return next((axis for axis in self.axes if axis.name.value == name), None)


@dataclass(frozen=True, slots=True)
class Program:
    """Specs that are checked and generated together: the modules by name, imported ones first."""

    modules: dict[str, Module]

    def visible_types(self, module: Module) -> dict[str, Type]:
        """The types that `module` may name: its own and those of the modules it imports."""
        names = [imported.value for imported in module.imports if imported.value in self.modules]
        found = {kind.name.value: kind for name in names for kind in self.modules[name].types()}
        return found | {kind.name.value: kind for kind in module.types()}

    def home(self, kind: Type) -> Module:
        return next(m for m in self.modules.values() if any(own is kind for own in m.types()))

    def size_of(self, module: Module, field: Field) -> int | None:
        """Bytes that `field` takes; None when its type is not known, 0 when it is elastic."""
        return size_in(field, self.visible_types(module))


def size_in(field: Field, visible: Mapping[str, Type]) -> int | None:
    """Bytes that `field` takes; None when its type is not known, 0 when it is elastic."""
    if field.size:
        return field.size.value
    if field.elastic:
        return 0
    holds = field.holds
    assert holds is not None
    number = field.array.fixed if field.array else 1
    if number is None:
        return None
    if holds.value in BUILTIN_SIZES:
        return number * BUILTIN_SIZES[holds.value]
    kind = visible.get(holds.value)
    if kind is None:
        return None
    return number * (kind.size.value if isinstance(kind, StructType) else kind.size)
