"""For tests of code that uses these formats, or talks to a secure processor.

``strategies`` are Hypothesis strategies of every structure; ``HostileHost`` stands between a guest
and its firmware and plays the tricks of ``hostile``.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .hostile import HostileHost as HostileHost

__all__ = ["HostileHost"]


def __getattr__(name: str) -> object:
    if name != "HostileHost":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .hostile import HostileHost  # with cryptography, which strategies do not need

    return HostileHost
