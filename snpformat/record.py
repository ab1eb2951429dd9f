"""Record: a structure as a value.

A Record holds the tuple of one ``struct.unpack``; generated properties name the places in it.
``parse`` and ``build`` are generated and fast. Everything else (reserved space, replace, JSON)
works on the built bytes and the field table, which is slower and needs no generated code.
"""

from __future__ import annotations

from . import arrays, assemble, jsonform, reserved as reserved_space
from .errors import FormatError
from .fields import SECRET, Field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, ClassVar, Self

    from typing_extensions import Buffer

    from .reserved import Reserved


class Record:
    """A structure as a value: read-only, equal by type and every byte, hashable, picklable.

    Fields are properties; ``record["name"]`` reads one too, so that a path such as
    ``this.hdr.msg_size`` works inside construct declarations.
    """

    __slots__ = ("_values",)
    _values: tuple[Any, ...]

    NAME: ClassVar[str] = ""  # the structure as the spec names it
    SIZE: ClassVar[int] = 0  # in bytes
    CITE: ClassVar[str] = ""  # source, and the place in it
    FIELDS: ClassVar[tuple[Field, ...]] = ()  # by offset; reserved space included
    SPANS: ClassVar[Mapping[str, tuple[int, int]]] = {}  # name -> start, end (not included)
    VERSIONS: ClassVar[tuple[int, ...]] = ()  # empty when there is one form only
    VERSION_FIELD: ClassVar[str | None] = None
    INFERS: ClassVar[tuple[str, ...]] = ()  # axes whose value the record tells itself

    @classmethod
    def parse(
        cls, data: Buffer, *, reserved: Reserved = "keep", assume_version: int | None = None
    ) -> Self:
        """Read the structure from exactly SIZE bytes.

        Args:
            data: bytes, or anything with the buffer interface; it is copied.
            reserved: what to do with reserved bytes and bits that are not zero (and constant bits
                that differ): ``keep`` them, ``reject`` them, or ``drop`` them (write them as they
                should be).
            assume_version: the layout to use when the data has a version that is not known; a
                known version always decides itself. `layout_version` tells which was used.

        Raises:
            FormatError: for anything that is not such a structure.
        """
        raise NotImplementedError

    def build(self) -> bytes:
        """The SIZE bytes of the structure; what `parse` was given, to the byte."""
        raise NotImplementedError

    @property
    def layout_version(self) -> int | None:
        """The version whose layout is used; None for a structure that has one form only."""
        return None

    @classmethod
    def _default(cls, version: int | None) -> Self:
        """The all-default record of a version."""
        return cls() if cls.VERSION_FIELD is None else cls(**{cls.VERSION_FIELD: version})

    @classmethod
    def field(cls, name: str) -> Field:
        """The description of a field. Raises KeyError when there is none of that name."""
        for field in cls.FIELDS:
            if field.name == name:
                return field
        raise KeyError(name)

    def layout(self) -> Iterator[tuple[Field, bool]]:
        """The fields of this record's version, in order, each with whether it is there.

        A field is not there while the field that decides over it (`when`) has another value; its
        bytes are reserved then.
        """
        for field in self.FIELDS:
            if field.in_version(self.layout_version):
                when = field.when
                yield (
                    field,
                    field.name is not None and (when is None or bool(self[when[0]] == when[1])),
                )

    def span(self, name: str) -> bytes:
        """The bytes of a named range, such as ``signed``. Raises KeyError for an unknown name."""
        start, end = self.SPANS[name]
        return self.build()[start:end]

    def axis_value(self, axis: str) -> str | None:
        """What the record itself tells about an axis such as ``product``; None when nothing."""
        return getattr(self, axis) if axis in self.INFERS else None

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed; reserved bytes and bits stay as they were read.

        Takes what the constructor takes. Where `changes` give another version, fields that it lacks
        become zero, and those that are new in it get their defaults.

        Raises:
            FormatError: for a value that does not fit, or a field that this version lacks.
            TypeError: for a name that is no field.
        """
        try:
            return assemble.replace(self, changes)
        except FormatError as error:
            raise _without_frames(error) from None

    def to_dict(
        self, *, show_secrets: bool = False, axes: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The record as plain values for JSON; `from_dict` is the inverse.

        Args:
            show_secrets: without it secret fields read ``<secret>``, and cannot be read back.
            axes: what the caller knows, such as ``{"product": "milan"}``, to name the parts of
                fields whose meaning depends on it.
        """
        return jsonform.to_dict(self, show_secrets, axes or {})

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The record that `to_dict` described; missing fields get their defaults.

        Raises:
            FormatError: for a value that does not fit, a name that is no field, a redacted secret,
                or parts that contradict the number they are part of.
        """
        try:
            return assemble.from_dict(cls, data)
        except FormatError as error:
            raise _without_frames(error) from None

    def __getitem__(self, name: str) -> Any:
        if any(name == field.name or name in field.also for field in self.FIELDS):
            return getattr(self, name)
        raise KeyError(name)

    # Items are fields by name; that does not make a record a sequence.
    __iter__ = None
    __contains__ = None

    def __bytes__(self) -> bytes:
        return self.build()

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._values == other._values

    def __hash__(self) -> int:
        return hash((type(self), self._values))

    def __repr__(self) -> str:
        # Where its making failed, debuggers show it all the same.
        if not (hasattr(self, "_values") and hasattr(self, "layout_version")):
            return f"<{type(self).__name__}, not made>"
        shown = [f"{field.name}={show(self, field)}" for field, here in self.layout() if here]
        for field, raw in reserved_space.loose_bytes(self):
            loose = SECRET if field.secret else raw.hex()
            shown.append(f"<reserved {field.offset:#x}: {loose}>")
        return f"{type(self).__name__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.build(), assemble.assumed_by(self))


class VersionedRecord(Record):
    """A Record whose layout depends on a version in its bytes."""

    __slots__ = ("_layout_version",)
    _layout_version: int

    @property
    def layout_version(self) -> int:
        """The version whose layout is used: the record's own, or the one that was assumed."""
        return self._layout_version


