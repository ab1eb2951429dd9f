"""``snpformat message``: open a captured guest message, or seal one."""

from __future__ import annotations

import argparse
import json

from .. import catalog, files, show
from ..errors import FormatError
from ..formats import STRUCTURES, MsgHdr, MsgType
from .common import (
    PAGE_SIZE,
    UsageError,
    add_input_format,
    add_key,
    add_output,
    key_of,
    number,
    put,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..record import Record


def add(commands: Any) -> None:
    """Add the subcommand to the parser's `commands`."""
    message = commands.add_parser("message", help="open or seal an encrypted guest message")
    actions = message.add_subparsers(required=True, metavar="ACTION")

    opened = actions.add_parser("open", help="show what a captured page says")
    opened.add_argument("file", nargs="?", default="-", metavar="PAGE", help="- for standard input")
    add_key(opened, secrets=True)
    add_input_format(opened)
    opened.add_argument("--json", action="store_true", help="print JSON")
    opened.add_argument("--show-secrets", action="store_true", help="print derived keys too")
    add_output(opened, "the payload, with its secrets, mode 0600")
    opened.set_defaults(run=_open)

    sealed = actions.add_parser(
        "seal",
        help="make a page of a payload",
        description="Make a page of a payload. A key must never seal two payloads under one "
        "sequence number: do not use this with the key of a guest that is running.",
    )
    sealed.add_argument("file", nargs="?", default="-", metavar="PAYLOAD", help="- for stdin")
    add_key(sealed, secrets=False)  # a store counts, and this would not
    add_input_format(sealed)
    sealed.add_argument("--type", required=True, metavar="NAME", help="such as report_req")
    sealed.add_argument("--seqno", required=True, type=number, metavar="N", help="msg_seqno")
    sealed.add_argument("--vmpck", type=number, default=0, metavar="N", help="0 (default) to 3")
    sealed.add_argument("--msg-version", type=number, default=1, metavar="N", help="default: 1")
    add_output(sealed, "the page")
    sealed.set_defaults(run=_seal)


def _open(arguments: argparse.Namespace) -> None:
    from ..aead import Aead  # with cryptography, which not every command needs

    key = key_of(arguments, 0) if arguments.key is not None else None
    page = files.unwrap(files.read(arguments.file), arguments.input_format, {PAGE_SIZE})
    if not page:
        raise files.InputRefused("there is no data")
    if key is None:
        key = key_of(arguments, MsgHdr.parse(page[: MsgHdr.SIZE]).msg_vmpck)
    header, payload = Aead(key).open(page)
    if arguments.output:
        files.write(payload, arguments.output, arguments.output_format, secret=True)
        return
    record, reason = _decode(header, payload)
    if arguments.json:
        found: dict[str, Any] = {"header": header.to_dict()}
        if record is not None:
            found["payload"] = record.to_dict(show_secrets=arguments.show_secrets)
        else:
            found["payload_bytes"] = payload.hex()
        put(json.dumps(found, indent=2))
        return
    for line in show.table(header, {}, arguments.show_secrets):
        put(line)
    put("")
    if record is None:
        put(f"payload, {len(payload)} bytes: {reason}")
        put(payload.hex())
        return
    for line in show.table(record, {}, arguments.show_secrets):
        put(line)


def _decode(header: MsgHdr, payload: bytes) -> tuple[Record | None, str]:
    """The payload as a record, or why it is shown as bytes."""
    kind = MsgType.name_of(header.msg_type)
    name = f"msg_{kind}" + (f"_v{header.msg_version}" if header.msg_version > 1 else "")
    if kind is None or name not in STRUCTURES:
        return None, "there is no format for this message"
    try:
        return catalog.structure(name).parse(payload), ""
    except FormatError as error:
        return None, str(error)


def _msg_type(text: str) -> int:
    """A message type by its name, in any case, or its number."""
    name = text.lower().removeprefix("msg_")
    if name in MsgType.NAMES.values():
        return MsgType.number_of(name)
    try:
        return number(text)
    except ValueError:
        known = ", ".join(name for name in MsgType.NAMES.values() if name != "invalid")
        raise UsageError(f"there is no message type {text!r}", f"there are {known}") from None


def _seal(arguments: argparse.Namespace) -> None:
    from ..aead import Aead

    msg_type = _msg_type(arguments.type)
    if not 0 < arguments.seqno < 1 << 64:
        help = "a number of 64 bits from 1 on; requests have odd ones"
        raise UsageError(f"no message has msg_seqno {arguments.seqno}", help)
    name = f"msg_{MsgType.name_of(msg_type)}"
    sizes = {catalog.structure(name).SIZE} if name in STRUCTURES else set()
    payload = files.unwrap(files.read(arguments.file), arguments.input_format, sizes)
    page = Aead(key_of(arguments, arguments.vmpck)).seal(
        payload,
        msg_type=msg_type,
        msg_seqno=arguments.seqno,
        msg_vmpck=arguments.vmpck,
        msg_version=arguments.msg_version,
    )
    files.write(page, arguments.output or "-", arguments.output_format)
