"""Typed: a typed record as a part of any construct declaration."""

from __future__ import annotations

from construct import (  # type: ignore[import-untyped, unused-ignore]
    Construct,
    ConstructError,
    SizeofError,
)

from snpformat.errors import FormatError
from snpformat.record import VariableRecord

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from snpformat.record import Record
    from snpformat.reserved import Reserved


class ConstructFormatError(FormatError, ConstructError):  # type: ignore[misc, unused-ignore]
    """A FormatError that construct, and whoever catches its errors, knows as one of its own.

    `path` is construct's own trail to the part, such as ``(parsing) -> hdr``.
    """

    path: str | None = None


class Typed(Construct):  # type: ignore[misc, unused-ignore]
    """Parses into, and builds from, a typed record; ``"hdr" / Typed(MsgHdr)``.

    Building takes a record, or a mapping of its fields as `Record.from_dict` does. Fixed in size,
    so it works inside compiled declarations, arrays and pointers too. A record that ends in an
    array of no fixed size takes as much of the stream as it needs, and has no size to ask for.

    Raises ConstructFormatError, which is a FormatError and a ConstructError.
    """

    def __init__(
        self,
        record: type[Record],
        *,
        reserved: Reserved = "keep",
        assume_version: int | None = None,
    ) -> None:
        super().__init__()
        self.record = record
        self.size = record.SIZE
        self.reserved = reserved
        self.assume_version = assume_version

    def _parse(self, stream: Any, context: Any, path: str) -> Record:
        try:
            if issubclass(self.record, VariableRecord):
                start = stream.tell()
                record, used = self.record.parse_prefix(stream.read(), reserved=self.reserved)
                stream.seek(start + used)
                return record
            return self.record.parse(
                stream.read(self.size), reserved=self.reserved, assume_version=self.assume_version
            )
        except FormatError as error:
            raise _as_construct_error(error, path) from None

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        try:
            record = obj if isinstance(obj, self.record) else self.record.from_dict(obj)
        except FormatError as error:
            raise _as_construct_error(error, path) from None
        stream.write(record.build())
        return record

    def _sizeof(self, context: Any, path: str) -> int:
        if issubclass(self.record, VariableRecord):
            raise SizeofError(f"{self.record.NAME} has no fixed size", path=path)
        return self.size


def _as_construct_error(error: FormatError, path: str) -> ConstructFormatError:
    place = (error.structure, error.field, error.offset, error.value, error.reason)
    made = ConstructFormatError(*place)
    made.path = path
    return made
