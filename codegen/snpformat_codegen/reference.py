"""Layouts -> the reference of ioctls, as Markdown: what is called, and with what bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .layout import IoctlLayout, ModuleLayout, StructLayout
from .listing import remarks
from .places import BitsLayout, EnumLayout, Place


def reference(modules: Iterable[ModuleLayout]) -> Iterator[str]:
    """The lines of the document: the ioctls, then each structure, bit field and enum in them."""
    modules = list(modules)
    ioctls = [ioctl for module in modules for ioctl in module.ioctls]
    yield "# Ioctls"
    yield ""
    yield "<!-- Generated from specs/ by `./dev generate`; change those. -->"
    yield ""
    yield "| ioctl | number | argument | request | response |"
    yield "|---|---|---|---|---|"
    for ioctl in ioctls:
        parts = [ioctl.argument, ioctl.request, ioctl.response]
        links = " | ".join(_link(part.name) if part else "-" for part in parts)
        yield f"| [`{ioctl.name.upper()}`](#{ioctl.name}) | `0x{ioctl.command:08X}` | {links} |"
    yield ""
    yield "## Calls"
    for ioctl in ioctls:
        yield from _ioctl(ioctl)
    yield ""
    yield "## Structures"
    structs = list(_reached(ioctls))
    for struct in structs:
        yield from _struct(struct)
    places = [place for struct in structs for place in struct.named]
    bitfields = list(dict.fromkeys(_bitfields(places)))
    if bitfields:
        yield ""
        yield "## Bit fields"
    for bits in bitfields:
        yield from _bits(bits)
    enums = [place.enum for place in places if place.enum]
    enums += [bit.enum for bits in bitfields for bit in bits.bits if bit.enum]
    if enums:
        yield ""
        yield "## Numbers with names"
    for enum in dict.fromkeys(enums):
        yield from _enum(enum)
    yield from _sources(modules)


def _ioctl(ioctl: IoctlLayout) -> Iterator[str]:
    yield from _heading(ioctl.name, ioctl.doc, ioctl.cite, title=ioctl.name.upper())
    who = {
        "none": "Nothing is copied.",
        "write": "The caller's argument is read.",
        "read": "The caller's argument is written.",
        "readwrite": "The caller's argument is read, and written back.",
    }
    yield ""
    yield (
        f"Number `0x{ioctl.command:08X}`: letter `{ioctl.letter}`, number {ioctl.number}, "
        f"{ioctl.argument.size} bytes. {who[ioctl.direction]}"
    )


def _reached(ioctls: Iterable[IoctlLayout]) -> Iterator[StructLayout]:
    """Each structure once, outer ones first."""
    found: list[StructLayout] = []

    def visit(struct: StructLayout | None) -> None:
        if struct is not None and struct not in found:
            found.append(struct)
            for place in struct.places:
                visit(place.record)

    for ioctl in ioctls:
        for part in (ioctl.argument, ioctl.request, ioctl.response):
            visit(part)
    yield from found


def _struct(struct: StructLayout) -> Iterator[str]:
    yield from _heading(struct.name, struct.doc, struct.cite)
    yield ""
    forms = f", versions {', '.join(map(str, struct.versions))}" if struct.versions else ""
    yield f"{struct.size} bytes, {struct.endian} endian{forms}."
    yield ""
    yield "| offset | bytes | field | type | |"
    yield "|---|---|---|---|---|"
    for place in struct.places:
        name = f"`{place.name}`" if place.name else "(reserved)"
        told = "; ".join(remarks(place, with_versions=True))
        text = " ".join(part for part in (place.doc, f"({told})" if told else "") if part)
        kind = _type(place) if place.name else ""
        yield f"| {place.offset:#x} | {place.size} | {name} | {kind} | {_cell(text)} |"


def _type(place: Place) -> str:
    named = place.enum or place.bits or place.record
    return _link(named.name) if named else place.type_name


def _bitfields(places: Iterable[Place]) -> Iterator[BitsLayout]:
    for place in places:
        if place.bits:
            yield place.bits
        if place.view:
            yield from place.view.choices.values()


def _bits(bits: BitsLayout) -> Iterator[str]:
    yield from _heading(bits.name, bits.doc, bits.cite)
    yield ""
    yield f"{bits.size} bytes; bit 0 is the least significant."
    yield ""
    yield "| bits | name | |"
    yield "|---|---|---|"
    for bit in bits.bits:
        where = str(bit.low) if bit.width == 1 else f"{bit.high}:{bit.low}"
        name = f"`{bit.name}`" if bit.name else f"always {bit.const}" if bit.const else "(reserved)"
        enum = f" {_link(bit.enum.name)}" if bit.enum else ""
        yield f"| {where} | {name} | {_cell(bit.doc)}{enum} |"


def _enum(enum: EnumLayout) -> Iterator[str]:
    yield from _heading(enum.name, enum.doc, enum.cite)
    yield ""
    yield "| value | name | |"
    yield "|---|---|---|"
    for value, name, doc in enum.values:
        yield f"| {value:#x} | `{name}` | {_cell(doc)} |"


def _sources(modules: Iterable[ModuleLayout]) -> Iterator[str]:
    """What the words in brackets stand for; which revisions were read, each spec says itself."""
    found: dict[str, str] = {}
    for name, title, detail in (source for module in modules for source in module.sources):
        number = detail.partition(";")[0]
        found.setdefault(name, f"{title} ({number})" if number else title)
    if found:
        yield ""
        yield "## Sources"
        yield ""
    for name in sorted(found):
        yield f"- `{name}`: {found[name]}"


def _heading(name: str, doc: str, cite: str, *, title: str = "") -> Iterator[str]:
    yield ""
    yield f'<a id="{name}"></a>'
    yield ""
    yield f"### {title or name}"
    if doc or cite:
        yield ""
        yield f"{doc}{f' [{cite}]' if cite else ''}".strip()


def _link(name: str) -> str:
    return f"[`{name}`](#{name})"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
