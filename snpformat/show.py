"""Records as text for people: the table of fields, and the bytes with the field each belongs to.

Plain ASCII. Secrets stay hidden unless they are asked for.
"""

from __future__ import annotations

from .errors import FormatError
from .fields import SECRET, count, nested
from .jsonform import view_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .bits import Bits
    from .fields import Enum, Field
    from .record import Record

_BYTES_A_LINE = 32
_NAME_WIDTH = 28


def title(record: Record) -> str:
    """One line: what it is, its version, its size."""
    parts = [record.NAME]
    if record.layout_version is not None:
        version = record[record.VERSION_FIELD or ""]
        parts.append(f"version {version}")
        if version != record.layout_version:
            parts.append(f"read like version {record.layout_version}")
    parts += [f"{axis} {told}" for axis in record.INFERS if (told := record.axis_value(axis))]
    return ", ".join([*parts, f"{len(record.build())} bytes"])


def table(record: Record, axes: Mapping[str, str], show_secrets: bool) -> Iterator[str]:
    """A line or more for every field that is there, and for reserved space that is not zero.

    `axes` is what the user knows, such as ``{"product": "milan"}``.
    """
    yield title(record)
    yield from _rows(record, 0, "  ", axes, show_secrets)


def _rows(
    record: Record, base: int, indent: str, axes: Mapping[str, str], show_secrets: bool
) -> Iterator[str]:
    raw = record.build()
    for field, here in record.layout():
        place = f"{indent}{base + field.offset:#05x}  "
        own = raw[field.offset : field.end]
        if not here:
            if any(own):
                hidden = field.secret and not show_secrets
                yield from _lines(place, "(reserved)", [SECRET] if hidden else _hex_lines(own))
            continue
        name = field.name or ""
        value = record[name]
        if field.secret and not show_secrets:
            yield from _lines(place, name, [SECRET])
        elif field.record is not None:
            yield from _lines(place, name, [title(value)])
            yield from _rows(value, base + field.offset, indent + "  ", axes, show_secrets)
        elif field.of is not None:
            yield from _lines(place, name, [count(len(value), "element")])
            yield from _elements(record, field, base, indent + "  ", axes, show_secrets)
        elif field.kind == "bytes":
            yield from _lines(place, name, _hex_lines(own))
            if field.reads is not None and any(own):
                yield from _reading(field, own, base, indent, axes, show_secrets)
        else:
            yield from _lines(place, name, [_number(record, field, value, own, axes)])
            kind = field.bits or view_of(record, field, axes)
            if kind is not None:
                yield from _bit_rows(kind(value), " " * len(place) + "  ")


def _elements(
    record: Record,
    array: Field,
    base: int,
    indent: str,
    axes: Mapping[str, str],
    show_secrets: bool,
) -> Iterator[str]:
    """The elements of an array; those at its end that are all zero in one line."""
    found = [*nested(record, array)]
    filled = len(found)
    while filled and not any(found[filled - 1][1].build()):
        filled -= 1
    for field, element in found[:filled]:
        place = f"{indent}{base + field.offset:#05x}  "
        yield from _lines(place, field.name or "", [title(element)])
        yield from _rows(element, base + field.offset, indent + "  ", axes, show_secrets)
    if filled < len(found):
        first = found[filled][0]
        place = f"{indent}{base + first.offset:#05x}  "
        names = f"{first.name}..[{len(found) - 1}]" if len(found) - filled > 1 else first.name
        yield from _lines(place, names or "", ["all zero"])


def _reading(
    field: Field, own: bytes, base: int, indent: str, axes: Mapping[str, str], show_secrets: bool
) -> Iterator[str]:
    """The structure that a byte string can be read as, where it is one."""
    assert field.reads is not None
    try:
        record = field.reads.parse(own)
    except FormatError:
        return
    yield f"{indent}       as {title(record)}"
    yield from _rows(record, base + field.offset, indent + "  ", axes, show_secrets)


def _lines(place: str, name: str, values: list[str]) -> Iterator[str]:
    first, *rest = values
    yield f"{place}{name:<{_NAME_WIDTH - 1}} {first}".rstrip()
    for value in rest:
        yield " " * (len(place) + _NAME_WIDTH) + value


def _hex_lines(raw: bytes) -> list[str]:
    if len(raw) > _BYTES_A_LINE // 2 and not any(raw):
        return [f"{len(raw)} zero bytes"]
    return [raw[at : at + _BYTES_A_LINE].hex() for at in range(0, len(raw), _BYTES_A_LINE)]


def _number(record: Record, field: Field, value: int, own: bytes, axes: Mapping[str, str]) -> str:
    if field.enum is not None:
        return _named(value, field.enum)
    if field.view is not None and view_of(record, field, axes) is None:
        axis = field.view[0]
        known = record.axis_value(axis) or axes.get(axis)
        why = f"no layout for {axis} {known}" if known else f"{axis} unknown"
        return f"raw bytes {own.hex()} ({why})"
    return hex(value) if field.hex else str(int(value))


def _named(value: int, enum: type[Enum]) -> str:
    number = str(value) if value < 10 else hex(value)
    return f"{number} ({enum.name_of(value) or 'unknown'})"


def _bit_rows(value: Bits, indent: str) -> Iterator[str]:
    width = _NAME_WIDTH - 3
    for bit in value.BITS:
        own = bit.of(value)
        if bit.name:
            if bit.enum is not None:
                text = _named(own, bit.enum)
            else:
                text = str(own) if bit.high > bit.low else ("yes" if own else "no")
            yield f"{indent}{bit.name:<{width}} {text}"
        elif own != (bit.const or 0):
            place = f"bit {bit.low}" if bit.low == bit.high else f"bits {bit.high}:{bit.low}"
            must = f", must be {bit.const}" if bit.const is not None else ""
            yield f"{indent}{place + ' (reserved)':<{width}} {own:#x}{must}"


# Neighbouring fields differ in colour; reserved space is dim.
_COLOURS = ("36", "33", "32", "35", "34", "31")
_DIM = "2"


def hexdump(record: Record, show_secrets: bool, colour: bool) -> Iterator[str]:
    """The bytes, at most 16 a line, each line with the field that its bytes belong to."""
    raw = record.build()
    for index, (offset, size, name, secret) in enumerate(_leaves(record, 0, "")):
        code = _COLOURS[index % len(_COLOURS)] if name else _DIM
        for start in range(offset, offset + size, 16):
            piece = raw[start : min(start + 16, offset + size)]
            shown = "**" * len(piece) if secret and not show_secrets else piece.hex()
            pairs = " ".join(shown[at : at + 2] for at in range(0, len(shown), 2))
            label = (name or "(reserved)") if start == offset else ""
            line = f"{start:04x}  {pairs:<47}  {label}".rstrip()
            yield f"\x1b[{code}m{line}\x1b[0m" if colour else line


def _leaves(record: Record, base: int, prefix: str) -> Iterator[tuple[int, int, str, bool]]:
    """Offset, size, name (empty when reserved) and secrecy of every part without parts."""
    for field, here in record.layout():
        name = f"{prefix}{field.name}" if here else ""
        if here and field.record is not None and not field.secret:
            yield from _leaves(record[field.name or ""], base + field.offset, f"{name}.")
        elif here and field.of is not None:
            end = field.offset
            for place, element in nested(record, field):
                yield from _leaves(element, base + place.offset, f"{prefix}{place.name}.")
                end = place.end
            if end < field.end:
                yield base + end, field.end - end, f"{name} (end)", False
        else:
            yield base + field.offset, field.size, name, field.secret
