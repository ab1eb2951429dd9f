"""Reserved space: finding what is not as it must be, refusing it or putting it right."""

from __future__ import annotations

from .errors import FormatError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal, TypeVar

    from .record import Record

    Reserved = Literal["keep", "reject", "drop"]
    R = TypeVar("R", bound=Record)


def settle(record: R, reserved: Reserved, assume_version: int | None) -> R:
    """`record` under another rule than ``keep`` for reserved bytes and bits. Raises FormatError."""
    if reserved not in ("keep", "reject", "drop"):
        raise ValueError(f"reserved must be keep, reject or drop, not {reserved!r}")
    raw = bytearray(record.build())
    for name, offset, found, wanted in _unsettled(record):
        if reserved == "reject":
            what = f"bits of {found.hex()}" if name else f"bytes {found.hex()}"
            reason = f"reserved {what} are not as they must be"
            raise FormatError(record.NAME, name, offset, found, reason)
        raw[offset : offset + len(found)] = wanted
    return type(record).parse(bytes(raw), assume_version=assume_version)


def _unsettled(record: Record) -> Iterator[tuple[str | None, int, bytes, bytes]]:
    """Field, offset, bytes as found and as they should be, of what is reserved and not so."""
    raw = record.build()
    for field, here in record.layout():
        own = raw[field.offset : field.end]
        if not here:
            wanted = bytes(field.size)
        elif field.record is not None:
            for name, offset, found, mended in _unsettled(record[field.name or ""]):
                inner = f"{field.name}.{name}" if name else None
                yield inner, field.offset + offset, found, mended
            continue
        elif field.bits is not None:
            wanted = field.to_bytes(field.bits(field.number(own)).settled())
        else:
            continue
        if own != wanted:
            yield (field.name if here else None), field.offset, own, wanted


def loose_bytes(record: Record) -> Iterator[tuple[int, bytes]]:
    """Offset and bytes of the record's own reserved space that is not zero."""
    raw = record.build()
    for field, here in record.layout():
        own = raw[field.offset : field.end]
        if not here and any(own):
            yield field.offset, own
