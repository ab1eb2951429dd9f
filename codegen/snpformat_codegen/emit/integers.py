"""Enums and bit fields as classes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..places import BitPlace, BitsLayout, EnumLayout
from .text import (
    WIDTH,
    call,
    cited,
    docstring,
    entry,
    number,
    paragraphs,
    plain,
    prose_arguments,
    string,
    table,
)

# A comment that begins like this speaks to a tool and not to the reader.
_FOR_TOOLS = re.compile(r"(type|noqa|fmt|yapf|isort|ruff|mypy|pyright|pragma|flake8)\b", re.I)


def enum_class(enum: EnumLayout) -> Iterator[str]:
    """The class of an enum: constants, and the names by number."""
    yield f"class {enum.class_name}(wire.Enum):"
    what = f"Numbers of {enum.size} byte{'s' if enum.size > 1 else ''}"
    what += ", and no others." if enum.closed else "; others are kept."
    yield from paragraphs([enum.doc or f"{enum.name}.", what + cited(enum.cite)], "    ")
    yield ""
    for value, name, doc in enum.values:
        line = f"    {name.upper()} = {number(value)}"
        comment = f"  # {doc}" if doc and not _FOR_TOOLS.match(doc) else ""
        yield line + comment if len(line + comment) <= WIDTH else line
    yield ""
    yield f"    NAME = {string(enum.name)}"
    if enum.closed:
        yield "    CLOSED = True"
    yield "    NAMES = {"
    for value, name, _ in enum.values:
        yield f"        {number(value)}: {string(name)},"
    yield "    }"
    docs = [(value, doc) for value, _, doc in enum.values if doc]
    if docs:
        yield "    DOCS = {"
        for value, doc in docs:
            yield from entry(number(value), doc, "        ")
        yield "    }"


def bits_class(bits: BitsLayout) -> Iterator[str]:
    """The class of a bit field: the table of its bits, and a property for each name."""
    yield f"class {bits.class_name}(wire.Bits):"
    what = f"u{8 * bits.size}; bit 0 is the least significant.{cited(bits.cite)}"
    yield from paragraphs([bits.doc or f"{bits.name}.", what], "    ")
    yield ""
    yield "    __slots__ = ()"
    yield f"    NAME = {string(bits.name)}"
    yield f"    SIZE = {bits.size}"
    entries = [call("wire.Bit", _bit_arguments(bit), "        ", ",") for bit in bits.bits]
    yield from table("BITS", entries, "    ")
    for bit in bits.bits:
        if bit.name:
            yield ""
            yield from _bit_property(bits, bit)


def _bit_arguments(bit: BitPlace) -> list[str]:
    arguments = [str(bit.low), str(bit.high)]
    if bit.name:
        arguments.append(string(bit.name))
    if bit.const is not None:
        arguments.append(f"const={plain(bit.const)}")
    if bit.enum:
        arguments.append(f"enum={bit.enum.class_name}")
    return arguments + prose_arguments(bit.doc, bit.cite, bit.abi)


def _bit_property(bits: BitsLayout, bit: BitPlace) -> Iterator[str]:
    flag = bit.width == 1 and bit.enum is None
    yield "    @property"
    yield f"    def {bit.name}(self) -> {'bool' if flag else 'int'}:"
    place = f"Bit {bit.low}." if bit.width == 1 else f"Bits {bit.high}:{bit.low}."
    yield from docstring(f"{bit.doc} {place}".strip(), "        ")
    shifted = f"self >> {bit.low}" if bit.low else "self"
    if flag:
        yield f"        return {shifted} & 1 == 1"
    elif bit.width == 8 * bits.size:
        yield "        return int(self)"
    else:
        yield f"        return {shifted} & {number((1 << bit.width) - 1)}"
