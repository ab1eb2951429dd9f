"""``snpformat key``: ask a device for a derived key."""

from __future__ import annotations

import argparse

from .. import files
from ..formats import GuestFieldSelect
from .common import UsageError, number
from .report import add_device, opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FIELDS = [bit.name for bit in GuestFieldSelect.BITS if bit.name and bit.low < 6]


def add(commands: Any) -> None:
    """Add the subcommand to the parser's `commands`."""
    key = commands.add_parser(
        "key",
        help="ask for a key that only this guest can have",
        description="Ask for a derived key, 32 bytes. The same guest on the same chip gets the "
        "same key for the same options.",
    )
    add_device(key)
    key.add_argument("--root", choices=("vcek", "vmrk"), default="vcek",
                     help="what it is derived from: VCEK or VLEK (default), or VMRK")  # fmt: skip
    key.add_argument(
        "--fields", type=_fields, default=0, metavar="NAME,...",
        help=f"what is mixed in: {', '.join(FIELDS)} (default: none of them)",
    )  # fmt: skip
    key.add_argument("--guest-svn", type=number, metavar="N", help="with guest_svn")
    key.add_argument("--tcb-version", type=number, metavar="N", help="with tcb_version")
    key.add_argument("-o", "--output", metavar="FILE",
                     help="where to write it, with mode 0600; - for standard output")  # fmt: skip
    key.set_defaults(run=_key)


def _fields(text: str) -> int:
    selected = 0
    for name in text.split(","):
        if name not in FIELDS:
            raise argparse.ArgumentTypeError(f"there is no {name!r}; there are {', '.join(FIELDS)}")
        selected |= next(bit.mask for bit in GuestFieldSelect.BITS if bit.name == name)
    return selected


def _key(arguments: argparse.Namespace) -> None:
    if arguments.output is None:
        raise UsageError("a key is not shown unasked", "-o FILE, or -o - for standard output")
    for option, name in (
        (arguments.guest_svn, "guest_svn"),
        (arguments.tcb_version, "tcb_version"),
    ):
        if option is not None and not getattr(GuestFieldSelect(arguments.fields), name):
            flag = f"--{name.replace('_', '-')}"
            raise UsageError(f"{flag} has no effect without its field", f"--fields {name}")
    files.check_target(arguments.output)
    with opened(arguments) as device:
        derived = device.get_derived_key(
            root_key_select=arguments.root == "vmrk",
            key_sel=arguments.key_sel,
            guest_field_select=arguments.fields,
            vmpl=arguments.vmpl,
            guest_svn=arguments.guest_svn or 0,
            tcb_version=arguments.tcb_version or 0,
        )
    files.write(derived, arguments.output, "auto", secret=True)
