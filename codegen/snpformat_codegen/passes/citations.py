"""Citations: whatever is cited is a source that the file declares."""

from __future__ import annotations

from collections.abc import Iterator

from .. import ir
from ..diagnostics import Log
from ..source import shorten
from ..words import listed, near_miss


def check_citations(program: ir.Program, log: Log) -> None:
    for module in program.modules.values():
        if module.broken:
            continue  # the declaration of a source may be what could not be read
        sources = {source.name.value: source for source in module.sources}
        for prose in _all_prose(module):
            if prose.cite is None:
                continue
            name = prose.cite.value.split()[0]
            if name not in sources:
                known = f"declared: {listed(sources)}" if sources else "declare it under sources"
                help = near_miss(name, sources) or known
                message = f'undefined source "{shorten(name)}"'
                log.error_once("SF036", prose.cite.span, message, help=help)


def _all_prose(module: ir.Module) -> Iterator[ir.Prose]:
    for axis in module.axes:
        yield axis.prose
    for enum in module.enums:
        yield enum.prose
        for value in enum.values:
            yield value.prose
    for bitfield in module.bitfields:
        yield bitfield.prose
        for bit in bitfield.bits:
            yield bit.prose
    for struct in module.structs:
        yield struct.prose
        for field in struct.fields:
            yield field.prose
