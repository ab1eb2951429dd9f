"""Layouts -> ioctl definitions: the commands of devices, with the records they carry."""

from __future__ import annotations

from collections.abc import Iterator

from ..layout import IoctlLayout, ModuleLayout
from .packages import import_from, in_order
from .python import FOLDER
from .text import call, number, paragraphs, prose_arguments, string, table


def emit(modules: tuple[ModuleLayout, ...]) -> Iterator[tuple[str, str]]:
    """One module with every command, where there are any."""
    ioctls = [ioctl for module in modules for ioctl in module.ioctls]
    if ioctls:
        yield f"{FOLDER}/ioctls.py", _module(ioctls)


def _module(ioctls: list[IoctlLayout]) -> str:
    lines = paragraphs(
        [
            "Ioctl definitions: each command with the records that its argument is made of.",
            "Generated; change the specs and run `snpformat-codegen generate`.",
        ],
        "",
    )
    lines += ["", "from snpformat import wire", ""]
    homes: dict[str, set[str]] = {}
    for ioctl in ioctls:
        for struct in (ioctl.argument, ioctl.request, ioctl.response):
            if struct is not None:
                homes.setdefault(struct.module, set()).add(struct.class_name)
    for home in sorted(homes):
        lines += import_from(f".{home}", in_order(homes[home]))
    for ioctl in ioctls:
        lines += ["", f"# {number(ioctl.command)}", *_definition(ioctl)]
    lines.append("")
    entries = [[f"    {ioctl.name.upper()},"] for ioctl in ioctls]
    return "\n".join([*lines, *table("IOCTLS", entries, "")]) + "\n"


def _definition(ioctl: IoctlLayout) -> list[str]:
    arguments = [
        string(ioctl.name),
        string(ioctl.direction),
        string(ioctl.letter),
        str(ioctl.number),
        ioctl.argument.class_name,
    ]
    if ioctl.request:
        arguments.append(f"request={ioctl.request.class_name}")
    if ioctl.response:
        arguments.append(f"response={ioctl.response.class_name}")
    arguments += prose_arguments(ioctl.doc, ioctl.cite, "")
    return call(f"{ioctl.name.upper()} = wire.Ioctl", arguments, "")
