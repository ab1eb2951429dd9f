"""References to types: each is defined, visible, and of the kind that the place needs."""

from __future__ import annotations

from .. import ir
from ..diagnostics import Log, Note
from ..shapes import Spot, near_miss


def check_types(program: ir.Program, log: Log) -> None:
    for module in program.modules.values():
        if any(wanted.value not in program.modules for wanted in module.imports):
            continue  # the missing import was reported; what it would define is unknown
        scope = _Scope(program, module, log)
        for bitfield in module.bitfields:
            for bit in bitfield.bits:
                if bit.enum:
                    scope.find(bit.enum, ir.EnumType)
        for struct in module.structs:
            for field in struct.fields:
                if field.type and field.type.value not in ir.BUILTIN_SIZES:
                    scope.find(field.type, ir.Type)
                if field.view:
                    _check_view(struct, field, field.view, scope)
    _check_nesting(program, log)


class _Scope:
    """What one module can name."""

    def __init__(self, program: ir.Program, module: ir.Module, log: Log) -> None:
        self.program = program
        self.module = module
        self.types = program.visible_types(module)
        self.log = log

    def find(self, wanted: Spot[str], kind: object) -> ir.Type | None:
        found = self.types.get(wanted.value)
        if found is None:
            self.log.error(
                "SF030", wanted.span, f'undefined type "{wanted.value}"', help=self._hint(wanted)
            )
            return None
        if not isinstance(found, kind):  # type: ignore[arg-type]
            note = Note("defined here", found.name.span)
            what = {ir.EnumType: "an enum", ir.BitsType: "a bit field"}[kind]  # type: ignore[index]
            message = f'"{wanted.value}" is not {what}'
            self.log.error("SF034", wanted.span, message, notes=[note])
            return None
        return found

    def _hint(self, wanted: Spot[str]) -> str:
        for module in self.program.modules.values():
            if any(kind.name.value == wanted.value for kind in module.types()):
                return f"it is in {module.name.value}.yaml: add it to imports"
        return near_miss(wanted.value, [*self.types, *ir.BUILTIN_SIZES])


def _check_view(struct: ir.StructType, field: ir.Field, view: ir.View, scope: _Scope) -> None:
    module, log = scope.module, scope.log
    axis = module.axis(view.axis.value)
    if axis is None:
        known = [axis.name.value for axis in module.axes]
        message = f'undefined axis "{view.axis.value}"'
        log.error("SF033", view.axis.span, message, help=near_miss(view.axis.value, known))
        return
    known = [str(value.value) for value in axis.known]
    if field.type is None or field.type.value not in ir.BUILTIN_SIZES:
        log.error("SF062", view.span, "a view needs a field of type u8, u16, u32 or u64")
        return
    for value, wanted in view.choices.items():
        if value != "else" and value not in known:
            message = f'"{value}" is no value of the axis "{axis.name.value}"'
            log.error("SF033", wanted.span, message, help=f"known: {', '.join(known)}")
            continue
        found = scope.find(wanted, ir.BitsType)
        if isinstance(found, ir.BitsType) and found.size != ir.BUILTIN_SIZES[field.type.value]:
            note = Note(f"{found.size} bytes", found.repr.span)
            message = f'"{wanted.value}" is not as wide as {field.label} ({field.type.value})'
            log.error("SF062", wanted.span, message, notes=[note])


def _check_nesting(program: ir.Program, log: Log) -> None:
    """No structure holds itself, however indirectly."""
    holders: dict[str, list[Spot[str]]] = {}
    for module in program.modules.values():
        visible = program.visible_types(module)
        for struct in module.structs:
            holders[struct.name.value] = [
                field.type
                for field in struct.fields
                if field.type and isinstance(visible.get(field.type.value), ir.StructType)
            ]
    done: set[str] = set()
    for name in holders:
        _walk(name, holders, [], done, log)


def _walk(
    name: str, holders: dict[str, list[Spot[str]]], path: list[str], done: set[str], log: Log
) -> None:
    if name in done:
        return
    path.append(name)
    for held in holders.get(name, ()):
        if held.value in path:
            chain = " -> ".join([*path[path.index(held.value) :], held.value])
            log.error("SF035", held.span, f'"{held.value}" holds itself: {chain}')
        else:
            _walk(held.value, holders, path, done, log)
    path.pop()
    done.add(name)
