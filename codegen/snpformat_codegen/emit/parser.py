"""``parse`` of a record: unpack, settle the version, refuse what is fixed, read nested records."""

from __future__ import annotations

from collections.abc import Iterator

from ..layout import StructLayout
from ..places import Place
from .access import is_there, read, records_of
from .text import call, if_any, literal, string, tuple_of


def parse_method(struct: StructLayout) -> Iterator[str]:
    """The class method ``parse``."""
    name = struct.name
    records = records_of(struct)
    yield "    @classmethod"
    yield "    def parse("
    yield "        cls,"
    yield "        data: wire.Buffer,"
    yield "        *,"
    yield '        reserved: wire.Reserved = "keep",'
    yield "        assume_version: int | None = None,"
    yield "    ) -> Self:"
    yield "        self = _new(cls)"
    checked = [p for p in struct.named if p.array and _refuses(p.array.of)]
    used = struct.version_place or records or checked or any(_refusals(struct, ""))
    values = f"self._values = {'values = ' if used else ''}"
    if struct.array:
        yield "        _fixed, _elements = wire.divide(cls, data)"
        yield f"        {values}(*_unpack_{name}(_fixed), _elements)"
    else:
        yield "        try:"
        yield f"            {values}_unpack_{name}(data)"
        yield "        except wire.MALFORMED:"
        yield "            raise wire.size_error(cls, data) from None"
    version = ""
    if struct.version_place:
        version = "version"
        yield f"        version = {read(struct, struct.version_place, 'values')}"
        known = ", ".join(map(str, struct.versions))
        yield f"        if version not in {{{known}}}:"
        yield "            version = wire.assumed_version(cls, version, assume_version)"
        yield "        self._layout_version = version"
    refusals = list(_refusals(struct, version))
    if refusals:
        given = f"cls, data, {version}" if version else "cls, data"
        yield from if_any(refusals, f"raise wire.refused_bytes({given})", "        ")
    if records:
        yield from _parse_parts(struct, records, version)
    for place in checked:
        arguments = ["cls", string(place.name or ""), read(struct, place, "values")]
        yield from call("wire.check_elements", arguments, "        ")
    if _has_versions(struct):
        yield '        if reserved != "keep":'
    else:  # settle refuses to assume a version of what has none
        yield '        if reserved != "keep" or assume_version is not None:'
    yield "            return wire.settle(self, reserved, assume_version)"
    yield "        return self"


def _has_versions(struct: StructLayout) -> bool:
    return bool(struct.versions) or any(_has_versions(p.record) for p in struct.places if p.record)


def _refuses(struct: StructLayout) -> bool:
    """Whether there are bytes of the right length that are no `struct`."""
    held = [p.record or (p.array.of if p.array else None) for p in struct.named]
    return any(_refusals(struct, "")) or any(inner and _refuses(inner) for inner in held)


def _refusals(struct: StructLayout, version: str) -> Iterator[str]:
    """Conditions under which the bytes are refused: constants and closed enums."""
    for place in struct.named:
        there = is_there(struct, place, version, "values")
        prefix = f"{there} and " if there else ""
        if place.const is not None:
            yield f"{prefix}{read(struct, place, 'values')} != {literal(place.const)}"
        elif place.enum and place.enum.closed:
            yield f"{prefix}{read(struct, place, 'values')} not in {place.enum.class_name}.NAMES"


def _parse_parts(struct: StructLayout, records: list[Place], version: str) -> Iterator[str]:
    for place in records:
        assert place.record
        own_name = _local(place)
        assumed = "assume_version" if _has_versions(place.record) else "None"
        kind = place.record.class_name
        own = read(struct, place, "values")
        there = is_there(struct, place, version, "values")
        arguments = ["cls", string(place.name or ""), kind, own, assumed]
        if there:
            yield f"        {own_name} = None"
            yield f"        if {there}:"
            yield from call(f"{own_name} = wire.parse_part", arguments, "            ")
        else:
            yield from call(f"{own_name} = wire.parse_part", arguments, "        ")
    yield f"        self._parts = {tuple_of(map(_local, records))}"


def _local(place: Place) -> str:
    """The variable for a nested record: its name, unless `parse` uses that one itself."""
    taken = place.name in ("data", "values", "version", "reserved", "assume_version", "wire")
    return f"_{place.name}" if taken else place.name or ""
