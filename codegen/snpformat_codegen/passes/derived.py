"""What is said about other parts of a structure: derive, when, spans and infer."""

from __future__ import annotations

from collections.abc import Mapping

from .. import ir
from ..diagnostics import Log, Note, Span
from ..words import Spot, listed, near_miss
from .scope import Types, furthest, kind_of, size_in
from .values import fits, number_of

Fields = Mapping[str, ir.Field]


def check_derived(program: ir.Program, log: Log) -> None:
    slipped = {found.span for found in log.found if found.code in ("SF020", "SF021")}
    for module in program.modules.values():
        visible = program.visible_types(module)
        for struct in module.structs:
            fields = {field.name.value: field for field in struct.fields if field.name}
            for field in struct.fields:
                if field.derive:
                    _check_derive(struct, field, field.derive, fields, visible, log)
                if field.when:
                    _check_when(struct, field, field.when, fields, visible, slipped, log)
            _check_spans(struct, visible, log)
            _check_infer(module, struct, fields, visible, log)


def find_field(
    struct: ir.StructType, wanted: Spot[str], fields: Fields, log: Log
) -> ir.Field | None:
    """The field that `wanted` names; reports it when there is none."""
    found = fields.get(wanted.value)
    if found is None and not struct.broken:
        note = Note("the structure", struct.name.span)
        message = f'"{struct.name.value}" has no field "{wanted.value}"'
        help = near_miss(wanted.value, fields) or f"its fields: {listed(fields)}"
        log.error_once("SF034", wanted.span, message, notes=[note], help=help)
    return found


def _check_derive(
    struct: ir.StructType,
    field: ir.Field,
    derive: Spot[str],
    fields: Fields,
    visible: Types,
    log: Log,
) -> None:
    if isinstance(kind_of(field, visible), ir.StructType):
        return  # reported by values.py
    length: int | None = struct.size.value
    if derive.value != "sizeof":
        name = Spot(derive.value[len("len(") : -1], derive.span)
        measured = find_field(struct, name, fields, log)
        length = size_in(measured, visible) if measured else None
    size = size_in(field, visible)
    if length is not None and size is not None:
        fits(Spot(length, derive.span), 8 * size, field.label, log)


def _check_when(
    struct: ir.StructType,
    field: ir.Field,
    when: ir.When,
    fields: Fields,
    visible: Types,
    slipped: set[Span],
    log: Log,
) -> None:
    deciding = find_field(struct, when.field, fields, log)
    if deciding is None:
        return
    assert deciding.name
    note = Note(f"{deciding.label} is declared here", deciding.name.span)
    kind = kind_of(deciding, visible)
    fault = _undecidable(field, deciding, kind)
    if fault and deciding.span in slipped:
        return  # its offset is wrong, which has been reported
    if fault:
        message, help = fault
        log.error("SF061", when.field.span, message, notes=[note], help=help)
        return
    size = size_in(deciding, visible)
    if size is None:
        return
    number = number_of(when.value, kind, log)
    if number is not None:
        fits(Spot(number, when.value.span), 8 * size, deciding.label, log)


def _undecidable(
    field: ir.Field, deciding: ir.Field, kind: ir.Type | None
) -> tuple[str, str] | None:
    """Why `deciding` cannot say whether `field` is there, and what helps."""
    if deciding.type is None or isinstance(kind, (ir.StructType, ir.BitsType)):
        return f"{deciding.label} is not a plain number", "name a field that is one"
    if deciding.when or deciding.since or deciding.until or deciding.secret:
        help = "name a field without when, since, until and secret"
        return f"{deciding.label} is not always there to be read", help
    if field.at.value <= deciding.at.value:
        return f"{deciding.label} has to stand before {field.label}", "name an earlier field"
    if field.const or field.derive:
        return f"{field.label} is constant and so always there", "remove when, or the constant"
    return None


def _check_spans(struct: ir.StructType, visible: Types, log: Log) -> None:
    # Where the size is wrong (that is reported), the fields say how far a span may reach.
    end = max(struct.size.value, furthest(struct, visible))
    for name, place in struct.spans.values():
        low, high = place.value
        if high > end and not struct.broken:
            message = f'span "{name.value}" [{low:#x}..{high:#x}) reaches outside the structure'
            note = Note(f"{struct.size.value:#x} bytes", struct.size.span)
            help = f"it may end at {end:#x}; the end is not included"
            log.error("SF060", place.span, message, notes=[note], help=help)
        elif low == high:
            help = "the end is not included"
            log.error("SF060", place.span, f'span "{name.value}" is empty', help=help)


def _check_infer(
    module: ir.Module, struct: ir.StructType, fields: Fields, visible: Types, log: Log
) -> None:
    chosen = [axis.name.value for axis in module.axes if axis.field is None]
    for name, cases in struct.infer.values():
        axis = module.axis(name.value)
        if axis is None:
            if not module.broken:  # told together with the views that name it
                message = f'undefined axis "{name.value}"'
                help = near_miss(name.value, chosen) or "declare it under axes"
                log.error_once("SF033", name.span, message, help=help)
            continue
        if axis.field is not None:
            message = f'"{name.value}" is no axis that a viewer chooses'
            help = f"such axes: {listed(chosen) or 'none'}"
            log.error("SF033", name.span, message, help=help)
            continue
        values = [str(value.value) for value in axis.known]
        unique = len(set(values)) == len(values)  # else one was to be another one: reported
        for case in cases:
            if unique and case.value.value not in values:
                message = f'"{case.value.value}" is no value of the axis "{name.value}"'
                help = near_miss(case.value.value, values) or f"known: {listed(values)}"
                note = Note("the axis", axis.name.span)
                log.error_once("SF033", case.value.span, message, notes=[note], help=help)
            _check_case(struct, case, fields, visible, log)


def _check_case(
    struct: ir.StructType, case: ir.Inference, fields: Fields, visible: Types, log: Log
) -> None:
    if not case.fields:
        message = f'"{case.value.value}" is inferred from nothing'
        help = "name a field and the values it has then"
        log.error("SF061", case.value.span, message, help=help)
    for name, (_, high) in case.fields:
        field = find_field(struct, name, fields, log)
        if field is None:
            continue
        assert field.name
        note = Note(f"{field.label} is declared here", field.name.span)
        if field.type is None or field.secret or isinstance(kind_of(field, visible), ir.StructType):
            message = f"{field.label} is not a plain number"
            help = "name a field that is a number and not secret"
            log.error("SF061", name.span, message, notes=[note], help=help)
            continue
        size = size_in(field, visible)
        if size is not None and high >> (8 * size):
            message = f"{high:#x} does not fit in {field.label} ({8 * size} bits)"
            help = f"the greatest is {(1 << 8 * size) - 1:#x}"
            log.error("SF040", name.span, message, notes=[note], help=help)
