"""What the subcommands share: how they refuse, print, and take keys and bytes."""

from __future__ import annotations

import argparse
import sys

from .. import catalog, files
from ..formats import STRUCTURES, SecretsPage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from ..record import Record

DONE, REFUSED, USAGE = 0, 1, 2
KEY_SIZE = SecretsPage.field("vmpck0").size
PAGE_SIZE = SecretsPage.SIZE


class UsageError(Exception):
    """The command line asks for something that cannot be done; `help` says what can."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.help = help


class Parser(argparse.ArgumentParser):
    """Reports a wrong command line like every other error: in one line, and what to do."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"{self.prog} --help")


def number(text: str) -> int:
    """An integer as Python writes them: 5 or 0x5."""
    return int(text, 0)


def structure(name: str) -> type[Record]:
    """The class of a format. Raises UsageError for a name that there is not."""
    if name not in STRUCTURES:
        raise UsageError(f"there is no format {name!r}", f"there are {', '.join(STRUCTURES)}")
    return catalog.structure(name)


def put(text: str) -> None:
    """Print a line of the result."""
    if sys.stdout is None:
        raise OSError(9, "standard output is closed")
    print(text)


def note(text: str) -> None:
    """Say something beside the result."""
    if sys.stderr is not None:
        print(f"snpformat: note: {text}", file=sys.stderr)


def add_input_format(command: argparse.ArgumentParser) -> None:
    """The option that says how the input's bytes are written."""
    command.add_argument(
        "--input-format",
        choices=("auto", "raw", "hex", "base64"),
        default="auto",
        help="how the bytes are written (default: auto)",
    )


def add_output(command: argparse.ArgumentParser, what: str) -> None:
    """The options that say where raw bytes go, and how they are written there."""
    command.add_argument("-o", "--output", metavar="FILE", help=f"where to write {what}")
    command.add_argument(
        "--output-format",
        choices=("auto", "raw", "hex", "base64"),
        default="auto",
        help="default: raw, but hex on a terminal",
    )


def given_bytes(text: str, what: str, size: int) -> bytes:
    """Exactly `size` bytes from HEX, @FILE, or - for standard input.

    Raises UsageError for other digits and lengths, InputRefused and OSError for the file.
    """
    if text == "-" or text.startswith("@"):
        path = text[1:] if text.startswith("@") else "-"
        raw = files.unwrap(files.read(path), "auto", {size})
    else:
        try:
            raw = bytes.fromhex(text.removeprefix("0x"))
        except ValueError:
            raise UsageError(
                f"{what} is no hexadecimal number", "write digits, @FILE, or - for standard input"
            ) from None
    if len(raw) != size:
        raise UsageError(f"{what} takes {size} bytes, not {len(raw)}")
    return raw


def add_key(command: argparse.ArgumentParser, *, secrets: bool) -> None:
    """The options that name a VMPCK; with `secrets` it may be in a page or a store."""
    source = command.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--key",
        metavar="HEX|@FILE",
        help=f"the VMPCK, {KEY_SIZE} bytes; a file is safer, others see the command line",
    )
    if secrets:
        source.add_argument(
            "--secrets", metavar="FILE", help="the secrets page, or the store, that has the VMPCK"
        )


def key_of(arguments: argparse.Namespace, vmpck: int) -> bytes:
    """The VMPCK that the options of `add_key` name. Raises like `given_bytes`."""
    if arguments.key is not None:
        return given_bytes(arguments.key, "--key", KEY_SIZE)
    if vmpck not in range(4):
        raise UsageError(f"there is no VMPCK {vmpck}; there are 0 to 3")
    place = SecretsPage.field(f"vmpck{vmpck}")
    key = secrets_page(arguments.secrets)[place.offset : place.end]
    if not any(key):
        raise files.InputRefused(f"{arguments.secrets}: VMPCK {vmpck} is empty")
    return key


def secrets_page(path: str) -> bytes:
    """The page in a file that holds one, or a store of one. Raises StoreError, InputRefused."""
    from ..secrets.form import FILE_SIZE, parse  # with what only stores need

    data = files.unwrap(files.read(path), "auto", {PAGE_SIZE, FILE_SIZE})
    if len(data) == PAGE_SIZE:
        return data
    return parse(data, path)[1]
