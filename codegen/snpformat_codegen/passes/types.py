"""References to types: each is defined, visible, and of the kind that the place needs."""

from __future__ import annotations

from collections.abc import Iterator

from .. import ir
from ..diagnostics import Log, Note
from ..words import Spot, listed, near_miss
from .scope import doubtful, held_by, incomplete, kind_of
from .tiling import tile_bits


def check_types(program: ir.Program, log: Log) -> None:
    homes = {
        kind.name.value: module for module in program.modules.values() for kind in module.types()
    }
    doubted = doubtful(program)
    for module in program.modules.values():
        scope = _Scope(program, module, homes, log)
        for bitfield in module.bitfields:
            tiled = next(tile_bits(bitfield), None) is None
            for bit in bitfield.bits:
                enum = scope.find(bit.enum, ir.EnumType) if bit.enum else None
                if isinstance(enum, ir.EnumType) and tiled:  # else the range may be what is wrong
                    _check_width(bit, enum, log)
        for struct in module.structs:
            for field in struct.fields:
                if field.type and field.type.value not in ir.BUILTIN_SIZES:
                    scope.find(field.type, ir.Type)
                if field.array:
                    scope.find(field.array.of, ir.StructType)
                if field.view:
                    _check_view(field, field.view, scope, doubted)
                _check_also(field, scope)
                if field.reads:
                    _check_reads(field, field.reads, scope, doubted)
        for ioctl in module.ioctls:
            for wanted in (ioctl.argument, ioctl.request, ioctl.response):
                found = scope.find(wanted, ir.StructType) if wanted else None
                if wanted is ioctl.argument and isinstance(found, ir.StructType):
                    _check_argument(wanted, found, log)
    _check_nesting(program, log)


_WORDS = {ir.EnumType: "an enum", ir.BitsType: "a bit field", ir.StructType: "a structure"}


class _Scope:
    """What one module can name."""

    def __init__(
        self, program: ir.Program, module: ir.Module, homes: dict[str, ir.Module], log: Log
    ) -> None:
        self.module = module
        self.types = program.visible_types(module)
        self.incomplete = incomplete(program, module)
        self.homes = homes
        self.log = log

    def find(self, wanted: Spot[str], kind: object) -> ir.Type | None:
        found = self.types.get(wanted.value)
        if found is None:
            if not self.incomplete:  # else the definition may be what could not be read
                self._tell_undefined(wanted)
            return None
        if not isinstance(found, kind):  # type: ignore[arg-type]
            note = Note("defined here", found.name.span)
            what = _WORDS[kind]  # type: ignore[index]
            message = f'"{wanted.value}" is not {what}'
            help = f"name {what} here"
            self.log.error("SF034", wanted.span, message, notes=[note], help=help)
            return None
        return found

    def _tell_undefined(self, wanted: Spot[str]) -> None:
        home = self.homes.get(wanted.value)
        if home is not None:  # one import is missing, however many of its types are used
            message = f'undefined type: "{home.name.value}" is not imported'
            help = f"add {home.name.value} to imports"
        else:
            message = f'undefined type "{wanted.value}"'
            near = near_miss(wanted.value, [*self.types, *ir.BUILTIN_SIZES])
            help = near or "define it in this file, or import the file that does"
        self.log.error_once("SF030", wanted.span, message, help=help)


def _check_width(bit: ir.Bit, enum: ir.EnumType, log: Log) -> None:
    """The values of an enum fit the bits that it names."""
    assert bit.enum
    width = bit.high - bit.low + 1
    for value in enum.values:
        number = value.number.value
        if number >> width and not number >> (8 * enum.size):
            note = Note(f'"{value.name.value}" is {number:#x}', value.number.span)
            message = f'"{enum.name.value}" does not fit in the bits ({width} bits)'
            help = f"the greatest is {(1 << width) - 1:#x}"
            log.error("SF040", bit.enum.span, message, notes=[note], help=help)
            return


