"""``snpformat secrets``: look at a secrets page or a store of one, or make a store."""

from __future__ import annotations

import argparse
import json
import os

from .. import files, show
from ..errors import KeyUnavailable
from ..formats import SecretsPage
from .common import KEY_SIZE, PAGE_SIZE, note, put, secrets_page

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def add(commands: Any) -> None:
    """Add the subcommand to the parser's `commands`."""
    secrets = commands.add_parser("secrets", help="look at secrets, or make a store for them")
    actions = secrets.add_subparsers(required=True, metavar="ACTION")

    shown = actions.add_parser("show", help="show a secrets page, or the one in a store")
    shown.add_argument("file", metavar="FILE", help="4096 bytes, or a store; - for standard input")
    shown.add_argument("--json", action="store_true", help="print JSON")
    shown.add_argument("--show-secrets", action="store_true", help="print the keys too")
    shown.set_defaults(run=_show)

    made = actions.add_parser("init", help="make a store (mode 0600) with new keys, or of a page")
    made.add_argument("store", metavar="STORE", help="the file to make; it must not exist")
    made.add_argument(
        "--page",
        metavar="FILE",
        help="the secrets page of a guest (- for stdin): make one store of it, once, and remove it",
    )
    made.set_defaults(run=_init)


def _show(arguments: argparse.Namespace) -> None:
    from ..secrets import Secrets  # with cryptography, which not every command needs

    raw = secrets_page(arguments.file)
    page = SecretsPage.parse(raw)
    if arguments.json:
        put(json.dumps(page.to_dict(show_secrets=arguments.show_secrets), indent=2))
        return
    for line in show.table(page, {}, arguments.show_secrets):
        put(line)
    put("")
    with Secrets(raw) as secrets:
        for vmpck in range(4):
            put(f"VMPCK {vmpck}: {_state(secrets, vmpck)}")


def _state(secrets: Any, vmpck: int) -> str:
    if not secrets.has_key(vmpck):
        return "empty: retired, or never given to this VMPL"
    try:
        return f"the next request has msg_seqno {secrets.next_msg_seqno(vmpck)}"
    except KeyUnavailable as error:
        return str(error)


def _init(arguments: argparse.Namespace) -> None:
    from ..secrets import FileSecrets

    if arguments.page is not None:
        # Not of another store: both would use the same numbers.
        page = files.unwrap(files.read(arguments.page), "auto", {PAGE_SIZE})
        if len(page) != PAGE_SIZE:
            name = "standard input" if arguments.page == "-" else arguments.page
            raise files.InputRefused(f"{name}: a secrets page has {PAGE_SIZE} bytes")
    else:
        keys = {f"vmpck{n}": os.urandom(KEY_SIZE) for n in range(4)}
        page = SecretsPage(**keys).build()  # type: ignore[arg-type]
    with FileSecrets.create(arguments.store, page) as store:
        note(f"made {store.path}, {'with the page given' if arguments.page else 'with new keys'}")
    if arguments.page:
        note("another store of that page would use its numbers again: keep no copy of it")
