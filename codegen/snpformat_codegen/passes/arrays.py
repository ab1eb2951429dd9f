"""Arrays: what counts their elements or ends them, and where one of no fixed size may stand."""

from __future__ import annotations

from .. import ir
from ..diagnostics import Log, Note
from ..words import Spot, refuse_ambiguous
from .derived import find_field
from .scope import Types, held_by
from .values import fits


def check_arrays(program: ir.Program, log: Log) -> None:
    told = {found.span for found in log.found if found.code in ("SF020", "SF021", "SF022")}
    for module in program.modules.values():
        visible = program.visible_types(module)
        for struct in module.structs:
            for field in struct.fields:
                if field.array:
                    _check_end(field, field.array, log)
                    _check_count(struct, field.array, log)
                    _check_element(program, field.array, visible, log)
                _need_fixed(field.type, visible, log)
                _need_fixed(field.reads, visible, log)
            if struct.elastic:
                # Where something has slipped, which has been told, the order is not the writer's.
                if not told & {struct.size.span, *(field.span for field in struct.fields)}:
                    _check_place(struct, struct.elastic, log)
                _check_derived(struct, log)
        for ioctl in module.ioctls:
            for wanted in (ioctl.argument, ioctl.request, ioctl.response):
                _need_fixed(wanted, visible, log)


def _check_end(field: ir.Field, array: ir.Array, log: Log) -> None:
    """One key says where it ends, and `max` bounds what has no fixed number."""
    if array.count and array.stop:
        note = Note('"count" is given here', array.count.span)
        message = '"until" excludes "count" in an array'
        log.error("SF016", array.stop.span, message, notes=[note], help="remove one of the two")
    elif not array.count and not array.stop:
        help = "count: a number or a field; until: zero, or end"
        message = f'{field.label} needs the key "count" or "until"'
        log.error("SF011", field.span, message, help=help)
    elif array.maximum and array.count and array.fixed is not None:
        note = Note("the number is given here", array.count.span)
        message = '"max" excludes a "count" that is a number'
        log.error("SF016", array.maximum.span, message, notes=[note], help="remove max")
    elif not array.maximum and field.elastic:
        message = f'{field.label} needs the key "max"'
        help = "max: the most elements there may be"
        log.error("SF011", field.span, message, help=help)


def _check_count(struct: ir.StructType, array: ir.Array, log: Log) -> None:
    if array.count is None or array.stop:
        return
    wanted = array.count
    if isinstance(wanted.value, int):
        if not wanted.value:
            log.error("SF040", wanted.span, "0 elements are no array", help="the least is 1")
        return
    if array.misspelt:
        refuse_ambiguous(wanted.value, wanted.span, log)
        return
    fields = {other.name.value: other for other in struct.fields if other.name}
    counting = find_field(struct, Spot(wanted.value, wanted.span), fields, log)
    if counting is None:
        return
    assert counting.name
    fault = _cannot_count(counting)
    if fault:
        note = Note(f"{counting.label} is declared here", counting.name.span)
        message = f"{counting.label} {fault}: it cannot tell a number of elements"
        help = "name an earlier u8, u16, u32 or u64 with nothing but its name"
        log.error("SF065", wanted.span, message, notes=[note], help=help)
        return
    assert counting.type
    if array.maximum:
        fits(array.maximum, 8 * ir.BUILTIN_SIZES[counting.type.value], counting.label, log)
    _check_not_deciding(struct, counting, log)


def _cannot_count(counting: ir.Field) -> str:
    """Why `counting` cannot tell a number of elements; empty when it can. That it stands before
    them follows from their place at the end."""
    if counting.type is None or counting.type.value not in ir.BUILTIN_SIZES:
        return "is no plain number"
    keys = {"minimum": "min", "maximum": "max"}
    for key in ("const", "derive", "default", "minimum", "maximum", "view", "when"):
        if getattr(counting, key):
            return f"has {keys.get(key, key)}"
    return "is secret" if counting.secret else ""


def _check_not_deciding(struct: ir.StructType, counting: ir.Field, log: Log) -> None:
    """A builder knows the number of elements last; nothing depends on it."""
    assert counting.name
    for field in struct.fields:
        if field.when and field.when.field.value == counting.name.value:
            note = Note(f"{counting.label} is declared here", counting.name.span)
            message = f"{counting.label} tells a number of elements and decides nothing else"
            span = field.when.field.span
            log.error("SF061", span, message, notes=[note], help="name another field")


def _check_element(program: ir.Program, array: ir.Array, visible: Types, log: Log) -> None:
    _need_fixed(array.of, visible, log)
    versioned = _versioned(program, visible.get(array.of.value))
    if versioned:
        note = Note("its versions", versioned.axis.span if versioned.axis else versioned.name.span)
        message = f'"{array.of.value}" has versions: it cannot be an element'
        help = "an element has one form"
        log.error("SF064", array.of.span, message, notes=[note], help=help)


def _versioned(program: ir.Program, kind: ir.Type | None) -> ir.StructType | None:
    """`kind`, or what it holds, if it has versions. Circles have been reported."""
    open_ = [kind] if isinstance(kind, ir.StructType) else []
    seen: set[str] = set()
    while open_:
        struct = open_.pop()
        if struct.axis:
            return struct
        if struct.name.value not in seen:
            seen.add(struct.name.value)
            visible = program.visible_types(program.home(struct))
            held = (held_by(field, visible) for field in struct.fields)
            open_ += [inner for inner in held if inner]
    return None


def _need_fixed(wanted: Spot[str] | None, visible: Types, log: Log) -> None:
    kind = visible.get(wanted.value) if wanted else None
    if wanted and isinstance(kind, ir.StructType) and kind.elastic:
        note = Note("what varies", kind.elastic.span)
        message = f'"{wanted.value}" has no fixed size'
        help = "only a structure of fixed size can stand here"
        log.error("SF064", wanted.span, message, notes=[note], help=help)


def _check_place(struct: ir.StructType, elastic: ir.Field, log: Log) -> None:
    behind = [f for f in struct.fields if f.at.value >= elastic.at.value and f is not elastic]
    if behind:
        last = max(behind, key=lambda field: field.at.value)
        note = Note(f"{elastic.label} has no fixed size", elastic.span)
        message = f"{last.label} stands behind an array of no fixed size"
        help = "such an array is the last field, and the only one"
        log.error("SF063", last.span, message, notes=[note], help=help)
    if struct.axis:
        note = Note(f"{elastic.label} has no fixed size", elastic.span)
        message = f'"{struct.name.value}" has versions and an array of no fixed size'
        log.error("SF063", struct.axis.span, message, notes=[note], help="give up one of the two")


def _check_derived(struct: ir.StructType, log: Log) -> None:
    assert struct.elastic and struct.elastic.name
    for field in struct.fields:
        if field.derive and field.derive.value in ("sizeof", f"len({struct.elastic.name.value})"):
            note = Note(f"{struct.elastic.label} has no fixed size", struct.elastic.span)
            message = f"{field.derive.value} is no constant here"
            help = "a derived size is fixed"
            log.error("SF064", field.derive.span, message, notes=[note], help=help)
