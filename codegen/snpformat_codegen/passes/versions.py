"""Versions: the axis that gates count on, the field it is read from, and the gates."""

from __future__ import annotations

from .. import ir
from ..diagnostics import Log, Note
from ..versioning import in_some_version, versions_of
from ..words import Spot, listed, near_miss


def check_versions(program: ir.Program, log: Log) -> None:
    for module in program.modules.values():
        structs = {struct.name.value: struct for struct in module.structs}
        for axis in module.axes:
            _check_axis(module, axis, structs, log)
        for struct in module.structs:
            _check_struct(module, struct, log)


def gates_hold(module: ir.Module, struct: ir.StructType) -> bool:
    """Whether it is known which field is in which version; if not, that has been reported."""
    gated = any(field.since or field.until for field in struct.fields)
    axis = module.axis(struct.axis.value) if struct.axis else None
    if gated and (axis is None or not _is_sound(axis)):
        return False
    log = Log()
    _check_struct(module, struct, log)
    return not log.found


def _check_axis(
    module: ir.Module, axis: ir.Axis, structs: dict[str, ir.StructType], log: Log
) -> None:
    seen: dict[ir.Literal, Spot[ir.Literal]] = {}
    for value in axis.known:
        if axis.field and not isinstance(value.value, int):
            message = f'expected a version number, got "{value.value}"'
            help = f"{axis.field.value} is a number"
            log.error("SF012", value.span, message, help=help)
        first = seen.setdefault(value.value, value)
        if first is not value:
            note = Note("first given here", first.span)
            message = f'duplicate value "{value.value}"'
            log.error("SF014", value.span, message, notes=[note], help="remove one of the two")
    if axis.field is None:
        return
    struct_name, _, field_name = axis.field.value.partition(".")
    struct = structs.get(struct_name)
    if struct is None:
        if not module.broken:
            message = f'undefined structure "{struct_name}"'
            help = near_miss(struct_name, structs) or "an axis is read from a structure of its file"
            log.error("SF034", axis.field.span, message, help=help)
        return
    names = [field.name.value for field in struct.fields if field.name]
    if not struct.broken and field_name not in names:
        note = Note("the structure", struct.name.span)
        message = f'"{struct_name}" has no field "{field_name}"'
        help = near_miss(field_name, names) or f"its fields: {listed(names)}"
        log.error("SF034", axis.field.span, message, notes=[note], help=help)


def _is_sound(axis: ir.Axis) -> bool:
    """Whether its versions are numbers, each once; if not, that has been reported."""
    numbers = {value.value for value in axis.known if isinstance(value.value, int)}
    return len(numbers) == len(axis.known)


def _check_struct(module: ir.Module, struct: ir.StructType, log: Log) -> None:
    if struct.axis is None:
        gates = [gate for f in struct.fields for gate in (f.since, f.until) if gate]
        if gates and not struct.broken:
            note = Note("the structure", struct.name.span)
            help = f'give "{struct.name.value}" an axis'
            message = "a gate without an axis to count on"
            log.error("SF050", gates[0].span, message, notes=[note], help=help)
        return
    axis = module.axis(struct.axis.value)
    if axis is None:
        if not module.broken:
            message = f'undefined axis "{struct.axis.value}"'
            near = near_miss(struct.axis.value, [axis.name.value for axis in module.axes])
            log.error("SF033", struct.axis.span, message, help=near or "declare it under axes")
        return
    home = axis.field.value.partition(".")[0] if axis.field else None
    if home != struct.name.value:
        if home is not None and all(other.name.value != home for other in module.structs):
            return  # an undefined structure, reported at the axis
        help = f"the axis needs field: {struct.name.value}.FIELD"
        note = Note("the axis", (axis.field or axis.name).span)
        message = f'the axis "{axis.name.value}" is not read from "{struct.name.value}"'
        log.error("SF052", struct.axis.span, message, notes=[note], help=help)
        return
    if _is_sound(axis):
        versions = [v for v in versions_of(module, struct) if v is not None]
        for field in struct.fields:
            _check_gates(field, versions, axis, log)
    _check_version_field(struct, axis, log)


def _check_gates(field: ir.Field, versions: list[int], axis: ir.Axis, log: Log) -> None:
    for gate in (field.since, field.until):
        if gate and gate.value not in versions:
            note = Note("the known versions", axis.known[0].span)
            message = f"version {gate.value} is not known"
            help = f"known: {listed(versions)}"
            log.error_once("SF050", gate.span, message, notes=[note], help=help)
            return
    if not in_some_version(field, versions):
        gate = field.until or field.since
        assert gate
        begins = field.since.value if field.since else versions[0]
        note = Note("it begins here", (field.since or axis.known[0]).span)
        message = f"{field.label} is in no version: it begins in {begins}"
        if field.until:
            message += f" and ends before {field.until.value}"
        help = "until is the first version without it"
        log.error("SF051", gate.span, message, notes=[note], help=help)


def _check_version_field(struct: ir.StructType, axis: ir.Axis, log: Log) -> None:
    assert axis.field
    wanted = axis.field.value.partition(".")[2]
    field = next((f for f in struct.fields if f.name and f.name.value == wanted), None)
    if field is None:
        return
    assert field.name
    note = Note(f'the axis "{axis.name.value}" is read from it', axis.field.span)
    secret = field.at if field.secret else None
    others = (field.const, field.derive, field.minimum, field.maximum, field.default, secret)
    for spot in (field.since, field.until, *others):
        if spot:
            help = "it is what tells the versions apart"
            message = f"{field.label} has to be in every version, and to be read"
            log.error("SF052", spot.span, message, notes=[note], help=help)
            return
    if field.when or field.view:
        place = field.when.field if field.when else field.view
        assert place
        message = f"{field.label} has to be a plain number"
        log.error("SF052", place.span, message, notes=[note], help="remove when and view")
        return
    if field.type is None or field.type.value not in ir.BUILTIN_SIZES:
        message = f"{field.label} has to be u8, u16, u32 or u64"
        help = "it is what tells the versions apart"
        log.error("SF052", (field.type or field.name).span, message, notes=[note], help=help)
        return
    bits = 8 * ir.BUILTIN_SIZES[field.type.value]
    for value in axis.known:
        if isinstance(value.value, int) and value.value >> bits:
            message = f"version {value.value} does not fit in {field.label} ({bits} bits)"
            note = Note("the field", field.name.span)
            help = f"the greatest is {(1 << bits) - 1}"
            log.error("SF040", value.span, message, notes=[note], help=help)
            return
