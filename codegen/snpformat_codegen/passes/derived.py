"""What is said about other parts of a structure: derive, when, spans and infer."""

from __future__ import annotations

from .. import ir
from ..diagnostics import Log, Note
from ..shapes import Spot, near_miss
from .values import number_of


def check_derived(program: ir.Program, log: Log) -> None:
    for module in program.modules.values():
        visible = program.visible_types(module)
        for struct in module.structs:
            fields = {field.name.value: field for field in struct.fields if field.name}
            for field in struct.fields:
                if field.derive:
                    _check_derive(program, module, struct, field, fields, log)
                if field.when:
                    _check_when(struct, field, field.when, fields, visible, log)
            _check_spans(struct, log)
            _check_infer(module, struct, fields, visible, log)


Fields = dict[str, ir.Field]


def _find(struct: ir.StructType, wanted: Spot[str], fields: Fields, log: Log) -> ir.Field | None:
    found = fields.get(wanted.value)
    if found is None and not struct.broken:
        message = f'"{struct.name.value}" has no field "{wanted.value}"'
        log.error("SF034", wanted.span, message, help=near_miss(wanted.value, fields))
    return found


def _check_derive(
    program: ir.Program,
    module: ir.Module,
    struct: ir.StructType,
    field: ir.Field,
    fields: Fields,
    log: Log,
) -> None:
    assert field.derive and field.type
    if field.default:
        log.error("SF016", field.default.span, f"{field.label} is derived: it has no other value")
        return
    length: int | None = struct.size.value
    if field.derive.value != "sizeof":
        name = Spot(field.derive.value[len("len(") : -1], field.derive.span)
        measured = _find(struct, name, fields, log)
        length = program.size_of(module, measured) if measured else None
    size = program.size_of(module, field)
    if length is not None and size is not None and length >> (8 * size):
        message = f"{length:#x} does not fit in {field.label} ({8 * size} bits)"
        log.error("SF040", field.derive.span, message)


def _check_when(
    struct: ir.StructType,
    field: ir.Field,
    when: ir.When,
    fields: Fields,
    visible: dict[str, ir.Type],
    log: Log,
) -> None:
    deciding = _find(struct, when.field, fields, log)
    if deciding is None:
        return
    assert deciding.name
    note = Note(f"{deciding.label} is declared here", deciding.name.span)
    kind = visible.get(deciding.type.value) if deciding.type else None
    if deciding.type is None or isinstance(kind, ir.StructType):
        log.error("SF061", when.field.span, f"{deciding.label} is not a number", notes=[note])
    elif deciding.when or deciding.since or deciding.until or deciding.secret:
        message = f"{deciding.label} is not always there to be read"
        log.error("SF061", when.field.span, message, notes=[note])
    elif field.at.value <= deciding.at.value:
        message = f"{deciding.label} has to stand before {field.label}"
        log.error("SF061", when.field.span, message, notes=[note])
    elif field.const or field.derive:
        log.error("SF061", when.field.span, f"{field.label} is constant and so always there")
    else:
        number = number_of(when.value, kind, log)
        size = ir.BUILTIN_SIZES.get(deciding.type.value) or (kind.size if kind else None)
        if number is not None and size is not None and number >> (8 * size):
            log.error("SF040", when.value.span, f"{number} does not fit in {deciding.label}")


def _check_spans(struct: ir.StructType, log: Log) -> None:
    for name, place in struct.spans.values():
        low, high = place.value
        if high > struct.size.value and struct.size.value:
            message = f'span "{name.value}" [{low:#x}..{high:#x}) reaches outside the structure'
            note = Note(f"{struct.size.value:#x} bytes", struct.size.span)
            log.error("SF060", place.span, message, notes=[note])
        elif low == high:
            help = "the end is not included"
            log.error("SF060", place.span, f'span "{name.value}" is empty', help=help)


def _check_infer(
    module: ir.Module,
    struct: ir.StructType,
    fields: Fields,
    visible: dict[str, ir.Type],
    log: Log,
) -> None:
    for name, cases in struct.infer.values():
        axis = module.axis(name.value)
        if axis is None or axis.field is not None:
            known = [axis.name.value for axis in module.axes if axis.field is None]
            message = f'"{name.value}" is no axis that a viewer chooses'
            log.error("SF033", name.span, message, help=near_miss(name.value, known))
            continue
        values = [str(value.value) for value in axis.known]
        for case in cases:
            if case.value.value not in values:
                message = f'"{case.value.value}" is no value of the axis "{name.value}"'
                help = f"known: {', '.join(values)}"
                log.error("SF033", case.value.span, message, help=help)
            for field_name, _ in case.fields:
                found = _find(struct, field_name, fields, log)
                if found and (found.secret or _is_no_number(found, visible)):
                    log.error("SF061", field_name.span, f"{found.label} is not a plain number")


def _is_no_number(field: ir.Field, visible: dict[str, ir.Type]) -> bool:
    kind = visible.get(field.type.value) if field.type else None
    return field.type is None or isinstance(kind, ir.StructType)
