"""The command ``snpformat``: look at formats, decode bytes, encode them again.

Exit status: 0 done, 1 the data was refused, 2 usage or input and output. An error is one line; a
second one may say what to do.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

from . import __version__, catalog, files, show
from .errors import FormatError
from .formats import STRUCTURES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn

    from .record import Record

DONE, REFUSED, USAGE = 0, 1, 2
PRODUCTS = ("milan", "genoa", "turin")


class UsageError(Exception):
    """The command line asks for something that cannot be done; `help` says what can."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.help = help


class Parser(argparse.ArgumentParser):
    """Reports a wrong command line like every other error: in one line, and what to do."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"{self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with `argv` (by default the process's own). Returns the exit status."""
    source = ""
    try:
        arguments = _parser().parse_args(argv)
        file = getattr(arguments, "file", "-")
        source = "" if file == "-" else f"{file}: "
        status: int = arguments.run(arguments) or DONE
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except FormatError as error:
        return _fail(REFUSED, f"{source}{error}", _advice(error))
    except files.InputRefused as error:
        return _fail(REFUSED, f"{source}{error}")
    except UsageError as error:
        return _fail(USAGE, str(error), error.help)
    except BrokenPipeError:
        # Whoever read has left; the interpreter must not try to flush to them at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        reason = error.strerror or str(error)
        name = f"{error.filename}: " if error.filename else ""
        return _fail(USAGE, f"{name}{reason[:1].lower()}{reason[1:]}")


def _fail(status: int, message: str, help: str = "") -> int:
    if sys.stderr is not None:
        print(f"snpformat: {' '.join(message.splitlines())}", file=sys.stderr)
        if help:
            print(f"  help: {help}", file=sys.stderr)
    return status


def _advice(error: FormatError) -> str:
    if error.structure == "data":
        return "name one with --format; `snpformat formats` lists them"
    if error.reason.startswith("unknown version"):
        return "--assume-version N reads it with the layout of version N"
    return ""


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="snpformat",
        description="The binary formats of AMD SEV-SNP guests.",
        epilog="Exit status: 0 done, 1 the data was refused, 2 usage or input and output.",
    )
    parser.add_argument("--version", action="version", version=f"snpformat {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    formats = commands.add_parser("formats", help="list structures, versions and sizes")
    formats.add_argument("--json", action="store_true", help="print JSON")
    formats.set_defaults(run=_formats)

    decode = commands.add_parser("decode", help="show what bytes mean")
    decode.add_argument("file", nargs="?", default="-", metavar="FILE", help="- for standard input")
    decode.add_argument("--format", metavar="NAME", help="the structure (default: guessed by size)")
    decode.add_argument(
        "--assume-version", type=_number, metavar="N", help="the layout for a version not known"
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
    _add_input_format(decode)
    shape = decode.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print JSON, which `encode` reads")
    shape.add_argument("--hexdump", action="store_true", help="print the bytes, each by its field")
    decode.add_argument("--show-secrets", action="store_true", help="print keys too")
    decode.set_defaults(run=_decode)

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

    fuzz = commands.add_parser(
        "fuzz", help="try random bytes on every format, and tell what breaks"
    )
    fuzz.add_argument("--format", metavar="NAME", help="one structure (default: all)")
    fuzz.add_argument("--count", type=_number, metavar="N", help="how many inputs")
    fuzz.add_argument("--seconds", type=float, metavar="N", help="how long (default: 10)")
    fuzz.add_argument("--seed", type=_number, metavar="N", help="to have the same run again")
    fuzz.set_defaults(run=_fuzz)
    return parser


def _number(text: str) -> int:
    """An integer as Python writes them: 5 or 0x5."""
    return int(text, 0)


_number.__name__ = "number"  # how argparse names it: "invalid number value"


def _add_input_format(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--input-format",
        choices=("auto", "raw", "hex", "base64"),
        default="auto",
        help="how the bytes are written (default: auto)",
    )


def _print(text: str) -> None:
    if sys.stdout is None:
        raise OSError(9, "standard output is closed")
    print(text)


def _structure(name: str) -> type[Record]:
    if name not in STRUCTURES:
        raise UsageError(f"there is no format {name!r}", f"there are {', '.join(STRUCTURES)}")
    return catalog.structure(name)


def _formats(arguments: argparse.Namespace) -> None:
    found = catalog.structures()
    if arguments.json:
        rows = [
            {
                "format": name,
                "size": cls.SIZE,
                "versions": cls.VERSIONS,
                "doc": first_sentence(cls),
                "cite": cls.CITE,
            }
            for name, cls in found.items()
        ]
        _print(json.dumps(rows, indent=2))
        return
    _print(f"{'format':<22}{'bytes':>6}  {'versions':<15}what it is")
    for name, cls in found.items():
        versions = ", ".join(map(str, cls.VERSIONS)) or "-"
        _print(f"{name:<22}{cls.SIZE:>6}  {versions:<15}{first_sentence(cls)}")


def first_sentence(cls: type[Record]) -> str:
    """What a structure is, in short."""
    text = " ".join((cls.__doc__ or "").split("\n\n")[0].split())
    return text.split(". ")[0].rstrip(".")


def _decode(arguments: argparse.Namespace) -> None:
    chosen = _structure(arguments.format) if arguments.format else None
    data = files.read(arguments.file)
    if not data:
        raise files.InputRefused("there is no data")
    wanted = {chosen.SIZE} if chosen else catalog.sizes()
    data = files.unwrap(data, arguments.input_format, wanted)
    cls = chosen or catalog.guess(data)
    if arguments.product and not _has_axis(cls, "product"):
        raise UsageError(f"--product means nothing for {cls.NAME}: no field depends on it")
    record = cls.parse(data, reserved=arguments.reserved, assume_version=arguments.assume_version)
    axes = {"product": arguments.product} if arguments.product else {}
    _warn_of_contradiction(record, axes)
    if arguments.assume_version is not None and not _is_assumed(record):
        _note(f"--assume-version {arguments.assume_version} is not needed: the version is known")
    if arguments.json:
        _print(json.dumps(record.to_dict(show_secrets=arguments.show_secrets, axes=axes), indent=2))
    elif arguments.hexdump:
        colour = sys.stdout is not None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        for line in show.hexdump(record, arguments.show_secrets, colour):
            _print(line)
    else:
        for line in show.table(record, axes, arguments.show_secrets):
            _print(line)


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
            _note(f"--{axis} {given} is ignored: the data says {told}")


def _note(text: str) -> None:
    if sys.stderr is not None:
        print(f"snpformat: note: {text}", file=sys.stderr)


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


def _encode(arguments: argparse.Namespace) -> None:
    given = _read_json(files.read(arguments.file))
    name = arguments.format or given.get("format")
    if name is None:
        raise UsageError('the JSON has no "format"', "name one with --format")
    if not isinstance(name, str):
        raise FormatError("json", "format", None, None, "expected a name")
    record = _structure(name).from_dict(given)
    files.write(record.build(), arguments.output, arguments.output_format)


def _fuzz(arguments: argparse.Namespace) -> int:
    from . import fuzz  # with what only tests need

    name = _structure(arguments.format).NAME if arguments.format else None
    found = fuzz.run(name, arguments.count, arguments.seconds, arguments.seed)
    return REFUSED if found else DONE


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
