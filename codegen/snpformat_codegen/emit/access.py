"""What the methods of a generated record share: reading a place, and telling whether it is there.

In generated code ``values`` is the unpacked tuple, with an item for each cell of the layout.
"""

from __future__ import annotations

from ..layout import StructLayout
from ..places import Place
from .text import plain


def records_of(struct: StructLayout) -> list[Place]:
    """The places that hold nested records, in the order of ``_parts``."""
    return [place for place in struct.named if place.record]


def is_optional(place: Place) -> bool:
    """Whether the field is not always there."""
    return place.gated or place.when is not None


def annotation(place: Place) -> str:
    """The type of the property."""
    if place.array:
        return f"tuple[{place.array.of.class_name}, ...]"
    if place.record or place.bits:
        kind = place.record or place.bits
        assert kind
        name = kind.class_name
    else:
        name = "int" if place.kind == "uint" else "bytes"
    return f"{name} | None" if is_optional(place) else name


def in_version(place: Place, version: str) -> str:
    """The condition that `version` has `place`; empty when all have."""
    if place.since is not None and place.until is not None:
        return f"{place.since} <= {version} < {place.until}"
    if place.since is not None:
        return f"{version} >= {place.since}"
    return f"{version} < {place.until}" if place.until is not None else ""


def deciding(struct: StructLayout, place: Place) -> Place:
    """The place whose value decides whether `place` is there."""
    assert place.when
    return next(other for other in struct.named if other.name == place.when[0])


def is_there(struct: StructLayout, place: Place, version: str, values: str) -> str:
    """The condition that `place` is there, for a record whose cells are `values`."""
    parts = [in_version(place, version)]
    if place.when:
        parts.append(f"{read(struct, deciding(struct, place), values)} == {plain(place.when[1])}")
    return " and ".join(part for part in parts if part)


def is_whole(struct: StructLayout, place: Place) -> bool:
    """Whether a cell holds `place` and nothing else, in every version."""
    return place.elastic or struct.cells[struct.cell_of(place)].place is not None


def read(struct: StructLayout, place: Place, values: str) -> str:
    """The expression for the raw value of `place`."""
    index = struct.cell_of(place)
    if is_whole(struct, place):
        return f"{values}[{index}]"
    start = place.offset - struct.cells[index].offset
    own = f"{values}[{index}][{start}:{start + place.size}]"
    return f'int.from_bytes({own}, "{struct.endian}")' if place.kind == "uint" else own
