"""Values -> records: from JSON's plain values, and copies of a record with changes.

Works on the built bytes and the field table. A bit field may be given by its number or by its
parts; parts that contradict their number are refused, so that an edit is never silently lost.
"""

from __future__ import annotations

from .errors import FormatError
from .fields import SECRET, Refused, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, TypeVar

    from .bits import Bits
    from .fields import Enum, Field
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
    raw, assumed = _write(cls._default(layout_version), layout_version, given)
    _write_reserved(cls, raw, layout_version, data.get("reserved", {}))
    return cls.parse(bytes(raw), assume_version=assumed)


def replace(record: R, changes: Mapping[str, Any]) -> R:
    """See Record.replace."""
    cls = type(record)
    names = [field.name for field in cls.FIELDS if field.name]
    for name in changes:
        if name not in names:
            raise TypeError(f"{cls.NAME} has no field {name!r}{_near(name, names)}")
    layout_version = record.layout_version
    version = cls.VERSION_FIELD
    if version is not None and version in changes and changes[version] != record[version]:
        layout_version = _layout_version(cls, changes)
    raw, assumed = _write(record, layout_version, changes, limits=True)
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


def _write_constants(cls: type[Record], raw: bytearray, layout_version: int | None) -> None:
    """Write what is constant in the layout of `layout_version`."""
    for field in cls.FIELDS:
        if field.const is not None and field.in_version(layout_version):
            own = field.to_bytes(field.const) if isinstance(field.const, int) else field.const
            raw[field.offset : field.end] = own


def _check_names(cls: type[Record], given: Iterable[str]) -> None:
    names = [field.name for field in cls.FIELDS if field.name]
    for name in given:
        if name not in names:
            reason = f"has no field {name!r}{_near(name, names)}"
            raise FormatError(cls.NAME, None, None, None, reason)


def _near(name: object, names: Iterable[str]) -> str:
    import difflib  # needed only when something is wrong, and slow to load

    close = difflib.get_close_matches(str(name), list(names), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


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
        version = field.number(_encode(cls, field, data[cls.VERSION_FIELD]))
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
    base: Record, layout_version: int | None, given: Mapping[str, Any], limits: bool = False
) -> tuple[bytearray, int | None]:
    """The bytes of `base` with the `given` values, in the layout of `layout_version`.

    What `base` has and the result lacks becomes zero; what was reserved stays as it was. The second
    value is the version that has to be assumed to read the result.
    """
    cls = type(base)
    raw = bytearray(base.build())
    if layout_version != base.layout_version:
        _forget(base, raw, layout_version)
        _write_constants(cls, raw, layout_version)
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
            value = given[name]
            if field.record is not None:
                value = _record(cls, field, value)
                assumed = assumed or assumed_by(value)
            raw[field.offset : field.end] = _encode(cls, field, value, limits)
    if cls.VERSION_FIELD is not None:
        version = cls.field(cls.VERSION_FIELD)
        if version.number(raw[version.offset : version.end]) not in cls.VERSIONS:
            assumed = layout_version
    return raw, assumed


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
            own = _bytes(value)
            if len(own) != field.size:
                raise Refused(f"expected {field.size} reserved bytes, got {len(own)}")
        except Refused as refused:
            raise FormatError(cls.NAME, None, field.offset, None, str(refused)) from None
        raw[field.offset : field.end] = own


def _record(cls: type[Record], field: Field, value: Any) -> Record:
    assert field.record is not None
    if isinstance(value, field.record):
        return value
    try:
        return from_dict(field.record, value)
    except FormatError as inner:
        raise inner.inside(cls.NAME, field) from None


def _encode(cls: type[Record], field: Field, value: Any, limits: bool = False) -> bytes:
    """`value`, plain or as JSON has it, as the field's bytes. Raises FormatError.

    `limits`: see Field.check; what was read may break them, and JSON must be able to carry it.
    """
    if field.record is not None:
        return _record(cls, field, value).build()
    try:
        if isinstance(value, str) and value == SECRET:
            raise Refused("is redacted: give its value, or decode again with its secrets shown")
        if field.kind == "uint":
            number = _scalar(field, value)
            field.check(number, limits)
            return field.to_bytes(int(number))
        own = _bytes(value)
        field.check(own)
        return own
    except Refused as refused:
        shown = value if isinstance(value, (int, bytes)) else None
        raise FormatError(
            cls.NAME, field.name, field.offset, field.public(shown), str(refused)
        ) from None


def _bytes(value: Any) -> bytes:
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
        if layout not in kinds or "value" not in value:
            raise Refused(f'expected "value" and a "layout" of {" or ".join(kinds)}')
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
        raise Refused(f"has no bits named {unknown[0]!r}{_near(unknown[0], known)}")
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
