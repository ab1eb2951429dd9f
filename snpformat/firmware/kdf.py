"""The key derivation function of the firmware: NIST SP 800-108 in counter mode over HMAC-SHA-256.

Counter and length are 32-bit numbers, little-endian, unlike in the publication's examples; the
counter stands before the fixed data. [AMD-ASPFW 1.55.25: see the reference, section 6]
"""

from __future__ import annotations

import hmac
from struct import pack

_BLOCK = 32  # bytes of an HMAC-SHA-256


def derive(key: bytes, label: bytes, context: bytes, size: int) -> bytes:
    """`size` bytes from `key`, bound to `label` (without a NUL) and `context`.

    Raises ValueError for a size that is not 1 to 65535.
    """
    if not 0 < size <= 0xFFFF:
        raise ValueError(f"a derived key has 1 to 65535 bytes, not {size}")
    fixed = b"".join((label, b"\0", context, pack("<I", 8 * size)))
    rounds = range(1, -(-size // _BLOCK) + 1)
    return b"".join(hmac.digest(key, pack("<I", i) + fixed, "sha256") for i in rounds)[:size]
