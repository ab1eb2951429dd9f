"""Layouts -> plain ``construct`` declarations: ordinary parts, nothing shared with the records.

That makes them readable, usable anywhere construct is, and an independent judge of the fast codec.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..layout import ModuleLayout, StructLayout, homes_of
from ..places import ArrayLayout, BitsLayout, EnumLayout, Place
from .packages import import_from, in_order, lazy_package
from .record import nested_first
from .text import (
    assigned,
    byte_string,
    literal,
    number,
    origin,
    paragraphs,
    plain,
    string,
    tuple_of,
)

FOLDER = "constructs"


def emit(modules: tuple[ModuleLayout, ...]) -> Iterator[tuple[str, str]]:
    """(file name, text) of every module, and of the package that offers them lazily."""
    homes = homes_of(modules, enums=False)
    for module in modules:
        yield f"{FOLDER}/{module.name}.py", _module(module, homes)
    yield f"{FOLDER}/__init__.py", _package(homes)


def _module(module: ModuleLayout, homes: dict[str, str]) -> str:
    lines = paragraphs(
        [
            f"Plain construct declarations of {module.name}.",
            origin(module.name),
        ],
        "",
    )
    if module.bitfields or module.structs:
        lines += ["", "import construct as cs  # type: ignore[import-untyped, unused-ignore]"]
    borrowed = _borrowed(module)
    if borrowed:
        lines.append("")
    for home in sorted(borrowed):
        lines += import_from(f".{home}", in_order(borrowed[home]))
    for enum in module.enums:
        lines += ["", *_enum_names(enum)]
    for bitfield in module.bitfields:
        lines += ["", *_bitfield(bitfield)]
    for struct in nested_first(module.structs):
        lines += ["", *_struct(struct)]
    return "\n".join(lines) + "\n"


def _borrowed(module: ModuleLayout) -> dict[str, set[str]]:
    """Names of other modules that this one uses, by module."""
    found: dict[str, set[str]] = {}

    def use(home: str, name: str) -> None:
        if home != module.name:
            found.setdefault(home, set()).add(name)

    for bit in (bit for bitfield in module.bitfields for bit in bitfield.bits):
        if bit.enum:
            use(bit.enum.module, _names(bit.enum))
    for place in (place for struct in module.structs for place in struct.places):
        if place.const is not None:
            continue  # one number, whatever its type
        if place.enum:
            use(place.enum.module, _names(place.enum))
        for kind in (place.bits, place.record, place.array.of if place.array else None):
            if kind:
                use(kind.module, kind.class_name)
    return found


def _bitfield(bits: BitsLayout) -> list[str]:
    """The bits from the most significant down, as construct reads them, bytes swapped to match."""
    indent = "    " if bits.size == 1 else "        "
    parts: list[str] = []
    for bit in reversed(bits.bits):
        whole = "cs.Flag" if bit.width == 1 else f"cs.BitsInteger({bit.width})"
        if bit.name is None:
            default = 0 if bit.const is None else bit.const
            whole = f"cs.Default(cs.BitsInteger({bit.width}), {plain(default)})"
        elif bit.enum:
            # Bits are kept whatever they are, so a closed enum closes nothing here.
            whole = f"cs.Enum(cs.BitsInteger({bit.width}), **{_names(bit.enum)})"
        parts += assigned(bit.name or f"reserved_{bit.low}", whole, indent)
    if bits.size == 1:
        return [f"{bits.class_name} = cs.BitStruct(", *parts, ")"]
    return [f"{bits.class_name} = cs.ByteSwapped(", "    cs.BitStruct(", *parts, "    )", ")"]


def _struct(struct: StructLayout) -> list[str]:
    lines = [f"{struct.class_name} = cs.Struct("]
    for name, expression in _look_ahead(struct):
        lines += assigned(name, expression, "    ")
    names: set[str] = set()
    for place in struct.places:
        name = place.name or f"reserved_{place.offset:x}"
        if name in names:  # the same offset, reserved with another length in another version
            name += f"_v{place.since}"
        names.add(name)
        lines += assigned(name, _gated(struct, place), "    ")
    if struct.array and struct.array.array and struct.array.array.stop == "end":
        lines.append("    cs.Terminated,")
    return [*lines, ")"]


def _look_ahead(struct: StructLayout) -> Iterator[tuple[str, str]]:
    """Read the version first where it stands behind what it decides."""
    version = struct.version_place
    if version is None or all(p.offset > version.offset for p in struct.places if p.gated):
        return
    yield "_start", "cs.Tell"
    pointer = f"cs.Pointer(cs.this._start + {number(version.offset)}, {_plain(struct, version)})"
    yield version.name or "", pointer


def _gated(struct: StructLayout, place: Place) -> str:
    whole = _when(struct, place)
    if not place.gated or struct.version_place is None:
        return whole
    version = f"cs.this.{struct.version_place.name}"
    parts = []
    if place.since is not None:
        parts.append(f"{version} >= {place.since}")
    if place.until is not None:
        parts.append(f"{version} < {place.until}")
    test = parts[0] if len(parts) == 1 else " & ".join(f"({part})" for part in parts)
    return f"cs.If({test}, {whole})"


def _when(struct: StructLayout, place: Place) -> str:
    whole = _plain(struct, place)
    if place.when is None:
        return whole
    deciding = next(p for p in struct.places if p.name == place.when[0])
    own = f"cs.this.{deciding.name}"
    cases = [f"{plain(place.when[1])}: {whole}"]
    name = deciding.enum and {n: v for n, v, _ in deciding.enum.values}.get(place.when[1])
    if name:  # construct's Enum hands out names, and takes numbers too
        cases.insert(0, f"{string(name)}: {whole}")
    return f"cs.Switch({own}, {{{', '.join(cases)}}}, default=cs.Bytes({place.size}))"


def _integer(struct: StructLayout, place: Place) -> str:
    return f"cs.Int{8 * place.size}u{struct.endian[0]}"


def _plain(struct: StructLayout, place: Place) -> str:
    if place.name is None:
        return f"cs.Default(cs.Bytes({place.size}), {byte_string(bytes(place.size))})"
    if place.const is not None:
        if isinstance(place.const, bytes):
            return f"cs.Const({byte_string(place.const)})"
        return f"cs.Const({literal(place.const)}, {_integer(struct, place)})"
    if place.record:
        return place.record.class_name
    if place.array:
        return _array(place.array)
    if place is struct.counting and struct.array and struct.array.array:
        bound = f"cs.obj_ <= {plain(struct.array.array.maximum or 0)}"
        whole = f"cs.ExprValidator({_integer(struct, place)}, {bound})"
        return f"cs.Rebuild({whole}, cs.len_(cs.this.{struct.array.name}))"
    if place.kind == "bytes":
        return f"cs.Bytes({place.size})"
    if place is struct.version_place:
        return f"cs.OneOf({_integer(struct, place)}, {tuple_of(map(str, struct.versions))})"
    if place.bits:
        swapped = struct.endian == "big" and place.size > 1
        return f"cs.ByteSwapped({place.bits.class_name})" if swapped else place.bits.class_name
    if place.enum:
        return _enum(place.enum, _integer(struct, place))
    return _integer(struct, place)


def _array(array: ArrayLayout) -> str:
    """The list of elements; one that ends with an all-zero element has that as its last item."""
    each = array.of.class_name
    if array.count is not None:
        number_of = array.count if isinstance(array.count, int) else f"cs.this.{array.count}"
        return f"cs.Array({number_of}, {each})"
    assert array.maximum is not None
    whole, most = f"cs.GreedyRange({each})", array.maximum
    if array.stop == "zero":
        end = byte_string(bytes(array.of.size))
        whole = f"cs.RepeatUntil(cs.obj_ == {end}, cs.Select(cs.Const({end}), {each}))"
        most += 1
    return f"cs.ExprValidator({whole}, cs.len_(cs.obj_) <= {plain(most)})"


def _enum(enum: EnumLayout, whole: str) -> str:
    if enum.closed:
        known = tuple_of(number(value) for value, _, _ in enum.values)
        whole = f"cs.OneOf({whole}, {known})"
    return f"cs.Enum({whole}, **{_names(enum)})"


def _names(enum: EnumLayout) -> str:
    """The dictionary with the numbers of `enum`; unlike any class name."""
    return f"{enum.name.upper()}_NAMES"


def _enum_names(enum: EnumLayout) -> list[str]:
    numbers = [f"    {string(name)}: {number(value)}," for value, name, _ in enum.values]
    return [f"{_names(enum)} = {{", *numbers, "}"]


def _package(homes: dict[str, str]) -> str:
    return lazy_package(
        "Plain construct declarations of every format, and Typed, which puts a typed record into a"
        " declaration of your own.",
        homes,
        imports=import_from(
            "snpformat.constructs.typed",
            ["ConstructFormatError as ConstructFormatError", "Typed as Typed"],
        ),
        offered=["ConstructFormatError", "Typed"],
    )
