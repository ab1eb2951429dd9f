"""``snpformat certs``: certificate tables of extended reports."""

from __future__ import annotations

import argparse
import os
from uuid import UUID

from .. import files
from ..certtable import GUIDS, MAX_ENTRIES, TableEntry, load_certificates, read_table, write_table
from ..errors import FormatError
from .common import UsageError, add_input_format, add_output, note, put

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_SHORT = {name.lower().replace(" ", "_"): guid for name, guid in GUIDS.items()}


def add(commands: Any) -> None:
    """Add the subcommand to the parser's `commands`."""
    certs = commands.add_parser("certs", help="read or write a table of certificates")
    actions = certs.add_subparsers(required=True, metavar="ACTION")

    shown = actions.add_parser("show", help="list what is in a table")
    shown.add_argument("file", metavar="TABLE", help="- for standard input")
    add_input_format(shown)
    shown.set_defaults(run=_show)

    extracted = actions.add_parser("extract", help="write each certificate to a file of its own")
    extracted.add_argument("file", metavar="TABLE", help="- for standard input")
    add_input_format(extracted)
    extracted.add_argument("folder", metavar="DIR", help="made if it is not there")
    extracted.set_defaults(run=_extract)

    packed = actions.add_parser("pack", help="make a table, as a host hands it over")
    packed.add_argument("entry", nargs="+", metavar="NAME=FILE",
                        help=f"NAME is {', '.join(_SHORT)}, or a GUID")  # fmt: skip
    packed.add_argument("--whole-pages", action="store_true", help="fill up to 4096 bytes")
    add_output(packed, "the table")
    packed.set_defaults(run=_pack)


def _read(arguments: argparse.Namespace) -> tuple[TableEntry, ...]:
    return read_table(files.unwrap(files.read(arguments.file), arguments.input_format, ()))


def _show(arguments: argparse.Namespace) -> None:
    entries = _read(arguments)
    if not entries:
        put("no certificates")
    for entry in entries:
        put(f"{entry.guid}  {entry.name or 'unknown':<20}{len(entry.data):>6} bytes  {kind(entry)}")


def kind(entry: TableEntry) -> str:
    """How the data of an entry is written: PEM, DER, or neither."""
    try:
        count = len(load_certificates(entry.data))
    except FormatError:
        return "no certificate"
    form = "DER" if entry.data[:1] == b"\x30" and entry.data[1:2] >= b"\x80" else "PEM"
    return form if count == 1 else f"{form}, {count} certificates"


def _extract(arguments: argparse.Namespace) -> None:
    extract(_read(arguments), arguments.folder)


def extract(entries: Iterable[TableEntry], folder: str) -> None:
    """Write each entry to a file in `folder`, named like it. Raises OSError."""
    os.makedirs(folder, exist_ok=True)
    names: set[str] = set()
    for entry in entries:
        stem = entry.name.lower().replace(" ", "_") if entry.name else str(entry.guid)
        suffix = {"PEM": "pem", "DER": "der"}.get(kind(entry).partition(",")[0], "bin")
        name = f"{stem}.{suffix}"
        if name in names:  # a table may name one thing twice
            name = f"{stem}-{len(names)}.{suffix}"
        names.add(name)
        files.write(entry.data, os.path.join(folder, name), "raw")
    note(f"wrote {', '.join(sorted(names))} to {folder}" if names else "there are no certificates")


def _pack(arguments: argparse.Namespace) -> None:
    if len(arguments.entry) > MAX_ENTRIES:
        raise UsageError(f"a table has at most {MAX_ENTRIES} entries")
    entries = []
    for given in arguments.entry:
        name, equals, path = given.partition("=")
        if not equals:
            raise UsageError(f"{given!r} names no file", "write NAME=FILE")
        entries.append(TableEntry(_guid(name), files.read(path)))
    table = write_table(entries, whole_pages=arguments.whole_pages)
    files.write(table, arguments.output or "-", arguments.output_format)


def _guid(name: str) -> UUID:
    if name.lower() in _SHORT:
        return _SHORT[name.lower()]
    try:
        return UUID(name)
    except ValueError:
        known = ", ".join(_SHORT)
        raise UsageError(f"{name!r} is no GUID and no name", f"names are {known}") from None
