"""The properties of a record: one for each field, each view of one, and each axis that it tells."""

from __future__ import annotations

from collections.abc import Iterator

from ..layout import StructLayout
from ..places import Place, ViewLayout
from .access import annotation, is_optional, is_there, read, records_of
from .text import WIDTH, assign, call, docstring, if_any, number, string, tuple_of

Cases = tuple[tuple[str, tuple[tuple[str, int, int], ...]], ...]


def field_property(struct: StructLayout, place: Place) -> Iterator[str]:
    """The property of a field; None where the record has no such field."""
    yield "    @property"
    yield f"    def {place.name}(self) -> {annotation(place)}:"
    yield from docstring(f"{place.doc} {_where(place)}".strip(), "        ")
    if place.record:
        yield f"        return self._parts[{records_of(struct).index(place)}]"
        return
    value = read(struct, place, "self._values")
    if place.bits:
        value = f"{place.bits.class_name}({value})"
    if place.array:
        value = f"wire.elements({place.array.of.class_name}, {value})"
    there = is_there(struct, place, "self._layout_version", "self._values")
    line = f"        return {value} if {there} else None"
    if not there:
        yield f"        return {value}"
    elif len(line) <= WIDTH:
        yield line
    else:
        yield f"        if {there}:"
        yield f"            return {value}"
        yield "        return None"


def _where(place: Place) -> str:
    """Type, place and versions, as a docstring ends."""
    text = f"{place.type_name} at {place.offset:#x}"
    if place.array and place.array.stop:
        text += ", until one that is all zero" if place.array.stop == "zero" else ", until the end"
    if place.array and place.array.maximum is not None:
        text += f", at most {place.array.maximum}"
    if place.since is not None and place.until is not None:
        text += f", from version {place.since} to before {place.until}"
    elif place.since is not None:
        text += f", from version {place.since} on"
    elif place.until is not None:
        text += f", before version {place.until}"
    if place.when:
        text += f", while {place.when[0]} is {place.when[1]:#x}"
    return text + "."


def view_method(place: Place, view: ViewLayout) -> Iterator[str]:
    """The method that reads a number as the bit field that an axis chooses."""
    kinds = list(dict.fromkeys(kind.class_name for kind in view.choices.values()))
    returns = " | ".join([*kinds, "None"])
    parameters = ["self", f"{view.axis}: str | None = None"]
    yield from call(f"def {place.name}_view", parameters, "    ", f" -> {returns}:")
    text = (
        f"The parts of {place.name}, by the {view.axis} that the record tells, else by the one"
        " given; None while it is unknown. Raises ValueError for one that does not exist."
    )
    yield from docstring(text, "        ")
    known = tuple_of(map(string, view.known))
    yield f"        chosen = wire.choose(self, {string(view.axis)}, {view.axis}, {known})"
    yield f"        value = self.{place.name}"
    if is_optional(place):
        yield "        if value is None:"
        yield "            return None"
    for kind in kinds:
        values = [value for value, own in view.choices.items() if own.class_name == kind]
        test = f"in {tuple_of(map(string, values))}"
        if len(values) == 1:
            test = f"== {string(values[0])}"
        yield f"        if chosen {test}:"
        yield f"            return {kind}(value)"
    yield "        return None"


def reading_method(place: Place, reads: StructLayout) -> Iterator[str]:
    """The method that reads a byte string as a structure."""
    optional = is_optional(place)
    returns = f"{reads.class_name} | None" if optional else reads.class_name
    yield from call(f"def {place.name}_view", ["self"], "    ", f" -> {returns}:")
    text = f"The bytes of {place.name} as a {reads.name}. Raises FormatError when they are none."
    yield from docstring(text, "        ")
    yield f"        value = self.{place.name}"
    if optional:
        yield f"        return None if value is None else {reads.class_name}.parse(value)"
    else:
        yield f"        return {reads.class_name}.parse(value)"


def alias_property(place: Place, name: str, part: str) -> Iterator[str]:
    """The property under which a number, or some bits of it, are known too."""
    bit = next((b for b in place.bits.bits if b.name == part), None) if place.bits else None
    kind = "bool" if bit and bit.width == 1 and not bit.enum else "int"
    yield "    @property"
    yield f"    def {name}(self) -> {kind}{' | None' if is_optional(place) else ''}:"
    text = f"Another name of {place.name}." if bit is None else f"{bit.doc} {part} of {place.name}."
    yield from docstring(text.strip(), "        ")
    own = f"value.{part}" if bit else "int(value)"
    yield f"        value = self.{place.name}"
    yield (
        f"        return None if value is None else {own}"
        if is_optional(place)
        else (f"        return {own}")
    )


def axis_property(struct: StructLayout, axis: str, cases: Cases) -> Iterator[str]:
    """The property that tells the value of an axis by other fields of the record."""
    yield "    @property"
    yield f"    def {axis}(self) -> str | None:"
    yield from docstring(f"The {axis}, as the record itself tells it; None when not.", "        ")
    names = list(dict.fromkeys(name for _, tests in cases for name, _, _ in tests))
    for name in names:
        yield from assign(name, f"self.{name}", "        ")
    places = {place.name: place for place in struct.named}
    absent = [f"{name} is None" for name in names if is_optional(places[name])]
    if absent:
        yield from if_any(absent, "return None", "        ")
    for value, tests in cases:
        parts = [
            f"{name} == {number(low, 2)}"
            if low == high
            else f"{number(low, 2)} <= {name} <= {number(high, 2)}"
            for name, low, high in tests
        ]
        yield f"        if {' and '.join(parts)}:"
        yield f"            return {string(value)}"
    yield "        return None"
