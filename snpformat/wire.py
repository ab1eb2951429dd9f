"""What generated formats stand on: the base classes, and the helpers that their code calls.

The helpers are the slow ends of generated methods: they find out which field is at fault, or what
a parameter that not every layout has becomes.
"""

from __future__ import annotations

import struct

from .arrays import check_elements, divide, elements, joined
from .bits import Bits
from .errors import FormatError
from .fields import Bit, Enum, Field, Refused, count, type_name
from .ioctls import Ioctl
from .record import Record, VariableRecord, VersionedRecord
from .reserved import settle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable as Iterable, Mapping
    from typing import Any, TypeVar

    from typing_extensions import Buffer as Buffer

    from .reserved import Reserved as Reserved

    R = TypeVar("R", bound=Record)

__all__ = [
    "MALFORMED", "Bit", "Bits", "Enum", "Field", "Ioctl", "Record", "VariableRecord",
    "VersionedRecord", "assumed_version", "check_elements", "choose", "divide", "elements", "gated",
    "gated_part", "joined", "known_version", "parse_part", "part", "refused_bytes", "settle",
    "shared", "size_error", "value_error",
]  # fmt: skip

# What struct raises for data or values that do not fit.
MALFORMED = (struct.error, TypeError, ValueError, BufferError)


def size_error(cls: type[Record], data: Any) -> FormatError:
    """Why `data` could not be unpacked: it is no buffer, or its length is wrong."""
    try:
        raw = bytes(memoryview(data))
    except (TypeError, ValueError, BufferError):
        reason = f"expected {cls.SIZE} bytes, got {type_name(data)}"
        return FormatError(cls.NAME, None, None, None, reason)
    needs = f"{cls.NAME} takes {cls.SIZE} bytes"
    if len(raw) > cls.SIZE:
        more = len(raw) - cls.SIZE
        reason = f"{more} byte{'s' if more > 1 else ''} too many ({needs})"
        return FormatError(cls.NAME, None, cls.SIZE, len(raw), reason)
    if len(raw) == cls.SIZE:
        reason = f"expected {cls.SIZE} bytes in one piece, got some that lie scattered"
        return FormatError(cls.NAME, None, None, None, reason)
    version = _peek_version(cls, raw)
    cut = next(f for f in cls.FIELDS if f.end > len(raw) and _surely_in(f, version))
    reason = f"the data ends after {count(len(raw), 'byte')} ({needs})"
    return FormatError(cls.NAME, cut.name, cut.offset, len(raw), reason)


def _peek_version(cls: type[Record], raw: bytes) -> int | None:
    if cls.VERSION_FIELD is None:
        return None
    field = cls.field(cls.VERSION_FIELD)
    version = field.number(raw[field.offset : field.end]) if field.end <= len(raw) else None
    return version if version in cls.VERSIONS else None


def _surely_in(field: Field, version: int | None) -> bool:
    """Whether `field` is there; without a version, whether it may be: then the first one counts."""
    return version is None or field.in_version(version)


def assumed_version(cls: type[Record], version: int, assume_version: int | None) -> int:
    """The layout for a `version` that is not known: the assumed one. Raises FormatError."""
    assert cls.VERSION_FIELD is not None
    field = cls.field(cls.VERSION_FIELD)
    known = ", ".join(map(str, cls.VERSIONS))
    if assume_version is None:
        reason = f"unknown version {version} ({version:#x}); known: {known} (or assume one of them)"
    elif type(assume_version) is not int or assume_version not in cls.VERSIONS:
        reason = f"there is no layout for version {assume_version!r} to assume; known: {known}"
    else:
        return assume_version
    raise FormatError(cls.NAME, field.name, field.offset, version, reason)


def known_version(cls: type[Record], version: int) -> int:
    """`version`, which a constructor was given, if it is known. Raises FormatError."""
    if hasattr(version, "__index__") and version in cls.VERSIONS:
        return int(version)
    assert cls.VERSION_FIELD is not None
    field = cls.field(cls.VERSION_FIELD)
    reason = f"unknown version {version!r}; known: {', '.join(map(str, cls.VERSIONS))}"
    raise FormatError(cls.NAME, field.name, field.offset, version, reason)


def value_error(cls: type[Record], given: Mapping[str, Any]) -> FormatError:
    """The first of the `given` values, by field name, that its field does not take."""
    for field in cls.FIELDS:
        name = field.name
        if (
            name is None
            or name not in given
            or field.kind in ("record", "array")
            or not _is_meant(cls, field, given)
        ):
            continue
        try:
            field.check(given[name])
        except Refused as refused:
            return refusal(cls, field, given[name], str(refused))
    # Something with an __index__ that is not equal to it.
    for field in cls.FIELDS:
        value = given.get(field.name or "", 0)
        if field.kind == "uint" and value != int(value):
            return refusal(cls, field, None, f"expected a number, got {type_name(value)}")
    raise AssertionError(f"{cls.NAME}: a value was refused that every field takes")


