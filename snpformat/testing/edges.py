"""The edges of a format: each way to break one constraint, and the FormatError to expect for it.

`edges` lists the constraints that the bytes of a record keep: its length, constants, versions,
closed enums, and reserved bytes and bits (which count under ``reserved="reject"`` only). An Edge
breaks one of them and leaves the others whole, so that what is refused, and where, is known
beforehand. It knows nothing of parsing: it reads the field tables only, and so can judge parsers.

What chooses among the edges stands elsewhere: Hypothesis in draw.py, chance in ``snpformat.fuzz``,
and nothing at all in vectors.py, which takes them in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field as attribute, replace

from snpformat.arrays import sizes_of
from snpformat.errors import FormatError
from snpformat.fields import Field, nested
from snpformat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from snpformat.reserved import Reserved


@dataclass(frozen=True, slots=True)
class NearValid:
    """Bytes with one constraint broken, and the FormatError that has to refuse them.

    Attributes:
        data: the bytes; not in the repr, since they are long and may hold keys.
        rule: what is broken: ``short``, ``long``, ``const``, ``version``, ``enum``, ``reserved``,
            or ``many``: more elements than an array may have.
        structure, field, offset, value: of the error, as FormatError has them.
        reserved: the mode of `parse` that refuses them; ``keep`` unless the rule is ``reserved``.
    """

    data: bytes = attribute(repr=False)
    rule: str
    structure: str
    field: str | None
    offset: int | None
    value: object
    reserved: Reserved = "keep"

    def explains(self, error: FormatError) -> bool:
        """Whether `error` is the one to expect."""
        found = (error.structure, error.field, error.offset, error.value)
        return found == (self.structure, self.field, self.offset, self.value)


@dataclass(frozen=True, slots=True)
class Edge:
    """One constraint of a record's bytes.

    Attributes:
        rule: see NearValid.
        field: the constrained one.
        name: of the field, dotted inside nested records; None for reserved bytes.
        offset: from the start of the outermost record.
        secret: whether the field, or one around it, is secret.
        allowed: the only numbers that may stand there; none where `bits` counts.
        bits: those that must stay as they are, each of which breaks the constraint.
    """

    record: Record = attribute(repr=False)
    rule: str
    field: Field
    name: str | None
    offset: int
    secret: bool = False
    allowed: frozenset[int] = frozenset()
    bits: Sequence[int] = ()

    @property
    def ways(self) -> int:
        """In how many ways `broken` can break it."""
        if self.rule == "short":
            return len(_short_lengths(self.record))
        if self.rule == "long":
            return max(1, len(self.record.build()))
        if self.rule == "many" and not self.allowed:
            return 1
        if self.bits:
            return len(self.bits)
        return (1 << 8 * self.field.size) - len(self.allowed)

    def broken(self, way: int) -> NearValid:
        """The record's bytes with this constraint broken in one of its ways, counted from 0."""
        data = self.record.build()
        name = self.record.NAME
        if self.rule == "short":
            length = _short_lengths(self.record)[way]
            cut = _first_cut(self.record, length)
            return NearValid(data[:length], self.rule, name, cut.name, cut.offset, length)
        if self.rule == "long":
            # What an array takes to the end of the bytes is too long only behind its last element.
            data = data.ljust(self.offset, b"\0")
            longer = data + bytes(way + 1)
            return NearValid(longer, self.rule, name, None, len(data), len(longer))
        if self.rule == "many" and not self.allowed:
            assert self.field.of is not None
            assert self.field.maximum is not None
            more = self.field.maximum + 1
            size = self.field.of.SIZE
            data = data[: self.offset] + b"\1".ljust(size, b"\0") * more + bytes(size)
            return NearValid(data, self.rule, name, self.name, self.offset, more)
        end = self.offset + self.field.size
        number = self.field.number(data[self.offset : end])
        number = number ^ 1 << self.bits[way] if self.bits else _other_than(self.allowed, way)
        own = self.field.to_bytes(number)
        value = number if self.rule != "reserved" and self.field.kind == "uint" else own
        return NearValid(
            data[: self.offset] + own + data[end:],
            self.rule,
            name,
            self.name,
            self.offset,
            None if self.secret else value,
            "reject" if self.rule == "reserved" else "keep",
        )


