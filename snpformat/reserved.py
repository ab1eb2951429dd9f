"""Reserved space: finding what is not as it must be, refusing it or putting it right."""

from __future__ import annotations

from .errors import FormatError
from .fields import SECRET, nested

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal, TypeVar

    from .fields import Field
    from .record import Record

    Reserved = Literal["keep", "reject", "drop"]
    R = TypeVar("R", bound=Record)


def settle(record: R, reserved: Reserved, assume_version: int | None) -> R:
    """`record` under another rule than ``keep`` for reserved bytes and bits. Raises FormatError."""
    if reserved not in ("keep", "reject", "drop"):
        raise ValueError(f"reserved must be keep, reject or drop, not {reserved!r}")
    if assume_version is not None and not _has_versions(type(record)):
        reason = f"has one form only, so version {assume_version!r} cannot be assumed"
        raise FormatError(record.NAME, None, None, assume_version, reason)
    if reserved == "keep":
        return record
    raw = bytearray(record.build())
    for loose in _unsettled(record):
        if reserved == "reject":
            raise loose.refusal(record.NAME)
        raw[loose.offset : loose.offset + len(loose.found)] = loose.wanted
    return type(record).parse(bytes(raw), assume_version=assume_version)


def _has_versions(cls: type[Record]) -> bool:
    """Whether `cls`, or a structure in it, has more than one form."""
    return bool(cls.VERSIONS) or any(f.record and _has_versions(f.record) for f in cls.FIELDS)


class _Loose:
    """A stretch with reserved bytes or bits that are not as they must be."""

    def __init__(
        self, name: str | None, offset: int, found: bytes, wanted: bytes, field: Field
    ) -> None:
        self.name = name
        self.offset = offset
        self.found = found
        self.wanted = wanted
        self.field = field

    def inside(self, outer: Field) -> _Loose:
        name = f"{outer.name}.{self.name}" if self.name else None
        field = outer if outer.secret else self.field
        return _Loose(name, outer.offset + self.offset, self.found, self.wanted, field)

    def refusal(self, structure: str) -> FormatError:
        value = self.field.public(self.found)
        shown = SECRET if value is None else _excerpt(self.found, self.offset)
        if self.name is None:
            reason = f"reserved bytes are not zero: {shown}"
        else:
            reason = f"reserved bits are not as they must be: {shown}"
            reason += "" if value is None else f" instead of {self.wanted.hex()}"
        return FormatError(structure, self.name, self.offset, value, reason)


def _excerpt(found: bytes, offset: int) -> str:
    """The bytes, or of many the first that are not zero and where they are."""
    if len(found) <= 16:
        return found.hex()
    at = next(index for index, byte in enumerate(found) if byte)
    return f"{found[at : at + 16].hex()} at {offset + at:#x}"


def _unsettled(record: Record) -> Iterator[_Loose]:
    raw = record.build()
    for field, here in record.layout():
        own = raw[field.offset : field.end]
        if not here:
            wanted = bytes(field.size)
        elif field.kind in ("record", "array"):
            for place, inner in nested(record, field):
                for loose in _unsettled(inner):
                    yield loose.inside(place)
            continue
        elif field.bits is not None and field.const is None:
            wanted = field.to_bytes(field.bits(field.number(own)).settled())
        else:
            continue
        if own != wanted:
            yield _Loose(field.name if here else None, field.offset, own, wanted, field)


def loose_bytes(record: Record) -> Iterator[tuple[Field, bytes]]:
    """The record's own reserved space that is not zero: the field, and its bytes."""
    raw = record.build()
    for field, here in record.layout():
        own = raw[field.offset : field.end]
        if not here and any(own):
            yield field, own
