"""``snpformat report``: ask a device for an attestation report."""

from __future__ import annotations

import argparse
import json
import os
import sys

from .. import files, show
from ..formats import AttestationReport, KeySel
from . import certs
from .common import UsageError, given_bytes, note, put

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..device import Device

REPORT_DATA = AttestationReport.field("report_data").size


def add(commands: Any) -> None:
    """Add the subcommand to the parser's `commands`."""
    report = commands.add_parser(
        "report",
        help="ask for an attestation report",
        description="Ask for an attestation report. On a terminal it is shown; elsewhere its 1184 "
        "bytes are written. Which device answered is said on standard error.",
    )
    add_device(report)
    report.add_argument(
        "--report-data",
        metavar="HEX|@FILE|-",
        help="64 bytes of your own, such as a nonce or a digest (default: zeros)",
    )
    report.add_argument("--certs", metavar="DIR", help="also put the host's certificates there")
    shape = report.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print JSON, which `encode` reads")
    shape.add_argument("-o", "--output", metavar="FILE", help="write the report; - for stdout")
    report.set_defaults(run=_report)


def add_device(command: argparse.ArgumentParser) -> None:
    """The options that `report` and `key` share."""
    command.add_argument(
        "--device",
        default="auto",
        metavar="auto|emulated|tsm|PATH",
        help="who is asked (default: the first there is of /dev/sev-guest, configfs-tsm, emulated)",
    )
    command.add_argument(
        "--identity", metavar="FILE", help="of the emulated device: JSON or TOML; - for stdin"
    )
    command.add_argument(
        "--vmpl", type=vmpl, metavar="N", help="0 to 3 (default: the guest's, as far as it is told)"
    )
    command.add_argument(
        "--key-sel",
        type=key_sel,
        default=KeySel.VLEK_ELSE_VCEK,
        metavar="|".join(KeySel.NAMES.values()),
        help="the signing key, or the key that is derived from (default: vlek_else_vcek)",
    )


def vmpl(text: str) -> int:
    """A VMPL: 0 to 3."""
    if text not in ("0", "1", "2", "3"):
        raise argparse.ArgumentTypeError(f"a VMPL is 0 to 3, not {text!r}")
    return int(text)


def key_sel(text: str) -> int:
    """A KeySel by name or number; 3 is reserved, and the firmware's to refuse."""
    if text in KeySel.NAMES.values():
        return KeySel.number_of(text)
    if text not in ("0", "1", "2", "3"):
        known = ", ".join(f"{name} ({value})" for value, name in KeySel.NAMES.items())
        raise argparse.ArgumentTypeError(f"there is no key {text!r}; there are {known}")
    return int(text)


def opened(arguments: argparse.Namespace) -> Device:
    """The device that the options of `add_device` name; says on standard error which it is.

    Raises DeviceUnavailable, IdentityError, UsageError.
    """
    from ..device import EmulatedDevice, open_device
    from ..firmware import Identity

    identity = None
    if arguments.identity is not None:
        if arguments.device not in ("auto", "emulated"):
            raise UsageError("--identity is for the emulated device only", "--device emulated")
        data = files.read(arguments.identity)
        identity = Identity.loads(data, path=arguments.identity)
    device = open_device(arguments.device, identity=identity)
    emulated = isinstance(device, EmulatedDevice)
    if identity is not None and not emulated:
        device.close()
        raise UsageError(f"--identity has no meaning for {device.name}", "--device emulated")
    warning = "; what it says proves nothing: its keys are test keys" if emulated else ""
    note(f"asking {device.name}{warning}")
    return device


def _report(arguments: argparse.Namespace) -> None:
    report_data = bytes(REPORT_DATA)
    if arguments.report_data == arguments.identity == "-":
        raise UsageError("standard input cannot be both --report-data and --identity")
    if arguments.report_data is not None:
        report_data = given_bytes(arguments.report_data, "--report-data", REPORT_DATA)
    # Before a device is asked: hosts throttle, and what was asked for would be lost.
    files.check_target(arguments.output if arguments.output is not None else "-")
    if arguments.certs is not None:
        os.makedirs(arguments.certs, exist_ok=True)
    extended = None
    with opened(arguments) as device:
        if arguments.certs is None:
            report = device.get_report(report_data, vmpl=arguments.vmpl, key_sel=arguments.key_sel)
        else:
            extended = device.get_ext_report(
                report_data, vmpl=arguments.vmpl, key_sel=arguments.key_sel
            )
            report = extended.report
    _print(report, arguments)
    if extended is not None:  # last: a table that is none does not cost the report
        certs.extract(extended.entries, arguments.certs)


def _print(report: AttestationReport, arguments: argparse.Namespace) -> None:
    if arguments.json:
        put(json.dumps(report.to_dict(), indent=2))
    elif arguments.output is not None:
        files.write(report.build(), arguments.output, "auto")
    elif sys.stdout is not None and sys.stdout.isatty():
        for line in show.table(report, {}, False):
            put(line)
    else:
        files.write(report.build(), "-", "raw")
