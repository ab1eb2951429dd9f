"""Versions: the axis that gates count on, the field it is read from, and the gates."""

from __future__ import annotations

from .. import ir
from ..diagnostics import Log, Note
from ..shapes import Spot, near_miss
from ..versioning import in_version, versions_of


def check_versions(program: ir.Program, log: Log) -> None:
    for module in program.modules.values():
        for axis in module.axes:
            _check_axis(module, axis, log)
        for struct in module.structs:
            _check_struct(program, module, struct, log)


def _check_axis(module: ir.Module, axis: ir.Axis, log: Log) -> None:
    seen: dict[ir.Literal, Spot[ir.Literal]] = {}
    for value in axis.known:
        if axis.field and not isinstance(value.value, int):
            log.error("SF012", value.span, f'expected a version number, got "{value.value}"')
        first = seen.setdefault(value.value, value)
        if first is not value:
            note = Note("first given here", first.span)
            log.error("SF014", value.span, f'duplicate value "{value.value}"', notes=[note])
    if axis.field is None:
        return
    struct_name, _, field_name = axis.field.value.partition(".")
    struct = next((s for s in module.structs if s.name.value == struct_name), None)
    if struct is None:
        known = [s.name.value for s in module.structs]
        message = f'undefined structure "{struct_name}"'
        log.error("SF034", axis.field.span, message, help=near_miss(struct_name, known))
    elif not struct.broken and field_name not in _field_names(struct):
        message = f'"{struct_name}" has no field "{field_name}"'
        help = near_miss(field_name, _field_names(struct))
        log.error("SF034", axis.field.span, message, help=help)


def _field_names(struct: ir.StructType) -> list[str]:
    return [field.name.value for field in struct.fields if field.name]


def _check_struct(program: ir.Program, module: ir.Module, struct: ir.StructType, log: Log) -> None:
    gated = [gate for f in struct.fields for gate in (f.since, f.until) if gate]
    if struct.axis is None:
        if gated:
            help = f'give "{struct.name.value}" an axis'
            log.error("SF050", gated[0].span, "a gate without an axis to count on", help=help)
        return
    axis = module.axis(struct.axis.value)
    if axis is None:
        known = [axis.name.value for axis in module.axes]
        message = f'undefined axis "{struct.axis.value}"'
        log.error("SF033", struct.axis.span, message, help=near_miss(struct.axis.value, known))
        return
    if axis.field is None or axis.field.value.partition(".")[0] != struct.name.value:
        help = f"the axis needs field: {struct.name.value}.FIELD"
        message = f'the axis "{axis.name.value}" is not read from "{struct.name.value}"'
        log.error("SF052", struct.axis.span, message, help=help)
        return
    versions = versions_of(module, struct)
    for field in struct.fields:
        _check_gates(field, versions, log)
    _check_version_field(program, module, struct, axis, log)


def _check_gates(field: ir.Field, versions: tuple[int | None, ...], log: Log) -> None:
    for gate in (field.since, field.until):
        if gate and gate.value not in versions:
            known = ", ".join(map(str, versions))
            message = f"version {gate.value} is not known"
            log.error("SF050", gate.span, message, help=f"known: {known}")
            return
    if not any(in_version(field, version) for version in versions):
        gate = field.until or field.since
        assert gate
        first = field.since.value if field.since else versions[0]
        message = f"{field.label} is in no version: it begins in {first}"
        if field.until:
            message += f" and ends before {field.until.value}"
        log.error("SF051", gate.span, message, help="until is the first version without it")


def _check_version_field(
    program: ir.Program, module: ir.Module, struct: ir.StructType, axis: ir.Axis, log: Log
) -> None:
    assert axis.field
    wanted = axis.field.value.partition(".")[2]
    field = next((f for f in struct.fields if f.name and f.name.value == wanted), None)
    if field is None:
        return
    for spot in (field.since, field.until, field.const, field.derive, field.secret and field.at):
        if spot:
            help = "it is what tells the versions apart"
            log.error("SF052", spot.span, f"{field.label} has to be in every version", help=help)
            return
    if field.when or field.view:
        log.error("SF052", field.span, f"{field.label} has to be a plain number")
        return
    assert field.name
    if field.type is None or field.type.value not in ir.BUILTIN_SIZES:
        log.error("SF052", field.name.span, f"{field.label} has to be u8, u16, u32 or u64")
        return
    for value in axis.known:
        bits = 8 * ir.BUILTIN_SIZES[field.type.value]
        if isinstance(value.value, int) and value.value >> bits:
            message = f"version {value.value} does not fit in {field.label} ({bits} bits)"
            log.error("SF040", value.span, message)
