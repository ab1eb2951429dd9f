"""Which structures there are, by name and by size."""

from __future__ import annotations

from . import formats
from .arrays import sizes_of
from .errors import FormatError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from .record import Record

# What a guest has at hand: a report, the decrypted response around it, and what the ioctl fills in.
_GUESSED = ("attestation_report", "msg_report_rsp", "snp_report_resp")


def structures() -> dict[str, type[Record]]:
    """Every structure by its name in the specs."""
    return {name: structure(name) for name in formats.STRUCTURES}


def structure(name: str) -> type[Record]:
    """The class of a structure. Raises KeyError for an unknown name."""
    found: type[Record] = getattr(formats, formats.STRUCTURES[name])
    return found


def sizes(cls: type[Record] | None = None) -> Collection[int]:
    """The sizes, in bytes, that `cls` can have, or those of all structures of fixed size."""
    return {found.SIZE for found in _fixed().values()} if cls is None else sizes_of(cls)


def sizes_text(cls: type[Record]) -> str:
    """The bytes that a structure takes, for people: ``96``, or ``16 to 3088``."""
    found = sizes_of(cls)
    return str(found[0]) if len(found) == 1 else f"{found[0]} to {found[-1]}"


def _fixed() -> dict[str, type[Record]]:
    return {name: cls for name, cls in structures().items() if len(sizes_of(cls)) == 1}


def guess(data: bytes) -> type[Record]:
    """The structure that `data` most likely is, by its length; none of those of no fixed size.

    Raises FormatError, naming the candidates, when the length does not tell.
    """
    for name in _GUESSED:
        if len(data) == structure(name).SIZE:
            return structure(name)
    candidates = [name for name, cls in _fixed().items() if len(data) == cls.SIZE]
    if candidates:
        reason = f"{len(data)} bytes may be {' or '.join(candidates)}"
    else:
        known = ", ".join(f"{name} {cls.SIZE}" for name, cls in _fixed().items())
        reason = f"no format has {len(data)} bytes ({known})"
    raise FormatError("data", None, None, len(data), reason)
