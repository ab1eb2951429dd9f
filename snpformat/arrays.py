"""Arrays: structures of one kind, one after the other, and the records that end in some of them.

A record keeps an array as one byte string; its elements become records when they are asked for.
What ends an array of no fixed size stands in its field: a count that stands before it, an element
that is all zero, or the end of the bytes. `extent` reads that for `parse` and `parse_prefix` alike.
"""

from __future__ import annotations

from .errors import FormatError
from .fields import count, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    from .fields import Field
    from .record import Record, VariableRecord

    R = TypeVar("R", bound=Record)


def elements(kind: type[R], raw: bytes) -> tuple[R, ...]:
    """The records that `raw` holds: whole ones, which `parse` has seen."""
    return tuple(kind.parse(raw[at : at + kind.SIZE]) for at in range(0, len(raw), kind.SIZE))


def check_elements(cls: type[Record], name: str, raw: bytes) -> None:
    """Refuse what an element of the array `name` refuses; errors tell their place in `cls`."""
    field, kind = _array(cls, name)
    for index, at in enumerate(range(0, len(raw), kind.SIZE)):
        try:
            kind.parse(raw[at : at + kind.SIZE])
        except FormatError as inner:
            raise inner.inside(cls.NAME, field.element(index)) from None


def joined(cls: type[Record], name: str, given: Any) -> bytes:
    """The bytes of the records `given` for the array `name`. Raises FormatError.

    An array of fixed size is filled up with all-default elements.
    """
    field, kind = _array(cls, name)
    most = field.count if isinstance(field.count, int) else field.maximum
    assert most is not None
    try:
        records = iter(given)
    except TypeError:
        reason = f"expected records of {kind.__name__}, got {type_name(given)}"
        raise FormatError(cls.NAME, name, field.offset, None, reason) from None
    parts: list[bytes] = []
    for index, record in enumerate(records):
        place = field.element(index)
        if not isinstance(record, kind):
            reason = f"expected {kind.__name__}, got {type_name(record)}"
            raise FormatError(cls.NAME, place.name, place.offset, None, reason)
        if index == most:
            reason = f"is more than the {count(most, 'element')} there is room for"
            raise FormatError(cls.NAME, place.name, place.offset, None, reason)
        parts.append(record.build())
        if field.stop == "zero" and not any(parts[-1]):
            reason = "is all zero, which would end the array"
            raise FormatError(cls.NAME, place.name, place.offset, None, reason)
    if isinstance(field.count, int):
        parts += [kind().build()] * (field.count - len(parts))
    return b"".join(parts)


def _array(cls: type[Record], name: str) -> tuple[Field, type[Record]]:
    field = cls.field(name)
    assert field.of is not None
    return field, field.of


def divide(cls: type[VariableRecord], data: Any) -> tuple[bytes, bytes]:
    """`data` as the fixed part and the elements of a record, which fill it exactly.

    Raises FormatError.
    """
    raw = as_bytes(cls, data)
    used = extent(cls, raw)
    if used < len(raw):
        reason = f"{count(len(raw) - used, 'byte')} too many ({cls.NAME} takes {used} bytes)"
        raise FormatError(cls.NAME, None, used, len(raw), reason)
    field = cls.FIELDS[-1]
    assert field.of is not None
    end = used - field.of.SIZE if field.stop == "zero" else used
    return raw[: cls.SIZE], raw[cls.SIZE : end]


def as_bytes(cls: type[VariableRecord], data: Any) -> bytes:
    """A copy of `data`. Raises FormatError for what is no buffer."""
    try:
        return bytes(memoryview(data))
    except (TypeError, ValueError, BufferError):
        reason = f"expected bytes, got {type_name(data)}"
        raise FormatError(cls.NAME, None, None, None, reason) from None


def extent(cls: type[VariableRecord], raw: bytes) -> int:
    """How many bytes of `raw`, from its start, are the record. Raises FormatError."""
    field = cls.FIELDS[-1]
    assert field.of is not None
    assert field.maximum is not None
    size, most = field.of.SIZE, field.maximum
    if len(raw) < cls.SIZE:
        raise _cut(cls, raw, f"takes at least {count(cls.MIN_SIZE, 'byte')}")
    if isinstance(field.count, str):
        counting = cls.field(field.count)
        number = counting.number(raw[counting.offset : counting.end])
        if number > most:
            reason = f"{number:#x} is more than the {most} that {field.name} may have"
            raise FormatError(cls.NAME, counting.name, counting.offset, number, reason)
    elif field.stop == "zero":
        number = 1 + _until_zero(cls, raw, size, most)
    else:
        number = min(-(-(len(raw) - cls.SIZE) // size), most)
    used = cls.SIZE + number * size
    if used > len(raw):
        raise _cut(cls, raw, f"takes {count(used, 'byte')}")
    return used


def _until_zero(cls: type[VariableRecord], raw: bytes, size: int, most: int) -> int:
    """The number of elements before the one that is all zero."""
    field = cls.FIELDS[-1]
    for number in range(most + 1):
        at = cls.SIZE + number * size
        own = raw[at : at + size]
        if len(own) < size:
            raise _cut(cls, raw, "ends with an element that is all zero")
        if not any(own):
            return number
    reason = f"none of the first {most + 1} elements is the all-zero one that ends them"
    raise FormatError(cls.NAME, field.name, field.offset, most + 1, reason)


def _cut(cls: type[VariableRecord], raw: bytes, needs: str) -> FormatError:
    """`raw` ends too early: in which field, or in which element."""
    *fixed, array = cls.FIELDS
    assert array.of is not None
    place = next((field for field in fixed if field.end > len(raw)), None)
    place = place or array.element((len(raw) - cls.SIZE) // array.of.SIZE)
    reason = f"the data ends after {count(len(raw), 'byte')} ({cls.NAME} {needs})"
    return FormatError(cls.NAME, place.name, place.offset, len(raw), reason)


def sizes_of(cls: type[Record]) -> range:
    """Every length, in bytes, that a record of `cls` can have."""
    field = cls.FIELDS[-1]
    if not field.elastic:
        return range(cls.SIZE, cls.SIZE + 1)
    assert field.of is not None
    assert field.maximum is not None
    size = field.of.SIZE
    end = size if field.stop == "zero" else 0
    return range(cls.SIZE + end, cls.SIZE + end + field.maximum * size + 1, size)
