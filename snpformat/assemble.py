"""Fields -> records: from JSON, and copies of a record with changes.

Works on the built bytes and the field table: start from the bytes of a record, put in what is
given, and parse. values.py says how a single value may be written in JSON.
"""

from __future__ import annotations

from . import values
from .arrays import joined
from .errors import FormatError
from .fields import Refused, near, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TypeVar

    from .fields import Field
    from .record import Record

    R = TypeVar("R", bound=Record)


def from_dict(cls: type[R], data: Mapping[str, Any]) -> R:
    """See Record.from_dict."""
    if not hasattr(data, "keys"):
        raise FormatError(cls.NAME, None, None, None, f"expected an object, got {type_name(data)}")
    if data.get("format", cls.NAME) != cls.NAME:
        reason = f"the data is in format {data['format']!r}"
        raise FormatError(cls.NAME, None, None, data["format"], reason)
    given = {key: data[key] for key in data if key not in ("format", "layout_version", "reserved")}
    _check_names(cls, given)
    layout_version = _layout_version(cls, data)
    raw, assumed = _write(cls._default(layout_version), layout_version, given, _from_json)
    _write_reserved(cls, raw, layout_version, data.get("reserved", {}))
    return cls.parse(bytes(raw), assume_version=assumed)


def replace(record: R, changes: Mapping[str, Any]) -> R:
    """See Record.replace."""
    cls = type(record)
    names = [field.name for field in cls.FIELDS if field.name]
    for name in changes:
        if name not in names:
            raise TypeError(f"{cls.NAME} has no field {name!r}{near(name, names)}")
    layout_version = record.layout_version
    version = cls.VERSION_FIELD
    if version is not None and version in changes and changes[version] != record[version]:
        layout_version = changes[version]
        if not hasattr(layout_version, "__index__") or layout_version not in cls.VERSIONS:
            field, known = cls.field(version), ", ".join(map(str, cls.VERSIONS))
            reason = f"unknown version {layout_version!r}; known: {known}"
            raise FormatError(cls.NAME, version, field.offset, layout_version, reason)
    raw, assumed = _write(record, layout_version, changes, _plain)
    if assumed is None and not changes.keys() & {cls.VERSION_FIELD}:
        assumed = assumed_by(record)
    return cls.parse(bytes(raw), assume_version=assumed)


def assumed_by(record: Record) -> int | None:
    """The version that was assumed anywhere in `record`; None when every version is known."""
    if record.VERSION_FIELD is not None and record[record.VERSION_FIELD] not in record.VERSIONS:
        return record.layout_version
    nested = (record[f.name or ""] for f, here in record.layout() if here and f.record)
    return next((found for found in map(assumed_by, nested) if found is not None), None)


def _forget(record: Record, raw: bytearray, layout_version: int | None) -> None:
    """Zero what `record` has and the layout of `layout_version` has no name for."""
    kept = [f for f in record.FIELDS if f.name and f.in_version(layout_version)]
    for field, here in record.layout():
        if here and field not in kept:
            for at in range(field.offset, field.end):
                if not any(other.offset <= at < other.end for other in kept):
                    raw[at] = 0


def _write_new(base: Record, raw: bytearray, layout_version: int | None) -> None:
    """Give defaults to the fields that `layout_version` has and `base` has not."""
    for field in base.FIELDS:
        if field.name is None or not field.in_version(layout_version):
            continue
        if not field.in_version(base.layout_version) or field.const is not None:
            raw[field.offset : field.end] = _default_bytes(field)


def _default_bytes(field: Field) -> bytes:
    if field.record is not None:
        return field.record().build()
    value = field.default if field.const is None else field.const
    return field.to_bytes(value) if isinstance(value, int) else value


def _check_names(cls: type[Record], given: Iterable[str]) -> None:
    names = [field.name for field in cls.FIELDS if field.name]
    for name in given:
        if name not in names:
            reason = f"has no field {name!r}{near(name, names)}"
            raise FormatError(cls.NAME, None, None, None, reason)


def _layout_version(cls: type[Record], data: Mapping[str, Any]) -> int | None:
    """The layout that `data` asks for: by its version, or named where that is not known."""
    named = data.get("layout_version")
    if cls.VERSION_FIELD is None:
        if named is not None:
            reason = "has one form only, and so no layout_version"
            raise FormatError(cls.NAME, None, None, named, reason)
        return None
    field = cls.field(cls.VERSION_FIELD)
    version = cls.VERSIONS[-1] if named is None else named
    if cls.VERSION_FIELD in data:
        version = field.number(values.encode(cls, field, data[cls.VERSION_FIELD]))
    known = ", ".join(map(str, cls.VERSIONS))
    if named is not None and (type(named) is not int or named not in cls.VERSIONS):
        reason = f"there is no layout_version {named!r}; known: {known}"
        raise FormatError(cls.NAME, field.name, field.offset, named, reason)
    if version in cls.VERSIONS:
        if named not in (None, version):
            reason = f"version {version} has a layout of its own, not layout_version {named}"
            raise FormatError(cls.NAME, field.name, field.offset, version, reason)
        return version
    if named is None:
        reason = f"unknown version {version}; known: {known} (or name one as layout_version)"
        raise FormatError(cls.NAME, field.name, field.offset, version, reason)
    assert type(named) is int
    return named


