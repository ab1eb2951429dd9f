"""Peers that parse guest message headers. No package on PyPI was found that does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from snpformat.formats import MsgHdr

from .. import inputs
from . import Peer, load


def fields(header: Any) -> tuple[Any, ...]:
    """The three fields that a receiver looks at first."""
    return header.msg_seqno, header.msg_type, header.msg_size


def peers() -> tuple[list[Peer], list[str]]:
    """Those that are installed, and notes on the others."""
    return load((("construct", _construct), ("kaitaistruct", _kaitai)))


def _construct() -> Iterable[Peer]:
    from .declared import peers as declared_peers

    return declared_peers(MsgHdr.parse(inputs.header()), fields)


def _kaitai() -> Iterable[Peer]:
    from .kaitai import Header

    return [Peer("kaitai style", Header.from_bytes, fields)]
