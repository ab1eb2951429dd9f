"""Numbers: constants, defaults, limits and enum values fit what holds them."""

from __future__ import annotations

from .. import ir
from ..diagnostics import Log
from ..shapes import Spot, near_miss


def check_values(program: ir.Program, log: Log) -> None:
    for module in program.modules.values():
        visible = program.visible_types(module)
        for enum in module.enums:
            for value in enum.values:
                _check_fits(value.number, enum.size * 8, f'"{enum.name.value}"', log)
        for bitfield in module.bitfields:
            for bit in bitfield.bits:
                if bit.const:
                    _check_fits(bit.const, bit.high - bit.low + 1, "the bits", log)
        for struct in module.structs:
            for field in struct.fields:
                _check_field(field, visible, log)


def _check_field(field: ir.Field, visible: dict[str, ir.Type], log: Log) -> None:
    if field.type is None:
        for given in (field.const, field.default):
            if given and field.size:
                _check_bytes(given, field.size.value, log)
        return
    kind = visible.get(field.type.value)
    if isinstance(kind, ir.StructType):
        for name in ("const", "default", "derive", "minimum", "maximum", "view"):
            given = getattr(field, name)
            if given:
                log.error("SF042", given.span, f'"{_key(name)}" needs a number, not a structure')
        return
    size = ir.BUILTIN_SIZES.get(field.type.value) or (kind.size if kind else None)
    if size is None:
        return
    literals = [field.const, field.default, field.minimum, field.maximum]
    numbers = [number_of(given, kind, log) if given else None for given in literals]
    for given, number in zip(literals, numbers, strict=True):
        if given and number is not None:
            _check_fits(Spot(number, given.span), size * 8, field.label, log)
    _check_limits(field, numbers, log)
    if field.const and (field.default or field.derive):
        other = field.default or field.derive
        assert other
        log.error("SF016", other.span, f"{field.label} is constant: it has no other value")


def _key(name: str) -> str:
    return {"minimum": "min", "maximum": "max"}.get(name, name)


def _check_limits(field: ir.Field, numbers: list[int | None], log: Log) -> None:
    _, default, low, high = numbers
    if low is not None and high is not None and low > high:
        assert field.maximum
        log.error("SF040", field.maximum.span, f"max {high} is less than min {low}")
    elif (
        default is not None
        and field.default
        and (default < (low or 0) or (high is not None and default > high))
    ):
        message = f"default {default} is outside min and max"
        log.error("SF040", field.default.span, message)


def number_of(given: Spot[ir.Literal] | Spot[int], kind: ir.Type | None, log: Log) -> int | None:
    """The number that `given` writes: itself, or the value of an enum's name."""
    if isinstance(given.value, int):
        return given.value
    if isinstance(kind, ir.EnumType):
        names = {value.name.value: value.number.value for value in kind.values}
        if given.value in names:
            return names[given.value]
        message = f'"{given.value}" is no value of "{kind.name.value}"'
        log.error("SF034", given.span, message, help=near_miss(given.value, names))
    elif given.value[:1].isdigit():
        help = "numbers are decimal without leading zeros (18) or hexadecimal (0x12)"
        log.error("SF008", given.span, f'ambiguous number "{given.value}"', help=help)
    else:
        log.error("SF012", given.span, f'expected a number, got "{given.value}"')
    return None


def _check_fits(number: Spot[int], bits: int, holder: str, log: Log) -> None:
    if number.value >> bits:
        message = f"{number.value:#x} does not fit in {holder} ({bits} bits)"
        log.error("SF040", number.span, message, help=f"the greatest is {(1 << bits) - 1:#x}")


def _check_bytes(given: Spot[ir.Literal], size: int, log: Log) -> None:
    try:
        length = len(bytes.fromhex(str(given.value)))
    except ValueError:
        message = f'expected {size} bytes in hexadecimal, got "{given.value}"'
        log.error("SF012", given.span, message)
        return
    if length != size:
        log.error("SF040", given.span, f"{length} bytes given for {size}")
