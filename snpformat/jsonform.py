"""Records -> plain values for JSON; assemble.py is the way back.

Numbers of up to 32 bits are numbers, wider ones strings (JavaScript
would round them); byte strings are hexadecimal; an enum is its number and name; a bit field is its
number in hexadecimal and its parts beside it.
"""

from __future__ import annotations

from .fields import SECRET
from .reserved import loose_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .bits import Bits
    from .fields import Field
    from .record import Record


def to_dict(record: Record, show_secrets: bool, axes: Mapping[str, str]) -> dict[str, Any]:
    """See Record.to_dict."""
    found: dict[str, Any] = {"format": record.NAME}
    if record.layout_version is not None:
        found["layout_version"] = record.layout_version
    for field, here in record.layout():
        if here and field.name:
            hidden = field.secret and not show_secrets
            found[field.name] = SECRET if hidden else _value(record, field, show_secrets, axes)
    loose = {
        hex(field.offset): SECRET if field.secret and not show_secrets else raw.hex()
        for field, raw in loose_bytes(record)
    }
    if loose:
        found["reserved"] = loose
    return found


def _value(record: Record, field: Field, show_secrets: bool, axes: Mapping[str, str]) -> Any:
    value = record[field.name or ""]
    if isinstance(value, bytes):
        return value.hex()
    if field.record is not None:
        return to_dict(value, show_secrets, axes)
    if field.of is not None:
        return [to_dict(element, show_secrets, axes) for element in value]
    number = _number(value, field.size, field.hex)
    if field.enum is not None:
        return {"value": number, "name": field.enum.name_of(value)}
    if field.bits is not None:
        return {"value": hex(value), **_parts(field.bits(value))}
    if field.view is not None:
        kind = view_of(record, field, axes)
        layout = {"layout": kind.NAME, **_parts(kind(value))} if kind else {}
        return {"value": hex(value), **layout}
    return number


def _number(value: int, size: int, hexadecimal: bool) -> int | str:
    """32 bits and less as a number, more as text."""
    if size <= 4:
        return int(value)
    return hex(value) if hexadecimal else str(int(value))


def _parts(bits: Bits) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    for bit in bits.BITS:
        if bit.name:
            value = getattr(bits, bit.name)
            if bit.enum is not None:
                parts[bit.name] = {"value": value, "name": bit.enum.name_of(value)}
            elif isinstance(value, bool):
                parts[bit.name] = value
            else:
                parts[bit.name] = _number(value, (bit.high - bit.low) // 8 + 1, False)
    return parts


def view_of(record: Record, field: Field, axes: Mapping[str, str]) -> type[Bits] | None:
    """The bit field that reads `field`: by what the record tells, else by `axes`; None unknown."""
    if field.view is None:
        return None
    axis, kinds = field.view
    told = record.axis_value(axis)
    return kinds.get(told or axes.get(axis) or "")
