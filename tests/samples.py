"""Valid bytes for any structure, drawn from its field table, and what to compare them by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from snpformat import catalog

if TYPE_CHECKING:
    from snpformat.fields import Field
    from snpformat.record import Record

STRUCTURES = sorted(catalog.structures().items())
CLASSES = [cls for _, cls in STRUCTURES]

# Every structure in each of its versions, so that no test has to name them.
FORMS: list[tuple[type[Record], int | None]] = [
    (cls, version) for cls in CLASSES for version in (cls.VERSIONS or (None,))
]


def form_name(form: object) -> str:
    """A test id: the structure, or the version."""
    return getattr(form, "NAME", str(form))


def sized(size: int) -> st.SearchStrategy[bytes]:
    """`size` bytes: some arbitrary ones, then a run of one value, so that long ones stay cheap."""
    fill = st.sampled_from([b"\0", b"\xff", b"\xa5"])
    head = st.binary(max_size=min(size, 64))
    return st.builds(lambda head, fill: head.ljust(size, fill)[:size], head, fill)


@st.composite
def record_bytes(draw: st.DrawFn, cls: type[Record], version: int | None = None) -> bytes:
    """Bytes that `cls` accepts: anything at all, except where the format fixes something."""
    raw = bytearray(draw(sized(cls.SIZE)))
    if version is None and cls.VERSIONS:
        version = draw(st.sampled_from(cls.VERSIONS))
    for field in cls.FIELDS:
        if field.name is not None and field.in_version(version):
            raw[field.offset : field.end] = _value(draw, cls, field, raw, version)
    return bytes(raw)


def _value(
    draw: st.DrawFn, cls: type[Record], field: Field, raw: bytearray, version: int | None
) -> bytes:
    if field.name == cls.VERSION_FIELD and version is not None:
        return field.to_bytes(version)
    if isinstance(field.const, int):
        return field.to_bytes(field.const)
    if field.const is not None:
        return field.const
    if field.record is not None:
        if field.when is not None:
            deciding = cls.field(field.when[0])
            if deciding.number(raw[deciding.offset : deciding.end]) != field.when[1]:
                return bytes(raw[field.offset : field.end])
        return draw(record_bytes(field.record))
    if field.enum is not None and (field.enum.CLOSED or draw(st.booleans())):
        return field.to_bytes(draw(st.sampled_from(sorted(field.enum.NAMES))))
    return draw(sized(field.size))


def default(cls: type[Record], version: int | None) -> Record:
    """The all-default record of a version."""
    return cls() if version is None else cls(**{cls.VERSION_FIELD or "": version})


def _reserved_name(record: Record, field: Field) -> str:
    """How construct calls reserved space: by its offset, and its version where it has several."""
    name = f"reserved_{field.offset:x}"
    same = [other for other in record.FIELDS if not other.name and other.offset == field.offset]
    return name if field is same[0] else f"{name}_v{field.since}"


def assert_same(record: Record, container: Any) -> None:
    """Every part of `record` against what plain construct read from the same bytes."""
    raw = record.build()
    for field in record.FIELDS:
        if field.name and not field.in_version(record.layout_version):
            assert record[field.name] is None
            assert container[field.name] is None
    for field, here in record.layout():
        own = raw[field.offset : field.end]
        name = field.name or _reserved_name(record, field)
        if not here:
            assert container[name] == own, name
            assert field.name is None or record[field.name] is None, name
        elif field.record is not None:
            assert_same(record[name], container[name])
        elif field.bits is not None:
            for bit in field.bits.BITS:
                part = container[name][bit.name or f"reserved_{bit.low}"]
                value = getattr(record[name], bit.name) if bit.name else bit.of(record[name])
                assert int(part) == value, f"{name}.{bit.name}"
        elif field.kind == "uint":
            assert int(container[name]) == record[name], name
        else:
            assert container[name] == record[name], name