def _is_meant(cls: type[Record], field: Field, given: Mapping[Any, Any]) -> bool:
    """Whether a record of the `given` values has `field`."""
    if not field.in_version(given[cls.VERSION_FIELD] if cls.VERSION_FIELD else None):
        return False
    if field.when is None:
        return True
    name, value = field.when
    return bool(given.get(name, cls.field(name).const) == value)


def refused_bytes(cls: type[Record], data: Any, version: int | None = None) -> FormatError:
    """The first constant or closed field whose bytes in `data` hold another value."""
    raw = bytes(memoryview(data))
    for field in cls.FIELDS:
        if field.in_version(version):
            own = raw[field.offset : field.end]
            wrong = _refusal_of_bytes(field, own)
            if wrong:
                value = field.number(own) if field.kind == "uint" else own
                return refusal(cls, field, value, wrong)
    raise AssertionError(f"{cls.NAME}: bytes were refused that every field takes")


def _refusal_of_bytes(field: Field, own: bytes) -> str:
    if field.const is None and not (field.enum and field.enum.CLOSED):
        return ""
    try:
        # Limits bind builders only; a constant or closed field has none that matters.
        field.check(field.number(own) if field.kind == "uint" else own)
    except Refused as refused:
        return str(refused)
    return ""


def refusal(cls: type[Record], field: Field, value: object, reason: str) -> FormatError:
    """`reason` with the place, and without the value where it is secret."""
    return FormatError(cls.NAME, field.name, field.offset, field.public(value), reason)


def gated(cls: type[Record], name: str, value: Any, present: bool, default: Any) -> Any:
    """The value of a parameter that not every layout has; `default` when none is given.

    Raises FormatError when it is given and the field is not there.
    """
    if present:
        return default if value is None else value
    if value is None:
        return bytes(len(default)) if isinstance(default, bytes) else 0
    field = cls.field(name)
    raise refusal(cls, field, value, "is given, but " + _absence(field))


def _absence(field: Field) -> str:
    parts = []
    if field.since is not None:
        parts.append(f"begins with version {field.since}")
    if field.until is not None:
        parts.append(f"ends before version {field.until}")
    if field.when is not None:
        parts.append(f"is there only while {field.when[0]} is {field.when[1]:#x}")
    return " and ".join(parts)


def shared(cls: type[Record], version: int, start: int, end: int, /, **given: Any) -> bytes:
    """The bytes [start, end), which versions cut differently, from the fields of `version`.

    `given` are those fields, nested records as bytes, and the fields that decide over one of them.
    """
    raw = bytearray(end - start)
    known: dict[Any, Any] = {**given, cls.VERSION_FIELD: version}
    for field in cls.FIELDS:
        if field.name is None or field.offset < start or field.end > end:
            continue
        present = _is_meant(cls, field, known)
        value: Any = given.get(field.name, field.const)
        if field.const is None and field.record is None:
            value = gated(cls, field.name, value, present, field.default)
        if present:
            try:
                field.check(value)
            except Refused as refused:
                raise refusal(cls, field, value, str(refused)) from None
            own = field.to_bytes(int(value)) if field.kind == "uint" else bytes(value)
            raw[field.offset - start : field.end - start] = own
    return bytes(raw)


def part(cls: type[Record], name: str, kind: type[R], value: Any) -> R:
    """A nested record as a parameter: the default one when none is given. Raises FormatError."""
    if value is None:
        return kind()
    if not isinstance(value, kind):
        reason = f"expected {kind.__name__}, got {type_name(value)}"
        raise refusal(cls, cls.field(name), None, reason)
    return value


def gated_part(cls: type[Record], name: str, kind: type[R], value: Any, present: bool) -> R | None:
    """Like `part`, for one that is not always there: None then, and FormatError if it is given."""
    if present:
        return part(cls, name, kind, value)
    if value is not None:
        field = cls.field(name)
        raise refusal(cls, field, None, "is given, but " + _absence(field))
    return None


def parse_part(
    cls: type[Record], name: str, kind: type[R], data: bytes, assume_version: int | None
) -> R:
    """A nested record from its bytes; errors tell their place in the outer one."""
    try:
        return kind.parse(data, assume_version=assume_version)
    except FormatError as inner:
        raise inner.inside(cls.NAME, cls.field(name)) from None


def choose(record: Record, axis: str, asked: str | None, known: tuple[str, ...]) -> str | None:
    """The value of `axis` for a view: what the record tells, else what is `asked`, else None.

    Raises ValueError when `asked` is no value of the axis.
    """
    if asked is not None and asked not in known:
        raise ValueError(f"unknown {axis} {asked!r}; known: {', '.join(known)}")
    told = record.axis_value(axis)
    return asked if told is None else told
