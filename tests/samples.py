"""Every structure in every version, its strategies by name, and what to compare records by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snpformat import catalog
from snpformat.fields import nested
from snpformat.testing import strategies

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

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


def valid_bytes(cls: type[Record], version: int | None = None) -> SearchStrategy[bytes]:
    """The published strategy of what `cls` accepts."""
    return strategy(cls, "_bytes", version)


def strategy(cls: type[Record], kind: str, version: int | None = None) -> SearchStrategy[Any]:
    """One of the published strategies of `cls`: "", "_bytes", "_any_bytes" or "_near_valid"."""
    options = {} if version is None else {cls.VERSION_FIELD or "": version}
    found: SearchStrategy[Any] = getattr(strategies, f"{cls.NAME}{kind}")(**options)
    return found


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
        elif field.kind in ("record", "array"):
            parts = [part for _, part in nested(record, field)]
            found = container[name] if field.of else [container[name]]
            if field.stop == "zero":
                *found, end = found
                assert end == bytes(len(end))
            for part, own_container in zip(parts, found, strict=True):
                assert_same(part, own_container)
        elif field.bits is not None:
            for bit in field.bits.BITS:
                part = container[name][bit.name or f"reserved_{bit.low}"]
                value = getattr(record[name], bit.name) if bit.name else bit.of(record[name])
                assert int(part) == value, f"{name}.{bit.name}"
        elif field.kind == "uint":
            assert int(container[name]) == record[name], name
        else:
            assert container[name] == record[name], name
