"""What the length of a payload means to the firmware."""

from __future__ import annotations


def fitted(payload: bytes, size: int) -> bytes:
    """`payload` as the `size` bytes of its form.

    Firmware 1.55.25 does not compare msg_size with the form of its type. It reads the form from a
    buffer that is zero behind the payload, and does not look at what stands behind the form; so a
    short request reads as zeros, and a long one as its beginning.
    """
    return payload[:size].ljust(size, b"\0")
