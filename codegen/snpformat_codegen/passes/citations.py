"""Citations: whatever is cited is a source that the file declares."""

from __future__ import annotations

from collections.abc import Iterator

from .. import ir
from ..diagnostics import Log
from ..shapes import near_miss


def check_citations(program: ir.Program, log: Log) -> None:
    for module in program.modules.values():
        sources = [source.name.value for source in module.sources]
        for prose in _all_prose(module):
            if prose.cite is None:
                continue
            name = prose.cite.value.split()[0]
            if name not in sources:
                known = f"declared: {', '.join(sources)}" if sources else "no source is declared"
                message = f'undefined source "{name}"'
                log.error("SF036", prose.cite.span, message, help=near_miss(name, sources) or known)


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
