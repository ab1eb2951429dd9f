"""What a field is: the descriptions that generated classes carry, and the checks on one value.

Tools read these tables (offset, size, doc, cite); the slow paths of wire.py and jsonform.py are
driven by them. The fast paths are generated code and do not look here.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from .wire import Bits, Record

SECRET = "<secret>"


class Refused(ValueError):
    """A value that a field does not take; the caller knows the place and adds it."""


class Enum:
    """Base of generated enums: names for numbers, as class attributes. Values stay plain ints.

    An enum is open unless its spec closes it: a number without a name is as good as any other.
    """

    NAME = ""
    CLOSED = False
    NAMES: Mapping[int, str] = {}
    DOCS: Mapping[int, str] = {}  # what the spec says about a value, where it says something

    @classmethod
    def name_of(cls, number: int) -> str | None:
        """The name of `number`; None for one that is not known."""
        return cls.NAMES.get(number)

    @classmethod
    def number_of(cls, name: str) -> int:
        """The number with `name`. Raises ValueError when there is none."""
        for number, known in cls.NAMES.items():
            if known == name:
                return number
        raise Refused(f'"{name}" is no {cls.NAME}; known: {", ".join(cls.NAMES.values())}')


class Bit:
    """Bits `low` to `high` (both included, 0 the least significant) of a bit field.

    `name` is None for reserved and for constant bits; `const` is what a builder writes there.
    """

    __slots__ = ("abi", "cite", "const", "doc", "enum", "high", "low", "name")

    def __init__(
        self,
        low: int,
        high: int,
        name: str | None = None,
        *,
        const: int | None = None,
        enum: type[Enum] | None = None,
        doc: str = "",
        cite: str = "",
        abi: str = "",
    ) -> None:
        self.low = low
        self.high = high
        self.name = name
        self.const = const
        self.enum = enum
        self.doc = doc
        self.cite = cite
        self.abi = abi

    @property
    def mask(self) -> int:
        """The bits, in place."""
        return ((1 << (self.high - self.low + 1)) - 1) << self.low

    def of(self, value: int) -> int:
        """These bits of `value`, shifted down."""
        return (value & self.mask) >> self.low

    def __repr__(self) -> str:
        return f"<Bit {self.name or 'reserved'} {self.low}..{self.high}>"


class Field:
    """One declared stretch of a structure.

    Attributes:
        offset, size: in bytes.
        name: None for reserved space.
        type: the type as the spec names it, such as ``u64``, ``bytes[48]`` or ``guest_policy``.
        kind: ``uint``, ``bytes``, ``record``, ``array`` or ``reserved``.
        since, until: the first version that has it, and the first that no longer has it.
        const: the only value it has, when there is only one.
        minimum, maximum: what a builder enforces; parsing does not. The maximum of an array is of
            its elements, and binds both.
        enum, bits, record: the generated class behind the type, if there is one.
        of: the class of an array's elements.
        count: how many there are: a number, or the name of the field that tells it.
        stop: what ends them where nothing counts them: ``zero`` (an element that is all zero) or
            ``end`` (of the bytes).
        view: (axis, {value of the axis: bit field class}) where an axis decides the meaning.
        reads: the class that the bytes can be read as.
        also: other names of the number or of parts of it.
        when: (name, value) of the field that decides whether this one is there.
        hex: numbers are shown in hexadecimal.
        secret: never shown.
        doc, cite, abi: what the spec says about it; `cite` is that of the structure where the field
            has none of its own.
    """

    __slots__ = (
        "abi", "also", "bits", "cite", "const", "count", "default", "doc", "enum", "hex", "kind",
        "maximum", "minimum", "name", "of", "offset", "order", "reads", "record", "secret", "since",
        "size", "stop", "type", "until", "view", "when",
    )  # fmt: skip

    def __init__(
        self,
        offset: int,
        size: int,
        name: str | None,
        type: str,
        *,
        order: str = "little",
        since: int | None = None,
        until: int | None = None,
        const: int | bytes | None = None,
        default: int | bytes = 0,
        minimum: int | None = None,
        maximum: int | None = None,
        enum: type[Enum] | None = None,
        bits: type[Bits] | None = None,
        record: type[Record] | None = None,
        of: type[Record] | None = None,
        count: int | str | None = None,
        stop: str = "",
        view: tuple[str, Mapping[str, type[Bits]]] | None = None,
        reads: type[Record] | None = None,
        also: tuple[str, ...] = (),
        when: tuple[str, int] | None = None,
        hex: bool = False,
        secret: bool = False,
        doc: str = "",
        cite: str = "",
        abi: str = "",
    ) -> None:
        self.offset = offset
        self.size = size
        self.name = name
        self.type = type
        if name is None:
            self.kind = "reserved"
        elif record is not None:
            self.kind = "record"
        elif of is not None:
            self.kind = "array"
        else:
            self.kind = "bytes" if type.startswith("bytes[") else "uint"
        self.order = order
        self.since = since
        self.until = until
        self.const = const
        self.default = default
        self.minimum = minimum
        self.maximum = maximum
        self.enum = enum
        self.bits = bits
        self.record = record
        self.of = of
        self.count = count
        self.stop = stop
        self.view = view
        self.reads = reads
        self.also = also
        self.when = when
        self.hex = hex
        self.secret = secret
        self.doc = doc
        self.cite = cite
        self.abi = abi

    @property
    def end(self) -> int:
        """The first offset behind it."""
        return self.offset + self.size

    @property
    def elastic(self) -> bool:
        """Whether it is an array of no fixed size: `size` is 0 then, but for Record.layout's."""
        return self.of is not None and not isinstance(self.count, int)

    def element(self, index: int) -> Field:
        """An element of this array, as a field of the same structure."""
        assert self.of is not None
        size = self.of.SIZE
        name = f"{self.name}[{index}]"
        return Field(self.offset + index * size, size, name, self.of.NAME, record=self.of)

    def sized(self, size: int) -> Field:
        """This array with the size that it has in some record."""
        made = object.__new__(Field)
        for slot in self.__slots__:
            setattr(made, slot, getattr(self, slot))
        made.size = size
        return made

    def in_version(self, version: int | None) -> bool:
        """Whether the layout of `version` has it."""
        if version is None:
            return self.since is None and self.until is None
        return (self.since is None or version >= self.since) and (
            self.until is None or version < self.until
        )

    def number(self, raw: bytes | bytearray) -> int:
        """The number that `raw`, the field's own bytes, holds."""
        return int.from_bytes(raw, "big" if self.order == "big" else "little")

    def to_bytes(self, number: int) -> bytes:
        """`number`, which fits, as the field's own bytes."""
        return number.to_bytes(self.size, "big" if self.order == "big" else "little")

    def check(self, value: Any, limits: bool = True) -> None:
        """Raise Refused unless `value` (an int or bytes) may stand here.

        `limits` says whether minimum and maximum count: they bind builders, not what was read.
        """
        if self.kind == "uint":
            self._check_number(value, limits)
        elif not isinstance(value, (bytes, bytearray)):
            raise Refused(f"expected {count(self.size, 'byte')}, got {type_name(value)}")
        elif len(value) != self.size:
            raise Refused(f"expected {count(self.size, 'byte')}, got {len(value)}")
        elif self.const is not None and value != self.const:
            raise Refused(f"is always {self._show(self.const)}, not {self._show(value)}")

    def _check_number(self, value: Any, limits: bool) -> None:
        bits = 8 * self.size
        if not hasattr(value, "__index__"):
            raise Refused(f"expected a number of {bits} bits, got {type_name(value)}")
        number = value.__index__()
        if number < 0 or number >> bits:
            raise Refused(f"{self._show(number)} does not fit in {bits} bits")
        if self.const is not None and number != self.const:
            raise Refused(f"is always {self._show(self.const)}, not {self._show(number)}")
        if limits and self.minimum is not None and number < self.minimum:
            raise Refused(f"{self._show(number)} is less than {self.minimum:#x}")
        if limits and self.maximum is not None and number > self.maximum:
            raise Refused(f"{self._show(number)} is more than {self.maximum:#x}")
        if self.enum is not None and self.enum.CLOSED and self.enum.name_of(number) is None:
            known = ", ".join(f"{value:#x} {name}" for value, name in self.enum.NAMES.items())
            raise Refused(f"{self._show(number)} is no {self.enum.NAME}; known: {known}")

    def _show(self, value: int | bytes | bytearray) -> str:
        """`value` for an error text."""
        if self.secret:
            return SECRET
        if not isinstance(value, int):
            return bytes(value).hex()
        return hex(value) if value.bit_length() <= 128 else f"a number of {value.bit_length()} bits"

    def public(self, value: object) -> object:
        """`value`, unless it must not be shown."""
        return None if self.secret else value

    def __repr__(self) -> str:
        return f"<Field {self.name or 'reserved'} {self.type} at {self.offset:#x}>"


def nested(record: Record, field: Field) -> Iterator[tuple[Field, Record]]:
    """The records in a field that is there, each with its place: it, or its elements, or none."""
    if field.record is not None:
        yield field, record[field.name or ""]
    elif field.of is not None:
        for index, element in enumerate(record[field.name or ""]):
            yield field.element(index), element


def type_name(value: object) -> str:
    """How an error names the type of a value, without showing the value."""
    return "nothing" if value is None else type(value).__name__


def count(number: int, word: str) -> str:
    """``1 byte``, ``2 bytes``."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def near(name: object, names: Iterable[str]) -> str:
    """A hint at the known name that is closest, if one is close."""
    import difflib  # needed only when something is wrong, and slow to load

    word = name if isinstance(name, str) else repr(type(name))  # numbers may be endless
    close = difflib.get_close_matches(word[:100], list(names), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
