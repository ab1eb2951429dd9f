"""Numbers: constants, defaults, limits and enum values fit what holds them."""

from __future__ import annotations

from .. import ir
from ..diagnostics import Log, Note
from ..source import shorten
from ..words import Spot, listed, near_miss, refuse_ambiguous
from .scope import Types, kind_of


def check_values(program: ir.Program, log: Log) -> None:
    for module in program.modules.values():
        visible = program.visible_types(module)
        for enum in module.enums:
            _check_enum(enum, log)
        for bitfield in module.bitfields:
            for bit in bitfield.bits:
                if bit.const:
                    fits(bit.const, bit.high - bit.low + 1, "the bits", log)
        for struct in module.structs:
            for field in struct.fields:
                _check_field(field, visible, log)


def _check_enum(enum: ir.EnumType, log: Log) -> None:
    """One report for all values that are too great: the repr may be what is wrong."""
    bits = enum.size * 8
    wrong = [value.number for value in enum.values if value.number.value >> bits]
    if wrong:
        message = f'{_hex(wrong[0].value)} does not fit in "{enum.name.value}" ({bits} bits)'
        notes = [Note("nor does this", number.span) for number in wrong[1:10]]
        notes.append(Note(f"{bits} bits", enum.repr.span))
        help = f"the greatest is {(1 << bits) - 1:#x}"
        log.error("SF040", wrong[0].span, message, notes=notes, help=help)


def _check_field(field: ir.Field, visible: Types, log: Log) -> None:
    kind = kind_of(field, visible)
    if isinstance(kind, ir.StructType):
        _refuse_on_structure(field, log)
        return
    _check_single(field, log)
    if field.type is None:
        for given in (field.const, field.default):
            if given and field.size:
                _check_bytes(given, field.size.value, log)
        return
    size = ir.BUILTIN_SIZES.get(field.type.value) or (kind.size if kind else None)
    if size is None:
        return
    if isinstance(kind, ir.BitsType) and (field.minimum or field.maximum):
        given = field.minimum or field.maximum
        assert given
        message = f"{field.label} is made of bits: it has no least or greatest value"
        log.error("SF042", given.span, message, help="remove min and max")
        return
    numbers = []
    for given in (field.const, field.default, field.minimum, field.maximum):
        number = number_of(given, kind, log) if given else None
        if (
            given
            and number is not None
            and not fits(Spot(number, given.span), size * 8, field.label, log)
        ):
            number = None
        numbers.append(number)
    _check_limits(field, numbers, log)


def _refuse_on_structure(field: ir.Field, log: Log) -> None:
    for key in ("const", "default", "derive", "minimum", "maximum", "view"):
        given = getattr(field, key)
        if given:
            name = {"minimum": "min", "maximum": "max"}.get(key, key)
            message = f'"{name}" needs a number, not a structure'
            help = "give it to a field of the structure"
            log.error("SF042", given.span, message, help=help)


def _check_single(field: ir.Field, log: Log) -> None:
    """A constant and a derived field have one value, and no other is said."""
    others = (field.derive, field.default) if field.const else (field.default,)
    what = "constant" if field.const else "derived" if field.derive else None
    first = field.const or field.derive
    if what is None or first is None:
        return
    for other in others:
        if other:
            note = Note("its value is given here", first.span)
            message = f"{field.label} is {what}: it has no other value"
            log.error("SF016", other.span, message, notes=[note], help="remove one of the two")


def _check_limits(field: ir.Field, numbers: list[int | None], log: Log) -> None:
    const, default, low, high = numbers
    if low is not None and high is not None and low > high:
        assert field.maximum and field.minimum
        note = Note("min is given here", field.minimum.span)
        message = f"max {_hex(high)} is less than min {_hex(low)}"
        log.error("SF040", field.maximum.span, message, notes=[note], help="exchange the two")
        return
    for name, given, number in (
        ("const", field.const, const),
        ("default", field.default, default),
    ):
        if given is None or number is None:
            continue
        limit = field.minimum if number < (low or 0) else field.maximum
        if limit and (number < (low or 0) or (high is not None and number > high)):
            note = Note("the limit", limit.span)
            message = f"{name} {_hex(number)} is outside min and max"
            help = "write one within the limits, or move them"
            log.error("SF040", given.span, message, notes=[note], help=help)


def number_of(given: Spot[ir.Literal] | Spot[int], kind: ir.Type | None, log: Log) -> int | None:
    """The number that `given` writes: itself, or the value of an enum's name."""
    if isinstance(kind, ir.EnumType):
        return _enum_number(given, kind, log)
    if isinstance(given.value, int):
        return given.value
    if given.value[:1].isdigit():
        refuse_ambiguous(given.value, given.span, log)
    else:
        message = f'expected a number, got "{shorten(given.value)}"'
        log.error("SF012", given.span, message, help="only an enum has names for its values")
    return None


def _enum_number(given: Spot[ir.Literal] | Spot[int], enum: ir.EnumType, log: Log) -> int | None:
    names = {value.name.value: value.number.value for value in enum.values}
    if isinstance(given.value, int):
        if not enum.closed or enum.broken or given.value in names.values():
            return given.value
    elif given.value in names:
        return names[given.value]
    elif given.value[:1].isdigit():
        refuse_ambiguous(given.value, given.span, log)
        return None
    if not enum.broken:  # else it may be the value that could not be read
        note = Note("defined here", enum.name.span)
        message = f'"{shorten(str(given.value))}" is no value of "{enum.name.value}"'
        help = near_miss(str(given.value), names) or f"known: {listed(names)}"
        log.error("SF034", given.span, message, notes=[note], help=help)
    return None


def fits(number: Spot[int], bits: int, holder: str, log: Log) -> bool:
    """Whether `number` is one of `bits` bits; reports it otherwise."""
    if number.value >> bits == 0:
        return True
    message = f"{_hex(number.value)} does not fit in {holder} ({bits} bits)"
    log.error("SF040", number.span, message, help=f"the greatest is {(1 << bits) - 1:#x}")
    return False


def _hex(number: int) -> str:
    return shorten(f"{number:#x}")


def _check_bytes(given: Spot[ir.Literal], size: int, log: Log) -> None:
    help = f"{2 * size} hexadecimal digits are needed"
    try:
        length = len(bytes.fromhex(str(given.value)))
    except ValueError:
        message = f'expected {size} bytes in hexadecimal, got "{shorten(str(given.value))}"'
        log.error("SF012", given.span, message, help=help)
        return
    if length != size:
        log.error("SF040", given.span, f"{length} bytes given for {size}", help=help)
