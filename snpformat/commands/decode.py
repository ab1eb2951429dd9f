"""``snpformat decode``: show what bytes mean."""

from __future__ import annotations

import argparse
import json
import os
import sys

from .. import catalog, files, show
from ..formats import HclHeader
from .common import UsageError, add_input_format, note, number, put, structure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..record import Record


PRODUCTS = ("milan", "genoa", "turin")
_HCL_MAGIC = HclHeader().build()[: HclHeader.field("magic").end]


def add(commands: Any) -> None:
    """Add the subcommand to the parser's `commands`."""
    decode = commands.add_parser("decode", help="show what bytes mean")
    decode.add_argument("file", nargs="?", default="-", metavar="FILE", help="- for standard input")
    decode.add_argument("--format", metavar="NAME", help="the structure (default: guessed by size)")
    decode.add_argument(
        "--assume-version", type=number, metavar="N", help="the layout for a version not known"
    )
    decode.add_argument(
        "--product", choices=PRODUCTS, help="names the parts of a TCB where the data does not"
    )
    decode.add_argument(
        "--reserved",
        choices=("keep", "reject", "drop"),
        default="keep",
        help="what to do with reserved bytes and bits that are not zero (default: keep)",
    )
    add_input_format(decode)
    shape = decode.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print JSON, which `encode` reads")
    shape.add_argument("--hexdump", action="store_true", help="print the bytes, each by its field")
    decode.add_argument("--show-secrets", action="store_true", help="print keys too")
    decode.set_defaults(run=_decode)


def _decode(arguments: argparse.Namespace) -> None:
    chosen = structure(arguments.format) if arguments.format else None
    data = files.read(arguments.file)
    if not data:
        raise files.InputRefused("there is no data")
    wanted = catalog.sizes(chosen)
    data = files.unwrap(data, arguments.input_format, wanted)
    axes = {"product": arguments.product} if arguments.product else {}
    if chosen is None and data.startswith(_HCL_MAGIC):
        _show_blob(data, arguments, axes)
        return
    if chosen is None and _is_table(data):
        raise files.InputRefused("this is a table of certificates; `snpformat certs show` lists it")
    cls = chosen or catalog.guess(data)
    if arguments.product and not _has_axis(cls, "product"):
        raise UsageError(f"--product means nothing for {cls.NAME}: no field depends on it")
    record = cls.parse(data, reserved=arguments.reserved, assume_version=arguments.assume_version)
    _warn_of_contradiction(record, axes)
    if arguments.assume_version is not None and not _is_assumed(record):
        note(f"--assume-version {arguments.assume_version} is not needed: the version is known")
    if arguments.json:
        put(json.dumps(record.to_dict(show_secrets=arguments.show_secrets, axes=axes), indent=2))
    elif arguments.hexdump:
        colour = sys.stdout is not None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        for line in show.hexdump(record, arguments.show_secrets, colour):
            put(line)
    else:
        for line in show.table(record, axes, arguments.show_secrets):
            put(line)


def _is_table(data: bytes) -> bool:
    """Whether `data` begins with the GUID of a certificate."""
    from ..certtable import NAMES  # with uuid and more, for few

    return any(data.startswith(guid.bytes) for guid in NAMES)


def _show_blob(data: bytes, arguments: argparse.Namespace, axes: dict[str, str]) -> None:
    """An Azure HCL blob: the report in it, what came along, and whether the two belong together."""
    from .. import hcl  # with hashlib and more, for few

    if arguments.hexdump:
        raise UsageError("--hexdump is for single structures", "decode the report at 0x20 alone")
    blob = hcl.HclBlob.parse(
        data, reserved=arguments.reserved, assume_version=arguments.assume_version
    )
    if not arguments.json:
        for line in hcl.describe(blob, axes):
            put(line)
        return
    report = blob.report
    found = {
        "header": blob.header.to_dict(),
        "report": report.hex() if isinstance(report, bytes) else report.to_dict(axes=axes),
        "request": blob.request.to_dict(),
        "variable_data": blob.variable_data.hex(),
        "binding": {"verdict": blob.binding.verdict.value, "reason": blob.binding.reason},
    }
    put(json.dumps(found, indent=2))


def _has_axis(cls: type[Record], axis: str) -> bool:
    return any(
        (field.view and field.view[0] == axis) or (field.record and _has_axis(field.record, axis))
        for field in cls.FIELDS
    )


def _warn_of_contradiction(record: Record, axes: dict[str, str]) -> None:
    """The data's own word counts; say so when the user's differs."""
    for axis, given in axes.items():
        told = _told(record, axis)
        if told is not None and told != given:
            note(f"--{axis} {given} is ignored: the data says {told}")


def _is_assumed(record: Record) -> bool:
    """Whether `record`, or a record in it, is read with the layout of another version."""
    if record.VERSION_FIELD and record[record.VERSION_FIELD] != record.layout_version:
        return True
    fields = (field for field, here in record.layout() if here and field.record)
    return any(_is_assumed(record[field.name or ""]) for field in fields)


def _told(record: Record, axis: str) -> str | None:
    """What `record`, or a record in it, tells about `axis`."""
    nested = (record[field.name or ""] for field, here in record.layout() if here and field.record)
    found = (_told(inner, axis) for inner in nested)
    return record.axis_value(axis) or next((told for told in found if told), None)
