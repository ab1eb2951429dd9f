"""The constructor of a record: its parameters, what becomes of them, and what is refused.

Places that fill a cell are checked together, by what `struct` makes of them, in one comparison;
where versions cut the same bytes differently, ``wire.shared`` makes the bytes and checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..layout import StructLayout
from ..places import Cell, Place
from .access import deciding, in_version, is_optional, is_whole, records_of
from .text import (
    WIDTH,
    assign,
    byte_string,
    call,
    if_any,
    literal,
    number,
    plain,
    string,
    tuple_of,
)


def constructor(struct: StructLayout) -> Iterator[str]:
    """``__new__``, with a keyword parameter for every field that is not constant."""
    arguments = ["cls", "*", *(_parameter(struct, place) for place in _given(struct))]
    if len(arguments) == 2:
        arguments.pop()
    yield from call("def __new__", arguments, "    ", " -> Self:")
    yield from _settle_parameters(struct)
    yield from _join_arrays(struct)
    cells = [_cell_value(struct, cell) for cell in struct.cells]
    line = f"        cells = {tuple_of(cells)}"
    yield from [line] if _fits(line) else call("cells = ", cells, "        ")
    yield "        self = _new(cls)"
    yield "        try:"
    packed = f"_pack_{struct.name}(*cells)"
    whole = "cells"
    if struct.array:
        whole = f"(*cells, {_joined(struct.array)})"
        unpacked = f"(*_unpack_{struct.name}({packed}), {_joined(struct.array)})"
        yield from assign("self._values", unpacked, "            ")
    else:
        yield from call(f"self._values = _unpack_{struct.name}", [packed], "            ")
    yield "        except wire.MALFORMED:"
    yield "            raise wire.value_error(cls, locals()) from None"
    # struct pads and cuts byte strings silently; what comes back tells.
    conditions = [f"self._values != {whole}", *_limits(struct)]
    yield from if_any(conditions, "raise wire.value_error(cls, locals())", "        ")
    if struct.version_place:
        yield f"        self._layout_version = {struct.version_place.name}"
    records = records_of(struct)
    if records:
        yield f"        self._parts = {tuple_of(place.name or '' for place in records)}"
    yield "        return self"


def _given(struct: StructLayout) -> list[Place]:
    counting = struct.counting
    return [place for place in struct.named if place.const is None and place is not counting]


def _parameter(struct: StructLayout, place: Place) -> str:
    kind = "bytes" if place.kind == "bytes" else "int"
    if place.record:
        kind = place.record.class_name
    if place.array:
        return f"{place.name}: wire.Iterable[{place.array.of.class_name}] = ()"
    if place is struct.version_place:
        return f"{place.name}: int = {struct.versions[-1]}"
    if place.record or is_optional(place):
        return f"{place.name}: {kind} | None = None"
    return f"{place.name}: {kind} = {literal(place.default)}"


def _version(struct: StructLayout) -> str:
    """The parameter that chooses the layout."""
    return struct.version_place.name or "" if struct.version_place else ""


def _settle_parameters(struct: StructLayout) -> Iterator[str]:
    """Give every parameter that is not always there its value."""
    version = _version(struct)
    if version:
        yield from call(f"{version} = wire.known_version", ["cls", version], "        ")
    for place in _given(struct):
        name = string(place.name or "")
        there = _is_there(struct, place)
        if place.record:
            arguments = ["cls", name, place.record.class_name, place.name or ""]
            helper = "wire.gated_part" if there else "wire.part"
            arguments += [there] if there else []
            yield from call(f"{place.name} = {helper}", arguments, "        ")
        elif is_optional(place) and is_whole(struct, place):
            arguments = ["cls", name, place.name or "", there, literal(place.default)]
            yield from call(f"{place.name} = wire.gated", arguments, "        ")


def _join_arrays(struct: StructLayout) -> Iterator[str]:
    """Make the bytes of every array, and with them the number of elements that a field tells."""
    for place in struct.named:
        if place.array:
            arguments = ["cls", string(place.name or ""), place.name or ""]
            yield from call(f"{_joined(place)} = wire.joined", arguments, "        ")
    if struct.counting and struct.array and struct.array.array:
        each = number(struct.array.array.of.size)
        counted = f"len({_joined(struct.array)}) // {each}"
        yield from assign(struct.counting.name or "", counted, "        ")


def _joined(place: Place) -> str:
    """The variable for the bytes of an array; no field is called so, and nothing of the module."""
    return f"_raw_{place.name}"


def _is_there(struct: StructLayout, place: Place) -> str:
    """The condition, on the parameters, that `place` is there; empty when it always is."""
    parts = [in_version(place, _version(struct))]
    if place.when:
        other = deciding(struct, place)
        own = other.name if other.const is None else literal(other.const)
        parts.append(f"{own} == {plain(place.when[1])}")
    return " and ".join(part for part in parts if part)


def _limits(struct: StructLayout) -> Iterator[str]:
    """Conditions under which a parameter breaks its limits."""
    for place in _given(struct):
        if not is_whole(struct, place):
            continue  # wire.shared has checked it
        there = _is_there(struct, place)
        prefix = f"{there} and " if there else ""
        if place.array:
            continue  # wire.joined has checked it
        if place.minimum:
            yield f"{prefix}{place.name} < {plain(place.minimum)}"
        if place.maximum is not None:
            yield f"{prefix}{place.name} > {plain(place.maximum)}"
        if place.enum and place.enum.closed:
            yield f"{prefix}{place.name} not in {place.enum.class_name}.NAMES"


def _cell_value(struct: StructLayout, cell: Cell) -> str:
    """What the constructor puts into `cell`."""
    version = _version(struct)
    places = [p for p in struct.named if cell.offset <= p.offset < cell.end]
    if not places:
        return byte_string(bytes(cell.size))
    if cell.place is None:
        given = {p.name: _cell_item(p) for p in places if p.const is None}
        # What decides over one of them stands elsewhere, and is passed on.
        given |= {other.name: other.name or "" for other in _deciding(struct, places)}
        arguments = ["cls", version, number(cell.offset), number(cell.end)]
        arguments += [f"{name}={value}" for name, value in given.items()]
        return f"wire.shared({', '.join(arguments)})"
    value = "0" if cell.code in "BHIQ" else byte_string(bytes(cell.size))
    for place in reversed(places):
        there = in_version(place, version)
        if place.record and is_optional(place):  # None where it is not there
            value = f"{place.name}.build() if {place.name} else {value}"
            continue
        own = literal(place.const) if place.const is not None else _cell_item(place)
        # A parameter is zero where it is not there; a constant, or one of several, has to be told.
        told = there and (len(places) > 1 or place.const)
        value = f"{own} if {there} else {value}" if told else own
    return value if _fits(" " * 13 + value) else re.sub(r" (?=if |else )", "\n", value)


def _fits(line: str) -> bool:
    return len(line) <= WIDTH and "\n" not in line


def _deciding(struct: StructLayout, places: list[Place]) -> list[Place]:
    """The parameters, beside the version, that decide whether some of `places` are there."""
    found = [deciding(struct, place) for place in places if place.when]
    return [place for place in found if place.const is None and place is not struct.version_place]


def _cell_item(place: Place) -> str:
    """The parameter as struct takes it."""
    if place.array:
        return _joined(place)
    if place.record is None:
        return place.name or ""
    if is_optional(place):
        return f"{place.name}.build() if {place.name} else {byte_string(bytes(place.size))}"
    return f"{place.name}.build()"
