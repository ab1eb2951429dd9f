"""Which structures there are, by name and by size."""

from __future__ import annotations

from . import formats
from .errors import FormatError

TYPE_CHECKING = False
if TYPE_CHECKING:
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


def sizes() -> set[int]:
    """The sizes, in bytes, that structures have."""
    return {cls.SIZE for cls in structures().values()}


def guess(data: bytes) -> type[Record]:
    """The structure that `data` most likely is, by its length.

    Raises FormatError, naming the candidates, when the length does not tell.
    """
    for name in _GUESSED:
        if len(data) == structure(name).SIZE:
            return structure(name)
    candidates = [name for name, cls in structures().items() if len(data) == cls.SIZE]
    if candidates:
        reason = f"{len(data)} bytes may be {' or '.join(candidates)}"
    else:
        known = ", ".join(f"{name} {cls.SIZE}" for name, cls in structures().items())
        reason = f"no format has {len(data)} bytes ({known})"
    raise FormatError("data", None, None, len(data), reason)