class VariableRecord(Record):
    """A Record that ends in an array of no fixed size; SIZE is what stands before that.

    The elements are the last of its `_values`, as one byte string, without the one that ends them.
    """

    __slots__ = ()

    MIN_SIZE: ClassVar[int] = 0  # in bytes, without any element
    MAX_SIZE: ClassVar[int] = 0  # with as many as there may be

    @classmethod
    def parse_prefix(cls, data: Buffer, *, reserved: Reserved = "keep") -> tuple[Self, int]:
        """Read the structure from the start of `data`: the record, and how many bytes it took.

        What stands behind it is not looked at. An array that ends with the bytes takes all of
        them, up to MAX_SIZE. Raises FormatError like `parse`.
        """
        raw = arrays.as_bytes(cls, data)
        used = arrays.extent(cls, raw)
        return cls.parse(raw[:used], reserved=reserved), used

    def layout(self) -> Iterator[tuple[Field, bool]]:
        """The fields in order; the array at the end with the size that it has here."""
        for field, here in super().layout():
            yield (field.sized(len(self.build()) - self.SIZE) if field.elastic else field, here)


def show(record: Record, field: Field) -> str:
    """A field's value for people: secrets hidden, enum values by name."""
    value = record[field.name or ""]
    if field.secret:
        return SECRET
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (Record, tuple)):
        return repr(value)
    if field.enum is not None:
        return field.enum.name_of(value) or hex(value)
    return hex(value) if field.hex else str(int(value))


def _without_frames(error: FormatError) -> FormatError:
    """`error` without the frames it passed: their variables hold bytes, secret ones among them.

    Crash reporters, and pytest when it is asked to, print the variables of every frame.
    """
    return error.with_traceback(None)


def _restore(cls: type[Record], raw: bytes, assume_version: int | None) -> Record:
    return cls.parse(raw, assume_version=assume_version)
