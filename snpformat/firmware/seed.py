"""What a seed becomes: as many independent secrets as are asked for."""

from __future__ import annotations

import hashlib
import hmac

_BLOCK = 64  # bytes of a SHA-512


def expand(seed: bytes, purpose: str, *inputs: bytes, size: int) -> bytes:
    """`size` bytes (1 to 16320) for one purpose: HKDF with SHA-512 [RFC 5869].

    Each input goes in with its length, so that no two lists of inputs read the same.
    """
    info = b"".join(len(item).to_bytes(4, "big") + item for item in (purpose.encode(), *inputs))
    secret = hmac.digest(b"snpformat firmware seed", seed, hashlib.sha512)
    block = output = b""
    for counter in range(1, -(-size // _BLOCK) + 1):
        block = hmac.digest(secret, block + info + bytes([counter]), hashlib.sha512)
        output += block
    return output[:size]
