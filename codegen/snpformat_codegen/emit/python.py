"""Layouts -> typed records: one Python module a spec, in the shape that runs fastest.

Read a generated module beside this package: this module writes its frame, integers.py the enums
and bit fields, record.py each structure, with constructor.py, parser.py and properties.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..layout import ModuleLayout, homes_of
from .integers import bits_class, enum_class
from .packages import dictionary, import_from, in_order, lazy_package
from .record import nested_first, record_class
from .text import origin, paragraphs

FOLDER = "formats"


def emit(modules: tuple[ModuleLayout, ...]) -> Iterator[tuple[str, str]]:
    """(file name, text) of every module, and of the package that offers them lazily."""
    homes = homes_of(modules)
    for module in modules:
        yield f"{FOLDER}/{module.name}.py", _module(module, homes)
    yield f"{FOLDER}/__init__.py", _package(modules, homes)


def _module(module: ModuleLayout, homes: dict[str, str]) -> str:
    body: list[str] = []
    for enum in module.enums:
        body += ["", "", *enum_class(enum)]
    for bitfield in module.bitfields:
        body += ["", "", *bits_class(bitfield)]
    for struct in nested_first(module.structs):
        body += ["", "", *record_class(struct)]
    head = paragraphs(
        [
            f"Typed records of {module.name}.",
            origin(module.name),
            module.doc,
        ],
        "",
    )
    imports = ["", "from __future__ import annotations", ""]
    if module.structs:
        imports += ["from struct import Struct", ""]
    if body:
        imports += ["from snpformat import wire"]
    borrowed = _borrowed(module, homes)
    if borrowed:
        imports.append("")
    for home, names in borrowed.items():
        imports += import_from(f".{home}", names)
    if module.structs:
        imports += ["", "TYPE_CHECKING = False", "if TYPE_CHECKING:", "    from typing import Self"]
        imports += ["", "_new = object.__new__"]
    return "\n".join([*head, *imports, *body]) + "\n"


def _borrowed(module: ModuleLayout, homes: dict[str, str]) -> dict[str, list[str]]:
    """Classes of other modules that this one names, by module."""
    names: set[str] = set()
    for bitfield in module.bitfields:
        names |= {bit.enum.class_name for bit in bitfield.bits if bit.enum}
    for place in (place for struct in module.structs for place in struct.places):
        names |= {kind.class_name for kind in (place.enum, place.bits, place.record) if kind}
        names |= {place.reads.class_name} if place.reads else set()
        names |= {place.array.of.class_name} if place.array else set()
        if place.view:
            names |= {kind.class_name for kind in place.view.choices.values()}
    others = {homes[name] for name in names} - {module.name}
    return {
        home: in_order(name for name in names if homes[name] == home) for home in sorted(others)
    }


def _package(modules: tuple[ModuleLayout, ...], homes: dict[str, str]) -> str:
    structs = sorted(
        (struct.name, struct.class_name) for module in modules for struct in module.structs
    )
    return lazy_package(
        "Typed records of every format; each is loaded when it is first asked for.",
        homes,
        tables=[
            "# The name of each structure in the specs, and of its class.",
            *dictionary("STRUCTURES", structs),
            "",
        ],
        offered=["STRUCTURES"],
    )