def edges(record: Record) -> list[Edge]:
    """Every constraint that the bytes of `record` keep, nested ones included.

    Its reserved space has to be as it must be: so it is in what a constructor makes.
    """
    whole = record.FIELDS[0]
    array = record.FIELDS[-1]
    size = sizes_of(type(record))[-1] if array.stop == "end" else len(record.build())
    found = [Edge(record, "short", whole, None, 0), Edge(record, "long", whole, None, size)]
    if array.stop == "zero":
        found.append(Edge(record, "many", array, array.name, array.offset))
    elif isinstance(array.count, str):
        field = record.field(array.count)
        fitting = frozenset(range((array.maximum or 0) + 1))
        found.append(Edge(record, "many", field, field.name, field.offset, allowed=fitting))
    return [edge for edge in found if edge.ways] + [*_inner(record)]


def samples(cls: type[Record], version: int | None = None) -> list[tuple[str, Record]]:
    """Records to start from, each with a name: the all-default one, and one with elements where the
    number of them is not fixed."""
    default = cls._default(version)
    name = "default" if version is None else f"default, version {version}"
    array = cls.FIELDS[-1]
    if not array.elastic:
        return [(name, default)]
    assert array.of is not None
    filled = array.of.parse(_filled(array.of()))
    return [(name, default), ("two elements", default.replace(**{array.name or "": [filled] * 2}))]


def _filled(record: Record) -> bytes:
    """The bytes of `record` with ones in every number and byte string that may be anything."""
    raw = bytearray(record.build())
    for field, here in record.layout():
        fixed = field.const is not None or field.bits or (field.enum and field.enum.CLOSED)
        if here and field.kind in ("uint", "bytes") and not fixed:
            raw[field.offset : field.end] = b"\1" * field.size
    return bytes(raw)


def _inner(record: Record) -> Iterator[Edge]:
    """The constraints of the fields of `record`."""
    for field, here in record.layout():
        everything = range(8 * field.size)
        edge = Edge(record, "const", field, field.name, field.offset, field.secret)
        if not here:
            yield replace(edge, rule="reserved", name=None, bits=everything)
        elif field.kind in ("record", "array"):
            for place, part in nested(record, field):
                for inner in _inner(part):
                    yield replace(
                        inner,
                        record=record,
                        name=f"{place.name}.{inner.name}" if inner.name else None,
                        offset=place.offset + inner.offset,
                        secret=field.secret or inner.secret,
                    )
        elif isinstance(field.const, int):
            yield replace(edge, allowed=frozenset([field.const]))
        elif field.const is not None:
            yield replace(edge, bits=everything)
        elif field.name == record.VERSION_FIELD:
            yield replace(edge, rule="version", allowed=frozenset(record.VERSIONS))
        elif field.enum is not None and field.enum.CLOSED:
            yield replace(edge, rule="enum", allowed=frozenset(field.enum.NAMES))
        elif field.bits is not None:
            fixed = [bit for bit in field.bits.BITS if bit.name is None]
            bits = [index for bit in fixed for index in range(bit.low, bit.high + 1)]
            if bits:
                yield replace(edge, rule="reserved", bits=bits)


def _short_lengths(record: Record) -> Sequence[int]:
    """The lengths at which the record's bytes end too early."""
    everything = range(len(record.build()))
    if record.FIELDS[-1].stop != "end":
        return everything
    return [length for length in everything if length not in sizes_of(type(record))]


def _first_cut(record: Record, length: int) -> Field:
    """The field that the data ends in; the first that may stand there while no version is known."""
    fields = record.FIELDS
    if record.VERSION_FIELD is not None and record.field(record.VERSION_FIELD).end <= length:
        fields = tuple(field for field, _ in record.layout())
    array = fields[-1]
    if array.elastic and length >= array.offset:
        assert array.of is not None
        return array.element((length - array.offset) // array.of.SIZE)
    return next(field for field in fields if field.end > length)


def _other_than(known: frozenset[int], way: int) -> int:
    """The number that stands at `way` when those `known` are left out."""
    for number in sorted(known):
        way += way >= number
    return way