def _check_view(field: ir.Field, view: ir.View, scope: _Scope, doubted: set[str]) -> None:
    module, log = scope.module, scope.log
    axis = module.axis(view.axis.value)
    chosen = [axis.name.value for axis in module.axes if axis.field is None]
    if axis is None:
        if not module.broken:
            message = f'undefined axis "{view.axis.value}"'
            help = near_miss(view.axis.value, chosen) or "declare it under axes"
            log.error_once("SF033", view.axis.span, message, help=help)
        return
    if axis.field is not None:
        message = f'"{axis.name.value}" is no axis that a viewer chooses'
        note = Note("it is read from the bytes", axis.field.span)
        help = f"such axes: {listed(chosen) or 'none'}"
        log.error_once("SF033", view.axis.span, message, notes=[note], help=help)
        return
    if field.type is None or field.type.value not in ir.BUILTIN_SIZES:
        help = "the bit fields of the view are its type"
        message = "a view needs a field of type u8, u16, u32 or u64"
        log.error("SF062", view.span, message, help=help)
        return
    known = [str(value.value) for value in axis.known]
    if len(set(known)) < len(known):
        return  # one of them was to be another one, which has been reported
    if not view.choices:
        help = f"{listed(known)}, or else: BITFIELD"
        log.error("SF062", view.span, "a view without a bit field to read with", help=help)
        return
    size = ir.BUILTIN_SIZES[field.type.value]
    narrow: list[Spot[str]] = []
    for value, wanted in view.choices.items():
        if value != "else" and value not in known:
            message = f'"{value}" is no value of the axis "{axis.name.value}"'
            help = near_miss(value, known) or f"known: {listed(known)}"
            log.error_once("SF033", wanted.span, message, help=help)
            continue
        found = scope.find(wanted, ir.BitsType)
        if isinstance(found, ir.BitsType) and found.size != size and wanted.value not in doubted:
            narrow.append(wanted)
            if len(narrow) == 1:  # one mistake, told once: the field is what all choices share
                note = Note(f"u{8 * found.size}", found.repr.span)
                message = f'"{wanted.value}" is not as wide as {field.label} ({field.type.value})'
                help = f"the field needs u{8 * found.size}, or the bit field repr: u{8 * size}"
                log.error("SF062", wanted.span, message, notes=[note], help=help)


def _check_argument(wanted: Spot[str] | None, found: ir.StructType, log: Log) -> None:
    """A command has 14 bits for the size of its argument."""
    if wanted and found.size.value >> 14:
        note = Note(f"{found.size.value} bytes", found.size.span)
        message = f'"{wanted.value}" is too long for the argument of an ioctl'
        help = f"at most {(1 << 14) - 1} bytes; pass its address instead"
        log.error("SF040", wanted.span, message, notes=[note], help=help)


def _check_also(field: ir.Field, scope: _Scope) -> None:
    """Other names stand for all of the number, or for named bits of it."""
    kind = kind_of(field, scope.types)
    for _, part in field.also.values():
        if isinstance(kind, ir.BitsType):
            parts = [bit.name.value for bit in kind.bits if bit.name] + ["all"]
        elif field.type and (field.type.value in ir.BUILTIN_SIZES or isinstance(kind, ir.EnumType)):
            parts = ["all"]
        else:
            parts = [] if isinstance(kind, ir.StructType) else [part.value]  # undefined: reported
        if part.value not in parts:
            message = f'{field.label} has no part "{part.value}"'
            help = near_miss(part.value, parts) or f"parts: {listed(parts) or 'none'}"
            scope.log.error("SF034", part.span, message, help=help)


def _check_reads(field: ir.Field, wanted: Spot[str], scope: _Scope, doubted: set[str]) -> None:
    found = scope.find(wanted, ir.StructType)
    if isinstance(found, ir.StructType) and wanted.value not in doubted:
        assert field.size
        if found.size.value != field.size.value:
            note = Note(f"{found.size.value} bytes", found.size.span)
            message = f'"{wanted.value}" is not as long as {field.label} ({field.size.value} bytes)'
            scope.log.error(
                "SF062", wanted.span, message, notes=[note], help="give both one length"
            )


def _check_nesting(program: ir.Program, log: Log) -> None:
    """No structure holds itself, however indirectly. Each circle is told once."""
    holders: dict[str, list[Spot[str]]] = {}
    for module in program.modules.values():
        visible = program.visible_types(module)
        for struct in module.structs:
            holders[struct.name.value] = [
                field.holds for field in struct.fields if field.holds and held_by(field, visible)
            ]
    done: set[str] = set()
    for name in holders:
        if name not in done:
            _walk(name, holders, done, log)


def _walk(start: str, holders: dict[str, list[Spot[str]]], done: set[str], log: Log) -> None:
    """Depth first with a stack of its own: a chain of structures may be longer than Python's."""
    path: dict[str, Iterator[Spot[str]]] = {start: iter(holders[start])}
    while path:
        name = next(reversed(path))
        held = next(path[name], None)
        if held is None:
            del path[name]
            done.add(name)
        elif held.value in path:
            names = list(path)
            chain = [*names[names.index(held.value) :], held.value]
            message = f'"{held.value}" holds itself: {" -> ".join(_ends_of(chain))}'
            log.error("SF035", held.span, message, help="a structure has a size: break the circle")
        elif held.value not in done:
            path[held.value] = iter(holders[held.value])


def _ends_of(chain: list[str]) -> list[str]:
    return chain if len(chain) <= 8 else [*chain[:4], "...", *chain[-3:]]
