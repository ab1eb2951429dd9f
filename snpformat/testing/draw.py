"""Strategies for any structure, made from its field table: what the generated functions call.

Whatever is drawn, as many choices are drawn: those for fields that the version lacks are thrown
away. So Hypothesis, for which less is simpler, has no reason to prefer a version or a failed
response, and shrinks to the all-default record.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from functools import partial
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from snpformat.arrays import sizes_of
from snpformat.fields import Field
from snpformat.record import Record

from .edges import Edge, NearValid, edges

R = TypeVar("R", bound=Record)


def records(
    cls: type[R], version: int | None = None, given: Mapping[str, object] | None = None
) -> SearchStrategy[R]:
    """Records as a constructor makes them; their reserved space is as it must be.

    `given` are values, or strategies of values, for some fields. While no version is asked for,
    those count that have all of these fields. Raises TypeError for a name that is no field, and
    ValueError for a version that there is not.
    """
    given = given or {}
    counting = cls.FIELDS[-1].count
    fields = {f.name: f for f in cls.FIELDS if f.name not in (None, counting) and f.const is None}
    for name in given:
        if name not in fields:
            raise TypeError(f"{cls.NAME} has no field {name!r} to give a value")
    parts = {name: _value(field) for name, field in fields.items()}
    if cls.VERSION_FIELD is not None:
        parts[cls.VERSION_FIELD] = st.sampled_from(_versions(cls, version, given))
    for name in given:
        when = fields[name].when
        if when is not None and when[0] in parts:
            parts[when[0]] = st.just(when[1])
    for name, value in given.items():
        parts[name] = value if isinstance(value, SearchStrategy) else st.just(value)
    return st.fixed_dictionaries(parts).map(partial(_record, cls, given.keys()))


def valid_bytes(cls: type[Record], version: int | None = None) -> SearchStrategy[bytes]:
    """Bytes that `cls` accepts: anything at all, except where the format fixes something."""
    versions = _versions(cls, version, {}) if cls.VERSIONS else [None]
    parts = [_own_bytes(field) for field in cls.FIELDS]
    return st.tuples(st.sampled_from(versions), st.booleans(), *parts).map(partial(_joined, cls))


def any_bytes(cls: type[Record]) -> SearchStrategy[bytes]:
    """Bytes of any length around the right ones: valid ones, those with some changed, and arbitrary
    ones."""
    least = sizes_of(cls)[0]
    places = st.tuples(st.integers(0, least - 1), st.integers(0, 255))
    near = st.sampled_from([max(0, least + more) for more in (0, -1, 1, -8, 8)])
    return st.one_of(
        st.just(cls().build()),
        st.builds(_changed, valid_bytes(cls), st.lists(places, max_size=4)),
        (near | st.integers(0, least + 64)).flatmap(_sized),
    )


def near_valid(cls: type[Record], version: int | None = None) -> SearchStrategy[NearValid]:
    """Bytes with one constraint broken, and what to expect. The least breaks the default record."""
    return _broken(records(cls, version))


@st.composite
def _broken(draw: st.DrawFn, whole: SearchStrategy[Record]) -> NearValid:
    edge: Edge = draw(st.sampled_from(edges(draw(whole))))
    return edge.broken(draw(st.integers(0, edge.ways - 1)))


def _versions(
    cls: type[Record], version: int | None, given: Mapping[str, object]
) -> list[int | None]:
    """The versions to draw from, the default one first."""
    if version is not None:
        if version not in cls.VERSIONS:
            known = ", ".join(map(str, cls.VERSIONS))
            raise ValueError(f"{cls.NAME} has no version {version!r}; known: {known}")
        return [version]
    asked = [cls.field(name) for name in given]
    found = [v for v in cls.VERSIONS if all(field.in_version(v) for field in asked)]
    if not found:
        raise ValueError(f"no version of {cls.NAME} has all of {', '.join(given)}")
    return [*reversed(found)]


def _record(cls: type[R], asked: Set[str], values: Mapping[str, Any]) -> R:
    """The record of drawn `values`, without those that it has no place for."""
    version = values.get(cls.VERSION_FIELD or "")
    kept = {}
    for name, value in values.items():
        field = cls.field(name)
        when = field.when
        decided = when is None or values.get(when[0], cls.field(when[0]).const) == when[1]
        if name in asked or (decided and field.in_version(version)):
            kept[name] = value
    return cls(**kept)


def _joined(cls: type[Record], drawn: tuple[Any, ...]) -> bytes:
    """The bytes of drawn parts. Where a field is not there its bytes are reserved: any will do."""
    version, loud, *parts = drawn
    raw = bytearray(cls.SIZE)
    for field, own in zip(cls.FIELDS, parts, strict=True):
        if not field.in_version(version):
            continue
        if field.when is not None and not loud:
            deciding = cls.field(field.when[0])
            if deciding.number(raw[deciding.offset : deciding.end]) != field.when[1]:
                continue
        if field.name is not None and field.name == cls.VERSION_FIELD:
            own = field.to_bytes(version)
        raw[field.offset : None if field.elastic else field.end] = own
        if isinstance(field.count, str):
            assert field.of is not None
            counting = cls.field(field.count)
            number = counting.to_bytes(len(own) // field.of.SIZE)
            raw[counting.offset : counting.end] = number
    return bytes(raw)


def _changed(raw: bytes, changes: list[tuple[int, int]]) -> bytes:
    changed = bytearray(raw)
    for at, value in changes:
        changed[at] = value
    return bytes(changed)


def _value(field: Field) -> SearchStrategy[Any]:
    """What a constructor takes for `field`."""
    if field.record is not None:
        return records(field.record)
    if field.of is not None:
        each = records(field.of)
        if field.stop == "zero":
            each = each.filter(lambda record: any(record.build()))
        return st.lists(each, max_size=_most(field))
    if field.kind == "bytes":
        assert isinstance(field.default, bytes)
        return _default_or(field.default, st.binary(min_size=field.size, max_size=field.size))
    low = field.minimum or 0
    high = (1 << 8 * field.size) - 1 if field.maximum is None else field.maximum
    numbers = _numbers(field, low, high)
    kind = field.bits
    if kind is None:
        return numbers
    settled = numbers.map(lambda number: int(kind(number).settled()))
    return settled.filter(lambda number: low <= number <= high)


def _numbers(field: Field, low: int, high: int) -> SearchStrategy[int]:
    """Numbers for `field`: the default, those with a name or at the ends of a part, and all."""
    assert isinstance(field.default, int)
    known: list[int] = sorted(field.enum.NAMES) if field.enum is not None else []
    if field.bits is not None:
        known = [field.default | bit.mask for bit in field.bits.BITS if bit.name]
    known = [number for number in known if low <= number <= high]
    if field.enum is not None and field.enum.CLOSED:
        return _default_or(field.default, st.sampled_from(known))
    numbers = st.integers(low, high)
    return _default_or(field.default, st.sampled_from(known) | numbers if known else numbers)


def _own_bytes(field: Field) -> SearchStrategy[bytes]:
    """What may stand in the bytes of `field`, whether or not a constructor would write it."""
    if isinstance(field.const, int):
        return st.just(field.to_bytes(field.const))
    if field.const is not None:
        return st.just(field.const)
    if field.record is not None:
        return valid_bytes(field.record)
    if field.of is not None:
        each = valid_bytes(field.of)
        if field.stop == "zero":
            each = each.filter(any)
        return st.lists(each, max_size=_most(field)).map(partial(_ended, field))
    if field.kind == "uint":
        return _numbers(field, 0, (1 << 8 * field.size) - 1).map(field.to_bytes)
    return _default_or(field.default or bytes(field.size), _sized(field.size))


def _most(field: Field) -> int:
    """How many elements to draw: a few tell as much as many."""
    most = field.count if isinstance(field.count, int) else field.maximum
    return min(most or 0, 4)


def _ended(array: Field, parts: list[bytes]) -> bytes:
    """The bytes of an array whose elements are `parts`."""
    assert array.of is not None
    if isinstance(array.count, int):
        parts = parts + [array.of().build()] * (array.count - len(parts))
    return b"".join(parts) + (bytes(array.of.SIZE) if array.stop == "zero" else b"")


def _sized(size: int) -> SearchStrategy[bytes]:
    """`size` bytes: some arbitrary ones, then a run of one value, so that long ones stay cheap."""
    head = st.binary(max_size=min(size, 64))
    fill = st.sampled_from([b"\0", b"\xff", b"\xa5"])
    return st.builds(lambda head, fill: head.ljust(size, fill)[:size], head, fill)


V = TypeVar("V")


def _default_or(default: Any, others: SearchStrategy[V]) -> SearchStrategy[V]:
    """`others`, with `default` as the simplest: what is drawn shrinks to it."""
    simplest: SearchStrategy[V] = st.just(default)
    return simplest | others
