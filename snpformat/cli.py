"""The command ``snpformat``: look at formats, decode and encode, and talk to a secure processor.

Exit status: 0 done, 1 the data or the request was refused, 2 usage or input and output (files, and
devices that cannot be opened). An error is one line; more may say what to do.
"""

from __future__ import annotations

import os
import sys

from . import __version__, files
from .commands import (
    certs,
    decode,
    encode,
    explain,
    formats,
    fuzz,
    key,
    message,
    report,
    secrets,
)
from .commands.common import DONE, REFUSED, USAGE, Parser, UsageError
from .device.errors import DeviceUnavailable
from .errors import FormatError, SnpformatError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

COMMANDS = (formats, decode, encode, report, key, certs, message, secrets, explain, fuzz)


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
    except SnpformatError as error:
        message, *help = str(error).split("\n  help: ")
        return _fail(USAGE if isinstance(error, DeviceUnavailable) else REFUSED, message, *help)
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


def _fail(status: int, message: str, *help: str) -> int:
    if sys.stderr is not None:
        print(f"snpformat: {' '.join(message.splitlines())}", file=sys.stderr)
        for line in filter(None, help):
            print(f"  help: {line}", file=sys.stderr)
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
        description="The binary formats of AMD SEV-SNP guests, and their secure processor.",
        epilog="Exit status: 0 done, 1 the data or the request was refused, 2 usage or input and "
        "output (files, and devices that cannot be opened).",
    )
    parser.add_argument("--version", action="version", version=f"snpformat {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser
