"""Single values as JSON has them -> the bytes of a field.

A bit field may be given by its number, by its parts, or by both; parts that contradict their number
are refused, so that an edit is never silently lost. Parts alone make the whole number: reserved
bits are then as they must be.
"""

from __future__ import annotations

from .errors import FormatError
from .fields import SECRET, Refused, near, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .bits import Bits
    from .fields import Enum, Field
    from .record import Record


def encode(cls: type[Record], field: Field, value: Any) -> bytes:
    """The bytes of a field that is no record, from `value`, plain or as JSON has it.

    Limits do not count: what was read may break them, and JSON must be able to carry it. Raises
    FormatError.
    """
    try:
        refuse_redacted(value)
        if field.kind == "uint":
            number = _secret(field, value) if field.secret else _scalar(field, value)
            field.check(number, limits=False)
            return field.to_bytes(int(number))
        own = from_hex(value)
        field.check(own)
        return own
    except Refused as refused:
        shown = value if isinstance(value, (int, bytes)) else None
        raise FormatError(
            cls.NAME, field.name, field.offset, field.public(shown), str(refused)
        ) from None


def from_hex(value: Any) -> bytes:
    if isinstance(value, str):
        try:
            return bytes.fromhex(value)
        except ValueError:
            raise Refused("expected hexadecimal digits") from None
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    raise Refused(f"expected bytes in hexadecimal, got {type_name(value)}")


def _is_mapping(value: Any) -> bool:
    """Whether `value` is an object of JSON; a bit field may have a bit named keys."""
    return hasattr(value, "keys") and not isinstance(value, int)


def _secret(field: Field, value: Any) -> int:
    """Like _scalar, whose reasons for a refusal quote what was given."""
    try:
        return _scalar(field, value)
    except Refused:
        raise Refused(f"is no {field.type} as JSON has it (it is secret)") from None


def _scalar(field: Field, value: Any) -> int:
    if not _is_mapping(value):
        return _int(value, field.enum)
    if field.enum is not None:
        return _enum(field.enum, value)
    if field.bits is not None:
        return _bits(field.bits, value)
    if field.view is not None:
        kinds = {kind.NAME: kind for kind in field.view[1].values()}
        layout = value.get("layout")
        if layout is None and value.keys() == {"value"}:
            return _int(value["value"])
        if layout not in kinds:
            raise Refused(f'expected a "layout" of {" or ".join(kinds)}, or "value" alone')
        return _bits(kinds[layout], {key: value[key] for key in value if key != "layout"})
    raise Refused("expected a number, got an object")


def _int(value: Any, enum: type[Enum] | None = None) -> int:
    if isinstance(value, str):
        text = value.strip()
        digits = text[2:] if text[:2].lower() == "0x" else text
        if len(text) <= 40 and digits.isascii() and digits.isalnum():
            try:
                return int(text, 16 if digits is not text else 10)
            except ValueError:
                pass
        if enum is not None:
            return enum.number_of(value)
        raise Refused("expected a number, decimal or with 0x")
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise Refused(f"expected a number, got {type_name(value)}")
    return int(value)


def _enum(enum: type[Enum], given: Mapping[str, Any]) -> int:
    if not given or given.keys() - {"value", "name"}:
        raise Refused('expected "value" and "name"')
    name = given.get("name")
    if "value" not in given:
        return _int(name, enum)
    number = _int(given["value"])
    if name is not None and name != enum.name_of(number):
        raise Refused(f"is named {name!r}, but {number:#x} is {enum.name_of(number)!r}")
    return number


def _bits(kind: type[Bits], given: Mapping[str, Any]) -> int:
    known = {bit.name: bit for bit in kind.BITS if bit.name}
    unknown = [name for name in given if name != "value" and name not in known]
    if unknown:
        raise Refused(f"has no bits named {unknown[0]!r}{near(unknown[0], known)}")
    parts = {name: _part(given[name], known[name].enum) for name in given if name != "value"}
    if "value" not in given:
        try:
            return kind.from_bits(**parts)
        except FormatError as error:
            raise Refused(f"{error.field} {error.reason}") from None
    number = _int(given["value"])
    for name, part in parts.items():
        if part != known[name].of(number):
            reason = (
                f"says {name} is {part}, but its value {number:#x} has {known[name].of(number)}"
            )
            raise Refused(f"{reason}; change the value, or leave it out")
    return number


def _part(value: Any, enum: type[Enum] | None) -> int:
    if isinstance(value, bool):
        return int(value)
    if _is_mapping(value):
        return _enum(enum, value) if enum is not None else _int(None)
    return _int(value, enum)


def refuse_redacted(value: Any) -> None:
    """Raise Refused for what `to_dict` writes in place of a secret."""
    if isinstance(value, str) and value == SECRET:
        raise Refused("is redacted: give its value, or decode again with its secrets shown")
