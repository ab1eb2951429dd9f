"""``snpformat fuzz``: try random bytes on every format."""

from __future__ import annotations

import argparse

from .common import DONE, REFUSED, number, structure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def add(commands: Any) -> None:
    """Add the subcommand to the parser's `commands`."""
    fuzz = commands.add_parser(
        "fuzz", help="try random bytes on every format, and tell what breaks"
    )
    fuzz.add_argument("--format", metavar="NAME", help="one structure (default: all)")
    fuzz.add_argument("--count", type=number, metavar="N", help="how many inputs")
    fuzz.add_argument("--seconds", type=float, metavar="N", help="how long (default: 10)")
    fuzz.add_argument("--seed", type=number, metavar="N", help="to have the same run again")
    fuzz.set_defaults(run=_fuzz)


def _fuzz(arguments: argparse.Namespace) -> int:
    from .. import fuzz  # with what only tests need

    name = structure(arguments.format).NAME if arguments.format else None
    found = fuzz.run(name, arguments.count, arguments.seconds, arguments.seed)
    return REFUSED if found else DONE