def _write(
    base: Record,
    layout_version: int | None,
    given: Mapping[str, Any],
    encode: Callable[[type[Record], Field, Any], bytes | Record],
) -> tuple[bytearray, int | None]:
    """The bytes of `base` with the `given` values, in the layout of `layout_version`.

    What `base` has and the result lacks becomes zero; what is new in the result gets its default;
    what was reserved and still is stays as it was. `encode` says what values may look like. The
    second value is the version that has to be assumed to read the result.
    """
    cls = type(base)
    raw = bytearray(base.build())
    if layout_version != base.layout_version:
        _forget(base, raw, layout_version)
        _write_new(base, raw, layout_version)
    was_there = {field.name for field, here in base.layout() if here}
    assumed = None
    for field in cls.FIELDS:
        name = field.name
        if name is None or not field.in_version(layout_version):
            if name is not None and name in given:
                reason = f"is given, but version {layout_version} has no such field"
                raise FormatError(cls.NAME, name, field.offset, field.public(given[name]), reason)
            continue
        if field.when is not None and not _decided(cls, raw, field.when):
            if name in given:
                reason = f"is given, but is there only while {field.when[0]} is {field.when[1]:#x}"
                raise FormatError(cls.NAME, name, field.offset, None, reason)
            if name in was_there:
                raw[field.offset : field.end] = bytes(field.size)
            continue
        if name in given:
            value = encode(cls, field, given[name])
            if not isinstance(value, bytes):
                assumed = assumed or assumed_by(value)
                value = value.build()
            raw[field.offset : None if field.elastic else field.end] = value
    _write_count(cls, raw, given)
    if cls.VERSION_FIELD is not None:
        version = cls.field(cls.VERSION_FIELD)
        if version.number(raw[version.offset : version.end]) not in cls.VERSIONS:
            assumed = layout_version
    return raw, assumed


def _write_count(cls: type[Record], raw: bytearray, given: Mapping[str, Any]) -> None:
    """Write the number of elements where a field tells it; one that is given has to be that."""
    array = cls.FIELDS[-1]
    if not isinstance(array.count, str):
        return
    assert array.of is not None
    field = cls.field(array.count)
    number = (len(raw) - array.offset) // array.of.SIZE
    told = field.number(raw[field.offset : field.end])
    if field.name in given and told != number:
        reason = f"says {told}, but {array.name} has {number}"
        raise FormatError(cls.NAME, field.name, field.offset, told, reason)
    raw[field.offset : field.end] = field.to_bytes(number)


def _decided(cls: type[Record], raw: bytearray, when: tuple[str, int]) -> bool:
    deciding = cls.field(when[0])
    return deciding.number(raw[deciding.offset : deciding.end]) == when[1]


def _write_reserved(
    cls: type[Record], raw: bytearray, layout_version: int | None, given: Mapping[str, Any]
) -> None:
    """Put reserved bytes, given by offset, where they stand in this layout."""
    if not hasattr(given, "items"):
        reason = f"reserved: expected an object, got {type_name(given)}"
        raise FormatError(cls.NAME, None, None, None, reason)
    free = {
        hex(field.offset): field
        for field in cls.FIELDS
        if field.in_version(layout_version)
        and (field.name is None or (field.when and not _decided(cls, raw, field.when)))
    }
    for place, value in given.items():
        if place not in free:
            reason = f"has no reserved space at {place!r}; it has some at {', '.join(free)}"
            raise FormatError(cls.NAME, None, None, None, reason)
        field = free[place]
        try:
            own = values.from_hex(value)
            if len(own) != field.size:
                raise Refused(f"expected {field.size} reserved bytes, got {len(own)}")
        except Refused as refused:
            raise FormatError(cls.NAME, None, field.offset, None, str(refused)) from None
        raw[field.offset : field.end] = own


def _from_json(cls: type[Record], field: Field, value: Any) -> bytes | Record:
    """A value as JSON has it: a nested record, or the bytes of any other field."""
    if field.of is not None:
        return _elements(cls, field, value)
    if field.record is None:
        return values.encode(cls, field, value)
    return _record(cls, field, field.record, value)


def _elements(cls: type[Record], field: Field, value: Any) -> bytes:
    """The bytes of an array, given as a list of objects (or of records)."""
    if not isinstance(value, (list, tuple)):
        reason = f"expected a list, got {type_name(value)}"
        raise FormatError(cls.NAME, field.name, field.offset, None, reason)
    assert field.of is not None
    places = ((field.element(index), item) for index, item in enumerate(value))
    records = (_record(cls, place, field.of, item) for place, item in places)
    return _ended(field, joined(cls, field.name or "", records))


def _ended(array: Field, raw: bytes) -> bytes:
    """The elements `raw` with what ends them in the bytes."""
    assert array.of is not None
    return raw + bytes(array.of.SIZE) if array.stop == "zero" else raw


def _record(cls: type[Record], field: Field, kind: type[Record], value: Any) -> Record:
    if isinstance(value, kind):
        return value
    try:
        values.refuse_redacted(value)
        return from_dict(kind, value)
    except Refused as refused:
        raise FormatError(cls.NAME, field.name, field.offset, None, str(refused)) from None
    except FormatError as inner:
        raise inner.inside(cls.NAME, field) from None


def _plain(cls: type[Record], field: Field, value: Any) -> bytes | Record:
    """A value as the constructor takes it."""
    if field.of is not None:
        return _ended(field, joined(cls, field.name or "", value))
    try:
        if field.record is None:
            field.check(value)
            return field.to_bytes(value.__index__()) if field.kind == "uint" else bytes(value)
        if isinstance(value, field.record):
            return value
        raise Refused(f"expected {field.record.__name__}, got {type_name(value)}")
    except Refused as refused:
        shown = field.public(value) if field.record is None else None
        raise FormatError(cls.NAME, field.name, field.offset, shown, str(refused)) from None
