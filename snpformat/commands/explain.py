"""``snpformat explain-error``: what the numbers of a failed request mean, and what can be done."""

from __future__ import annotations

import argparse
import errno

from ..explain import ERRNOS, explain
from .common import UsageError, number, put

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EIO = 5  # as Linux has it
_NUMBERS = {name: value for value, (name, *_) in ERRNOS.items()}


def add(commands: Any) -> None:
    """Add the subcommand to the parser's `commands`."""
    command = commands.add_parser(
        "explain-error",
        help="say what an error of a guest request means",
        description="Say what the numbers that a failed guest request left behind mean.",
    )
    command.add_argument("errno", type=_errno, metavar="ERRNO", help="number or name; 0 for none")
    command.add_argument("exitinfo2", nargs="?", type=number, metavar="EXITINFO2",
                         help="the 64-bit word beside it, such as 0x100000000")  # fmt: skip
    command.add_argument("--result", type=number, metavar="N",
                         help="what the ioctl returned, where that is above 0")  # fmt: skip
    command.add_argument("--status", type=number, metavar="N", help="STATUS of the response")
    command.set_defaults(run=_explain)


def _errno(text: str) -> int:
    name = text.upper()
    if name in _NUMBERS:
        return _NUMBERS[name]
    if name.startswith("E") and hasattr(errno, name):
        return int(getattr(errno, name))
    return number(text)


_errno.__name__ = "errno"  # how argparse names it


def _explain(arguments: argparse.Namespace) -> None:
    if arguments.exitinfo2 is not None and not -(1 << 63) <= arguments.exitinfo2 < 1 << 64:
        raise UsageError("EXITINFO2 is a number of 64 bits")
    if arguments.status is not None and not 0 <= arguments.status < 1 << 32:
        raise UsageError("--status is a number of 32 bits")
    # An ioctl that returned something above 0 set no errno.
    number = None if arguments.result is not None and not arguments.errno else arguments.errno
    told = explain(number, arguments.exitinfo2, arguments.status, result=arguments.result)
    put(str(told))
    if abs(arguments.errno) == EIO and arguments.exitinfo2 is None:
        put("  help: give EXITINFO2 too: it tells which side failed, and whether the key is lost")
