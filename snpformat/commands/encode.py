"""``snpformat encode``: bytes of what `decode --json` printed."""

from __future__ import annotations

import argparse
import json

from .. import files
from ..errors import FormatError
from .common import UsageError, structure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def add(commands: Any) -> None:
    """Add the subcommand to the parser's `commands`."""
    encode = commands.add_parser("encode", help="make bytes from what `decode --json` printed")
    encode.add_argument("file", nargs="?", default="-", metavar="FILE", help="- for standard input")
    encode.add_argument("--format", metavar="NAME", help="the structure, where the JSON has none")
    encode.add_argument("-o", "--output", default="-", metavar="FILE", help="where to write")
    encode.add_argument(
        "--output-format",
        choices=("auto", "raw", "hex", "base64"),
        default="auto",
        help="default: raw, but hex on a terminal",
    )
    encode.set_defaults(run=_encode)


def _encode(arguments: argparse.Namespace) -> None:
    given = _read_json(files.read(arguments.file))
    name = arguments.format or given.get("format")
    if name is None:
        raise UsageError('the JSON has no "format"', "name one with --format")
    if not isinstance(name, str):
        raise FormatError("json", "format", None, None, "expected a name")
    record = structure(name).from_dict(given)
    files.write(record.build(), arguments.output, arguments.output_format)


def _read_json(data: bytes) -> dict[str, Any]:
    try:
        given = json.loads(data, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise files.InputRefused(f"not JSON as `decode --json` prints it: {reason}") from None
    if not isinstance(given, dict):
        raise files.InputRefused("expected a JSON object, as `decode --json` prints it")
    return given


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} is given twice")
    return found
