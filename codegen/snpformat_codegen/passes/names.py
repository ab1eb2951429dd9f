"""Names: each once, and none that generated code cannot carry."""

from __future__ import annotations

import keyword
from collections.abc import Iterable

from ..diagnostics import Log, Note
from ..ir import BitsType, EnumType, Program, StructType
from ..naming import class_name
from ..words import Spot

# What the classes of the runtime already mean by a name (a test compares), and the words that the
# bodies of generated classes use themselves.
TAKEN_IN_RECORDS = frozenset([
    "parse", "parse_prefix", "build", "replace", "to_dict", "from_dict", "span", "field", "layout",
    "axis_value", "layout_version", "format", "reserved",
    "property", "classmethod", "bytes", "int", "bool", "str", "tuple", "cls", "self", "cells",
    "locals", "wire",
])  # fmt: skip
TAKEN_IN_BITS = frozenset([
    "from_bits", "replace", "settled", "to_names", "field", "value", "layout",
    "property", "classmethod", "bytes", "int", "bool", "cls", "self",
    "real", "imag", "numerator", "denominator", "conjugate", "bit_length", "bit_count", "to_bytes",
    "from_bytes", "as_integer_ratio", "is_integer",
])  # fmt: skip
TAKEN_IN_ENUMS = frozenset(["name", "names", "docs", "closed", "self", "subcon"])
TAKEN_AS_TYPES = frozenset(["u8", "u16", "u32", "u64"])
# By class: `none_` and `none` become the same one.
TAKEN_AS_CLASSES = frozenset(
    ["None", "True", "False", "Self", "Struct", "Typed", "ConstructFormatError"]
)
TAKEN_AS_MODULES = frozenset(["typed", "ioctls"])  # the adapter, and the ioctl definitions


def check_names(program: Program, log: Log) -> None:
    everywhere: dict[str, Spot[str]] = {}
    commands: dict[str, Spot[str]] = {}
    for module in program.modules.values():
        _usable(module.name, TAKEN_AS_MODULES, log)
        _all_usable((axis.name for axis in module.axes), TAKEN_IN_RECORDS, log)
        for ioctl in module.ioctls:
            _once(ioctl.name.value, ioctl.name, commands, log)
            _usable(ioctl.name, frozenset(["ioctls"]), log)
        for kind in module.types():
            _once(class_name(kind.name.value), kind.name, everywhere, log)
            taken = class_name(kind.name.value) in TAKEN_AS_CLASSES
            _usable(kind.name, TAKEN_AS_TYPES | {kind.name.value if taken else ""}, log)
            if isinstance(kind, StructType):
                _check_fields(kind, log)
            elif isinstance(kind, BitsType):
                names = [bit.name for bit in kind.bits if bit.name]
                _all_once(names, log)
                _all_usable(names, TAKEN_IN_BITS, log)
            else:
                _check_values(kind, log)


def _check_fields(struct: StructType, log: Log) -> None:
    names = [field.name for field in struct.fields if field.name]
    names += [name for field in struct.fields for name, _ in field.also.values()]
    _all_once(names, log)
    views = {f"{f.name.value}_view" for f in struct.fields if (f.view or f.reads) and f.name}
    _all_usable(names, TAKEN_IN_RECORDS | views | struct.infer.keys(), log)


def _check_values(enum: EnumType, log: Log) -> None:
    names = [value.name for value in enum.values]
    _all_once(names, log)
    _all_usable(names, TAKEN_IN_ENUMS, log)
    numbers: dict[int, Spot[int]] = {}
    for value in enum.values:
        first = numbers.setdefault(value.number.value, value.number)
        if first is not value.number:
            note = Note("first given here", first.span)
            message = f"duplicate value {value.number.value:#x}"
            help = "give one value one name"
            log.error("SF014", value.number.span, message, notes=[note], help=help)


def _all_once(names: Iterable[Spot[str]], log: Log) -> None:
    seen: dict[str, Spot[str]] = {}
    for name in names:
        _once(name.value, name, seen, log)


def _once(key: str, name: Spot[str], seen: dict[str, Spot[str]], log: Log) -> None:
    first = seen.setdefault(key, name)
    if first is name:
        return
    alike = "" if first.value == name.value else f': both become "{key}"'
    note = Note("first given here", first.span)
    message = f'duplicate name "{name.value}"{alike}'
    log.error("SF014", name.span, message, notes=[note], help="rename one of the two")


def _all_usable(names: Iterable[Spot[str]], taken: Iterable[str], log: Log) -> None:
    taken = frozenset(taken)
    for name in names:
        _usable(name, taken, log)


def _usable(name: Spot[str], taken: frozenset[str], log: Log) -> None:
    message = f'the name "{name.value}" is taken in generated code'
    if name.value.startswith("reserved_"):
        log.error("SF015", name.span, message, help='reserved space is called "reserved_..." there')
    elif name.value in taken or keyword.iskeyword(name.value):
        log.error("SF015", name.span, message, help=f'choose another, such as "{name.value}_word"')
