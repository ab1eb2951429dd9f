"""``snpformat formats``: list what there is."""

from __future__ import annotations

import argparse
import json

from .. import catalog
from .common import put

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..record import Record


def add(commands: Any) -> None:
    """Add the subcommand to the parser's `commands`."""
    formats = commands.add_parser("formats", help="list structures, versions and sizes")
    formats.add_argument("--json", action="store_true", help="print JSON")
    formats.set_defaults(run=_formats)


def _formats(arguments: argparse.Namespace) -> None:
    found = catalog.structures()
    if arguments.json:
        rows = [
            {
                "format": name,
                "size": cls.SIZE if len(catalog.sizes(cls)) == 1 else None,
                "min_size": min(catalog.sizes(cls)),
                "max_size": max(catalog.sizes(cls)),
                "versions": cls.VERSIONS,
                "doc": first_sentence(cls),
                "cite": cls.CITE,
            }
            for name, cls in found.items()
        ]
        put(json.dumps(rows, indent=2))
        return
    put(f"{'format':<22}{'bytes':>11}  {'versions':<15}what it is")
    for name, cls in found.items():
        versions = ", ".join(map(str, cls.VERSIONS)) or "-"
        put(f"{name:<22}{catalog.sizes_text(cls):>11}  {versions:<15}{first_sentence(cls)}")


def first_sentence(cls: type[Record]) -> str:
    """What a structure is, in short."""
    text = " ".join((cls.__doc__ or "").split("\n\n")[0].split())
    return text.split(". ")[0].rstrip(".")
